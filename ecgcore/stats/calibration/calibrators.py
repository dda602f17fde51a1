"""Calibrators: maps from a model's logit to a probability, fitted on validation records.

No map reverses the order of two records; isotonic and Venn-Abers may tie them. Fold 9, on which the
maps are fitted, also decided when training stopped, so that a fit may be slightly too hopeful.
"""

from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import isotonic_regression, minimize
from scipy.special import expit

from ecgcore.stats.reliability_curve import BoolArray, FloatArray, IntArray

CalibratorName = Literal["raw", "temperature", "platt", "beta", "isotonic", "venn_abers"]

CALIBRATORS: dict[CalibratorName, str] = {
    "raw": "Uncalibrated",
    "temperature": "Temperature",
    "platt": "Platt",
    "beta": "Beta",
    "isotonic": "Isotonic",
    "venn_abers": "Venn-Abers",
}
"""Name -> label as shown, from the plainest to the most flexible."""

MAX_SLOPE = 100.0
"""Steepest fitted line; separable records would ask for an infinite one."""

_Point = tuple[int, int]
_Bounds = list[tuple[float | None, float | None]]
_SOLVER = {"ftol": 1e-15, "gtol": 1e-9, "maxiter": 500}


class _Map(Protocol):
    def apply(self, logits: FloatArray) -> FloatArray: ...

    def parameters(self) -> tuple[tuple[str, float], ...]: ...


@dataclass(frozen=True, slots=True, eq=False)
class Calibrator:
    """A fitted map from logits to probabilities.

    Attributes
    ----------
    method
        One of `CALIBRATORS`.
    n, n_mi
        Records that it was fitted on, and those labelled MI.
    """

    method: CalibratorName
    n: int
    n_mi: int
    _map: _Map

    def apply(self, logits: ArrayLike) -> FloatArray:
        """Return the probability of MI, float64, for logits of any shape.

        Isotonic gives exactly 0 and 1 where the calibration records of one end are all of one
        class: clip before a logarithm, as `ecgcore.stats.metrics.Scorer` and
        `ecgcore.stats.calibration.calibration_line` do. Venn-Abers never does.

        Raises
        ------
        ValueError
            If a logit is not finite.
        """
        return self._map.apply(_finite(logits))

    def interval(self, logits: ArrayLike) -> tuple[FloatArray, FloatArray] | None:
        """Return Venn-Abers' lower and upper probability of each logit; None for other methods.

        One of the two is calibrated, whichever label the record has. It is no confidence interval:
        it narrows with more calibration records and says nothing about the spread between models.

        Raises
        ------
        ValueError
            If a logit is not finite.
        """
        return self._map.bounds(_finite(logits)) if isinstance(self._map, _VennAbers) else None

    def parameters(self) -> tuple[tuple[str, float], ...]:
        """Return the fitted numbers as (name, value), for display."""
        return self._map.parameters()


@dataclass(frozen=True, slots=True)
class _Line:
    """``sigmoid(slope * logit + intercept)``."""

    slope: float
    intercept: float
    shown: tuple[tuple[str, float], ...]

    def apply(self, logits: FloatArray) -> FloatArray:
        return np.asarray(expit(self.slope * logits + self.intercept))

    def parameters(self) -> tuple[tuple[str, float], ...]:
        return self.shown


@dataclass(frozen=True, slots=True)
class _Beta:
    """``sigmoid(a * log(p) - b * log(1 - p) + c)`` with ``p = sigmoid(logit)``."""

    a: float
    b: float
    c: float

    def apply(self, logits: FloatArray) -> FloatArray:
        features = _beta_features(logits)
        return np.asarray(expit(features @ [self.a, self.b] + self.c))

    def parameters(self) -> tuple[tuple[str, float], ...]:
        return ("a", self.a), ("b", self.b), ("c", self.c)


@dataclass(frozen=True, slots=True, eq=False)
class _Isotonic:
    """Levels at the calibration logits, straight lines between them, flat outside."""

    at: FloatArray
    levels: FloatArray

    def apply(self, logits: FloatArray) -> FloatArray:
        return np.asarray(np.interp(logits, self.at, self.levels))

    def parameters(self) -> tuple[tuple[str, float], ...]:
        return (("steps", float(np.unique(self.levels).size)),)


