"""MI against every other patient: the study's question where the others are ill too."""

import numpy as np

from ecgcore.ptbxl.catalog import Catalog
from ecgcore.ptbxl.label_groups import member_ids, split_ids
from ecgcore.stats.per_class import macro_auroc
from ecgcore.tasks.mi import frequent_statements
from ecgcore.tasks.task import Labels, Score, Targets, Task, TestSet, TrainSet

NAME, CLASS = "mi_all_comers", "MI"
MI_GROUPS = {
    "certain": ("certain_mi",),
    "all": ("certain_mi", "uncertain_mi"),
    "uncertain": ("uncertain_mi",),
}
"""Label groups that are MI, by test set against everyone without MI."""

TRAIN_SETS = {
    "A+": ("certain", "certain MI only, and everyone without an MI statement"),
    "C+": ("all", "all MI, certain and uncertain, and everyone without an MI statement"),
    "D+": ("uncertain", "uncertain MI only, and everyone without an MI statement"),
}


def other_ids(catalog: Catalog, split: str) -> list[int]:
    """List the records of a split without a statement of MI, at any likelihood, ascending.

    A label that no cardiologist has validated counts here: it is only asked for the absence of MI.
    """
    codes = catalog.codes
    stated = set(codes.loc[codes["superclass"] == "MI", "ecg_id"])
    return [ecg_id for ecg_id in split_ids(catalog.frame, split) if ecg_id not in stated]


def labels(catalog: Catalog, ids: list[int]) -> Labels:
    """Return 1 for the study's certain and uncertain MI, else 0, ``(n, 1)``."""
    is_mi = catalog.frame.loc[ids, "group"].isin(MI_GROUPS["all"])
    return np.asarray(is_mi, dtype=np.int64)[:, None]


def abnormal_ids(catalog: Catalog, split: str) -> list[int]:
    """List the records of a split with a statement neither of MI nor of NORM, ascending."""
    codes = catalog.codes
    normal = set(codes.loc[codes["code"] == "NORM", "ecg_id"])
    return [ecg_id for ecg_id in other_ids(catalog, split) if ecg_id not in normal]


def _statements(catalog: Catalog, ids: list[int]) -> Targets:
    return frequent_statements(catalog.codes, ids)


def _ids(catalog: Catalog, split: str, name: str) -> list[int]:
    mi = member_ids(catalog.frame, split, MI_GROUPS[name])
    return sorted([*mi, *other_ids(catalog, split)])


def _train_set(name: str) -> TrainSet:
    certainty, words = TRAIN_SETS[name]

    def choose(catalog: Catalog, split: str, _seed: int = 0) -> list[int]:
        return _ids(catalog, split, certainty)

    certain = certainty == "certain"
    return TrainSet(name, words, choose, statements=_statements, certain=certain)


def _test_set(name: str) -> TestSet:
    def choose(catalog: Catalog, split: str) -> list[int]:
        return _ids(catalog, split, name)

    words = " and ".join(MI_GROUPS[name]).replace("_mi", "") + " MI, and everyone without MI"
    return TestSet(name, words, choose)


def _certain_and_abnormal(catalog: Catalog, split: str) -> list[int]:
    mi = member_ids(catalog.frame, split, MI_GROUPS["certain"])
    return sorted([*mi, *abnormal_ids(catalog, split)])


MI_ALL_COMERS = Task(
    name=NAME,
    title="MI among all comers",
    classes=(CLASS,),
    negative="no MI",
    label_rule=labels,
    train_sets=tuple(_train_set(name) for name in TRAIN_SETS),
    test_sets=(
        *(_test_set(name) for name in MI_GROUPS),
        TestSet(
            "abnormal",
            "certain MI, and everyone with neither an MI nor the NORM statement",
            _certain_and_abnormal,
        ),
    ),
    scaler_set="C+",
    score=Score("auroc", "AUROC", macro_auroc),
    has_certainty=True,
    sources=("tasks/mi_all_comers.py", "tasks/mi.py", "ptbxl/label_groups.py"),
    recipe={"epochs": 24, "patience": 24, "crop": 250},
)
"""The MI records of A, C and D against pure normals and all other abnormal records."""
