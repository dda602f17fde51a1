"""MI among all comers and the 71 statements: which records, labels and targets they have."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ecgcore.ptbxl.catalog import Catalog
from ecgcore.ptbxl.label_groups import JUDGED_FOLDS, fingerprint, split_ids
from ecgcore.tasks.mi_all_comers import MI_ALL_COMERS
from ecgcore.tasks.statements71 import STATEMENTS71

GROUPS = ["pure_normal", "certain_mi", "uncertain_mi", "other", "other", "other"]
CODES = [
    (1, "NORM", 100.0, "NORM"),
    (1, "SR", 0.0, ""),
    (2, "IMI", 100.0, "MI"),
    (3, "AMI", 35.0, "MI"),
    (4, "CLBBB", 100.0, "CD"),
    (5, "IMI", 0.0, "MI"),
    (6, "AFIB", 50.0, ""),
]
SIZES = {"mi_all_comers": {"A+": 14233, "C+": 15426, "D+": 14232}, "statements71": {"all": 17418}}
FINGERPRINTS = {
    ("A+", "train"): "a140c1a8075c56e4",
    ("C+", "train"): "d48d2b58344039bd",
    ("D+", "train"): "a5f88a222c4d271b",
    ("A+", "val"): "bca2b389f5eeacfe",
    ("C+", "val"): "0ab352c6edef06d1",
    ("D+", "val"): "7e37c18808e86f29",
    ("certain", "test"): "d95f054eedb44b1e",
    ("all", "test"): "66b55a637d5c2d87",
    ("uncertain", "test"): "5e28cef3a39b53ce",
    ("abnormal", "test"): "7fd7cbcba218870f",
}


@pytest.fixture
def catalog(synthetic_catalog: Catalog) -> Catalog:
    """Six training records: normal, two MI, a bundle branch block, unstated MI, and AF."""
    index = pd.Index(range(1, 7), name="ecg_id")
    frame = pd.DataFrame({"split": "train", "group": GROUPS}, index=index)
    codes = pd.DataFrame(CODES, columns=["ecg_id", "code", "likelihood", "superclass"])
    return replace(synthetic_catalog, frame=frame, codes=codes)


@pytest.mark.parametrize(
    ("name", "ids"), [("A+", [1, 2, 4, 6]), ("C+", [1, 2, 3, 4, 6]), ("D+", [1, 3, 4, 6])]
)
def test_the_others_are_everyone_without_an_mi_statement(
    catalog: Catalog, name: str, ids: list[int]
):
    assert MI_ALL_COMERS.train_set(name).choose(catalog, "train", 0) == ids
    assert MI_ALL_COMERS.train_set(name).certain == (name == "A+")


def test_the_abnormal_are_all_without_a_statement_of_mi_or_normal(catalog: Catalog):
    assert MI_ALL_COMERS.test_set("abnormal").choose(catalog, "train") == [2, 4, 6]


def test_only_the_studys_mi_is_labelled_mi(catalog: Catalog):
    found = MI_ALL_COMERS.label_rule(catalog, [6, 3, 2, 1])
    assert found.tolist() == [[0], [1], [1], [0]]
    assert MI_ALL_COMERS.counts(found) == "2 MI, 2 no MI"


def test_each_statement_is_a_class_in_the_order_of_the_alphabet(catalog: Catalog):
    assert len(STATEMENTS71.classes) == len(set(STATEMENTS71.classes)) == 71
    assert list(STATEMENTS71.classes) == sorted(STATEMENTS71.classes)
    found = STATEMENTS71.label_rule(catalog, [5, 1])
    stated = [[STATEMENTS71.classes[i] for i in np.flatnonzero(row)] for row in found]
    assert stated == [["IMI"], ["NORM", "SR"]]


def test_a_soft_target_is_the_likelihood_and_an_unstated_one_counts_in_full(catalog: Catalog):
    found = STATEMENTS71.targets(catalog, [3, 5, 6], "soft")
    at = STATEMENTS71.classes.index
    assert found[0, at("AMI")] == pytest.approx(0.35)
    assert found[1, at("IMI")] == 1
    assert found[2, at("AFIB")] == 0.5
    assert found.sum() == pytest.approx(1.85)
    assert STATEMENTS71.targets(catalog, [3], "all")[0, at("AMI")] == 1


def test_blank_folds_are_training_records_where_the_judged_folds_are_complete():
    names = ["val"] * JUDGED_FOLDS["val"] + ["test"] * JUDGED_FOLDS["test"]
    frame = pd.DataFrame({"split": [*names, "unknown", "train"]})
    n = len(frame)
    assert split_ids(frame, "train") == [n - 2, n - 1]
    assert split_ids(frame, "test") == list(range(2183, 4381))
    assert split_ids(frame.iloc[1:], "train") == [n - 1], "a record of fold 9 may be a blank one"


@pytest.mark.parametrize("task", [MI_ALL_COMERS, STATEMENTS71], ids=lambda task: task.name)
def test_sizes_on_ptbxl(ptbxl_catalog: Catalog, task):
    for name, size in SIZES[task.name].items():
        assert len(task.train_set(name).choose(ptbxl_catalog, "train", 0)) == size


@pytest.mark.parametrize(("name", "split"), FINGERPRINTS)
def test_fingerprints_on_ptbxl(ptbxl_catalog: Catalog, name: str, split: str):
    if split == "test":
        ids = MI_ALL_COMERS.test_set(name).choose(ptbxl_catalog, split)
    else:
        ids = MI_ALL_COMERS.train_set(name).choose(ptbxl_catalog, split, 0)
    assert fingerprint(ids) == FINGERPRINTS[name, split]
