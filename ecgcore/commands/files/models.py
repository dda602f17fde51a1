"""The models that a recording is shown to, opened once, and what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ecgcore.models.predictor import Prediction, Predictor
    from ecgcore.predictions.classes.beside import BesideModels
    from ecgcore.predictions.decision import DecisionRule, DecisionSettings, EnsemblePrediction
    from ecgcore.predictions.ensemble import Ensemble
    from ecgcore.predictions.scope import ScopeModels
    from ecgcore.ptbxl.catalog import Catalog, CatalogEntry
    from ecgcore.records import EcgRecord
    from ecgcore.settings import Settings
    from ecgcore.signals.quality import Quality

WINDOW_S = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class StudyModels:
    """What a record is asked of where the task is the study's, opened once for many records."""

    decision: DecisionSettings
    predictors: tuple[Predictor, ...]
    rules: Sequence[DecisionRule]
    notes: tuple[str, ...]
    scope: ScopeModels | None
    beside: BesideModels

    @classmethod
    def open(cls, settings: Settings, decision: DecisionSettings) -> StudyModels:
        """Open every shipped model; ModelError if there is none, or one is damaged."""
        from ecgcore.errors import ModelError
        from ecgcore.models.predictor import Predictor
        from ecgcore.predictions.classes.beside import BesideModels
        from ecgcore.predictions.scope import open_scope
        from ecgcore.predictions.shipped import decision_rules, shipped_ensembles

        ensembles = shipped_ensembles(settings)
        if not ensembles:
            raise ModelError(
                f"There is no model in {settings.pretrained_dir}. Restore that folder."
            )
        rules, notes = decision_rules(ensembles, decision, settings)
        predictors = tuple(Predictor.open(entry) for one in ensembles for entry in one.members)
        beside = BesideModels.open(settings, decision)
        return cls(decision, predictors, rules, notes, open_scope(settings), beside)

    def say(
        self, record: EcgRecord, catalog: Catalog | None = None, *, windows: bool = True
    ) -> tuple[dict[str, Any], str]:
        """Return what every model says of a record, for programs and for people.

        Parameters
        ----------
        catalog
            The data set that the record is from; None for one from elsewhere.
        windows
            Whether to ask about further 10 s of a longer recording too.

        Raises
        ------
        RecordError
            If the record does not fit the models.
        """
        from ecgcore.models.predictor import predict
        from ecgcore.predictions.decision import joint_verdict, main_and_others, without_verdicts
        from ecgcore.predictions.scope import LIMITS_LINE, scope_by
        from ecgcore.signals.quality import assess

        models, warnings = predict(self.predictors, record)
        entry = None if catalog is None else catalog.entry(int(record.record_id))
        made = _by_rules(self.rules, models, leakage_of_record(catalog, entry))
        asked = self.beside.ask(record)
        scope = scope_by(self.scope, record, entry, asked)
        made = without_verdicts(made) if scope.void else made
        beside = self.beside.of(asked, void=scope.void)
        parts = _windows(record) if windows else []
        further = [_window_json(start_s, part, self.predictors) for start_s, part in parts]
        data = {
            "record": record.record_id,
            "source": record.source,
            "warnings": [*warnings, *self.notes],
            "rule": self.decision.as_json(),
            "quality": assess(record).as_json(),
            "scope": scope.as_json(),
            "verdict": joint_verdict(main_and_others(made)[0]) or None,
            "groups": [_ensemble_json(one) for one in made],
            **beside.as_json(),
            "models": _as_json(models),
            "windows": further,
        }
        lines = [f"record {record.record_id} ({record.source})", *warnings, *self.notes]
        if not scope.applies:
            lines += [*([] if scope.void else [LIMITS_LINE]), *scope.reasons]
        lines += [_line(one) for one in made]
        said = (beside.all_comers_words, beside.statement_words, beside.set_words)
        lines += filter(None, said)
        lines += [f"{one.model.label:32} MI {one.prob:6.1%}" for one in models]
        lines += [
            f"from {one['start_s']:g} s: "
            + " ".join(
                [*(f"{said['prob']:6.1%}" for said in one["models"]), *one["scope"]["reasons"]]
            )
            for one in further
        ]
        return data, "\n".join(lines)


