"""The front door: every format gives the same recording, and what is none is refused by name."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from ecgcore.errors import RecordError
from ecgcore.io.raw import RawEcg, doubtful_span_words, to_record
from ecgcore.io.recordings import ReadOptions, read_file, read_upload
from ecgcore.leads import LEADS
from tests.support.paths import SAMPLES
from tests.support.uploads import (
    Files,
    Upload,
    cinc_files,
    csv_file,
    dipole_microvolts,
    every_format,
    npz_file,
    wfdb_files,
    zip_file,
)

MICROVOLTS = dipole_microvolts()
UPLOADS = every_format(MICROVOLTS)
PAIR = wfdb_files(MICROVOLTS, 100)


def write(folder: Path, files: Files) -> None:
    for name, content in files:
        (folder / name).write_bytes(content)


@pytest.mark.parametrize("upload", UPLOADS, ids=lambda upload: upload.kind)
def test_every_format_gives_the_same_recording(upload: Upload) -> None:
    record = read_upload(upload.files, upload.options)
    step_mv = 0.004 if upload.kind == "WFDB 212" else 0.00126  # their resolutions
    np.testing.assert_allclose(record.signal, MICROVOLTS / 1000, atol=step_mv)
    assert (record.fs_hz, record.n_samples, record.synthetic) == (100, 1000, False)
    assert record.record_id in {"ecg", "A1", "table", "aecg", "muse"}
    assert "Doe" not in repr(record)


@pytest.mark.parametrize("upload", UPLOADS, ids=lambda upload: upload.kind)
def test_files_are_read_as_uploads_are(upload: Upload, tmp_path: Path) -> None:
    write(tmp_path, list(upload.files))
    uploaded = read_upload(upload.files, upload.options)
    for name, _ in upload.files:
        record = read_file(tmp_path / name, upload.options)
        np.testing.assert_array_equal(record.signal, uploaded.signal)
        assert record.source == str(tmp_path / name)
        assert (record.record_id, record.warnings) == (uploaded.record_id, uploaded.warnings)


@pytest.mark.parametrize("upload", UPLOADS, ids=lambda upload: upload.kind)
def test_a_truncated_upload_is_refused_or_shorter(upload: Upload) -> None:
    name, content = upload.files[-1]
    with pytest.raises(RecordError):
        read_upload([*upload.files[:-1], (name, content[: len(content) // 10])], upload.options)


def test_the_common_path_of_a_wfdb_pair_is_enough(tmp_path: Path) -> None:
    write(tmp_path, PAIR)
    assert read_file(tmp_path / "ecg").n_samples == 1000


def test_names_in_an_upload_are_never_paths() -> None:
    files = [(f"C:\\data\\..\\{name}", content) for name, content in PAIR]
    assert read_upload(files).record_id == "ecg"


@pytest.mark.parametrize("folder", ["", "a/b/"])
def test_a_zip_may_have_folders_and_notes(folder: str) -> None:
    members = [(folder + name, content) for name, content in PAIR]
    extra = [("__MACOSX/._ecg.hea", b"x"), (f"{folder}note.txt", b"hello"), (".hidden.csv", b"")]
    record = read_upload(zip_file([*members, *extra]))
    assert (record.record_id, record.n_samples) == ("ecg", 1000)


def test_several_recordings_are_listed_and_refused() -> None:
    other = cinc_files(MICROVOLTS, 100)
    with pytest.raises(
        RecordError, match=r"2 recordings: 1: ecg\.zip \(file 1\).*; 2: .*\(file 3\)"
    ):
        read_upload(zip_file([*PAIR, *other]))


def test_a_signal_file_that_was_renamed_is_found() -> None:
    record = read_upload([PAIR[0], ("ecg (1).dat", PAIR[1][1])])
    assert record.warnings == ("ecg.hea names ecg.dat; the one that is here was taken.",)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([], "There is no file. Choose a recording: WFDB"),
        ([PAIR[1]], r"ecg\.dat has no header. Load the \.hea file together with it"),
        ([PAIR[0]], r"ecg\.hea names ecg\.dat. Load it together with the header"),
        ([PAIR[0], ("a.dat", b""), ("b.dat", b"")], r"ecg\.hea names ecg\.dat. Load it"),
        ([("report.pdf", b"%PDF-1.7")], r"report\.pdf is in no format that is read: WFDB"),
        ([("ecg.csv.gz", gzip.compress(b"I,II"))], "is in no format that is read"),
        ([PAIR[0], PAIR[0]], "Two uploaded files have the same name"),
        (
            zip_file(zip_file(PAIR, "inner.zip")),
            r"ecg\.zip \(file 1\): a zip within a zip is not opened",
        ),
        ([*PAIR, *zip_file(PAIR)], r"There are 2 recordings: 1: ecg\.hea .*; 2: ecg\.zip"),
    ],
)
def test_what_is_no_recording_is_refused(files: Files, message: str) -> None:
    with pytest.raises(RecordError, match=message):
        read_upload(files)


def test_uploads_are_bounded() -> None:
    with pytest.raises(RecordError, match=r"The upload has 20\.0 MB; at most 20 MB"):
        read_upload([("ecg.csv", b" " * (20 * 2**20 + 1))])


@pytest.mark.parametrize(("name", "member"), [("ecg.zip", "a.csv"), ("ecg.npz", "signal.npy")])
def test_a_small_upload_may_not_unpack_to_more(name: str, member: str) -> None:
    bomb = zip_file([(member, b"\0" * (21 * 2**20))], name)
    with pytest.raises(RecordError, match=r"unpacks to 21 MB; at most 20 MB"):
        read_upload(bomb)


def test_a_day_is_refused_with_the_limit() -> None:
    day = np.broadcast_to(np.float32(0), (12, 24 * 3600 * 500))
    with pytest.raises(RecordError, match=r"43,200,000 samples; at most 24,000,000 .* 66 minutes"):
        to_record(RawEcg(LEADS, day, 500), "day", "a test")


def test_a_minute_is_read_whole() -> None:
    record = read_upload(npz_file(signal=np.tile(MICROVOLTS, 6), fs_hz=100, units="uV"))
    assert record.duration_s == 60


def test_amplitudes_of_no_ecg_are_doubted_and_kept() -> None:
    record = read_upload(csv_file(MICROVOLTS), ReadOptions("mV", 100))
    assert record.signal.max() > 500
    assert record.warnings[-1].endswith("1,000 times too much: are the values in µV?")
    assert not any("span" in words for words in read_upload(PAIR).warnings)


@pytest.mark.parametrize("path", ["gone", "gone.hea", "gone.csv", "no/folder.xml", "x\0.csv"])
def test_a_file_that_is_not_there_is_named(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RecordError, match="does not exist"):
        read_file(Path(path))


@pytest.mark.skipif(not SAMPLES.exists(), reason=f"no real sample recordings in {SAMPLES}")
@pytest.mark.parametrize("name", ["A0004", "E00015", "JS00001", "Q0002", "S0001"])
def test_real_cinc_recordings_come_through_the_door(name: str) -> None:
    record = read_file(SAMPLES / "cinc" / f"{name}.mat")
    head = (SAMPLES / "cinc" / f"{name}.hea").read_text().split()
    assert (record.fs_hz, record.n_samples) == (int(head[2]), int(head[3]))
    assert record.signal.shape[0] == len(LEADS)
    files = [
        (f"{name}.{end}", (SAMPLES / "cinc" / f"{name}.{end}").read_bytes())
        for end in ("hea", "mat")
    ]
    np.testing.assert_array_equal(read_upload(zip_file(files)).signal, record.signal)


@pytest.mark.parametrize(
    ("span_mv", "words"),
    [
        (1123.4, "The leads span 1,120 mV, about 1,000 times too much: are the values in µV?"),
        (
            1.5e6,
            "The leads span 1,500,000 mV, about 1,000,000 times too much: are the values in nV?",
        ),
        (0.0018, "The leads span 0.0018 mV, about 1,000 times too little: are the values in V?"),
        (40.0, "The leads span 40 mV where an ECG spans about 1 to 5 mV; check the units."),
        (0.0, "The leads span 0 mV where an ECG spans about 1 to 5 mV; check the units."),
    ],
)
def test_an_impossible_span_names_the_unit_that_may_have_been_meant(
    span_mv: float, words: str
) -> None:
    assert doubtful_span_words(span_mv) == words
