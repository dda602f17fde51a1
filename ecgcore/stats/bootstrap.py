"""Bootstrap copies of a sample whose units are patients."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

INTERVAL_PERCENT = (2.5, 97.5)
"""Percentiles of the copies between which a 95 % interval lies."""

_WEIGHTS_AT_ONCE = 250_000


def unit_index(clusters: ArrayLike | None, n: int) -> NDArray[np.int64]:
    """Return the ``(n,)`` number of the unit that each record is resampled with.

    Parameters
    ----------
    clusters
        ``(n,)`` patient of each record; without it, every record is its own unit.

    Raises
    ------
    ValueError
        If a record has no patient, or `clusters` is not ``(n,)``.
    """
    if clusters is None:
        return np.arange(n)
    ids: NDArray[np.generic] = np.asarray(clusters)
    if ids.shape != (n,) or pd.isna(ids).any():
        raise ValueError(f"clusters {ids.shape} must name a patient for each of the {n} records.")
    _, index = np.unique(ids, return_inverse=True)
    return np.asarray(index, dtype=np.int64)


def resampled(units: NDArray[np.int64], n_boot: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """Yield ``(some copies, n)`` counts of how often each record is drawn, `n_boot` rows in all.

    Same `units`, `n_boot` and `seed`, same counts: so two models can be judged on the same copies.
    """
    rng, n_units = np.random.default_rng(seed), int(units.max()) + 1
    at_once = max(1, _WEIGHTS_AT_ONCE // units.size)
    for first in range(0, n_boot, at_once):
        rows = min(at_once, n_boot - first)
        draws = rng.integers(n_units, size=(rows, n_units)) + n_units * np.arange(rows)[:, None]
        counts = np.bincount(draws.ravel(), minlength=rows * n_units).reshape(rows, n_units)
        yield counts[:, units].astype(np.float64)
