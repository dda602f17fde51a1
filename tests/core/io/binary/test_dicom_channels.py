"""What DICOM says of each channel, against pydicom: skew, padding, bits, states, groups."""

from collections.abc import Callable
from copy import deepcopy
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from ecgcore.errors import RecordError
from ecgcore.io.binary.dicom_files import read_dicom
from ecgcore.io.raw import to_record
from ecgcore.leads import LEADS
from ecgcore.records import EcgRecord
from tests.support.uploads import dicom_file, dipole_microvolts

MICROVOLTS = dipole_microvolts()[:, :300]
((_, CONTENT),) = dicom_file(MICROVOLTS, 100)
Change = Callable[[Dataset, list[Dataset]], None]


def changed(change: Change) -> bytes:
    """Change the rhythm; the median beat is taken out."""
    dataset = dcmread(BytesIO(CONTENT))
    dataset.WaveformSequence = dataset.WaveformSequence[1:]
    group = dataset.WaveformSequence[0]
    change(dataset, [group, *group.ChannelDefinitionSequence])
    stream = BytesIO()
    dataset.save_as(stream)
    return stream.getvalue()


def read(change: Change) -> EcgRecord:
    return to_record(read_dicom(changed(change), "e.dcm"), "e", "e.dcm")


def pydicoms(change: Change, group: int = 0) -> np.ndarray:
    return dcmread(BytesIO(changed(change))).waveform_array(group).T / 1000


def units_of(group: Dataset) -> np.ndarray:
    return np.frombuffer(group.WaveformData, "<i2").reshape(-1, 12).T.copy()


def put(group: Dataset, units: np.ndarray) -> None:
    group.WaveformData = units.T.astype("<i2").tobytes()


def nothing(_dataset: Dataset, _parts: list[Dataset]) -> None:
    pass


