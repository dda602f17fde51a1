"""The recordings among the files of an upload, a zip or a CD, and the choice of one."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePath, PurePosixPath

from ecgcore.errors import RecordError, shortened
from ecgcore.io.archives import Archive, check_unpacked
from ecgcore.io.binary.dicom_marks import may_hold_waveform
from ecgcore.io.kinds import HEAD_BYTES, holds_numbers, kind_of
from ecgcore.io.wfdb.headers import parse_header

FORMATS = (
    "WFDB (.hea with .dat or .mat), zip, CSV, NPZ, NPY, MATLAB, DICOM, HL7 aECG, XML of MUSE, "
    "Philips, CardioSoft, Schiller and Mortara ELI, SCP-ECG, EDF, BDF, ISHNE and MFER"
)
_TITLES = {
    "wfdb": "WFDB", "dicom": "DICOM", "xml": "XML", "scp": "SCP-ECG", "edf": "EDF",
    "ishne": "ISHNE", "mfer": "MFER", "csv": "table", "npz": "NPZ", "npy": "NPY", "mat": "MATLAB",
}  # fmt: skip
_LISTED = 10


class SeveralError(RecordError):
    """There are several recordings, and the reader has chosen none.

    Attributes
    ----------
    entries
        One line for each, in the order in which `ReadOptions.entry` counts them from 1, with the
        names of files in a zip: for the choice alone, the words of the error hold none.
    """

    def __init__(self, words: str, entries: Sequence[str] = ()) -> None:
        super().__init__(words)
        self.entries = tuple(entries)


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One file.

    Attributes
    ----------
    path
        Its name, within a zip with its folders.
    shown
        What a message may call it: the name that the reader gave; in a zip, that of the zip and a
        number.
    given
        The name that the reader gave: its own, or that of the zip.
    load
        Returns its bytes; RecordError where they are too many or damaged.
    """

    path: str
    shown: str
    given: str
    folder: str
    kind: str
    size: int
    head: bytes
    load: Callable[[], bytes]

    @property
    def name(self) -> str:
        """Its plain name."""
        return PurePosixPath(self.path).name


def entries_of(files: Mapping[str, bytes], max_bytes: int) -> list[Entry]:
    """List all files, those of zips one by one; none is unpacked but for its beginning."""
    return [entry for name, content in files.items() for entry in _of(name, content, max_bytes)]


def _of(name: str, content: bytes, max_bytes: int) -> Iterator[Entry]:
    head = content[:HEAD_BYTES]
    kind = kind_of(name, head)
    if kind != "zip":
        yield Entry(name, shortened(name), name, "", kind, len(content), head, lambda: content)
        return
    shown = shortened(name)
    archive = Archive(content, shown)

    def load(path: str, size: int) -> bytes:
        check_unpacked(shown, size, max_bytes)
        return archive.read(path)

    for number, (path, size) in enumerate(archive.sizes.items(), start=1):
        first = archive.head(path, HEAD_BYTES)
        folder = f"{name}/{PurePosixPath(path).parent}"
        kind, title = kind_of(path, first), f"{shown} (file {number})"
        yield Entry(path, title, name, folder, kind, size, first, partial(load, path, size))


def chosen(entries: Sequence[Entry], number: int | None) -> Entry:
    """Return the one recording, or the one that the reader chose.

    Parameters
    ----------
    number
        Which of several, from 1; None where the reader has not chosen.

    Raises
    ------
    RecordError
        If there is none, or no such number. SeveralError if there are several and no number.
    """
    found = _recordings(entries)
    if not found:
        raise RecordError(_nothing(entries))
    if number is None and len(found) == 1:
        return found[0]
    if number is not None and 1 <= number <= len(found):
        return found[number - 1]
    if number is not None and len(found) == 1:
        raise RecordError(f"There is one recording; {number} was asked for. Leave the number out.")
    lines = [_line(entry.shown, entry) for entry in found]
    listed = "; ".join(f"{k}: {line}" for k, line in enumerate(lines[:_LISTED], start=1))
    more = f"; ... {len(found)}" if len(found) > _LISTED else ""
    asked = "" if number is None else f", {number} was asked for"
    words = f"There are {len(found)} recordings{asked}: {listed}{more}. Choose one."
    raise SeveralError(words, [_line(shortened(entry.name), entry) for entry in found])


def _line(name: str, entry: Entry) -> str:
    size = "" if entry.kind == "wfdb" else f", {math.ceil(entry.size / 1000):,} kB"
    return f"{name} ({_TITLES[entry.kind]}{size})"


def _recordings(entries: Sequence[Entry]) -> list[Entry]:
    """Those that may be recordings; the doubtful ones only where there is no other."""
    named = _named_by_headers(entries)
    found = [
        entry
        for entry in entries
        if entry.kind in _TITLES and (entry.folder, entry.name) not in named
    ]
    return [entry for entry in found if not _is_doubtful(entry)] or found


def _is_doubtful(entry: Entry) -> bool:
    """Say whether a file looks like a note, a list or an image beside a recording."""
    if entry.kind == "csv":
        is_note = PurePath(entry.name).suffix.lower() == ".txt"
        return is_note or not holds_numbers(entry.head.replace(b"\0", b"").decode("latin-1"))
    return entry.kind == "dicom" and not may_hold_waveform(entry.head)


def _named_by_headers(entries: Sequence[Entry]) -> set[tuple[str, str]]:
    """Folder and name of all that a WFDB header takes its samples from."""
    named = set()
    headers = [entry for entry in entries if entry.kind == "wfdb"]
    for entry in headers if len(entries) > 1 else ():
        try:
            header = parse_header(entry.load(), shortened(entry.name))
        except RecordError:
            continue  # said when it is chosen
        named |= {(entry.folder, file) for file in header.files}
        named |= {(entry.folder, f"{part.record}.hea") for part in header.segments}
    return named


def _nothing(entries: Sequence[Entry]) -> str:
    if not entries:
        return f"There is no file. Choose a recording: {FORMATS}."
    names = ", ".join(entry.shown for entry in entries[:_LISTED])
    kinds = {entry.kind for entry in entries}
    if "signal" in kinds:
        return f"{names} has no header. Load the .hea file together with it."
    if "zip" in kinds:
        return f"{names}: a zip within a zip is not opened. Pack the files of one recording."
    if "office" in kinds:
        return f"{names} is an office document. Save its table as CSV and load that."
    if "index" in kinds:
        return f"{names} is only the index of a CD. Pack the folder with its recordings, too."
    return f"{names} is in no format that is read: {FORMATS}."
