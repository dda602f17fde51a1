"""MI against normal: training sets, test sets, labels and targets of the study."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecgcore.errors import CatalogError
from ecgcore.ptbxl.catalog import Catalog
from ecgcore.ptbxl.label_groups import GROUPS, member_ids, relabelled
from ecgcore.stats.per_class import macro_auroc
from ecgcore.tasks.task import Labels, Score, Targets, Task, TestSet, TrainSet

NAME, CLASS, NORMAL = "mi", "MI", "pure_normal"
CERTAIN, ALL, UNCERTAIN, MIX, SOFT, MULTI = "A", "C", "D", "D-mix", "C-soft", "C-multi"
AGREED = "C-consensus"

TRAIN_SETS: dict[str, str] = {
    CERTAIN: "certain MI only",
    ALL: "all MI, certain and uncertain",
    UNCERTAIN: "uncertain MI only",
    MIX: "half certain, half uncertain MI",
    SOFT: "all MI, each weighted by its likelihood (50 % counts as half an MI)",
    MULTI: "all MI, and the SCP statements as a second task",
    AGREED: "all MI; where readers settled a conflict, their consensus is the label",
}
STUDY_SETS = (CERTAIN, ALL, UNCERTAIN, MIX)
"""The training sets of the published study."""

TEST_SETS: dict[str, tuple[str, ...]] = {
    "certain": (NORMAL, "certain_mi"),
    "all": GROUPS,
    "uncertain": (NORMAL, "uncertain_mi"),
}
"""Groups in each test set; on PTB-XL 971, 1253 and 985 records."""

_TEST_SET_OF = {CERTAIN: "certain", UNCERTAIN: "uncertain"}
"""Whose groups a training set has, where it has not those of "all"."""


def test_ids(cohort: pd.DataFrame, name: str) -> list[int]:
    """Records of a test set: "certain", "all" or "uncertain"."""
    return member_ids(cohort, "test", TEST_SETS[name])


def labels(cohort: pd.DataFrame, ids: list[int]) -> NDArray[np.int64]:
    """Return 1 for MI and 0 for normal, ``(n,)``, in the order of `ids`."""
    return np.asarray(cohort.loc[ids, "group"] != NORMAL, dtype=np.int64)


def targets(cohort: pd.DataFrame, ids: list[int], train_set: str) -> NDArray[np.float32]:
    """Return what a training set teaches for `ids`, ``(n,)`` from 0 (normal) to 1 (MI).

    C-soft teaches the stated likelihood of MI, C-consensus the readers' consensus where there is
    one; every other set teaches the label.
    """
    if train_set == AGREED:
        cohort = relabelled(cohort)
    if train_set != SOFT:
        return labels(cohort, ids).astype(np.float32)
    likelihood = cohort.loc[ids, "mi_likelihood"].fillna(0)
    return np.asarray(likelihood / 100, dtype=np.float32)


def frequent_statements(
    codes: pd.DataFrame, ids: list[int], fewest: int = 30
) -> NDArray[np.float32]:
    """Return which statements each record has, ``(n, k)`` of 0 and 1, whatever their likelihood.

    Parameters
    ----------
    codes
        One row for each statement of a record: ``ecg_id, code``.
    ids
        Records; their order is that of the rows, and columns are ordered by code.
    fewest
        A statement counts if so many of these records have it, and at least 5 % have not.

    Raises
    ------
    CatalogError
        If no statement counts.
    """
    stated = codes[codes["ecg_id"].isin(ids)]
    table = pd.crosstab(stated["ecg_id"], stated["code"]).clip(upper=1).reindex(ids, fill_value=0)
    n_with = table.sum()
    chosen = table.loc[:, (n_with >= fewest) & (n_with <= 0.95 * len(ids))]
    if chosen.empty:
        raise CatalogError(
            f"None of {len(ids):,} training records shares an SCP statement with {fewest - 1} "
            "others, so there is no second task. Choose training set C."
        )
    return np.asarray(chosen, dtype=np.float32)


def training_ids(cohort: pd.DataFrame, train_set: str, seed: int = 0) -> list[int]:
    """List the records of a training set; the sets share their normals and differ only in their MI.

    Parameters
    ----------
    train_set
        A key of `TRAIN_SETS`; C-soft and C-multi have the records of C, and so has C-consensus but
        for those that a consensus, in `cohort`, adds or takes away.
    seed
        Draws the MI records of D-mix; recorded in the model card.

    Examples
    --------
    >>> from ecgcore.ptbxl import synthetic
    >>> from ecgcore.ptbxl.catalog import load_catalog
    >>> from ecgcore.settings import Settings
    >>> catalog = load_catalog(synthetic.ensure(Settings.from_env().synthetic_dir))
    >>> len(training_ids(catalog.frame, "A"))
    131
    """
    _known(train_set)
    if train_set == AGREED:
        cohort = relabelled(cohort)
    if train_set != MIX:
        return member_ids(cohort, "train", _groups(train_set))
    certain = member_ids(cohort, "train", ["certain_mi"])
    uncertain = member_ids(cohort, "train", ["uncertain_mi"])
    half = (min(len(certain), len(uncertain)) + 1) // 2
    draw = np.random.default_rng(seed)
    mi = [int(i) for group in (certain, uncertain) for i in draw.choice(group, half, replace=False)]
    return sorted(member_ids(cohort, "train", [NORMAL]) + mi)


def validation_ids(cohort: pd.DataFrame, train_set: str) -> list[int]:
    """Fold-9 records by the rule of the training set, so that A never sees uncertain MI."""
    _known(train_set)
    return member_ids(cohort, "val", _groups(train_set))


def _groups(train_set: str) -> tuple[str, ...]:
    return TEST_SETS[_TEST_SET_OF.get(train_set, "all")]


def _known(train_set: str) -> None:
    if train_set not in TRAIN_SETS:
        raise CatalogError(
            f"There is no training set {train_set!r}; choose {', '.join(TRAIN_SETS)}."
        )


def _labels(catalog: Catalog, ids: list[int]) -> Labels:
    return labels(catalog.frame, ids)[:, None]


def _soft(catalog: Catalog, ids: list[int]) -> Targets:
    return targets(catalog.frame, ids, SOFT)[:, None]


def _agreed(catalog: Catalog, ids: list[int]) -> Targets:
    return targets(catalog.frame, ids, AGREED)[:, None]


def _statements(catalog: Catalog, ids: list[int]) -> Targets:
    return frequent_statements(catalog.codes, ids)


def _train_set(name: str) -> TrainSet:
    def choose(catalog: Catalog, split: str, seed: int = 0) -> list[int]:
        if split == "val":
            return validation_ids(catalog.frame, name)
        return training_ids(catalog.frame, name, seed)

    return TrainSet(
        name,
        TRAIN_SETS[name],
        choose,
        targets={SOFT: _soft, AGREED: _agreed}.get(name),
        statements=_statements if name == MULTI else None,
        drawn=name == MIX,
        certain=name == CERTAIN,
    )


def _test_set(name: str) -> TestSet:
    def choose(catalog: Catalog, split: str) -> list[int]:
        return member_ids(catalog.frame, split, TEST_SETS[name])

    return TestSet(name, ", ".join(TEST_SETS[name]).replace("_", " "), choose)


MI = Task(
    name=NAME,
    title="MI against normal",
    classes=(CLASS,),
    negative="normal",
    label_rule=_labels,
    train_sets=tuple(_train_set(name) for name in TRAIN_SETS),
    test_sets=tuple(_test_set(name) for name in TEST_SETS),
    scaler_set=ALL,
    score=Score("auroc", "AUROC", macro_auroc),
    has_certainty=True,
    sources=("tasks/mi.py", "ptbxl/label_groups.py"),
)
"""The study's own task."""
