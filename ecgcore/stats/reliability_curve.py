"""Calibration: whether 8 of 10 records with a predicted probability of 0.8 are MI.

Bins are half-open, ``edges[b] <= p < edges[b + 1]``, and the last one also holds its right edge, so
that every record lies in exactly one bin.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import beta

from ecgcore.stats.bootstrap import INTERVAL_PERCENT, resampled, unit_index

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Strategy = Literal["width", "mass"]
Band = Literal["exact", "bootstrap"]

STRATEGIES: tuple[Strategy, Strategy] = ("width", "mass")
"""Equally wide and equally full bins."""

BANDS: tuple[Band, Band] = ("exact", "bootstrap")
"""Clopper-Pearson, which takes records as independent, and resampled patients."""

_TAIL = 0.025


@dataclass(frozen=True, slots=True, eq=False)
class ReliabilityCurve:
    """Observed share of MI against predicted probability, bin by bin.

    Attributes
    ----------
    edges
        ``(n_bins + 1,)`` probabilities from 0 to 1.
    n, n_mi
        ``(n_bins,)`` records in each bin, and those labelled MI.
    mean_prob, observed
        ``(n_bins,)`` mean prediction and share of MI; NaN in an empty bin.
    low, high
        ``(n_bins,)`` 95 % interval of `observed`; NaN in an empty bin.
    strategy
        "width" (equally wide bins) or "mass" (equally full bins).
    ece
        Expected calibration error: mean distance of `mean_prob` from `observed`, weighted by `n`.
    band
        What `low` and `high` are: "exact" (Clopper-Pearson) or "bootstrap" (patients resampled).
    """

    edges: FloatArray
    n: IntArray
    n_mi: IntArray
    mean_prob: FloatArray
    observed: FloatArray
    low: FloatArray
    high: FloatArray
    strategy: Strategy
    ece: float
    band: Band = "exact"

    def frame(self) -> pd.DataFrame:
        """Return one row per bin: ``left, right, n, n_mi, mean_prob, observed, low, high``."""
        return pd.DataFrame(
            {
                "left": self.edges[:-1],
                "right": self.edges[1:],
                "n": self.n,
                "n_mi": self.n_mi,
                "mean_prob": self.mean_prob,
                "observed": self.observed,
                "low": self.low,
                "high": self.high,
            }
        )


def check_predictions(labels: ArrayLike, probs: ArrayLike) -> tuple[BoolArray, FloatArray]:
    """Return `labels` as ``(n,)`` bool and `probs` as ``(n,)`` float64.

    Raises
    ------
    ValueError
        If the two are not equally long vectors of at least one record, a label is not 0 or 1, or a
        probability is not a number from 0 to 1.
    """
    y, p = np.asarray(labels), np.asarray(probs, dtype=np.float64)
    if y.ndim != 1 or y.shape != p.shape or not y.size:
        raise ValueError(
            f"labels {y.shape} and probs {p.shape} must both be (n,), with the same n >= 1."
        )
    if not np.isin(y, (0, 1)).all():
        raise ValueError(f"labels must be 0 or 1; found {np.setdiff1d(y, (0, 1))[:5].tolist()}.")
    outside = ~((p >= 0) & (p <= 1))
    if outside.any():
        raise ValueError(
            f"{int(outside.sum())} of {p.size} probs are not numbers from 0 to 1, the first is "
            f"{p[outside][0]}; pass probabilities, not logits."
        )
    return y.astype(np.bool_), p


def bin_edges(probs: FloatArray, n_bins: int = 10, strategy: Strategy = "width") -> FloatArray:
    """Return the edges, from 0 to 1, of the bins that hold `probs`.

    Equal-mass bins start at every ``n / n_bins``-th smallest probability. Tied probabilities are
    never split: a tie across a border goes to one bin, so bins may be unequally full and fewer than
    `n_bins`, but none is empty. Equally wide bins may be empty.

    Raises
    ------
    ValueError
        If `n_bins` is below 1 or `strategy` is unknown.
    """
    if n_bins < 1:
        raise ValueError(f"n_bins is {n_bins}; at least 1 is needed.")
    if strategy == "width":
        return np.arange(n_bins + 1) / n_bins
    if strategy == "mass":
        starts = np.sort(probs)[np.arange(1, n_bins) * probs.size // n_bins]
        return np.concatenate([[0.0], np.unique(starts[starts > probs.min()]), [1.0]])
    raise ValueError(f"strategy is {strategy!r}; use 'width' or 'mass'.")


def bin_index(probs: FloatArray, edges: FloatArray) -> IntArray:
    """Return the ``(n,)`` bin of each probability; one that equals the last edge is in the last."""
    return np.searchsorted(edges[1:-1], probs, side="right").astype(np.int64)


def clopper_pearson(successes: IntArray, trials: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return the exact 95 % interval of each share ``successes / trials``, NaN without trials.

    Source: Clopper and Pearson, Biometrika 26 (1934) 404-413, in its beta-quantile form.
    """
    failures = trials - successes
    low = np.where(successes == 0, 0.0, beta.ppf(_TAIL, np.maximum(successes, 1), failures + 1))
    high = np.where(failures == 0, 1.0, beta.ppf(1 - _TAIL, successes + 1, np.maximum(failures, 1)))
    return np.where(trials > 0, low, np.nan), np.where(trials > 0, high, np.nan)


