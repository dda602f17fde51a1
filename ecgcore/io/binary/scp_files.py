"""Read the rhythm of an SCP-ECG file (EN 1064); section 1, about the patient, is never opened.

Read: sections 3 (leads) and 6 (rhythm), plain 16-bit or with the standard's default Huffman table,
as amplitudes or first or second differences. Refused by name, as no file was at hand to check
against: a Huffman table of the file's own, bimodal compression, subtraction of reference beats.
"""

import re
import struct
from binascii import crc_hqx
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import RecordError
from ecgcore.io.raw import RawEcg, check_rate, check_size
from ecgcore.leads import LEAD_CODES

_HEADER = 16
_POINTER = struct.Struct("<HII")
_LEAD = struct.Struct("<IIB")
_DEFAULT_TABLE = 19999
_MAX_POINTERS = 1024
_MAX_VALUES = 3_000_000
"""Samples of all leads together: a resting ECG of eight minutes at 500 Hz."""

_CODE = re.compile(r"0|1{1,8}0[01]|1{9}0([01]{8})|1{10}([01]{16})")
"""The default table: n ones, 0 and a sign for n up to 8, longer ones for plain 8 and 16 bits."""

_SHORT = {"0": 0} | {f"{'1' * n}0{sign}": -n if sign else n for n in range(1, 9) for sign in (0, 1)}

Units = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Lead:
    """A lead's first and last sample, counted from 1, and its code."""

    first: int
    last: int
    code: int

    @property
    def n_samples(self) -> int:
        return self.last - self.first + 1


def is_scp(content: bytes) -> bool:
    """Say whether a file bears SCP-ECG's mark in section 0."""
    return content[16:22] == b"SCPECG"


def read_scp(content: bytes, name: str) -> RawEcg:
    """Read one SCP-ECG file.

    Raises
    ------
    RecordError
        If it is damaged or uses a kind of compression that is not read.
    """
    try:
        sections = _sections(content, name)
        leads = _leads(_section(sections, 3, "the leads", name), name)
        compressed = _uses_huffman(sections.get(2, b""), name)
        return _rhythm(_section(sections, 6, "the rhythm", name), leads, compressed, name)
    except struct.error as error:
        raise RecordError(f"{name} is truncated SCP-ECG ({error}). Export it again.") from error