@dataclass(frozen=True, slots=True, eq=False)
class _VennAbers:
    """Isotonic fits with the record itself added as normal (`low`) and as MI (`high`).

    ``low[i]`` holds for logits from ``at[i - 1]`` up to ``at[i]``, which is left out; ``high[i]``
    for logits above ``at[i - 1]`` up to ``at[i]``, which is included.
    """

    at: FloatArray
    low: FloatArray
    high: FloatArray

    def bounds(self, logits: FloatArray) -> tuple[FloatArray, FloatArray]:
        return (
            self.low[np.searchsorted(self.at, logits, side="right")],
            self.high[np.searchsorted(self.at, logits, side="left")],
        )

    def apply(self, logits: FloatArray) -> FloatArray:
        low, high = self.bounds(logits)
        return high / (1 - low + high)

    def parameters(self) -> tuple[tuple[str, float], ...]:
        return ()


def fit(method: CalibratorName, labels: ArrayLike, logits: ArrayLike) -> Calibrator:
    """Fit a calibrator on records that the model was not trained on.

    Parameters
    ----------
    method
        "raw": the sigmoid, nothing is fitted. "temperature": ``sigmoid(logit / T)`` of largest
        likelihood. "platt": a logistic line through Platt's smoothed targets. "beta": the beta map
        of largest likelihood with ``a, b >= 0``. "isotonic": the monotone step function of least
        squares. "venn_abers": inductive Venn-Abers, both probabilities merged into one.
    labels
        ``(n,)``, 1 or True for MI. Both classes are needed, except for "raw".
    logits
        ``(n,)``, finite.

    Raises
    ------
    ValueError
        If the method is unknown, the arrays do not fit or a class is missing.

    Notes
    -----
    Slopes lie within 0 and `MAX_SLOPE` (T from ``1 / MAX_SLOPE``), so that separable records give a
    steep map and not an infinite one. Platt's targets are ``(n_mi + 1) / (n_mi + 2)`` for MI and
    ``1 / (n_normal + 2)`` for normal.

    Sources: Guo et al., ICML 2017 (temperature); Platt 1999 and Lin, Lin and Weng, Machine Learning
    68 (2007) 267-276 (targets); Kull, Silva Filho and Flach, AISTATS 2017 (beta); Zadrozny and
    Elkan, KDD 2002 (isotonic); Vovk and Petej, UAI 2014 (Venn-Abers and the merged probability).

    Examples
    --------
    >>> half_right = fit("platt", [0, 1, 1, 0], [-4.0, 4.0, -4.0, 4.0])
    >>> half_right.apply([4.0]).round(2)
    array([0.5])
    """
    if method not in get_args(CalibratorName):
        raise ValueError(f"method is {method!r}; use one of {', '.join(CALIBRATORS)}.")
    y, z = _check_calibration(labels, logits)
    n_mi = int(y.sum())
    if method != "raw" and n_mi in (0, y.size):
        raise ValueError(f"{n_mi} of {y.size} calibration records are MI; both classes are needed.")
    return Calibrator(method, y.size, n_mi, _fitted(method, y, z))


def _fitted(method: CalibratorName, y: BoolArray, z: FloatArray) -> _Map:
    if method == "temperature":
        (slope,) = _logistic(z[:, None], y.astype(np.float64), [(1 / MAX_SLOPE, MAX_SLOPE)])
        return _Line(slope, 0.0, (("T", 1 / slope),))
    if method == "platt":
        features = np.column_stack([z, np.ones_like(z)])
        slope, intercept = _logistic(features, _smoothed(y), [(0, MAX_SLOPE), (None, None)])
        return _Line(slope, intercept, (("slope", slope), ("intercept", intercept)))
    if method == "beta":
        features = np.column_stack([_beta_features(z), np.ones_like(z)])
        bounds: _Bounds = [(0, MAX_SLOPE), (0, MAX_SLOPE), (None, None)]
        return _Beta(*_logistic(features, y.astype(np.float64), bounds))
    if method == "isotonic":
        at, n, n_mi = _grouped(y, z)
        return _Isotonic(at, np.asarray(isotonic_regression(n_mi / n, weights=n).x).clip(0, 1))
    if method == "venn_abers":
        at, n, n_mi = _grouped(y, z)
        low = 1 - _with_one_mi(n[::-1], (n - n_mi)[::-1])[::-1]
        return _VennAbers(at, np.append(0.0, low), np.append(_with_one_mi(n, n_mi), 1.0))
    return _Line(1.0, 0.0, ())