def test_samples_are_pydicoms() -> None:
    def uneven(_: Dataset, parts: list[Dataset]) -> None:
        for k, channel in enumerate(parts[1:]):
            channel.ChannelSensitivity = f"{1 + k}"
            channel.ChannelSensitivityCorrectionFactor = f"{0.9 + k / 100:.2f}"
            channel.ChannelBaseline = f"{-50 + 10 * k}"

    for change in (nothing, uneven):
        np.testing.assert_allclose(read(change).signal, pydicoms(change), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("keyword", ["ChannelTimeSkew", "ChannelSampleSkew"])
def test_skew_is_honoured(keyword: str) -> None:
    def skew(_: Dataset, parts: list[Dataset]) -> None:
        for k, channel in enumerate(parts[1:]):
            late = k if keyword == "ChannelSampleSkew" else k / 100
            setattr(channel, keyword, f"{late:g}")

    record, plain = read(skew), pydicoms(skew)
    for k in range(12):
        assert np.isnan(record.recorded[k, :k]).all()
        np.testing.assert_allclose(
            record.recorded[k, k:], plain[k, : 300 - k], rtol=1e-5, atol=1e-6
        )
    assert "sampled up to 110 ms apart" in record.warnings[0]


def padding(value: bytes, *places: tuple[int, slice], code: int | None = None) -> Change:
    def pad(_: Dataset, parts: list[Dataset]) -> None:
        group = parts[0]
        group.add_new((0x5400, 0x100A), "OW", value)
        units = units_of(group)
        for lead, where in places:
            units[lead, where] = np.frombuffer(value, "<i2")[0] if code is None else code
        put(group, units)

    return pad


@pytest.mark.parametrize("value", [b"\0\0", b"\x80\0", b"\x0a\0", b"\xf6\xff"])
def test_a_padding_value_that_is_an_ordinary_one_is_not_believed(value: bytes) -> None:
    record = read(padding(value))
    assert record.gaps == ()
    np.testing.assert_allclose(record.signal, pydicoms(nothing), rtol=1e-5, atol=1e-6)


def test_padding_at_both_ends_and_outside_the_range_is() -> None:
    both = read(padding(b"\0\0", (6, np.s_[:100]), (6, np.s_[260:])))
    assert [(gap.lead, gap.start_s, gap.end_s) for gap in both.gaps] == [
        ("V1", 0.0, 1.0), ("V1", 2.6, 3.0),
    ]  # fmt: skip
    far = read(padding(b"\x00\x80", (2, np.s_[7:9]), (9, np.s_[:1])))
    assert [(gap.lead, gap.start_s) for gap in far.gaps] == [("III", 0.07), ("V4", 0.0)]


def test_a_padding_value_whose_bytes_were_swapped_is_known() -> None:
    record = read(padding(b"\x80\x00", (4, np.s_[50:60]), code=-32768))
    assert [(gap.lead, gap.start_s, gap.end_s) for gap in record.gaps] == [("aVL", 0.5, 0.6)]


@pytest.mark.parametrize("extended", [True, False])
def test_fewer_bits_than_the_word(extended: bool) -> None:
    """Bits above the stored ones are the sign's (PS3.3 C.10.9.1), or 0 by careless devices."""

    def narrow(_: Dataset, parts: list[Dataset]) -> None:
        for channel in parts[1:]:
            channel.WaveformBitsStored = 12
        if not extended:
            put(parts[0], units_of(parts[0]) & 0xFFF)

    record = read(narrow)
    np.testing.assert_allclose(record.signal, pydicoms(nothing), rtol=1e-5, atol=1e-6)
    said = [words for words in record.warnings if "12 bits" in words]
    assert len(said) == (0 if extended else 12)


def test_bits_that_the_file_denies_are_kept_and_said() -> None:
    def wide(_: Dataset, parts: list[Dataset]) -> None:
        parts[1].WaveformBitsStored = 4

    record = read(wide)
    np.testing.assert_allclose(record.signal, pydicoms(nothing), rtol=1e-5, atol=1e-6)
    assert "I holds more than the 4 bits that the file states." in record.warnings


@pytest.mark.parametrize("state", ["DISCONNECTED", "INVALID"])
def test_leads_that_are_off(state: str) -> None:
    def off(_: Dataset, parts: list[Dataset]) -> None:
        parts[7].ChannelStatus = ["QUESTIONABLE", state]

    record = read(off)
    assert record.leads_off == ("V1",)
    assert "The file calls V1 questionable." in record.warnings


def test_a_lead_that_is_not_calibrated_is_refused() -> None:
    def off(_: Dataset, parts: list[Dataset]) -> None:
        parts[3].ChannelStatus = "UNCALIBRATED"

    with pytest.raises(RecordError, match="says that III is not calibrated"):
        read(off)


def add_channel(meaning: str, unit: str, samples: np.ndarray) -> Change:
    def add(_: Dataset, parts: list[Dataset]) -> None:
        group = parts[0]
        channel = deepcopy(parts[2])
        source, units = channel.ChannelSourceSequence[0], channel.ChannelSensitivityUnitsSequence[0]
        source.CodeValue, source.CodingSchemeDesignator, source.CodeMeaning = "1", "99X", meaning
        units.CodeValue = unit
        if not unit:
            del channel.ChannelSensitivityUnitsSequence
        group.ChannelDefinitionSequence.append(channel)
        group.NumberOfWaveformChannels = 13
        group.WaveformData = np.vstack([units_of(group), samples]).T.astype("<i2").tobytes()

    return add


@pytest.mark.parametrize("unit", ["mm[Hg]", "%", ""])
def test_other_channels_are_no_reason_to_refuse(unit: str) -> None:
    record = read(add_channel("Pressure", unit, np.full(300, -32768)))
    np.testing.assert_allclose(record.signal, pydicoms(nothing), rtol=1e-5, atol=1e-6)
    assert record.warnings == ("Left out, not one of the twelve leads: Pressure.",)


def test_a_channel_that_repeats_a_lead() -> None:
    second = units_of(dcmread(BytesIO(CONTENT)).WaveformSequence[1])[1]
    record = read(add_channel("Lead II", "uV", second))
    assert "Repeated in the file with the same samples: II; read once." in record.warnings
    with pytest.raises(RecordError, match="two channels of II with different samples"):
        read(add_channel("Lead II", "uV", second + 100))


def split(*sizes: int, **values: list[Any]) -> Change:
    """Lay the leads in groups, some of whose attributes differ."""

    def change(dataset: Dataset, parts: list[Dataset]) -> None:
        groups, start = [], 0
        for k, size in enumerate(sizes):
            group = deepcopy(parts[0])
            group.ChannelDefinitionSequence = parts[1 + start : 1 + start + size]
            group.NumberOfWaveformChannels = size
            n = int(values.get("NumberOfWaveformSamples", [300] * len(sizes))[k])
            rows = units_of(parts[0])[start : start + size, :n]
            group.WaveformData = rows.T.astype("<i2").tobytes()
            for keyword, each in values.items():
                if each[k] is not None:
                    setattr(group, keyword, each[k])
            groups.append(group)
            start += size
        dataset.WaveformSequence = groups

    return change


@pytest.mark.parametrize(
    "change",
    [
        split(6, 6),
        split(6, 6, MultiplexGroupTimeOffset=["0", "0"]),
        split(3, 3, 3, 3, MultiplexGroupTimeOffset=["40"] * 4),
        split(2, 10),
    ],
)
def test_groups_of_one_clock_are_joined(change: Change) -> None:
    record = read(change)
    np.testing.assert_allclose(record.signal, pydicoms(nothing), rtol=1e-5, atol=1e-6)
    assert "waveform groups, which were joined." in record.warnings[0]
    assert record.simultaneous


def test_groups_recorded_in_turn_are_set_to_their_times() -> None:
    turns = split(3, 3, 3, 3, MultiplexGroupTimeOffset=["0", "3000", "6000", "9000"])
    record = read(turns)
    assert (record.simultaneous, record.n_samples) == (False, 1200)
    plain = pydicoms(nothing)
    for k in range(12):
        start = 300 * (k // 3)
        np.testing.assert_allclose(
            record.recorded[k, start : start + 300], plain[k], rtol=1e-5, atol=1e-6
        )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (split(6, 6, SamplingFrequency=["100", "50"]), "groups at 50 and 100 Hz"),
        (split(6, 6, NumberOfWaveformSamples=[300, 250]), "does not say when each begins"),
        (split(6, 6, MultiplexGroupTimeOffset=["0", None]), "does not say when each begins"),
        (split(6, 5), "none with a rhythm of 12 leads, nor all together"),
    ],
)
def test_groups_that_cannot_be_joined(change: Change, message: str) -> None:
    with pytest.raises(RecordError, match=message):
        read(change)


def test_leads_are_named_in_the_usual_order_of_the_file() -> None:
    assert read_dicom(changed(nothing), "e.dcm").names == LEADS
