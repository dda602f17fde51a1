"""Zip files: what is in them, within bounds; nothing is ever written to a folder."""

import lzma
import struct
import zipfile
import zlib
from io import BytesIO
from pathlib import PurePosixPath

from ecgcore.errors import RecordError
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


class Archive:
    """The files of a zip by their paths, each read only when it is asked for.

    Raises
    ------
    RecordError
        If it is damaged, encrypted, holds too many files, or names a file outside itself.
    """

    def __init__(self, content: bytes, name: str) -> None:
        self._name = name
        if (n_entries := content.count(_ENTRY)) > _MAX_ENTRIES:
            raise RecordError(
                f"{name} lists {n_entries:,} files; at most {_MAX_MEMBERS} can be unpacked. Pack "
                "the files of one recording."
            )
        try:
            self._zip = zipfile.ZipFile(BytesIO(content))
        except _DAMAGED as error:
            raise self._damaged(error) from error
        members = [info for info in self._zip.infolist() if _counts(info)]
        _check(members, name)
        self._members = {str(_path(info)): info for info in members}
        if len(self._members) < len(members):
            raise RecordError(f"{name} holds two files of one name. Pack one recording.")

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes of each file when unpacked, as the zip says."""
        return {path: info.file_size for path, info in self._members.items()}

    def head(self, path: str, n_bytes: int) -> bytes:
        """Return the first bytes of a file."""
        return self._bytes(path, n_bytes)

    def read(self, path: str) -> bytes:
        """Return a file; RecordError if it is damaged or holds more than it says."""
        size = self._members[path].file_size
        content = self._bytes(path, size + 1)
        if len(content) != size:
            number = list(self._members).index(path) + 1
            raise RecordError(
                f"{self._name} holds more in its file {number} than it says. Make it again."
            )
        return content

    def _bytes(self, path: str, most: int) -> bytes:
        try:
            with self._zip.open(self._members[path]) as member:
                return member.read(most)
        except _DAMAGED as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> RecordError:
        return RecordError(
            f"{self._name} cannot be unpacked ({type(error).__name__}); the file is damaged. Make "
            "it again."
        )


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
    archive = Archive(content, name)
    check_unpacked(name, sum(archive.sizes.values()), max_bytes)
    files: dict[str, bytes] = {}
    for path in archive.sizes:
        plain = PurePosixPath(path).name
        if plain in files:
            raise RecordError(f"{name} holds two files of one name. Pack one recording.")
        files[plain] = archive.read(path)
    return files


def check_unpacked(name: str, n_bytes: int, max_bytes: int) -> None:
    """Refuse to unpack more than may be held."""
    if n_bytes > max_bytes:
        raise RecordError(
            f"{name} unpacks to {n_bytes / 2**20:,.0f} MB; at most {max_bytes / 2**20:,.0f} MB "
            "can be read. Pack one recording."
        )


def _counts(info: zipfile.ZipInfo) -> bool:
    path = _path(info)
    hidden = path.name.startswith(".") or "__MACOSX" in path.parts
    return bool(path.name) and not info.filename.endswith("/") and not hidden


def _path(info: zipfile.ZipInfo) -> PurePosixPath:
    return PurePosixPath(info.filename.replace("\\", "/"))


def _check(members: list[zipfile.ZipInfo], name: str) -> None:
    if len(members) > _MAX_MEMBERS:
        raise RecordError(
            f"{name} holds {len(members):,} files; at most {_MAX_MEMBERS} can be unpacked. "
            "Pack the files of one recording."
        )
    for number, info in enumerate(members, start=1):
        path = _path(info)
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            raise RecordError(f"{name} is not safe: its file {number} lies outside itself.")
        if info.flag_bits & 1:
            raise RecordError(f"{name} is encrypted. Pack the recording without a password.")
        if info.compress_type not in _METHODS:
            raise RecordError(f"{name} is compressed by an unusual method. Pack it with Deflate.")
