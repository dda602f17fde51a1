"""De-identification is proven from the file itself, or the file is refused."""

import io
import json
import zipfile

import numpy as np
import pytest

from ecgcore.errors import RecordError
from ecgcore.io.archives import unpack
from ecgcore.io.recordings import read_upload
from ecgcore.io.written.deidentified import prove
from ecgcore.io.written.formats import FORMATS, Files, write
from ecgcore.records import EcgRecord
from tests.support.uploads import dicom_file, dipole_microvolts

ECG = EcgRecord("Doe_Jane", (dipole_microvolts() / 1000).astype(np.float32), 100, "Doe.csv")


@pytest.mark.parametrize("to", FORMATS)
def test_nothing_but_samples_rate_and_leads_remains(to: str) -> None:
    files = write(ECG, to, "ecg").files
    proof = prove(ECG, files, to)
    assert proof.n_samples == 12 * 1000
    listed = " ".join(f"{where} {value}" for where, value in proof.elements)
    assert "V6" in listed or to == "npz"
    for _, content in files:
        assert b"Doe" not in content


def test_two_files_of_one_recording_share_no_identifier() -> None:
    one, other = (write(ECG, "dicom", "ecg").files[0][1] for _ in range(2))
    found = [dict(prove(ECG, [("a.dcm", data)], "dicom").elements) for data in (one, other)]
    for tag in ("(0008,0018) SOPInstanceUID", "(0020,000D) StudyInstanceUID"):
        assert found[0][tag] != found[1][tag]
        assert found[0][tag].startswith("2.25.")


def changed(to: str, old: bytes, new: bytes) -> Files:
    (name, content), *rest = write(ECG, to, "ecg").files
    assert old in content
    return [(name, content.replace(old, new, 1)), *rest]


@pytest.mark.parametrize(
    ("to", "old", "new", "message"),
    [
        ("wfdb", b" 0 V6", b" 0 V6\n# Jane", "line 14 holds a word"),
        ("edf", b"X X X X  ", b"X X X Doe", "patient is not empty"),
        ("edf", b"X X X X   ", b"4711 X X X", "patient is not empty"),
        (
            "aecg",
            b'nullFlavor="MSK"',
            b'nullFlavor="Doe"',
            "effectiveTime/@nullFlavor holds a word",
        ),
        ("aecg", b"<series ", b"<text>Doe</text><series ", "text holds a word"),
        ("fhir", b'"status"', b'"note": [{"text": "Doe"}], "status"', "note.text holds a word"),
        ("fhir", b'"status"', b'"subject": {"reference": "1"}, "status"', "is not empty"),
    ],
)
def test_a_word_that_no_writer_knows_is_refused(
    to: str, old: bytes, new: bytes, message: str
) -> None:
    with pytest.raises(RecordError, match=message):
        prove(ECG, changed(to, old, new), to)


@pytest.mark.parametrize(
    ("keyword", "value", "message"),
    [
        ("PatientName", "Doe^Jane", "PatientName is not empty"),
        ("PatientID", "4711", "PatientID is not empty"),
        ("PatientBirthDate", "19500101", "PatientBirthDate is not empty"),
        ("StudyDate", "20200101", "StudyDate is not empty"),
        ("PatientComments", "5", "PatientComments is not empty"),
        ("StudyDescription", "Doe", "StudyDescription holds a word"),
    ],
)
def test_an_element_about_somebody_is_refused(keyword: str, value: str, message: str) -> None:
    from io import BytesIO

    from pydicom import dcmread

    data = dcmread(BytesIO(write(ECG, "dicom", "ecg").files[0][1]))
    setattr(data, keyword, value)
    stream = BytesIO()
    data.save_as(stream)
    with pytest.raises(RecordError, match=message):
        prove(ECG, [("a.dcm", stream.getvalue())], "dicom")


