"""Samples of an SCP-ECG lead: Huffman codes (section 2), differences, 16-bit words (EN 1064)."""

import re
import struct
from collections.abc import Callable
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import RecordError

Units = NDArray[np.int64]
Decoder = Callable[[bytes, int], Units]
"""Turns the bytes of a lead into at most so many values."""

_DEFAULT_TABLE = 19999
_MAX_TABLES, _MAX_CODES = 100, 1000
_MAX_PREFIX, _MAX_EXTRA = 32, 16
_STRUCTURE = struct.Struct("<BBBhI")

_CODE = re.compile(r"0|1{1,8}0[01]|1{9}0([01]{8})|1{10}([01]{16})")
"""The default table: n ones, 0 and a sign for n up to 8, longer ones for plain 8 and 16 bits."""

_SHORT = {"0": 0} | {f"{'1' * n}0{sign}": -n if sign else n for n in range(1, 9) for sign in (0, 1)}


def decoder(section_2: bytes, name: str) -> Decoder:
    """Return what decodes the samples: plain words, the default table, or the file's own tables.

    Raises
    ------
    RecordError
        If a table is damaged.
    """
    n_tables = struct.unpack_from("<H", section_2)[0] if section_2 else 0
    if not n_tables:
        return _words
    if n_tables == _DEFAULT_TABLE:
        return _by_default_table
    tables = _tables(section_2, n_tables, name)
    return lambda data, n: _by_tables(data, n, tables)


def undo_differences(units: Units, order: int) -> Units:
    """Sum up first or second differences, whose first one or two values are amplitudes.

    Samples have 16 bits, and an encoder may have let differences run over.
    """
    if order == 0 or len(units) < 2:
        return units
    if order == 1:
        summed = np.cumsum(units)
    else:
        steps = np.cumsum(np.concatenate([[units[1] - units[0]], units[2:]]))
        summed = np.concatenate([units[:1], units[0] + np.cumsum(steps)])
    return summed.astype(np.int16).astype(np.int64)


def _words(data: bytes, _: int) -> Units:
    return np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.int64)


def _bits(data: bytes) -> str:
    return f"{int.from_bytes(data, 'big'):0{8 * len(data)}b}" if data else ""


def _by_default_table(data: bytes, n_samples: int) -> Units:
    """Decode the first whole codes; the default table's codes leave no gap between them."""
    values = [
        _SHORT[code[0]] if code[0] in _SHORT else _signed(code[1] or code[2])
        for code in islice(_CODE.finditer(_bits(data)), n_samples)
    ]
    return np.array(values, dtype=np.int64)


def _signed(bits: str) -> int:
    value = int(bits, 2)
    return value - (1 << len(bits)) if bits[0] == "1" else value


Table = tuple[re.Pattern[str], list[tuple[int, int]]]
"""A pattern with one bracket a code, and what each is: its mode and its value."""


def _tables(body: bytes, n_tables: int, name: str) -> list[Table]:
    if n_tables > _MAX_TABLES:
        raise RecordError(f"{name} has {n_tables} Huffman tables; at most {_MAX_TABLES} are read.")
    at, tables = 2, []
    for _ in range(n_tables):
        (n_codes,) = struct.unpack_from("<H", body, at)
        if not 1 <= n_codes <= _MAX_CODES:
            raise RecordError(f"{name} has a Huffman table of {n_codes} codes; it is damaged.")
        codes = [_STRUCTURE.unpack_from(body, at + 2 + 9 * k) for k in range(n_codes)]
        tables.append(_table(codes, n_tables, name))
        at += 2 + 9 * n_codes
    return tables


def _table(codes: list[tuple[int, int, int, int, int]], n_tables: int, name: str) -> Table:
    parts, meanings = [], []
    for prefix, total, mode, value, reversed_code in sorted(codes):
        if not (1 <= prefix <= _MAX_PREFIX and 0 <= total - prefix <= _MAX_EXTRA):
            raise RecordError(f"{name} has a Huffman code of {prefix} of {total} bits; damaged.")
        if mode == 0 and not 1 <= value <= n_tables:
            raise RecordError(f"{name} has a Huffman code that leads to no table; it is damaged.")
        bits = f"{reversed_code & ((1 << prefix) - 1):0{prefix}b}"[::-1]  # first bit lowest
        parts.append(f"{bits}([01]{{{total - prefix}}})")
        meanings.append((mode, value))
    return re.compile("|".join(parts)), meanings


def _by_tables(data: bytes, n_samples: int, tables: list[Table]) -> Units:
    """Decode code after code, from the table that the last change chose, up to what is no code."""
    bits, at, n_changes = _bits(data), 0, 0
    (pattern, meanings), values = tables[0], list[int]()
    while len(values) < n_samples and (code := pattern.match(bits, at)):
        at = code.end()
        mode, value = meanings[(code.lastindex or 1) - 1]
        if mode:
            extra = code[code.lastindex or 1]
            values.append(value + (_signed(extra) if extra else 0))
        elif (n_changes := n_changes + 1) > len(bits):
            break
        else:
            pattern, meanings = tables[value - 1]
    return np.array(values, dtype=np.int64)
