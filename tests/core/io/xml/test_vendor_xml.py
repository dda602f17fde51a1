"""Philips, CardioSoft, Schiller, Mortara ELI: the rhythm is read, what would change it refused."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ecgcore.bench.seeds import Files
from ecgcore.errors import RecordError
from ecgcore.io.recordings import read_upload
from ecgcore.io.xml.xli import unpack_xli
from ecgcore.io.xml.xml_files import read_xml
from ecgcore.leads import LEADS
from ecgcore.settings import PROJECT_DIR
from tests.support.files.independent import by_ecgdatakit, by_sierraecg
from tests.support.files.vendor_xml import (
    cardiosoft_file,
    mortara_file,
    philips_file,
    schiller_file,
)
from tests.support.uploads import EIGHT, aecg_file, dicom_file, dipole_microvolts, muse_file

MICROVOLTS = dipole_microvolts()[:, :500]
HELD = np.rint(MICROVOLTS / 5) * 5 / 1000
REAL = PROJECT_DIR.parent / "shared" / "samples" / "field" / "real"


def philips(code: str = "XLI", version: str = "1.04") -> str:
    ((_, content),) = philips_file(MICROVOLTS, 100, code=code, version=version)
    return content.decode("utf-16").replace("utf-16", "utf-8", 1)


def vendor(kind: str) -> str:
    if kind == "philips":
        return philips()
    writer: dict[str, Callable[..., Files]] = {
        "cardiosoft": cardiosoft_file,
        "schiller": schiller_file,
        "mortara": mortara_file,
    }
    ((_, content),) = writer[kind](MICROVOLTS, 100)
    return content.decode("latin-1")


@pytest.mark.parametrize("kind", ["philips", "cardiosoft", "schiller", "mortara"])
def test_the_rhythm_is_read_and_nothing_else(kind: str) -> None:
    raw = read_xml(vendor(kind).encode(), "e.xml")
    assert (raw.names, raw.fs_hz, raw.warnings, raw.off) == (LEADS, 100, (), ())
    np.testing.assert_allclose(raw.signal, HELD, atol=1e-9)


@pytest.mark.parametrize("version", ["1.03", "1.04", "1.04.01", "1.04.02"])
@pytest.mark.parametrize("code", ["XLI", "base64", "plain"])
def test_philips_of_each_version_and_code(code: str, version: str) -> None:
    files = philips_file(MICROVOLTS, 100, code=code, version=version)
    record = read_upload(files)
    np.testing.assert_allclose(record.signal, HELD, atol=1e-6)
    assert record.fs_hz == 100


@pytest.mark.parametrize("version", ["1.03", "1.04"])
@pytest.mark.parametrize("code", ["XLI", "base64", "plain"])
def test_ecgdatakit_reads_the_same_of_philips(code: str, version: str, tmp_path: Path) -> None:
    files = philips_file(MICROVOLTS, 100, code=code, version=version)
    leads, fs_hz = by_ecgdatakit(files, tmp_path)
    assert fs_hz == 100
    np.testing.assert_allclose(np.stack([leads[lead] for lead in LEADS]), HELD, atol=1e-9)


def test_ecgdatakit_reads_the_same_of_mortara(tmp_path: Path) -> None:
    leads, fs_hz = by_ecgdatakit(mortara_file(MICROVOLTS, 100), tmp_path)
    assert fs_hz == 100
    np.testing.assert_allclose(np.stack([leads[lead] for lead in LEADS]), HELD, atol=1e-9)


@pytest.mark.parametrize("writer", [muse_file, aecg_file, dicom_file])
def test_ecgdatakit_reads_the_same_of_older_formats(
    writer: Callable[..., Files], tmp_path: Path
) -> None:
    is_muse = writer is muse_file
    leads = EIGHT if is_muse else LEADS
    files = writer(MICROVOLTS[[LEADS.index(lead) for lead in leads]], 100)
    theirs, fs_hz = by_ecgdatakit(files, tmp_path)
    ours = read_upload(files)
    assert ours.fs_hz == fs_hz == 100
    for lead in leads:
        np.testing.assert_allclose(ours.signal[LEADS.index(lead)], theirs[lead], atol=1e-6)


@pytest.mark.parametrize("version", ["1.03", "1.04.01"])
def test_sierraecg_reads_the_same(version: str, tmp_path: Path) -> None:
    ((_, content),) = philips_file(MICROVOLTS, 100, version=version)
    content = content.replace("<leadset>".encode("utf-16-le"), (
        "<acquisitiontype>STD-12</acquisitiontype><numberchannelsallocated>12"
        "</numberchannelsallocated><leadset>"
    ).encode("utf-16-le"))  # fmt: skip
    leads, fs_hz = by_sierraecg(content, tmp_path)
    assert fs_hz == 100
    np.testing.assert_allclose(np.stack([leads[lead] for lead in LEADS]) * 0.005, HELD, atol=1e-9)


@pytest.mark.parametrize("name", ["philips_1_04", "philips_1_04_01"])
def test_sierraecg_reads_the_same_of_real_recordings(name: str, tmp_path: Path) -> None:
    path = REAL / f"{name}.xml"
    if not path.exists():
        pytest.skip("the real recordings are not part of the project")
    leads, fs_hz = by_sierraecg(path.read_bytes(), tmp_path)
    record = read_upload([(path.name, path.read_bytes())])
    assert record.signal.shape == (12, 5500)
    assert record.fs_hz == fs_hz == 500
    expected = np.stack([leads[lead] for lead in LEADS]) * 0.005
    np.testing.assert_allclose(record.signal, expected, atol=1e-6)


def test_a_lead_that_philips_calls_not_working_is_off() -> None:
    text = philips().replace("<inops/>", '<inops><inop starttime="0" cause="x"/></inops>')
    assert read_xml(text.encode(), "e.xml").off == ("V2",)
    text = philips().replace("<inops/>", '<inops><inop starttime="" cause="None"/></inops>')
    assert read_xml(text.encode(), "e.xml").off == ()


def test_further_leads_of_philips_are_left_out() -> None:
    more = np.concatenate([MICROVOLTS, MICROVOLTS[:1]])
    ((_, content),) = philips_file(more, 100, names=[*LEADS, "V3R"])
    raw = read_xml(content, "e.xml")
    assert (raw.names, raw.left_out) == (LEADS, ("V3R",))
    np.testing.assert_allclose(raw.signal, HELD, atol=1e-9)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("<documentversion>1.04<", "<documentversion>2.0<", "another version than 1.03 and 1.04"),
        ("parsedwaveforms", "otherwaveforms", "holds no rhythm"),
        ('samplespersecond="100"', 'samplespersecond="50"', "two values of samplingrate"),
        ('" resolution="5"', '" resolution="2"', "two values of resolution"),
        ('" resolution="5"', '" resolution="x"', "no number in its resolution"),
        ('signaloffset="0"', 'signaloffset="9"', "a signaloffset other than 0"),
        ('signalsigned="True"', 'signalsigned="False"', "a signalsigned other than TRUE"),
        ('bitspersample="16"', 'bitspersample="8"', "a bitspersample other than 16"),
        ('durationperchannel="5000"', 'durationperchannel="6000"', "not the 600 announced"),
        ('durationperchannel="5000"', 'durationperchannel="9e99"', "at most 24,000,000 samples"),
        ('numberofleads="12"', 'numberofleads="13"', "names 12 leads and announces 13"),
        ('compression="XLI"', 'compression="ZIP"', "a code that is not known"),
        ('dataencoding="Base64"', 'dataencoding="Hex"', "a code that is not known"),
        ('leadlabels="I II III', 'leadlabels="II I III', "first leads are not I, II, III"),
    ],
)
def test_philips_at_fault(old: str, new: str, message: str) -> None:
    text = philips()
    assert old in text
    with pytest.raises(RecordError, match=message):
        read_xml(text.replace(old, new).encode(), "e.xml")


def test_uncompressed_limb_leads_that_are_differences_are_refused() -> None:
    changed = MICROVOLTS.copy()
    changed[2] = changed[1] - changed[0] - changed[2] + 300
    ((_, content),) = philips_file(changed, 100, code="base64")
    with pytest.raises(RecordError, match=r"a lead III that is 0\.\d\d mV off II minus I"):
        read_xml(content, "e.xml")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "compressed samples of 0 leads and a part; 1 are announced"),
        (b"\x05\0\0\0\1\0\0\0ab", "of 0 leads and a part"),
        (b"\xff\xff\xff\xff\1\0\0\0ab", "of 0 leads and a part"),
        (b"\x02\0\0\0\1\0\0\0\xff\xc0", "lead 1: the compressed samples are damaged"),
        (b"\x04\0\0\0\1\0\0\0\x01\x40\x00\x00", "lead 1: the compressed samples are damaged"),
        (b"\0" * (2**20 + 1), r"holds 1\.0 MB of compressed samples"),
    ],
)
def test_damaged_blocks_of_xli(data: bytes, message: str) -> None:
    with pytest.raises(RecordError, match=message):
        unpack_xli(data, 1, 10, "e.xml")


def test_a_block_of_xli_grows_no_larger_than_announced() -> None:
    zeros = np.zeros((12, 40_000), np.int16)
    ((_, content),) = philips_file(zeros, 100)
    text = re.sub(
        'durationperchannel="[^"]*"', 'durationperchannel="1000"', content.decode("utf-16")
    )
    with pytest.raises(RecordError, match="not the 100 announced"):
        read_xml(text.encode("utf-16"), "e.xml")


@pytest.mark.parametrize(
    ("kind", "old", "new", "message"),
    [
        ("cardiosoft", "StripData", "OtherData", "holds 0 strips"),
        ("cardiosoft", "uVperLsb", "nVperLsb", "no <Resolution> in the units of CardioSoft"),
        ("cardiosoft", '"uVperLsb">5<', '"uVperLsb">0<', "a resolution of 0 µV"),
        ("cardiosoft", "Total>500<", "Total>499<", "lead I: 500 samples found, others announced"),
        ("cardiosoft", ",\n", ",,\n", "lead I: a sample is not a number"),
        ("cardiosoft", 'lead="I"', 'lead="Doe"', "|"),
        ("schiller", "ECG_RHYTHMS", "ECG_OTHER", "holds 0 rhythms"),
        ("schiller", "ECG_AVERAGES", "ECG_RHYTHMS", "holds 2 rhythms"),
        ("schiller", "<exponent>1<", "<exponent>2<", "an exponent of 2 to its sample rate"),
        ("schiller", "<unitperbit>5<", "<unitperbit>-5<", "a resolution of -0.005 mV"),
        ("schiller", "COMMASEPARATE", "BASE64", "lead I: samples in another code"),
        ("schiller", "<data>", "<data>x,", "lead I: a sample is not a number"),
        ("mortara", "CHANNEL ", "OTHER ", "holds no channel"),
        ("mortara", 'CHANNEL OFFSET="0"', 'CHANNEL OFFSET="4"', "lead I: OFFSET is not 0"),
        ("mortara", 'BITS="16"', 'BITS="8"', "lead I: another BITS than 16"),
        ("mortara", "SIGNED", "UNSIGNED", "lead I: another FORMAT than SIGNED"),
        ("mortara", "BASE64", "HEX", "lead I: another ENCODING than BASE64"),
        ("mortara", 'UNITS_PER_MV="200"', 'UNITS_PER_MV="0"', "lead I: 0 units per mV"),
        ("mortara", 'DURATION="500"', 'DURATION="400"', "lead I: 400 samples announced, 500"),
        ("mortara", 'SAMPLE_FREQ="100"', 'SAMPLE_FREQ="nan"', "no number in SAMPLE_FREQ"),
    ],
)
def test_others_at_fault(kind: str, old: str, new: str, message: str) -> None:
    text = vendor(kind)
    assert old in text
    if message == "|":
        assert read_xml(text.replace(old, new).encode(), "e.xml").left_out == (new[6:-1],)
    else:
        with pytest.raises(RecordError, match=message):
            read_xml(text.replace(old, new).encode(), "e.xml")


def test_channels_of_mortara_at_two_rates_are_refused() -> None:
    head, sep, rest = vendor("mortara").partition("<CHANNEL ")
    text = head + sep + rest.replace('SAMPLE_FREQ="100"', 'SAMPLE_FREQ="200"', 1)
    with pytest.raises(RecordError, match="leads of 2 rates"):
        read_xml(text.encode(), "e.xml")


def test_a_number_of_samples_that_schiller_announces_and_does_not_hold_is_said() -> None:
    text = vendor("schiller").replace("<samplecount>500<", "<samplecount>501<")
    raw = read_xml(text.encode(), "e.xml")
    assert raw.warnings == ("Lead I has 500 samples; 501 are announced.",)


def test_millivolts_of_schiller() -> None:
    text = vendor("schiller").replace("<unitperbit>5<", "<unitperbit>0.005<")
    raw = read_xml(text.replace("<units>UV<", "<units>mV<").encode(), "e.xml")
    np.testing.assert_allclose(raw.signal, HELD, atol=1e-9)
