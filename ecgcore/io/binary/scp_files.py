"""Read the rhythm of an SCP-ECG file (EN 1064); section 1, about the patient, is never opened.

===========  =====================================================================================
read         plain 16-bit samples, the default Huffman table or tables of the file's own, with
             changes between them; amplitudes, first and second differences; reference beats that
             were subtracted; bimodal compression, where zones and rates fit (see `scp_beats`)
said         samples that bimodal compression had averaged; leads of different length
refused      a checksum that does not fit; long-term rhythms (section 12 of version 3)
===========  =====================================================================================
"""

import struct
from binascii import crc_hqx
from dataclasses import dataclass

import numpy as np

from ecgcore.errors import RecordError
from ecgcore.io.binary.scp_beats import (
    Places,
    add_beats,
    expand,
    n_stored,
    read_places,
    sparseness,
    stretches,
)
from ecgcore.io.binary.scp_coding import Decoder, Units, decoder, undo_differences
from ecgcore.io.raw import RawEcg, check_rate, check_size
from ecgcore.leads import LEAD_CODES

_HEADER = 16
_POINTER = struct.Struct("<HII")
_LEAD = struct.Struct("<IIB")
_MAX_POINTERS = 1024
_MAX_VALUES = 3_000_000
"""Samples of all leads together: a resting ECG of eight minutes at 500 Hz."""

_SUBTRACTED = 1
_VERSION_3 = 30
"""From here on the byte that said bimodal compression has no meaning."""


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
        _section(sections, 6, "the rhythm", name)
        leads, flags = _leads(_section(sections, 3, "the leads", name), name)
        decode = decoder(sections.get(2, b""), name)
        is_sparse = bool(sections[6][5:6].strip(b"\0")) and content[15] < _VERSION_3
        return _rhythm(sections, leads, decode, (bool(flags & _SUBTRACTED), is_sparse), name)
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


def _leads(body: bytes, name: str) -> tuple[list[_Lead], int]:
    """Return the leads, and flags about how they are kept."""
    n_leads, flags = struct.unpack_from("<BB", body)
    check_size(name, n_leads, 1)
    leads = [_Lead(*_LEAD.unpack_from(body, 2 + _LEAD.size * k)) for k in range(n_leads)]
    if any(not 1 <= lead.first <= lead.last for lead in leads):
        raise RecordError(f"{name} is damaged: a lead ends before it begins.")
    if sum(lead.n_samples for lead in leads) > _MAX_VALUES:
        raise RecordError(f"{name} announces more than {_MAX_VALUES:,} samples; not a resting ECG.")
    return leads, flags


@dataclass(frozen=True, slots=True)
class _Stored:
    """Section 5 or 6: nanovolts per unit, microseconds per sample, and the values of each lead."""

    nv_per_unit: int
    step_us: int
    leads: list[Units]


def _stored(body: bytes, counts: list[int], decode: Decoder, what: str, name: str) -> _Stored:
    nv_per_unit, step_us, differences, _ = struct.unpack_from("<HHBB", body)
    if not nv_per_unit or not step_us or differences > 2:
        raise RecordError(
            f"{name} is damaged: {nv_per_unit} nV per unit, {step_us} µs per sample, "
            f"{differences} differences in {what}."
        )
    sizes = struct.unpack_from(f"<{len(counts)}H", body, 6)
    position, leads = 6 + 2 * len(counts), []
    for number, (size, n_samples) in enumerate(zip(sizes, counts, strict=True), start=1):
        units = decode(body[position : position + size], n_samples)
        position += size
        if len(units) < n_samples:
            raise RecordError(
                f"{name}, lead {number} of {what}: {n_samples} samples announced, {len(units)} "
                "found; the file is truncated. Export it again."
            )
        leads.append(undo_differences(units[:n_samples], differences))
    return _Stored(nv_per_unit, step_us, leads)


