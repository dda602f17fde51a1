"""Agreement of a statement with a measured value beyond a limit, at every limit of a list."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_matrix

from ecgcore.stats.agreement.pairs import kappas
from ecgcore.stats.agreement.tables import ratio
from ecgcore.stats.bootstrap import INTERVAL_PERCENT, resampled, unit_index
from ecgcore.stats.metrics import Estimate, percentile_estimate
from ecgcore.stats.reliability_curve import FloatArray, IntArray

N_COPIES = 1000
"""Bootstrap copies of the units behind an interval."""
_APART = np.array([[0.0, 1.0], [1.0, 0.0]])


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """A figure at each limit, ``(m,)``, with its 95 % interval; NaN where it is not defined."""

    values: FloatArray
    low: FloatArray
    high: FloatArray

    def at(self, place: int) -> Estimate:
        """Return the figure at one of the limits."""
        return Estimate(float(self.values[place]), float(self.low[place]), float(self.high[place]))


@dataclass(frozen=True, slots=True, eq=False)
class LimitAgreement:
    """How a statement agrees with values beyond each of ``m`` limits.

    Attributes
    ----------
    limits
        ``(m,)``, ascending.
    tables
        ``(m, 2, 2)`` counts: not stated or stated, not beyond or beyond.
    kappa
        Cohen's kappa.
    sensitivity, specificity
        Share of the stated beyond the limit, and of the others not beyond it.
    best
        The limit with the highest kappa; its interval is over the copies' own best limits.
    """

    limits: FloatArray
    tables: IntArray
    kappa: Band
    sensitivity: Band
    specificity: Band
    best: Estimate

    def place(self, limit: float) -> int:
        """Return where the limit nearest to one stands in the list."""
        return int(np.abs(self.limits - limit).argmin())


def limit_agreement(
    values: ArrayLike,
    stated: ArrayLike,
    limits: ArrayLike,
    *,
    above: bool,
    clusters: ArrayLike | None = None,
    n_copies: int = N_COPIES,
    seed: int = 0,
) -> LimitAgreement:
    """Compare a statement with a measured value.

    Parameters
    ----------
    values, stated
        ``(n,)`` measured values without gaps, and True where the statement is made.
    limits
        ``(m,)``, ascending.
    above
        True where values from the limit on are beyond it, False where those below it are.
    clusters
        ``(n,)`` patient of each value: whole patients are drawn anew. Without it, values are.

    Raises
    ------
    ValueError
        If the shapes differ, there are no values, a value is NaN, or the limits do not ascend.

    Examples
    --------
    >>> found = limit_agreement([-50, -20, 10, 40], [1, 1, 0, 0], [-30, 0, 30], above=False)
    >>> found.kappa.values.tolist(), found.best.value
    ([0.5, 1.0, 0.5], 0.0)
    """
    x, said = np.asarray(values, dtype=np.float64), np.asarray(stated, dtype=np.int64)
    steps = np.asarray(limits, dtype=np.float64)
    if not x.size or x.ndim != 1 or x.shape != said.shape or np.isnan(x).any():
        raise ValueError(f"{x.shape} and {said.shape} must be (n,), n from 1, without NaN.")
    if not steps.size or (np.diff(steps) <= 0).any():
        raise ValueError(f"{steps.size} limits must ascend, 1 or more.")
    cell = 2 * np.searchsorted(steps, x, side="right") + said
    n_cells = 2 * (steps.size + 1)
    where = csr_matrix((np.ones(x.size), (cell, np.arange(x.size))), shape=(n_cells, x.size))
    copies = resampled(unit_index(clusters, x.size), n_copies, seed)
    counts = np.concatenate([np.bincount(cell, minlength=n_cells)[None], *_drawn(where, copies)])
    return _of_tables(_tables(counts, above=above), steps)


def _drawn(where: csr_matrix, copies: object) -> list[FloatArray]:
    return [np.asarray((where @ weights.T).T) for weights in copies]  # type: ignore[attr-defined]


def _tables(counts: FloatArray, *, above: bool) -> FloatArray:
    """Return ``(copies, m, 2, 2)`` from counts by the limits reached, ``(copies, 2 (m + 1))``."""
    by_step = counts.reshape(len(counts), -1, 2).astype(np.float64)
    reached = by_step[:, ::-1].cumsum(axis=1)[:, ::-1]
    high, low = reached[:, 1:], reached[:, :1] - reached[:, 1:]
    return np.stack([low, high] if above else [high, low], axis=-1)


def _of_tables(tables: FloatArray, limits: FloatArray) -> LimitAgreement:
    flat = kappas(tables.reshape(-1, 2, 2), _APART).reshape(tables.shape[:2])
    row = tables.sum(axis=-1)
    best = limits[np.nan_to_num(flat, nan=-np.inf).argmax(axis=1)].astype(np.float64)
    best[np.isnan(flat).all(axis=1)] = np.nan
    return LimitAgreement(
        limits=limits,
        tables=tables[0].astype(np.int64),
        kappa=_band(flat),
        sensitivity=_band(ratio(tables[:, :, 1, 1], row[:, :, 1])),
        specificity=_band(ratio(tables[:, :, 0, 0], row[:, :, 0])),
        best=percentile_estimate(float(best[0]), best[1:]),
    )


def _band(with_copies_below: FloatArray) -> Band:
    copies = with_copies_below[1:]
    low, high = (np.full(copies.shape[1], np.nan) for _ in range(2))
    defined = ~np.isnan(copies).all(axis=0)
    if copies.size and defined.any():
        low[defined], high[defined] = np.nanpercentile(copies[:, defined], INTERVAL_PERCENT, axis=0)
    return Band(with_copies_below[0], low, high)
