"""Isoelectric levels between beats, and the median over aligned beats."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ecgcore.records import FloatArray
from ecgcore.signals.beats.morphology import windows
from ecgcore.signals.beats.qrs_detector import Array, Indices, samples

_BEFORE = samples(0.6)
_AFTER = samples(0.8)
_PREVIOUS_QRS = samples(0.15)
_NEXT_QRS = samples(0.12)


def isoelectric(signal: FloatArray, r: Indices) -> Array:
    """Return the baseline, ``(12, n)``: straight lines through the levels just before each QRS.

    Unlike a high-pass filter this leaves the ST segment as it is.
    """
    onset = r - _samples_to_onset(signal, r)
    level = np.median(
        signal[:, np.clip(onset[:, None] + np.arange(-13, -3), 0, signal.shape[1] - 1)], axis=2
    )
    knots = onset - 8
    at = np.arange(signal.shape[1])
    right = np.clip(np.searchsorted(knots, at), 1, len(knots) - 1)
    share = np.clip((at - knots[right - 1]) / (knots[right] - knots[right - 1]), 0.0, 1.0)
    return np.asarray(level[:, right - 1] * (1 - share) + level[:, right] * share)


def _samples_to_onset(signal: FloatArray, r: Indices) -> int:
    """Return a first estimate of the time from QRS onset to R, from the slopes of all leads."""
    half = samples(0.16)
    beat = gaussian_filter1d(np.median(windows(signal, r, half), axis=0), 4.0, axis=1)
    speed = np.abs(np.gradient(beat, axis=1)).mean(axis=0)
    core = speed[half - samples(0.08) : half + samples(0.08)]
    first = half - samples(0.08) + int(np.argmax(core > 0.5 * core.max()))
    quiet = np.flatnonzero(speed[:first] < 0.1 * core.max())
    return half - int(quiet[-1]) if quiet.size else samples(0.06)


def stacked(signal: Array, r: Indices, dominant: np.ndarray) -> Array:
    """Cut the dominant beats, ``(n_beats, 12, n)``; nan outside the record and in neighbours."""
    at = np.arange(-_BEFORE, _AFTER)
    stack = windows(signal, r[dominant], _AFTER)[:, :, _AFTER - _BEFORE : -1]
    before = np.r_[-_BEFORE - _PREVIOUS_QRS, r[:-1]][dominant] - r[dominant]
    after = np.r_[r[1:], 10 * signal.shape[1]][dominant] - r[dominant]
    place = r[dominant][:, None] + at
    known = (place >= 0) & (place < signal.shape[1])
    known &= (at > before[:, None] + _PREVIOUS_QRS) & (at < after[:, None] - _NEXT_QRS)
    return np.where(known[:, None, :], stack, np.nan)


@dataclass(frozen=True, slots=True, eq=False)
class Average:
    """Median over beats, its standard error, the medians of every other beat, and R's sample."""

    median: FloatArray
    noise: FloatArray
    halves: FloatArray
    r_index: int


def averaged(stack: Array) -> Average:
    """Return the median over a stack of beats.

    Samples that fewer than two beats, or less than a third of them, have are cut off; what one half
    of the beats lacks is taken from all of them.
    """
    count = np.isfinite(stack[:, 0]).sum(axis=0)
    enough = count >= max(2, count[_BEFORE] / 3)
    first = _BEFORE - int(np.argmin(np.r_[enough[:_BEFORE][::-1], False]))
    last = _BEFORE + int(np.argmin(np.r_[enough[_BEFORE:], False]))
    stack = stack[:, :, first:last]
    median = _median_of_known(stack)
    halves = np.array([_median_of_known(stack[half::2]) for half in (0, 1)])
    halves = np.where(np.isnan(halves), median, halves)
    spread = np.nanmedian(np.abs(stack - median)[:, :, ::7], axis=(0, 2))
    noise = 1.4826 * 1.2533 * spread / np.sqrt(count[_BEFORE])
    return Average(
        median.astype(np.float32),
        noise.astype(np.float32),
        halves.astype(np.float32),
        _BEFORE - first,
    )


def _median_of_known(stack: Array) -> Array:
    """Return the median over the beats that reach each sample, ``(12, n)``; nan where none does."""
    ordered = np.sort(stack, axis=0)
    known = np.isfinite(stack[:, 0]).sum(axis=0)
    at = np.arange(stack.shape[2])
    return np.asarray((ordered[(known - 1) // 2, :, at] + ordered[known // 2, :, at]).T / 2)
