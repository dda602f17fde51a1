"""Uploads made by hand to cost time or memory: small to send, dear to read.

Each is a member of a kind: what a reader counts (cells, lines, items, elements, pointers,
attributes, entries) is asked for in numbers that no recording has.
"""

import base64
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from io import BytesIO

from ecgcore.bench.chaos.hostile_texts import MB, NEARLY_ALL, TEXTS, XML, one, rows
from ecgcore.bench.seeds import Files, seal_scp
from ecgcore.io.raw import ReadOptions
from ecgcore.leads import LEADS

SAID = ReadOptions("mV", 500)
"""What a reader says of the tables among them."""

_TWELFTHS = NEARLY_ALL // 12 * 12


def hostile_uploads() -> Mapping[str, Callable[[], Files]]:
    """Return what makes each upload, by a name that says what is asked for."""
    return {**TEXTS, **XML, **_BINARY, **_ARCHIVES}


def _element(group: int, number: int, kind: bytes, value: bytes) -> bytes:
    long = kind in {b"OB", b"OW", b"SQ", b"UN", b"UT"}
    size = struct.pack("<HI", 0, len(value)) if long else struct.pack("<H", len(value))
    return struct.pack("<HH", group, number) + kind + size + value


def _dicom(body: bytes, syntax: bytes = b"1.2.840.10008.1.2.1\0") -> Files:
    meta = _element(2, 2, b"UI", b"1.2.840.10008.5.1.4.1.1.9.1.1\0") + _element(
        2, 0x10, b"UI", syntax
    )
    head = b"\0" * 128 + b"DICM" + _element(2, 0, b"UL", struct.pack("<I", len(meta))) + meta
    return one("ecg.dcm", head + body)


_ITEM = struct.pack("<HHI", 0xFFFE, 0xE000, 0)
_OPEN_ITEM = struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
_WAVEFORMS = struct.pack("<HH", 0x5400, 0x0100) + b"SQ\0\0"
_OPEN = struct.pack("<I", 0xFFFFFFFF)


def _sequence(item: bytes, head: bytes = _WAVEFORMS) -> bytes:
    """Return a sequence of one item, both of stated lengths."""
    whole = struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item
    return head + struct.pack("<I", len(whole)) + whole


def _nested(depth: int) -> bytes:
    return (_WAVEFORMS + _OPEN + _OPEN_ITEM) * depth


def _scp(pointers: bytes, tail: bytes = b"") -> Files:
    section = struct.pack("<HHIBB", 0, 0, 16 + len(pointers), 20, 20) + b"SCPECG" + pointers
    return one("ecg.scp", seal_scp(struct.pack("<HI", 0, 0) + section + tail))


def _scp_sections(bodies: Mapping[int, bytes]) -> Files:
    pointers, tail = b"", b""
    start = 6 + 16 + 10 * len(bodies)
    for number, body in bodies.items():
        whole = struct.pack("<HHIBB6x", 0, number, 16 + len(body), 20, 20) + body
        pointers += struct.pack("<HII", number, len(whole), start + len(tail) + 1)
        tail += whole
    return _scp(pointers, tail)


def _scp_rhythm(data: bytes, n_leads: int, last: int, huffman: bool) -> Files:
    leads = b"".join(struct.pack("<IIB", 1, last, n + 1) for n in range(n_leads))
    sizes = struct.pack(f"<{n_leads}H", *[min(len(data), 65535)] * n_leads)
    bodies = {3: struct.pack("<BB", n_leads, 0) + leads}
    if huffman:
        bodies[2] = struct.pack("<H", 19999)
    bodies[6] = struct.pack("<HHBB", 1000, 2000, 0, 0) + sizes + data * n_leads
    return _scp_sections(bodies)


