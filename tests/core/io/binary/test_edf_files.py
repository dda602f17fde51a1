"""EDF, EDF+ and BDF: files that edfio and EDFlib write are read to the last unit."""

import warnings
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from ecgcore.errors import RecordError
from ecgcore.io.binary.edf_files import read_edf
from ecgcore.io.recordings import read_upload
from ecgcore.leads import LEADS
from tests.support.files.independent import by_pyedflib
from tests.support.uploads import dipole_microvolts

UV = dipole_microvolts()


def edf(names: Sequence[str] = LEADS, unit: str = "uV", per_unit: float = 1.0) -> bytes:
    """Write the leads by edfio, with a pressure at half the rate beside them."""
    import edfio

    signals = [
        edfio.EdfSignal(
            row.astype(float) * per_unit,
            100,
            label=name,
            physical_dimension=unit,
            physical_range=(-32768 * per_unit, 32767 * per_unit),
            digital_range=(-32768, 32767),
        )
        for name, row in zip(names, UV, strict=True)
    ]
    pressure = edfio.EdfSignal(np.linspace(0, 99, 500), 50, label="ABP", physical_dimension="mmHg")
    patient = edfio.Patient(code="4711", name="Jane_Doe")
    stream = BytesIO()
    edfio.Edf([pressure, *signals], patient=patient).write(stream)
    return stream.getvalue()


CONTENT = edf()


def test_the_leads_are_read_to_the_last_unit() -> None:
    record = read_upload([("a.edf", CONTENT)])
    np.testing.assert_allclose(record.signal, UV / 1000, atol=1e-6)
    assert record.fs_hz == 100
    assert record.warnings == ("Left out: 1 channels that are no leads.",)


def test_edflib_finds_the_same(tmp_path: Path) -> None:
    channels, _ = by_pyedflib(CONTENT, tmp_path)
    ours = read_edf(CONTENT, "a.edf")
    for name, row in zip(ours.names, ours.signal, strict=True):
        np.testing.assert_allclose(row * 1000, channels[name], atol=1e-3)


@pytest.mark.parametrize(("unit", "per_unit"), [("mV", 0.001), ("V", 1e-6)])
def test_units_and_spellings(unit: str, per_unit: float) -> None:
    raw = read_edf(edf([f"ECG {name}" for name in LEADS], unit, per_unit), "a.edf")
    np.testing.assert_allclose(raw.signal, UV / 1000, atol=2e-3 if unit == "V" else 1e-5)


def test_bdf_has_24_bits(tmp_path: Path) -> None:
    import pyedflib

    path = tmp_path / "a.bdf"
    with pyedflib.EdfWriter(str(path), 12, file_type=pyedflib.FILETYPE_BDFPLUS) as writer:
        writer.setSignalHeaders(
            [
                {
                    "label": name, "dimension": "uV", "sample_frequency": 100,
                    "physical_max": 8388607, "physical_min": -8388608, "digital_max": 8388607,
                    "digital_min": -8388608, "transducer": "", "prefilter": "",
                }
                for name in LEADS
            ]
        )  # fmt: skip
        writer.writeSamples([row.astype(float) for row in UV])
    raw = read_edf(path.read_bytes(), "a.bdf")
    np.testing.assert_allclose(raw.signal, UV / 1000, atol=1e-9)


def overwritten(position: int, content: bytes) -> bytes:
    return CONTENT[:position] + content + CONTENT[position + len(content) :]


