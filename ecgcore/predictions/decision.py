"""The one rule that turns an ensemble's logits into a probability, an MI call and a verdict.

Calibrator, threshold and conformal limits are fitted once for each ensemble, on the study records
of fold 9 with all labels. The last two rest on uncalibrated probabilities, so that no calibrator
changes a verdict, nor a call at a target sensitivity. Every page, the printout and the commands
take theirs from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

from ecgcore.errors import ModelError
from ecgcore.predictions.ensemble import (
    Ensemble,
    EnsembleCalibrator,
    FloatArray,
    LabelledEnsemble,
    main_ensembles,
)
from ecgcore.stats.calibration.calibrators import CALIBRATORS, CalibratorName
from ecgcore.stats.conformal import ConformalCoverage, MondrianConformal
from ecgcore.stats.thresholds import OperatingPoint, Threshold, threshold_for_sensitivity
from ecgcore.wording.numbers import percent_range

RECORDS = "all"
"""The records of fold 9 that every rule is fitted on: those of the test set of this name."""

SENSITIVITIES = (0.8, 0.9, 0.95, 0.98, 0.99)
"""Target sensitivities that a reader can choose from, on every page."""
COVERAGES = (0.8, 0.9, 0.95, 0.99)
"""Target coverages of conformal verdicts that a reader can choose from, on every page."""

VERDICTS = ("MI", "normal", "refer")
HALF = 0.5
_SURE = 1e-12
"""Probabilities are kept this far from 0 and 1 before their logit is taken."""


@dataclass(frozen=True, slots=True)
class DecisionSettings:
    """What a reader chose for calls and verdicts.

    Attributes
    ----------
    calibrator
        Of the probabilities.
    alpha
        Share of each class that conformal verdicts may miss; 1 less the target coverage.
    sensitivity
        MI is called where the ensemble reaches the threshold that has this sensitivity on fold 9;
        None for the threshold 50 %.
    """

    calibrator: CalibratorName = "raw"
    alpha: float = 0.1
    sensitivity: float | None = None

    @property
    def threshold_words(self) -> str:
        """The threshold as shown.

        Examples
        --------
        >>> DecisionSettings(sensitivity=0.95).threshold_words
        '95 % sensitivity'
        """
        if self.sensitivity is None:
            return f"{100 * HALF:.0f} %"
        return f"{100 * self.sensitivity:g} % sensitivity"

    @property
    def coverage_words(self) -> str:
        """The target coverage as shown.

        Examples
        --------
        >>> DecisionSettings(alpha=0.05).coverage_words
        '95 %'
        """
        return f"{round(100 * (1 - self.alpha), 4):g} %"

    @property
    def words(self) -> str:
        """The settings in one line; calls from 50 % are not worth a word.

        Examples
        --------
        >>> DecisionSettings("platt").words
        'Calibrated (Platt) · verdicts at 90 % coverage'
        >>> DecisionSettings(alpha=0.05, sensitivity=0.9).words
        'Uncalibrated · verdicts at 95 % coverage · MI from 90 % sensitivity'
        """
        label = CALIBRATORS[self.calibrator]
        said = [label if self.calibrator == "raw" else f"Calibrated ({label})"]
        said.append(f"verdicts at {self.coverage_words} coverage")
        if self.sensitivity is not None:
            said.append(f"MI from {self.threshold_words}")
        return " · ".join(said)

    def as_json(self) -> dict[str, Any]:
        """Return the settings under the names that scripts know."""
        return {"method": self.calibrator, "alpha": self.alpha, "sensitivity": self.sensitivity}


@dataclass(frozen=True, slots=True, eq=False)
class DecisionRule:
    """Everything about one ensemble that was fitted on fold 9.

    Attributes
    ----------
    conformal
        Limits on uncalibrated probabilities; None where fold 9 is not at hand.
    threshold, seed_thresholds
        From which uncalibrated probability the ensemble, and each seed alone, calls MI; None and
        empty where MI is called from 50 % of the shown probability.
    fitted_on
        ``ecg_id``s of the records of fold 9 behind all of it; empty where it is not at hand.
    """

    ensemble: Ensemble
    calibrator: EnsembleCalibrator
    conformal: MondrianConformal | None = None
    threshold: Threshold | None = None
    seed_thresholds: tuple[float, ...] = ()
    fitted_on: frozenset[int] = frozenset()

    @classmethod
    def fit(
        cls,
        ensemble: Ensemble,
        settings: DecisionSettings,
        calibrator: EnsembleCalibrator,
        fold9: LabelledEnsemble | None,
    ) -> DecisionRule:
        """Set limits and thresholds on fold 9.

        Parameters
        ----------
        calibrator
            The one of the settings, fitted on the same records.
        fold9
            The ensemble on the `RECORDS` of fold 9; None where they are not at hand, and there are
            no verdicts.

        Raises
        ------
        ModelError
            If a target sensitivity is asked for and fold 9 gives no threshold.
        """
        if fold9 is None:
            if settings.sensitivity is not None:
                raise ModelError(
                    "A threshold for a target sensitivity needs the models' predictions for fold "
                    "9, which are not at hand. Choose the threshold 50 %."
                )
            return cls(ensemble, calibrator)
        conformal = MondrianConformal.fit(fold9.labels, expit(fold9.logits), settings.alpha)
        rule = cls(ensemble, calibrator, conformal, fitted_on=frozenset(fold9.ids.tolist()))
        if settings.sensitivity is None:
            return rule
        try:
            threshold, *seeds = (
                threshold_for_sensitivity(fold9.labels, expit(logits), settings.sensitivity)
                for logits in (fold9.logits, *fold9.seed_logits)
            )
        except ValueError as error:
            raise ModelError(f"Fold 9 gives no threshold ({error}). Choose 50 %.") from error
        at_seeds = tuple(one.value for one in seeds)
        return replace(rule, threshold=threshold, seed_thresholds=at_seeds)

    def calls(self, seed_logits: FloatArray) -> NDArray[np.bool_]:
        """Say of which records ``(s, n)`` the ensemble calls MI, ``(n,)``."""
        if self.threshold is None:
            return self.calibrator.probs(seed_logits) >= HALF
        return _uncalibrated(seed_logits) >= self.threshold.value

    def seed_calls(self, seed_logits: FloatArray) -> NDArray[np.bool_]:
        """Say of which records ``(s, n)`` each seed alone calls MI, ``(s, n)``."""
        if self.threshold is None:
            return self.calibrator.seed_probs(seed_logits) >= HALF
        called: NDArray[np.bool_] = expit(seed_logits) >= np.array(self.seed_thresholds)[:, None]
        return called

    def verdicts(self, seed_logits: FloatArray) -> NDArray[np.str_]:
        """Return the conformal verdict on each record ``(s, n)``, ``(n,)`` of `VERDICTS`.

        Raises
        ------
        ModelError
            If fold 9 is not at hand.
        """
        return self._limits().verdict(_uncalibrated(seed_logits))

    def coverage(self, evaluated: LabelledEnsemble) -> ConformalCoverage:
        """Judge the verdicts on labelled records; ModelError if fold 9 is not at hand."""
        return self._limits().coverage(evaluated.labels, _uncalibrated(evaluated.seed_logits))

    def operating_point(self, evaluated: LabelledEnsemble) -> OperatingPoint:
        """Count right and wrong calls on labelled records."""
        called = self.calls(evaluated.seed_logits)
        return OperatingPoint.of(evaluated.labels, called, self.shown_threshold)

    def predict(self, seed_logits: ArrayLike, leakage: str | None = None) -> EnsemblePrediction:
        """Turn the logits ``(s,)`` of the seeds on one recording into a prediction.

        Parameters
        ----------
        leakage
            How the ensemble knows the recording, a key of `LEAKAGE_WORDS` of
            `ecgcore.predictions.leakage`; None for one from elsewhere.
        """
        logits = np.asarray(seed_logits, dtype=np.float64)[:, None]
        bounds = self.calibrator.ensemble.interval(logits.mean(axis=0))
        return EnsemblePrediction(
            rule=self,
            prob=float(self.calibrator.probs(logits)[0]),
            seeds=_floats(self.calibrator.seed_probs(logits)),
            uncalibrated=float(_uncalibrated(logits)[0]),
            uncalibrated_seeds=_floats(expit(logits)),
            threshold=self.shown_threshold,
            calls_mi=bool(self.calls(logits)[0]),
            interval=None if bounds is None else (float(bounds[0][0]), float(bounds[1][0])),
            verdict=None if self.conformal is None else str(self.verdicts(logits)[0]),
            leakage=leakage,
        )

    @property
    def shown_threshold(self) -> float:
        """The ensemble's threshold on the scale of the shown probabilities."""
        return HALF if self.threshold is None else self._shown(self.threshold.value)

    @property
    def zones(self) -> dict[str, tuple[float, float]]:
        """From and to which shown probability each of `VERDICTS` holds; empty without fold 9."""
        if self.conformal is None:
            return {}
        limits = sorted((self.conformal.normal_to, self.conformal.mi_from))
        low, high = map(self._shown, limits)
        return {"normal": (0.0, low), "refer": (low, high), "MI": (high, 1.0)}

    def _shown(self, uncalibrated: float) -> float:
        at = logit(np.clip([uncalibrated], _SURE, 1 - _SURE))
        return float(self.calibrator.ensemble.apply(at)[0])

    @property
    def achieved(self) -> float:
        """Sensitivity that the threshold has on fold 9; NaN where MI is called from 50 %."""
        return float("nan") if self.threshold is None else self.threshold.achieved.value

    @property
    def always_possible(self) -> tuple[str, ...]:
        """Classes with too few records in fold 9, which no verdict excludes."""
        return self._limits().always

    def _limits(self) -> MondrianConformal:
        if self.conformal is None:
            raise ModelError(
                f"{self.ensemble.label} has no conformal verdict: its predictions for fold 9 are "
                "not at hand. Run 'python3.11 -m ecgcore predict-all'."
            )
        return self.conformal