@dataclass(frozen=True, slots=True)
class _Rhythm:
    """The leads, their scale and step, and how many samples one stood for."""

    nv_per_unit: int
    step_us: int
    leads: list[Units]
    every: int = 1


def _rhythm(
    sections: dict[int, bytes],
    leads: list[_Lead],
    decode: Decoder,
    kept: tuple[bool, bool],
    name: str,
) -> RawEcg:
    """Read section 6; `kept` says whether beats were subtracted, and samples averaged."""
    first, last = max(lead.first for lead in leads), min(lead.last for lead in leads)
    check_size(name, len(leads), max(last - first + 1, 0))
    read = _compressed if any(kept) else _plain
    rhythm = read(sections, leads, decode, kept, name)
    check_rate(name, 1e6 / rhythm.step_us)
    warnings = []
    if rhythm.every > 1:
        warnings.append(
            f"Between the QRS complexes the device kept the mean of {rhythm.every} samples each; "
            "what lies between is interpolated."
        )
    if len({(lead.first, lead.last) for lead in leads}) > 1:
        warnings.append(
            f"The leads differ in length; what all share, {last - first + 1} samples, was read."
        )
    names = tuple(LEAD_CODES.get(lead.code, f"SCP lead {lead.code}") for lead in leads)
    rows = [
        row[first - lead.first : last - lead.first + 1]
        for row, lead in zip(rhythm.leads, leads, strict=True)
    ]
    signal = np.stack(rows) * (rhythm.nv_per_unit * 1e-6)
    return RawEcg(names, signal, 1e6 / rhythm.step_us, tuple(warnings))


def _plain(
    sections: dict[int, bytes],
    leads: list[_Lead],
    decode: Decoder,
    _: tuple[bool, bool],
    name: str,
) -> _Rhythm:
    counts = [lead.n_samples for lead in leads]
    stored = _stored(sections[6], counts, decode, "the rhythm", name)
    return _Rhythm(stored.nv_per_unit, stored.step_us, stored.leads)


def _compressed(
    sections: dict[int, bytes],
    leads: list[_Lead],
    decode: Decoder,
    kept: tuple[bool, bool],
    name: str,
) -> _Rhythm:
    """Expand what was averaged, then add the reference beats that were subtracted before."""
    is_subtracted, is_sparse = kept
    places = read_places(_section(sections, 4, "where the beats lie", name))
    beats = _beats(sections, places, len(leads), decode, name)
    (step_us,) = struct.unpack_from("<H", sections[6], 2)
    every = sparseness(step_us, beats.step_us, name) if is_sparse else 1
    if step_us != every * beats.step_us:
        raise RecordError(f"{name} has reference beats at another rate than the rhythm.")
    parts = [stretches(places, one.first, one.last, every, name) for one in leads]
    counts = [n_stored(part, every) for part in parts]
    stored = _stored(sections[6], counts, decode, "the rhythm", name)
    rows = [expand(row, part, every) for row, part in zip(stored.leads, parts, strict=True)]
    if not is_subtracted:
        return _Rhythm(stored.nv_per_unit, beats.step_us, rows, every)
    added = [
        add_beats(row, stored.nv_per_unit, beat, beats.nv_per_unit, places, lead.first)
        for row, beat, lead in zip(rows, beats.leads, leads, strict=True)
    ]
    return _Rhythm(added[0][1], beats.step_us, [row for row, _ in added], every)


def _beats(
    sections: dict[int, bytes], places: Places, n_leads: int, decode: Decoder, name: str
) -> _Stored:
    """Read the reference beat of each lead."""
    body = _section(sections, 5, "the reference beats", name)
    (step_us,) = struct.unpack_from("<H", body, 2)
    n_samples = round(places.length_ms * 1000 / step_us) if step_us else 0
    check_size(name, n_leads, n_samples)
    return _stored(body, [n_samples] * n_leads, decode, "the reference beats", name)
