"""Writers: what they write is read back to the last bit, by our readers and by independent ones."""

import csv
import json
from io import BytesIO, StringIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from ecgcore.errors import RecordError
from ecgcore.io.recordings import read_upload
from ecgcore.io.written.formats import FORMATS, Written, write
from ecgcore.io.written.steps import MISSING, whole
from ecgcore.leads import LEADS
from ecgcore.records import EcgRecord
from tests.support.files.fhir import faults_of_r4
from tests.support.files.independent import by_ecgdatakit, by_pyedflib
from tests.support.uploads import EIGHT, dipole_microvolts, muse_file

UV = dipole_microvolts()
READ = [name for name in FORMATS if not name.startswith("fhir")]


def record(signal_mv: npt.ArrayLike, fs_hz: int = 500) -> EcgRecord:
    return EcgRecord("a", np.asarray(signal_mv, np.float32), fs_hz, "test")


EIGHT_UV = UV[[LEADS.index(lead) for lead in EIGHT]]
RECORDS = {
    "1 µV": record(UV / 1000, 100),
    "4.88 µV": record(np.rint(UV / 4.88) * 0.00488, 360),
    "gain 200": record(np.rint(UV / 5) / 200),
    "gain 204.8": record(np.rint(UV / 4.8828125) / 204.8),
    "off zero": record(np.rint(UV / 5) / 200 + 0.0031),
    "derived leads": read_upload(muse_file(EIGHT_UV, 100)),
    "a flat lead": record(np.where(np.arange(12)[:, None] == 3, 0, UV / 1000)),
    "997 samples": record(UV[:, :997] / 1000, 360),
    "two heights": record(np.tile(np.arange(1000) % 2 * 1.5, (12, 1))),
}
NOISY = record(UV / 1000 + np.random.default_rng(0).normal(0, 0.01, UV.shape), 357)


@pytest.mark.parametrize("to", READ)
@pytest.mark.parametrize("kind", RECORDS)
def test_whole_numbers_are_kept_to_the_last_bit(kind: str, to: str) -> None:
    before = RECORDS[kind]
    written = write(before, to, "ecg")
    assert (written.error_mv, written.words) == (0.0, ())
    after = read_upload(written.files)
    assert after.fs_hz == before.fs_hz
    np.testing.assert_array_equal(after.signal, before.signal)


@pytest.mark.parametrize("to", ["wfdb", "dicom", "aecg", "edf"])
def test_other_samples_are_rounded_by_far_less_than_a_microvolt(to: str) -> None:
    written = write(NOISY, to, "ecg")
    found = np.abs(read_upload(written.files).signal - NOISY.signal).max()
    assert 0 < found < 3e-5
    assert written.error_mv == pytest.approx(found)
    assert written.words == ("Amplitudes were rounded by up to 0.025 µV.",)


def test_high_amplitudes_take_wider_steps() -> None:
    high = record(NOISY.signal * 20)
    written = write(high, "wfdb", "ecg")
    assert np.abs(read_upload(written.files).signal - high.signal).max() < 0.0011


def theirs_by_wfdb(written: Written, folder: Path) -> tuple[npt.NDArray[np.float64], float]:
    import wfdb

    for name, content in written.files:
        (folder / name).write_bytes(content)
    found = wfdb.rdrecord(str(folder / "ecg"))
    assert found.sig_name == list(LEADS)
    assert found.units == ["mV"] * 12
    return found.p_signal.T, found.fs


def theirs_by_pydicom(written: Written, _: Path) -> tuple[npt.NDArray[np.float64], float]:
    from pydicom import dcmread

    data = dcmread(BytesIO(written.files[0][1]))
    group = data.WaveformSequence[0]
    channels = group.ChannelDefinitionSequence
    names = [channel.ChannelSourceSequence[0].CodeMeaning for channel in channels]
    assert names == [f"Lead {lead}" for lead in LEADS]
    assert {c.ChannelSensitivityUnitsSequence[0].CodeValue for c in channels} == {"uV"}
    assert data.SOPClassUID.name == "General ECG Waveform Storage"
    return data.waveform_array(0).T / 1000, float(group.SamplingFrequency)


def theirs_by_edflib(written: Written, folder: Path) -> tuple[npt.NDArray[np.float64], float]:
    channels, fs_hz = by_pyedflib(written.files[0][1], folder)
    return np.stack([channels[f"ECG {lead}"] for lead in LEADS]) / 1000, fs_hz


def theirs_by_edfio(written: Written, _: Path) -> tuple[npt.NDArray[np.float64], float]:
    import edfio

    found = edfio.read_edf(BytesIO(written.files[0][1]))
    signals = {signal.label: signal for signal in found.signals}
    rows = [signals[f"ECG {lead}"] for lead in LEADS]
    assert {signal.physical_dimension for signal in rows} == {"uV"}
    return np.stack([row.data for row in rows]) / 1000, rows[0].sampling_frequency


