"""Zip files: what is in them, within bounds; nothing is ever written to a folder."""

import lzma
import struct
import zipfile
import zlib
from io import BytesIO
from pathlib import PurePosixPath

from ecgcore.errors import RecordError, shortened
from ecgcore.io.raw import MAX_FILE_BYTES

_MAX_MEMBERS = 500
_MAX_ENTRIES = 2000
"""Of a directory, hidden files and folders with them."""

_ENTRY = b"PK\1\2"
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)
"""Errors that `zipfile` raises on damaged input."""


def unpack(content: bytes, name: str, max_bytes: int = MAX_FILE_BYTES) -> dict[str, bytes]:
    """Return the files of a zip by their plain names, folders left out.

    Parameters
    ----------
    max_bytes
        Most that it may hold when unpacked.

    Raises
    ------
    RecordError
        If it is damaged, encrypted, too large when unpacked, or names a file outside itself.
    """
    if (n_entries := content.count(_ENTRY)) > _MAX_ENTRIES:
        raise RecordError(
            f"{name} lists {n_entries:,} files; at most {_MAX_MEMBERS} can be unpacked. Pack the "
            "files of one recording."
        )
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            members = [info for info in archive.infolist() if _counts(info)]
            _check(members, name, max_bytes)
            return _read(archive, members, name)
    except _DAMAGED as error:
        raise RecordError(
            f"{name} cannot be unpacked ({_short(error)}); the file is damaged. Make it again."
        ) from error


def _counts(info: zipfile.ZipInfo) -> bool:
    path = _path(info)
    hidden = path.name.startswith(".") or "__MACOSX" in path.parts
    return bool(path.name) and not info.filename.endswith("/") and not hidden


def _path(info: zipfile.ZipInfo) -> PurePosixPath:
    return PurePosixPath(info.filename.replace("\\", "/"))


def _check(members: list[zipfile.ZipInfo], name: str, max_bytes: int) -> None:
    if len(members) > _MAX_MEMBERS:
        raise RecordError(
            f"{name} holds {len(members):,} files; at most {_MAX_MEMBERS} can be unpacked. "
            "Pack the files of one recording."
        )
    total = sum(info.file_size for info in members)
    if total > max_bytes:
        raise RecordError(
            f"{name} unpacks to {total / 2**20:,.0f} MB; at most {max_bytes / 2**20:,.0f} MB "
            "can be read. Pack one recording."
        )
    for info in members:
        path = _path(info)
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            raise RecordError(f"{name} names {shortened(info.filename)!r}, a file outside itself.")
        if info.flag_bits & 1:
            raise RecordError(f"{name} is encrypted. Pack the recording without a password.")
        if info.compress_type not in _METHODS:
            raise RecordError(f"{name} is compressed by an unusual method. Pack it with Deflate.")


def _read(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], name: str) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for info in members:
        plain = _path(info).name
        if plain in files:
            raise RecordError(f"{name} holds two files {shortened(plain)}. Pack one recording.")
        with archive.open(info) as member:
            files[plain] = member.read(info.file_size + 1)
        if len(files[plain]) != info.file_size:
            raise RecordError(
                f"{name} holds more in {shortened(plain)} than it says. Make it again."
            )
    return files


def _short(error: Exception) -> str:
    return str(error)[:120] or type(error).__name__