@dataclass(frozen=True, slots=True, eq=False)
class ClassModels:
    """Every model of another task, shipped or trained here, opened once for many records."""

    task: str
    predictors: tuple[Predictor, ...]

    @classmethod
    def open(cls, settings: Settings, task: str) -> ClassModels:
        """Open them; ModelError if there is none."""
        from ecgcore.errors import ModelError
        from ecgcore.models.cards import list_models
        from ecgcore.models.predictor import Predictor

        entries = list_models(settings.pretrained_dir, settings.runs_dir, task)
        if not entries:
            raise ModelError(
                f"There is no model of the task {task}. Train one with "
                f"'python3.11 -m ecgcore train --task {task}'."
            )
        return cls(task, tuple(Predictor.open(entry) for entry in entries))

    def say(self, record: EcgRecord) -> tuple[dict[str, Any], str]:
        """Return what every model says of each class, for programs and for people.

        Raises
        ------
        RecordError
            If the record does not fit the models.
        """
        from scipy.special import expit

        from ecgcore.models.inner_weights import inner_weights
        from ecgcore.models.predictor import predict
        from ecgcore.signals.quality import assess
        from ecgcore.tasks.registry import task_named

        classes = task_named(self.task).classes
        said, warnings = predict(self.predictors, record)
        weights = [inner_weights(predictor, record) for predictor in self.predictors]
        models = [
            {
                "model": one.model.name,
                **one.model.key.identity,
                "logits": dict(zip(classes, one.logits, strict=True)),
                "probs": dict(zip(classes, expit(one.logits).tolist(), strict=True)),
                **({} if weight is None else {"weights": weight.as_json()}),
            }
            for one, weight in zip(said, weights, strict=True)
        ]
        quality = assess(record)
        scope = _quality_scope(quality)
        data = {
            "record": record.record_id,
            "source": record.source,
            "warnings": list(warnings),
            "task": self.task,
            "quality": quality.as_json(),
            "scope": scope,
            "models": models,
        }
        lines = [f"record {record.record_id} ({record.source})", *warnings, *scope["reasons"]]
        for one in said:
            probs = zip(classes, expit(one.logits), strict=True)
            lines.append(f"{one.model.label:44} " + ", ".join(f"{c} {p:.1%}" for c, p in probs))
        return data, "\n".join(lines)


def ensemble_predictions(
    models: Iterable[Prediction],
    ensembles: Sequence[Ensemble],
    decision: DecisionSettings,
    settings: Settings,
    leakage: Callable[[Ensemble], str | None] = lambda _: None,
) -> tuple[list[EnsemblePrediction], tuple[str, ...]]:
    """Turn the predictions of single models into those of their ensembles.

    Parameters
    ----------
    leakage
        Says how an ensemble knows the recording; None for one from elsewhere.

    Returns
    -------
    tuple
        The predictions, and notes such as why there is no verdict.
    """
    from ecgcore.predictions.shipped import decision_rules

    rules, notes = decision_rules(ensembles, decision, settings)
    return _by_rules(rules, models, leakage), notes


def _by_rules(
    rules: Iterable[DecisionRule],
    models: Iterable[Prediction],
    leakage: Callable[[Ensemble], str | None],
) -> list[EnsemblePrediction]:
    logits = {one.model.name: one.logit for one in models}
    return [
        rule.predict(
            [logits[entry.name] for entry in rule.ensemble.members], leakage(rule.ensemble)
        )
        for rule in rules
    ]


def _ensemble_json(made: EnsemblePrediction) -> dict[str, Any]:
    ensemble = made.ensemble
    return {"group": ensemble.name, "seed_numbers": list(ensemble.seeds), **made.as_json()}


def _line(made: EnsemblePrediction) -> str:
    seeds = f"seeds {min(made.seeds):.1%} to {max(made.seeds):.1%}, " if len(made.seeds) > 1 else ""
    verdict = f", verdict {made.verdict}" if made.verdict else ""
    call = f", {'MI' if made.calls_mi else 'no MI'} from {made.threshold:.1%}"
    if made.calls_mi is None:
        verdict, call = "", ", no verdict"
    return (
        f"{made.ensemble.label:32} MI {made.prob:6.1%} ({seeds}uncalibrated "
        f"{made.uncalibrated:.1%}){call}{verdict}"
    )


def _as_json(models: Iterable[Prediction]) -> list[dict[str, Any]]:
    return [{**one.model.key.identity, "logit": one.logit, "prob": one.prob} for one in models]


def _window_json(
    start_s: float, part: EcgRecord, predictors: Sequence[Predictor]
) -> dict[str, Any]:
    """Predict further 10 s of a recording, and say whether anything can be concluded from them."""
    from ecgcore.models.predictor import predict
    from ecgcore.signals.quality import assess

    quality = assess(part)
    return {
        "start_s": start_s,
        "quality": quality.as_json(),
        "scope": _quality_scope(quality),
        "models": _as_json(predict(predictors, part)[0]),
    }


def _quality_scope(quality: Quality) -> dict[str, Any]:
    """Give the scope by signal quality alone."""
    from ecgcore.predictions.scope import void_reasons

    reasons = list(void_reasons(quality))
    return {"applies": not reasons, "reasons": reasons}


def leakage_of_record(
    catalog: Catalog | None, entry: CatalogEntry | None
) -> Callable[[Ensemble], str | None]:
    """Return what says how an ensemble knows a record; nothing for one from elsewhere."""
    from ecgcore.predictions.leakage import SeenInTraining, leakage_of

    if catalog is None:
        return lambda _: None
    seen = cache(partial(SeenInTraining.of, catalog.frame))
    return lambda ensemble: leakage_of(ensemble, catalog, entry, seen)


def _windows(record: EcgRecord) -> list[tuple[float, EcgRecord]]:
    """Cut a recording that is longer than the models' 10 s."""
    from ecgcore.records import window, windows

    starts = windows(record, WINDOW_S)[1:]
    return [(start_s, window(record, start_s, WINDOW_S)) for start_s in starts]
