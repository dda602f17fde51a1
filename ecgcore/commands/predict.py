"""Predictions of the models, and attributions."""

from __future__ import annotations

import argparse
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from ecgcore.commands.records import (
    add_patient_arguments,
    add_record_arguments,
    asked_record,
    begin_reading,
    is_folder,
    is_number,
    told_record,
)
from ecgcore.commands.result import OK, Result
from ecgcore.settings import Settings

if TYPE_CHECKING:
    from ecgcore.predictions.decision import DecisionSettings


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
    """Ask for the records and the decision settings."""
    add_record_arguments(parser, many=True)
    parser.add_argument(
        "--csv", type=Path, metavar="FILE", help="a table with a row for each file, of folders too"
    )
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
    """Predict one record by every shipped model, or a table of many."""
    names: list[str] = args.record
    if args.csv is not None or len(names) > 1 or is_folder(names[0]):
        from ecgcore.commands.files.batch import run_batch

        return run_batch(args, settings, asked_settings(args))
    args.record = names[0]
    begin_reading(args)
    from ecgcore.commands.files.models import ClassModels, StudyModels
    from ecgcore.ptbxl.catalog import open_catalog
    from ecgcore.tasks import mi

    decision = asked_settings(args)
    record = told_record(asked_record(args, settings, for_models=True), args)
    if args.task != mi.NAME:
        return OK, *ClassModels.open(settings, args.task).say(record)
    models = StudyModels.open(settings, decision)
    return OK, *models.say(record, open_catalog(settings) if is_number(args.record) else None)


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
