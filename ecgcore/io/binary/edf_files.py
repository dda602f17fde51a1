"""Read the ECG of an EDF, EDF+ or BDF file (edfplus.info); patient and recording are never opened.

=============================  ===================================================================
read                           16 bits (EDF, EDF+C), 24 bits (BDF, BDF+C); any number of channels
                               beside the leads, at rates of their own; channels turned over
                               (physical minimum above maximum); an unknown number of data records
EDF+D, BDF+D (interrupted)     the longest stretch without a gap, which is said
left out                       annotations, and every channel that is not one of the twelve leads
refused                        leads at different rates; a scale of no extent; truncated files
=============================  ===================================================================
"""

import math
import re
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import RecordError
from ecgcore.io.raw import RawEcg, check_rate, check_size, unit_scale
from ecgcore.leads import standard_lead

_HEAD = 256
_MAX_CHANNELS = 512
_MAX_RECORDS = 10_000_000
_WIDTHS = {
    "label": 16, "transducer": 80, "unit": 8, "low": 8, "high": 8, "digital_low": 8,
    "digital_high": 8, "filter": 80, "n_samples": 8, "reserved": 32,
}  # fmt: skip
_ANNOTATIONS = ("EDF Annotations", "BDF Annotations")
_ONSET = re.compile(rb"([+-]\d{1,12}(?:\.\d{1,12})?)\x14")
_SAME_S = 1e-3
"""How far the start of a data record may be from the end of the one before."""


@dataclass(frozen=True, slots=True)
class _Head:
    n_bytes: int
    n_records: int
    duration_s: float
    interrupted: bool
    bytes_per_sample: int


@dataclass(frozen=True, slots=True)
class _Channel:
    """One channel: its place in a data record, and millivolts per unit."""

    label: str
    first: int
    n_samples: int
    scale: float
    offset: float


def is_edf(content: bytes) -> bool:
    """Say whether a file bears EDF's mark, or BDF's."""
    return content[:8] in {b"0       ", b"\xffBIOSEMI"} and len(content) >= _HEAD


def read_edf(content: bytes, name: str) -> RawEcg:
    """Read the leads of one file.

    Raises
    ------
    RecordError
        If it is damaged, names no leads, or has them at different rates.
    """
    if not is_edf(content):
        raise RecordError(f"{name} does not bear EDF's mark; it is damaged or another format.")
    n_channels = _whole(content[252:256], "channels", name)
    if not 1 <= n_channels <= _MAX_CHANNELS:
        raise RecordError(f"{name} has {n_channels} channels; 1 to {_MAX_CHANNELS} can be read.")
    if len(content) < _HEAD * (n_channels + 1):
        raise RecordError(f"{name} is truncated within its header. Export it again.")
    fields = _fields(content, n_channels)
    counts = [_whole(text, "samples of a channel", name) for text in fields["n_samples"]]
    if min(counts) < 0:
        raise RecordError(f"{name} is damaged: a channel has {min(counts)} samples.")
    head = _head(content, n_channels, sum(counts), name)
    labels = [text.decode("latin-1").strip() for text in fields["label"]]
    chosen = [k for k, label in enumerate(labels) if standard_lead(label) and counts[k]]
    if not chosen:
        raise RecordError(
            f"{name} has {n_channels} channels, none named as a lead (I, II, V1 ...)."
        )
    if len({counts[k] for k in chosen}) > 1:
        raise RecordError(f"{name} has leads at different rates. Export them at one rate.")
    n_leads, n_samples = len(chosen), counts[chosen[0]] * head.n_records
    check_size(name, n_leads, n_samples)
    fs_hz = counts[chosen[0]] / head.duration_s
    check_rate(name, fs_hz)
    channels = [_channel(fields, labels, counts, k, name) for k in chosen]
    blocks = _blocks(content, head, sum(counts))
    words, first, last = _stretch(blocks, head, labels, counts, name)
    signal = np.empty((n_leads, counts[chosen[0]] * (last - first)), np.float32)
    for row, channel in zip(signal, channels, strict=True):
        row[:] = _millivolts(blocks[first:last], channel, head.bytes_per_sample)
    n_left = sum(label not in _ANNOTATIONS for label in labels) - n_leads
    left = (f"Left out: {n_left} channels that are no leads.",) if n_left else ()
    return RawEcg(tuple(one.label for one in channels), signal, fs_hz, (*words, *left))


def _fields(content: bytes, n_channels: int) -> dict[str, list[bytes]]:
    start, fields = _HEAD, {}
    for key, width in _WIDTHS.items():
        ends = range(start, start + width * n_channels, width)
        fields[key] = [content[at : at + width] for at in ends]
        start += width * n_channels
    return fields


