"""The valid uploads that the fuzzer damages: small files of every format in one folder."""

import json
import struct
import zipfile
from binascii import crc_hqx
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path

from ecgcore.errors import RecordError
from ecgcore.io.raw import FILE_SAYS_ALL, ReadOptions
from ecgcore.settings import PROJECT_DIR

SEEDS_DIR = PROJECT_DIR / "tests" / "seeds"
"""The seeds of a checkout; a command that makes them again stands in its README."""

_LIST = "seeds.json"

Files = list[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Upload:
    """One valid upload: its format in words, its files, and what the reader is asked for."""

    kind: str
    files: tuple[tuple[str, bytes], ...]
    options: ReadOptions = FILE_SAYS_ALL


def load_seeds(folder: Path = SEEDS_DIR) -> tuple[Upload, ...]:
    """Return the uploads of a folder in the order of its list.

    Raises
    ------
    RecordError
        If there is no list, or it names a file that is not there.
    """
    try:
        entries = json.loads((folder / _LIST).read_text(encoding="utf-8"))
        return tuple(_load(folder, entry) for entry in entries)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecordError(
            f"{folder} holds no seed files for the fuzzer ({error}). Run it in a checkout of the "
            "project, or name a folder like its tests/seeds with --seeds DIR."
        ) from error


def _load(folder: Path, entry: dict[str, object]) -> Upload:
    part = folder / str(entry["folder"])
    names, options = entry["files"], entry["options"]
    if not isinstance(names, list) or not isinstance(options, dict):
        raise TypeError(f"{_LIST} is not a list of uploads")
    files = tuple((name, (part / name).read_bytes()) for name in names)
    return Upload(str(entry["kind"]), files, ReadOptions(**options))


def save_seeds(uploads: Sequence[Upload], folder: Path) -> None:
    """Write uploads below a folder, each in one of its own, and their list."""
    entries = []
    for number, upload in enumerate(uploads):
        part = folder / f"{number:02d}"
        part.mkdir(parents=True, exist_ok=True)
        for name, content in upload.files:
            (part / name).write_bytes(content)
        names = [name for name, _ in upload.files]
        options = asdict(upload.options)
        entries.append(
            {"kind": upload.kind, "folder": part.name, "files": names, "options": options}
        )
    (folder / _LIST).write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")


def zip_file(files: Sequence[tuple[str, bytes]], name: str = "ecg.zip") -> Files:
    """Pack files."""
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in files:
            archive.writestr(zipfile.ZipInfo(member), content, zipfile.ZIP_DEFLATED)
    return [(name, stream.getvalue())]


def seal_scp(content: bytes) -> bytes:
    """Write the checksum that fits."""
    return struct.pack("<H", crc_hqx(content[2:], 0xFFFF)) + content[2:]
