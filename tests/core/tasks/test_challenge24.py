"""24 challenge classes from PTB-XL's statements and axis; what the tables leave out is unknown."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ecgcore.ptbxl.catalog import Catalog
from ecgcore.tasks.challenge24 import CHALLENGE24, CLASSES, SNOMED, WORDS
from tests.support.paths import PROJECT

REFERENCE = PROJECT.parent / "shared" / "reference"
CODES = [
    (1, "NORM", 80.0, "NORM"),
    (2, "SVARR", 0.0, ""),
    (2, "NT_", 0.0, ""),
    (3, "LAFB", 15.0, "CD"),
    (4, "PVC", 0.0, ""),
]
AXES = ["", "ALAD", "MID", ""]
REPORTS = ["sinusrhythmus", "", "x", ""]
KNOWN_DIFFERENCES = {1371, 3797, 3802, 7783, 9822}
"""Records of 1.0.3 whose statements were changed after the challenge."""


@pytest.fixture
def catalog(synthetic_catalog: Catalog) -> Catalog:
    frame = pd.DataFrame(
        {"split": "test", "heart_axis": AXES, "report": REPORTS},
        index=pd.Index(range(1, 5), name="ecg_id"),
    )
    codes = pd.DataFrame(CODES, columns=["ecg_id", "code", "likelihood", "superclass"])
    return replace(synthetic_catalog, frame=frame, codes=codes)


def test_statements_and_axis_become_classes(catalog: Catalog):
    found = CHALLENGE24.label_rule(catalog, [1, 2, 3, 4])
    assert [[CLASSES[i] for i in np.flatnonzero(row)] for row in found] == [
        ["SNR"], ["TAb", "PAC", "LAD"], ["LAnFB"], [],
    ]  # fmt: skip


def test_a_blank_axis_is_unknown_where_nothing_else_is_said(catalog: Catalog):
    known = CHALLENGE24.known(catalog, [1, 2, 3, 4])
    axis = [CLASSES.index("LAD"), CLASSES.index("RAD")]
    assert known[:, axis].tolist() == [[True] * 2, [True] * 2, [True] * 2, [False] * 2]
    assert np.delete(known, axis, axis=1).all()
    assert CHALLENGE24.test_set("axis").choose(catalog, "test") == [1, 2, 3]
    assert CHALLENGE24.test_set("all").choose(catalog, "test") == [1, 2, 3, 4]


def test_every_class_has_words_and_snomed_codes():
    codes = [code for group in SNOMED.values() for code in group]
    assert tuple(WORDS) == tuple(SNOMED) == CLASSES
    assert len(codes) == len(set(codes)) == 27


@pytest.mark.ptbxl
def test_labels_are_those_of_the_challenge(ptbxl_catalog: Catalog):
    path = REFERENCE / "cinc2020_labels_ptbxl.parquet"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    published = pd.read_parquet(path).set_index("ecg_id")
    ids = [int(ecg_id) for ecg_id in published.index]
    differs = CHALLENGE24.label_rule(ptbxl_catalog, ids) != published[list(CLASSES)].to_numpy()
    differs &= CHALLENGE24.known(ptbxl_catalog, ids)
    assert {ids[row] for row in np.flatnonzero(differs.any(axis=1))} == KNOWN_DIFFERENCES
    assert differs.sum() == 7
    left = CLASSES.index("LAD")
    assert CHALLENGE24.label_rule(ptbxl_catalog, ids)[:, left].sum() == 1791


@pytest.mark.ptbxl
def test_snomed_codes_are_those_of_the_challenge():
    path = REFERENCE / "cinc2020_classes.csv"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    table = pd.read_csv(path, dtype=str)
    named = {code: name for name, codes in SNOMED.items() for code in codes}
    assert set(named) == set(table["SNOMED CT Code"])
    same = {"RBBB": "CRBBB", "SVPB": "PAC", "VPB": "PVC"}
    for abbreviation, code in zip(table["Abbreviation"], table["SNOMED CT Code"], strict=True):
        assert named[code] == same.get(abbreviation, abbreviation)
