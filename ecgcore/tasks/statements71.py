"""The 71 SCP statements of PTB-XL; nearly every record has several of them."""

from ecgcore.ptbxl.catalog import Catalog
from ecgcore.ptbxl.label_groups import split_ids
from ecgcore.stats.per_class import macro_auroc
from ecgcore.tasks.likelihoods import degrees, largest_likelihoods, stated
from ecgcore.tasks.task import Labels, Score, Targets, Task, TestSet, TrainSet
from ecgcore.wording.statements import STATEMENTS

CLASSES = tuple(STATEMENTS)
"""PTB-XL's codes in the order of the alphabet, as the published predictions have them."""


def labels(catalog: Catalog, ids: list[int]) -> Labels:
    """Return 1 where a record has a statement, at any likelihood, ``(n, 71)``."""
    return stated(largest_likelihoods(catalog, ids, "code", CLASSES))


def soft_targets(catalog: Catalog, ids: list[int]) -> Targets:
    """Return the stated likelihood of each statement, ``(n, 71)`` from 0 to 1."""
    return degrees(largest_likelihoods(catalog, ids, "code", CLASSES))


def _all(catalog: Catalog, split: str, _seed: int = 0) -> list[int]:
    return split_ids(catalog.frame, split)


STATEMENTS71 = Task(
    name="statements71",
    title="71 SCP statements",
    classes=CLASSES,
    negative="none of them",
    label_rule=labels,
    train_sets=(
        TrainSet("all", "every record, each statement at any likelihood", _all),
        TrainSet(
            "soft",
            "every record, each statement weighted by its likelihood",
            _all,
            targets=soft_targets,
        ),
    ),
    test_sets=(TestSet("all", "all records of the fold", _all),),
    scaler_set="all",
    score=Score("macro_auroc", "macro AUROC", macro_auroc),
    has_certainty=True,
    sources=(
        "tasks/statements71.py",
        "tasks/likelihoods.py",
        "wording/statements.py",
        "ptbxl/label_groups.py",
    ),
    recipe={"class_weight": False, "epochs": 24, "patience": 24, "crop": 250},
)
"""Every statement as a class of its own; what an ECG may show beside MI is read from it."""
