"""One recording as one file to keep, in any format that is written; nobody's name is in it."""

import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePath

from ecgcore.io.written.deidentified import prove
from ecgcore.io.written.formats import FORMATS, TITLES, Files, write
from ecgcore.records import EcgRecord

__all__ = ["FORMATS", "TITLES", "Download", "download"]

_STEM = "ecg"


@dataclass(frozen=True, slots=True, eq=False)
class Download:
    """A file, and what is known of it.

    Attributes
    ----------
    n_identical
        Samples that were read back and are the same bit for bit; 0 where nothing was proven.
    n_elements
        What else was found in the file, every word of it known to the writer.
    words
        What a reader must know of rounding.
    """

    name: str
    content: bytes
    n_identical: int = 0
    n_elements: int = 0
    words: tuple[str, ...] = ()


def download(record: EcgRecord, to: str, *, proven: bool = True) -> Download:
    """Write a recording as ``ecg`` with the suffix of its format; several files in a zip.

    Parameters
    ----------
    proven
        True to read it back, and to refuse it unless every bit is kept and every word known.

    Raises
    ------
    RecordError
        If the format cannot hold it, or nothing can be proven.
    """
    written = write(record, to, _STEM)
    name, content = _one_file(written.files)
    if not proven:
        return Download(name, content, words=written.words)
    proof = prove(record, written.files, to)
    return Download(name, content, proof.n_samples, len(proof.elements), written.words)


def _one_file(files: Files) -> tuple[str, bytes]:
    if len(files) == 1:
        return files[0]
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:  # without the time of writing
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return f"{PurePath(files[0][0]).stem}.zip", stream.getvalue()
