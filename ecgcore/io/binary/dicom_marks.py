"""How a DICOM file is known: by its mark, or by its first elements where the mark was left out."""

import struct

_MARK = b"DICM"
_PREAMBLE = 128
_SYNTAX = b"1.2.840.10008."
_WAVEFORM = b"1.2.840.10008.5.1.4.1.1.9."
_DIRECTORY = b"1.2.840.10008.1.3.10"
_MAX_LENGTH = 1000
"""Of the first elements of a file: lengths, identifiers, dates."""

_FIRST_GROUPS = {0x0002, 0x0008}
_LAST_GROUP = 0x0040
_LOOKED_AT = 3


def is_dicom(content: bytes) -> bool:
    """Say whether a file is DICOM, with or without preamble and mark (PS3.10, 7.1)."""
    if content[_PREAMBLE : _PREAMBLE + 4] == _MARK:
        return True
    return (content.startswith(_MARK) or _begins(content)) and _SYNTAX in content[:4096]


def with_preamble(content: bytes) -> bytes:
    """Return a DICOM file with the preamble and the mark that it may lack."""
    if content[_PREAMBLE : _PREAMBLE + 4] == _MARK:
        return content
    return b"\0" * _PREAMBLE + (b"" if content.startswith(_MARK) else _MARK) + content


def may_hold_waveform(content: bytes) -> bool:
    """Say whether the first 4096 bytes name a waveform; the index of a CD and images do not."""
    return _WAVEFORM in content[:4096]


def is_directory(content: bytes) -> bool:
    """Say whether a file is the index of a CD (PS3.10, 8)."""
    return is_dicom(content) and _DIRECTORY in content[:1024]


def _begins(content: bytes) -> bool:
    """Say whether a file begins with elements in their order, explicit or implicit."""
    position, before = 0, -1
    for _ in range(_LOOKED_AT):
        if position + 8 > len(content):
            return False
        group, element, length = struct.unpack_from("<HHI", content, position)
        kind = content[position + 4 : position + 6]
        head = 8
        if kind.isalpha() and kind.isupper():
            head = 12 if kind == b"OB" else 8
            form, at = ("<I", position + 8) if kind == b"OB" else ("<H", position + 6)
            if at + 4 > len(content):
                return False
            (length,) = struct.unpack_from(form, content, at)
        tag = group << 16 | element
        if position == 0 and group not in _FIRST_GROUPS:
            return False
        if tag <= before or group > _LAST_GROUP or length > _MAX_LENGTH:
            return False
        position, before = position + head + length, tag
    return True
