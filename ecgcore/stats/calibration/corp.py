"""Reliability without bins: the CORP diagram and what it says about the Brier score.

Source: Dimitriadis, Gneiting and Jordan, PNAS 118 (2021) e2016191118. The recalibrated probability
is the isotonic (pool-adjacent-violators) fit of the labels, so it is optimal among all rising
curves and no number of bins is to be chosen.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import isotonic_regression

from ecgcore.stats.bootstrap import INTERVAL_PERCENT, resampled, unit_index
from ecgcore.stats.reliability_curve import (
    BoolArray,
    FloatArray,
    IntArray,
    check_predictions,
)

CorpBand = Literal["consistency", "confidence"]


@dataclass(frozen=True, slots=True, eq=False)
class CorpCurve:
    """Observed share of MI as a rising function of the predicted probability.

    ``brier = miscalibration - discrimination + uncertainty``, exactly. All arrays are ``(m,)``, one
    place for each distinct prediction, rising.

    Attributes
    ----------
    probs
        The distinct predictions.
    n, n_mi
        Records with this prediction, and those labelled MI.
    observed
        Recalibrated probability; between two places the curve is straight.
    low, high
        95 % band at each place; NaN without copies.
    band
        "consistency": where `observed` would lie were the predictions calibrated, around the
        diagonal. "confidence": where it would lie with other patients, around the curve.
    brier
        Mean squared distance of probability and label.
    miscalibration
        MCB: what recalibration would take off the Brier score; 0 when calibrated.
    discrimination
        DSC: what the recalibrated predictions gain over always saying the share of MI.
    uncertainty
        UNC: Brier score of always saying the share of MI.
    """

    probs: FloatArray
    n: IntArray
    n_mi: IntArray
    observed: FloatArray
    low: FloatArray
    high: FloatArray
    band: CorpBand
    brier: float
    miscalibration: float
    discrimination: float
    uncertainty: float

    def frame(self) -> pd.DataFrame:
        """Return one row per distinct prediction: ``prob, n, n_mi, observed, low, high``."""
        return pd.DataFrame(
            {
                "prob": self.probs,
                "n": self.n,
                "n_mi": self.n_mi,
                "observed": self.observed,
                "low": self.low,
                "high": self.high,
            }
        )

    def steps(self) -> pd.DataFrame:
        """Return one row per level stretch of the curve: ``left, right, n, n_mi, observed``."""
        level = np.concatenate([[0], np.cumsum(np.diff(self.observed) > 0)])
        return (
            self.frame()
            .groupby(level)
            .agg(
                left=("prob", "min"),
                right=("prob", "max"),
                n=("n", "sum"),
                n_mi=("n_mi", "sum"),
                observed=("observed", "first"),
            )
        )


def corp(
    labels: ArrayLike,
    probs: ArrayLike,
    *,
    band: CorpBand = "consistency",
    clusters: ArrayLike | None = None,
    n_boot: int = 200,
    seed: int = 0,
) -> CorpCurve:
    """Draw the CORP reliability curve.

    Parameters
    ----------
    labels
        ``(n,)``, 1 or True for MI.
    probs
        ``(n,)`` predicted probability of MI.
    band
        See `CorpCurve`. For "consistency" labels are drawn anew from the predictions of resampled
        patients; for "confidence" patients are resampled with their labels.
    clusters
        ``(n,)`` patient of each record; without it, records are resampled. Labels drawn anew are
        independent even within a patient.
    n_boot, seed
        Copies, 0 for no band, and their seed.

    Raises
    ------
    ValueError
        As `check_predictions` and `unit_index`; if `band` is unknown or `n_boot` below 0.

    Examples
    --------
    >>> curve = corp([0, 1, 0, 1], [0.1, 0.4, 0.6, 0.9])
    >>> round(curve.miscalibration, 3), curve.discrimination, curve.uncertainty
    (0.06, 0.125, 0.25)
    """
    y, p = check_predictions(labels, probs)
    if band not in ("consistency", "confidence") or n_boot < 0:
        raise ValueError(
            f"band is {band!r} with {n_boot} copies; use 'consistency' or 'confidence' and 0 or "
            "more."
        )
    places, place = np.unique(p, return_inverse=True)
    n = np.bincount(place)
    n_mi = np.bincount(place, weights=y).astype(np.int64)
    observed = _rising(n_mi / n, n)
    sample = _Sample(y, places, place, unit_index(clusters, y.size))
    low, high = sample.band(band, n_boot, seed)
    brier, recalibrated = (float(np.mean((q - y) ** 2)) for q in (p, observed[place]))
    constant = float(y.mean() * (1 - y.mean()))
    parts = (brier, brier - recalibrated, constant - recalibrated, constant)
    return CorpCurve(places, n, n_mi, observed, low, high, band, *parts)


@dataclass(frozen=True, slots=True, eq=False)
class _Sample:
    """Labels ``(n,)``, the m distinct predictions, and the place and unit of each record."""

    labels: BoolArray
    places: FloatArray
    place: IntArray
    units: IntArray

    def band(self, band: CorpBand, n_boot: int, seed: int) -> tuple[FloatArray, FloatArray]:
        draw = np.random.default_rng([seed, 1])
        curves = [
            self._curve(row, draw if band == "consistency" else None)
            for weights in resampled(self.units, n_boot, seed)
            for row in weights
        ]
        if not curves:
            return np.full(self.places.size, np.nan), np.full(self.places.size, np.nan)
        low, high = np.percentile(curves, INTERVAL_PERCENT, axis=0)
        return low, high

    def _curve(self, weights: FloatArray, draw: np.random.Generator | None) -> FloatArray:
        """Fit one copy, with labels drawn from the predictions where `draw` is given."""
        size = self.places.size
        n = np.bincount(self.place, weights=weights, minlength=size)
        if draw is None:
            n_mi = np.bincount(self.place, weights=weights * self.labels, minlength=size)
        else:
            n_mi = draw.binomial(n.astype(np.int64), self.places).astype(np.float64)
        drawn = n > 0
        fitted = _rising(n_mi[drawn] / n[drawn], n[drawn])
        return np.interp(self.places, self.places[drawn], fitted)


def _rising(shares: FloatArray, n: FloatArray | IntArray) -> FloatArray:
    fitted = isotonic_regression(shares, weights=np.asarray(n, dtype=np.float64)).x
    return np.clip(np.asarray(fitted, dtype=np.float64), 0, 1)
