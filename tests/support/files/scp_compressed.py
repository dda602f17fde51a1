"""SCP-ECG as devices compress it: own Huffman tables, subtracted beats, averaged samples.

Written from EN 1064 and the published decoder of the C# ECG Toolkit, apart from our reader.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecgcore.bench.seeds import Files, seal_scp
from tests.support.uploads import _CODES, EIGHT, _differences, _huffman, _scp_sections

Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Compression:
    """What is done to the rhythm.

    Attributes
    ----------
    beats
        Fiducial samples of the beats, counted from 1; empty: none is subtracted.
    before, after
        Samples of the reference beat before and after its fiducial point.
    every
        Of so many samples outside the beats only the mean is kept; 1: all are.
    """

    beats: tuple[int, ...] = ()
    before: int = 20
    after: int = 30
    every: int = 1
    subtract: bool = True
    own_tables: bool = False
    differences: int = 2


def compressed_scp(rows: NDArray[np.integer], fs_hz: int, how: Compression) -> Files:
    """Write eight leads, at 1 µV per unit and, in the reference beat, 2 µV."""
    whole = rows.astype(np.int64)
    n_leads, n_samples = whole.shape
    spans = [(at - how.before, at + how.after) for at in how.beats]
    beats = np.stack([row[spans[0][0] - 1 : spans[0][1]] // 2 for row in whole]) if spans else None
    residual = whole.copy()
    if beats is not None and how.subtract:
        for first, last in spans:
            residual[:, first - 1 : last] -= 2 * beats
    kept = [_averaged(row, spans, how.every) for row in residual]
    step_us = 1_000_000 // fs_hz
    leads = b"".join(struct.pack("<IIB", 1, n_samples, _CODES[name]) for name in EIGHT)
    flags = n_leads << 3 | 4 | (beats is not None and how.subtract)
    bodies = {1: b"\0" * 4, 3: bytes([n_leads, flags]) + leads}
    bodies[2] = own_tables() if how.own_tables else struct.pack("<H", 19999)
    bodies[6] = _lead_data(kept, 1000, step_us * how.every, how, sparse=how.every > 1)
    if beats is not None:
        bodies[4] = _places(how, spans, beats.shape[1] * step_us // 1000)
        bodies[5] = _lead_data(list(beats), 2000, step_us, how, sparse=False)
    return [("ecg.scp", seal_scp(b"\0\0" + _scp_sections(bodies)))]


def _places(how: Compression, spans: Sequence[tuple[int, int]], length_ms: int) -> bytes:
    head = struct.pack("<HHH", length_ms, how.before + 1, len(spans))
    beats = [struct.pack("<HIII", 0, a, at, b) for at, (a, b) in zip(how.beats, spans, strict=True)]
    return head + b"".join(beats) + b"".join(struct.pack("<II", a, b) for a, b in spans)


def _averaged(row: Whole, spans: Sequence[tuple[int, int]], every: int) -> Whole:
    """Keep the mean of every so many samples outside the spans."""
    if every == 1:
        return row
    kept, at = list[int](), 0
    while at < len(row):
        inside = any(first - 1 <= at < last for first, last in spans)
        n = 1 if inside else every
        part = row[at : at + n]
        if len(part) == n:
            kept.append(int(np.rint(part.mean())))
        at += n
    return np.array(kept)


def _lead_data(
    rows: Sequence[Whole], nv_per_unit: int, step_us: int, how: Compression, *, sparse: bool
) -> bytes:
    code = _own if how.own_tables else _huffman
    data = [code(_differences(row, how.differences)) for row in rows]
    head = struct.pack("<HHBB", nv_per_unit, step_us, how.differences, sparse)
    return head + struct.pack(f"<{len(rows)}H", *map(len, data)) + b"".join(data)


_STAY, _CHANGE, _WIDE = "0", "10", "11"


def own_tables() -> bytes:
    """Two tables: 4 bits after "0" in the first, 16 bits after "11" in the second; "10" changes."""

    def structure(bits: str, extra: int, mode: int, value: int) -> bytes:
        code = int(bits[::-1], 2)
        return struct.pack("<BBBhI", len(bits), len(bits) + extra, mode, value, code)

    first = [structure(_STAY, 4, 1, 0), structure(_CHANGE, 0, 0, 2), structure(_WIDE, 8, 1, 100)]
    second = [structure(_WIDE, 16, 1, 0), structure(_CHANGE, 0, 0, 1), structure(_STAY, 0, 1, 7)]
    tables = [struct.pack("<H", len(codes)) + b"".join(codes) for codes in (first, second)]
    return struct.pack("<H", 2) + b"".join(tables)


def _own(units: Whole) -> bytes:
    bits, in_first = list[str](), True
    for value in map(int, units):
        small, offset = -8 <= value < 8, -28 <= value < 228
        if (small or offset) != in_first:
            bits.append(_CHANGE)
            in_first = not in_first
        if small:
            bits.append(f"{_STAY}{value & 0xF:04b}")
        elif offset:
            bits.append(f"{_WIDE}{(value - 100) & 0xFF:08b}")
        else:
            bits.append(f"{_WIDE}{value & 0xFFFF:016b}")
    text = "".join(bits)
    text = text.ljust((len(text) + 7) // 8 * 8, "0")
    return int(text, 2).to_bytes(len(text) // 8, "big")
