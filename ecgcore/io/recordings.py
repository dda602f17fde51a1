"""The front door for recordings from elsewhere: any format that is read, as one `EcgRecord`.

No name, birth date or other attribute of a patient is taken from a file: the record is called after
the file, and all that was changed or assumed on the way is in its warnings.

Pages and commands ask `ecgcore.io.guarded.pool`, which runs this in a process with limits.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePath

import numpy as np

from ecgcore.errors import RecordError, shortened
from ecgcore.io.archives import check_unpacked
from ecgcore.io.binary.dicom_files import read_dicom
from ecgcore.io.binary.edf_files import read_edf
from ecgcore.io.binary.ishne_files import read_ishne
from ecgcore.io.binary.mfer_files import read_mfer
from ecgcore.io.binary.scp_files import read_scp
from ecgcore.io.entries import FORMATS, Entry, SeveralError, chosen, entries_of
from ecgcore.io.kinds import HEAD_BYTES, SIGNAL_SUFFIXES, kind_of
from ecgcore.io.missing_units import NotSaidError
from ecgcore.io.raw import FILE_SAYS_ALL, MAX_FILE_BYTES, RawEcg, ReadOptions, to_record
from ecgcore.io.tables.csv_files import read_csv
from ecgcore.io.tables.mat_files import read_mat
from ecgcore.io.tables.npz_files import read_npy, read_npz
from ecgcore.io.wfdb.headers import Header, named_file, parse_header
from ecgcore.io.wfdb.wfdb_files import decode, needed_files, read_bytes
from ecgcore.io.xml.xml_files import read_xml
from ecgcore.records import EcgRecord

__all__ = [
    "FORMATS",
    "MAX_UPLOAD_BYTES",
    "NotSaidError",
    "ReadOptions",
    "SeveralError",
    "check_upload_size",
    "read_file",
    "read_upload",
]

MAX_UPLOAD_BYTES = 20 * 2**20

_ASKING = {"csv": read_csv, "npy": read_npy, "mat": read_mat, "xml": read_xml}
"""Readers that ask for what a file may not say."""

_READERS = {
    "dicom": read_dicom, "scp": read_scp, "edf": read_edf, "ishne": read_ishne, "mfer": read_mfer,
}  # fmt: skip


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
    if _is_folder(path) and not _is_file(Path(f"{path}.hea")):
        raise RecordError(
            f"{shortened(path.name or str(path))} is a folder. Name one of its files, or pack it "
            "as a zip."
        )
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
        If it cannot be read; the message says why and what to do. NotSaidError if it lacks
        what `ReadOptions` can say, SeveralError if none of several was chosen.

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
    entries = entries_of(files, max_bytes)
    entry = chosen(entries, options.entry)
    beside = {one.name: one for one in entries if one.folder == entry.folder and one is not entry}
    raw = _raw(entry, beside, options, max_bytes)
    return to_record(raw, _title(entry, options), source or entry.shown)


def _title(entry: Entry, options: ReadOptions) -> str:
    """Call a recording after the file that the reader chose; in a zip, after that and a number."""
    title = shortened(_stem(entry.given))
    return f"{title} ({options.entry})" if entry.given != entry.path and options.entry else title


def _stem(name: str) -> str:
    """Return a name without its suffix; the last number of a UID is none."""
    suffix = PurePath(name).suffix
    return name if suffix[1:].isdecimal() else PurePath(name).stem or name


def _raw(entry: Entry, beside: Mapping[str, Entry], options: ReadOptions, max_bytes: int) -> RawEcg:
    name, content = entry.shown, entry.load()
    if entry.kind == "wfdb":
        return _wfdb(entry, _with_signals(entry, content, beside, max_bytes))
    if entry.kind == "npz":
        return read_npz(content, name, options, max_bytes)
    if entry.kind in _ASKING:
        return _ASKING[entry.kind](content, name, options)
    return _READERS[entry.kind](content, name)


def _with_signals(
    entry: Entry, content: bytes, beside: Mapping[str, Entry], max_bytes: int
) -> dict[str, bytes]:
    """Return a header and all beside it that its samples may lie in."""
    header = parse_header(content, entry.shown)
    needed = set(_needed(header, beside.__contains__, lambda file: beside[file].load()))
    if not needed >= set(header.files):
        needed |= {file for file, one in beside.items() if one.kind == "signal"}
    n_bytes = entry.size + sum(beside[file].size for file in needed)
    check_unpacked(entry.shown, n_bytes, max_bytes)
    return {entry.name: content} | {file: beside[file].load() for file in needed}


def _needed(header: Header, has: Callable[[str], bool], load: Callable[[str], bytes]) -> list[str]:
    """Name the files of a recording that are there, those of its segments with them."""
    found = [file for file in header.files if has(file)]
    for file in [*found] if header.segments else ():
        found += [one for one in parse_header(load(file), "A segment").files if has(one)]
    return found


def _wfdb(entry: Entry, files: Mapping[str, bytes]) -> RawEcg:
    header = parse_header(files[entry.name], entry.shown)
    contents, words = _signal_files(entry.shown, header, files)
    raw = decode(entry.shown.removesuffix(".hea"), header, contents)
    return replace(raw, warnings=(*raw.warnings, *words))


def _beside(entry: Path, header: Header) -> dict[str, bytes]:
    """Read those of the recording's other files that lie beside its header."""
    names = _needed(
        header,
        lambda file: _is_file(entry.with_name(file)),
        lambda file: read_bytes(entry.with_name(file)),
    )
    return {file: read_bytes(entry.with_name(file)) for file in names}


def _signal_files(
    name: str, header: Header, files: Mapping[str, bytes]
) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Contents of the header's signal files; one that was renamed is known if there is no other."""
    missing = [file for file in header.files if file not in files]
    others = [file for file in files if PurePath(file).suffix.lower() in SIGNAL_SUFFIXES]
    if missing and not header.segments and len(header.files) == len(others) == 1:
        words = f"{name} names {named_file(name, missing[0])}; the one that is here was taken."
        return {missing[0]: files[others[0]]}, (words,)

    def content(file: str) -> bytes:
        if file not in files:
            shown = [named_file(name, one) for one in (missing or [file])[:10]]
            listed = ", ".join(dict.fromkeys(shown))
            raise RecordError(f"{name} names {listed}. Load it together with the header.")
        return files[file]

    return needed_files(header, content), ()


def _entry(path: Path) -> Path:
    """Return the file to begin with: for a signal file or a common path, the header."""
    if path.suffix.lower() in SIGNAL_SUFFIXES:
        header = path.with_suffix(".hea")
        return header if _is_file(header) or not _is_table(path) else path
    header = Path(f"{path}.hea")
    return header if _is_file(header) or not (path.suffix or _is_file(path)) else path


def _is_table(path: Path) -> bool:
    """Say whether a file with the name of a signal file is read without a header."""
    if not _is_file(path):
        return False
    with path.open("rb") as file:
        return kind_of(path.name, file.read(HEAD_BYTES)) != "signal"


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # a name that no folder can have
        return False


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False
