"""DICOM waveforms: the rhythm, in mV, whatever codes name its leads."""

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread

from ecgcore.errors import RecordError
from ecgcore.io.binary import dicom_files
from ecgcore.io.binary.dicom_files import read_dicom
from ecgcore.leads import LEADS
from tests.support.uploads import dicom_file, dipole_microvolts

MICROVOLTS = dipole_microvolts()[:, :300]
((_, CONTENT),) = dicom_file(MICROVOLTS, 100)


def changed(change: Any) -> bytes:
    dataset = dcmread(BytesIO(CONTENT))
    change(dataset)
    stream = BytesIO()
    dataset.save_as(stream)
    return stream.getvalue()


@pytest.mark.parametrize("scheme", ["MDC", "SCPECG", "99LOCAL"])
def test_the_rhythm_is_read_and_not_the_median_beat(scheme: str) -> None:
    order = np.random.default_rng(0).permutation(12)
    names = [LEADS[k] for k in order]
    ((_, content),) = dicom_file(MICROVOLTS[order], 500, names, scheme)
    raw = read_dicom(content, "e.dcm")
    assert raw.fs_hz == 500
    assert raw.names == tuple(f"Lead {n}" if scheme == "99LOCAL" else n for n in names)
    np.testing.assert_allclose(raw.signal, MICROVOLTS[order] / 1000, atol=0.00126)
    assert raw.warnings == ("The file holds 2 waveform groups; the rhythm of 0.6 s was read.",)


def test_units_of_millivolts() -> None:
    def millivolts(dataset: Any) -> None:
        for channel in dataset.WaveformSequence[1].ChannelDefinitionSequence:
            channel.ChannelSensitivityUnitsSequence[0].CodeValue = "mV"
            channel.ChannelSensitivity, channel.ChannelBaseline = "0.00125", "0.01"

    raw = read_dicom(changed(millivolts), "e.dcm")
    np.testing.assert_allclose(raw.signal, MICROVOLTS / 1000, atol=0.00126)


def test_padding_is_missing() -> None:
    def pad(dataset: Any) -> None:
        group = dataset.WaveformSequence[1]
        group.add_new((0x5400, 0x100A), "OW", np.int16(-32768).tobytes())
        data = np.frombuffer(group.WaveformData, "<i2").copy()
        data[5] = -32768
        group.WaveformData = data.tobytes()

    raw = read_dicom(changed(pad), "e.dcm")
    assert np.isnan(raw.signal).sum() == 1
    assert np.isnan(raw.signal[5, 0])


def set_in_rhythm(**values: Any) -> Any:
    def change(dataset: Any) -> None:
        for key, value in values.items():
            setattr(dataset.WaveformSequence[1], key, value)

    return change


def set_in_channel(**values: Any) -> Any:
    def change(dataset: Any) -> None:
        for key, value in values.items():
            setattr(dataset.WaveformSequence[1].ChannelDefinitionSequence[3], key, value)

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (set_in_rhythm(NumberOfWaveformSamples=5000), "announces 12 leads of 5,000 samples and"),
        (set_in_rhythm(NumberOfWaveformSamples=4_000_000_000), "at most 24,000,000 samples"),
        (set_in_rhythm(NumberOfWaveformChannels=11), "announces 11 leads and describes 12"),
        (set_in_rhythm(SamplingFrequency="20"), "has 20 samples per second; 50 to 4000"),
        (set_in_rhythm(WaveformSampleInterpretation="MB"), "samples of a kind of 16 bits"),
        (set_in_rhythm(MultiplexGroupLabel="median"), "none with a rhythm of 12 leads"),
        (set_in_channel(ChannelSensitivity="0"), "a sensitivity of 0; amplitudes are not known"),
        (set_in_channel(ChannelSensitivity=None), "does not say its sensitivity"),
        (lambda d: d.__delattr__("WaveformSequence"), "holds no waveform"),
    ],
)
def test_files_at_fault(change: Any, message: str) -> None:
    with pytest.raises(RecordError, match=message):
        read_dicom(changed(change), "e.dcm")


def test_other_files_are_refused() -> None:
    with pytest.raises(RecordError, match=r"e\.dcm does not bear DICOM's mark"):
        read_dicom(b"hello", "e.dcm")
    with pytest.raises(RecordError, match=r"cannot be read as DICOM|holds no waveform"):
        read_dicom(CONTENT[:400], "e.dcm")
    deflated = CONTENT.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.1.99")
    with pytest.raises(RecordError, match="is a deflated DICOM file"):
        read_dicom(deflated, "e.dcm")


@pytest.mark.parametrize(("extra", "sound"), [(-1, False), (0, True), (1, True), (2, False)])
def test_samples_may_be_padded_by_one_byte(extra: int, sound: bool) -> None:
    class Group:
        WaveformSampleInterpretation, WaveformBitsAllocated = "SB", 8
        WaveformData = bytes(6 + extra)

    if sound:
        assert dicom_files._units(Group, 2, 3, True, "e.dcm").shape == (2, 3)
    else:
        with pytest.raises(RecordError, match=f"and holds {6 + extra} bytes of them"):
            dicom_files._units(Group, 2, 3, True, "e.dcm")


@pytest.mark.parametrize(
    ("kind", "bits", "data", "values"),
    [
        ("SB", 8, b"\xff\x02", [-1, 2]),
        ("UB", 8, b"\xff\x02", [255, 2]),
        ("SS", 16, b"\xff\xff\x02\x00", [-1, 2]),
        ("US", 16, b"\xff\xff\x02\x00", [65535, 2]),
        ("SL", 32, b"\xff\xff\xff\xff\x02\x00\x00\x00", [-1, 2]),
        ("UL", 32, b"\xff\xff\xff\xff\x02\x00\x00\x00", [4294967295, 2]),
    ],
)
@pytest.mark.parametrize("little", [True, False])
def test_samples_of_every_kind_in_both_orders(
    kind: str, bits: int, data: bytes, values: list[int], little: bool
) -> None:
    size = bits // 8
    ordered = data if little else b"".join(data[k : k + size][::-1] for k in (0, size))
    group = type(
        "Group",
        (),
        {
            "WaveformSampleInterpretation": kind,
            "WaveformBitsAllocated": bits,
            "WaveformData": ordered,
        },
    )
    assert dicom_files._units(group, 1, 2, little, "e.dcm").tolist() == [values]
