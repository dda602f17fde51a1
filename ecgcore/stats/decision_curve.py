"""What decisions by a model are worth: net benefit, decision curve and cost.

Prevalence is a choice: that of the sample is the study's doing, not the clinic's. Another one
weights the two classes; the probabilities stay as given (`at_prevalence` moves them).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from ecgcore.stats.bootstrap import INTERVAL_PERCENT, resampled, unit_index
from ecgcore.stats.metrics import Estimate, percentile_estimate
from ecgcore.stats.reliability_curve import BoolArray, FloatArray, check_predictions
from ecgcore.stats.thresholds import check_prevalence

THRESHOLDS: tuple[float, ...] = tuple(percent / 100 for percent in range(1, 100))
"""Where a decision curve is drawn: 1 % to 99 %."""


def cost_threshold(false_alarms_per_missed_mi: float) -> float:
    """Return the threshold of least expected cost: act from ``p >= 1 / (1 + k)``.

    Parameters
    ----------
    false_alarms_per_missed_mi
        k: how many false alarms are as bad as one missed MI. Probabilities must be calibrated.

    Raises
    ------
    ValueError
        If k is not a finite number above 0.

    Examples
    --------
    >>> cost_threshold(9)
    0.1
    """
    k = false_alarms_per_missed_mi
    if not 0 < k < np.inf:
        raise ValueError(f"A missed MI is worth {k} false alarms; use a finite number above 0.")
    return 1 / (1 + k)


def at_prevalence(probs: ArrayLike, sample: float, wished: float) -> FloatArray:
    """Move calibrated probabilities from the prevalence of their sample to another one.

    The logit moves by the difference of the two prior logits, as if ECGs of each class stayed as
    they are. Source: Saerens, Latinne and Decaestecker, Neural Computation 14 (2002) 21-41.

    Raises
    ------
    ValueError
        If a prevalence is not between 0 and 1.
    """
    for prevalence in (sample, wished):
        check_prevalence(prevalence)
    shift = logit(wished) - logit(sample)
    return np.asarray(expit(logit(np.asarray(probs, dtype=np.float64)) + shift))


def net_benefit(
    labels: ArrayLike, probs: ArrayLike, thresholds: ArrayLike, *, prevalence: float | None = None
) -> FloatArray:
    """Return the net benefit of calling MI from each threshold on, ``(n_thresholds,)``.

    In units of one MI found per patient: a false alarm at threshold t costs ``t / (1 - t)`` of it.
    NaN if a class is missing. Source: Vickers and Elkin, Med Decis Making 26 (2006) 565-574.

    Parameters
    ----------
    labels, probs
        ``(n,)``.
    thresholds
        ``(n_thresholds,)``, from 0 and below 1.
    prevalence
        Share of MI among the patients, between 0 and 1; without it, that of the sample.

    Raises
    ------
    ValueError
        As `check_predictions`, or if a threshold or the prevalence lies outside its limits.

    Examples
    --------
    >>> net_benefit([0, 0, 0, 1], [0.1, 0.2, 0.3, 0.8], [0.5]).tolist()
    [0.25]
    """
    y, p = check_predictions(labels, probs)
    sample = _Sample(y, p, _check_thresholds(thresholds), prevalence)
    return np.asarray(sample.benefits(np.ones((1, y.size)))[0, 0])


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """A curve with its pointwise 95 % interval, each ``(n_thresholds,)``; NaN where undefined."""

    value: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class DecisionCurve:
    """Net benefit over thresholds; calling nobody has 0 everywhere.

    Attributes
    ----------
    thresholds
        ``(n_thresholds,)`` probabilities.
    prevalence
        Share of MI that it was computed for.
    model, call_all
        Net benefit of the model, and of calling everybody.
    gain
        Model minus the better of calling everybody and nobody, compared within each copy.
    """

    thresholds: FloatArray
    prevalence: float
    model: Band
    call_all: Band
    gain: Band

    def frame(self) -> pd.DataFrame:
        """Return one row per threshold, with value, ``_low`` and ``_high`` of each curve."""
        columns = {"threshold": self.thresholds}
        bands = {"model": self.model, "call_all": self.call_all, "gain": self.gain}
        for name, band in bands.items():
            columns |= {name: band.value, f"{name}_low": band.low, f"{name}_high": band.high}
        return pd.DataFrame(columns)

    def nearest(self, threshold: float) -> int:
        """Return the place of the threshold that is nearest to this one."""
        return int(np.abs(self.thresholds - threshold).argmin())


def decision_curve(
    labels: ArrayLike,
    probs: ArrayLike,
    thresholds: ArrayLike = THRESHOLDS,
    *,
    prevalence: float | None = None,
    clusters: ArrayLike | None = None,
    n_boot: int = 500,
    seed: int = 0,
) -> DecisionCurve:
    """Compute net benefit over thresholds, with percentile-bootstrap 95 % bands.

    Parameters
    ----------
    labels, probs, thresholds, prevalence
        As `net_benefit`. A given prevalence is taken as known: calling everybody has no band then.
    clusters
        ``(n,)`` patient of each record: whole patients are resampled. Without it, records are.
    n_boot, seed
        Resampled copies, 0 for no bands; same seed, same bands.

    Raises
    ------
    ValueError
        As `net_benefit`, or for clusters that do not fit.

    Examples
    --------
    >>> labels, probs = [0, 0, 0, 1], [0.1, 0.2, 0.3, 0.8]
    >>> curve = decision_curve(labels, probs, [0.25, 0.5], n_boot=0)
    >>> curve.model.value.round(3).tolist()
    [0.167, 0.25]
    """
    y, p = check_predictions(labels, probs)
    sample = _Sample(y, p, _check_thresholds(thresholds), prevalence)
    values, copies = _bootstrap(sample.benefits, y.size, clusters, n_boot, seed)
    bands = [_band(values[i], copies[:, i]) for i in range(3)]
    share = float(y.mean()) if prevalence is None else prevalence
    return DecisionCurve(sample.thresholds, share, *bands)


@dataclass(frozen=True, slots=True)
class CostPer100:
    """What errors cost in 100 patients; the unit of cost is one false alarm.

    Attributes
    ----------
    threshold, prevalence
        What it was computed for.
    missed_mi, false_alarms
        Patients of 100.
    total
        ``k * missed_mi + false_alarms``.
    call_all, call_none
        The total if everybody or nobody were called.
    """

    threshold: float
    prevalence: float
    missed_mi: Estimate
    false_alarms: Estimate
    total: Estimate
    call_all: float
    call_none: float

    @property
    def found_mi(self) -> Estimate:
        """Patients of 100 whose MI is found."""
        missed, all_mi = self.missed_mi, 100 * self.prevalence
        return Estimate(all_mi - missed.value, all_mi - missed.high, all_mi - missed.low)


def cost_per_100(
    labels: ArrayLike,
    probs: ArrayLike,
    threshold: float,
    false_alarms_per_missed_mi: float,
    *,
    prevalence: float | None = None,
    clusters: ArrayLike | None = None,
    n_boot: int = 500,
    seed: int = 0,
) -> CostPer100:
    """Return the expected cost of calling MI from a threshold on, with bootstrap 95 % intervals.

    At the threshold of `cost_threshold` it is ``100 * k * (prevalence - net benefit)``.

    Parameters
    ----------
    threshold
        From 0 to 1.
    false_alarms_per_missed_mi
        k: how many false alarms are as bad as one missed MI.
    labels, probs, prevalence, clusters, n_boot, seed
        As `decision_curve`.

    Raises
    ------
    ValueError
        As `decision_curve` and `cost_threshold`, or if `threshold` lies outside 0 to 1.
    """
    y, p = check_predictions(labels, probs)
    cost_threshold(false_alarms_per_missed_mi)
    if not 0 <= threshold <= 1:
        raise ValueError(f"threshold {threshold} must be 0 to 1.")
    sample = _Sample(y, p, np.array([threshold]), prevalence)

    def costs(weights: FloatArray) -> FloatArray:
        found, alarms, share = sample.calls(weights)
        missed = share - found
        total = false_alarms_per_missed_mi * missed + alarms
        return 100 * np.hstack([missed, alarms, total])

    values, copies = _bootstrap(costs, y.size, clusters, n_boot, seed)
    missed, alarms, total = map(percentile_estimate, values, copies.T)
    share = float(y.mean()) if prevalence is None else prevalence
    all_called, none_called = 100 * (1 - share), 100 * share * false_alarms_per_missed_mi
    return CostPer100(threshold, share, missed, alarms, total, all_called, none_called)


@dataclass(frozen=True, slots=True, eq=False)
class _Sample:
    """Weighted copies of one sample; `weights` ``(n_copies, n)`` say how often each is drawn."""

    labels: BoolArray
    probs: FloatArray
    thresholds: FloatArray
    prevalence: float | None

    def __post_init__(self) -> None:
        if self.prevalence is not None:
            check_prevalence(self.prevalence)

    def calls(self, weights: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Found MI and false alarms ``(n_copies, n_thresholds)``, all MI ``(n_copies, 1)``.

        Per patient; NaN in a copy that lacks a class.
        """
        called = (self.probs[:, None] >= self.thresholds).astype(np.float64)
        mi, other = weights * self.labels, weights * ~self.labels
        n_mi, n_other = (side.sum(axis=1, keepdims=True) for side in (mi, other))
        n_mi[n_mi == 0], n_other[n_other == 0] = np.nan, np.nan
        share = n_mi / (n_mi + n_other) if self.prevalence is None else 0 * n_mi + self.prevalence
        return mi @ called / n_mi * share, other @ called / n_other * (1 - share), share

    def benefits(self, weights: FloatArray) -> FloatArray:
        """``(n_copies, 3, n_thresholds)``: the model, calling all, and the model's gain."""
        odds = self.thresholds / (1 - self.thresholds)
        found, alarms, share = self.calls(weights)
        model, call_all = found - alarms * odds, share - (1 - share) * odds
        return np.stack([model, call_all, model - np.maximum(call_all, 0)], axis=1)


