"""Every model of a task on the task's test sets: figures of each class, and their means."""

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ecgcore.errors import ModelError
from ecgcore.models.cards import list_models
from ecgcore.predictions.ensemble import Ensemble, ensembles_of
from ecgcore.predictions.labelled import judge_classes
from ecgcore.ptbxl.catalog import open_catalog
from ecgcore.ptbxl.store import Recordings, open_recordings
from ecgcore.settings import Settings
from ecgcore.stats.metrics import Estimate
from ecgcore.stats.per_class import PerClassFigures
from ecgcore.tasks.registry import task_named
from ecgcore.tasks.task import Task


@dataclass(frozen=True, slots=True, eq=False)
class ClassRow:
    """One ensemble on one test set.

    Attributes
    ----------
    seeds
        Figures of each seed, without intervals.
    figures
        Those of the mean of the seeds' logits, with intervals.
    """

    ensemble: Ensemble
    test_set: str
    seeds: tuple[PerClassFigures, ...]
    figures: PerClassFigures

    def as_json(self) -> dict[str, Any]:
        """Identity, means with their spread over seeds, and every class; NaN are null."""
        return {
            "arch": self.ensemble.arch,
            "train_set": self.ensemble.train_set,
            "seeds": list(self.ensemble.seeds),
            "own_run": None if self.ensemble.shipped else self.ensemble.members[0].run_name,
            **{name: self._mean_json(name) for name in ("macro_auroc", "macro_auprc")},
            "classes": {
                one.name: {
                    "n_positive": one.n_positive,
                    "auroc": _estimate_json(one.auroc),
                    "auprc": _estimate_json(one.auprc),
                }
                for one in self.figures.classes
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
        """Figures in words, by class."""
        macro = f"{self.figures.macro_auroc.text()}; {self.figures.macro_auprc.text()}"
        each = {
            f"{one.name} (n = {one.n_positive:,})": f"{one.auroc.text()}; {one.auprc.text()}"
            for one in self.figures.classes
        }
        return {"mean of classes": macro, **each}


@dataclass(frozen=True, slots=True, eq=False)
class ClassReport:
    """All models of a task on one data set; `notes` say which could not be judged, and why."""

    task: Task
    data_version: str
    rows: tuple[ClassRow, ...]
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Test sets with their models; undefined values are null."""
        return {
            "task": self.task.name,
            "classes": list(self.task.classes),
            "data_version": self.data_version,
            "notes": list(self.notes),
            "test_sets": {
                name: {"n": rows[0].figures.n, "models": [row.as_json() for row in rows]}
                for name, rows in self._by_test_set().items()
            },
        }

    def as_text(self) -> str:
        """Lay out a table for each test set: AUROC and AUPRC of every class."""
        parts = []
        for name, rows in self._by_test_set().items():
            words = self.task.test_set(name).words
            table = pd.DataFrame({row.ensemble.label: row.lines() for row in rows})
            parts.append(
                f"{self.data_version}, test set {name} ({words}), n = {rows[0].figures.n:,}: "
                f"AUROC; AUPRC [95 % interval]\n{table.to_string()}"
            )
        return "\n\n".join([*parts, *self.notes])

    def _by_test_set(self) -> dict[str, list[ClassRow]]:
        found = {
            one.name: [row for row in self.rows if row.test_set == one.name]
            for one in self.task.test_sets
        }
        return {name: rows for name, rows in found.items() if rows}


def class_report(settings: Settings, task_name: str, *, n_boot: int = 1000) -> ClassReport:
    """Judge the shipped models of a task, and local runs, on the data that is open.

    Stored predictions are used where there are any; local runs are judged on the data set that they
    were trained on.

    Raises
    ------
    ModelError
        If there is no model of the task.
    """
    task, recordings = task_named(task_name), open_recordings(open_catalog(settings))
    version = recordings.catalog.version
    entries = [
        entry
        for entry in list_models(settings.pretrained_dir, settings.runs_dir, task_name)
        if entry.shipped or entry.card.data_version == version
    ]
    if not entries:
        raise ModelError(
            f"There is no model of the task {task_name} for {version}. Train one with "
            f"'python3.11 -m ecgcore train --task {task_name}'."
        )
    rows, notes = [], []
    for ensemble in ensembles_of(entries):
        for test_set in task.test_sets:
            try:
                rows.append(_row(ensemble, test_set.name, settings, recordings, n_boot))
            except ModelError as error:
                notes.append(f"{ensemble.label} on {test_set.name}: {error}")
    return ClassReport(task, version, tuple(rows), tuple(notes))


def _row(
    ensemble: Ensemble, test_set: str, settings: Settings, recordings: Recordings, n_boot: int
) -> ClassRow:
    folder = settings.pretrained_dir
    seeds = [
        judge_classes(entry, test_set, pretrained_dir=folder, recordings=recordings)
        for entry in ensemble.members
    ]
    mean = np.mean([one.logits.astype(np.float64) for one in seeds], axis=0)
    together = replace(seeds[0], logits=mean)
    return ClassRow(
        ensemble, test_set, tuple(one.figures(0) for one in seeds), together.figures(n_boot)
    )


def _estimate_json(one: Estimate) -> dict[str, float | None]:
    return {name: _plain(value) for name, value in asdict(one).items()}


def _plain(value: float) -> float | None:
    """Replace NaN, which JSON does not know, by None."""
    return None if math.isnan(value) else value
