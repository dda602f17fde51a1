"""The command line: ``python3.11 -m ecgcore COMMAND``; every command takes --data and --json."""

import argparse
import json
import logging
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ecgcore.commands import bench, data, predict, report, run, signals, study, train
from ecgcore.commands.explanations import audit, explain
from ecgcore.commands.files import convert
from ecgcore.commands.reading import agreement, label_doctor, mrmc, review
from ecgcore.commands.records import add_record_arguments
from ecgcore.commands.result import BAD_INPUT, FAILED, Result
from ecgcore.errors import EcgError
from ecgcore.settings import Settings

_ABOUT = "Review of ECGs whose labels are not certain; every command takes --data and --json."


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns 0, 1 (a check failed) or 2 (bad input)."""
    args = parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    try:
        status, answer, text = args.run(args, Settings.from_env(args.data))
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
        print(json.dumps(answer, allow_nan=False) if args.json else text, flush=True)
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


def parser() -> argparse.ArgumentParser:
    """Return the parser of every command."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--data", metavar="DIR", help="folder in PTB-XL's layout")
    common.add_argument("--json", action="store_true", help="print one JSON object")
    installed = Path(sys.argv[0]).stem == "ecg-trust"
    program = "ecg-trust" if installed else "python3.11 -m ecgcore"
    whole = argparse.ArgumentParser(prog=program, description=_ABOUT)
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    for command in _COMMANDS:
        sub = commands.add_parser(
            command.name, parents=[common], help=command.text, description=command.text
        )
        sub.set_defaults(run=command.run)
        command.add_arguments(sub)
    return whole


@dataclass(frozen=True, slots=True)
class _Command:
    name: str
    text: str
    run: Callable[[argparse.Namespace, Settings], Result]
    add_arguments: Callable[[argparse.ArgumentParser], None] = lambda *_: None


_COMMANDS = (
    _Command("run", "open the dashboard", run.run_dashboard, run.add_arguments),
    _Command("cohorts", "counts and fingerprints of the study's cohort", study.run_cohorts),
    _Command(
        "predict",
        "ask every model about one record",
        predict.run_predict,
        predict.add_predict_arguments,
    ),
    _Command(
        "measure",
        "rate, intervals, axes and amplitudes of one record",
        signals.run_measure,
        add_record_arguments,
    ),
    _Command(
        "quality",
        "signal quality of each lead of one record",
        signals.run_quality,
        add_record_arguments,
    ),
    _Command(
        "report",
        "print one record as PDF or PNG, true to scale",
        report.run_report,
        report.add_arguments,
    ),
    _Command(
        "convert",
        "write one recording in another format",
        convert.run_convert,
        convert.add_arguments,
    ),
    _Command(
        "predict-all",
        "predict every record with every shipped model",
        predict.run_predict_all,
        predict.add_predict_all_arguments,
    ),
    _Command(
        "quality-all",
        "judge the signal of every record; the table behind Browse",
        signals.run_quality_all,
    ),
    _Command(
        "measure-all",
        "measure every record; the table behind Label doctor",
        signals.run_measure_all,
    ),
    _Command(
        "explain",
        "explain one model, or all seeds, on one record; check the map",
        explain.run_explain,
        explain.add_arguments,
    ),
    _Command(
        "audit",
        "what the maps of fold 10 say, and whether they can be relied on",
        audit.run_audit_command,
        audit.add_arguments,
    ),
    _Command(
        "evaluate",
        "every model on the three test sets, beside published figures",
        study.run_evaluate,
        study.add_evaluate_arguments,
    ),
    _Command(
        "compare",
        "the training sets on one test set: differences, DeLong's test, published claims",
        study.run_compare,
        study.add_compare_arguments,
    ),
    _Command(
        "agreement",
        "how far the readers of a table agree: kappas with intervals over cases",
        agreement.run_agreement,
        agreement.add_arguments,
    ),
    _Command(
        "mrmc",
        "whether readers do better with one treatment than with another; power of a study",
        mrmc.run_mrmc,
        mrmc.add_arguments,
    ),
    _Command(
        "review",
        "check, export, import or back up the store of readings",
        review.run_review,
        review.add_arguments,
    ),
    _Command(
        "label-doctor",
        "statements that can be measured against their measurement, at any limit",
        label_doctor.run_label_doctor,
        label_doctor.add_arguments,
    ),
    _Command(
        "bench",
        "speed, memory, and accuracy against references",
        bench.run_bench,
        bench.add_arguments,
    ),
    _Command("data", "build, fetch or check the data", data.run_data, data.add_arguments),
    _Command(
        "study",
        "train every model of the study, or say how far that is",
        study.run_study_command,
        study.add_study_arguments,
    ),
    _Command(
        "train",
        "train one model, or go on with a stopped run",
        train.run_train,
        train.add_arguments,
    ),
)