def _head(content: bytes, n_channels: int, n_values: int, name: str) -> _Head:
    n_bytes = _HEAD * (n_channels + 1)
    if _whole(content[184:192], "bytes of the header", name) != n_bytes:
        raise RecordError(f"{name} is damaged: its header should have {n_bytes:,} bytes.")
    width = 3 if content[:1] == b"\xff" else 2
    n_records = _whole(content[236:244], "data records", name)
    fit = (len(content) - n_bytes) // max(width * n_values, 1)
    if n_records == -1:  # not known when recording began
        n_records = fit
    if not 1 <= n_records <= min(fit, _MAX_RECORDS):
        raise RecordError(
            f"{name} announces {n_records:,} data records and holds {fit:,}; truncated? Export it "
            "again."
        )
    duration_s = _number(content[244:252], "seconds of a data record", name)
    if duration_s <= 0:
        raise RecordError(f"{name} has data records of {duration_s:g} s; there is no rate.")
    interrupted = content[196:197] == b"D" and content[192:196] in {b"EDF+", b"BDF+"}
    return _Head(n_bytes, n_records, duration_s, interrupted, width)


def _channel(
    fields: dict[str, list[bytes]], labels: list[str], counts: list[int], k: int, name: str
) -> _Channel:
    low, high, digital_low, digital_high = (
        _number(fields[key][k], "a channel's range", name)
        for key in ("low", "high", "digital_low", "digital_high")
    )
    if low == high or digital_low == digital_high:
        raise RecordError(f"{name} gives a lead a range of no extent; amplitudes are not known.")
    unit = unit_scale(name, fields["unit"][k].decode("latin-1"))
    scale = (high - low) / (digital_high - digital_low)
    offset = low - digital_low * scale
    return _Channel(labels[k], sum(counts[:k]), counts[k], scale * unit, offset * unit)


def _blocks(content: bytes, head: _Head, n_values: int) -> NDArray[np.uint8]:
    """Return data records as bytes, ``(n_records, bytes of a record)``; nothing is copied."""
    width = head.bytes_per_sample * n_values
    return np.frombuffer(content, np.uint8, head.n_records * width, head.n_bytes).reshape(
        head.n_records, width
    )


def _millivolts(blocks: NDArray[np.uint8], channel: _Channel, width: int) -> NDArray[np.float64]:
    start, end = channel.first * width, (channel.first + channel.n_samples) * width
    data = np.ascontiguousarray(blocks[:, start:end]).reshape(-1, width)
    if width == 2:
        units: NDArray[np.integer] = data.view("<i2").reshape(-1)
    else:  # the sign bit is that of the third byte
        wide = np.zeros((len(data), 4), np.uint8)
        wide[:, 1:] = data
        units = wide.view("<i4").reshape(-1) >> 8
    return np.asarray(units * channel.scale + channel.offset, np.float64)


def _stretch(
    blocks: NDArray[np.uint8], head: _Head, labels: list[str], counts: list[int], name: str
) -> tuple[tuple[str, ...], int, int]:
    """First and one behind the last of the data records that follow each other without a gap."""
    if not head.interrupted:
        return (), 0, head.n_records
    place = next((k for k, label in enumerate(labels) if label in _ANNOTATIONS), None)
    if place is None:
        raise RecordError(f"{name} is interrupted (EDF+D) and does not say when. Export it again.")
    width = head.bytes_per_sample
    start, end = sum(counts[:place]) * width, sum(counts[: place + 1]) * width
    starts_s = [_onset(block[start:end].tobytes(), name) for block in blocks]
    gaps = np.abs(np.diff(starts_s) - head.duration_s) > _SAME_S
    borders = [0, *(int(k) + 1 for k in np.flatnonzero(gaps)), head.n_records]
    first, last = max(pairwise(borders), key=lambda pair: pair[1] - pair[0])
    if last - first == head.n_records:
        return (), first, last
    words = (
        f"The recording was interrupted {int(gaps.sum())} times; its longest part, "
        f"{(last - first) * head.duration_s:g} s, was read."
    )
    return (words,), first, last


def _onset(annotations: bytes, name: str) -> float:
    found = _ONSET.match(annotations)
    if not found:
        raise RecordError(f"{name} is interrupted (EDF+D) and does not say when. Export it again.")
    return float(found[1])


def _number(text: bytes, what: str, name: str) -> float:
    try:
        number = float(text.decode("ascii").strip().replace(",", "."))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise RecordError(f"{name} is damaged: the number of {what} is none. Export it again.")
    return number


def _whole(text: bytes, what: str, name: str) -> int:
    number = _number(text, what, name)
    if number != int(number):
        raise RecordError(f"{name} is damaged: the number of {what} is not whole.")
    return int(number)