def _finite(logits: ArrayLike) -> FloatArray:
    z = np.asarray(logits, dtype=np.float64)
    if not np.isfinite(z).all():
        raise ValueError(f"{int((~np.isfinite(z)).sum())} of {z.size} logits are not finite.")
    return z


def _check_calibration(labels: ArrayLike, logits: ArrayLike) -> tuple[BoolArray, FloatArray]:
    y, z = np.asarray(labels), _finite(logits)
    if y.ndim != 1 or y.shape != z.shape:
        raise ValueError(f"labels {y.shape} and logits {z.shape} must both be (n,), same n.")
    if not np.isin(y, (0, 1)).all():
        raise ValueError(f"labels must be 0 or 1; found {np.setdiff1d(y, (0, 1))[:5].tolist()}.")
    return y.astype(np.bool_), z


def _smoothed(y: BoolArray) -> FloatArray:
    n_mi = y.sum()
    return np.asarray(np.where(y, (n_mi + 1) / (n_mi + 2), 1 / (y.size - n_mi + 2)))


def _beta_features(logits: FloatArray) -> FloatArray:
    """``(..., 2)``: ``log(p)`` and ``-log(1 - p)``."""
    return np.stack([-np.logaddexp(0, -logits), np.logaddexp(0, logits)], axis=-1)


def _logistic(features: FloatArray, targets: FloatArray, bounds: _Bounds) -> list[float]:
    """Weights of largest likelihood of `targets` ``(n,)`` (0 to 1) from `features` ``(n, k)``."""

    def loss(weights: FloatArray) -> tuple[float, FloatArray]:
        scores = features @ weights
        value = np.mean(np.logaddexp(0, scores) - targets * scores)
        return float(value), features.T @ (expit(scores) - targets) / targets.size

    start = np.array([0.0 if low is None else 1.0 for low, _ in bounds])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=_SOLVER)
    return [float(weight) for weight in found.x]


def _grouped(y: BoolArray, z: FloatArray) -> tuple[FloatArray, IntArray, IntArray]:
    """Ascending distinct logits, with records and MI records at each."""
    at, index = np.unique(z, return_inverse=True)
    return at, np.bincount(index), np.bincount(index[y], minlength=at.size)


def _with_one_mi(n: IntArray, n_mi: IntArray) -> FloatArray:
    """``(k,)``: the isotonic level of one MI record that is put in just before each group.

    Corners of the cumulative sum diagram are kept on a stack, leftmost last, while the record moves
    on group by group. Source: Vovk, Petej and Fedorova, NeurIPS 2015, algorithms 1 and 2.
    """
    points = [(-1, -1), (0, 0), *zip(n.cumsum().tolist(), n_mi.cumsum().tolist(), strict=True)]
    corners: list[_Point] = []
    for point in points[::-1]:
        _push(corners, point)
    levels = []
    for i in range(1, n.size + 1):
        (x, y), (next_x, next_y) = corners[-1], corners[-2]
        levels.append((next_y - y) / (next_x - x))
        before, here, after = points[i - 1 : i + 2]
        points[i] = before[0] + after[0] - here[0], before[1] + after[1] - here[1]
        if _turn(corners[-1], points[i], corners[-2]) > 0:
            corners.pop()
            _push(corners, points[i])
    return np.array(levels)


def _push(corners: list[_Point], point: _Point) -> None:
    """Put a point to the left of all corners, and drop those that no longer bound from below."""
    while len(corners) > 1 and _turn(point, corners[-1], corners[-2]) <= 0:
        corners.pop()
    corners.append(point)


def _turn(a: _Point, b: _Point, c: _Point) -> int:
    """Above 0 for a left turn at `b`: it lies below the line from `a` to `c`."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
