"""Reference beats (section 5), where they lie (section 4), and samples kept sparsely between them.

A device may subtract a reference beat from each beat of type 0, and keep only the mean of every 2
to 4 samples outside the protected zones (bimodal compression). Both are undone here (EN 1064).
"""

import math
import struct
from dataclasses import dataclass

import numpy as np

from ecgcore.errors import RecordError
from ecgcore.io.binary.scp_coding import Units

_BEAT = struct.Struct("<HIII")
_ZONE = struct.Struct("<II")
_MAX_SPARSENESS = 4


@dataclass(frozen=True, slots=True)
class Places:
    """Section 4: the reference beat's length and fiducial point, beats and protected zones.

    Attributes
    ----------
    beats
        Type, first sample, fiducial point and last sample, counted from 1.
    zones
        First and last sample of the zones that are kept whole, in order, none overlapping.
    """

    length_ms: int
    fiducial: int
    beats: tuple[tuple[int, int, int, int], ...]
    zones: tuple[tuple[int, int], ...]


def read_places(body: bytes) -> Places:
    """Read section 4; struct.error where it is truncated."""
    length_ms, fiducial, n_beats = struct.unpack_from("<HHH", body)
    beats = tuple(_BEAT.unpack_from(body, 6 + _BEAT.size * k) for k in range(n_beats))
    at = 6 + _BEAT.size * n_beats
    zones: list[tuple[int, int]] = []
    if at + _ZONE.size * n_beats <= len(body):
        for first, last in sorted(_ZONE.iter_unpack(body[at : at + _ZONE.size * n_beats])):
            if zones and first <= zones[-1][1] + 1:
                zones[-1] = (zones[-1][0], max(zones[-1][1], last))
            elif 0 < first <= last:
                zones.append((first, last))
    return Places(length_ms, fiducial, beats, tuple(zones))


def sparseness(step_us: int, beat_step_us: int, name: str) -> int:
    """Say how many samples one stands for outside the protected zones.

    Raises
    ------
    RecordError
        If the rates of rhythm and reference beat do not allow it.
    """
    if not beat_step_us or step_us % beat_step_us or step_us // beat_step_us > _MAX_SPARSENESS:
        raise RecordError(
            f"{name} is damaged: bimodal compression with {step_us} µs per sample, {beat_step_us} "
            "µs in the reference beat."
        )
    return step_us // beat_step_us


def stretches(
    places: Places, first: int, last: int, every: int, name: str
) -> list[tuple[int, int, bool]]:
    """Cut a lead into stretches: where each begins and ends (from 0), and whether it is whole.

    Raises
    ------
    RecordError
        If a stretch between two zones is no whole number of groups; it is not said what then.
    """
    found, at = [], first
    for start, end in places.zones:
        start, end = max(start, at), min(end, last)
        if start > end:
            continue
        if (start - at) % every:
            raise RecordError(
                f"{name} keeps one of {every} samples between protected zones that are "
                f"{start - at} samples apart; how to expand that is not defined."
            )
        found += [(at - first, start - first, False), (start - first, end + 1 - first, True)]
        at = end + 1
    return [one for one in [*found, (at - first, last + 1 - first, False)] if one[0] < one[1]]


def n_stored(parts: list[tuple[int, int, bool]], every: int) -> int:
    """Count the samples that the file holds of a lead."""
    return sum((end - start) // (1 if whole else every) for start, end, whole in parts)


def expand(units: Units, parts: list[tuple[int, int, bool]], every: int) -> Units:
    """Lay stored samples out again, straight lines between the middles of the groups."""
    whole = np.zeros(parts[-1][1] if parts else 0, dtype=np.int64)
    at = 0
    for start, end, is_whole in parts:
        n = (end - start) // (1 if is_whole else every)
        kept, at = units[at : at + n], at + n
        if is_whole:
            whole[start:end] = kept
        elif n:
            middles = np.arange(n) * every + (every - 1) / 2
            whole[start:end] = np.rint(np.interp(np.arange(end - start), middles, kept))
    return whole


def add_beats(
    residual: Units, scale: int, beat: Units, beat_scale: int, places: Places, first: int
) -> tuple[Units, int]:
    """Add the reference beat where it was subtracted.

    Parameters
    ----------
    residual, scale
        What is left of a lead that begins at sample `first`, and nanovolts per unit.
    beat, beat_scale
        The lead's reference beat, and nanovolts per unit.

    Returns
    -------
    tuple
        The lead, and nanovolts per unit, in which both are whole numbers.
    """
    common = math.gcd(scale, beat_scale)
    lead, part = residual * (scale // common), beat * (beat_scale // common)
    for kind, start, fiducial, end in places.beats:
        begin = fiducial - places.fiducial + 1  # sample at which the reference beat would begin
        low = max(start, first, begin)
        high = min(end, first + len(lead) - 1, begin + len(part) - 1)
        if kind == 0 and low <= high:
            lead[low - first : high - first + 1] += part[low - begin : high - begin + 1]
    return lead, common
