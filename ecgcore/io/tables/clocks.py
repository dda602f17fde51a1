"""The rate that a column of times tells: numbers with a unit, clock times, dates with times."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import RecordError
from ecgcore.io.raw import MAX_FS_HZ, MIN_FS_HZ

_CLOCK = re.compile(r"(\d{1,4}):(\d{1,2})(?::(\d{1,2}))?(?:[.,:](\d{1,9}))?")
_HALF_DAY_S = 43_200.0
_WHOLE = 2e-4
"""Relative difference up to which a rate is whole."""

_STEPS_OFF = 0.75
_USUAL = (50, 100, 125, 128, 200, 240, 250, 256, 300, 360, 400, 480, 500, 512, 600, 800, 960, 1000,
          1024, 1200, 2000, 2048, 4000)  # fmt: skip
_USUALLY_WITHIN = 0.003
_UNITS_S = (1.0, 1e-3, 1e-6, 1e-9)
_UNIT_WORDS = {1.0: "seconds", 1e-3: "milliseconds", 1e-6: "microseconds", 1e-9: "nanoseconds"}
_RESOLUTIONS = (1.0, 0.1, 1e-2, 1e-3, 1e-4)


def clock_seconds(cells: Sequence[str]) -> tuple[NDArray[np.float64], float] | None:
    """Return seconds and their resolution where all cells hold a clock time; else None.

    A date beside the time and the zone after it do not matter; midnight and noon are passed.

    Examples
    --------
    >>> seconds, step_s = clock_seconds(["2024-05-01T23:59:59.998Z", "2024-05-02T00:00:00.000Z"])
    >>> [round(float(one), 3) for one in np.diff(seconds)], step_s
    ([0.002], 0.001)
    """
    seconds, digits = np.empty(len(cells)), 0
    for k, cell in enumerate(cells):
        found = _CLOCK.search(cell[:80])
        if found is None:
            return None
        first, second, third, fraction = found.groups()
        whole = (
            int(first) * 60 + int(second)
            if third is None
            else (int(first) * 3600 + int(second) * 60 + int(third))
        )
        digits = max(digits, len(fraction or ""))
        seconds[k] = whole + (int(fraction) / 10 ** len(fraction) if fraction else 0.0)
    turns = np.round(np.diff(seconds) / _HALF_DAY_S)
    turns[turns > 0] = 0
    seconds[1:] -= np.cumsum(turns) * _HALF_DAY_S
    return seconds, 10.0**-digits


def numeric_resolution(times: NDArray[np.float64], unit_s: float) -> float:
    """Return the step in seconds to which numbers seem to be rounded; 0 if to none."""
    scaled = times * unit_s
    for step_s in _RESOLUTIONS:
        parts = scaled / step_s
        if np.all(np.abs(parts - np.rint(parts)) < 1e-6 * np.maximum(1.0, np.abs(parts))):
            return step_s
    return 0.0


def likely_unit_s(times: NDArray[np.float64]) -> float | None:
    """Return the only unit in which numbers make a rate of an ECG; None for a plain count."""
    if len(times) < 3 or not np.isfinite(times).all():
        return None
    step = (times[-1] - times[0]) / (len(times) - 1)
    if not step > 0 or np.all(np.diff(times) == 1):
        return None
    fits = [unit for unit in _UNITS_S if MIN_FS_HZ <= 1 / (step * unit) <= MAX_FS_HZ]
    return fits[0] if len(fits) == 1 else None


def unit_words(unit_s: float) -> str:
    """Name a unit of time."""
    return _UNIT_WORDS[unit_s]


def rate_of(times_s: NDArray[np.float64], resolution_s: float, name: str) -> float:
    """Return the rate of rising times, also where they are rounded so that several are equal.

    Raises
    ------
    RecordError
        If they do not rise, or samples are missing or repeated.
    """
    if not np.isfinite(times_s).all() or not times_s[-1] > times_s[0]:
        raise RecordError(f"{name}: the time column does not rise. Sort the rows, or leave it out.")
    changes = np.flatnonzero(np.diff(times_s)) + 1
    rounded = len(changes) < 0.9 * (len(times_s) - 1) and len(changes) >= 2
    first, last = (int(changes[0]), int(changes[-1])) if rounded else (0, len(times_s) - 1)
    span_s = times_s[last] - times_s[first]
    step_s = span_s / (last - first)
    expected = times_s[first] + step_s * (np.arange(len(times_s)) - first)
    off = np.abs(times_s - expected)
    most = _STEPS_OFF * step_s + (1.01 * resolution_s if rounded else 0.0)
    if off.max() > most:
        raise RecordError(
            f"{name}: the time column jumps near row {int(off.argmax()) + 1}; samples are missing "
            "or repeated there. Crop the recording."
        )
    return _whole(1 / step_s, resolution_s / span_s, rounded)


def _whole(rate: float, doubt: float, rounded: bool) -> float:
    """Return the whole rate that one means, as far as its times were rounded."""
    usual = min(_USUAL, key=lambda one: abs(one - rate))
    if rounded and abs(usual - rate) <= _USUALLY_WITHIN * rate:
        return float(usual)
    whole = round(rate)
    within = max(_WHOLE, min(doubt, _USUALLY_WITHIN) if usual == whole else 0.0)
    return float(whole) if abs(rate - whole) < within * rate else rate
