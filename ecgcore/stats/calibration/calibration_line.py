"""Cox's calibration line: a slope and an offset say how probabilities are wrong."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from ecgcore.stats.bootstrap import resampled, unit_index
from ecgcore.stats.metrics import Estimate, percentile_estimate
from ecgcore.stats.reliability_curve import BoolArray, FloatArray, check_predictions

CLIP = 1e-6
"""Probabilities of 0 and 1 are taken as this far from them: their logits are infinite."""

_STEPS = 50
_LONGEST_STEP = 1.0
_CONVERGED = 1e-6
_RIDGE = 1e-10


@dataclass(frozen=True, slots=True)
class CalibrationLine:
    """The line ``logit(P(MI)) = intercept + slope * logit(p)`` through a model's predictions.

    Attributes
    ----------
    slope
        1 when calibrated; below 1 for predictions that are too extreme, above for too timid ones.
    intercept
        0 when calibrated; belongs to `slope`.
    in_the_large
        Intercept with the slope held at 1: above 0 where MI is predicted too rarely.
    """

    slope: Estimate
    intercept: Estimate
    in_the_large: Estimate


def calibration_line(
    labels: ArrayLike,
    probs: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    n_boot: int = 500,
    seed: int = 0,
) -> CalibrationLine:
    """Fit Cox's calibration line, with percentile-bootstrap 95 % intervals.

    Slope and intercept are NaN where no finite line exists: a class is missing, the probabilities
    are all equal, or one cut separates the classes. Such copies are left out of the intervals.

    Parameters
    ----------
    labels, probs
        ``(n,)``; probabilities are clipped to `CLIP` and ``1 - CLIP``.
    clusters
        ``(n,)`` patient of each record: whole patients are resampled. Without it, records are.
    n_boot, seed
        Resampled copies, 0 for no intervals; same seed, same intervals.

    Raises
    ------
    ValueError
        As `check_predictions` of `ecgcore.stats.reliability_curve`, or for clusters
        that do not fit.

    Notes
    -----
    Sources: Cox, Biometrika 45 (1958) 562-565; Van Calster et al., J Clin Epidemiol 74 (2016).
    """
    y, p = check_predictions(labels, probs)
    if n_boot < 0:
        raise ValueError(f"n_boot {n_boot} must be at least 0.")
    x = logit(p.clip(CLIP, 1 - CLIP))
    units = unit_index(clusters, y.size)
    lines = _Lines(y, x)
    values = lines.through(np.ones((1, y.size)))[0]
    copies = [lines.through(weights, values) for weights in resampled(units, n_boot, seed)]
    table = np.concatenate([np.empty((0, values.size)), *copies])
    estimates = [percentile_estimate(v, c) for v, c in zip(values, table.T, strict=True)]
    return CalibrationLine(*estimates)


@dataclass(frozen=True, slots=True, eq=False)
class _Lines:
    """Fits lines to weighted copies of one sample; `x` ``(n,)`` are the logits."""

    labels: BoolArray
    x: FloatArray

    def through(self, weights: FloatArray, near: FloatArray | None = None) -> FloatArray:
        """Return ``(n_copies, 3)``: slope, intercept, in the large; `near` is a line to start at.

        A copy that has no finite line is NaN there.
        """
        found = np.full((len(weights), 3), np.nan)
        start = np.zeros(3) if near is None else np.nan_to_num(near)
        ones = np.ones((self.x.size, 1))
        both = (weights @ self.labels > 0) & (weights @ ~self.labels > 0)
        mixed = ~self._separated(weights)
        line = np.hstack([self.x[:, None], ones])
        found[mixed, :2] = self._newton(weights[mixed], line, 0 * self.x, start[:2])
        found[both, 2:] = self._newton(weights[both], ones, self.x, start[2:])
        return found

    def _separated(self, weights: FloatArray) -> BoolArray:
        """Whether one cut parts the classes of a copy, or a class is missing."""
        drawn = weights > 0
        sides = [np.where(drawn & side, self.x, np.nan) for side in (self.labels, ~self.labels)]
        (low_mi, high_mi), (low_other, high_other) = (
            (np.fmin.reduce(side, axis=1), np.fmax.reduce(side, axis=1)) for side in sides
        )
        return np.asarray(~((low_mi < high_other) & (low_other < high_mi)))

    def _newton(
        self, weights: FloatArray, features: FloatArray, offset: FloatArray, start: FloatArray
    ) -> FloatArray:
        """``(n_copies, k)`` logistic weights of largest likelihood; NaN where none is found."""
        k = features.shape[1]
        squares = (features[:, :, None] * features[:, None, :]).reshape(-1, k * k)
        found = np.tile(start, (len(weights), 1))
        step = np.zeros_like(found)
        for _ in range(_STEPS):
            p = expit(found @ features.T + offset)
            gradient = (weights * (self.labels - p)) @ features
            curvature = ((weights * p * (1 - p)) @ squares).reshape(-1, k, k) + _RIDGE * np.eye(k)
            step = np.linalg.solve(curvature, gradient[:, :, None])[:, :, 0]
            found += step.clip(-_LONGEST_STEP, _LONGEST_STEP)
            if (np.abs(step) < _CONVERGED).all():
                break
        found[(np.abs(step) >= _CONVERGED).any(axis=1)] = np.nan
        return found