@dataclass(frozen=True, slots=True, eq=False)
class EnsemblePrediction:
    """What an ensemble predicts for one recording, made once for pages, figures and printout.

    Attributes
    ----------
    rule
        What made it of the logits.
    prob, seeds
        Probability of MI by the ensemble and by each seed, as the rule's calibrator gives them.
    uncalibrated, uncalibrated_seeds
        The same without a calibrator.
    threshold
        From this `prob` on the ensemble calls MI.
    calls_mi
        Whether it does; None where no verdict is possible.
    interval
        Venn-Abers' lower and upper probability, else None.
    verdict
        One of `VERDICTS`; None where fold 9 is not at hand or no verdict is possible.
    leakage
        A key of `LEAKAGE_WORDS` of `ecgcore.predictions.leakage`; None for a recording from
        elsewhere.
    """

    rule: DecisionRule
    prob: float
    seeds: tuple[float, ...]
    uncalibrated: float
    uncalibrated_seeds: tuple[float, ...]
    threshold: float = HALF
    calls_mi: bool | None = False
    interval: tuple[float, float] | None = None
    verdict: str | None = None
    leakage: str | None = None

    @property
    def ensemble(self) -> Ensemble:
        """Whose prediction it is."""
        return self.rule.ensemble

    @property
    def calibrated(self) -> bool:
        """True where `prob` is not what the networks say themselves."""
        return self.rule.calibrator.method != "raw"

    @property
    def seed_words(self) -> str:
        """Lowest and highest seed, and how many there are."""
        if len(self.seeds) < 2:
            return "one seed"
        return f"{percent_range(min(self.seeds), max(self.seeds))} ({len(self.seeds)})"

    def as_json(self) -> dict[str, Any]:
        """Return the numbers under the names that scripts know."""
        return {
            "prob": self.prob,
            "seeds": self.seeds,
            "raw": self.uncalibrated,
            "raw_seeds": self.uncalibrated_seeds,
            "threshold": self.threshold,
            "calls_mi": self.calls_mi,
            "interval": self.interval,
            "verdict": self.verdict,
            "leakage": self.leakage,
        }