N_CHANNELS = 13
UNITS = 256 + N_CHANNELS * (16 + 80)
LOW = UNITS + N_CHANNELS * 8
N_SAMPLES = 256 + N_CHANNELS * (16 + 80 + 8 * 5 + 80)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"0       ", "does not bear EDF's mark"),
        (CONTENT[:-1], "announces 10 data records and holds 9"),
        (CONTENT[:1000], "truncated within its header"),
        (overwritten(252, b"600 "), "has 600 channels; 1 to 512"),
        (overwritten(184, b"9       "), "its header should have"),
        (overwritten(236, b"0       "), "announces 0 data records"),
        (overwritten(244, b"0       "), "data records of 0 s"),
        (overwritten(244, b"nan     "), "the number of seconds of a data record is none"),
        (overwritten(N_SAMPLES, b"-5      "), "a channel has -5 samples"),
        (overwritten(N_SAMPLES, b"1.5     "), "is not whole"),
        (overwritten(N_SAMPLES + 8, b"99      "), "leads at different rates"),
        (overwritten(LOW + 8, b"32767   "), "a range of no extent"),
        (overwritten(UNITS + 8, b"mmHg    "), "mV, uV or V is needed"),
        (overwritten(256, (b" " * 16) * N_CHANNELS), "none named as a lead"),
    ],
)
def test_files_at_fault(content: bytes, message: str) -> None:
    with pytest.raises(RecordError, match=message):
        read_edf(content, "a.edf")


def test_an_unknown_number_of_records_is_that_of_the_file() -> None:
    assert read_edf(overwritten(236, b"-1      "), "a.edf").signal.shape == (12, 1000)


def interrupted(starts_s: Sequence[float]) -> bytes:
    """Write EDF+D by hand: one lead of 10 samples a second and the starts of its records."""
    head = b"0".ljust(8) + b"X X X X".ljust(80) + b"Startdate X".ljust(80) + b"01.01.8500.00.00"
    head += b"768".ljust(8) + b"EDF+D".ljust(44) + str(len(starts_s)).encode().ljust(8)
    head += b"1".ljust(8) + b"2".ljust(4)
    columns = [
        (16, b"II", b"EDF Annotations"), (80, b"", b""), (8, b"mV", b""), (8, b"-1", b"-1"),
        (8, b"1", b"1"), (8, b"-100", b"-100"), (8, b"100", b"100"), (80, b"", b""),
        (8, b"60", b"8"), (32, b"", b""),
    ]  # fmt: skip
    head += b"".join(a.ljust(width) + b.ljust(width) for width, a, b in columns)
    records = [
        np.full(60, k, "<i2").tobytes() + f"+{start:g}\x14\x14".encode().ljust(16, b"\0")
        for k, start in enumerate(starts_s)
    ]
    return head + b"".join(records)


@pytest.mark.parametrize(
    ("starts_s", "kept", "n_gaps"),
    [((0, 1, 2), (0, 1, 2), 0), ((0, 1, 5, 6, 7, 20), (2, 3, 4), 2), ((0, 9), (0,), 1)],
)
def test_of_an_interrupted_recording_the_longest_part_is_read(
    starts_s: tuple[float, ...], kept: tuple[int, ...], n_gaps: int
) -> None:
    raw = read_edf(interrupted(starts_s), "d.edf")
    assert raw.signal[0, ::60] == pytest.approx(np.array(kept) / 100)
    assert raw.warnings == (
        (f"The recording was interrupted {n_gaps} times; its longest part, {len(kept)} s, was "
         "read.",) if n_gaps else ()
    )  # fmt: skip


def test_an_interrupted_recording_without_times_is_refused() -> None:
    content = interrupted((0, 1)).replace(b"EDF Annotations", b"something else ")
    with pytest.raises(RecordError, match="does not say when"):
        read_edf(content, "d.edf")
    with pytest.raises(RecordError, match="does not say when"):
        read_edf(interrupted((0, 1)).replace(b"+1\x14", b"x1\x14"), "d.edf")


def test_a_channel_may_be_turned_over() -> None:
    content = overwritten(LOW + 8, b"32767   ")
    high = LOW + N_CHANNELS * 8 + 8
    content = content[:high] + b"-32768  " + content[high + 8 :]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        raw = read_edf(content, "a.edf")
    np.testing.assert_allclose(raw.signal[0], (-UV[0] - 1) / 1000, atol=1e-6)
