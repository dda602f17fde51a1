"""Read the rhythm of an MFER file (ISO 22077-1); nothing about the patient is opened.

===========  =====================================================================================
read         16- and 32-bit whole numbers, unsigned and 8-bit ones, floating point; either byte
             order; blocks and sequences of any length; definitions for one channel (ATT) and in
             groups (SET); definite and indefinite lengths; the value that stands for none (NUL)
left out     channels that are not one of the twelve leads; dominant beats
said         a skew in time from channel to channel
refused      compressed data; an offset (published readers disagree about its sign); files that do
             not state rate and sensitivity; leads at different rates
===========  =====================================================================================
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import RecordError
from ecgcore.io.raw import MAX_VALUES, RawEcg, check_rate, check_size
from ecgcore.leads import LEAD_CODES, standard_lead

_BLE, _BLK, _CHN, _SEQ, _WFM, _LDN, _DTP, _IVL, _SEN, _OFF, _CMP, _NUL, _WAV = (
    0x01, 0x04, 0x05, 0x06, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x12, 0x1E,
)  # fmt: skip
_ATT, _SKW, _SET, _END = 0x3F, 0x43, 0x67, 0x80
_KINDS = {0: "i2", 1: "u2", 2: "i4", 3: "u1", 5: "i1", 6: "u4", 7: "f4", 8: "f8"}
_HZ, _S, _VOLT = 0, 1, 0
_DOMINANT_BEAT = 9
_MAX_CHANNELS = 256
_MAX_ITEMS = 20_000
_MAX_DEPTH = 4
_CODES = {**LEAD_CODES, 65: "-aVR"}


class _DamagedError(Exception):
    """The file is not what the format says; the words say what."""


@dataclass(frozen=True, slots=True)
class _Channel:
    """What is defined for one channel; None where nothing is."""

    kind: int = 0
    block: int = 1
    n_blocks: int | None = None
    lead: str = ""
    step: tuple[int, float] | None = None
    mv_per_unit: float | None = None
    offset: float = 0.0
    none: bytes = b""


@dataclass(slots=True)
class _Reading:
    """What holds at a place in the file."""

    order: str = ">"
    n_channels: int = 1
    common: _Channel = _Channel()
    own: dict[int, list[tuple[int, bytes, str]]] = field(default_factory=dict)
    is_beat: bool = False
    skewed: bool = False
    n_items: int = 0
    found: list[RawEcg] = field(default_factory=list)


def is_mfer(content: bytes) -> bool:
    """Say whether a file begins with MFER's preamble."""
    return content[:1] == b"\x40" and content[2:6] == b"MFR "


def read_mfer(content: bytes, name: str) -> RawEcg:
    """Read the longest rhythm.

    Raises
    ------
    RecordError
        If it is damaged, compressed, or does not say rate or sensitivity.
    """
    state = _Reading()
    try:
        _walk(content, 0, len(content), None, 0, state, name)
    except _DamagedError as error:
        raise RecordError(f"{name} cannot be read as MFER: {error}. Export it again.") from error
    if not state.found:
        raise RecordError(f"{name} holds no rhythm of leads that are named. Export it again.")
    longest = max(state.found, key=lambda raw: raw.signal.size)
    words = list(longest.warnings)
    if len(state.found) > 1:
        words.append(f"The file holds {len(state.found)} waveforms; the longest was read.")
    if state.skewed:
        words.append("The leads are skewed in time against each other; this was not undone.")
    return replace(longest, warnings=tuple(words))


def _items(data: bytes, at: int, end: int, state: _Reading) -> Iterator[tuple[int, int, int, int]]:
    """Tag, channel, start and end of each item's content."""
    while at < end:
        tag, at, channel = data[at], at + 1, 0
        if tag == 0:
            continue
        if tag == _END:
            return
        state.n_items += 1
        if state.n_items > _MAX_ITEMS:
            raise _DamagedError(f"it has more than {_MAX_ITEMS:,} definitions, which no ECG has")
        if tag == _ATT:
            channel, at = _channel_number(data, at, end)
        stop, following, at = _extent(data, at, end, 0)
        yield tag, channel, at, stop
        at = following


