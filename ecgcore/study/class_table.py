"""Every model of a task on the task's test sets: figures of each class, and their means."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ecgcore.errors import ModelError
from ecgcore.predictions.classes.labels import labels_at_hand
from ecgcore.predictions.labelled import LabelledClasses
from ecgcore.ptbxl.store import Recordings, open_recordings
from ecgcore.settings import Settings
from ecgcore.stats.metrics import Estimate
from ecgcore.stats.multilabel.label_sets import NAMES, WORDS, Rewards
from ecgcore.stats.per_class import PerClassFigures
from ecgcore.study.neighbours.answers import Answers, Together, answers_to
from ecgcore.study.neighbours.calibration import ClassCalibration, class_calibration
from ecgcore.study.neighbours.decisions import DECISIONS, Decisions, decide, ensemble_of
from ecgcore.study.neighbours.outsiders import Outsider, read_outsider
from ecgcore.study.neighbours.pairs import Pair, pairs_of
from ecgcore.tasks.registry import task_named
from ecgcore.tasks.task import Task

Judged = tuple[tuple[LabelledClasses, ...], tuple[LabelledClasses, ...]]
"""Each seed's logits beside the labels, on fold 9 and on the test set."""
Who = Answers | Together | Outsider
_MEANS = {"macro_auroc": "AUROC", "macro_auprc": "AUPRC"}
ALL = "all"
"""The test set on whose fold 9 it is chosen who answers together; every task has one."""


@dataclass(frozen=True, slots=True, eq=False)
class ClassRow:
    """Who answers, on one test set.

    Attributes
    ----------
    seeds
        Figures of each seed, without intervals.
    figures
        Those of the mean of the seeds' logits, with intervals.
    decisions
        What its label sets are worth.
    calibration
        How far probabilities and conformal sets hold, for each class.
    """

    answers: Who
    test_set: str
    seeds: tuple[PerClassFigures, ...]
    figures: PerClassFigures
    decisions: Decisions
    calibration: tuple[ClassCalibration, ...]

    def as_json(self) -> dict[str, Any]:
        """Identity, means with their spread over seeds, and every class; NaN are null."""
        thresholds = self.decisions.thresholds["fold9_f1"].tolist()
        return {
            **self.answers.identity,
            **{name: self._mean_json(name) for name in ("macro_auroc", "macro_auprc")},
            "label_sets": {
                name: {one: _estimate_json(getattr(made, one)) for one in NAMES}
                for name, made in self.decisions.figures.items()
            },
            "classes": {
                one.name: {
                    "n_positive": one.n_positive,
                    "n_known": one.n_known,
                    "auroc": _estimate_json(one.auroc),
                    "auprc": _estimate_json(one.auprc),
                    "threshold": threshold,
                    **fitted.as_json(),
                }
                for one, threshold, fitted in zip(
                    self.figures.classes, thresholds, self.calibration, strict=True
                )
            },
        }

    def _mean_json(self, name: str) -> dict[str, Any]:
        values = [getattr(one, name).value for one in self.seeds]
        return {
            "mean": _plain(float(np.mean(values))),
            "sd": _plain(float(np.std(values, ddof=1))) if len(values) > 1 else None,
            "ensemble": _estimate_json(getattr(self.figures, name)),
        }

    def lines(self) -> dict[str, str]:
        """Figures in words: means, label sets, then every class."""
        means = {
            f"mean of classes, {title}": getattr(self.figures, name).text()
            for name, title in _MEANS.items()
        }
        spread = {f"{title} of each seed": self._spread(name) for name, title in _MEANS.items()}
        sets = {
            f"{WORDS[one]}, {DECISIONS[name]}": getattr(made, one).text()
            for name, made in self.decisions.figures.items()
            for one in NAMES
            if not math.isnan(getattr(made, one).value)
        }
        return {**means, **spread, **sets, **self._class_lines()}

    def _spread(self, name: str) -> str:
        values = [getattr(one, name).value for one in self.seeds]
        if len(values) == 1:
            return "one seed"
        return f"{np.mean(values):.3f}, SD {np.std(values, ddof=1):.3f}, {len(values)} seeds"

    def _class_lines(self) -> dict[str, str]:
        lines = {}
        for one, fitted in zip(self.figures.classes, self.calibration, strict=True):
            lines[f"{one.name} (n = {one.n_positive:,}), AUROC"] = one.auroc.text()
            lines[f"{one.name}, AUPRC"] = one.auprc.text()
            if fitted.coverage is not None:
                ece = f"{fitted.ece:.3f} ({fitted.ece_uncalibrated:.3f})"
                lines[f"{one.name}, ECE (uncalibrated)"] = ece
                lines[f"{one.name}, held by its set"] = fitted.coverage.text(2)
        return lines


