"""Opinions of the models, and explanations."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecgcore.commands.records import add_record_arguments, asked_record
from ecgcore.commands.result import OK, Result
from ecgcore.settings import Settings

if TYPE_CHECKING:
    from ecgcore.models.predictor import Prediction
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


def run_predict(args: argparse.Namespace, settings: Settings) -> Result:
    """Ask every shipped model about one record."""
    from ecgcore.errors import ModelError
    from ecgcore.models.cards import list_models
    from ecgcore.models.predictor import Predictor, predict

    record = asked_record(args, settings, for_models=True)
    predictors = [
        Predictor.open(entry)
        for entry in list_models(settings.pretrained_dir, settings.runs_dir)
        if entry.shipped
    ]
    if not predictors:
        raise ModelError(f"There is no model in {settings.pretrained_dir}. Restore that folder.")
    opinions, warnings = predict(predictors, record)
    further = [
        (start_s, predict(predictors, part)[0]) for start_s, part in _further_windows(record)
    ]
    data = {
        "record": record.record_id,
        "source": record.source,
        "warnings": list(warnings),
        "models": _as_json(opinions),
        "windows": [{"start_s": start_s, "models": _as_json(said)} for start_s, said in further],
    }
    lines = [f"record {record.record_id} ({record.source})", *warnings]
    lines += [f"{opinion.model.label:32} MI {opinion.prob:6.1%}" for opinion in opinions]
    lines += [
        f"from {start_s:g} s: " + " ".join(f"{opinion.prob:6.1%}" for opinion in said)
        for start_s, said in further
    ]
    return OK, data, "\n".join(lines)


def _as_json(opinions: Iterable[Prediction]) -> list[dict[str, Any]]:
    return [
        {**asdict(opinion.model.key), "logit": opinion.logit, "prob": opinion.prob}
        for opinion in opinions
    ]


def _further_windows(record: EcgRecord) -> list[tuple[float, EcgRecord]]:
    """Cut a recording that is longer than the models' 10 s."""
    from ecgcore.records import window, windows

    starts = windows(record, WINDOW_S)[1:]
    return [(start_s, window(record, start_s, WINDOW_S)) for start_s in starts]


def run_predict_all(args: argparse.Namespace, settings: Settings) -> Result:
    """Predict every record with every shipped model."""
    from ecgcore.models.predict_all import predict_all

    report = predict_all(settings, quiet=args.json)
    return OK, asdict(report), f"{report.n_records:,} records x {report.n_models} models"


def run_explain(args: argparse.Namespace, settings: Settings) -> Result:
    """Write one explanation as .npz."""
    import numpy as np

    from ecgcore.errors import RecordError
    from ecgcore.explain.methods import explain
    from ecgcore.models.cards import ModelKey, find_model
    from ecgcore.models.predictor import Predictor, model_input

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
            signal=model_input(record).signal,
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
