"""Prove of a written recording that its samples are those that were read, and that nobody is in it.

A file is written anew from samples, rate and lead names, so names, identifiers, dates, free text
and private elements of its source are not there. The proof does not trust that: it reads the file
back, compares every bit, and goes through every element. One word that is no number, no lead and
none of the words that our writers know, and the file is refused.
"""

import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np

from ecgcore.errors import RecordError
from ecgcore.io.archives import unpack
from ecgcore.io.recordings import read_upload
from ecgcore.io.written.formats import Files
from ecgcore.io.xml.xml_files import parse_xml
from ecgcore.leads import LEADS
from ecgcore.records import EcgRecord

_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?(?:\(0\))?(?:/mV)?", re.IGNORECASE)
_NEW = re.compile(r"2\.25\.\d{1,39}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_STANDARD = re.compile(
    r"1\.2\.840\.10008(?:\.\d+)+|1\.2\.826\.0\.1\.3680043\.\d[\d.]*|urn:[a-z0-9.:-]+|"
    r"2\.16\.840\.1\.113883\.[\d.]+|http://(?:unitsofmeasure|terminology\.hl7)\.org[\w/-]*|"
    r"MDC_ECG_(?:LEAD|ELEC_POTL)(?:_\w{1,3})?|2:\d{1,2}|01\.01\.8500\.00\.00"
)
_KNOWN_TEXT = """
X Startdate ECG uV mV EDF time_s [mV] RHYTHM ORIGINAL SS MDC UCUM microvolt Lead YES Written anew
from samples, rate and lead names alone Observation CPT-4 93000 ActCode TIME_RELATIVE GLIST_PQ
SLIST_PQ s ms MSK final procedure E signal fs_hz leads units ECGCORE
"""
_KNOWN = frozenset(_KNOWN_TEXT.split())
_ABOUT_SOMEBODY = re.compile(
    r"Patient(?!IdentityRemoved)|Physician|Operator|Institution|Accession|Study(?:ID|Date|Time)|"
    r"private|subject|performer|identifier|Comments|telecom|assigned|birth",
    re.IGNORECASE,
)
_STAND_IN = re.compile(r"(?:X|19000101|000000|01\.01\.8500\.00\.00|\s)*")
"""What may stand in an element about somebody or about a day: nothing."""

_A_DAY = re.compile(
    r"Date|(?<!Offset)Time$|effectiveTime/@(?!nullFlavor)|^date$|issued|effective\w+$"
)
_NEW_UID = re.compile(r"2\.25\.\d{1,39}")
_STATED_UIDS = {"TransferSyntaxUID", "ImplementationClassUID"}
_WRITTEN_TEXT = {
    "dicom": """
        FileMetaInformationGroupLength FileMetaInformationVersion MediaStorageSOPClassUID
        MediaStorageSOPInstanceUID TransferSyntaxUID ImplementationClassUID
        ImplementationVersionName SOPClassUID SOPInstanceUID StudyDate ContentDate
        AcquisitionDateTime StudyTime ContentTime AccessionNumber Modality Manufacturer
        ReferringPhysicianName PatientName PatientID PatientBirthDate PatientSex
        PatientIdentityRemoved DeidentificationMethod StudyInstanceUID SeriesInstanceUID StudyID
        SeriesNumber InstanceNumber WaveformOriginality NumberOfWaveformChannels
        NumberOfWaveformSamples SamplingFrequency MultiplexGroupLabel CodeValue
        CodingSchemeDesignator CodeMeaning ChannelSensitivity ChannelSensitivityCorrectionFactor
        ChannelBaseline ChannelSampleSkew WaveformBitsStored WaveformBitsAllocated
        WaveformSampleInterpretation WaveformPaddingValue
    """,
    "aecg": """
        AnnotatedECG/@type id/@root code/@code code/@codeSystem code/@codeSystemName
        effectiveTime/@nullFlavor series/@type value/@type head/@value head/@unit increment/@value
        increment/@unit origin/@value origin/@unit scale/@value scale/@unit
    """,
    "fhir": """
        resourceType status category.coding.system category.coding.code code.coding.system
        code.coding.code code.coding.display component.code.coding.system
        component.code.coding.code component.code.coding.display
        component.valueSampledData.origin.value component.valueSampledData.origin.unit
        component.valueSampledData.origin.system component.valueSampledData.origin.code
        component.valueSampledData.period component.valueSampledData.interval
        component.valueSampledData.intervalUnit component.valueSampledData.factor
        component.valueSampledData.dimensions
    """,
}
_WRITTEN = {kind: frozenset(text.split()) for kind, text in _WRITTEN_TEXT.items()}
"""Elements that our writers write; any other is refused, whatever it holds."""

_NO_DAY = (1980, 1, 1, 0, 0, 0)
"""What a zip states where nothing is stated."""

