"""What models beside the study's say of a record: MI among all comers, and the 71 statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecgcore.models.cards import ModelEntry, list_models
from ecgcore.predictions.classes.all_comers import (
    MiScore,
    all_comers_rule,
    leading_ensemble,
    scores_of,
)
from ecgcore.predictions.classes.evaluated import EvaluatedClasses, evaluate_classes
from ecgcore.predictions.classes.labels import labels_path, shipped_labels
from ecgcore.predictions.classes.rules import ClassPrediction, ClassRules, leading
from ecgcore.predictions.decision import (
    DecisionRule,
    DecisionSettings,
    EnsemblePrediction,
    joint_verdict,
    without_verdicts,
)
from ecgcore.predictions.ensemble import Ensemble, ensembles_of
from ecgcore.records import EcgRecord
from ecgcore.settings import Settings
from ecgcore.tasks import mi_all_comers, statements71
from ecgcore.wording.numbers import counted, percent, percent_range
from ecgcore.wording.statements import STATEMENTS

if TYPE_CHECKING:
    from ecgcore.models.predictor import Predictor

Logits = Mapping[ModelEntry, Sequence[float]]
"""What networks say of a record."""

N_LEADING = 4
UNSAID = ("SR",)
"""Sinus rhythm is no finding."""


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """What they say; empty where there is no such model.

    Attributes
    ----------
    all_comers
        Predictions of MI, whose verdicts are "MI", "no MI" and "refer".
    statements
        Every statement, calibrated on fold 9.
    coverage
        Target coverage of the set of statements, such as "90 %".
    """

    all_comers: tuple[EnsemblePrediction, ...] = ()
    statements: tuple[ClassPrediction, ...] = ()
    coverage: str = ""

    @property
    def all_comers_words(self) -> str:
        """Verdict and probabilities of MI among all comers in a line; "" without a model."""
        if not self.all_comers:
            return ""
        verdict = joint_verdict(self.all_comers)
        probs = [one.prob for one in self.all_comers]
        said = f"MI among all comers: {verdict}. " if verdict else "MI among all comers: "
        state = "calibrated" if self.all_comers[0].calibrated else "uncalibrated"
        return f"{said}Probability of MI {percent_range(min(probs), max(probs), 0)}, {state}."

    @property
    def statement_words(self) -> str:
        """The leading statements in a line; "" without a model."""
        if not self.statements:
            return ""
        shown = leading(self.statements, N_LEADING, without=UNSAID)
        named = ", ".join(f"{STATEMENTS[one.name]} {percent(one.prob, 0)}" for one in shown)
        return f"What else it may be: {named or 'no statement reaches 5 %'}."

    @property
    def set_words(self) -> str:
        """Every statement that is not excluded, by its code; "" without a model."""
        if not self.statements:
            return ""
        ranked = leading(self.statements, len(self.statements), least=0)
        held = [f"{one.name} {percent(one.prob, 0)}" for one in ranked if one.in_set]
        named = f" ({', '.join(held)})" if held else ""
        return (
            f"Not excluded at {self.coverage} coverage: {counted(len(held), 'statement')}{named}. "
            "Each statement is calibrated on fold 9 alone."
        )

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``: the leading statements first, rare ones last."""
        ranked = leading(self.statements, len(self.statements), least=0)
        rare = [one for one in self.statements if one.in_set is None]
        return {
            "all_comers": [
                {"group": one.ensemble.name, "seed_numbers": list(one.ensemble.seeds)}
                | one.as_json()
                for one in self.all_comers
            ],
            "all_comers_verdict": joint_verdict(self.all_comers) or None,
            "what_else": [
                {
                    "code": one.name,
                    "statement": STATEMENTS[one.name],
                    "prob": None if np.isnan(one.prob) else one.prob,
                    "in_set": one.in_set,
                }
                for one in [*ranked, *rare]
            ],
        }


@dataclass(frozen=True, slots=True, eq=False)
class BesideModels:
    """The models that ship, with what fold 9 says about them; none where there are none.

    Attributes
    ----------
    scores
        Who tells MI among all comers, and by which rule.
    statements
        The rules of the 71-statement ensemble that is the best on fold 9.
    predictors
        Every seed of them all.
    """

    coverage: str
    scores: tuple[tuple[MiScore, DecisionRule], ...] = ()
    statements: ClassRules | None = None
    predictors: tuple[Predictor, ...] = ()

    @classmethod
    def open(cls, settings: Settings, decision: DecisionSettings) -> BesideModels:
        """Open the models; ModelError if what they were judged by on fold 9 is missing."""
        from ecgcore.models.predictor import Predictor  # loads torch

        coverage = decision.coverage_words
        wide = _shipped(settings, statements71.STATEMENTS71.name)
        own = _shipped(settings, mi_all_comers.NAME)
        if not (own or wide) or not labels_path(settings.pretrained_dir).exists():
            return cls(coverage)
        catalog = shipped_labels(settings.pretrained_dir)

        def fold9(ensemble: Ensemble) -> EvaluatedClasses:
            return evaluate_classes(ensemble, "all", catalog, settings.pretrained_dir, "val")

        best = leading_ensemble(wide, fold9) if wide else None
        scores = scores_of(own, best)
        return cls(
            coverage,
            tuple(
                (one, all_comers_rule(one, fold9(one.ensemble), catalog, decision))
                for one in scores
            ),
            ClassRules.fit(best, fold9(best), decision.alpha) if best else None,
            tuple(Predictor.open(each) for one in scores for each in one.ensemble.members),
        )

    def ask(self, record: EcgRecord) -> Logits:
        """Ask them about a record; nobody about a synthetic one, which they do not know.

        Raises
        ------
        RecordError
            If the record does not fit them.
        """
        from ecgcore.models.predictor import logits_of  # loads torch

        return {} if record.synthetic else logits_of(self.predictors, record)

    def of(self, asked: Logits, *, void: bool = False) -> Beside:
        """Say what their logits mean.

        Parameters
        ----------
        void
            True where no verdict is possible.
        """
        if not asked:
            return Beside()

        def logits(ensemble: Ensemble) -> NDArray[np.float64]:
            return np.array([asked[one] for one in ensemble.members], dtype=np.float64)

        made = []
        for score, rule in self.scores:
            said = rule.predict(score.logits(logits(score.ensemble)), None)
            words = {"normal": mi_all_comers.MI_ALL_COMERS.negative}
            made.append(replace(said, verdict=words.get(said.verdict or "", said.verdict)))
        rules = self.statements
        statements = () if rules is None else rules.predict(logits(rules.ensemble))
        kept = without_verdicts(made) if void else made
        return Beside(tuple(kept), statements, self.coverage)


def beside_study(
    record: EcgRecord, settings: Settings, decision: DecisionSettings, *, void: bool = False
) -> Beside:
    """Open the models and ask them about one record, as `BesideModels` says."""
    if record.synthetic:
        return Beside()
    models = BesideModels.open(settings, decision)
    return models.of(models.ask(record), void=void)


def _shipped(settings: Settings, task: str) -> list[Ensemble]:
    models = list_models(settings.pretrained_dir, settings.runs_dir, task)
    return list(ensembles_of(one for one in models if one.shipped))
