"""ISHNE and MFER: every sample, as an independent reader finds it; faults by their reason."""

import struct
from pathlib import Path

import numpy as np
import pytest

from ecgcore.bench.seeds import Files
from ecgcore.errors import RecordError
from ecgcore.io.binary.ishne_files import read_ishne
from ecgcore.io.binary.mfer_files import is_mfer, read_mfer
from ecgcore.io.recordings import read_upload
from ecgcore.leads import LEADS
from tests.support.files.holter import _item, ishne_file, mfer_file
from tests.support.files.independent import by_ecgdatakit
from tests.support.uploads import dipole_microvolts

UV = (dipole_microvolts() // 5 * 5).astype(np.int16)
((_, ISHNE),) = ishne_file(UV, 180)
((_, MFER),) = mfer_file(UV, 500)


@pytest.mark.parametrize(
    ("files", "fs_hz"),
    [
        (ishne_file(UV, 180), 180),
        (mfer_file(UV, 500), 500),
        (mfer_file(UV, 250, order="big", block=1000), 250),
        (mfer_file(UV, 250, block=1), 250),
    ],
    ids=["ISHNE", "MFER", "MFER big-endian, one block", "MFER, sample by sample"],
)
def test_every_sample_as_an_independent_reader_finds_it(
    files: Files, fs_hz: int, tmp_path: Path
) -> None:
    record = read_upload(files)
    np.testing.assert_allclose(record.signal, UV / 1000, atol=1e-6)
    assert (record.fs_hz, record.warnings) == (fs_hz, ())
    leads, their_fs_hz = by_ecgdatakit(files, tmp_path)
    theirs = np.stack([leads[name] for name in LEADS])
    np.testing.assert_allclose(record.signal, theirs, atol=1e-6)
    assert their_fs_hz == fs_hz


def test_ishne_without_checksum_and_with_other_leads() -> None:
    names = [*LEADS[:11], "X"]
    ((_, content),) = ishne_file(UV, 180, names, sealed=False)
    raw = read_ishne(content, "e.ecg")
    assert raw.names == LEADS[:11]
    assert raw.warnings == ("Left out: 1 leads that are not one of the twelve.",)


def test_a_failed_lead_is_not_a_number() -> None:
    start = len(ISHNE) - 24 * 1000
    content = ISHNE[:start] + struct.pack("<h", -32768) + ISHNE[start + 2 :]
    signal = read_ishne(content, "e.ecg").signal
    assert np.isnan(signal[0, 0])
    assert np.isfinite(signal).sum() == signal.size - 1


def ishne_with(position: int, content: bytes) -> bytes:
    """Overwrite a part of the header and leave the checksum out."""
    whole = ISHNE[:8] + b"\0\0" + ISHNE[10:]
    return whole[:position] + content + whole[position + len(content) :]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (ISHNE[:500], "no whole ISHNE file"),
        (ISHNE[:-1], "ends within a sample"),
        (ISHNE[:30] + b"x" + ISHNE[31:], "does not fit its checksum"),
        (ishne_with(156, b"\x0d\0"), "has 13 leads; 1 to 12"),
        (ishne_with(10, b"\xff\xff\xff\x7f"), "not where it says"),
        (ishne_with(22, b"\1\0\0\0"), "not where it says"),
        (ishne_with(206, b"\0\0"), "does not say its resolution"),
        (ishne_with(272, b"\1\0"), "has 1 samples per second"),
    ],
)
def test_ishne_at_fault(content: bytes, message: str) -> None:
    with pytest.raises(RecordError, match=message):
        read_ishne(content, "e.ecg")


def test_mfer_leaves_other_channels_out() -> None:
    ((_, content),) = mfer_file(UV, 500, [*LEADS[:11], "SpO2"])
    raw = read_mfer(content, "e.mwf")
    assert (raw.names, raw.warnings) == (
        LEADS[:11], ("Left out: 1 channels that are no leads.",),
    )  # fmt: skip


def test_mfer_says_a_skew_and_marks_what_stands_for_none() -> None:
    extra = _item(0x43, b"\1\0\0\0") + _item(0x12, (int(UV[0, 0]) & 0xFFFF).to_bytes(2, "little"))
    ((_, content),) = mfer_file(UV, 500, extra=extra)
    raw = read_mfer(content, "e.mwf")
    assert "skewed in time" in raw.warnings[0]
    assert np.isnan(raw.signal[UV[0, 0] == UV]).all()


def test_mfer_takes_the_longest_rhythm_and_no_median_beat() -> None:
    ((_, whole),) = mfer_file(UV, 500)
    ((_, beat),) = mfer_file(UV[:, :500] // 5 * 5, 500, extra=_item(0x08, b"\x09\0"))
    raw = read_mfer(beat[:-2] + whole, "e.mwf")
    assert (raw.signal.shape, raw.warnings) == ((12, 1000), ())
    ((_, short),) = mfer_file(UV[:, :500], 500)
    raw = read_mfer(short[:-2] + whole, "e.mwf")
    assert raw.signal.shape == (12, 1000)
    assert raw.warnings == ("The file holds 2 waveforms; the longest was read.",)


def test_mfer_groups_may_have_an_indefinite_length() -> None:
    lead = _item(0x09, b"\1\0")
    definite = b"\x3f\0" + bytes([len(lead)]) + lead
    assert definite in MFER
    raw = read_mfer(MFER.replace(definite, b"\x3f\0\x80" + lead + b"\0\0"), "e.mwf")
    np.testing.assert_allclose(raw.signal, UV / 1000, atol=1e-6)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x40\x20MFR ", "it is truncated"),
        (MFER[:-30], "it is truncated"),
        (MFER.replace(_item(0x0A, b"\0"), _item(0x0A, b"\x09")), "compressed or of an unknown"),
        (MFER.replace(_item(0x0B, b"\0\0\xf4\1"), b"\0" * 6), "does not say its rate"),
        (MFER.replace(_item(0x0C, b"\0\xfa\1\0"), b"\0" * 6), "does not say its sensitivity"),
        (MFER.replace(_item(0x06, b"\x14\0\0\0"), _item(0x06, b"\x15\0\0\0")), "states 21"),
        (MFER.replace(_item(0x05, b"\x0c"), _item(0x05, b"\0")), "0 of what may be 1 to 256"),
        (mfer_file(UV, 500, extra=_item(0x0D, b"\1\0"))[0][1], "an offset, whose sign"),
        (mfer_file(UV, 500, extra=_item(0x0E, b"\1\0"))[0][1], "it is compressed"),
        (MFER[:34] + b"\x67\x80" * 9, "nested too deep|no end|truncated"),
        (MFER[:34] + b"\x02\0" * 20_001, "more than 20,000 definitions"),
        (MFER[:34] + b"\x80\0", "holds no rhythm"),
        (MFER[:34] + b"\x02\xff", "a length is damaged"),
    ],
)
def test_mfer_at_fault(content: bytes, message: str) -> None:
    assert is_mfer(content)
    with pytest.raises(RecordError, match=message):
        read_mfer(content, "e.mwf")
