"""One record explained, with the checks of the map."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecgcore.commands.predict import add_task_argument
from ecgcore.commands.records import (
    add_patient_arguments,
    add_record_arguments,
    asked_record,
    is_number,
    told_record,
)
from ecgcore.commands.result import OK, Result
from ecgcore.settings import Settings
from ecgcore.tasks import mi

if TYPE_CHECKING:
    from ecgcore.explain.attribution import Attribution
    from ecgcore.explain.trust import Check
    from ecgcore.models.cards import ModelEntry
    from ecgcore.records import EcgRecord

ALL_SEEDS = "all"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask for the record, the model, the method and the checks."""
    from ecgcore.explain.attribution import DEFAULT_METHOD, METHODS
    from ecgcore.explain.maps.baselines import BASELINES

    add_record_arguments(parser)
    add_patient_arguments(parser)
    add_task_argument(parser)
    parser.add_argument(
        "--class", dest="class_name", metavar="NAME", help="of the task; its first one without this"
    )
    parser.add_argument("--arch", required=True)
    parser.add_argument("--set", required=True, dest="train_set")
    parser.add_argument("--seed", default=ALL_SEEDS, help="a number, or all (the default)")
    parser.add_argument("--method", default=DEFAULT_METHOD, choices=list(METHODS))
    parser.add_argument("--baseline", choices=list(BASELINES), default=next(iter(BASELINES)))
    parser.add_argument("--checks", action="store_true", help="check the map; a badge says more")
    parser.add_argument("--out", type=Path, help="write scores and signal as .npz")


def run_explain(args: argparse.Namespace, settings: Settings) -> Result:
    """Explain one record; write the map, or check it, or both."""
    from ecgcore.errors import ModelError
    from ecgcore.explain.checks.run import explain_with_checks
    from ecgcore.explain.methods import explain_ensemble
    from ecgcore.models.predictor import Predictor

    if args.out is None and not args.checks:
        raise ModelError("Nothing is asked for. Use --checks, or --out FILE for the map.")
    if args.checks and args.task != mi.NAME:
        raise ModelError(f"--checks are made for the task {mi.NAME}; use --out FILE for the map.")
    class_index = _class_index(args)
    asked, siblings = asked_models(args, settings, args.task)
    record = told_record(asked_record(args, settings, for_models=True), args)
    predictors = [Predictor.open(entry) for entry in asked]
    if args.checks:
        made = explain_with_checks(
            predictors,
            record,
            args.method,
            siblings=[Predictor.open(entry) for entry in siblings],
            baseline=args.baseline,
        )
    else:
        made = explain_ensemble(
            predictors, record, args.method, class_index=class_index, baseline=args.baseline
        )
    data = _as_json(made, args)
    if args.out is not None:
        _save(made, record, args.out.with_suffix(".npz"))
    return OK, data, _text(made, data)


def asked_models(
    args: argparse.Namespace, settings: Settings, task: str = mi.NAME
) -> tuple[list[ModelEntry], list[ModelEntry]]:
    """Return the explained models of a task, and for a single one its siblings.

    Raises
    ------
    ModelError
        If there is no such model.
    """
    from ecgcore.errors import ModelError
    from ecgcore.models.cards import ModelKey, find_model, list_models

    if args.seed != ALL_SEEDS and not is_number(args.seed):
        raise ModelError(f"--seed is {args.seed!r}; a number or {ALL_SEEDS!r} is possible.")
    every = list_models(settings.pretrained_dir, settings.runs_dir, task)
    like = ModelKey(args.arch, args.train_set, 0, task)
    alike = [one for one in every if one.shipped and replace(one.key, seed=0) == like]
    if args.seed == ALL_SEEDS and alike:
        return alike, []
    key = replace(like, seed=0 if args.seed == ALL_SEEDS else int(args.seed))
    entry = find_model(key, settings.pretrained_dir, settings.runs_dir)
    return [entry], [one for one in alike if one.name != entry.name]


def _class_index(args: argparse.Namespace) -> int:
    from ecgcore.errors import ModelError
    from ecgcore.tasks.registry import task_named

    classes = task_named(args.task).classes
    if args.class_name is None:
        return 0
    if args.class_name not in classes:
        raise ModelError(
            f"The task {args.task} has no class {args.class_name!r}; choose {', '.join(classes)}."
        )
    return classes.index(args.class_name)


def _as_json(made: Attribution, args: argparse.Namespace) -> dict[str, Any]:
    import numpy as np

    data: dict[str, Any] = {} if made.checks is None else made.checks.as_json()
    return data | {
        "out": None if args.out is None else str(args.out.with_suffix(".npz")),
        "model": made.model_label,
        "class": made.target,
        "method": made.method,
        "baseline": made.baseline or None,
        "shape": list(made.scores.shape),
        "logit": made.logit,
        "delta": None if np.isnan(made.delta) else made.delta,
    }


def _text(made: Attribution, data: dict[str, Any]) -> str:
    lines = [made.label]
    if made.checks is not None:
        lines.append(f"{made.checks.badge}: {made.checks.reason}")
        lines += [
            f"{one.title:40} {one.text:>8}  {one.level:12} {_more(one)}".rstrip()
            for one in made.checks.checks
        ]
    if data["out"]:
        lines.append(f"{data['out']}: scores {made.scores.shape}, delta {data['delta']}")
    return "\n".join(lines)


def _more(check: Check) -> str:
    return check.detail or str(check.as_json()["reason"])


def _save(made: Attribution, record: EcgRecord, out: Path) -> None:
    import numpy as np

    from ecgcore.errors import RecordError
    from ecgcore.models.inputs import model_input

    signal = model_input(record, made.model.card.preprocessing).signal
    arrays: dict[str, Any] = {"scores": made.scores, "signal": signal}
    arrays |= {"fs_hz": made.fs_hz, "delta": made.delta}
    if made.spread is not None:
        arrays["spread"] = made.spread
    try:
        np.savez(out, **arrays)
    except OSError as error:
        raise RecordError(
            f"{out} cannot be written ({error.strerror}). Choose another --out."
        ) from error
