"""Millivolts as whole numbers: exact where the recording came from whole numbers itself."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ecgcore.records import FloatArray

MISSING = -32768
"""What stands for a sample that is not there, where a format has such a value."""

_MOST = 32_767
_FINEST_MV = 1e-5
_PARTS = (1, 2, 3, 4, 5, 6, 8, 10)
"""A lead that was derived or lies off zero is a multiple of such a part of its own steps."""

Rebuild = Callable[[NDArray[np.int64], float], NDArray[np.float64]]
"""How a format's readers get millivolts from whole numbers and the step in mV."""


@dataclass(frozen=True, slots=True, eq=False)
class Whole:
    """A lead in whole numbers.

    Attributes
    ----------
    units
        ``(n_samples,)`` int16; `MISSING` where the lead has no sample.
    step_mv
        Millivolts per unit.
    error_mv
        Largest difference from the lead; 0 where every bit is kept.
    """

    units: NDArray[np.int16]
    step_mv: float
    error_mv: float


def in_units(units: NDArray[np.int64], step_mv: float) -> NDArray[np.float64]:
    """Rebuild as most readers do: whole numbers times the step."""
    return np.asarray(units * step_mv, np.float64)


def whole(lead: FloatArray, rebuild: Rebuild = in_units) -> Whole:
    """Write a lead in whole numbers of 16 bits, without loss where steps are found that allow it.

    Examples
    --------
    >>> found = whole(np.array([0.01, -0.025, 0.015, 1.5], np.float32))
    >>> found.units.tolist(), found.step_mv, found.error_mv
    ([2, -5, 3, 300], 0.005, 0.0)
    """
    there = np.isfinite(lead)
    values = lead[there]
    best = None
    for step_mv in _steps(values):
        units = np.rint(values.astype(np.float64) / step_mv).astype(np.int64)
        error = np.abs(rebuild(units, step_mv).astype(np.float32) - values).max(initial=0.0)
        if best is None or error < best[2]:
            best = units, step_mv, float(error)
        if not error:
            break
    assert best is not None  # the last step always fits  # noqa: S101
    full = np.full(len(lead), MISSING, np.int16)
    full[there] = best[0]
    return Whole(full, best[1], best[2])


def _steps(values: FloatArray) -> Iterator[float]:
    """Yield steps to try, in mV: those that the values lie on, then one that is fine enough."""
    largest = float(np.abs(values).max(initial=0.0))
    found = _grid(values)
    if found:
        for part in _PARTS:
            for step in _round_numbers(found / part):
                if largest / step <= _MOST:
                    yield step
    yield _fine(largest)


def _fine(largest_mv: float) -> float:
    """Return the smallest of 1, 2, 5 times a power of ten with which the largest value fits."""
    needed = max(largest_mv / _MOST, _FINEST_MV)
    power = 10.0 ** np.floor(np.log10(needed))
    return float(
        f"{next(m * power for m in (1, 2, 5, 10) if m * power >= needed * 0.9999999):.12g}"
    )


def _grid(values: FloatArray) -> float | None:
    """Return the step between values if there are few enough of them to lie on one."""
    levels = np.unique(values.astype(np.float64))
    if len(levels) < 2:
        return float(abs(levels[0])) or None if len(levels) else None
    gaps = np.diff(levels)
    noise = float(np.abs(levels).max()) * 2.0**-22
    gaps = gaps[gaps > 4 * noise]
    if not len(gaps) or gaps.min() < _FINEST_MV / 2:
        return None
    step = float(gaps.min())
    span = levels - levels[0]
    for _ in range(3):  # a better step from all levels
        counts = np.rint(span / step)
        step = float((counts * span).sum() / (counts * counts).sum())
    return step if np.abs(span - np.rint(span / step) * step).max() <= 4 * noise else None


def _round_numbers(step: float) -> Iterator[float]:
    """Short decimals near a step, and the shortest whole number of steps per mV."""
    seen = set()
    per_mv = 1 / step
    if abs(per_mv - round(per_mv)) < 1e-4 * per_mv and round(per_mv):
        seen.add(1 / round(per_mv))
        yield 1 / round(per_mv)
    for digits in range(1, 10):
        rounded = float(f"{step:.{digits}g}")
        if rounded not in seen and abs(rounded - step) <= 1e-5 * step:
            seen.add(rounded)
            yield rounded
    fraction = float(Fraction(step).limit_denominator(100_000))
    if fraction and fraction not in seen and abs(fraction - step) <= 1e-5 * step:
        yield fraction
