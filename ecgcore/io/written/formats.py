"""Write a recording in any format, and read it back before anyone relies on it.

Of a recording only samples, rate and the names of the twelve leads are written, whatever its file
held beside them: names, identifiers, dates and free text cannot come along.

=============  ================================  ==========================================
format         samples                           missing samples
=============  ================================  ==========================================
npz, csv       every bit                         kept
wfdb           16 bits, exact or below 1 µV      kept (-32768)
dicom          the same, General ECG             kept (padding value)
fhir, fhir-r5  the same, Observation             kept (E)
aecg, edf      the same                          refused, the formats cannot say it
=============  ================================  ==========================================
"""

from collections.abc import Callable
from dataclasses import dataclass

from ecgcore.errors import RecordError
from ecgcore.io.written.aecg_file import aecg_bytes
from ecgcore.io.written.csv_file import csv_bytes
from ecgcore.io.written.dicom_file import dicom_bytes
from ecgcore.io.written.edf_file import edf_bytes
from ecgcore.io.written.fhir_file import fhir_bytes
from ecgcore.io.written.npz_file import npz_bytes
from ecgcore.io.written.wfdb_file import wfdb_bytes
from ecgcore.records import EcgRecord

Files = list[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Format:
    """One format that is written.

    Attributes
    ----------
    name, title, suffix
        For the command line, for the page, and of the file.
    write
        Turns a recording into one file, and says the largest difference in mV.
    """

    name: str
    title: str
    suffix: str
    write: Callable[[EcgRecord], tuple[bytes, float]]


_ONE_FILE = (
    Format("npz", "NumPy (.npz)", ".npz", lambda record: (npz_bytes(record), 0.0)),
    Format("csv", "CSV", ".csv", lambda record: (csv_bytes(record), 0.0)),
    Format("dicom", "DICOM, General ECG", ".dcm", dicom_bytes),
    Format("aecg", "HL7 aECG", ".xml", aecg_bytes),
    Format("edf", "EDF", ".edf", edf_bytes),
    Format("fhir", "FHIR R4 Observation", ".json", fhir_bytes),
    Format("fhir-r5", "FHIR R5 Observation", ".json", lambda record: fhir_bytes(record, "R5")),
)
_BY_NAME = {one.name: one for one in _ONE_FILE}
FORMATS = ("npz", "csv", "wfdb", "dicom", "aecg", "edf", "fhir", "fhir-r5")
TITLES = {name: _BY_NAME[name].title if name in _BY_NAME else "WFDB" for name in FORMATS}
"""Names of the formats for a reader."""


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """A recording as files.

    Attributes
    ----------
    files
        Names and contents; the first is the one to open.
    error_mv
        Largest difference between a sample and what was written of it; 0: every bit is kept.
    """

    files: Files
    error_mv: float

    @property
    def words(self) -> tuple[str, ...]:
        """What a reader must know of the rounding."""
        if not self.error_mv:
            return ()
        return (f"Amplitudes were rounded by up to {self.error_mv * 1000:.2g} µV.",)


def write(record: EcgRecord, to: str, stem: str) -> Written:
    """Write one recording.

    Parameters
    ----------
    to
        One of `FORMATS`.
    stem
        Name of the files without their suffix.

    Raises
    ------
    RecordError
        If the format cannot hold it.
    """
    if to == "wfdb":
        return Written(*wfdb_bytes(record, stem))
    if to not in _BY_NAME:
        raise RecordError(f"--to is {to!r}; {', '.join(FORMATS)} are possible.")
    one = _BY_NAME[to]
    content, error_mv = one.write(record)
    return Written([(f"{stem}{one.suffix}", content)], error_mv)
