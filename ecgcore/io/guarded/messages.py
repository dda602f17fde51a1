"""What server and reader process say to each other: a line of JSON and parts of bytes."""

import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

_LENGTH = struct.Struct("<I")
_MAX_HEAD = 2**20


def write_message(
    stream: BinaryIO, head: Mapping[str, Any], parts: Sequence[bytes | memoryview] = ()
) -> None:
    """Write one message; OSError where nobody reads any more."""
    text = json.dumps({**head, "sizes": [len(part) for part in parts]}).encode()
    stream.write(_LENGTH.pack(len(text)) + text)
    for part in parts:
        stream.write(part)
    stream.flush()


def read_message(stream: BinaryIO) -> tuple[dict[str, Any], list[bytearray]]:
    """Read one message; EOFError where its writer ended before its end."""
    (length,) = _LENGTH.unpack(_read(stream, _LENGTH.size))
    head: dict[str, Any] = json.loads(_read(stream, min(length, _MAX_HEAD)))
    return head, [_read(stream, size) for size in head["sizes"]]


def _read(stream: BinaryIO, size: int) -> bytearray:
    buffer = bytearray(size)
    view, n_read = memoryview(buffer), 0
    while n_read < size:
        n_new = stream.readinto(view[n_read:])  # type: ignore[attr-defined]
        if not n_new:
            raise EOFError
        n_read += n_new
    return buffer
