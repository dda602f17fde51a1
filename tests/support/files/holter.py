"""ISHNE and MFER files, written from their published descriptions apart from our readers."""

import struct
from binascii import crc_hqx
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ecgcore.bench.seeds import Files
from ecgcore.leads import LEADS
from tests.support.uploads import _CODES

_ISHNE_CODES = {"I": 5, "II": 6, "III": 7, "aVR": 8, "aVL": 9, "aVF": 10, "V1": 11, "V2": 12,
                "V3": 13, "V4": 14, "V5": 15, "V6": 16, "X": 2}  # fmt: skip


def ishne_file(
    microvolts: NDArray[np.int16],
    fs_hz: int,
    names: Sequence[str] = LEADS,
    *,
    sealed: bool = True,
    comment: bytes = b"Doe was here",
) -> Files:
    """Write a Holter file at 2.5 µV per unit (Badilini 1998, table 1)."""
    units = np.rint(microvolts / 2.5).astype("<i2")
    n = len(names)
    spare = [-9] * (12 - n)
    rest = struct.pack("<iiii", len(comment), units.shape[1], 522, 522 + len(comment))
    rest += struct.pack("<h40s40s20shh", 1, b"Jane", b"Doe", b"4711", 2, 1)
    rest += struct.pack("<12h", 1, 2, 1950, 3, 4, 2020, 5, 6, 2020, 7, 8, 9)
    rest += struct.pack("<h12h", n, *[_ISHNE_CODES[name] for name in names], *spare)
    rest += struct.pack("<12h12h", *[0] * n, *spare, *[2500] * n, *spare)
    rest += struct.pack("<h40sh80s80s88s", 0, b"digital", fs_hz, b"", b"", b"") + comment
    check = crc_hqx(rest, 0xFFFF) if sealed else 0
    return [("ecg.ecg", b"ISHNE1.0" + struct.pack("<H", check) + rest + units.T.tobytes())]


def _item(tag: int, value: bytes) -> bytes:
    n = len(value)
    size = bytes([n]) if n < 128 else b"\x84" + n.to_bytes(4, "big")
    return bytes([tag]) + size + value


def mfer_file(
    microvolts: NDArray[np.int16],
    fs_hz: int,
    names: Sequence[str] = LEADS,
    *,
    order: str = "little",
    block: int = 50,
    extra: bytes = b"",
) -> Files:
    """Write 16-bit samples at 1 µV per unit in blocks, a group of definitions for each channel."""

    def whole(value: int, size: int) -> bytes:
        return value.to_bytes(size, order, signed=value < 0)  # type: ignore[arg-type]

    n_leads, n_samples = microvolts.shape
    kind = "<i2" if order == "little" else ">i2"
    blocks = microvolts.reshape(n_leads, n_samples // block, block).transpose(1, 0, 2)
    items = [
        _item(0x40, b"MFR 12 lead ECG".ljust(32)),
        _item(0x01, bytes([order == "little"])),
        _item(0x81, b"Doe^Jane"),
        _item(0x82, b"4711"),
        _item(0x08, whole(1, 2)),
        _item(0x0B, b"\x00\x00" + whole(fs_hz, 2)),  # Hz, 10^0
        _item(0x0C, b"\x00\xfa" + whole(1, 2)),  # V, 10^-6
        _item(0x0A, b"\x00"),
        _item(0x04, whole(block, 4)),
        _item(0x06, whole(n_samples // block, 4)),
        _item(0x05, whole(n_leads, 1)),
        extra,
    ]
    for channel, name in enumerate(names):
        lead = _item(0x09, whole(_CODES.get(name, 175), 2))
        items.append(b"\x3f" + bytes([channel, len(lead)]) + lead)
    items += [_item(0x1E, blocks.astype(kind).tobytes()), b"\x80\x00"]
    return [("ecg.mwf", b"".join(items))]
