"""The command line: ``python -m ecgcore COMMAND``; every command takes --data and --json."""

import argparse
import json
import logging
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from ecgcore.errors import EcgError, ModelError
from ecgcore.settings import Settings

if TYPE_CHECKING:
    from ecgcore.records import EcgRecord

OK, FAILED, BAD_INPUT = 0, 1, 2
Result = tuple[int, Any, str]
"""Exit status, what --json prints, and what a person reads."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns 0, 1 (a check failed) or 2 (bad input)."""
    args = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    try:
        status, data, text = args.run(args, Settings.from_env(args.data))
    except (EcgError, OSError) as error:
        words = _in_words(error)
        print(
            json.dumps({"error": words}) if args.json else f"error: {words}",
            file=sys.stdout if args.json else sys.stderr,
        )
        return BAD_INPUT
    except KeyboardInterrupt:
        print("stopped; run the same command to go on", file=sys.stderr)
        return FAILED
    try:
        print(json.dumps(data, allow_nan=False) if args.json else text, flush=True)
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return int(status)


def _in_words(error: Exception) -> str:
    if not isinstance(error, OSError):
        return str(error)
    return (
        f"{error.filename or 'A file'} cannot be used ({error.strerror or error}). "
        "Free space, make it writable or choose another folder."
    )


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--data", metavar="DIR", help="folder in PTB-XL's layout")
    common.add_argument("--json", action="store_true", help="print one JSON object")
    parser = argparse.ArgumentParser(prog="python -m ecgcore", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[..., Result], text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, parents=[common], help=text, description=text)
        sub.set_defaults(run=run)
        return sub

    command("cohorts", _cohorts, "counts and fingerprints of the study's cohort")
    predict = command("predict", _predict, "ask every model about one record")
    predict.add_argument("record", metavar="ID_OR_FILE")
    command("predict-all", _predict_all, "predict every record with every shipped model")
    explain = command("explain", _explain, "write an explanation as .npz")
    explain.add_argument("record", metavar="ID")
    _model_options(explain)
    explain.add_argument("--method", required=True, choices=["gradcam", "ig"])
    explain.add_argument("--out", required=True, type=Path)
    command("evaluate", _evaluate, "every model on the three test sets, beside published figures")
    bench = command("bench", _bench, "speed and memory")
    bench.add_argument("--quick", action="store_true", help="leave out the server and the browser")
    _data_options(command("data", _data, "build, fetch or check the data"))
    _train_options(command("train", _train, "train one model, or go on with a stopped run"))
    return parser


def _model_options(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    parser.add_argument("--arch", required=required)
    parser.add_argument("--set", required=required, dest="train_set")
    parser.add_argument("--seed", type=int, default=0)


def _data_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["build", "fetch", "check"])
    parser.add_argument("--set", choices=["test", "study", "full"], default="study", dest="which")
    parser.add_argument("--base-url", help="a mirror that has PhysioNet's layout")
    parser.add_argument("--workers", type=int, default=16, help="files at once")
    parser.add_argument("--verify", action="store_true", help="check: hash every file")


def _train_options(parser: argparse.ArgumentParser) -> None:
    _model_options(parser, required=False)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--run-dir", type=Path, help="folder of the run; with spec.json: go on")
    parser.add_argument("--threads", type=int, help="threads of torch")
    parser.add_argument("--publish", action="store_true", help="copy the model to pretrained/")


def _cohorts(args: argparse.Namespace, settings: Settings) -> Result:
    from ecgcore.ptbxl import cohorts
    from ecgcore.ptbxl.catalog import open_catalog

    frame = open_catalog(settings).frame
    data = {
        split: {
            group: {
                "n": len(ids := cohorts.member_ids(frame, split, [group])),
                "fingerprint": cohorts.fingerprint(ids),
            }
            for group in cohorts.GROUPS
        }
        for split in cohorts.SPLITS
    }
    rows = [
        f"{s:6}{g:14}{v['n']:6}  {v['fingerprint']}"
        for s, gs in data.items()
        for g, v in gs.items()
    ]
    return OK, data, "\n".join(rows)


def _predict(args: argparse.Namespace, settings: Settings) -> Result:
    from ecgcore.models.cards import list_models
    from ecgcore.models.predictor import Predictor, predict

    record = _record(args.record, settings)
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


def _record(name: str, settings: Settings) -> "EcgRecord":
    from ecgcore.io.wfdb_files import read_wfdb
    from ecgcore.ptbxl.catalog import open_catalog
    from ecgcore.ptbxl.store import open_recordings

    if name.isdecimal() and len(name) <= 100:
        return open_recordings(open_catalog(settings)).read(int(name))
    return read_wfdb(Path(name))


