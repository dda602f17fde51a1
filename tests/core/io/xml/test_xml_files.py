"""HL7 aECG and MUSE: the rhythm is read, entities and damage are refused."""

import numpy as np
import pytest

from ecgcore.errors import RecordError
from ecgcore.io.missing_units import NotSaidError
from ecgcore.io.raw import ReadOptions
from ecgcore.io.xml.xml_files import read_xml
from ecgcore.leads import LEADS
from tests.support.uploads import EIGHT, aecg_file, dipole_microvolts, muse_file

MICROVOLTS = dipole_microvolts()[:, :300]
ROWS = MICROVOLTS[[LEADS.index(lead) for lead in EIGHT]]
AECG = aecg_file(MICROVOLTS, 100)[0][1].decode()
MUSE = muse_file(ROWS, 100)[0][1].decode()
BOMB = '<!DOCTYPE a [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>'


def test_aecg_values_are_origin_plus_scale_times_digits() -> None:
    raw = read_xml(AECG.encode(), "e.xml")
    assert (raw.fs_hz, raw.names[3], raw.warnings) == (100, "MDC_ECG_LEAD_AVR", ())
    np.testing.assert_allclose(raw.signal, MICROVOLTS / 1000, atol=0.00126)


def test_an_increment_that_is_a_rounded_fraction() -> None:
    ((_, content),) = aecg_file(MICROVOLTS, 360)
    assert read_xml(content, "e.xml").fs_hz == pytest.approx(360, rel=1e-6)


def test_derived_series_do_not_count() -> None:
    start, middle = AECG.index("<series>"), AECG.index("</series>")
    beats = AECG[start:middle].replace("<series>", "<derivation><derivedSeries>")
    text = AECG.replace("</series>", f"{beats}</derivedSeries></derivation></series>")
    assert read_xml(text.encode(), "e.xml").warnings == ()
    only = AECG.replace('"RHYTHM"', '"REPRESENTATIVE_BEAT"')
    with pytest.raises(RecordError, match="holds no rhythm series with leads"):
        read_xml(only.encode(), "e.xml")


def test_muse_holds_eight_leads_and_the_rhythm_is_not_the_median() -> None:
    raw = read_xml(MUSE.encode(), "e.xml")
    assert (raw.fs_hz, raw.names) == (100, EIGHT)
    np.testing.assert_allclose(raw.signal, ROWS / 1000, atol=1e-9)


def test_missing_samples_of_muse_are_not_numbers() -> None:
    rows = ROWS.copy()
    rows[2, 7] = -32768
    raw = read_xml(muse_file(rows, 100)[0][1], "e.xml")
    assert np.argwhere(np.isnan(raw.signal)).tolist() == [[2, 7]]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('value="0.01" unit="s"', 'value="0" unit="s"', "a time step of 0 s"),
        ('value="0.01" unit="s"', 'value="0.01" unit="h"', "counts time in another unit"),
        ('value="0.01" unit="s"', 'value="x" unit="s"', "no number in <increment>"),
        ('value="0.01" unit="s"', 'value="5" unit="s"', "has 0.2 samples per second"),
        ("TIME_ABSOLUTE", "PLACE", "does not say the time between samples"),
        ('<scale value="2.5" unit="uV"/>', "", "no scale or no digits"),
        ('<scale value="2.5"', '<scale value="0"', "by 0; the amplitudes are not known"),
        ('<scale value="2.5" unit="uV"', '<scale value="2.5" unit="mm"', "is in mm; mV"),
        ("<digits>", "<digits>oops ", "lead I: a sample is not a number"),
        ("<digits>", "<digits>1 ", "leads of different lengths"),
    ],
)
def test_aecg_at_fault(old: str, new: str, message: str) -> None:
    assert old in AECG
    count = 1 if new == "<digits>1 " else -1
    with pytest.raises(RecordError, match=message):
        read_xml(AECG.replace(old, new, count).encode(), "e.xml")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (">Rhythm<", ">Other<", "holds no rhythm waveform"),
        (">Median<", ">Rhythm<", "holds 2 rhythm waveforms"),
        ("<SampleBase>100<", "<SampleBase>fast<", "no number in <SampleBase>"),
        ("<SampleExponent>0<", "<SampleExponent>9999<", "the sample exponent 9999"),
        ("UnitsPerBit>1<", "UnitsPerBit>0<", "0 units per bit"),
        ("MICROVOLTS", "PASCAL", "names a unit that is no voltage"),
        ("<LeadSampleSize>2<", "<LeadSampleSize>4<", "another size than 2 bytes"),
        ("<LeadSampleCountTotal>300<", "<LeadSampleCountTotal>9<", "9 samples announced, 300"),
        ("<WaveFormData>", "<WaveFormData>!!", "is no base64"),
        ("<WaveFormData>", "<WaveFormDatum/><WaveFormData>AAAA", "|samples announced|no base64"),
        ("LeadData>", "Lead>", "has 0 leads"),
    ],
)
def test_muse_at_fault(old: str, new: str, message: str) -> None:
    assert old in MUSE
    with pytest.raises(RecordError, match=message):
        read_xml(MUSE.replace(old, new).encode(), "e.xml")


