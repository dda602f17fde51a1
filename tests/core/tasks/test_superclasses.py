"""The second task: what counts as a class, to what degree, and in which records."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ecgcore.errors import CatalogError
from ecgcore.ptbxl.catalog import Catalog
from ecgcore.tasks.registry import TASKS, task_named
from ecgcore.tasks.superclasses import SUPERCLASSES

CODES = [
    (1, "NORM", 100.0, "NORM"),
    (2, "IMI", 15.0, "MI"),
    (2, "AMI", 50.0, "MI"),
    (2, "NDT", 0.0, "STTC"),
    (3, "AFIB", 100.0, ""),
    (4, "LAFB", 100.0, "CD"),
    (4, "LVH", 80.0, "HYP"),
    (5, "IMI", 35.0, "MI"),
]
SPLITS = ["train", "train", "train", "val", "test"]


@pytest.fixture
def catalog(synthetic_catalog: Catalog) -> Catalog:
    """Five records, the third of which has no diagnostic statement."""
    frame = pd.DataFrame({"split": SPLITS}, index=pd.Index(range(1, 6), name="ecg_id"))
    codes = pd.DataFrame(CODES, columns=["ecg_id", "code", "likelihood", "superclass"])
    return replace(synthetic_catalog, frame=frame, codes=codes)


def test_a_statement_counts_at_any_likelihood_in_the_order_asked_for(catalog: Catalog):
    found = SUPERCLASSES.label_rule(catalog, [4, 3, 2, 1])
    assert SUPERCLASSES.classes == ("NORM", "MI", "STTC", "CD", "HYP")
    assert found.tolist() == [[0, 0, 0, 1, 1], [0] * 5, [0, 1, 1, 0, 0], [1, 0, 0, 0, 0]]
    assert found.dtype == np.int64


def test_soft_targets_are_the_largest_likelihood_and_an_unstated_one_counts_in_full(
    catalog: Catalog,
):
    found = SUPERCLASSES.targets(catalog, [2, 4], "soft")
    assert found.dtype == np.float32
    assert found == pytest.approx(np.array([[0, 0.5, 1, 0, 0], [0, 0, 0, 1, 0.8]]))
    hard = SUPERCLASSES.targets(catalog, [2, 4], "all")
    assert hard.tolist() == [[0, 1, 1, 0, 0], [0, 0, 0, 1, 1]]


def test_records_without_a_statement_are_judged_but_not_learnt_from(catalog: Catalog):
    for name in ("all", "soft"):
        assert SUPERCLASSES.train_set(name).choose(catalog, "train", 0) == [1, 2]
        assert SUPERCLASSES.train_set(name).choose(catalog, "val", 0) == [4]
    assert SUPERCLASSES.test_set("stated").choose(catalog, "train") == [1, 2]
    assert SUPERCLASSES.test_set("all").choose(catalog, "train") == [1, 2, 3]
    assert SUPERCLASSES.judged_ids(catalog) == [4, 5]


def test_counts_in_words(catalog: Catalog):
    labels = SUPERCLASSES.label_rule(catalog, [1, 2, 3])
    assert SUPERCLASSES.counts(labels) == "1 NORM, 1 MI, 1 STTC, 0 CD, 0 HYP, 1 none of them"


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (
            lambda: task_named("sleep"),
            "no task 'sleep'; choose mi, mi_all_comers, superclasses, st",
        ),
        (lambda: SUPERCLASSES.train_set("A"), "no training set 'A'; choose all, soft"),
        (lambda: SUPERCLASSES.test_set("certain"), "no test set 'certain'; choose stated, all"),
    ],
)
def test_what_is_not_there_is_named_beside_what_is(ask, words: str):
    with pytest.raises(CatalogError, match=words):
        ask()


@pytest.mark.parametrize("task", list(TASKS.values()), ids=list(TASKS))
def test_every_task_fits_together(task, synthetic_catalog: Catalog):
    ids = task.judged_ids(synthetic_catalog)
    assert task.label_rule(synthetic_catalog, ids).shape == (len(ids), len(task.classes))
    assert task.train_set(task.scaler_set)
    assert TASKS[task.name] is task
    for one in task.train_sets:
        chosen = one.choose(synthetic_catalog, "train", 0)
        assert chosen == sorted(set(chosen))
        assert set(synthetic_catalog.frame.loc[chosen, "split"]) == {"train"}
        targets = task.targets(synthetic_catalog, chosen, one.name)
        assert targets.shape == (len(chosen), len(task.classes))
        assert set(one.choose(synthetic_catalog, "val", 0)) <= set(ids)


@pytest.mark.ptbxl
def test_ptbxls_test_fold_has_the_published_sizes(ptbxl_catalog: Catalog):
    """Of 2,198 records 40 have no diagnostic statement, counted in ptbxl_database.csv."""
    sizes = {one.name: len(one.choose(ptbxl_catalog, "test")) for one in SUPERCLASSES.test_sets}
    assert sizes == {"stated": 2158, "all": 2198}
    labels = SUPERCLASSES.label_rule(
        ptbxl_catalog, SUPERCLASSES.test_sets[1].choose(ptbxl_catalog, "test")
    )
    assert dict(zip(SUPERCLASSES.classes, labels.sum(axis=0).tolist(), strict=True)) == {
        "NORM": 963, "MI": 550, "STTC": 521, "CD": 496, "HYP": 262
    }  # fmt: skip
