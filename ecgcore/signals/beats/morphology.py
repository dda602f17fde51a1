"""QRS complexes compared over all leads: groups of one shape, aligned on their R fiducial."""

import numpy as np

from ecgcore.records import FloatArray
from ecgcore.signals.beats.qrs_detector import Array, Indices, samples

HALF_QRS = samples(0.1)
_MOST_SHIFT = samples(0.06)

_SAME_SHAPE = 0.85
"""Correlation over all leads from which two QRS complexes have one shape."""

_LEAST_SEEN = 0.3
"""Share of a template's energy that must lie inside the recording to compare a cut-off beat."""


def windows(signal: Array | FloatArray, centres: Indices, half: int) -> Array:
    """Cut ``(n_beats, 12, 2 * half + 1)`` around the centres; 0 outside the recording."""
    at = centres[:, None] + np.arange(-half, half + 1)
    inside = (at >= 0) & (at < signal.shape[1])
    cut = signal[:, np.clip(at, 0, signal.shape[1] - 1)].transpose(1, 0, 2)
    return np.asarray(cut * inside[:, None, :])


def centred(smooth: Array, centres: Indices) -> Indices:
    """Move each centre to the middle of its QRS complex's energy."""
    power = (np.diff(windows(smooth, centres, HALF_QRS), axis=2) ** 2).sum(axis=1)
    middle = (power @ np.arange(-HALF_QRS, HALF_QRS)) / np.maximum(power.sum(axis=1), 1e-12)
    moved = centres + np.rint(middle).astype(np.int64)
    return np.asarray(np.clip(moved, 0, smooth.shape[1] - 1))


def group_by_shape(smooth: Array, centres: Indices) -> tuple[Indices, Indices]:
    """Return each beat's kind and R fiducial; kind 0 is the shape that most beats have.

    Parameters
    ----------
    smooth
        ``(12, n)`` leads without baseline wander and noise.
    centres
        ``(n_beats,)`` samples near the middle of the QRS complexes.
    """
    wide = windows(smooth, centres, HALF_QRS + _MOST_SHIFT)
    inside = windows(np.ones((1, smooth.shape[1])), centres, HALF_QRS + _MOST_SHIFT)[:, 0]
    left = np.ones(len(centres), dtype=bool)
    groups: list[tuple[Indices, Indices]] = []
    while left.any():
        rest = np.flatnonzero(left)
        template = wide[rest[_most_alike(wide[rest])], :, _MOST_SHIFT:-_MOST_SHIFT]
        members, r = _members(smooth, centres[rest], (wide[rest], inside[rest]), template)
        groups.append((rest[members], r))
        left[rest[members]] = False
    groups.sort(key=lambda group: -len(group[0]))
    kinds, fiducials = np.zeros(len(centres), dtype=np.int64), centres.copy()
    for kind, (members, r) in enumerate(groups):
        kinds[members], fiducials[members] = kind, r
    return kinds, fiducials


def _most_alike(wide: Array) -> int:
    """Return the beat that correlates best with half of the others."""
    flat = wide[:, :, _MOST_SHIFT:-_MOST_SHIFT].reshape(len(wide), -1)
    flat = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9)
    return int(np.median(flat @ flat.T, axis=1).argmax())


def _members(
    smooth: Array, centres: Indices, cut: tuple[Array, Array], template: Array
) -> tuple[Indices, Indices]:
    """Return which beats have the template's shape (at least the most alike one), and their R."""
    for _ in range(2):
        correlation, shift = _best_shift(*cut, template)
        members = np.flatnonzero(correlation >= min(_SAME_SHAPE, float(correlation.max())))
        at = centres[members] + shift[members]
        template = np.median(windows(smooth, at, HALF_QRS), axis=0)
    return members, np.asarray(at + _r_offset(template))


def _best_shift(wide: Array, inside: Array, template: Array) -> tuple[Array, Indices]:
    """Return for each window the correlation with the template and the shift that gives it.

    `wide` is ``(n, 12, m + 2 * _MOST_SHIFT)``, `inside` 1 where that is inside the recording,
    the template ``(12, m)``. Only what is inside the recording is compared.
    """
    n, m = len(wide), template.shape[1]
    size = 1 << (wide.shape[2] + m).bit_length()
    lags = slice(0, 2 * _MOST_SHIFT + 1)
    spectrum = np.conj(np.fft.rfft(template, size, axis=1))
    power = np.conj(np.fft.rfft((template**2).sum(axis=0), size))
    product = np.fft.irfft((np.fft.rfft(wide, size, axis=2) * spectrum).sum(axis=1), size)[:, lags]
    seen = np.fft.irfft(np.fft.rfft(inside, size) * power, size)[:, lags]
    energy = np.cumsum(np.pad((wide**2).sum(axis=1), ((0, 0), (1, 0))), axis=1)
    norm = np.sqrt((energy[:, m:] - energy[:, :-m]) * np.maximum(seen, 0.0))
    correlation = np.where(
        seen > _LEAST_SEEN * (template**2).sum(), product / np.maximum(norm, 1e-9), 0.0
    )
    best = correlation.argmax(axis=1)
    return correlation[np.arange(n), best], best - _MOST_SHIFT


def _r_offset(template: Array) -> int:
    """Return the R fiducial's distance from the template's middle in samples.

    It is the median over the leads of the time of the R wave: the largest upward deflection, or
    the largest of all in a lead that has hardly any; leads with little QRS do not count.
    """
    size = np.abs(template).max(axis=1)
    upward = template.max(axis=1) > 0.2 * size
    peak = np.where(upward, template.argmax(axis=1), np.abs(template).argmax(axis=1))
    return int(np.median(peak[size > 0.25 * np.median(size)])) - HALF_QRS