def test_a_private_element_is_refused() -> None:
    from io import BytesIO

    from pydicom import dcmread

    data = dcmread(BytesIO(write(ECG, "dicom", "ecg").files[0][1]))
    data.add_new(0x00091001, "LO", "7")
    stream = BytesIO()
    data.save_as(stream)
    with pytest.raises(RecordError, match="private is not empty"):
        prove(ECG, [("a.dcm", stream.getvalue())], "dicom")


def test_one_bit_too_many_is_refused() -> None:
    other = ECG.signal.copy()
    other[3, 500] += np.float32(1e-6)
    with pytest.raises(RecordError, match="not bit for bit"):
        prove(EcgRecord("a", other, 100, "x"), write(ECG, "npz", "ecg").files, "npz")
    with pytest.raises(RecordError, match="not bit for bit"):
        prove(EcgRecord("a", ECG.signal, 101, "x"), write(ECG, "fhir", "ecg").files, "fhir")
    noisy = EcgRecord("a", other, 100, "x")
    with pytest.raises(RecordError, match="Choose npz or csv"):
        prove(noisy, write(noisy, "edf", "ecg").files, "edf")


def test_a_dicom_file_with_a_name_leaves_without_it() -> None:
    ((_, source),) = dicom_file(dipole_microvolts() // 5 * 5, 100)
    assert b"Doe" in source
    record = read_upload([("a.dcm", source)])
    files = write(record, "dicom", "ecg").files
    assert prove(record, files, "dicom").n_samples == 12_000
    assert b"Doe" not in files[0][1]


def test_what_is_listed_is_what_is_there() -> None:
    files = write(ECG, "fhir", "ecg").files
    listed = dict(prove(ECG, files, "fhir").elements)
    assert listed["resourceType"] == json.loads(files[0][1])["resourceType"]


@pytest.mark.parametrize(
    ("keyword", "value", "message"),
    [
        ("AcquisitionDateTime", "20200101120000", "AcquisitionDateTime holds a day or a time"),
        ("ContentTime", "120000", "ContentTime holds a day or a time"),
        ("SOPInstanceUID", "1.2.826.0.1.3680043.8.498.77", "SOPInstanceUID is no new identifier"),
        ("FrameOfReferenceUID", "2.25.7", "FrameOfReferenceUID is no element that our writer"),
        ("PatientAge", "", "PatientAge is no element that our writer writes"),
        ("NumberOfFrames", "1", "NumberOfFrames is no element that our writer writes"),
    ],
)
def test_a_day_a_copied_identifier_and_a_foreign_element_are_refused(
    keyword: str, value: str, message: str
) -> None:
    from io import BytesIO

    from pydicom import dcmread

    data = dcmread(BytesIO(write(ECG, "dicom", "ecg").files[0][1]))
    setattr(data, keyword, value)
    stream = BytesIO()
    data.save_as(stream)
    with pytest.raises(RecordError, match=message):
        prove(ECG, [("a.dcm", stream.getvalue())], "dicom")


@pytest.mark.parametrize(
    ("to", "old", "new", "message"),
    [
        ("aecg", b'nullFlavor="MSK"', b'value="20200101"', "effectiveTime/@value is no element"),
        ("edf", b"01.01.8500", b"02.01.2000", "date holds a word"),
        ("fhir", b'"status"', b'"issued": "2020", "status"', "issued is no element"),
    ],
)
def test_a_day_in_other_formats_is_refused(to: str, old: bytes, new: bytes, message: str) -> None:
    with pytest.raises(RecordError, match=message):
        prove(ECG, changed(to, old, new), to)


def test_a_time_of_writing_is_refused_and_a_name_is_listed() -> None:
    ((_, content),) = write(ECG, "npz", "ecg").files
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, part in unpack(content, "npz").items():
            archive.writestr(name, part)  # with the time of now
    with pytest.raises(RecordError, match="a time or a comment"):
        prove(ECG, [("a.npz", stream.getvalue())], "npz")
    listed = prove(ECG, write(ECG, "wfdb", "Doe_7").files, "wfdb").elements
    assert ("name, as you gave it", "Doe_7") in listed
