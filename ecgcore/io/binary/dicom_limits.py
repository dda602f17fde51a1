"""How many elements a DICOM file has, counted before a parser takes memory for them (PS3.5, 7)."""

import struct
from collections.abc import Iterator

_META_END = 132
_BIG_ENDIAN = b"1.2.840.10008.1.2.2\0"
_LONG = {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
_ITEM_GROUP = 0xFFFE
_UNDEFINED = 0xFFFFFFFF


def n_elements(content: bytes, most: int) -> int:
    """Count elements and items at every depth, up to one more than `most`.

    Sequences are walked through, not into: an item is eight bytes on the way.
    """
    n = 0
    for n, _ in enumerate(_starts(content), start=1):
        if n > most:
            break
    return n


def _starts(content: bytes) -> Iterator[int]:
    big_endian, position = _BIG_ENDIAN in content[:2000], _META_END
    while position + 8 <= len(content):
        yield position
        little = not big_endian or content[position : position + 2] == b"\2\0"
        position = _next(content, position, "<" if little else ">")


def _next(content: bytes, position: int, order: str) -> int:
    """Return where the next element or item begins."""
    group, _, length = struct.unpack_from(f"{order}HHI", content, position)
    head, kind = 8, content[position + 4 : position + 6]
    if group == _ITEM_GROUP:
        return position + head
    if kind.isalpha() and kind.isupper():  # else without kinds: implicit
        (length,) = struct.unpack_from(f"{order}H", content, position + 6)
        if kind in _LONG and position + 12 <= len(content):
            head, (length,) = 12, struct.unpack_from(f"{order}I", content, position + 8)
    start = position + head
    item = content[start : start + 4] in {b"\xfe\xff\0\xe0", b"\xff\xfe\xe0\0"}
    return start if item or kind == b"SQ" or length == _UNDEFINED else start + length
