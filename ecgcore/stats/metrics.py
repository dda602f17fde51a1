"""Metrics of discrimination and calibration, with bootstrap intervals."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from ecgcore.stats.bootstrap import INTERVAL_PERCENT, resampled, unit_index
from ecgcore.stats.reliability_curve import (
    BoolArray,
    FloatArray,
    Strategy,
    bin_edges,
    bin_index,
    check_predictions,
)
from ecgcore.wording.numbers import number

ScoreName = Literal[
    "auroc",
    "auprc",
    "accuracy",
    "sensitivity",
    "specificity",
    "brier",
    "ece_width",
    "ece_mass",
    "log_loss",
]
METRIC_NAMES: tuple[ScoreName, ...] = (
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

SCORE_NAMES: tuple[ScoreName, ...] = get_args(ScoreName)
"""Scores that `Scorer.score` computes: `METRIC_NAMES` and the logarithmic loss."""

_NORMAL_975 = 1.959964
LOWER_IS_BETTER: frozenset[ScoreName] = frozenset({"brier", "ece_width", "ece_mass", "log_loss"})


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
            return number(self.value, digits)
        value, low, high = (number(one, digits) for one in (self.value, self.low, self.high))
        return f"{value} [{low}, {high}]"


def wilson(share: float, n: int) -> Estimate:
    """Return a share of `n` with Wilson's 95 % interval.

    Source: Wilson, Journal of the American Statistical Association 22 (1927) 209-212.

    Examples
    --------
    >>> wilson(0.5, 10).text()
    '0.500 [0.237, 0.763]'
    """
    if not n:
        return Estimate(float("nan"), float("nan"), float("nan"))
    z2 = _NORMAL_975**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _NORMAL_975 * float(np.sqrt(share * (1 - share) / n + z2 / (4 * n**2))) / (1 + z2 / n)
    return Estimate(share, max(0.0, middle - half), min(1.0, middle + half))


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
class Scorer:
    """Scores weighted copies of one sample; an integer weight says how often a record is drawn.

    `check_predictions` must have passed. In all methods `weights` is ``(n_copies, n)``, the result
    ``(n_copies,)``; NaN where a copy lacks a class that is needed.

    Attributes
    ----------
    labels, probs
        ``(n,)``; the bins of the calibration errors are those of `probs` without weights.
    threshold
        A record is called MI from this probability on.
    n_bins
        Bins of the calibration errors.
    """

    labels: BoolArray
    probs: FloatArray
    threshold: float = 0.5
    n_bins: int = 10

    def score(self, name: ScoreName, weights: FloatArray) -> FloatArray:
        """Return one score of every copy.

        Raises
        ------
        ValueError
            If the score is unknown.
        """
        scores: dict[ScoreName, Callable[[FloatArray], FloatArray]] = {
            "auroc": self._auroc,
            "auprc": self._auprc,
            "accuracy": lambda w: _share(w, self._right, np.ones_like(self.labels)),
            "sensitivity": lambda w: _share(w, self._right, self.labels),
            "specificity": lambda w: _share(w, self._right, ~self.labels),
            "brier": lambda w: w @ np.square(self.probs - self.labels) / w.sum(axis=1),
            "ece_width": lambda w: self._calibration_error(w, "width"),
            "ece_mass": lambda w: self._calibration_error(w, "mass"),
            "log_loss": lambda w: w @ self._surprise / w.sum(axis=1),
        }
        if name not in scores:
            raise ValueError(f"There is no score {name!r}; use one of {', '.join(SCORE_NAMES)}.")
        return scores[name](weights)

    @property
    def _right(self) -> BoolArray:
        right: BoolArray = (self.probs >= self.threshold) == self.labels
        return right

    @property
    def _surprise(self) -> FloatArray:
        """Minus the logarithm of what the label was given; scikit-learn clips in the same way."""
        least = np.finfo(np.float64).eps
        given = np.where(self.labels, self.probs, 1 - self.probs)
        surprise: FloatArray = -np.log(np.clip(given, least, 1 - least))
        return surprise

    def _calibration_error(self, weights: FloatArray, strategy: Strategy) -> FloatArray:
        edges = bin_edges(self.probs, self.n_bins, strategy)
        table = np.zeros((self.probs.size, edges.size - 1))
        table[np.arange(self.probs.size), bin_index(self.probs, edges)] = self.probs - self.labels
        error: FloatArray = np.abs(weights @ table).sum(axis=1) / weights.sum(axis=1)
        return error

    def _auroc(self, weights: FloatArray) -> FloatArray:
        """Share of pairs of MI and other that are ranked right; a tie counts half.

        Copies run along the second axis here, so that whole rows are added, which is faster.
        """
        other = np.flatnonzero(~self.labels)
        other = other[np.argsort(self.probs[other])]
        drawn = np.ascontiguousarray(weights.T)
        below = np.zeros((other.size + 1, len(weights)))
        np.cumsum(drawn[other], axis=0, out=below[1:])
        ranked, probs = self.probs[other], self.probs[self.labels]
        first, last = (np.searchsorted(ranked, probs, side) for side in ("left", "right"))
        mi = drawn[self.labels]
        pairs = np.einsum("ij,ij->j", mi, below[first]) + np.einsum("ij,ij->j", mi, below[last])
        return _ratio(pairs / 2, mi.sum(axis=0) * below[-1])

    def _auprc(self, weights: FloatArray) -> FloatArray:
        """Average precision: precision at each MI, where a tie counts as one step."""
        order = np.argsort(-self.probs)
        falling, is_mi = -self.probs[order], self.labels[order]
        drawn = np.ascontiguousarray(weights.T)[order]
        mi = drawn[is_mi]
        tie_end = np.searchsorted(falling, falling[is_mi], "right") - 1
        tie_end_mi = np.searchsorted(falling[is_mi], falling[is_mi], "right") - 1
        called, called_mi = drawn.cumsum(axis=0)[tie_end], mi.cumsum(axis=0)[tie_end_mi]
        precision = _ratio(called_mi, called, undefined=0.0)
        return _ratio(np.einsum("ij,ij->j", mi, precision), mi.sum(axis=0))


def evaluate(
    labels: ArrayLike,
    probs: ArrayLike,
    *,
    threshold: float = 0.5,
    clusters: ArrayLike | None = None,
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
    clusters
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

    Examples
    --------
    >>> found = evaluate([0, 0, 0, 1, 1], [0.1, 0.2, 0.4, 0.3, 0.9], n_boot=0)
    >>> round(found.auroc.value, 3), found.sensitivity.value, found.specificity.value
    (0.833, 0.5, 1.0)
    """
    y, p = check_predictions(labels, probs)
    if not 0 <= threshold <= 1 or n_boot < 0:
        raise ValueError(f"threshold {threshold} must be 0 to 1 and n_boot {n_boot} at least 0.")
    scorer = Scorer(y, p, threshold, n_bins)
    parts = chain([np.ones((1, y.size))], resampled(unit_index(clusters, y.size), n_boot, seed))
    copies = [[scorer.score(name, weights) for name in METRIC_NAMES] for weights in parts]
    tables = np.concatenate(copies, axis=1)
    estimates = [percentile_estimate(float(table[0]), table[1:]) for table in tables]
    return Metrics(y.size, int(y.sum()), threshold, *estimates)


