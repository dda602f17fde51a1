"""The study: its cohort, its trainings, and every model on its test sets."""

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

from tqdm import tqdm

from ecgcore.commands.predict import add_task_argument
from ecgcore.commands.result import FAILED, OK, Result
from ecgcore.models.architectures import BIMAMBA2, DEFAULT
from ecgcore.settings import Settings

CHALLENGE24 = "challenge24"


def add_study_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask what to do, and with which runs."""
    parser.add_argument("action", choices=["run", "status", "scope"])
    parser.add_argument(
        "--jobs", type=int, help="trainings that share the cores (one for each core)"
    )
    parser.add_argument(
        "--only",
        nargs="+",
        default=[],
        metavar="ARCH[-SET[-SEED]]",
        help=f"such as {DEFAULT.name}, {BIMAMBA2.name}-A or {BIMAMBA2.name}-A-0",
    )
    parser.add_argument("--limit", type=int, metavar="N", help="run: at most so many trainings")
    parser.add_argument(
        "--fit", action="store_true", help="scope: fit the out-of-study score anew and store it"
    )


def run_study_command(args: argparse.Namespace, settings: Settings) -> Result:
    """Train what the study lacks, say how far it is, or judge the out-of-study score."""
    if args.action == "scope":
        return _run_scope(args, settings)
    from ecgcore.commands.jobs import study_command
    from ecgcore.errors import JobError
    from ecgcore.study.plan import Study, chosen_runs, default_jobs, study_status
    from ecgcore.study.runner import run_study

    runs = chosen_runs(args.only)
    jobs = default_jobs() if args.jobs is None else args.jobs
    if jobs < 1:
        raise JobError(f"--jobs is {jobs}; 1 or more is needed.")
    study = Study.open(settings)
    if args.action == "status":
        status = study_status(study, runs, jobs)
        return OK, status.as_json(), status.as_text()

    def say(line: str) -> None:
        if not args.json:
            tqdm.write(line, file=sys.stderr)

    with _terminated_like_interrupted():
        report = run_study(
            study,
            runs,
            jobs=jobs,
            env=settings.as_env(),
            command=study_command,
            limit=args.limit,
            say=say,
        )
    return (FAILED if report.failed else OK), report.as_json(), report.as_text()


def _run_scope(args: argparse.Namespace, settings: Settings) -> Result:
    """Judge the out-of-study score on fold 10; with ``--fit`` fit it anew and store it first."""
    from ecgcore.models.cards import list_models
    from ecgcore.predictions.classes.all_comers import leading_ensemble
    from ecgcore.predictions.classes.evaluated import evaluate_classes
    from ecgcore.predictions.ensemble import ensembles_of
    from ecgcore.predictions.scope import SCOPE_FILE, shipped_rule
    from ecgcore.ptbxl.catalog import open_catalog
    from ecgcore.ptbxl.store import open_recordings
    from ecgcore.study.outside.score import fit_scope, scope_figures
    from ecgcore.tasks.statements71 import STATEMENTS71

    recordings = open_recordings(open_catalog(settings))
    if args.fit:
        found = list_models(settings.pretrained_dir, settings.runs_dir, STATEMENTS71.name)
        shipped = ensembles_of(one for one in found if one.shipped)
        chosen = leading_ensemble(
            shipped,
            lambda one: evaluate_classes(
                one, "all", recordings.catalog, settings.pretrained_dir, "val"
            ),
        )
        rule = fit_scope(chosen.members, recordings)
        rule.save(settings.pretrained_dir / SCOPE_FILE)
    rule = shipped_rule(settings)
    figures = scope_figures(rule, rule.entries(settings), recordings)
    return OK, figures.as_json(), figures.as_text()


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """Let SIGTERM end this command as Ctrl-C does, with its child processes."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def run_cohorts(_args: argparse.Namespace, settings: Settings) -> Result:
    """Count the cohort."""
    from ecgcore.ptbxl import label_groups
    from ecgcore.ptbxl.catalog import open_catalog

    frame = open_catalog(settings).frame
    data = {
        split: {
            group: {
                "n": len(ids := label_groups.member_ids(frame, split, [group])),
                "fingerprint": label_groups.fingerprint(ids),
            }
            for group in label_groups.GROUPS
        }
        for split in label_groups.SPLITS
    }
    rows = [
        f"{s:6}{g:14}{v['n']:6}  {v['fingerprint']}"
        for s, gs in data.items()
        for g, v in gs.items()
    ]
    return OK, data, "\n".join(rows)


def add_evaluate_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask which calibrators the ensembles are shown with."""
    parser.add_argument(
        "--calibration",
        nargs="+",
        default=[],
        metavar="METHOD",
        help="raw, temperature, platt, beta, isotonic or venn_abers (raw and platt)",
    )
    parser.add_argument(
        "--weights", type=Path, metavar="CSV", help="rewards of the challenge, for its metric"
    )
    parser.add_argument(
        "--external",
        type=Path,
        metavar="DIR",
        help="judge on WFDB recordings of this folder, whose headers name findings in SNOMED codes",
    )
    parser.add_argument(
        "--beside",
        type=Path,
        metavar="TABLE",
        help="probabilities of another network for folds 9 and 10, as CSV or Parquet: ecg_id and a "
        "column for each class of the task, or for each of the 71 statements",
    )
    add_task_argument(parser)


def add_compare_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask for the test set, the calibrator and the score."""
    from ecgcore.stats.calibration.calibrators import CALIBRATORS
    from ecgcore.stats.metrics import ScoreName
    from ecgcore.tasks.mi import TEST_SETS

    parser.add_argument("--test-set", choices=list(TEST_SETS), default="certain")
    parser.add_argument("--calibration", choices=list(CALIBRATORS), default="raw")
    parser.add_argument("--metric", choices=get_args(ScoreName), default="auroc")


def run_compare(args: argparse.Namespace, settings: Settings) -> Result:
    """Compare the shipped groups on a test set, and with the published claims."""
    from ecgcore.study.comparison_table import comparison_report

    report = comparison_report(settings, args.test_set, args.calibration, args.metric)
    return OK, report.as_json(), report.as_text()


def run_evaluate(args: argparse.Namespace, settings: Settings) -> Result:
    """Report every model on every test set."""
    from ecgcore.errors import ModelError
    from ecgcore.study.class_table import class_report
    from ecgcore.study.metrics_table import DEFAULT_METHODS, evaluation_report
    from ecgcore.study.neighbours.decisions import challenge_rewards
    from ecgcore.study.neighbours.external import external_report
    from ecgcore.tasks import mi

    if args.weights is not None and args.task != CHALLENGE24:
        raise ModelError(f"--weights are rewards of the task {CHALLENGE24}, not of {args.task}.")
    if args.beside is not None and (args.task == mi.NAME or args.external is not None):
        raise ModelError("--beside is for the folds of PTB-XL and a --task other than mi.")
    if args.external is not None:
        rewards = None if args.weights is None else challenge_rewards(args.weights)
        found = external_report(settings, args.task, args.external, rewards=rewards)
        return OK, found.as_json(), found.as_text()
    if args.task != mi.NAME:
        if args.calibration:
            raise ModelError(f"Of the task {args.task} nothing is calibrated; leave --calibration.")
        rewards = None if args.weights is None else challenge_rewards(args.weights)
        classes = class_report(settings, args.task, rewards=rewards, beside=args.beside)
        return OK, classes.as_json(), classes.as_text()
    report = evaluation_report(settings, args.calibration or DEFAULT_METHODS)
    return OK, report.as_json(), report.as_text()
