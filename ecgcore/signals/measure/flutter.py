"""Flutter waves, told from P waves: they come more than once in each beat."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ecgcore.signals.beats.qrs_detector import Array

_FLUTTER_MS = np.arange(150.0, 321.0, 6.0)
"""Times from one flutter wave to the next."""

_ALIKE = 0.88
"""Least correlation of a flutter wave with the next. In PTB-XL what precedes a P wave of sinus
rhythm stays below 0.7 in 99 of 100 records; over half of the flutter waves are above 0.9."""

_LEAST_SHOWN_MS = 60.0
"""Least part of both waves that must stand clear of QRS and T."""

_HALF_RR_MS = 24.0
"""Largest distance of a wave from half of RR where every other wave hides in QRS and T."""


class Rest(NamedTuple):
    """Where waves can be seen, in ms from R: after the last T, after and before QRS; usual RR."""

    after_t: float
    after_qrs: float
    rr_ms: float
    before_qrs: float = -40.0


def repeats(
    smooth: Array, at: Callable[[float], int], wave_ms: tuple[float, float], rest: Rest
) -> bool:
    """Say whether a wave before QRS comes also earlier, or later before QRS, or half an RR later.

    Parameters
    ----------
    smooth
        ``(12, n)`` median beat without noise.
    at
        Gives the sample of a time in ms from R.
    wave_ms
        Start and end of the wave.
    rest
        Where to look for it.
    """
    start, stop = wave_ms
    half = _FLUTTER_MS[np.abs(_FLUTTER_MS - rest.rr_ms / 2) < _HALF_RR_MS]
    places = [(max(start, rest.after_t + shift), stop, -shift) for shift in _FLUTTER_MS]
    places += [(start, min(stop, rest.before_qrs - shift), shift) for shift in _FLUTTER_MS]
    places += [(max(start, rest.after_qrs - shift), stop, shift) for shift in half]
    for first, last, shift in places:
        one, other = (smooth[:, at(first + by) : at(last + by)] for by in (0.0, shift))
        if last - first >= _LEAST_SHOWN_MS and _likeness(one, other) > _ALIKE:
            return True
    return False


def _likeness(one: Array, other: Array) -> float:
    """Return the correlation of two windows; 0 for waves of different height or one cut off."""
    if one.shape[1] - other.shape[1] > 1:
        return 0.0
    width = min(one.shape[1], other.shape[1])
    one, other = (x[:, :width] - x[:, :width].mean(axis=1, keepdims=True) for x in (one, other))
    size, other_size = np.linalg.norm(one), np.linalg.norm(other)
    if not 0.5 * size < other_size < 2.0 * size:
        return 0.0
    return float((one * other).sum() / (size * other_size))
