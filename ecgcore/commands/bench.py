"""Speed, memory, and accuracy against references."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from ecgcore.commands.result import FAILED, OK, Result
from ecgcore.settings import Settings


class Report(Protocol):
    """What every part of the bench gives back."""

    @property
    def passed(self) -> bool:
        """True where every promise holds."""

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""

    def as_text(self) -> str:
        """Lines for a reader."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask which figures."""
    parser.add_argument(
        "part",
        nargs="?",
        default="speed",
        choices=list(_PARTS),
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="speed: no server and no browser; models: few repeats, no training beside",
    )
    parser.add_argument(
        "--threads", type=int, default=1, help="models: threads of torch in batches and training"
    )
    parser.add_argument("--ludb", type=Path, metavar="DIR", help="delineation: the LUDB records")
    parser.add_argument(
        "--others", type=Path, metavar="DIR", help="swaps: WFDB recordings of other devices"
    )
    parser.add_argument(
        "--fit", action="store_true", help="swaps: fit the networks anew on folds 1 to 8 first"
    )
    parser.add_argument("--minutes", type=float, default=5.0, help="chaos: how long")
    parser.add_argument("--uploads", type=int, default=2000, help="fuzz: how many")
    parser.add_argument("--readers", type=int, default=50, help="review: readers at once")
    parser.add_argument("--readings", type=int, default=40, help="review: of each reader")
    parser.add_argument("--kills", type=int, default=200, help="review: kill -9 in mid-write")
    parser.add_argument(
        "--seeds", type=Path, metavar="DIR", help="fuzz: valid files to damage (tests/seeds)"
    )


def run_bench(args: argparse.Namespace, settings: Settings) -> Result:
    """Measure one part."""
    report = _PARTS[args.part](args, settings)
    return (OK if report.passed else FAILED), report.as_json(), report.as_text()


def _speed(args: argparse.Namespace, settings: Settings) -> Report:
    from ecgcore.bench.speed import run_speed

    return run_speed(settings, quick=args.quick)


def _models(args: argparse.Namespace, settings: Settings) -> Report:
    from ecgcore.bench.models.table import run_models
    from ecgcore.commands.jobs import train_command
    from ecgcore.errors import ModelError

    if args.threads < 1:
        raise ModelError(f"--threads is {args.threads}; 1 or more is needed.")
    return run_models(settings, train=train_command, quick=args.quick, threads=args.threads)


def _delineation(args: argparse.Namespace, _settings: Settings) -> Report:
    from ecgcore.bench.delineation.delineation import run_delineation
    from ecgcore.errors import RecordError

    if args.ludb is None:
        raise RecordError("Name the folder that holds LUDB's records: --ludb DIR.")
    return run_delineation(args.ludb)


def _swaps(args: argparse.Namespace, settings: Settings) -> Report:
    from ecgcore.bench.swaps.swaps import run_swaps

    return run_swaps(settings, args.others, refit=args.fit)


def _glossary(_args: argparse.Namespace, settings: Settings) -> Report:
    from ecgcore.bench.glossary import run_glossary

    return run_glossary(settings)


def _record_folds(_args: argparse.Namespace, settings: Settings) -> Report:
    from ecgcore.bench.neighbours.record_folds import run_record_folds

    return run_record_folds(settings)


def _random_encoder(_args: argparse.Namespace, settings: Settings) -> Report:
    from ecgcore.bench.neighbours.random_encoder import run_random_encoder

    return run_random_encoder(settings)


def _fuzz(args: argparse.Namespace, _settings: Settings) -> Report:
    from ecgcore.bench.fuzz import run_fuzz
    from ecgcore.bench.seeds import SEEDS_DIR, load_seeds

    return run_fuzz(args.uploads, valid=load_seeds(args.seeds or SEEDS_DIR))


def _chaos(args: argparse.Namespace, settings: Settings) -> Report:
    from ecgcore.bench.chaos.chaos import run_chaos
    from ecgcore.commands.jobs import train_command
    from ecgcore.errors import JobError

    if not 0 < args.minutes <= 24 * 60:
        raise JobError(f"--minutes is {args.minutes:g}; above 0 up to 1440 is possible.")
    # one thread, as the server's jobs: more of them add up in another order, to other weights

    def train(run_dir: Path) -> list[str]:
        return train_command(run_dir, "--threads", "1")

    return run_chaos(settings, minutes=args.minutes, train=train)


def _review(args: argparse.Namespace, _settings: Settings) -> Report:
    from ecgcore.bench.reviews.review import run_review_bench
    from ecgcore.errors import ReviewError

    if min(args.readers, args.readings, args.kills) < 1:
        raise ReviewError("--readers, --readings and --kills are 1 or more.")
    return run_review_bench(args.readers, args.readings, args.kills)


_PARTS: dict[str, Callable[[argparse.Namespace, Settings], Report]] = {
    "speed": _speed,
    "models": _models,
    "delineation": _delineation,
    "swaps": _swaps,
    "glossary": _glossary,
    "record-folds": _record_folds,
    "random-encoder": _random_encoder,
    "fuzz": _fuzz,
    "chaos": _chaos,
    "review": _review,
}
