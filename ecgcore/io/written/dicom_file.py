"""Write a DICOM General ECG (PS3.3 A.34.4): every identifier is new, every name is empty."""

from __future__ import annotations

import uuid
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ecgcore.io.written.steps import MISSING, Whole, whole
from ecgcore.leads import LEAD_CODES, LEADS
from ecgcore.records import EcgRecord

if TYPE_CHECKING:
    from pydicom import Dataset
    from pydicom.uid import UID

_CODES = {lead: code for code, lead in LEAD_CODES.items()}
_NO_DATE = "19000101"
_METHOD = "Written anew from samples, rate and lead names alone"
_EMPTY = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime",
    "ReferringPhysicianName", "StudyID", "AccessionNumber", "Manufacturer",
)  # fmt: skip


def dicom_bytes(record: EcgRecord) -> tuple[bytes, float]:
    """Return one file, and the largest difference in mV."""
    from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, GeneralECGWaveformStorage

    leads = [whole(lead, _rebuild) for lead in record.recorded]
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = GeneralECGWaveformStorage
    meta.MediaStorageSOPInstanceUID = _uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationVersionName = "ECGCORE"
    stream = BytesIO()
    data = FileDataset(stream, Dataset(), preamble=b"\0" * 128, file_meta=meta)
    data.SOPClassUID, data.SOPInstanceUID = (
        GeneralECGWaveformStorage,
        meta.MediaStorageSOPInstanceUID,
    )
    data.StudyInstanceUID, data.SeriesInstanceUID = _uid(), _uid()
    for keyword in _EMPTY:
        setattr(data, keyword, "")
    data.Modality, data.SeriesNumber, data.InstanceNumber = "ECG", 1, 1
    data.ContentDate = data.AcquisitionDateTime = _NO_DATE
    data.ContentTime = "000000"
    data.PatientIdentityRemoved, data.DeidentificationMethod = "YES", _METHOD
    data.AcquisitionContextSequence = []
    data.WaveformSequence = [_group(record, leads)]
    data.save_as(stream, enforce_file_format=True)
    return stream.getvalue(), max(lead.error_mv for lead in leads)


def _uid() -> UID:
    from pydicom.uid import UID

    return UID(f"2.25.{uuid.uuid4().int}")


def _rebuild(units: NDArray[np.int64], step_mv: float) -> NDArray[np.float64]:
    return np.asarray(units * (float(_sensitivity(step_mv)) * 1e-3), np.float64)


def _sensitivity(step_mv: float) -> str:
    """Microvolts per unit as a decimal string, which has 16 letters at most."""
    return f"{step_mv * 1000:.10g}"


def _group(record: EcgRecord, leads: list[Whole]) -> Dataset:
    from pydicom.dataset import Dataset

    group = Dataset()
    group.WaveformOriginality = "ORIGINAL"
    group.NumberOfWaveformChannels, group.NumberOfWaveformSamples = record.signal.shape
    group.SamplingFrequency = str(record.fs_hz)
    group.MultiplexGroupLabel = "RHYTHM"
    group.WaveformBitsAllocated, group.WaveformSampleInterpretation = 16, "SS"
    group.ChannelDefinitionSequence = [
        _channel(name, lead) for name, lead in zip(LEADS, leads, strict=True)
    ]
    if any((lead.units == MISSING).any() for lead in leads):
        group.WaveformPaddingValue = MISSING.to_bytes(2, "little", signed=True)
    group.WaveformData = np.stack([lead.units for lead in leads]).T.astype("<i2").tobytes()
    return group


def _channel(name: str, lead: Whole) -> Dataset:
    from pydicom.dataset import Dataset

    channel = Dataset()
    channel.ChannelSourceSequence = [_code(f"2:{_CODES[name]}", "MDC", f"Lead {name}")]
    channel.ChannelSensitivity = _sensitivity(lead.step_mv)
    channel.ChannelSensitivityUnitsSequence = [_code("uV", "UCUM", "microvolt")]
    channel.ChannelSensitivityCorrectionFactor = "1"
    channel.ChannelBaseline = channel.ChannelSampleSkew = "0"
    channel.WaveformBitsStored = 16
    return channel


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    from pydicom.dataset import Dataset

    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, scheme, meaning
    return code
