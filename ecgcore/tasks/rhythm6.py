"""Six abnormalities, and small training sets drawn by four rules (PMC11285255).

The published subsets are I: as many records of each class; II: the same, records with several
classes first; III: the oldest and the youngest of each class; IV: at random. They are scaled from
21,000 of 1,048,575 recordings to 2,800 of PTB-XL's.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ecgcore.ptbxl.catalog import Catalog
from ecgcore.ptbxl.label_groups import split_ids
from ecgcore.stats.per_class import macro_auroc
from ecgcore.tasks.likelihoods import largest_of_groups, stated
from ecgcore.tasks.task import Labels, Score, Task, TestSet, TrainSet

STATEMENTS_OF: Mapping[str, tuple[str, ...]] = {
    "1dAVb": ("1AVB",),
    "RBBB": ("CRBBB",),
    "LBBB": ("CLBBB",),
    "SB": ("SBRAD",),
    "AF": ("AFIB",),
    "ST": ("STACH",),
}
"""SCP code of each class, in the order of the published network's outputs."""

SNOMED: Mapping[str, tuple[str, ...]] = {
    "1dAVb": ("270492004",),
    "RBBB": ("59118001", "713427006"),
    "LBBB": ("164909002", "733534002"),
    "SB": ("426177001",),
    "AF": ("164889003",),
    "ST": ("427084000",),
}
"""SNOMED CT codes of the classes in recordings from elsewhere."""

CLASSES = tuple(STATEMENTS_OF)
PER_CLASS, N_NORMAL, N_RANDOM = 400, 400, 2800
"""Records of a subset for each class, strictly normal ones, and of subset IV in all."""

SUBSETS = {
    "I": f"{PER_CLASS} records for each class, and {N_NORMAL} normal",
    "II": f"{PER_CLASS} records for each class, those with several first, and {N_NORMAL} normal",
    "III": f"the {PER_CLASS // 2} oldest and {PER_CLASS // 2} youngest for each class, "
    f"and {N_NORMAL} normal",
    "IV": f"{N_RANDOM:,} records at random",
}


def labels(catalog: Catalog, ids: list[int]) -> Labels:
    """Return 1 where a record has the statement of a class, ``(n, 6)``."""
    return stated(largest_of_groups(catalog, ids, STATEMENTS_OF))


def subset(catalog: Catalog, name: str, seed: int = 0) -> list[int]:
    """Draw a subset of the training folds, ascending.

    The rarest class draws first, and each draws records that none drew before it: a subset has the
    same number of records as any other, and more of the classes that often come together.

    Parameters
    ----------
    name
        A key of `SUBSETS`.
    seed
        Decides every draw; recorded in the model card.
    """
    ids, draw = split_ids(catalog.frame, "train"), np.random.default_rng(seed)
    shuffled = [int(ecg_id) for ecg_id in draw.permutation(ids)]
    if name == "IV":
        return sorted(shuffled[:N_RANDOM])
    has = pd.DataFrame(labels(catalog, shuffled) == 1, index=shuffled, columns=list(CLASSES))
    chosen: set[int] = set()
    for label in has.sum().sort_values(kind="stable").index:
        left = has[has[label] & ~has.index.isin(list(chosen))]
        chosen.update(_drawn(catalog, name, left))
    return sorted(chosen.union(_normal(catalog, shuffled)[:N_NORMAL]))


def _drawn(catalog: Catalog, name: str, mine: pd.DataFrame) -> list[int]:
    """Choose records of one class by the rule of a subset; `mine` is in random order."""
    order, half = mine.index, PER_CLASS // 2
    if name == "II":
        order = mine.sum(axis=1).sort_values(ascending=False, kind="stable").index
    if name == "III":
        by_age = catalog.frame.loc[mine.index, "age"].dropna().sort_values(kind="stable").index
        order = by_age[:half].append(by_age[half:][-half:])
    return [int(ecg_id) for ecg_id in order[:PER_CLASS]]


def _normal(catalog: Catalog, ids: Sequence[int]) -> list[int]:
    """Keep the strictly normal: NORM as certain, none of the six, no statement of disease."""
    codes = catalog.codes
    certain = set(codes.loc[(codes["code"] == "NORM") & (codes["likelihood"] == 100), "ecg_id"])
    six = [code for group in STATEMENTS_OF.values() for code in group]
    ill = codes["superclass"].isin(["MI", "STTC", "HYP", "CD"]) | codes["code"].isin(six)
    out = set(codes.loc[ill, "ecg_id"])
    return [ecg_id for ecg_id in ids if ecg_id in certain and ecg_id not in out]


def _all(catalog: Catalog, split: str, _seed: int = 0) -> list[int]:
    return split_ids(catalog.frame, split)


def _train_set(name: str) -> TrainSet:
    def choose(catalog: Catalog, split: str, seed: int = 0) -> list[int]:
        return subset(catalog, name, seed) if split == "train" else _all(catalog, split)

    return TrainSet(name, SUBSETS[name], choose, drawn=True)


RHYTHM6 = Task(
    name="rhythm6",
    title="Six abnormalities",
    classes=CLASSES,
    negative="none of them",
    label_rule=labels,
    train_sets=(
        TrainSet("all", "every record", _all),
        *(_train_set(name) for name in SUBSETS),
    ),
    test_sets=(TestSet("all", "all records of the fold", _all),),
    scaler_set="all",
    score=Score("macro_auroc", "macro AUROC", macro_auroc),
    has_certainty=False,
    sources=("tasks/rhythm6.py", "tasks/likelihoods.py", "ptbxl/label_groups.py"),
    recipe={"class_weight": False, "epochs": 24, "patience": 24},
)
"""First-degree AV block, both bundle branch blocks, sinus bradycardia, AF, sinus tachycardia."""