def muse(old: str, new: str, count: int = -1) -> bytes:
    assert old in MUSE
    return MUSE.replace(old, new, count).encode()


LEAD = "<LeadSampleSize>"


@pytest.mark.parametrize(("baseline", "sign"), [("add", 1), ("subtract", -1)])
def test_a_baseline_of_muse_is_asked_for_with_both_readings(baseline: str, sign: int) -> None:
    content = muse(LEAD, f"<FirstSampleBaseline>-400</FirstSampleBaseline>{LEAD}")
    low, high = ROWS[0].min() / 1000, ROWS[0].max() / 1000
    both = rf"added, I runs from {low - 0.4:.2f} to {high - 0.4:.2f} mV; or subtracted, I runs "
    with pytest.raises(NotSaidError, match=f"{both}from {low + 0.4:.2f} to {high + 0.4:.2f} mV"):
        read_xml(content, "e.xml")
    raw = read_xml(content, "e.xml", ReadOptions(baseline=baseline))
    np.testing.assert_allclose(raw.signal, ROWS / 1000 - sign * 0.4, atol=1e-6)
    assert raw.warnings == (f"First sample baseline: {baseline}ed, as you said.",)


def test_a_baseline_of_one_lead_alone_concerns_that_lead() -> None:
    other = MUSE.rindex(LEAD)
    text = f"{MUSE[:other]}<FirstSampleBaseline>100</FirstSampleBaseline>{MUSE[other:]}"
    raw = read_xml(text.encode(), "e.xml", ReadOptions(baseline="add"))
    expected = ROWS / 1000.0
    expected[7] += 0.1
    np.testing.assert_allclose(raw.signal, expected, atol=1e-6)


@pytest.mark.parametrize(("word", "off"), [("TRUE", True), ("true", True), ("FALSE", False)])
def test_leads_that_muse_calls_off(word: str, off: bool) -> None:
    raw = read_xml(muse(LEAD, f"<LeadOff>{word}</LeadOff>{LEAD}"), "e.xml")
    assert raw.off == (EIGHT if off else ())


def test_times_of_muse_leads_are_milliseconds() -> None:
    start = MUSE.rindex("<LeadData>")
    text = MUSE[:start] + MUSE[start:].replace(LEAD, f"<LeadTimeOffset>30</LeadTimeOffset>{LEAD}")
    raw = read_xml(text.encode(), "e.xml")
    assert np.isnan(raw.signal[7, :3]).all()
    np.testing.assert_allclose(raw.signal[7, 3:], ROWS[7, :297] / 1000, atol=1e-6)
    np.testing.assert_allclose(raw.signal[:7], ROWS[:7] / 1000, atol=1e-6)


