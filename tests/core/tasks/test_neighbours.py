"""The study's neighbours: 23 subclasses and six abnormalities with their small training sets."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ecgcore.ptbxl.catalog import Catalog
from ecgcore.ptbxl.label_groups import fingerprint
from ecgcore.tasks.rhythm6 import RHYTHM6, subset
from ecgcore.tasks.subclasses import STATEMENTS_OF, SUBCLASSES

CODES = [
    (1, "NORM", 100.0, "NORM"),
    (2, "IMI", 15.0, "MI"),
    (2, "ILMI", 50.0, "MI"),
    (2, "1AVB", 0.0, "CD"),
    (3, "AFIB", 0.0, ""),
    (4, "LPFB", 100.0, "CD"),
    (4, "ISCAN", 80.0, "STTC"),
]
FOLD10 = {
    "NORM": 963, "IMI": 327, "AMI": 306, "STTC": 222, "LVH": 214, "LAFB/LPFB": 179, "ISC_": 128,
    "IRBBB": 112, "ISCA": 93, "_AVB": 82, "IVCD": 79, "NST_": 77, "CRBBB": 54, "CLBBB": 54,
    "LAO/LAE": 42, "ISCI": 40, "LMI": 20, "RVH": 12, "RAO/RAE": 10, "WPW": 8, "ILBBB": 8,
    "SEHYP": 2, "PMI": 2,
}  # fmt: skip
SIX = {
    "train": [634, 432, 428, 509, 1211, 661],
    "val": [80, 55, 54, 64, 151, 83],
    "test": [79, 54, 54, 64, 152, 82],
}

SUBSET_FINGERPRINTS = {
    "I": ["6cc0820b90a5805e", "838439fec8905b68", "e5775c80a11c7514"],
    "II": ["096d409a5ca683af", "c60284c67689c047", "abd355e71fb0f3c9"],
    "III": ["6c63ac2591f3dcba", "1cf36cb6ffb4e8c7", "f3b568dee9e86c8e"],
    "IV": ["848ed1efec5fe5ba", "73b915d03069237c", "e5a2c62f1ac18b45"],
}
"""Of seeds 0, 1 and 2."""


@pytest.fixture
def catalog(synthetic_catalog: Catalog) -> Catalog:
    """Four training records."""
    frame = pd.DataFrame({"split": "train"}, index=pd.Index(range(1, 5), name="ecg_id"))
    codes = pd.DataFrame(CODES, columns=["ecg_id", "code", "likelihood", "superclass"])
    return replace(synthetic_catalog, frame=frame, codes=codes)


def stated(task, row) -> list[str]:
    return [task.classes[place] for place in np.flatnonzero(row)]


def test_a_subclass_is_stated_by_any_of_its_statements(catalog: Catalog):
    found = SUBCLASSES.label_rule(catalog, [4, 3, 2])
    assert [stated(SUBCLASSES, row) for row in found] == [
        ["LAFB/LPFB", "ISCA"],
        [],
        ["IMI", "_AVB"],
    ]
    soft = dict(zip(SUBCLASSES.classes, SUBCLASSES.targets(catalog, [2], "soft")[0], strict=True))
    assert (soft["IMI"], soft["_AVB"], soft["AMI"]) == (0.5, 1, 0), "the largest; unstated in full"
    assert SUBCLASSES.test_set("stated").choose(catalog, "train") == [1, 2, 4]


def test_the_six_are_rhythms_and_blocks(catalog: Catalog):
    found = RHYTHM6.label_rule(catalog, [1, 2, 3])
    assert [stated(RHYTHM6, row) for row in found] == [[], ["1dAVb"], ["AF"]]


def many(synthetic_catalog: Catalog) -> Catalog:
    """Of two classes 500 and 510 records, 50 of them of both, and 600 strictly normal."""
    codes = [(i, "CLBBB", 100.0, "CD") for i in range(500)]
    codes += [(i, "1AVB", 100.0, "CD") for i in range(450, 960)]
    codes += [(i, "NORM", 100.0, "NORM") for i in range(1000, 1600)]
    codes += [(i, "NORM", 80.0, "NORM") for i in range(1600, 4000)]
    ages = {"split": "train", "age": [float(i % 1000) for i in range(4000)]}
    return replace(
        synthetic_catalog,
        frame=pd.DataFrame(ages, index=pd.Index(range(4000), name="ecg_id")),
        codes=pd.DataFrame(codes, columns=["ecg_id", "code", "likelihood", "superclass"]),
    )


@pytest.mark.parametrize("name", ["I", "II", "III"])
def test_each_class_draws_records_that_none_drew_before(synthetic_catalog: Catalog, name: str):
    ids = set(subset(many(synthetic_catalog), name))
    assert len(ids) == 1200
    assert len(ids & set(range(1000, 1600))) == 400, "certain normals only"
    assert len(ids & set(range(500))) >= 400


def test_what_tells_the_subsets_apart(synthetic_catalog: Catalog):
    catalog = many(synthetic_catalog)
    assert set(range(450, 500)) <= set(subset(catalog, "II")), "records with several come first"
    assert set(range(200)) | set(range(300, 500)) <= set(subset(catalog, "III"))
    assert not set(range(200, 300)) & set(subset(catalog, "III"))
    assert len(subset(catalog, "IV")) == 2800
    assert max(subset(catalog, "IV")) > 1600
    for name in ("I", "IV"):
        assert subset(catalog, name, 1) == subset(catalog, name, 1) != subset(catalog, name, 2)


def test_validation_records_are_those_of_the_whole_fold(synthetic_catalog: Catalog):
    chosen = [one.choose(synthetic_catalog, "val", 3) for one in RHYTHM6.train_sets]
    assert chosen[0]
    assert all(one == chosen[0] for one in chosen)


@pytest.mark.ptbxl
def test_the_subclasses_are_those_of_ptbxls_table(ptbxl_catalog: Catalog):
    table = pd.read_csv(ptbxl_catalog.folder / "scp_statements.csv", index_col=0)
    diagnostic = table[table["diagnostic"] == 1]["diagnostic_subclass"]
    ours = {code: name for name, codes in STATEMENTS_OF.items() for code in codes}
    assert ours == diagnostic.to_dict()
    ids = SUBCLASSES.test_set("all").choose(ptbxl_catalog, "test")
    counts = SUBCLASSES.label_rule(ptbxl_catalog, ids).sum(axis=0).tolist()
    assert dict(zip(SUBCLASSES.classes, counts, strict=True)) == FOLD10
    assert len(SUBCLASSES.test_set("stated").choose(ptbxl_catalog, "test")) == 2158


@pytest.mark.ptbxl
@pytest.mark.parametrize("split", SIX)
def test_the_six_have_the_published_counts(ptbxl_catalog: Catalog, split: str):
    ids = RHYTHM6.train_set("all").choose(ptbxl_catalog, split, 0)
    assert RHYTHM6.label_rule(ptbxl_catalog, ids).sum(axis=0).tolist() == SIX[split]


@pytest.mark.ptbxl
@pytest.mark.parametrize(("name", "found"), SUBSET_FINGERPRINTS.items())
def test_fingerprints_of_the_subsets(ptbxl_catalog: Catalog, name: str, found: list[str]):
    drawn = [subset(ptbxl_catalog, name, seed) for seed in range(3)]
    assert [len(ids) for ids in drawn] == [2800] * 3
    assert [fingerprint(ids) for ids in drawn] == found
    if name == "II":
        train = RHYTHM6.train_set("all").choose(ptbxl_catalog, "train", 0)
        several = RHYTHM6.label_rule(ptbxl_catalog, train).sum(axis=1) > 1
        assert several.sum() == 354
        assert {train[row] for row in np.flatnonzero(several)} <= set(drawn[0])