def reliability_curve(
    labels: ArrayLike,
    probs: ArrayLike,
    n_bins: int = 10,
    strategy: Strategy = "width",
    *,
    band: Band = "exact",
    clusters: ArrayLike | None = None,
    n_boot: int = 1000,
    seed: int = 0,
) -> ReliabilityCurve:
    """Compare predicted probabilities with the observed share of MI.

    Parameters
    ----------
    labels
        ``(n,)``, 1 or True for MI.
    probs
        ``(n,)`` predicted probability of MI.
    n_bins, strategy
        See `bin_edges`.
    band
        "exact", or "bootstrap" for percentiles over resampled patients in unchanged bins. A bin of
        MI only, or of none, has a bootstrap interval without width: there, trust the exact one.
    clusters, n_boot, seed
        ``(n,)`` patient of each record, copies and their seed; only for "bootstrap".

    Raises
    ------
    ValueError
        As `check_predictions`, `bin_edges` and `unit_index`; if `band` is unknown or "bootstrap"
        has no copy.

    Examples
    --------
    >>> curve = reliability_curve([0, 0, 0, 1, 1], [0.1, 0.2, 0.4, 0.3, 0.9], n_bins=2)
    >>> curve.frame()[["left", "right", "n", "n_mi"]].to_numpy().tolist()
    [[0.0, 0.5, 4.0, 1.0], [0.5, 1.0, 1.0, 1.0]]
    """
    y, p = check_predictions(labels, probs)
    edges = bin_edges(p, n_bins, strategy)
    index, size = bin_index(p, edges), edges.size - 1
    n = np.bincount(index, minlength=size)
    n_mi = np.bincount(index[y], minlength=size)
    share = np.where(n > 0, n, np.nan)
    mean_prob, observed = np.bincount(index, weights=p, minlength=size) / share, n_mi / share
    if band == "exact":
        low, high = clopper_pearson(n_mi, n)
    elif band == "bootstrap" and n_boot > 0:
        low, high = _bootstrap_band(y, index, size, unit_index(clusters, y.size), n_boot, seed)
    else:
        raise ValueError(f"band is {band!r} with {n_boot} copies; use 'exact', or 'bootstrap' > 0.")
    ece = float(np.nansum(n * np.abs(mean_prob - observed)) / y.size)
    return ReliabilityCurve(edges, n, n_mi, mean_prob, observed, low, high, strategy, ece, band)


def _bootstrap_band(
    labels: BoolArray, index: IntArray, n_bins: int, units: IntArray, n_boot: int, seed: int
) -> tuple[FloatArray, FloatArray]:
    inside = (index[:, None] == np.arange(n_bins)).astype(np.float64)
    shares = []
    for weights in resampled(units, n_boot, seed):
        drawn, mi = weights @ inside, weights @ (inside * labels[:, None])
        shares.append(np.divide(mi, drawn, out=np.full_like(mi, np.nan), where=drawn > 0))
    copies, band = np.concatenate(shares), np.full((2, n_bins), np.nan)
    filled = ~np.isnan(copies).all(axis=0)
    band[:, filled] = np.nanpercentile(copies[:, filled], INTERVAL_PERCENT, axis=0)
    return band[0], band[1]


def bin_members(curve: ReliabilityCurve, probs: ArrayLike) -> tuple[IntArray, ...]:
    """Return the rows of `probs` in each bin of its curve, by falling probability.

    Raises
    ------
    ValueError
        If the bins do not hold as many of these as the curve says: it is another model's.
    """
    p = np.asarray(probs, dtype=np.float64)
    index = bin_index(p, curve.edges)
    n = np.bincount(index, minlength=curve.n.size)
    if not np.array_equal(n, curve.n):
        raise ValueError(f"The bins hold {n.tolist()} of probs, the curve {curve.n.tolist()}.")
    order = np.argsort(-p, kind="stable")
    return tuple(order[index[order] == b] for b in range(curve.n.size))


def ece_by_bins(
    labels: ArrayLike,
    probs: ArrayLike,
    bins: Iterable[int] = range(2, 51),
    strategy: Strategy = "width",
) -> pd.DataFrame:
    """Say how the expected calibration error depends on the number of bins.

    Returns
    -------
    pandas.DataFrame
        One row for each of `bins`: ``n_bins, filled, ece``; `filled` bins hold a record.

    Raises
    ------
    ValueError
        As `reliability_curve`.
    """
    y, p = check_predictions(labels, probs)
    rows = []
    for n_bins in bins:
        index = bin_index(p, bin_edges(p, n_bins, strategy))
        gaps = np.bincount(index, weights=p - y)
        rows.append((n_bins, np.unique(index).size, float(np.abs(gaps).sum() / y.size)))
    return pd.DataFrame(rows, columns=["n_bins", "filled", "ece"])


def expected_calibration_error(
    labels: ArrayLike, probs: ArrayLike, n_bins: int = 10, strategy: Strategy = "width"
) -> float:
    """Return the expected calibration error, from 0 (calibrated) to 1.

    Raises
    ------
    ValueError
        As `reliability_curve`.

    Examples
    --------
    >>> expected_calibration_error([0, 1], [0.5, 0.5])
    0.0
    """
    return reliability_curve(labels, probs, n_bins, strategy).ece
