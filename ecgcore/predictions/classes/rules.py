"""What else an ECG may be: a calibrated probability and a conformal set over all classes.

Everything is fitted on fold 9, each class alone. The set holds a class where the ensemble's score
reaches the class's own limit, which so many of the fold-9 records with that class reach as the
target coverage asks. A class with too few such records has no limit, and no place in an order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from ecgcore.predictions.classes.evaluated import EvaluatedClasses
from ecgcore.predictions.ensemble import Ensemble
from ecgcore.stats.calibration import calibrators
from ecgcore.stats.calibration.calibrators import Calibrator, CalibratorName
from ecgcore.stats.conformal import MondrianConformal, min_records
from ecgcore.stats.thresholds import Share

CALIBRATOR: CalibratorName = "platt"
"""Least log loss of four on fold 9, by five-fold cross-validation over patients.

Of the 37 statements with 20 records and more: Platt 0.0997, temperature 0.1000, uncalibrated
0.1010, isotonic 0.1090.
"""


@dataclass(frozen=True, slots=True, eq=False)
class ClassRule:
    """What fold 9 says about one class.

    Attributes
    ----------
    n_positive
        Records of fold 9 that have it.
    calibrator
        Of the ensemble's logit; None where fold 9 holds no or only such records.
    limit
        Uncalibrated probability from which the set holds the class; None with too few records.
    """

    name: str
    n_positive: int
    calibrator: Calibrator | None
    limit: float | None

    @property
    def few(self) -> bool:
        """Whether fold 9 has too few records for the target coverage."""
        return self.limit is None


@dataclass(frozen=True, slots=True)
class ClassPrediction:
    """One class of one recording: `prob` is calibrated, NaN where nothing could be fitted.

    ``in_set`` is None for a class with too few records in fold 9.
    """

    name: str
    prob: float
    in_set: bool | None


@dataclass(frozen=True, slots=True, eq=False)
class FittedClasses:
    """The rules of all classes of a task, in its order, for logits of whatever network."""

    rules: tuple[ClassRule, ...]

    @classmethod
    def of(cls, fold9: EvaluatedClasses, alpha: float) -> FittedClasses:
        """Fit every class on the records of fold 9 whose label is known."""
        return cls(tuple(_fit(name, fold9, alpha) for name in fold9.classes))

    def probs(self, logits: NDArray[np.float64]) -> NDArray[np.float64]:
        """Calibrate mean logits ``(n, k)``; NaN where nothing could be fitted."""
        columns = [
            np.full(len(one), np.nan) if rule.calibrator is None else rule.calibrator.apply(one)
            for rule, one in zip(self.rules, logits.T, strict=True)
        ]
        return np.column_stack(columns)

    def sets(self, logits: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Say for mean logits ``(n, k)`` which classes the set holds; those with few never."""
        limits = np.array([2.0 if one.limit is None else one.limit for one in self.rules])
        held: NDArray[np.bool_] = expit(logits) >= limits
        return held

    def coverage(self, judged: EvaluatedClasses) -> tuple[Share, ...]:
        """Count, for each class, the records with it whose set holds it."""
        held, has = self.sets(judged.logits), (judged.labels == 1) & judged.known
        hits, n = (held & has).sum(axis=0).tolist(), has.sum(axis=0).tolist()
        return tuple(Share(one, of) for one, of in zip(hits, n, strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class ClassRules(FittedClasses):
    """The rules of all classes of an ensemble."""

    ensemble: Ensemble
    alpha: float
    fitted_on: frozenset[int]

    @classmethod
    def fit(cls, ensemble: Ensemble, fold9: EvaluatedClasses, alpha: float) -> ClassRules:
        """Fit every class on the records of fold 9 whose label is known."""
        rules = FittedClasses.of(fold9, alpha).rules
        return cls(rules, ensemble, alpha, frozenset(fold9.ids.tolist()))

    def predict(self, seed_logits: ArrayLike) -> tuple[ClassPrediction, ...]:
        """Turn the logits ``(s, k)`` of the seeds on one recording into predictions."""
        logits = np.asarray(seed_logits, dtype=np.float64).mean(axis=0)[None]
        probs, held = self.probs(logits)[0], self.sets(logits)[0]
        return tuple(
            ClassPrediction(rule.name, float(prob), None if rule.few else bool(inside))
            for rule, prob, inside in zip(self.rules, probs, held, strict=True)
        )


def leading(
    said: Iterable[ClassPrediction], n: int, *, without: tuple[str, ...] = (), least: float = 0.05
) -> list[ClassPrediction]:
    """Return the `n` likeliest classes of at least this probability; rare classes never."""
    ranked = [one for one in said if one.in_set is not None and one.name not in without]
    ranked.sort(key=lambda one: one.prob, reverse=True)
    return [one for one in ranked if one.prob >= least][:n]


def _fit(name: str, fold9: EvaluatedClasses, alpha: float) -> ClassRule:
    mine = fold9.of_class(name)
    n = int(mine.labels.sum())
    if n in (0, len(mine.labels)):
        return ClassRule(name, n, None, None)
    fitted = calibrators.fit(CALIBRATOR, mine.labels, mine.logits)
    conformal = MondrianConformal.fit(mine.labels, expit(mine.logits), alpha)
    return ClassRule(name, n, fitted, conformal.mi_from if n >= min_records(alpha) else None)