def _channel_number(data: bytes, at: int, end: int) -> tuple[int, int]:
    channel = 0
    for place in range(at, min(at + 3, end)):
        channel = channel << 7 | data[place] & 0x7F
        if data[place] < 0x80:
            return channel, place + 1
    raise _DamagedError("a channel's number has no end")


def _extent(data: bytes, at: int, end: int, depth: int) -> tuple[int, int, int]:
    """Where a content ends, where the next item begins, and where the content begins."""
    if at >= end:
        raise _DamagedError("it is truncated")
    first, at = data[at], at + 1
    if first == 0x80:  # an indefinite length, up to two zeros
        return *_indefinite(data, at, end, depth), at
    length = first
    if first > 0x80:
        n_bytes = first & 0x7F
        if n_bytes > 4 or at + n_bytes > end:
            raise _DamagedError("a length is damaged")
        length, at = int.from_bytes(data[at : at + n_bytes], "big"), at + n_bytes
    if at + length > end:
        raise _DamagedError("it is truncated")
    return at + length, at + length, at


def _indefinite(data: bytes, at: int, end: int, depth: int) -> tuple[int, int]:
    if depth > _MAX_DEPTH:
        raise _DamagedError("its definitions are nested too deep")
    for _ in range(_MAX_ITEMS):
        if at + 1 >= end:
            break
        if data[at] == 0 and data[at + 1] == 0:
            return at, at + 2
        if data[at] == 0:
            at += 1
            continue
        at = _channel_number(data, at + 1, end)[1] if data[at] == _ATT else at + 1
        at = _extent(data, at, end, depth + 1)[1]
    raise _DamagedError("a group has no end")


def _walk(
    data: bytes, at: int, end: int, channel: int | None, depth: int, state: _Reading, name: str
) -> None:
    if depth > _MAX_DEPTH:
        raise _DamagedError("its definitions are nested too deep")
    for tag, number, start, stop in _items(data, at, end, state):
        if tag == _ATT:
            _walk(data, start, stop, number, depth + 1, state, name)
        elif tag == _SET:
            _walk(data, start, stop, channel, depth + 1, state, name)
        elif tag == _WAV:
            if not state.is_beat:
                state.found += _frame(memoryview(data)[start:stop], state, name)
        else:
            _define(tag, data[start:stop], channel, state)


def _define(tag: int, value: bytes, channel: int | None, state: _Reading) -> None:
    """Keep a definition; of one channel, until the waveform that it holds for."""
    if tag == _BLE:
        state.order = "<" if value == b"\x01" else ">"
    elif tag == _CHN:
        state.n_channels, state.own = _count(value, state.order, _MAX_CHANNELS), {}
    elif tag == _WFM and channel is None:
        state.is_beat = _whole(value[:2], state.order) == _DOMINANT_BEAT
    elif tag == _SKW:
        state.skewed |= any(value)
    elif tag == _CMP and any(value):
        raise _DamagedError("it is compressed, which is not read")
    elif channel is not None:
        state.own.setdefault(channel, []).append((tag, value, state.order))
    elif tag != _LDN:
        state.common = _defined(state.common, tag, value, state.order)


def _defined(one: _Channel, tag: int, value: bytes, order: str) -> _Channel:
    if tag == _DTP:
        kind = value[0] if value else 0
        if kind not in _KINDS:
            raise _DamagedError("it is compressed or of an unknown type, which is not read")
        return replace(one, kind=kind)
    if tag == _BLK:
        return replace(one, block=_count(value, order, MAX_VALUES))
    if tag == _SEQ:
        return replace(one, n_blocks=_count(value, order, MAX_VALUES))
    if tag == _LDN:
        code = value[0] if len(value) == 1 else _whole(value[:2], order)
        return replace(one, lead=_CODES.get(code, ""))
    if tag == _IVL and len(value) >= 3:
        return replace(one, step=(value[0], _scaled(value, order)))
    if tag == _SEN and len(value) >= 3:
        volts = _scaled(value, order) if value[0] == _VOLT else None
        return replace(one, mv_per_unit=None if volts is None else volts * 1000)
    if tag == _OFF:
        return replace(one, offset=float(any(value)))
    return replace(one, none=value) if tag == _NUL else one