_BINARY: dict[str, Callable[[], Files]] = {
    "dicom: empty items": lambda: _dicom(_WAVEFORMS + _OPEN + rows(_ITEM)),
    "dicom: empty items of a stated length": lambda: _dicom(
        _WAVEFORMS + struct.pack("<I", 18 * MB // 8 * 8) + rows(_ITEM, 18 * MB)
    ),
    "dicom: nested sequences": lambda: _dicom(_nested(40_000)),
    "dicom: deeply nested sequences": lambda: _dicom(_nested(900_000)),
    "dicom: private elements": lambda: _dicom(
        b"".join(_element(0x0009, n, b"LO", b"") for n in range(65_536))
        + b"".join(_element(0x000B, n, b"LO", b"") for n in range(65_536)) * 16
    ),
    "dicom: other private elements": lambda: _dicom(
        b"".join(
            _element(group, n, b"UN", b"") for group in range(9, 41, 2) for n in range(0, 65_536)
        )
    ),
    "dicom: empty elements in an item": lambda: _dicom(
        _WAVEFORMS
        + _OPEN
        + _OPEN_ITEM
        + b"".join(
            _element(group, n, b"LO", b"") for group in range(9, 41, 2) for n in range(0, 65_536)
        )
    ),
    "dicom: elements in items of a stated length": lambda: _dicom(
        _sequence(b"".join(_element(9, n % 65_536, b"LO", b"") for n in range(1_500_000)))
    ),
    "dicom: elements in channels": lambda: _dicom(
        _sequence(
            _sequence(
                b"".join(_element(9, n % 65_536, b"LO", b"") for n in range(1_500_000)),
                struct.pack("<HH", 0x003A, 0x0200) + b"SQ\0\0",
            )
        )
    ),
    "dicom: implicit elements": lambda: _dicom(
        b"".join(struct.pack("<HHI", g, n, 0) for g in range(9, 80, 2) for n in range(65_536)),
        b"1.2.840.10008.1.2\0\0\0",
    ),
    "dicom: values of one text": lambda: _dicom(_element(8, 8, b"UT", rows(b"\\", 18 * MB))),
    "dicom: a long element": lambda: _dicom(
        struct.pack("<HH", 0x5400, 0x1010) + b"OW\0\0" + struct.pack("<I", 0xFFFFFFF0)
    ),
    "dicom: private sequences": lambda: _dicom(
        (struct.pack("<HH", 9, 0x1001) + b"SQ\0\0" + _OPEN + _OPEN_ITEM) * 900_000
    ),
    "dicom: fragments": lambda: _dicom(
        struct.pack("<HH", 0x7FE0, 0x10) + b"OB\0\0" + _OPEN + rows(_ITEM)
    ),
    "dicom: big endian": lambda: _dicom(rows(b"\0\x09\0\x01LO\0\0"), b"1.2.840.10008.1.2.2\0"),
    "dicom: zeros": lambda: _dicom(rows(b"\0")),
    "dicom: without its mark": lambda: one("ecg.dcm", rows(b"\0")),
    "dicom: deflated": lambda: _dicom(zlib.compress(b"\0" * 200 * MB), b"1.2.840.10008.1.2.1.99"),
    "scp: far pointers": lambda: _scp(
        struct.pack("<HII", 3, 18 * MB, 40_000) * 3_000,
        struct.pack("<HHI", 0, 3, 18 * MB) * (18 * MB // 8),
    ),
    "scp: pointers": lambda: _scp(struct.pack("<HII", 3, 16, 23) * (18 * MB // 10)),
    "scp: empty pointers": lambda: _scp(struct.pack("<HII", 3, 0, 0) * (18 * MB // 10)),
    "scp: pointers to one section": lambda: _scp(
        struct.pack("<HII", 3, 9 * MB, 6 + 16 + 10 * 900_000 + 1) * 900_000,
        struct.pack("<HHI", 0, 3, 9 * MB) + b"\0" * (9 * MB),
    ),
    "scp: Huffman zeros": lambda: _scp_rhythm(b"\0" * 65_535, 32, 90_000, huffman=True),
    "scp: more Huffman zeros": lambda: _scp_rhythm(b"\0" * 65_535, 12, 250_000, huffman=True),
    "scp: Huffman ones": lambda: _scp_rhythm(b"\xff" * 65_535, 32, 90_000, huffman=True),
    "scp: 255 leads": lambda: _scp_rhythm(b"\0" * 60_000, 255, 30_000, huffman=False),
    "scp: samples without end": lambda: _scp_rhythm(b"\0" * 100, 12, 0xFFFFFFFF, huffman=True),
    "scp: a wrong length": lambda: one("ecg.scp", rows(b"\0" * 16 + b"SCPECG" + b"\xff" * 40)),
    "mat: small samples": lambda: [
        ("ecg.hea", b"ecg 12 500 0\n" + b"ecg.dat 80 200/mV I\n" * 12),
        ("ecg.dat", b"\x81" * NEARLY_ALL),
    ],
    "dat: small samples of 32 leads": lambda: [
        (
            "ecg.hea",
            b"ecg 32 500\n"
            + b"".join(
                b"ecg.dat 80 200/mV %s\n" % lead.encode()
                for lead in (*LEADS, *(f"X{n}" for n in range(20)))
            ),
        ),
        ("ecg.dat", b"\x80" * NEARLY_ALL),
    ],
    "dat: all small samples": lambda: [
        (
            "ecg.hea",
            b"ecg 12 500\n" + b"".join(b"ecg.dat 80 200/mV %s\n" % lead.encode() for lead in LEADS),
        ),
        ("ecg.dat", b"\x81\x90" * (NEARLY_ALL // 2)),
    ],
    "dat: an odd rate": lambda: [
        (
            "ecg.hea",
            b"ecg 12 499.37\n"
            + b"".join(b"ecg.dat 80 200/mV %s\n" % lead.encode() for lead in LEADS),
        ),
        ("ecg.dat", b"\x81\x90" * (NEARLY_ALL // 2)),
    ],
}


def _zip(members: Mapping[str, bytes], name: str, method: int = zipfile.ZIP_DEFLATED) -> Files:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return [(name, buffer.getvalue())]


def _directory(n: int, name: str) -> Files:
    """Return a zip whose directory lists n empty files."""
    local = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 0, 0, 0, 0, 1, 0) + b"a"
    entry = (
        struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0,
                    0, 0) + b"a"
    )  # fmt: skip
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, n % 65536, n % 65536, n * len(entry), len(local),
                      0)  # fmt: skip
    return [(name, local + entry * n + end)]


def _npy(shape: str, kind: str = "<f8", body: bytes = b"") -> bytes:
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text) % 65536) + text + body


def _npz(signal: bytes) -> Files:
    return _zip({"signal.npy": signal}, "ecg.npz")


_ARCHIVES: dict[str, Callable[[], Files]] = {
    "npz: entries": lambda: _directory(400_000, "ecg.npz"),
    "zip: entries": lambda: _directory(60_000, "ecg.zip"),
    "zip: more entries": lambda: _directory(400_000, "ecg.zip"),
    "zip: a bomb": lambda: _zip({"ecg.csv": b"0" * 900 * MB}, "ecg.zip"),
    "zip: a bomb that lies": lambda: _lie(_zip({"ecg.csv": b"0" * 300 * MB}, "ecg.zip"), 300 * MB),
    "zip: members": lambda: _zip({f"{n}/ecg.csv": b"I" for n in range(20_000)}, "ecg.zip"),
    "zip: in a zip": lambda: _zip({"in.zip": _zip({"ecg.csv": b"0"}, "x")[0][1]}, "ecg.zip"),
    "zip: blank columns inside": lambda: _zip({"ecg.csv": b"I" + b" " * 9_000 + b"[x"}, "ecg.zip"),
    "zip: a comment": lambda: [("ecg.zip", rows(b"PK\5\6" + b"\0" * 18))],
    "zip: long names": lambda: _zip({("a" * 60_000) + str(n): b"" for n in range(150)}, "ecg.zip"),
    "npz: a wide shape": lambda: _npz(_npy("(12, 999999999999)")),
    "npz: nested brackets": lambda: _npz(_npy("(" * 9_000 + ")" * 9_000)),
    "npz: nested lists": lambda: _npz(_npy("[" * 4_000 + "]" * 4_000)),
    "npz: a power": lambda: _npz(_npy("(9**9**9, 12)")),
    "npz: many axes": lambda: _npz(_npy("(" + "1," * 20_000 + ")")),
    "npz: a long number": lambda: _npz(_npy("(" + "9" * 60_000 + ",)")),
    "npz: an odd kind": lambda: _npz(_npy("(12, 5)", kind="(1000000,1000000)<f8")),
    "npz: small numbers": lambda: _npz(_npy(f"(12, {NEARLY_ALL // 12})", "|i1", b"\1" * _TWELFTHS)),
    "npz: small numbers with names": lambda: _zip(
        {
            "signal.npy": _npy(f"(12, {NEARLY_ALL // 12})", "|i1", b"\1\2" * (_TWELFTHS // 2)),
            "fs_hz.npy": _npy("()", "<f8", struct.pack("<d", 499.37)),
            "units.npy": _npy("()", "<U2", "mV".encode("utf-32-le")),
        },
        "ecg.npz",
    ),
    "npz: texts": lambda: _zip(
        {
            "signal.npy": _npy("(12, 2)", "|i1", b"\1" * 24),
            "units.npy": _npy("()", f"<U{4 * MB}", b"\0" * 16 * MB),
        },
        "ecg.npz",
    ),
    "files: 400 small ones": lambda: [(f"{n}.csv", b"I,II\n") for n in range(400)],
    "files: a name without end": lambda: [("a" * 100_000 + ".csv", b"I")],
    "files: a name of slashes": lambda: [("/" * 100_000 + "ecg.csv", b"I" + b" " * 400 + b"[")],
    "files: base64 as CSV": lambda: one("ecg.csv", base64.b64encode(b"\0" * 14 * MB)),
}


def _lie(files: Files, size: int) -> Files:
    name, content = files[0]
    return [(name, content.replace(struct.pack("<L", size), struct.pack("<L", 1_000_000)))]
