"""The front door for recordings from elsewhere: any format that is read, as one `EcgRecord`.

No name, birth date or other attribute of a patient is taken from a file: the record is called after
the file, and all that was changed or assumed on the way is in its warnings.

Pages and commands ask `ecgcore.io.guarded.pool`, which runs this in a process with limits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePath

import numpy as np

from ecgcore.errors import RecordError, shortened
from ecgcore.io.archives import unpack
from ecgcore.io.binary.dicom_files import read_dicom
from ecgcore.io.binary.edf_files import is_edf, read_edf
from ecgcore.io.binary.ishne_files import is_ishne, read_ishne
from ecgcore.io.binary.mfer_files import is_mfer, read_mfer
from ecgcore.io.binary.scp_files import is_scp, read_scp
from ecgcore.io.missing_units import NotSaidError
from ecgcore.io.raw import FILE_SAYS_ALL, MAX_FILE_BYTES, RawEcg, ReadOptions, to_record
from ecgcore.io.tables.csv_files import read_csv
from ecgcore.io.tables.npz_files import read_npz
from ecgcore.io.wfdb.headers import Header, parse_header
from ecgcore.io.wfdb.wfdb_files import decode, needed_files, read_bytes
from ecgcore.io.xml.xml_files import read_xml
from ecgcore.records import EcgRecord

__all__ = [
    "FORMATS",
    "MAX_UPLOAD_BYTES",
    "SUFFIXES",
    "NotSaidError",
    "ReadOptions",
    "check_upload_size",
    "read_file",
    "read_upload",
]

MAX_UPLOAD_BYTES = 20 * 2**20

FORMATS = (
    "WFDB (.hea with .dat or .mat), zip, CSV, NPZ, DICOM, HL7 aECG, XML of MUSE, Philips, "
    "CardioSoft, Schiller and Mortara ELI, SCP-ECG, EDF, BDF, ISHNE and MFER"
)
SUFFIXES = (
    "hea", "dat", "mat", "zip", "csv", "tsv", "txt", "npz", "dcm", "xml", "scp", "edf", "bdf",
    "ecg", "mwf", "mfer",
)  # fmt: skip

_MARKS = {"scp": is_scp, "edf": is_edf, "ishne": is_ishne, "mfer": is_mfer}
_NAMED = {".scp": "scp", ".edf": "edf", ".bdf": "edf", ".mwf": "mfer", ".mfer": "mfer"}
_READERS = {
    "dicom": read_dicom, "xml": read_xml, "scp": read_scp, "edf": read_edf, "ishne": read_ishne,
    "mfer": read_mfer,
}  # fmt: skip

_SIGNALS = {".dat", ".mat"}
_TABLES = {".csv", ".tsv", ".txt"}


def read_file(path: Path, options: ReadOptions = FILE_SAYS_ALL) -> EcgRecord:
    """Read one recording from disk; for WFDB, any of its files or their common path.

    Raises
    ------
    RecordError
        If it cannot be read; the message says why and what to do. NotSaidError if it lacks
        what `ReadOptions` can say.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from ecgcore.ptbxl.synthetic import example_csv
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "example.csv"
    ...     _ = path.write_bytes(example_csv())
    ...     record = read_file(path)
    >>> record.record_id, record.duration_s
    ('example', 10.0)
    """
    entry = _entry(path)
    files = {entry.name: read_bytes(entry)}
    if entry.suffix == ".hea":
        files |= _beside(entry, parse_header(files[entry.name], entry.name))
    return _read(files, options, str(path), MAX_FILE_BYTES)


def read_upload(
    files: Sequence[tuple[str, bytes]], options: ReadOptions = FILE_SAYS_ALL
) -> EcgRecord:
    """Read the one recording in uploaded files.

    Parameters
    ----------
    files
        Names and contents, at most 20 MB together, also when a zip among them is unpacked.

    Raises
    ------
    RecordError
        If it cannot be read, or there are several; the message says why and what to do.
        NotSaidError if it lacks what `ReadOptions` can say.

    Examples
    --------
    >>> from ecgcore.ptbxl.synthetic import example_csv
    >>> record = read_upload([("example.csv", example_csv())])
    >>> record.record_id, record.signal.shape, record.fs_hz
    ('example', (12, 1000), 100)
    """
    check_upload_size(files)
    named = {PurePath(name.replace("\\", "/")).name or "upload": data for name, data in files}
    if len(named) < len(files):
        raise RecordError("Two uploaded files have the same name. Upload one recording.")
    return _read(named, options, "", MAX_UPLOAD_BYTES)


def check_upload_size(files: Sequence[tuple[str, bytes]]) -> None:
    """Refuse more than an upload may have.

    Raises
    ------
    RecordError
        If the files have more than `MAX_UPLOAD_BYTES` together.
    """
    total = sum(len(content) for _, content in files)
    if total > MAX_UPLOAD_BYTES:
        raise RecordError(
            f"The upload has {total / 2**20:.1f} MB; at most {MAX_UPLOAD_BYTES / 2**20:.0f} MB can "
            "be read. Cut out the part of interest."
        )


@np.errstate(over="ignore", invalid="ignore")  # what is no number is refused in the end
def _read(
    files: Mapping[str, bytes], options: ReadOptions, source: str, max_bytes: int
) -> EcgRecord:
    files = _unpacked(files, max_bytes)
    kinds = {name: _kind(name, content) for name, content in files.items()}
    found = [name for name, kind in kinds.items() if kind not in {"", "signal"}]
    if len(found) > 1:  # a text beside a recording is a note, not a second one
        found = [name for name in found if PurePath(name).suffix.lower() != ".txt"] or found
    if len(found) > 1:
        found = _without_segments(found, files)
    if not found:
        raise RecordError(_nothing(kinds))
    if len(found) > 1:
        raise RecordError(
            f"There are {len(found)} recordings: {', '.join(map(shortened, found[:10]))}"
            f"{' ...' if len(found) > 10 else ''}. Choose one."
        )
    name = found[0]
    raw = _raw(name, kinds[name], files, options, max_bytes)
    return to_record(raw, shortened(PurePath(name).stem or name), source or shortened(name))


def _unpacked(files: Mapping[str, bytes], max_bytes: int) -> dict[str, bytes]:
    result: dict[str, bytes] = {}
    for name, content in files.items():
        is_zip = _kind(name, content) == "zip"
        members = unpack(content, shortened(name), max_bytes) if is_zip else {name: content}
        if any(_kind(*member) == "zip" for member in members.items()):
            raise RecordError(
                f"{shortened(name)} holds another zip. Pack the files of one recording."
            )
        if twice := sorted(members.keys() & result.keys()):
            raise RecordError(f"There are two files {shortened(twice[0])}. Load one recording.")
        result |= members
    if sum(map(len, result.values())) > max_bytes:
        raise RecordError(
            f"The files hold more than {max_bytes / 2**20:.0f} MB. Cut out the part of interest."
        )
    return result


def _kind(name: str, content: bytes) -> str:
    """Format by content, else by suffix; empty if unknown."""
    suffix = PurePath(name).suffix.lower()
    if suffix == ".hea":
        return "wfdb"
    if suffix in _SIGNALS:
        return "signal"
    if suffix in {".npz", ".zip"}:
        return suffix[1:]
    if not suffix and content.startswith(b"PK"):
        return "zip"
    if content[128:132] == b"DICM" or suffix in {".dcm", ".dicom"}:
        return "dicom"
    marked = [kind for kind, bears_mark in _MARKS.items() if bears_mark(content)]
    if marked or suffix in _NAMED:
        return marked[0] if marked else _NAMED[suffix]
    start = content[:64].lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")
    if suffix == ".xml" or start.startswith((b"<?xml", b"<AnnotatedECG", b"<RestingECG")):
        return "xml"
    return "csv" if suffix in _TABLES else ""


def _nothing(kinds: Mapping[str, str]) -> str:
    if not kinds:
        return f"There is no file. Choose a recording: {FORMATS}."
    names = ", ".join(map(shortened, list(kinds)[:10]))
    if "signal" in kinds.values():
        return f"{names} has no header. Load the .hea file together with it."
    return f"{names} is in no format that is read: {FORMATS}."


def _raw(
    name: str, kind: str, files: Mapping[str, bytes], options: ReadOptions, max_bytes: int
) -> RawEcg:
    content = files[name]
    if kind == "wfdb":
        return _wfdb(name, files)
    name = shortened(name)
    if kind == "npz":
        return read_npz(content, name, options, max_bytes)
    if kind == "csv":
        return read_csv(content, name, options)
    if kind == "xml":
        return read_xml(content, name, options)
    return _READERS[kind](content, name)


def _wfdb(name: str, files: Mapping[str, bytes]) -> RawEcg:
    header = parse_header(files[name], shortened(name))
    contents, words = _signal_files(shortened(name), header, files)
    raw = decode(shortened(PurePath(name).stem), header, contents)
    return replace(raw, warnings=(*raw.warnings, *words))


def _without_segments(found: list[str], files: Mapping[str, bytes]) -> list[str]:
    """Leave out headers of which another header's recording is put together."""
    parts: set[str] = set()
    for name in found:
        if PurePath(name).suffix.lower() == ".hea":
            header = parse_header(files[name], shortened(name))
            parts |= {f"{segment.record}.hea" for segment in header.segments}
    return [name for name in found if name not in parts]


