"""Opinions of the models, and explanations."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecgcore.commands.records import add_record_arguments, asked_record
from ecgcore.commands.result import OK, Result
from ecgcore.settings import Settings

if TYPE_CHECKING:
    from ecgcore.models.predictor import Prediction
    from ecgcore.predictions.decision import DecisionSettings, EnsemblePrediction
    from ecgcore.predictions.ensemble import Ensemble
    from ecgcore.records import EcgRecord

WINDOW_S = 10.0


def add_explain_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask for the record, the model and the method."""
    add_record_arguments(parser)
    add_model_arguments(parser)
    parser.add_argument("--method", required=True, choices=["gradcam", "ig"])
    parser.add_argument("--out", required=True, type=Path)


def add_model_arguments(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """Ask for one model."""
    parser.add_argument("--arch", required=required)
    parser.add_argument("--set", required=required, dest="train_set")
    parser.add_argument("--seed", type=int, default=0)


def add_predict_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask for the record and for how opinions are read."""
    add_record_arguments(parser)
    add_reading_arguments(parser)


def add_reading_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask how opinions are read."""
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
    """Read how opinions are to be read.

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
    wished = None if args.sensitivity is None else args.sensitivity / 100
    return DecisionSettings(args.calibration, round(1 - args.coverage / 100, 6), wished)


def run_predict(args: argparse.Namespace, settings: Settings) -> Result:
    """Ask every shipped model about one record."""
    from ecgcore.errors import ModelError
    from ecgcore.models.predictor import Predictor, predict
    from ecgcore.predictions.asking import shipped_ensembles

    rule = asked_settings(args)
    record = asked_record(args, settings, for_models=True)
    groups = shipped_ensembles(settings)
    if not groups:
        raise ModelError(f"There is no model in {settings.pretrained_dir}. Restore that folder.")
    predictors = [Predictor.open(entry) for group in groups for entry in group.members]
    opinions, warnings = predict(predictors, record)
    read, notes = _read_groups(opinions, groups, rule, settings)
    further = [
        (start_s, predict(predictors, part)[0]) for start_s, part in _further_windows(record)
    ]
    data = {
        "record": record.record_id,
        "source": record.source,
        "warnings": [*warnings, *notes],
        "rule": asdict(rule),
        "verdict": _joint(groups, read),
        "groups": [
            {"group": group.name, "seed_numbers": list(group.seeds), **asdict(opinion)}
            for group, opinion in zip(groups, read, strict=True)
        ],
        "models": _as_json(opinions),
        "windows": [{"start_s": start_s, "models": _as_json(said)} for start_s, said in further],
    }
    lines = [f"record {record.record_id} ({record.source})", *warnings, *notes]
    lines += [_line(group, opinion) for group, opinion in zip(groups, read, strict=True)]
    lines += [f"{opinion.model.label:32} MI {opinion.prob:6.1%}" for opinion in opinions]
    lines += [
        f"from {start_s:g} s: " + " ".join(f"{opinion.prob:6.1%}" for opinion in said)
        for start_s, said in further
    ]
    return OK, data, "\n".join(lines)


def _read_groups(
    opinions: Sequence[Prediction],
    groups: Sequence[Ensemble],
    rule: DecisionSettings,
    settings: Settings,
) -> tuple[list[EnsemblePrediction], tuple[str, ...]]:
    from ecgcore.predictions.asking import decision_rules

    readers, notes = decision_rules(groups, rule, settings)
    logits = {opinion.model.name: opinion.logit for opinion in opinions}
    read = [
        reader.read([logits[entry.name] for entry in group.members])
        for group, reader in zip(groups, readers, strict=True)
    ]
    return read, notes


def _joint(groups: Sequence[Ensemble], read: Sequence[EnsemblePrediction]) -> str | None:
    """Return the verdict of the study's groups together; None without one."""
    from ecgcore.predictions.decision import is_main, joint_verdict

    main = [said.verdict for group, said in zip(groups, read, strict=True) if is_main(group)]
    return joint_verdict(verdict for verdict in main if verdict) or None


def _line(group: Ensemble, said: EnsemblePrediction) -> str:
    seeds = f"seeds {min(said.seeds):.1%} to {max(said.seeds):.1%}, " if len(said.seeds) > 1 else ""
    verdict = f", verdict {said.verdict}" if said.verdict else ""
    return (
        f"{group.label:32} MI {said.prob:6.1%} ({seeds}raw {said.raw:.1%}), "
        f"{'MI' if said.calls_mi else 'no MI'} from {said.threshold:.1%}{verdict}"
    )


def _as_json(opinions: Iterable[Prediction]) -> list[dict[str, Any]]:
    return [
        {**opinion.model.key.identity, "logit": opinion.logit, "prob": opinion.prob}
        for opinion in opinions
    ]


def _further_windows(record: EcgRecord) -> list[tuple[float, EcgRecord]]:
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


def run_explain(args: argparse.Namespace, settings: Settings) -> Result:
    """Write one explanation as .npz."""
    import numpy as np

    from ecgcore.errors import RecordError
    from ecgcore.explain.methods import explain
    from ecgcore.models.cards import ModelKey, find_model
    from ecgcore.models.inputs import model_input
    from ecgcore.models.predictor import Predictor

    entry = find_model(
        ModelKey(args.arch, args.train_set, args.seed), settings.pretrained_dir, settings.runs_dir
    )
    record = asked_record(args, settings, for_models=True)
    result = explain(Predictor.open(entry), record, args.method)
    out = args.out.with_suffix(".npz")
    try:
        np.savez(
            out,
            scores=result.scores,
            signal=model_input(record, entry.card.preprocessing).signal,
            fs_hz=result.fs_hz,
            delta=result.delta,
        )
    except OSError as error:
        raise RecordError(
            f"{out} cannot be written ({error.strerror}). Choose another --out."
        ) from error
    delta = None if np.isnan(result.delta) else result.delta
    data = {
        "out": str(out),
        "shape": list(result.scores.shape),
        "logit": result.logit,
        "delta": delta,
    }
    return OK, data, f"{out}: scores {result.scores.shape}, delta {delta}"
