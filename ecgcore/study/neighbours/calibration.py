"""How far the probabilities and the sets of an ensemble hold on a test set, class by class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from ecgcore.predictions.classes.evaluated import EvaluatedClasses
from ecgcore.predictions.classes.rules import FittedClasses
from ecgcore.predictions.labelled import LabelledClasses
from ecgcore.stats.reliability_curve import expected_calibration_error
from ecgcore.stats.thresholds import Share

ALPHA = 0.1


@dataclass(frozen=True, slots=True)
class ClassCalibration:
    """One class, with everything fitted on fold 9.

    Attributes
    ----------
    n_fold9
        Records of fold 9 that have it.
    ece_uncalibrated, ece
        Expected calibration error over ten bins of equal width; NaN where nothing could be fitted.
    coverage
        Records with it whose conformal set holds it; None with too few records in fold 9.
    """

    name: str
    n_fold9: int
    ece_uncalibrated: float
    ece: float
    coverage: Share | None

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        found = self.coverage
        return {
            "n_fold9": self.n_fold9,
            "ece_uncalibrated": _plain(self.ece_uncalibrated),
            "ece": _plain(self.ece),
            "coverage": None
            if found is None or not found.n
            else {
                "target": 1 - ALPHA,
                "held": found.hits,
                "n": found.n,
                "value": found.value,
                "low": found.estimate.low,
                "high": found.estimate.high,
            },
        }


def class_calibration(val: LabelledClasses, test: LabelledClasses) -> tuple[ClassCalibration, ...]:
    """Fit calibrators and limits on `val` and judge them on `test`, each class alone."""
    rules = FittedClasses.of(_evaluated(val), ALPHA)
    return tuple(_judged(rules, _evaluated(test)))


def _judged(rules: FittedClasses, test: EvaluatedClasses) -> Iterator[ClassCalibration]:
    probs, raw = rules.probs(test.logits), expit(test.logits)
    for k, (rule, held) in enumerate(zip(rules.rules, rules.coverage(test), strict=True)):
        known, labels = test.known[:, k], test.labels[:, k]
        uncalibrated, calibrated = (
            calibration_error(labels[known], one[known, k]) for one in (raw, probs)
        )
        coverage = None if rule.few else held
        yield ClassCalibration(rule.name, rule.n_positive, uncalibrated, calibrated, coverage)


def calibration_error(labels: NDArray[np.int64], probs: NDArray[np.float64]) -> float:
    """Return the expected calibration error over ten bins of equal width; NaN without values.

    Examples
    --------
    >>> calibration_error(np.array([0, 1]), np.array([0.25, 0.75]))
    0.25
    """
    if not probs.size or np.isnan(probs).any():
        return float("nan")
    return expected_calibration_error(labels, probs)


def _evaluated(one: LabelledClasses) -> EvaluatedClasses:
    logits = one.logits.astype(np.float64)[None]
    return EvaluatedClasses(one.classes, one.ids, one.patients, one.labels, one.known, logits)


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else value
