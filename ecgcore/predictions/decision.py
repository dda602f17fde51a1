"""What a group of models says about one recording: a probability, a call and a verdict."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from ecgcore.errors import ModelError
from ecgcore.models.architectures import main_archs
from ecgcore.models.cards import ModelEntry
from ecgcore.predictions.ensemble import Ensemble, EnsembleCalibrator, LabelledEnsemble
from ecgcore.stats.calibration.calibrators import CalibratorName
from ecgcore.stats.conformal import MondrianConformal
from ecgcore.stats.thresholds import threshold_for_sensitivity
from ecgcore.tasks.mi import TRAIN_SETS

MAIN_SETS = ("A", "C", "D")
SENSITIVITIES = (0.9, 0.95, 0.99)
"""Wishes for a threshold that a reader can choose from."""

VERDICTS = ("MI", "normal", "refer")
HALF = 0.5
_SURE = 1e-12
"""Probabilities are kept this far from 0 and 1 before their logit is taken."""


@dataclass(frozen=True, slots=True)
class DecisionSettings:
    """How a reader wants opinions to be read.

    Attributes
    ----------
    method
        Calibrator of the probabilities.
    alpha
        Share of each class that conformal verdicts may miss.
    sensitivity
        MI is called where the ensemble reaches the threshold that has this sensitivity on fold 9;
        None for the threshold 50 %.
    """

    method: CalibratorName = "raw"
    alpha: float = 0.1
    sensitivity: float | None = None

    @property
    def threshold_words(self) -> str:
        """Say which threshold it is."""
        if self.sensitivity is None:
            return f"{100 * HALF:.0f} %"
        return f"{100 * self.sensitivity:g} % sensitivity"


@dataclass(frozen=True, slots=True)
class EnsemblePrediction:
    """What a group says about one recording.

    Attributes
    ----------
    prob, seeds
        Probability of MI by the ensemble and by each seed, as the chosen method gives them.
    raw, raw_seeds
        The same before recalibration.
    threshold
        From this `prob` on the group calls MI; each group has its own where a sensitivity is asked.
    calls_mi
        Whether it does.
    interval
        Venn-Abers' lower and upper probability, else None.
    verdict
        One of `VERDICTS`; None where fold 9 is not at hand.
    """

    prob: float
    seeds: tuple[float, ...]
    raw: float
    raw_seeds: tuple[float, ...]
    threshold: float
    calls_mi: bool
    interval: tuple[float, float] | None = None
    verdict: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class DecisionRule:
    """How the logits of one group become words: everything that was fitted on fold 9.

    Attributes
    ----------
    conformal
        Limits on raw probabilities, so that verdicts do not change with the recalibration.
    threshold
        Raw probability from which MI is called; None for 50 % of the shown one.
    fitted_on
        ``ecg_id``s of the records of fold 9 behind all of it; empty where it is not at hand.
    """

    calibration: EnsembleCalibrator
    conformal: MondrianConformal | None = None
    threshold: float | None = None
    fitted_on: frozenset[int] = frozenset()

    @classmethod
    def fit(
        cls,
        rule: DecisionSettings,
        calibration: EnsembleCalibrator,
        validation: LabelledEnsemble | None,
    ) -> "DecisionRule":
        """Set limits and threshold on fold 9.

        Parameters
        ----------
        calibration
            By the method of the rule.
        validation
            The group on fold 9; None where it is not at hand, and there are no verdicts.

        Raises
        ------
        ModelError
            If a sensitivity is asked for and fold 9 cannot say its threshold.
        """
        if validation is None:
            if rule.sensitivity is not None:
                raise ModelError(
                    "A threshold for a sensitivity needs the models' predictions for fold 9, which "
                    "are not at hand. Choose the threshold 50 %."
                )
            return cls(calibration)
        labels, raw = validation.labels, expit(validation.logits)
        conformal = MondrianConformal.fit(labels, raw, rule.alpha)
        fitted_on = frozenset(validation.ids.tolist())
        if rule.sensitivity is None:
            return cls(calibration, conformal, fitted_on=fitted_on)
        try:
            threshold = threshold_for_sensitivity(labels, raw, rule.sensitivity)
        except ValueError as error:
            raise ModelError(f"Fold 9 gives no threshold ({error}). Choose 50 %.") from error
        return cls(calibration, conformal, threshold.value, fitted_on)

    def read(self, seed_logits: ArrayLike) -> EnsemblePrediction:
        """Read the logits ``(s,)`` of a group's seeds on one recording."""
        logits = np.asarray(seed_logits, dtype=np.float64)
        mean = np.array([logits.mean()])
        ensemble = self.calibration.ensemble
        prob, raw = float(ensemble.apply(mean)[0]), float(expit(mean[0]))
        bounds = ensemble.interval(mean)
        return EnsemblePrediction(
            prob=prob,
            seeds=_floats(self.calibration.seed_probs(logits)),
            raw=raw,
            raw_seeds=_floats(expit(logits)),
            threshold=self.shown_threshold,
            calls_mi=prob >= HALF if self.threshold is None else raw >= self.threshold,
            interval=None if bounds is None else (float(bounds[0][0]), float(bounds[1][0])),
            verdict=None if self.conformal is None else str(self.conformal.verdict([raw])[0]),
        )

    @property
    def shown_threshold(self) -> float:
        """The threshold on the scale of the shown probabilities."""
        if self.threshold is None:
            return HALF
        at = logit(np.clip([self.threshold], _SURE, 1 - _SURE))
        return float(self.calibration.ensemble.apply(at)[0])


def is_main(group: Ensemble) -> bool:
    """Say whether a group is one of the study's six: both architectures on A, C and D."""
    return group.shipped and group.arch in main_archs() and group.train_set in MAIN_SETS


def joint_verdict(verdicts: Iterable[str]) -> str:
    """Return what all say, and "refer" unless they are unanimous; "" of none."""
    said = set(verdicts)
    return said.pop() if len(said) == 1 else "refer" if said else ""


def trained_on(group: Ensemble) -> str:
    """Say in words what a group was trained on, with numbers from its card."""
    card, n_seeds = group.members[0].card, len(group.members)
    seeds = f"seed {group.seeds[0]}" if n_seeds == 1 else f"{n_seeds} seeds"
    return (
        f"{TRAIN_SETS[group.train_set]}, with normals: {card.n_train:,} records, "
        f"{card.n_train_mi:,} MI ({card.data_version}, {seeds})"
    )


def fitted_words(readers: Iterable[DecisionRule], ecg_id: int) -> str:
    """Say what was fitted with this record among others; "" where nothing was."""
    fitted = [reader for reader in readers if ecg_id in reader.fitted_on]
    if not fitted:
        return ""
    recalibrated = fitted[0].calibration.method != "raw"
    what = "recalibration and verdict were" if recalibrated else "the verdict was"
    return f"{what} fitted with this recording among others"


def marked_members(group: Ensemble) -> tuple[ModelEntry, ...]:
    """Return the members whose knowledge of a record may differ: only the seeds of D-mix do."""
    return group.members if group.train_set == "D-mix" else group.members[:1]


def worst_leakage(marks: Iterable[str], weights: Mapping[str, str]) -> str:
    """Return the mark that weighs most of a group's members; `weights` lists the worst first."""
    order = list(weights)
    return min(marks, key=order.index, default="")


def _floats(values: ArrayLike) -> tuple[float, ...]:
    return tuple(float(value) for value in np.asarray(values))