@dataclass(frozen=True, slots=True, eq=False)
class ClassReport:
    """All models of a task on one data set; `notes` say which could not be judged, and why."""

    task: Task
    data_version: str
    rows: tuple[ClassRow, ...]
    notes: tuple[str, ...]
    pairs: tuple[Pair, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Test sets with their models; undefined values are null."""
        return {
            "task": self.task.name,
            "classes": list(self.task.classes),
            "data_version": self.data_version,
            "notes": list(self.notes),
            "pairs": [
                {
                    "first": one.first,
                    "second": one.second,
                    "macro_auroc": _estimate_json(one.macro_auroc),
                    "macro_auprc": _estimate_json(one.macro_auprc),
                    "verdict": one.verdict,
                }
                for one in self.pairs
            ],
            "test_sets": {
                name: {"n": rows[0].figures.n, "models": [row.as_json() for row in rows]}
                for name, rows in self._by_test_set().items()
            },
        }

    def as_text(self) -> str:
        """Give each who answers a number, then a table for each test set, and the differences."""
        numbers = {
            label: f"[{place}]"
            for place, label in enumerate(dict.fromkeys(one.answers.label for one in self.rows), 1)
        }
        parts = ["\n".join(f"{number} {label}" for label, number in numbers.items())]
        for name, rows in self._by_test_set().items():
            words = self.task.test_set(name).words
            lines = {numbers[row.answers.label]: row.lines() for row in rows}
            table = pd.DataFrame(dict(sorted(lines.items(), key=lambda one: -len(one[1]))))
            parts.append(
                f"{self.data_version}, test set {name} ({words}), n = {rows[0].figures.n:,}, with "
                f"95 % intervals\n{table[list(lines)].fillna('').to_string()}"
            )
        differences = [
            f"{numbers[one.first]} minus {numbers[one.second]}: macro AUROC "
            f"{one.macro_auroc.text()} ({_verdict(one, numbers)}), macro AUPRC "
            f"{one.macro_auprc.text()}"
            for one in self.pairs
        ]
        if differences:
            parts.append("\n".join([_heading(len(differences)), *differences]))
        return "\n\n".join([*parts, *self.notes])

    def _by_test_set(self) -> dict[str, list[ClassRow]]:
        found = {
            one.name: [row for row in self.rows if row.test_set == one.name]
            for one in self.task.test_sets
        }
        return {name: rows for name, rows in found.items() if rows}


def class_report(
    settings: Settings,
    task_name: str,
    *,
    rewards: Rewards | None = None,
    beside: Path | None = None,
    n_boot: int = 1000,
) -> ClassReport:
    """Judge all who answer to a task, on the data that is open.

    Stored predictions are used where there are any.

    Parameters
    ----------
    rewards
        Of the challenge; without them its metric is not computed.
    beside
        A table of somebody else's probabilities, judged on the same records.

    Raises
    ------
    ModelError
        If there is nobody, or the table beside is none.
    """
    task, recordings = task_named(task_name), open_recordings(labels_at_hand(settings))
    version = recordings.catalog.version
    found: dict[str, dict[Who, Judged]] = {one.name: {} for one in task.test_sets}
    notes = []
    others = () if beside is None else read_outsider(beside, task)
    everyone: list[Answers | Outsider] = [*answers_to(task, settings, version), *others]
    for one in everyone:
        for test_set, judged in found.items():
            try:
                judged[one] = _judge(one, test_set, settings, recordings)
            except ModelError as error:
                notes.append(f"{one.label} on {test_set}: {error}")
    _add_together(found)
    rows = [
        _row(one, test_set, seeds, rewards, n_boot)
        for test_set, judged in found.items()
        for one, seeds in judged.items()
    ]
    first = found[task.test_sets[0].name]
    pairs = pairs_of({one.label: ensemble_of(test) for one, (_, test) in first.items()}, n_boot)
    return ClassReport(task, version, tuple(rows), tuple(notes), pairs)


def _judge(
    who: Answers | Outsider, test_set: str, settings: Settings, recordings: Recordings
) -> Judged:
    if isinstance(who, Outsider):
        return who.judge(test_set, recordings, "val"), who.judge(test_set, recordings, "test")
    val, test = (
        who.judge(
            test_set, pretrained_dir=settings.pretrained_dir, recordings=recordings, split=split
        )
        for split in ("val", "test")
    )
    return val, test


def _add_together(found: Mapping[str, dict[Who, Judged]]) -> None:
    """Let several kinds of networks answer as one, beside their own answers."""
    folds = {
        name: {
            one: ensemble_of(val) for one, (val, _) in judged.items() if isinstance(one, Answers)
        }
        for name, judged in found.items()
    }
    together = Together.of(folds.get(ALL, {}))
    for name, judged in found.items():
        if together is not None and all(one in folds[name] for one in together.parts):
            tests = {one: ensemble_of(judged[one][1]) for one in together.parts}
            val, test = (together.judge(folds[name], one) for one in (folds[name], tests))
            judged[together] = (val,), (test,)


def _row(
    answers: Who,
    test_set: str,
    judged: Judged,
    rewards: Rewards | None,
    n_boot: int,
) -> ClassRow:
    val, test = judged
    together = ensemble_of(test)
    return ClassRow(
        answers,
        test_set,
        tuple(one.figures(0) for one in test),
        together.figures(n_boot),
        decide(val, test, rewards=rewards, n_boot=n_boot),
        class_calibration(ensemble_of(val), together),
    )


def _verdict(one: Pair, numbers: Mapping[str, str]) -> str:
    """Name the higher one by its number."""
    higher = {f"{label} is higher": f"{number} is higher" for label, number in numbers.items()}
    return higher.get(one.verdict, one.verdict)


def _heading(n: int) -> str:
    return (
        f"Differences on the first test set ({n} pairs; each interval is that of its pair alone):"
    )


def _estimate_json(one: Estimate) -> dict[str, float | None]:
    return {name: _plain(value) for name, value in asdict(one).items()}


def _plain(value: float) -> float | None:
    """Replace NaN, which JSON does not know, by None."""
    return None if math.isnan(value) else value
