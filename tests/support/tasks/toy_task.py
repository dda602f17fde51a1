"""A task that only the tests know: two classes, one training set, put into the one list."""

from dataclasses import dataclass

import numpy as np
import pytest

from ecgcore.ptbxl.catalog import Catalog
from ecgcore.stats.per_class import macro_auroc
from ecgcore.tasks.registry import TASKS
from ecgcore.tasks.task import Score, Task, TestSet, TrainSet


@dataclass(frozen=True)
class Recent:
    """Records of a split with an even number."""

    def __call__(self, catalog: Catalog, split: str, seed: int = 0) -> list[int]:
        frame = catalog.frame
        return sorted(int(i) for i in frame.index[frame["split"] == split] if i % 2 == 0)


def labels(catalog: Catalog, ids: list[int]) -> np.ndarray:
    group = catalog.frame.loc[ids, "group"]
    columns = [group.isin(["certain_mi", "uncertain_mi"]), group == "certain_mi"]
    return np.stack(columns, axis=1).astype(np.int64)


TOY = Task(
    name="toy",
    title="Toy of the tests",
    classes=("SICK", "SURE"),
    negative="well",
    label_rule=labels,
    train_sets=(TrainSet("even", "records with an even number", Recent()),),
    test_sets=(TestSet("even", "records with an even number", Recent()),),
    scaler_set="even",
    score=Score("macro_auroc", "macro AUROC", macro_auroc),
    has_certainty=False,
    recipe={"class_weight": False},
)


def register(monkeypatch: pytest.MonkeyPatch) -> Task:
    monkeypatch.setitem(TASKS, TOY.name, TOY)
    return TOY
