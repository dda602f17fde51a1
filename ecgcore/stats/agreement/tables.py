"""Tables of counts and their bootstrap copies, drawn case by case."""

import numpy as np
from numpy.typing import ArrayLike

from ecgcore.stats.reliability_curve import FloatArray, IntArray

N_COPIES = 2000
"""Bootstrap copies of the cases behind an interval."""
MISSING = -1
"""Code of a case that a reader did not rate."""


def with_copies(counts: ArrayLike, n_copies: int, seed: int) -> FloatArray:
    """Return counts, and below them as many bootstrap copies, ``(1 + n_copies, *counts.shape)``.

    Drawing n cases anew is the same as drawing n times among the kinds of case that `counts` tells
    apart, which is one multinomial draw a copy.
    """
    whole = np.asarray(counts, dtype=np.float64)
    n = int(whole.sum())
    if n == 0:
        return np.zeros((1 + n_copies, *whole.shape))
    draws = np.random.default_rng(seed).multinomial(n, whole.ravel() / n, size=n_copies)
    return np.concatenate([whole[None], draws.reshape(n_copies, *whole.shape)])


def cross_table(first: ArrayLike, second: ArrayLike, n_values: int) -> IntArray:
    """Count the cases by both readers' codes, ``(n_values, n_values)``; `MISSING` is left out.

    Raises
    ------
    ValueError
        If the codes are not ``(n,)`` each, or not from `MISSING` to ``n_values - 1``.
    """
    a, b = np.asarray(first), np.asarray(second)
    codes = np.concatenate([a.ravel(), b.ravel()])
    if a.shape != b.shape or a.ndim != 1 or not _are_codes(codes, n_values):
        raise ValueError(f"codes {a.shape} and {b.shape} must be (n,), below {n_values}.")
    both = (a != MISSING) & (b != MISSING)
    cells = np.bincount(a[both] * n_values + b[both], minlength=n_values**2)
    return np.asarray(cells.reshape(n_values, n_values), dtype=np.int64)


def value_counts(codes: ArrayLike, n_values: int) -> IntArray:
    """Count how many readers gave each value to each case.

    Parameters
    ----------
    codes
        ``(n_readers, n_cases)`` from `MISSING` to ``n_values - 1``.

    Returns
    -------
    numpy.ndarray
        ``(n_cases, n_values)``.
    """
    x = np.asarray(codes)
    if x.ndim != 2 or not _are_codes(x, n_values):
        raise ValueError(f"codes {x.shape} must be (n_readers, n_cases), below {n_values}.")
    return np.asarray((x[:, :, None] == np.arange(n_values)).sum(axis=0), dtype=np.int64)


def _are_codes(codes: IntArray, n_values: int) -> bool:
    return not codes.size or bool(codes.min() >= MISSING and codes.max() < n_values)


def ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Divide; NaN where there is nothing to divide by."""
    undefined = np.full(np.shape(whole), np.nan)
    return np.asarray(np.divide(part, whole, out=undefined, where=whole > 0))