def _bootstrap(
    compute: Callable[[FloatArray], FloatArray],
    n: int,
    clusters: ArrayLike | None,
    n_boot: int,
    seed: int,
) -> tuple[FloatArray, FloatArray]:
    """``(...)`` from the sample and ``(n_boot, ...)`` from its copies."""
    if n_boot < 0:
        raise ValueError(f"n_boot {n_boot} must be at least 0.")
    value = compute(np.ones((1, n)))
    copies = [compute(weights) for weights in resampled(unit_index(clusters, n), n_boot, seed)]
    return value[0], np.concatenate([value[:0], *copies])


def _band(value: FloatArray, copies: FloatArray) -> Band:
    defined = copies[~np.isnan(copies).any(axis=1)]
    if not len(defined):
        return Band(value, np.full_like(value, np.nan), np.full_like(value, np.nan))
    low, high = np.percentile(defined, INTERVAL_PERCENT, axis=0)
    return Band(value, low, high)


def _check_thresholds(thresholds: ArrayLike) -> FloatArray:
    t = np.asarray(thresholds, dtype=np.float64)
    if t.ndim != 1 or not t.size or not ((t >= 0) & (t < 1)).all():
        raise ValueError(f"thresholds {t.shape} must be a vector of numbers from 0 and below 1.")
    return t
