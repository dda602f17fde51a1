"""DeLong's test: AUROCs of several models on the same records, and how sure their differences are.

Sources: DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988) 837-845; ranks in place of all
pairs by Sun and Xu, IEEE Signal Processing Letters 21 (2014) 1389-1393; records of one patient by
Obuchowski, Biometrics 53 (1997) 567-578.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import norm, rankdata

from ecgcore.stats.bootstrap import unit_index
from ecgcore.stats.metrics import Estimate
from ecgcore.stats.reliability_curve import BoolArray, FloatArray, IntArray

_HALF_WIDTH = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Difference:
    """First minus second, with its 95 % interval and the two-sided p value of no difference."""

    value: float
    low: float
    high: float
    p: float

    @property
    def estimate(self) -> Estimate:
        """The difference without its p value."""
        return Estimate(self.value, self.low, self.high)


@dataclass(frozen=True, slots=True, eq=False)
class DeLong:
    """AUROCs of k models on the same records.

    It knows the noise of the test records only: not that of training another seed.

    Attributes
    ----------
    aurocs
        ``(k,)``.
    covariance
        ``(k, k)`` covariance of the AUROCs.
    clustered
        False when records were taken as independent. That is slightly optimistic where patients
        have two records: intervals are a little too narrow.
    """

    aurocs: FloatArray
    covariance: FloatArray
    clustered: bool = False

    def estimate(self, i: int) -> Estimate:
        """Return one AUROC with its 95 % interval, kept within 0 and 1."""
        value, half = self.aurocs[i], _HALF_WIDTH * np.sqrt(self.covariance[i, i])
        return Estimate(float(value), float(max(value - half, 0)), float(min(value + half, 1)))

    def difference(self, i: int, j: int) -> Difference:
        """Return AUROC `i` minus AUROC `j`."""
        value = float(self.aurocs[i] - self.aurocs[j])
        c = self.covariance
        error = float(np.sqrt(max(c[i, i] + c[j, j] - 2 * c[i, j], 0.0)))
        half = _HALF_WIDTH * error
        return Difference(value, value - half, value + half, _p_value(value, error))

    def matrix(self, names: Sequence[str] | None = None) -> pd.DataFrame:
        """Return all pairs: ``first, second, value, low, high, p``.

        Parameters
        ----------
        names
            The k models; their numbers without it.
        """
        called = [str(i) for i in range(self.aurocs.size)] if names is None else list(names)
        if len(called) != self.aurocs.size:
            raise ValueError(f"{len(called)} names for {self.aurocs.size} models.")
        rows = []
        for i, j in combinations(range(self.aurocs.size), 2):
            d = self.difference(i, j)
            rows.append((called[i], called[j], d.value, d.low, d.high, d.p))
        return pd.DataFrame(rows, columns=["first", "second", "value", "low", "high", "p"])


def delong(labels: ArrayLike, scores: ArrayLike, clusters: ArrayLike | None = None) -> DeLong:
    """Compute AUROCs of paired scores and their covariance.

    Parameters
    ----------
    labels
        ``(n,)``, 1 or True for MI; at least two records of each class.
    scores
        ``(k, n)`` or ``(n,)`` logits or probabilities of k models; only their order matters.
    clusters
        ``(n,)`` patient of each record, by which the covariance is clustered (Obuchowski). Without
        it records are independent, which is slightly optimistic where patients have two.

    Raises
    ------
    ValueError
        If a shape does not fit, a score is not finite or a class has fewer than two records.

    Examples
    --------
    >>> test = delong([0, 0, 1, 1], [[0.1, 0.4, 0.3, 0.9], [0.2, 0.6, 0.3, 0.5]])
    >>> test.estimate(0).value, test.difference(0, 1).value
    (0.75, 0.25)
    """
    y, s = _checked(labels, scores)
    m, n = int(y.sum()), int((~y).sum())
    ranks = rankdata(s, axis=1)
    of_mi = (ranks[:, y] - rankdata(s[:, y], axis=1)) / n
    of_other = 1 - (ranks[:, ~y] - rankdata(s[:, ~y], axis=1)) / m
    aurocs: FloatArray = of_mi.mean(axis=1)
    parts = np.zeros((2, *s.shape))
    parts[0][:, y], parts[1][:, ~y] = of_mi - aurocs[:, None], of_other - aurocs[:, None]
    covariance = _covariance(parts, y, unit_index(clusters, y.size))
    return DeLong(aurocs, covariance, clusters is not None)


def _checked(labels: ArrayLike, scores: ArrayLike) -> tuple[BoolArray, FloatArray]:
    y, s = np.asarray(labels), np.atleast_2d(np.asarray(scores, dtype=np.float64))
    if y.ndim != 1 or s.ndim != 2 or s.shape[1] != y.size or not np.isin(y, (0, 1)).all():
        raise ValueError(
            f"labels {y.shape} of 0 and 1 and scores {s.shape} must be (n,) and (k, n)."
        )
    if not np.isfinite(s).all():
        raise ValueError(f"{int((~np.isfinite(s)).sum())} scores are not finite.")
    y = y.astype(np.bool_)
    if min(y.sum(), (~y).sum()) < 2:
        raise ValueError(f"{int(y.sum())} of {y.size} records are MI; each class needs 2.")
    return y, s


def _covariance(parts: FloatArray, labels: BoolArray, units: IntArray) -> FloatArray:
    """Add up the parts ``(2, k, n)`` that MI and other records add to each AUROC, by unit."""
    sides = np.stack([labels, ~labels])
    order = np.argsort(units, kind="stable")
    starts = np.flatnonzero(np.diff(units[order], prepend=-1))
    sums = np.add.reduceat(parts[:, :, order], starts, axis=2)
    count = [np.unique(units[side]).size for side in sides]
    if min(count) < 2:
        raise ValueError(f"{count} patients have MI and other records; each class needs 2.")
    m, n = sides.sum(axis=1)
    mi, other = sums
    within = count[0] / (count[0] - 1) * mi @ mi.T / m**2
    within += count[1] / (count[1] - 1) * other @ other.T / n**2
    n_units = sums.shape[2]
    both = n_units / (n_units - 1) * mi @ other.T / (m * n)
    covariance: FloatArray = within + both + both.T
    return covariance


def _p_value(value: float, error: float) -> float:
    if error == 0:
        return 1.0 if value == 0 else 0.0
    return float(2 * norm.sf(abs(value) / error))
