"""Train one model, or go on with a stopped run."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ecgcore.commands.predict import add_model_arguments, add_task_argument
from ecgcore.commands.result import OK, Result
from ecgcore.settings import Settings

if TYPE_CHECKING:
    from ecgcore.ptbxl.consensus import Consensus
    from ecgcore.training.spec import TrainSpec


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask for the model, or for the folder of a run."""
    add_model_arguments(parser, required=False)
    add_task_argument(parser)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--run-dir", type=Path, help="folder of the run; with spec.json: go on")
    parser.add_argument("--threads", type=int, help="threads of torch")
    parser.add_argument("--publish", action="store_true", help="copy the model to pretrained/")


def run_train(args: argparse.Namespace, settings: Settings) -> Result:
    """Train, and publish if asked."""
    import torch

    from ecgcore.errors import JobError
    from ecgcore.training.run import publish, run_training

    if args.threads is not None:
        if args.threads < 1:
            raise JobError(f"--threads is {args.threads}; 1 or more is needed.")
        torch.set_num_threads(args.threads)
    run_dir = _run_dir(args, settings)
    card = run_training(run_dir)
    target = publish(run_dir, settings.pretrained_dir) if args.publish else run_dir
    text = "\n".join([f"{card.key.label} in {target}", *(f"{k}: {v}" for k, v in card.metrics)])
    return OK, {"folder": str(target), "metrics": dict(card.metrics)}, text


def _run_dir(args: argparse.Namespace, settings: Settings) -> Path:
    """Return a folder whose spec.json is what was asked for.

    An attempt that left no checkpoint and no model left nothing: its spec is replaced.
    """
    from ecgcore.errors import JobError
    from ecgcore.jobs.run_lock import run_lock
    from ecgcore.models.architectures import architecture
    from ecgcore.models.cards import CARD_FILE
    from ecgcore.ptbxl.catalog import open_catalog
    from ecgcore.ptbxl.consensus import CONSENSUS_FILE
    from ecgcore.study.neighbours.runs import recipe_of
    from ecgcore.tasks import mi
    from ecgcore.tasks.registry import task_named
    from ecgcore.training.checkpoint import CHECKPOINT_FILE, PREVIOUS_FILE
    from ecgcore.training.spec import SPEC_FILE, TrainSpec

    chosen: Path | None = args.run_dir
    if not (args.arch and args.train_set):
        if chosen is None or not (chosen / SPEC_FILE).exists():
            raise JobError("Choose --arch and --set, or a --run-dir that has a spec.json.")
        return chosen
    options = {} if args.epochs is None else {"epochs": args.epochs}
    folder = str(open_catalog(settings).folder)
    recipe = recipe_of(architecture(args.arch), task_named(args.task))
    settings_of_task = {"task": args.task, **recipe, **options}
    agreed = _consensus(settings) if args.train_set == mi.AGREED else None
    if agreed is not None:
        settings_of_task["consensus"] = agreed.fingerprint
    asked = TrainSpec(args.arch, args.train_set, args.seed, folder, **settings_of_task)
    run_dir = chosen or settings.runs_dir / asked.key.run_name
    left = (CHECKPOINT_FILE, PREVIOUS_FILE, CARD_FILE)
    goes_on = chosen is not None or any((run_dir / name).exists() for name in left)
    if goes_on and (run_dir / SPEC_FILE).exists():
        _refuse_another(TrainSpec.load(run_dir), asked, ("data_dir", *options), run_dir)
    else:
        run_dir.mkdir(parents=True, exist_ok=True)
        with run_lock(run_dir):
            if agreed is not None:
                agreed.save(run_dir / CONSENSUS_FILE)
            asked.save(run_dir)
    return run_dir


def _consensus(settings: Settings) -> Consensus:
    """Read what readers agreed on from the store; JobError where they have settled nothing."""
    from ecgcore.errors import JobError
    from ecgcore.review.readings.consensus import consensus_of
    from ecgcore.review.store.log import ReviewLog

    log = ReviewLog.open(settings)
    found = consensus_of(log.entries(kinds=["consensus"]))
    log.engine.dispose()
    if not found.verdicts:
        raise JobError("The store holds no consensus. Settle a conflict on the page Adjudication.")
    return found


def _refuse_another(
    kept: TrainSpec, asked: TrainSpec, options: tuple[str, ...], run_dir: Path
) -> None:
    """Raise JobError if a run that goes on is not the one that was asked for."""
    from ecgcore.errors import JobError

    names = ("task", "arch", "train_set", "seed", *options)
    other = [
        f"{name} {getattr(kept, name)}, not {getattr(asked, name)}"
        for name in names
        if getattr(kept, name) != getattr(asked, name)
    ]
    if other:
        raise JobError(
            f"The run in {run_dir} has {', '.join(other)}. Go on with it by '--run-dir {run_dir}' "
            "alone, or choose another --run-dir for a new one."
        )
