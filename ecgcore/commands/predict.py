"""Opinions of the models, and explanations."""

import argparse
from dataclasses import asdict
from pathlib import Path

from ecgcore.commands.records import named_record
from ecgcore.commands.result import OK, Result
from ecgcore.settings import Settings


def add_predict_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask for the record."""
    parser.add_argument("record", metavar="ID_OR_FILE")


def add_explain_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask for the record, the model and the method."""
    parser.add_argument("record", metavar="ID")
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

    record = named_record(args.record, settings)
    predictors = [
        Predictor.open(entry)
        for entry in list_models(settings.pretrained_dir, settings.runs_dir)
        if entry.shipped
    ]
    if not predictors:
        raise ModelError(f"There is no model in {settings.pretrained_dir}. Restore that folder.")
    opinions, warnings = predict(predictors, record)
    models = [
        {**asdict(opinion.model.key), "logit": opinion.logit, "prob": opinion.prob}
        for opinion in opinions
    ]
    data = {
        "record": record.record_id,
        "source": record.source,
        "warnings": list(warnings),
        "models": models,
    }
    lines = [f"record {record.record_id} ({record.source})", *warnings]
    lines += [f"{opinion.model.label:32} MI {opinion.prob:6.1%}" for opinion in opinions]
    return OK, data, "\n".join(lines)


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
    record = named_record(args.record, settings)
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
