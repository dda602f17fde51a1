"""What a file is, by its content; which recordings a zip or a CD holds, and the choice of one."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from ecgcore.errors import RecordError
from ecgcore.io.recordings import ReadOptions, SeveralError, read_file, read_upload
from tests.support.uploads import (
    Files,
    aecg_file,
    csv_file,
    dicom_file,
    dipole_microvolts,
    every_format,
    muse_file,
    wfdb_files,
    zip_file,
)

MICROVOLTS = dipole_microvolts()
OTHER = dipole_microvolts(1)[:, :800]
DICOM = dicom_file(MICROVOLTS, 100)[0][1]
ONE_FILE = [one for one in every_format(MICROVOLTS) if len(one.files) == 1]


def without_meta(content: bytes) -> bytes:
    """Leave out preamble, mark and file meta information, as old senders stored it."""
    return content[content.index(b"\x08\0\x16\0", 132) :]


@pytest.mark.parametrize("name", ["IM000001", "1.2.840.113619.2.5", "x.ECG", "x.tmp", "x.txt"])
@pytest.mark.parametrize("upload", ONE_FILE, ids=lambda upload: upload.kind)
def test_no_name_hides_what_a_file_is(upload: object, name: str, tmp_path: Path) -> None:
    ((_, content),) = upload.files  # type: ignore[attr-defined]
    options = upload.options  # type: ignore[attr-defined]
    record = read_upload([(name, content)], options)
    np.testing.assert_allclose(record.signal, MICROVOLTS / 1000, atol=0.00126)
    (tmp_path / name).write_bytes(content)
    np.testing.assert_array_equal(read_file(tmp_path / name, options).signal, record.signal)
    if upload.kind != "zip":  # type: ignore[attr-defined]
        packed = read_upload(zip_file([(f"ST1/SE1/{name}", content)]), options)
        np.testing.assert_array_equal(packed.signal, record.signal)


@pytest.mark.parametrize(
    "content",
    [DICOM, DICOM[128:], DICOM[132:], without_meta(DICOM)],
    ids=["whole", "no preamble", "no mark", "no meta"],
)
@pytest.mark.parametrize("name", ["IM000001", "a.dcm", "a.DICOM", "a.dat"])
def test_dicom_is_known_by_its_first_elements(name: str, content: bytes) -> None:
    record = read_upload([(name, content)])
    np.testing.assert_allclose(record.signal, MICROVOLTS / 1000, atol=0.00126)


def test_implicit_dicom_without_meta_is_known() -> None:
    from pydicom import Dataset, dcmread

    stream, dataset = BytesIO(), dcmread(BytesIO(DICOM))
    plain = Dataset(dataset)
    plain.save_as(stream, implicit_vr=True, little_endian=True, enforce_file_format=False)
    assert stream.getvalue().startswith(b"\x08\0\x16\0")
    record = read_upload([("IM1", stream.getvalue())])
    np.testing.assert_allclose(record.signal, MICROVOLTS / 1000, atol=0.00126)


def test_a_uid_keeps_its_last_number() -> None:
    assert read_upload([("1.2.840.1", DICOM)]).record_id == "1.2.840.1"


def cd(*recordings: bytes) -> Files:
    """Pack a CD as a clinic burns it: index, viewer, notes, an image, one folder a series."""
    from pydicom.uid import MediaStorageDirectoryStorage, SecondaryCaptureImageStorage

    plain = recordings[0]
    index = plain.replace(b"1.2.840.10008.5.1.4.1.1.9.1.1", MediaStorageDirectoryStorage.encode())
    image = plain.replace(b"1.2.840.10008.5.1.4.1.1.9.1.1", SecondaryCaptureImageStorage.encode())
    series = [(f"DICOM/ST1/SE{k}/IM000001", one) for k, one in enumerate(recordings)]
    return zip_file(
        [
            ("DICOMDIR", index),
            ("AUTORUN.INF", b"[autorun]\nopen=viewer.exe\n"),
            ("VIEWER/viewer.exe", b"MZ" + bytes(2**20)),
            ("VIEWER/help.html", b"<html>help</html>"),
            ("README.TXT", b"Read me first."),
            ("DICOM/ST1/SE9/IM000009", image),
            *series,
        ],
        "cd.zip",
    )


def test_the_ecg_on_a_cd_is_found() -> None:
    record = read_upload(cd(DICOM))
    assert (record.record_id, record.n_samples) == ("cd", 1000)


def test_of_several_on_a_cd_one_is_chosen() -> None:
    files = cd(DICOM, dicom_file(OTHER, 100)[0][1])
    with pytest.raises(SeveralError, match=r"2 recordings: 1: cd\.zip \(file 7\) \(DICOM") as told:
        read_upload(files)
    assert "IM0" not in str(told.value)
    assert [line.split()[0][:2] for line in told.value.entries] == ["IM", "IM"]
    assert read_upload(files, ReadOptions(entry=1)).n_samples == 1000
    assert read_upload(files, ReadOptions(entry=2)).n_samples == 800
    for number in (0, 3, -1):
        with pytest.raises(SeveralError, match=f"recordings, {number} was asked for"):
            read_upload(files, ReadOptions(entry=number))


def test_one_recording_may_be_asked_for_by_its_number() -> None:
    assert read_upload(cd(DICOM), ReadOptions(entry=1)).n_samples == 1000
    with pytest.raises(RecordError, match="There is one recording; 2 was asked for"):
        read_upload(cd(DICOM), ReadOptions(entry=2))


def test_recordings_of_one_name_lie_in_folders_of_their_own() -> None:
    files = zip_file(
        [(f"a/{name}", content) for name, content in wfdb_files(MICROVOLTS, 100)]
        + [(f"b/{name}", content) for name, content in wfdb_files(OTHER, 100)]
    )
    assert read_upload(files, ReadOptions(entry=2)).n_samples == 800


def test_a_large_viewer_beside_the_recording_is_not_unpacked() -> None:
    viewer = ("viewer.exe", b"MZ" + bytes(30 * 2**20))
    assert read_upload(zip_file([viewer, ("IM1", DICOM)])).n_samples == 1000


def test_a_folder_is_named_as_such(tmp_path: Path) -> None:
    for folder in (tmp_path, Path()):
        with pytest.raises(RecordError, match=r"is a folder\. Name one of its files, or pack it"):
            read_file(folder)
    (tmp_path / "ecg").mkdir()
    for name, content in wfdb_files(MICROVOLTS, 100):
        (tmp_path / name).write_bytes(content)
    assert read_file(tmp_path / "ecg").n_samples == 1000


def test_an_office_document_is_named_as_such() -> None:
    book = zip_file([("[Content_Types].xml", b"<Types/>"), ("xl/a.xml", b"<a/>")], "ecg.xlsx")
    with pytest.raises(RecordError, match=r"is an office document\. Save its table as CSV"):
        read_upload(book)


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("utf-16", "utf-8"),
        ("UTF-16", "latin-1"),
        ("UTF-8", "latin-1"),
        ("UTF-8", "cp1252"),
        ("us-ascii", "latin-1"),
        ("ISO-8859-1", "utf-8"),
        ("windows-1250", "cp1250"),
        ("Shift_JIS", "shift_jis"),
        ("GB2312", "gb2312"),
        ("utf-8", "utf-16-le"),
        ("utf-16", "utf-16-be"),
        ("utf-8", "utf-16"),
        ("nonsense", "utf-8"),
        ("zlib", "utf-8"),
        ("unicode", "utf-16"),
    ],
)
@pytest.mark.parametrize("written_by", [aecg_file, muse_file])
def test_letters_of_names_cost_no_recording(said: str, written: str, written_by: object) -> None:
    eight = MICROVOLTS[[0, 1, 6, 7, 8, 9, 10, 11]]
    given = MICROVOLTS if written_by is aecg_file else eight
    ((name, content),) = written_by(given, 100)  # type: ignore[operator]
    person = {"shift_jis": "山田", "gb2312": "王", "cp1250": "Dvořák"}.get(written, "Müller é")
    text = content.decode().partition("?>")[2]
    text = text.replace("<Patient", f"<Hospital>{person}</Hospital><Patient", 1)
    text = text.replace("<component>", f"<title>{person}\x03</title><component>", 1)
    whole = f'<?xml version="1.0" encoding="{said}"?>{text}'
    record = read_upload([(name, whole.encode(written))])
    np.testing.assert_allclose(record.signal, MICROVOLTS / 1000, atol=0.00126)


def test_a_microvolt_in_latin_1_is_one() -> None:
    text = aecg_file(MICROVOLTS, 100)[0][1].decode().replace('unit="uV"', 'unit="µV"')
    record = read_upload([("a.xml", text.encode("latin-1"))])
    np.testing.assert_allclose(record.signal, MICROVOLTS / 1000, atol=0.00126)


def test_a_list_beside_a_recording_is_no_recording() -> None:
    names = b"file;patient;date\n" + b"ecg.dcm;A;2020\n" * 9
    assert read_upload(zip_file([("list.csv", names), ("a", DICOM)])).n_samples == 1000
    table = csv_file(MICROVOLTS)
    with pytest.raises(SeveralError):
        read_upload(zip_file([*table, ("a", DICOM)]))