_LEAD_WORDS = frozenset([*LEADS, *(lead.upper() for lead in LEADS)])


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found in the files.

    Attributes
    ----------
    n_samples
        Samples that were compared, of all leads together; every bit is the same.
    elements
        Where something stands in a file, and what: all that is not a sample.
    """

    n_samples: int
    elements: tuple[tuple[str, str], ...]


def prove(record: EcgRecord, files: Files, to: str) -> Proof:
    """Read the files back and go through them.

    Raises
    ------
    RecordError
        If one bit differs, or a word is found that could be about somebody.
    """
    back = _samples_of_fhir(files[0][1]) if to.startswith("fhir") else read_upload(files)
    if (back.fs_hz, back.signal.shape) != (record.fs_hz, record.signal.shape) or not np.array_equal(
        (back.recorded + 0).view(np.int32), (record.recorded + 0).view(np.int32)
    ):
        raise RecordError(
            f"The samples in {to} are not bit for bit those of the recording; nothing is proven. "
            "Choose npz or csv, which keep every bit."
        )
    elements = tuple(dict.fromkeys(_elements(files, to)))
    for where, value in elements:
        if _ABOUT_SOMEBODY.search(where) and not _STAND_IN.fullmatch(value):
            raise RecordError(f"{where} is not empty; refused.")
        if not all(map(_is_harmless, value.split())):
            raise RecordError(f"{where} holds a word that our writer does not know; refused.")
        _check_place(where, value, to.partition("-")[0])
    return Proof(record.signal.size, (*elements, *_given(files, to)))


def _check_place(where: str, value: str, kind: str) -> None:
    """Refuse a day, an identifier that may be a copy, and an element that is not written."""
    place = where.split()[-1] if kind == "dicom" else where
    if kind in _WRITTEN and place not in _WRITTEN[kind]:
        raise RecordError(f"{where} is no element that our writer writes; refused.")
    if _A_DAY.search(place) and not _STAND_IN.fullmatch(value):
        raise RecordError(f"{where} holds a day or a time; refused.")
    is_own = place.endswith("UID") and "ClassUID" not in place and place not in _STATED_UIDS
    if is_own and not _NEW_UID.fullmatch(value):
        raise RecordError(f"{where} is no new identifier; refused.")


def _given(files: Files, to: str) -> tuple[tuple[str, str], ...]:
    """Name what the reader chose himself and the file repeats."""
    stem = files[0][0].removesuffix(".hea")
    return (("name, as you gave it", stem),) if to == "wfdb" else ()


def _is_harmless(word: str) -> bool:
    bare = word.strip('"')
    return (
        bare in _KNOWN
        or bare in _LEAD_WORDS
        or any(pattern.fullmatch(bare) for pattern in (_NUMBER, _NEW, _STANDARD))
    )


def _elements(files: Files, to: str) -> Iterator[tuple[str, str]]:
    """Yield every element with its value; samples are counted, not listed."""
    content = files[0][1]
    if to == "npz":
        yield from (("array", name.removesuffix(".npy")) for name in unpack(content, "npz"))
        with zipfile.ZipFile(BytesIO(content)) as archive:
            if any(
                one.date_time != _NO_DAY or one.comment or one.extra for one in archive.infolist()
            ):
                raise RecordError("The zip holds a time or a comment; refused.")
    elif to == "csv":
        yield from (("column", cell) for cell in content.partition(b"\n")[0].decode().split(","))
    elif to == "wfdb":
        yield from _of_header(content.decode(), files[0][0].removesuffix(".hea"))
    elif to == "dicom":
        yield from _of_dicom(content)
    elif to == "aecg":
        yield from _of_xml(parse_xml(content, "aecg"))
    elif to == "edf":
        yield from _of_edf(content)
    else:
        yield from _of_json(json.loads(content), "")


def _of_header(text: str, stem: str) -> Iterator[tuple[str, str]]:
    """Yield the words of a header, less the name that the reader gave the file."""
    for number, line in enumerate(text.splitlines(), start=1):
        name, _, rest = line.partition(" ")
        if name not in {stem, f"{stem}.dat"}:
            yield f"line {number}", name
        yield f"line {number}", rest


def _of_dicom(content: bytes) -> Iterator[tuple[str, str]]:
    from pydicom import dcmread

    data = dcmread(BytesIO(content))
    for element in [*data.file_meta, *data.iterall()]:
        if element.VR != "SQ" and element.keyword != "WaveformData":
            where = f"{element.tag} {element.keyword or 'private'}"
            value = element.value
            shown = value.hex() if isinstance(value, bytes) else str(value)
            yield where, str(int(shown, 16)) if isinstance(value, bytes) and shown else shown


def _of_xml(root: Element) -> Iterator[tuple[str, str]]:
    for element in root.iter():
        yield from ((f"{element.tag}/@{key}", value) for key, value in element.attrib.items())
        text = (element.text or "").strip()
        if text and element.tag != "digits":
            yield element.tag, text
        if (element.tail or "").strip():
            yield f"after {element.tag}", str(element.tail).strip()


def _of_edf(content: bytes) -> Iterator[tuple[str, str]]:
    fixed = {"version": 8, "patient": 80, "recording": 80, "date": 16, "header": 8, "reserved": 44,
             "records": 8, "seconds": 8, "channels": 4}  # fmt: skip
    each = {"label": 16, "transducer": 80, "unit": 8, "low": 8, "high": 8, "digital low": 8,
            "digital high": 8, "filter": 80, "samples": 8, "reserved": 32}  # fmt: skip
    at = 0
    for key, width in [*fixed.items(), *((key, w) for key, w in each.items() for _ in LEADS)]:
        text = content[at : at + width].decode("latin-1").strip()
        at += width
        if text:
            yield key, text


def _of_json(value: object, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key != "data":
                yield from _of_json(inner, f"{where}.{key}".strip("."))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for inner in value:
            yield from _of_json(inner, where)
    else:
        yield where, str(value)


def _samples_of_fhir(content: bytes) -> EcgRecord:
    """Read SampledData as FHIR defines it: data times factor, above the origin."""
    parts: Iterable[Mapping[str, Any]] = json.loads(content)["component"]
    rows, step_ms = [], 1.0
    for part in parts:
        sampled = part["valueSampledData"]
        words = [float("nan") if word == "E" else int(word) for word in sampled["data"].split()]
        rows.append(np.array(words) * sampled["factor"] + sampled["origin"]["value"])
        step_ms = sampled.get("period") or sampled["interval"]
    return EcgRecord("fhir", np.stack(rows).astype(np.float32), round(1000 / step_ms), "fhir")