@pytest.mark.parametrize(
    ("element", "message"),
    [
        ("<LeadOffsetFirstSample>4</LeadOffsetFirstSample>", "LeadOffsetFirstSample is not 0"),
        ("<LeadAmplitudeExponent>-3</LeadAmplitudeExponent>", "the amplitude has an exponent"),
        ("<FirstSampleBaseline>x</FirstSampleBaseline>", "no number in <FirstSampleBaseline>"),
        ("<LeadTimeOffset>x</LeadTimeOffset>", "no number in <LeadTimeOffset>"),
    ],
)
def test_fields_of_muse_that_change_a_value_are_never_ignored(element: str, message: str) -> None:
    with pytest.raises(RecordError, match=message):
        read_xml(muse(LEAD, f"{element}{LEAD}"), "e.xml")


def test_a_channel_of_muse_that_is_no_lead_is_left_out() -> None:
    start = MUSE.rindex("<LeadData>")
    other = MUSE[start:].replace("<LeadID>V6", "<LeadID>VF").replace("MICROVOLTS", "PASCAL")
    raw = read_xml((MUSE[:start] + other).encode(), "e.xml")
    assert (raw.names, raw.left_out) == (EIGHT[:7], ("VF",))


def aecg_sets(heads: list[str], sizes: list[int], rate: list[str] | None = None) -> bytes:
    """Lay the leads of the aECG in several sets, each with the head of its time."""
    first, last = AECG.index("<component><sequenceSet>"), AECG.index("</series>")
    leads = AECG[AECG.index('<component><sequence><code code="MDC') : AECG.index("</sequenceSet>")]
    parts = [
        f"<component><sequence><code{one}" for one in leads.split("<component><sequence><code")[1:]
    ]
    body, start = "", 0
    for k, (head, size) in enumerate(zip(heads, sizes, strict=True)):
        kind = "RELATIVE" if "unit" in head else "ABSOLUTE"
        step = (rate or ["0.01"] * len(sizes))[k]
        body += (
            f'<component><sequenceSet><component><sequence><code code="TIME_{kind}"/><value>{head}'
            f'<increment value="{step}" unit="s"/></value></sequence></component>'
            f"{''.join(parts[start : start + size])}</sequenceSet></component>"
        )
        start += size
    return (AECG[:first] + body + AECG[last:]).encode()


@pytest.mark.parametrize(
    "heads",
    [
        ["", ""],
        ['<head value="20200229235959.5"/>'] * 2,
        ['<head value="12" unit="ms"/>', '<head value="0.012" unit="s"/>'],
    ],
)
def test_sets_of_aecg_with_one_clock_are_joined(heads: list[str]) -> None:
    raw = read_xml(aecg_sets(heads, [6, 6]), "e.xml")
    np.testing.assert_allclose(raw.signal, MICROVOLTS / 1000, atol=0.00126)
    assert raw.warnings == ("The leads lie in 2 sets, which were joined.",)


def test_sets_of_aecg_recorded_in_turn_are_set_to_their_times() -> None:
    heads = [f'<head value="202001010000{second:02d}+0100"/>' for second in (0, 3, 6, 9)]
    raw = read_xml(aecg_sets(heads, [3, 3, 3, 3]), "e.xml")
    for k in range(12):
        start = 300 * (k // 3)
        np.testing.assert_allclose(
            raw.signal[k, start : start + 300], MICROVOLTS[k] / 1000, atol=0.00126
        )
        assert np.isnan(raw.signal[k]).sum() == 900


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (aecg_sets(["", ""], [6, 6], ["0.01", "0.02"]), "in 2 sets of different rates"),
        (aecg_sets(["", '<head value="20200101"/>'], [6, 6]), "does not say when each begins"),
        (aecg_sets(['<head value="20201399"/>'] * 2, [6, 6]), "an impossible date"),
    ],
)
def test_sets_of_aecg_that_cannot_be_joined(content: bytes, message: str) -> None:
    with pytest.raises(RecordError, match=message):
        read_xml(content, "e.xml")