def _beside(entry: Path, header: Header) -> dict[str, bytes]:
    """Read those of the recording's other files that lie beside its header."""
    names = list(header.files)
    found = {file: read_bytes(entry.with_name(file)) for file in names if _beside_is(entry, file)}
    for file in names if header.segments else ():
        if file in found:
            parts = parse_header(found[file], file).files
            found |= {
                one: read_bytes(entry.with_name(one)) for one in parts if _beside_is(entry, one)
            }
    return found


def _beside_is(entry: Path, file: str) -> bool:
    return _is_file(entry.with_name(file))


def _signal_files(
    name: str, header: Header, files: Mapping[str, bytes]
) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Contents of the header's signal files; one that was renamed is known if there is no other."""
    missing = [file for file in header.files if file not in files]
    others = [file for file in files if PurePath(file).suffix.lower() in _SIGNALS]
    if missing and not header.segments and len(header.files) == len(others) == 1:
        taken = shortened(others[0])
        words = f"{name} names {shortened(missing[0])}; {taken} was taken, the only signal file."
        return {missing[0]: files[others[0]]}, (words,)

    def content(file: str) -> bytes:
        if file not in files:
            listed = ", ".join(map(shortened, (missing or [file])[:10]))
            raise RecordError(f"{name} names {listed}. Load it together with the header.")
        return files[file]

    return needed_files(header, content), ()


def _entry(path: Path) -> Path:
    """Return the file to begin with: for a signal file or a common path, the header."""
    if path.suffix.lower() in _SIGNALS:
        return path.with_suffix(".hea")
    header = Path(f"{path}.hea")
    return header if not path.suffix or _is_file(header) else path


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False
