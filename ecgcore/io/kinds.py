"""Which format a file is: by what it holds, and by its name only where that says nothing."""

import re
from pathlib import PurePath

from ecgcore.io.binary.dicom_marks import is_dicom, is_directory
from ecgcore.io.binary.edf_files import is_edf
from ecgcore.io.binary.ishne_files import is_ishne
from ecgcore.io.binary.mfer_files import is_mfer
from ecgcore.io.binary.scp_files import is_scp

HEAD_BYTES = 4096
"""Of a file, enough for every mark."""

SIGNAL_SUFFIXES = {".dat", ".mat"}
TABLE_SUFFIXES = {".csv", ".tsv", ".txt"}

_MARKS = {"scp": is_scp, "edf": is_edf, "ishne": is_ishne, "mfer": is_mfer}
_STARTS = {
    b"\x93NUMPY": "npy",
    b"MATLAB 5.0 MAT-file": "mat",
    b"MATLAB 7.": "mat",
    b"%PDF": "",
    b"\x1f\x8b": "",
    b"{\\rtf": "",
}
_HDF5 = b"\x89HDF\r\n\x1a\n"
_NAMED = {
    ".scp": "scp", ".edf": "edf", ".bdf": "edf", ".mwf": "mfer", ".mfer": "mfer", ".dcm": "dicom",
    ".dicom": "dicom", ".xml": "xml", ".npy": "npy",
}  # fmt: skip
_OFFICE = (b"[Content_Types].xml", b"mimetype", b"_rels/")
_SPACE = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"
_PARTS = re.compile(r"[,;|\s\"']+")
_NUMBER = re.compile(r"[-+]?[.,]?\d[\d.,:]*(?:[eE][-+]?\d{1,9})?")
_LEAST_NUMBERS = 24
_PRINTABLE = 0.98


def kind_of(name: str, head: bytes) -> str:
    """Return the format of a file.

    Parameters
    ----------
    head
        At least its first `HEAD_BYTES`, or all of a shorter file.

    Returns
    -------
    str
        "wfdb" (a header), "signal" (samples that need one), "zip", "npz", "npy", "mat", "dicom",
        "index" (of a CD), "xml", "scp", "edf", "ishne", "mfer", "csv", "office"; empty if unknown.

    Examples
    --------
    >>> kind_of("IM000001", bytes(128) + b"DICM"), kind_of("a.ecg", b"ISHNE1.0"), kind_of("a", b"")
    ('dicom', 'ishne', '')
    """
    suffix = PurePath(name).suffix.lower()
    if head.startswith((b"PK\3\4", b"PK\5\6")):
        return _packed(head, suffix)
    if is_directory(head):
        return "index"
    marked = _marked(head)
    if marked is not None:
        return marked
    if suffix == ".hea":
        return "wfdb"
    if suffix in {".npz", ".zip"}:
        return suffix[1:]
    text = _text(head)
    if suffix in TABLE_SUFFIXES or (suffix not in {".xml", ".hea"} and holds_numbers(text)):
        return "csv"
    if suffix in SIGNAL_SUFFIXES:
        return "signal"
    return _NAMED.get(suffix, "")


def holds_numbers(text: str) -> bool:
    r"""Say whether at least half of the words of a text are numbers.

    >>> holds_numbers("time,I,II" + 12 * "\n0.002,1,-2.5"), holds_numbers("Read me first: 1, 2, 3")
    (True, False)
    """
    words = [word for word in _PARTS.split(text) if word][:-1]  # the last may be cut
    n_numbers = sum(bool(_NUMBER.fullmatch(word)) for word in words)
    return n_numbers >= max(_LEAST_NUMBERS, len(words) / 2)


def _packed(head: bytes, suffix: str) -> str:
    length = int.from_bytes(head[26:28], "little")
    first = head[30 : 30 + length]
    if first.startswith(_OFFICE):
        return "office"
    return "npz" if suffix == ".npz" or first.endswith(b".npy") else "zip"


def _marked(head: bytes) -> str | None:
    if is_dicom(head):
        return "dicom"
    if head.startswith(_HDF5) or head[512 : 512 + len(_HDF5)] == _HDF5:
        return "mat"
    for start, kind in _STARTS.items():
        if head.startswith(start):
            return kind
    for kind, bears_mark in _MARKS.items():
        if bears_mark(head):
            return kind
    start = head[:64].lstrip(_SPACE).replace(b"\0", b"").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return ""
    return "xml" if re.match(rb"<[a-z!?]", start) else None


def _text(head: bytes) -> str:
    """Return the head as text; empty if it is none."""
    wide = head[:2] in (b"\xff\xfe", b"\xfe\xff")
    if not wide and b"\0" in head:
        wide = head.count(b"\0") >= 0.4 * len(head) and not head.count(b"\0\0")
        if not wide:
            return ""
    text = head.replace(b"\0", b"").decode("latin-1")
    shown = sum(letter.isprintable() or letter in "\r\n\t" for letter in text)
    return text if shown >= _PRINTABLE * len(text) else ""
