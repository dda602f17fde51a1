"""Predictions of many recordings as a table: a row for each, whatever is wrong with the others."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit
from tqdm import tqdm

from ecgcore.commands.files.models import ClassModels, StudyModels
from ecgcore.commands.records import asked_record, is_folder, is_number
from ecgcore.commands.result import BAD_INPUT, OK, Result
from ecgcore.errors import EcgError, RecordError
from ecgcore.io.guarded.pool import shared_pool
from ecgcore.settings import Settings
from ecgcore.tasks import mi
from ecgcore.wording.numbers import counted

if TYPE_CHECKING:
    from ecgcore.predictions.decision import DecisionSettings
    from ecgcore.records import EcgRecord

    Row = dict[str, str]
    Say = Callable[[EcgRecord, bool], Row]

FIRST = ("file", "error", "record", "duration_s", "warnings", "in_scope", "scope_reasons")
"""Columns of every table; those of the models follow."""

_N_STATEMENTS, _LEAST = 4, 0.05


def run_batch(args: argparse.Namespace, settings: Settings, decision: DecisionSettings) -> Result:
    """Write a row for each recording; a bad one has its error there and stops nothing.

    The status is 0 if at least one recording could be predicted.

    Raises
    ------
    RecordError
        If no table is asked for, it cannot be written, or there is no file.
    ModelError
        If there is no model.
    """
    if args.csv is None:
        name = Path(args.record[0]).name
        what = f"{name} is a folder; its" if len(args.record) == 1 else "Several"
        raise RecordError(f"{what} recordings go into a table: add --csv FILE.csv.")
    if args.age is not None or args.sex is not None:
        raise RecordError("--age and --sex are one patient's; with --csv files say their own.")
    found = _recordings(args.record, args.csv)
    shared_pool().warm_up()
    say, columns = _models(args, settings, decision)
    n_said = 0
    with _opened(args.csv) as file:
        writer = csv.DictWriter(file, [*FIRST, *columns], restval="")
        writer.writeheader()
        for name in tqdm(found, unit=" files", disable=args.json or not sys.stderr.isatty()):
            row = _row(name, args, settings, say)
            n_said += not row["error"]
            writer.writerow(row)
            file.flush()
    n_failed = len(found) - n_said
    data = {"csv": str(args.csv), "n_files": len(found), "n_failed": n_failed}
    text = f"{args.csv}: {counted(n_said, 'recording')} predicted, {n_failed:,} with an error"
    return OK if n_said else BAD_INPUT, data, text


def _recordings(names: Iterable[str], out: Path) -> list[str]:
    """List what was named, the files of folders in the order of their names."""
    found: list[str] = []
    for name in names:
        found += map(str, files_of(Path(name))) if is_folder(name) else [name]
    found = [name for name in dict.fromkeys(found) if Path(name).resolve() != out.resolve()]
    if not found:
        raise RecordError(f"There is no file in {', '.join(names)}. Name a folder with recordings.")
    return found


def files_of(folder: Path) -> list[Path]:
    """List the recordings below a folder: no hidden file, and of WFDB the header alone."""
    every = [
        one
        for one in sorted(folder.rglob("*"))
        if one.is_file() and not any(p.startswith(".") for p in one.relative_to(folder).parts)
    ]
    headed = {one.with_suffix("") for one in every if one.suffix.lower() == ".hea"}
    return [
        one for one in every if one.suffix.lower() == ".hea" or (one.with_suffix("") not in headed)
    ]


def _opened(path: Path) -> IO[str]:
    try:
        return path.open("w", newline="", encoding="utf-8-sig")  # the mark that Excel looks for
    except OSError as error:
        raise RecordError(f"{path} cannot be written ({error.strerror}). Name another file.") from (
            error
        )


def _row(name: str, args: argparse.Namespace, settings: Settings, say: Say) -> Row:
    asked = argparse.Namespace(**{**vars(args), "record": name})
    try:
        record = asked_record(asked, settings, for_models=True)
        said = say(record, is_number(name))
    except EcgError as error:
        return {"file": name, "error": str(error)}
    return {"file": name, "error": "", "duration_s": f"{record.duration_s:g}", **said}


def _models(
    args: argparse.Namespace, settings: Settings, decision: DecisionSettings
) -> tuple[Say, list[str]]:
    """Open the models once; return what asks them, and their columns."""
    if args.task != mi.NAME:
        return _of_classes(ClassModels.open(settings, args.task))
    from ecgcore.ptbxl.catalog import open_catalog

    models = StudyModels.open(settings, decision)
    catalog = open_catalog(settings) if any(map(is_number, args.record)) else None

    def say(record: EcgRecord, numbered: bool) -> Row:
        data, _ = models.say(record, catalog if numbered else None, windows=False)
        beside = {_prob(one["group"]): f"{one['prob']:.4f}" for one in data["all_comers"]}
        return {
            **_about(data),
            "verdict": _muted(data["verdict"] or "", applies=data["scope"]["applies"]),
            **{_prob(one["group"]): f"{one['prob']:.4f}" for one in data["groups"]},
            "mi_all_comers_verdict": data["all_comers_verdict"] or "",
            **beside,
            "what_else": _statements(data["what_else"]),
        }

    own = [_prob(rule.ensemble.name) for rule in models.rules]
    others = [_prob(score.ensemble.name) for score, _ in models.beside.scores]
    return say, ["verdict", *own, "mi_all_comers_verdict", *others, "what_else"]


def _of_classes(models: ClassModels) -> tuple[Say, list[str]]:
    from ecgcore.tasks.registry import task_named

    groups = dict.fromkeys(one.entry.key.group_name for one in models.predictors)
    names = {one.entry.name: one.entry.key.group_name for one in models.predictors}
    classes = task_named(models.task).classes

    def say(record: EcgRecord, _numbered: bool) -> Row:
        data, _ = models.say(record)
        row = _about(data)
        for group in groups:
            mine = [one["logits"] for one in data["models"] if names[one["model"]] == group]
            for name in classes:
                prob = expit(np.mean([logits[name] for logits in mine]))
                row[f"{group}:{name}"] = f"{prob:.4f}"
        return row

    return say, [f"{group}:{name}" for group in groups for name in classes]


def _about(data: Mapping[str, Any]) -> Row:
    scope = data["scope"]
    return {
        "record": str(data["record"]),
        "warnings": " ".join(data["warnings"]),
        "in_scope": "yes" if scope["applies"] else "no",
        "scope_reasons": " ".join(scope["reasons"]),
    }


def _muted(verdict: str, *, applies: bool) -> str:
    """Put a verdict in brackets where the study's models do not know such an ECG."""
    return verdict if applies or not verdict else f"({verdict})"


def _prob(group: str) -> str:
    return f"p_mi_{group.removeprefix('mi_').replace('-', '_')}"


def _statements(what_else: Iterable[Mapping[str, Any]]) -> str:
    """Name the leading statements that fold 9 has enough records of."""
    from ecgcore.predictions.classes.beside import UNSAID

    shown = [
        one
        for one in what_else
        if one["in_set"] is not None and one["prob"] >= _LEAST and one["code"] not in UNSAID
    ]
    return ", ".join(f"{one['code']} {one['prob']:.0%}" for one in shown[:_N_STATEMENTS])
