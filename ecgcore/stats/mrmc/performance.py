"""What each reader achieves with each treatment, and how these figures vary together over cases.

Sources: jackknife, Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 11;
DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988) 837-845.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import rankdata

from ecgcore.stats.reliability_curve import BoolArray, FloatArray

Metric = Literal["auc", "sensitivity", "specificity"]
"""Empirical area under the ROC curve, or a share of the cases called right."""
CovarianceName = Literal["jackknife", "delong"]


@dataclass(frozen=True, slots=True, eq=False)
class Performance:
    """A figure of k reader-treatment pairs, as the mean of what each case adds to it.

    Attributes
    ----------
    values
        ``(k,)``.
    of_mi, of_other
        ``(k, m)`` and ``(k, n)`` parts of the m cases with and the n without the disease; the mean
        of either is the figure.
    """

    values: FloatArray
    of_mi: FloatArray
    of_other: FloatArray

    def covariance(self, name: CovarianceName) -> FloatArray:
        """Return the ``(k, k)`` covariance over cases."""
        return self._jackknife() if name == "jackknife" else self._delong()

    def _jackknife(self) -> FloatArray:
        left_out = np.hstack([_without_each(self.of_mi), _without_each(self.of_other)])
        n = left_out.shape[1]
        return np.asarray(np.cov(left_out) * (n - 1) ** 2 / n)

    def _delong(self) -> FloatArray:
        sides = (self.of_mi, self.of_other)
        return np.asarray(sum(np.cov(one) / one.shape[1] for one in sides))


def performance(
    ratings: FloatArray, truth: BoolArray, metric: Metric, threshold: float | None = None
) -> Performance:
    """Judge the ratings ``(k, n_cases)``; `threshold` is the rating from which a case is called."""
    x = np.asarray(ratings, dtype=np.float64)
    if metric == "auc":
        return _auc(x[:, truth], x[:, ~truth])
    if threshold is None:
        raise ValueError(f"{metric} needs a threshold.")
    called = (x >= threshold).astype(np.float64)
    hits = called[:, truth] if metric == "sensitivity" else 1 - called[:, ~truth]
    values = hits.mean(axis=1)
    n_rest = x.shape[1] - hits.shape[1]
    rest = np.repeat(values[:, None], n_rest, axis=1)
    sides = (hits, rest) if metric == "sensitivity" else (rest, hits)
    return Performance(values, *sides)


def _auc(mi: FloatArray, other: FloatArray) -> Performance:
    m, n = mi.shape[1], other.shape[1]
    ranks = rankdata(np.hstack([mi, other]), axis=1)
    of_mi = (ranks[:, :m] - rankdata(mi, axis=1)) / n
    of_other = 1 - (ranks[:, m:] - rankdata(other, axis=1)) / m
    return Performance(of_mi.mean(axis=1), of_mi, of_other)


def _without_each(parts: FloatArray) -> FloatArray:
    n = parts.shape[1]
    return np.asarray((parts.sum(axis=1, keepdims=True) - parts) / (n - 1))