def percentile_estimate(value: float, copies: FloatArray) -> Estimate:
    """Put the percentile-bootstrap 95 % interval of `copies` around `value`; NaN are left out."""
    defined = copies[~np.isnan(copies)]
    if np.isnan(value) or not defined.size:
        return Estimate(float(value), float("nan"), float("nan"))
    low, high = np.percentile(defined, INTERVAL_PERCENT)
    return Estimate(float(value), float(low), float(high))


def logit_estimate(value: float, copies: FloatArray) -> Estimate:
    """Put a 95 % interval around a share, normal on the logit scale with the copies' spread.

    It is for areas under the precision-recall curve of rare classes. A copy repeats their few
    records, which makes them look easier: percentiles lie too high and may miss the value. Where
    the scale ends, at a value of 0 or 1, and of a single copy it is the percentiles.

    Source: Boyd, Eng and Page, ECML PKDD 2013, 451-466, whose standard error is the bootstrap's
    here.

    Examples
    --------
    >>> logit_estimate(0.4, np.array([0.45, 0.5, 0.55])).text()
    '0.400 [0.307, 0.501]'
    """
    defined = copies[~np.isnan(copies)]
    if defined.size < 2 or not 0 < value < 1:
        return percentile_estimate(value, copies)
    half = _NORMAL_975 * float(defined.std(ddof=1)) / (value * (1 - value))
    low, high = expit(logit(value) + np.array([-half, half]))
    return Estimate(float(value), float(low), float(high))


def _share(weights: FloatArray, hits: BoolArray, among: BoolArray) -> FloatArray:
    return _ratio(weights @ (hits & among).astype(np.float64), weights @ among.astype(np.float64))


def _ratio(part: FloatArray, whole: FloatArray, undefined: float = np.nan) -> FloatArray:
    return np.divide(part, whole, out=np.full_like(whole, undefined), where=whole > 0)
