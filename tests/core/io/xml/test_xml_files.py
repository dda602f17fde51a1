"""HL7 aECG and MUSE: the rhythm is read, entities and damage are refused."""

import numpy as np
import pytest

from ecgcore.errors import RecordError
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
        ('<scale value="2.5" unit="uV"', '<scale value="2.5" unit="mm"', "is in 'mm'"),
        ("<digits>", "<digits>oops ", "lead I: a sample is not a number"),
        ("<digits>", "<digits>1 ", "|leads of different lengths"),
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
        ("MICROVOLTS", "PASCAL", "is in 'PASCAL'"),
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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not sound XML"),
        ("<a>", "is not sound XML"),
        ("<svg/>", "is XML with <svg> outermost"),
        (f"{BOMB}<AnnotatedECG>&b;</AnnotatedECG>", r"declares entities .*EntitiesForbidden"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "declares entities"),
        ("<a>" * 101, "nested deeper than 100; no ECG has"),
        (f"<a>{'<b/>' * 50_000}</a>", "has more than 50,000 elements"),
        ('<?xml version="1.0" encoding="nonsense"?><a/>', "is not sound XML"),
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
        ("<a>" * 100 + "</a>" * 100, "is XML with <a> outermost"),
        ("<a>" * 101 + "</a>" * 101, "nested deeper than 100"),
        (f"<a>{'<b/>' * 49_999}</a>", "is XML with <a> outermost"),
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