def _sections(content: bytes, name: str) -> dict[int, bytes]:
    """Bodies of the sections that section 0 points to."""
    (checksum,) = struct.unpack_from("<H", content)
    if checksum and crc_hqx(content[2:], 0xFFFF) != checksum:
        raise RecordError(f"{name} does not fit its checksum; the file was changed or damaged.")
    (length,) = struct.unpack_from("<I", content, 10)
    if not _HEADER <= length <= len(content) - 6:
        raise RecordError(f"{name} is damaged: its table of sections has {length} bytes.")
    if length > _HEADER + 10 * _MAX_POINTERS:
        raise RecordError(f"{name} points to more than {_MAX_POINTERS:,} sections; no ECG does.")
    table = content[6 + _HEADER : 6 + length]
    sections = {}
    for number, size, index in _POINTER.iter_unpack(table[: len(table) // 10 * 10]):
        if not size or number > 11:
            continue
        if number in sections:
            raise RecordError(f"{name} is damaged: it has section {number} twice.")
        start = max(index - 1, 0)
        body = content[start : start + size]
        if len(body) < size or size < _HEADER or body[2:4] != number.to_bytes(2, "little"):
            raise RecordError(f"{name} is damaged: section {number} is not where it should be.")
        sections[number] = body[_HEADER:]
    return sections


def _section(sections: dict[int, bytes], number: int, what: str, name: str) -> bytes:
    if number not in sections:
        raise RecordError(f"{name} has no section {number} ({what}). Export it again.")
    return sections[number]


def _leads(body: bytes, name: str) -> list[_Lead]:
    n_leads, flags = struct.unpack_from("<BB", body)
    if flags & 1:
        raise RecordError(
            f"{name} is compressed by subtraction of reference beats, which is not read. Export it "
            "without compression, or as DICOM or aECG."
        )
    check_size(name, n_leads, 1)
    leads = [_Lead(*_LEAD.unpack_from(body, 2 + _LEAD.size * k)) for k in range(n_leads)]
    if any(not 1 <= lead.first <= lead.last for lead in leads):
        raise RecordError(f"{name} is damaged: a lead ends before it begins.")
    if sum(lead.n_samples for lead in leads) > _MAX_VALUES:
        raise RecordError(f"{name} announces more than {_MAX_VALUES:,} samples; not a resting ECG.")
    return leads


def _uses_huffman(section_2: bytes, name: str) -> bool:
    if not section_2:
        return False
    (table,) = struct.unpack_from("<H", section_2)
    if table != _DEFAULT_TABLE:
        raise RecordError(
            f"{name} is compressed by {table} Huffman tables of its own, which is not read. Export "
            "it without compression, or as DICOM or aECG."
        )
    return True


def _rhythm(body: bytes, leads: list[_Lead], compressed: bool, name: str) -> RawEcg:
    nv_per_unit, step_us, differences, bimodal = struct.unpack_from("<HHBB", body)
    if bimodal:
        raise RecordError(
            f"{name} uses bimodal compression, which is not read. Export it without compression, "
            "or as DICOM or aECG."
        )
    if not nv_per_unit or not step_us or differences > 2:
        raise RecordError(
            f"{name} is damaged: {nv_per_unit} nV per unit, {step_us} µs per sample, "
            f"{differences} differences."
        )
    check_rate(name, 1e6 / step_us)
    sizes = struct.unpack_from(f"<{len(leads)}H", body, 6)
    first, last = max(lead.first for lead in leads), min(lead.last for lead in leads)
    check_size(name, len(leads), max(last - first + 1, 0))
    position, rows = 6 + 2 * len(leads), []
    for lead, size in zip(leads, sizes, strict=True):
        data = body[position : position + size]
        position += size
        units = _decode(data, lead, compressed, name)
        rows.append(_undo(units, differences)[first - lead.first : last - lead.first + 1])
    names = tuple(LEAD_CODES.get(lead.code, f"SCP lead {lead.code}") for lead in leads)
    uneven = len({(lead.first, lead.last) for lead in leads}) > 1
    words = f"The leads differ in length; what all share, {last - first + 1} samples, was read."
    signal = np.stack(rows) * (nv_per_unit * 1e-6)
    return RawEcg(names, signal, 1e6 / step_us, (words,) if uneven else ())


def _decode(data: bytes, lead: _Lead, compressed: bool, name: str) -> Units:
    units = (
        _huffman(data, lead.n_samples)
        if compressed
        else np.frombuffer(data[: len(data) // 2 * 2], "<i2")
    )
    if len(units) < lead.n_samples:
        raise RecordError(
            f"{name}, {LEAD_CODES.get(lead.code, lead.code)}: {lead.n_samples} samples announced, "
            f"{len(units)} found; the file is truncated. Export it again."
        )
    return units[: lead.n_samples].astype(np.int64)


def _huffman(data: bytes, n_samples: int | None = None) -> Units:
    """Decode the first whole codes; the default table's codes leave no gap between them."""
    bits = f"{int.from_bytes(data, 'big'):0{8 * len(data)}b}" if data else ""
    values = [
        _SHORT[code[0]] if code[0] in _SHORT else _long(code[1] or code[2])
        for code in islice(_CODE.finditer(bits), n_samples)
    ]
    return np.array(values, dtype=np.int64)


def _long(bits: str) -> int:
    value = int(bits, 2)
    return value - (1 << len(bits)) if bits[0] == "1" else value


def _undo(units: Units, differences: int) -> Units:
    """Sum up first or second differences, whose first one or two values are amplitudes."""
    if differences == 0 or len(units) < 2:
        return units
    if differences == 1:
        return np.cumsum(units)
    steps = np.cumsum(np.concatenate([[units[1] - units[0]], units[2:]]))
    return np.concatenate([units[:1], units[0] + np.cumsum(steps)])