def _frame(wave: memoryview, state: _Reading, name: str) -> list[RawEcg]:
    """Read the leads of one waveform; none where none is named."""
    channels = []
    for number in range(state.n_channels):
        one = state.common
        for definition in state.own.get(number, ()):
            one = _defined(one, *definition)
        channels.append(one)
    sizes = [one.block * np.dtype(_KINDS[one.kind]).itemsize for one in channels]
    n_blocks = len(wave) // sum(sizes)
    stated = {one.n_blocks for one in channels if one.n_blocks is not None}
    if not n_blocks or stated - {n_blocks}:
        raise _DamagedError(f"it states {max(stated, default=1)} sequences and holds {n_blocks}")
    rows = [row for row, one in enumerate(channels) if standard_lead(one.lead.lstrip("-"))]
    if not rows:
        return []
    blocks = np.frombuffer(wave, np.uint8, n_blocks * sum(sizes)).reshape(n_blocks, -1)
    if len({channels[row].block for row in rows}) > 1:
        raise _DamagedError("its leads have blocks of different lengths")
    n_samples = n_blocks * channels[rows[0]].block
    check_size(name, len(rows), n_samples)
    fs_hz = _rate([channels[row] for row in rows], name)
    signal = np.empty((len(rows), n_samples), np.float32)
    for values, row in zip(signal, rows, strict=True):
        start = sum(sizes[:row])
        values[:] = _millivolts(blocks[:, start : start + sizes[row]], channels[row], state.order)
    left = len(channels) - len(rows)
    words = (f"Left out: {left} channels that are no leads.",) if left else ()
    return [RawEcg(tuple(channels[row].lead for row in rows), signal, fs_hz, words)]


def _rate(leads: list[_Channel], name: str) -> float:
    steps = {one.step for one in leads}
    if len(steps) > 1:
        raise _DamagedError("its leads have different rates")
    step = steps.pop()
    if step is None or step[0] not in {_HZ, _S} or step[1] <= 0:
        raise _DamagedError("it does not say its rate")
    fs_hz = step[1] if step[0] == _HZ else 1 / step[1]
    check_rate(name, fs_hz)
    return fs_hz


def _millivolts(block: NDArray[np.uint8], one: _Channel, order: str) -> NDArray[np.float64]:
    if not one.mv_per_unit or not math.isfinite(one.mv_per_unit):
        raise _DamagedError("it does not say its sensitivity in volts")
    if one.offset:
        raise _DamagedError("it states an offset, whose sign readers disagree about")
    kind = np.dtype(f"{order}{_KINDS[one.kind]}")
    units = np.ascontiguousarray(block).reshape(-1).view(kind)
    values = np.asarray(units * one.mv_per_unit, np.float64)
    if len(one.none) == kind.itemsize:
        values[units == np.frombuffer(one.none, kind)[0]] = np.nan
    return values


def _scaled(value: bytes, order: str) -> float:
    exponent = int.from_bytes(value[1:2], "big", signed=True)
    return _whole(value[2:6], order, signed=True) * 10.0**exponent


def _whole(value: bytes, order: str, *, signed: bool = False) -> int:
    return int.from_bytes(value, "big" if order == ">" else "little", signed=signed)


def _count(value: bytes, order: str, most: int) -> int:
    number = _whole(value[:4], order) if value else 1
    if not 1 <= number <= most:
        raise _DamagedError(f"it states {number:,} of what may be 1 to {most:,}")
    return number