def test_other_sequences_of_aecg_are_left_out_whatever_they_hold() -> None:
    one = '<component><sequence><code code="MDC_ECG_LEAD_I"'
    other = (
        '<component><sequence><code code="MDC_PRESS_BLD"/><value><origin value="x" unit="mm[Hg]"/>'
        "<digits>no</digits></value></sequence></component>"
    )
    raw = read_xml(AECG.replace(one, other + one, 1).encode(), "e.xml")
    np.testing.assert_allclose(raw.signal, MICROVOLTS / 1000, atol=0.00126)
    assert raw.left_out == ("MDC_PRESS_BLD",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not sound XML"),
        ("<a>", "is not sound XML"),
        ("<svg/>", "is XML of another kind"),
        (f"{BOMB}<AnnotatedECG>&b;</AnnotatedECG>", r"declares entities .*EntitiesForbidden"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "declares entities"),
        ("<a>" * 101, "nested deeper than 100; no ECG has"),
        (f"<a>{'<b/>' * 50_000}</a>", "has more than 50,000 elements"),
        ('<?xml version="1.0" encoding="nonsense"?><a>', "is not sound XML"),
    ],
)
def test_other_xml_is_refused(text: str, message: str) -> None:
    with pytest.raises(RecordError, match=message):
        read_xml(text.encode(), "e.xml")


def test_a_rhythm_of_two_leads_is_read_and_one_lead_is_no_rhythm() -> None:
    two = aecg_file(MICROVOLTS[:2], 100, LEADS[:2])[0][1]
    raw = read_xml(two, "e.xml")
    assert raw.names == ("MDC_ECG_LEAD_I", "MDC_ECG_LEAD_II")
    one = aecg_file(MICROVOLTS[:1], 100, LEADS[:1])[0][1]
    with pytest.raises(RecordError, match="holds no rhythm series with leads"):
        read_xml(one, "e.xml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<a>" * 100 + "</a>" * 100, "is XML of another kind"),
        ("<a>" * 101 + "</a>" * 101, "nested deeper than 100"),
        (f"<a>{'<b/>' * 49_999}</a>", "is XML of another kind"),
        (f"<a>{'<b/>' * 50_000}</a>", "more than 50,000 elements"),
    ],
    ids=["deep", "too deep", "many", "too many"],
)
def test_elements_and_depth_are_bounded(text: str, message: str) -> None:
    with pytest.raises(RecordError, match=message):
        read_xml(text.encode(), "e.xml")


@pytest.mark.parametrize(
    ("base", "exponent", "fs_hz"),
    [("100", "0", 100), ("1", "2", 100), ("5", "2", 500), ("1e8", "-6", 100)],
)
def test_a_rate_of_muse_has_a_power_of_ten(base: str, exponent: str, fs_hz: float) -> None:
    text = MUSE.replace("<SampleBase>100<", f"<SampleBase>{base}<")
    text = text.replace("<SampleExponent>0<", f"<SampleExponent>{exponent}<")
    assert read_xml(text.encode(), "e.xml").fs_hz == pytest.approx(fs_hz)


@pytest.mark.parametrize("exponent", ["7", "-7"])
def test_a_power_beyond_six_is_refused(exponent: str) -> None:
    text = MUSE.replace("<SampleExponent>0<", f"<SampleExponent>{exponent}<")
    with pytest.raises(RecordError, match=f"the sample exponent {exponent}"):
        read_xml(text.encode(), "e.xml")


@pytest.mark.parametrize(("unit", "value"), [("s", "0.01"), ("ms", "10"), ("us", "10000")])
def test_times_of_aecg_in_each_unit(unit: str, value: str) -> None:
    text = AECG.replace('value="0.01" unit="s"', f'value="{value}" unit="{unit}"')
    assert read_xml(text.encode(), "e.xml").fs_hz == pytest.approx(100)


def test_of_two_rhythms_the_longer_one_is_read() -> None:
    stop = AECG.rindex("</AnnotatedECG>")
    longer = aecg_file(dipole_microvolts()[:, :400], 100)[0][1].decode()
    begin, end = longer.index("<component><series>"), longer.rindex("</AnnotatedECG>")
    text = AECG[:stop] + longer[begin:end] + AECG[stop:]
    raw = read_xml(text.encode(), "e.xml")
    assert raw.signal.shape == (12, 400)
    assert raw.warnings == ("The file holds 2 rhythms; the longest was read.",)
