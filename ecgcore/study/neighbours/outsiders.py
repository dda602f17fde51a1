"""Networks from outside, known by a table of their probabilities, as answers to a task."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecgcore.errors import ModelError
from ecgcore.predictions.classes.by_statements import (
    GROUPS,
    RULES,
    finite_logit,
    grouped_probs,
)
from ecgcore.predictions.labelled import LabelledClasses, labelled_classes
from ecgcore.ptbxl.store import Recordings
from ecgcore.stats.multilabel.calls import Rule
from ecgcore.tasks.statements71 import STATEMENTS71
from ecgcore.tasks.task import Task

ID = "ecg_id"


@dataclass(frozen=True, slots=True, eq=False)
class Outsider:
    """Probabilities of somebody else's network for the classes of a task.

    Attributes
    ----------
    probs
        Indexed by ``ecg_id``, a column for each class of the task.
    rule
        How 71 statements were joined to them; None where they were given as they are.
    """

    name: str
    task: Task
    probs: pd.DataFrame
    rule: Rule | None = None

    @property
    def label(self) -> str:
        """Name shown to readers."""
        return f"{self.name}, from outside" + (f", {RULES[self.rule]}" if self.rule else "")

    @property
    def identity(self) -> dict[str, Any]:
        """Who it is, for ``--json``."""
        known = STATEMENTS71.name if self.rule else self.task.name
        return {
            "arch": self.name,
            "train_set": "outside",
            "seeds": [],
            "own_run": None,
            "task": known,
            "rule": self.rule,
        }

    def judge(
        self, test_set: str, recordings: Recordings, split: str
    ) -> tuple[LabelledClasses, ...]:
        """Put the logits beside the labels of a test set of the task.

        Raises
        ------
        ModelError
            If the test set is empty, or the table lacks a record of it.
        """
        labelled = labelled_classes(self.task, test_set, recordings.catalog, split)
        mine = self.probs.reindex(labelled.ids)
        if lacking := int(mine.isna().any(axis=1).sum()):
            raise ModelError(
                f"the table lacks {lacking:,} of the {len(mine):,} {split} records; thresholds and "
                "calibration need fold 9, figures fold 10."
            )
        return (replace(labelled, logits=finite_logit(mine.to_numpy(dtype=np.float64))),)


def read_outsider(path: Path, task: Task) -> tuple[Outsider, ...]:
    """Read a table of probabilities: ``ecg_id`` and a column for each class or each statement.

    Parameters
    ----------
    path
        CSV, or Parquet by its suffix. Further columns are passed over.

    Returns
    -------
    tuple
        One for the classes of the task; of 71 statements, one for each way to join them.

    Raises
    ------
    ModelError
        If it cannot be read, lacks columns, names a record twice, or holds no probabilities.
    """
    table = _table(path)
    name = path.stem
    if set(task.classes) <= set(table.columns):
        return (Outsider(name, task, table[list(task.classes)]),)
    wide = list(STATEMENTS71.classes)
    if task.name in GROUPS and set(wide) <= set(table.columns):
        return tuple(Outsider(name, task, _joined(table[wide], task, rule), rule) for rule in RULES)
    lacking = [one for one in task.classes if one not in table]
    also = " or the 71 SCP statements" if task.name in GROUPS else ""
    raise ModelError(
        f"{path.name} has no column {', '.join(lacking[:5])}: it needs {ID} and the classes of "
        f"{task.name}{also}, each a probability from 0 to 1."
    )


def _joined(table: pd.DataFrame, task: Task, rule: Rule) -> pd.DataFrame:
    probs: NDArray[np.float64] = table.to_numpy(dtype=np.float64)
    joined = grouped_probs(probs, task.name, rule)
    return pd.DataFrame(joined, index=table.index, columns=list(task.classes))


def _table(path: Path) -> pd.DataFrame:
    """Read the columns of numbers, indexed by the record."""
    try:
        raw = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} is no table that can be read ({error}).") from error
    if ID not in raw:
        raise ModelError(f"{path.name} has no column {ID}, the number of the record in PTB-XL.")
    table = raw.set_index(ID).select_dtypes("number")
    if table.index.has_duplicates:
        twice = table.index[table.index.duplicated()][0]
        raise ModelError(f"{path.name} names record {twice} twice.")
    known = [one for one in table if one != "strat_fold"]
    values = table[known].to_numpy(dtype=np.float64)
    if not np.all((values >= 0) & (values <= 1)):
        raise ModelError(f"{path.name} holds values that are no probability from 0 to 1.")
    return table[known]
