"""Bring XML to UTF-8, whatever it says of its encoding: letters of names must not cost a recording.

Devices write "utf-16" above UTF-8, "UTF-8" above Latin-1, and leave control characters in names.
"""

import codecs
import re

_BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
"""Those of UTF-32 before those of UTF-16, which begin alike."""

_WIDE = {b"<\0\0\0": "utf-32-le", b"\0\0\0<": "utf-32-be", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
_STATED = re.compile(rb"""encoding\s{0,9}=\s{0,9}["']([A-Za-z0-9._:-]{1,40})["']""")
_KNOWN = re.compile(
    r"(?:utf-?8|(?:us-)?ascii|iso[-_]?8859[-_]\d+|latin-?\d|windows-\d+|cp\d+|koi8-[ru]|macintosh"
    r"|shift[_-]jis|sjis|euc[-_](?:jp|kr|cn)|iso-2022-jp|gb2312|gbk|gb18030|big5)",
    re.IGNORECASE,
)
_DECLARATION = re.compile(r"\s*<\?xml\s[^>]{0,200}\?>")
_CONTROLS = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def as_utf8(content: bytes) -> bytes:
    r"""Return XML in UTF-8, without its declaration and without control characters.

    Examples
    --------
    >>> as_utf8(b'<?xml version="1.0" encoding="utf-16"?><a>M\xfcller\x02</a>').decode()
    '<a>Müller </a>'
    """
    text = _decoded(content)
    declared = _DECLARATION.match(text)
    text = text[declared.end() if declared else 0 :]
    return _CONTROLS.sub(" ", text).encode("utf-8", "replace")


def _decoded(content: bytes) -> str:
    for mark, encoding in _BOMS.items():
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    for start, encoding in _WIDE.items():
        if content.startswith(start):
            return content.decode(encoding, "replace")
    stated = _STATED.search(content, 0, 200)
    name = stated[1].decode("ascii") if stated else "utf-8"
    for encoding in ([name] if _KNOWN.fullmatch(name) else []) + ["utf-8"]:
        try:
            return content.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return content.decode("cp1252", "replace")
