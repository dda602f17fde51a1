"""Predictions of the models, and attributions."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from ecgcore.commands.records import (
    add_patient_arguments,
    add_record_arguments,
    asked_record,
    begin_reading,
    is_number,
    told_record,
)
from ecgcore.commands.result import OK, Result
from ecgcore.settings import Settings

if TYPE_CHECKING:
    from ecgcore.models.predictor import Prediction, Predictor
    from ecgcore.predictions.decision import DecisionSettings, EnsemblePrediction
    from ecgcore.predictions.ensemble import Ensemble
    from ecgcore.ptbxl.catalog import Catalog, CatalogEntry
    from ecgcore.records import EcgRecord
    from ecgcore.signals.quality import Quality

WINDOW_S = 10.0


def add_model_arguments(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """Ask for one model."""
    parser.add_argument("--arch", required=required)
    parser.add_argument("--set", required=required, dest="train_set")
    parser.add_argument("--seed", type=int, default=0)


def add_task_argument(parser: argparse.ArgumentParser) -> None:
    """Ask for the task."""
    from ecgcore.tasks.registry import TASKS

    parser.add_argument("--task", choices=list(TASKS), default=next(iter(TASKS)))


def add_predict_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask for the record and the decision settings."""
    add_record_arguments(parser)
    add_decision_arguments(parser)
    add_task_argument(parser)
    add_patient_arguments(parser)