@dataclass(frozen=True, slots=True)
class NoPrediction:
    """An ensemble that predicts nothing for a recording, and why; `leakage` as above."""

    ensemble: Ensemble
    problem: str
    leakage: str | None = None


_Said = TypeVar("_Said", bound=EnsemblePrediction | NoPrediction)


def predicted(rows: Iterable[EnsemblePrediction | NoPrediction]) -> list[EnsemblePrediction]:
    """Keep what was predicted."""
    return [row for row in rows if isinstance(row, EnsemblePrediction)]


def without_verdicts(rows: Iterable[_Said]) -> list[_Said]:
    """Withhold every verdict and call: nothing can be concluded from the recording."""
    return [
        replace(row, verdict=None, calls_mi=None) if isinstance(row, EnsemblePrediction) else row
        for row in rows
    ]


def main_and_others(rows: Sequence[_Said]) -> tuple[list[_Said], list[_Said]]:
    """Part the study's main ensembles from the rest; where none of them is, all are main."""
    main = main_ensembles([row.ensemble for row in rows])
    return (
        [row for row in rows if row.ensemble in main],
        [row for row in rows if row.ensemble not in main],
    )


def joint_verdict(rows: Iterable[EnsemblePrediction | NoPrediction]) -> str:
    """Return the verdict of all, "refer" unless they are unanimous; "" without one."""
    said = {row.verdict for row in predicted(rows) if row.verdict is not None}
    return said.pop() if len(said) == 1 else "refer" if said else ""


def fitted_words(rules: Iterable[DecisionRule], ecg_id: int) -> str:
    """Say what was fitted with this record among others; "" where nothing was."""
    fitted = [rule for rule in rules if ecg_id in rule.fitted_on]
    if not fitted:
        return ""
    calibrated = fitted[0].calibrator.method != "raw"
    what = "calibrator and verdict were" if calibrated else "the verdict was"
    return f"{what} fitted with this recording among others"


def _uncalibrated(seed_logits: FloatArray) -> FloatArray:
    probs: FloatArray = expit(np.asarray(seed_logits).mean(axis=0))
    return probs


def _floats(values: ArrayLike) -> tuple[float, ...]:
    return tuple(float(value) for value in np.ravel(values))