def theirs_by_ecgdatakit(written: Written, folder: Path) -> tuple[npt.NDArray[np.float64], float]:
    leads, fs_hz = by_ecgdatakit(written.files, folder)
    return np.stack([leads[lead] for lead in LEADS]), fs_hz


def theirs_by_numpy(written: Written, _: Path) -> tuple[npt.NDArray[np.float64], float]:
    with np.load(BytesIO(written.files[0][1])) as found:
        assert tuple(found["leads"]) == LEADS
        return found["signal"], float(found["fs_hz"])


def theirs_by_csv(written: Written, _: Path) -> tuple[npt.NDArray[np.float64], float]:
    head, *rows = csv.reader(StringIO(written.files[0][1].decode()))
    assert head == ["time_s", *(f"{lead} [mV]" for lead in LEADS)]
    table = np.array(rows, np.float64).T
    return table[1:], 1 / table[0, 1]


INDEPENDENT = [
    ("npz", theirs_by_numpy),
    ("csv", theirs_by_csv),
    ("wfdb", theirs_by_wfdb),
    ("dicom", theirs_by_pydicom),
    ("edf", theirs_by_edflib),
    ("edf", theirs_by_edfio),
    ("aecg", theirs_by_ecgdatakit),
]


@pytest.mark.parametrize(("to", "read"), INDEPENDENT)
@pytest.mark.parametrize("kind", ["1 µV", "gain 204.8", "off zero"])
def test_an_independent_reader_finds_every_sample(
    to: str, read: object, kind: str, tmp_path: Path
) -> None:
    before = RECORDS[kind]
    found, fs_hz = read(write(before, to, "ecg"), tmp_path)  # type: ignore[operator]
    np.testing.assert_allclose(found, before.signal, atol=1e-6)
    assert fs_hz == pytest.approx(before.fs_hz, rel=1e-6)


@pytest.mark.parametrize("release", ["fhir", "fhir-r5"])
def test_sampled_data_as_fhir_defines_it(release: str) -> None:
    before = RECORDS["1 µV"]
    resource = json.loads(write(before, release, "ecg").files[0][1])
    codes = [part["code"]["coding"][0]["code"] for part in resource["component"]]
    # ISO/IEEE 11073-10101: MDC_ECG_ELEC_POTL_I ... II, III, AVR, AVL, AVF, V1 ... V6
    assert codes == [str(131328 + n) for n in (1, 2, 61, 62, 63, 64, 3, 4, 5, 6, 7, 8)]
    for part, row in zip(resource["component"], before.signal, strict=True):
        sampled = part["valueSampledData"]
        values = np.array(sampled["data"].split(), int) * sampled["factor"]
        np.testing.assert_allclose(values, row, atol=1e-6)
        assert (sampled["origin"]["code"], sampled["dimensions"]) == ("mV", 1)
    if release == "fhir":
        assert sampled["period"] == 10
        assert faults_of_r4(resource) == []
        sampled["interval"] = 10
        assert faults_of_r4(resource) != []
    else:
        assert (sampled["interval"], sampled["intervalUnit"]) == (10, "ms")
        assert "period" not in sampled


def test_a_name_that_wfdb_does_not_know_is_refused() -> None:
    assert write(RECORDS["1 µV"], "wfdb", "a_B-9").files[0][0] == "a_B-9.hea"
    with pytest.raises(RecordError, match="WFDB names have letters"):
        write(RECORDS["1 µV"], "wfdb", "Jane Doe")
    with pytest.raises(RecordError, match="--to is 'pdf'"):
        write(RECORDS["1 µV"], "pdf", "ecg")


def test_a_missing_sample_has_a_code_of_its_own() -> None:
    lead = np.array([0.001, np.nan, -0.002], np.float32)
    found = whole(lead)
    assert found.units.tolist() == [1, MISSING, -2]
    assert (found.step_mv, found.error_mv) == (0.001, 0.0)


@pytest.mark.parametrize(
    ("lead", "step_mv"),
    [([0, 0, 0], 1e-5), ([0.25, 0.25], 0.25), ([1, 1.5, -3], 0.5), ([0.0, 32.767], 32.767)],
)
def test_steps_of_few_levels(lead: list[float], step_mv: float) -> None:
    found = whole(np.array(lead, np.float32))
    assert found.step_mv == step_mv
    np.testing.assert_array_equal(
        (found.units * found.step_mv).astype(np.float32), np.array(lead, np.float32)
    )