def add_decision_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask for calibrator, threshold and target coverage."""
    from ecgcore.stats.calibration.calibrators import CALIBRATORS

    parser.add_argument("--calibration", choices=list(CALIBRATORS), default="raw", help="of MI")
    parser.add_argument(
        "--coverage", type=float, default=90, metavar="PERCENT", help="of conformal verdicts"
    )
    parser.add_argument(
        "--sensitivity",
        type=float,
        metavar="PERCENT",
        help="call MI from the threshold that finds this share of fold 9's MI; else from 50 %%",
    )


def asked_settings(args: argparse.Namespace) -> DecisionSettings:
    """Read the decision settings.

    Raises
    ------
    ModelError
        If a share is not one.
    """
    from ecgcore.errors import ModelError
    from ecgcore.predictions.decision import DecisionSettings

    if not 50 <= args.coverage < 100:
        raise ModelError(f"--coverage is {args.coverage:g}; 50 up to less than 100 is possible.")
    if args.sensitivity is not None and not 0 < args.sensitivity <= 100:
        raise ModelError(f"--sensitivity is {args.sensitivity:g}; above 0 up to 100 is possible.")
    target = None if args.sensitivity is None else args.sensitivity / 100
    return DecisionSettings(args.calibration, round(1 - args.coverage / 100, 6), target)


def run_predict(args: argparse.Namespace, settings: Settings) -> Result:
    """Predict one record by every shipped model."""
    begin_reading(args)
    from ecgcore.errors import ModelError
    from ecgcore.models.predictor import Predictor, predict
    from ecgcore.predictions.classes.beside import beside_study
    from ecgcore.predictions.decision import joint_verdict, main_and_others, without_verdicts
    from ecgcore.predictions.scope import LIMITS_LINE, scope_of
    from ecgcore.predictions.shipped import shipped_ensembles
    from ecgcore.ptbxl.catalog import open_catalog
    from ecgcore.signals.quality import assess
    from ecgcore.tasks import mi

    decision = asked_settings(args)
    record = told_record(asked_record(args, settings, for_models=True), args)
    if args.task != mi.NAME:
        return _predict_classes(record, args.task, settings)
    ensembles = shipped_ensembles(settings)
    if not ensembles:
        raise ModelError(f"There is no model in {settings.pretrained_dir}. Restore that folder.")
    predictors = [Predictor.open(entry) for one in ensembles for entry in one.members]
    models, warnings = predict(predictors, record)
    catalog = open_catalog(settings) if is_number(args.record) else None
    entry = None if catalog is None else catalog.entry(int(args.record))
    leakage = leakage_of_record(catalog, entry)
    made, notes = ensemble_predictions(models, ensembles, decision, settings, leakage)
    scope = scope_of(record, entry, settings)
    made = without_verdicts(made) if scope.void else made
    beside = beside_study(record, settings, decision, void=scope.void)
    further = [_window_json(start_s, part, predictors) for start_s, part in _windows(record)]
    data = {
        "record": record.record_id,
        "source": record.source,
        "warnings": [*warnings, *notes],
        "rule": decision.as_json(),
        "quality": assess(record).as_json(),
        "scope": scope.as_json(),
        "verdict": joint_verdict(main_and_others(made)[0]) or None,
        "groups": [_ensemble_json(one) for one in made],
        **beside.as_json(),
        "models": _as_json(models),
        "windows": further,
    }
    lines = [f"record {record.record_id} ({record.source})", *warnings, *notes]
    if not scope.applies:
        lines += [*([] if scope.void else [LIMITS_LINE]), *scope.reasons]
    lines += [_line(one) for one in made]
    said = (beside.all_comers_words, beside.statement_words, beside.set_words)
    lines += filter(None, said)
    lines += [f"{one.model.label:32} MI {one.prob:6.1%}" for one in models]
    lines += [
        f"from {one['start_s']:g} s: "
        + " ".join([*(f"{said['prob']:6.1%}" for said in one["models"]), *one["scope"]["reasons"]])
        for one in further
    ]
    return OK, data, "\n".join(lines)


def _predict_classes(record: EcgRecord, task: str, settings: Settings) -> Result:
    """Predict each class of a task by every model of it, shipped or trained here."""
    from scipy.special import expit

    from ecgcore.errors import ModelError
    from ecgcore.models.cards import list_models
    from ecgcore.models.inner_weights import inner_weights
    from ecgcore.models.predictor import Predictor, predict
    from ecgcore.signals.quality import assess
    from ecgcore.tasks.registry import task_named

    entries = list_models(settings.pretrained_dir, settings.runs_dir, task)
    if not entries:
        raise ModelError(
            f"There is no model of the task {task}. Train one with "
            f"'python3.11 -m ecgcore train --task {task}'."
        )
    classes = task_named(task).classes
    predictors = [Predictor.open(entry) for entry in entries]
    said, warnings = predict(predictors, record)
    weights = [inner_weights(predictor, record) for predictor in predictors]
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
        "task": task,
        "quality": quality.as_json(),
        "scope": scope,
        "models": models,
    }
    lines = [f"record {record.record_id} ({record.source})", *warnings, *scope["reasons"]]
    for one in said:
        probs = zip(classes, expit(one.logits), strict=True)
        lines.append(f"{one.model.label:44} " + ", ".join(f"{c} {p:.1%}" for c, p in probs))
    return OK, data, "\n".join(lines)


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
    logits = {one.model.name: one.logit for one in models}
    made = [
        rule.predict(
            [logits[entry.name] for entry in rule.ensemble.members], leakage(rule.ensemble)
        )
        for rule in rules
    ]
    return made, notes


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


def add_predict_all_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask how many threads."""
    parser.add_argument("--jobs", type=int, help="blocks of records at once (one for each core)")


def run_predict_all(args: argparse.Namespace, settings: Settings) -> Result:
    """Predict every record with every shipped model whose predictions are not stored yet."""
    from ecgcore.errors import ModelError
    from ecgcore.predictions.predict_all import predict_all

    if args.jobs is not None and args.jobs < 1:
        raise ModelError(f"--jobs is {args.jobs}; 1 or more is needed.")
    report = predict_all(settings, jobs=args.jobs or os.cpu_count() or 1, quiet=args.json)
    text = f"{report.n_records:,} records x {report.n_models} models, {report.n_kept} of them kept"
    return OK, asdict(report), text
