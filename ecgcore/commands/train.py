"""Train one model, or go on with a stopped run."""

import argparse
from pathlib import Path

from ecgcore.commands.predict import add_model_arguments
from ecgcore.commands.result import OK, Result
from ecgcore.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask for the model, or for the folder of a run."""
    add_model_arguments(parser, required=False)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--run-dir", type=Path, help="folder of the run; with spec.json: go on")
    parser.add_argument("--threads", type=int, help="threads of torch")
    parser.add_argument("--publish", action="store_true", help="copy the model to pretrained/")


def run_train(args: argparse.Namespace, settings: Settings) -> Result:
    """Train, and publish if asked."""
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