def _predict_all(args: argparse.Namespace, settings: Settings) -> Result:
    from ecgcore.models.predict_all import predict_all

    report = predict_all(settings, quiet=args.json)
    return OK, asdict(report), f"{report.n_records:,} records x {report.n_models} models"


def _explain(args: argparse.Namespace, settings: Settings) -> Result:
    import numpy as np

    from ecgcore.errors import RecordError
    from ecgcore.explain.methods import explain
    from ecgcore.models.cards import ModelKey, find_model
    from ecgcore.models.predictor import Predictor, model_input

    entry = find_model(
        ModelKey(args.arch, args.train_set, args.seed), settings.pretrained_dir, settings.runs_dir
    )
    record = _record(args.record, settings)
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


def _evaluate(args: argparse.Namespace, settings: Settings) -> Result:
    from ecgcore.models.report import evaluation_report

    report = evaluation_report(settings)
    return OK, report.as_json(), report.as_text()


def _bench(args: argparse.Namespace, settings: Settings) -> Result:
    from ecgcore.bench import run_bench

    report = run_bench(settings, quick=args.quick)
    return (OK if report.passed else FAILED), report.as_json(), report.as_text()


def _data(args: argparse.Namespace, settings: Settings) -> Result:
    folder = settings.data_dir or settings.local_data_dir
    actions = {"build": _data_build, "fetch": _data_fetch, "check": _data_check}
    return actions[args.action](args, folder)


def _data_build(args: argparse.Namespace, folder: Path) -> Result:
    from ecgcore.ptbxl.catalog import load_catalog
    from ecgcore.ptbxl.store import build_store

    with tqdm(desc="store", unit=" records", disable=args.json) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        report = build_store(load_catalog(folder), show)
    data = {
        "folder": str(report.folder),
        "stored": report.n_stored,
        "missing": report.n_missing,
        "refused": [{"ecg_id": ecg_id, "reason": why} for ecg_id, why in report.refused],
    }
    lines = [
        f"{report.n_stored:,} records in {report.folder}, {report.n_missing:,} not downloaded",
        *(why for _, why in report.refused),
    ]
    return (FAILED if report.refused else OK), data, "\n".join(lines)


def _data_fetch(args: argparse.Namespace, folder: Path) -> Result:
    from ecgcore.ptbxl.download import PHYSIONET_URL, FetchProgress, fetch

    with tqdm(desc=f"PTB-XL, {args.which}", unit=" files", disable=args.json) as bar:

        def show(progress: FetchProgress) -> None:
            bar.total = progress.n_files
            bar.update(progress.n_done - bar.n)

        report = fetch(
            folder,
            args.which,
            base_url=args.base_url or PHYSIONET_URL,
            workers=args.workers,
            on_progress=show,
        )
    data = {"folder": str(folder), **asdict(report)}
    lines = [
        f"{report.n_downloaded:,} files downloaded, {report.n_skipped:,} were there, in {folder}",
        *(f"{failure.path}: {failure.reason}" for failure in report.failed),
    ]
    return (FAILED if report.failed else OK), data, "\n".join(lines)


def _data_check(args: argparse.Namespace, folder: Path) -> Result:
    from ecgcore.ptbxl.download import check

    report = check(folder, verify=args.verify)
    frame = report.frame()
    status = OK if report.complete(args.which) else FAILED
    return status, json.loads(frame.to_json(orient="records")), frame.to_string(index=False)


def _train(args: argparse.Namespace, settings: Settings) -> Result:
    import torch

    from ecgcore.errors import JobError
    from ecgcore.ptbxl.catalog import open_catalog
    from ecgcore.training.run import publish, run_training
    from ecgcore.training.spec import SPEC_FILE, TrainSpec

    if args.threads is not None:
        if args.threads < 1:
            raise JobError(f"--threads is {args.threads}; 1 or more is needed.")
        torch.set_num_threads(args.threads)
    run_dir = args.run_dir
    if run_dir is None or not (run_dir / SPEC_FILE).exists():
        if not (args.arch and args.train_set):
            raise JobError("Choose --arch and --set, or a --run-dir that has a spec.json.")
        options = {} if args.epochs is None else {"epochs": args.epochs}
        folder = open_catalog(settings).folder
        spec = TrainSpec(args.arch, args.train_set, args.seed, str(folder), **options)
        run_dir = run_dir or settings.runs_dir / spec.key.run_name
        if not (run_dir / SPEC_FILE).exists():
            spec.save(run_dir)
    card = run_training(run_dir)
    target = publish(run_dir, settings.pretrained_dir) if args.publish else run_dir
    text = "\n".join([f"{card.key.label} in {target}", *(f"{k}: {v}" for k, v in card.metrics)])
    return OK, {"folder": str(target), "metrics": dict(card.metrics)}, text
