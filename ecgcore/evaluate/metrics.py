"""How well predictions separate MI from normal, and how sure that is, with bootstrap intervals."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ecgcore.evaluate.calibration import (
    STRATEGIES,
    BoolArray,
    FloatArray,
    IntArray,
    Strategy,
    bin_edges,
    bin_index,
    check_predictions,
)

METRIC_NAMES = (
    "auroc",
    "auprc",
    "accuracy",
    "sensitivity",
    "specificity",
    "brier",
    "ece_width",
    "ece_mass",
)
"""The metrics of `Metrics`, in the order in which they are shown."""

_INTERVAL_PERCENT = (2.5, 97.5)
_WEIGHTS_AT_ONCE = 250_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95 % interval; NaN where it is not defined."""

    value: float
    low: float
    high: float

    def text(self, digits: int = 3) -> str:
        """Return for example ``0.993 [0.989, 0.996]``."""
        if np.isnan(self.value):
            return "not defined"
        if np.isnan(self.low):
            return f"{self.value:.{digits}f}"
        return f"{self.value:.{digits}f} [{self.low:.{digits}f}, {self.high:.{digits}f}]"


@dataclass(frozen=True, slots=True)
class Metrics:
    """What one model does on one test set.

    Attributes
    ----------
    n, n_mi
        Records, and those labelled MI.
    threshold
        Probability from which a record is called MI.
    auroc, auprc
        Areas under the ROC and the precision-recall curve (average precision).
    accuracy, sensitivity, specificity
        Shares at `threshold`: of all, of MI and of other records that are called right.
    brier
        Mean squared distance of probability and label.
    ece_width, ece_mass
        Expected calibration error over equally wide and equally full bins.
    """

    n: int
    n_mi: int
    threshold: float
    auroc: Estimate
    auprc: Estimate
    accuracy: Estimate
    sensitivity: Estimate
    specificity: Estimate
    brier: Estimate
    ece_width: Estimate
    ece_mass: Estimate

    def frame(self) -> pd.DataFrame:
        """Return one row per metric: ``metric, value, low, high``."""
        estimates: list[Estimate] = [getattr(self, name) for name in METRIC_NAMES]
        return pd.DataFrame(
            {
                "metric": METRIC_NAMES,
                "value": [e.value for e in estimates],
                "low": [e.low for e in estimates],
                "high": [e.high for e in estimates],
            }
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Scorer:
    """Scores weighted copies of one sample; an integer weight says how often a record is drawn."""

    labels: BoolArray
    probs: FloatArray
    threshold: float
    n_bins: int

    def scores(self, weights: FloatArray) -> FloatArray:
        """Return ``(n_copies, n_metrics)`` for `weights` ``(n_copies, n)``, as `METRIC_NAMES`."""
        y, called = self.labels, self.probs >= self.threshold
        hits = np.column_stack([y & called, ~y & ~called, y, np.ones_like(y)]).astype(np.float64)
        true_mi, true_other, n_mi, n = (weights @ hits).T
        calibration_errors = [
            np.abs(weights @ self._gaps(strategy)).sum(axis=1) / n for strategy in STRATEGIES
        ]
        return np.column_stack(
            [
                *self._areas(weights),
                (true_mi + true_other) / n,
                _ratio(true_mi, n_mi),
                _ratio(true_other, n - n_mi),
                weights @ np.square(self.probs - y) / n,
                *calibration_errors,
            ]
        )

    def _gaps(self, strategy: Strategy) -> FloatArray:
        """``(n, n_bins)``: probability minus label in the column of the record's bin, else 0."""
        edges = bin_edges(self.probs, self.n_bins, strategy)
        table = np.zeros((self.probs.size, edges.size - 1))
        table[np.arange(self.probs.size), bin_index(self.probs, edges)] = self.probs - self.labels
        return table

    def _areas(self, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
        """AUROC and average precision of each copy; tied probabilities count as one step."""
        order = np.argsort(-self.probs)
        starts = np.flatnonzero(np.diff(self.probs[order], prepend=np.inf))
        mi, other = (
            np.add.reduceat(weights[:, order] * side[order], starts, axis=1)
            for side in (self.labels, ~self.labels)
        )
        called_mi, called_other = mi.cumsum(axis=1), other.cumsum(axis=1)
        n_mi, n_other = called_mi[:, -1], called_other[:, -1]
        ranked_below = n_other[:, None] - called_other + other / 2
        precision = _ratio(called_mi, called_mi + called_other, undefined=0.0)
        return (
            _ratio((mi * ranked_below).sum(axis=1), n_mi * n_other),
            _ratio((mi * precision).sum(axis=1), n_mi),
        )


def evaluate(
    labels: ArrayLike,
    probs: ArrayLike,
    *,
    threshold: float = 0.5,
    groups: ArrayLike | None = None,
    n_boot: int = 1000,
    seed: int = 0,
    n_bins: int = 10,
) -> Metrics:
    """Score predictions, with percentile-bootstrap 95 % intervals.

    A metric that needs a class which is missing is NaN; copies that miss it are left out of the
    interval. Calibration bins stay those of the whole sample. Resampling adds noise to each bin, so
    the interval of a calibration error leans upward and may even lie above a very small value.

    Parameters
    ----------
    labels
        ``(n,)``, 1 or True for MI.
    probs
        ``(n,)`` predicted probability of MI.
    threshold
        A record is called MI from this probability on.
    groups
        ``(n,)`` patient of each record: whole patients are resampled. Without it, records are.
    n_boot
        Resampled copies; 0 gives values without intervals.
    seed
        Same seed, same intervals.
    n_bins
        Bins of the calibration errors.

    Raises
    ------
    ValueError
        If an argument has the wrong shape or lies outside its limits.
    """
    y, p = check_predictions(labels, probs)
    if not 0 <= threshold <= 1 or n_boot < 0:
        raise ValueError(f"threshold {threshold} must be 0 to 1 and n_boot {n_boot} at least 0.")
    units = _unit_index(groups, y.size)
    scorer = _Scorer(y, p, threshold, n_bins)
    values = scorer.scores(np.ones((1, y.size)))[0]
    copies = [scorer.scores(weights) for weights in _resampled(units, n_boot, seed)]
    table = np.concatenate([np.empty((0, values.size)), *copies])
    estimates = [_estimate(v, column) for v, column in zip(values, table.T, strict=True)]
    return Metrics(y.size, int(y.sum()), threshold, *estimates)


def _unit_index(groups: ArrayLike | None, n: int) -> IntArray:
    """``(n,)`` number of the unit that a record is resampled with."""
    if groups is None:
        return np.arange(n)
    ids: NDArray[np.generic] = np.asarray(groups)
    if ids.shape != (n,) or pd.isna(ids).any():
        raise ValueError(f"groups {ids.shape} must name a patient for each of the {n} records.")
    _, index = np.unique(ids, return_inverse=True)
    return np.asarray(index, dtype=np.int64)


def _resampled(units: IntArray, n_boot: int, seed: int) -> Iterator[FloatArray]:
    """Yield ``(some copies, n)`` counts of how often each record is drawn, `n_boot` rows in all."""
    rng, n_units = np.random.default_rng(seed), int(units.max()) + 1
    at_once = max(1, _WEIGHTS_AT_ONCE // units.size)
    for first in range(0, n_boot, at_once):
        rows = min(at_once, n_boot - first)
        draws = rng.integers(n_units, size=(rows, n_units)) + n_units * np.arange(rows)[:, None]
        counts = np.bincount(draws.ravel(), minlength=rows * n_units).reshape(rows, n_units)
        yield counts[:, units].astype(np.float64)


def _estimate(value: float, copies: FloatArray) -> Estimate:
    defined = copies[~np.isnan(copies)]
    if np.isnan(value) or not defined.size:
        return Estimate(float(value), float("nan"), float("nan"))
    low, high = np.percentile(defined, _INTERVAL_PERCENT)
    return Estimate(float(value), float(low), float(high))


def _ratio(part: FloatArray, whole: FloatArray, undefined: float = np.nan) -> FloatArray:
    return np.divide(part, whole, out=np.full_like(whole, undefined), where=whole > 0)
