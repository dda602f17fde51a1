"""Strata: who is in them, and that their names and sizes tell the truth."""

import re

import pandas as pd
import pytest

from ecgcore.ptbxl.catalog import Catalog
from ecgcore.study.strata import KINDS, strata_of
from ecgcore.tasks import mi as mi_task

_BLANK = dict.fromkeys(
    ["baseline_drift", "static_noise", "burst_noise", "electrodes_problems", "device"], ""
)


def _row(group, **fields):
    normal = group == "pure_normal"
    row = {"group": group, "split": "test", "age": 60.0, "sex": "male", **_BLANK}
    row |= {"territory": "", "mi_likelihood": float("nan")} if normal else {}
    return row | fields


FRAME = pd.DataFrame(
    [
        _row("pure_normal", age=30.0, device="CS-12   E"),
        _row("pure_normal", sex="female", static_noise=" , V1", age=80.0),
        _row("certain_mi", mi_likelihood=100.0, territory="anterior, lateral", age=300.0),
        _row("uncertain_mi", mi_likelihood=15.0, territory="inferior", device="CS-12 E"),
        _row("uncertain_mi", mi_likelihood=50.0, territory="inferior", split="val"),
        _row("other", mi_likelihood=100.0, territory="inferior"),
    ],
    index=pd.Index([11, 12, 13, 14, 15, 16], name="ecg_id"),
)
CODES = pd.DataFrame(
    [
        (11, "NORM", "NORM", "normal ECG"),
        (13, "ALMI", "MI", "anterolateral MI"),
        (13, "LVH", "HYP", "left ventricular hypertrophy"),
        (14, "IMI", "MI", "inferior MI"),
        (16, "IMI", "MI", "inferior MI"),
        (16, "LVH", "HYP", "left ventricular hypertrophy"),
    ],
    columns=["ecg_id", "code", "superclass", "description"],
)


def _ids(least=0, **options):
    strata = strata_of(FRAME, CODES, least=least, **options)
    assert len({s.name for s in strata}) == len(strata)
    return {s.name: s.ids.tolist() for s in strata}


def test_strata_of_mi_hold_all_normal_records():
    ids = _ids()
    assert ids["likelihood-15"] == [11, 12, 14]
    assert ids["likelihood-100"] == [11, 12, 13]
    assert ids["likelihood-50"] == [11, 12]
    assert ids["code-imi"] == [11, 12, 14]
    assert ids["territory-inferior"] == [11, 12, 14]
    assert ids["territory-lateral"] == ids["territory-anterior"] == [11, 12, 13]
    assert ids["comorbidity-alone"] == [11, 12, 14]
    assert ids["comorbidity-any"] == ids["comorbidity-hyp"] == [11, 12, 13]


def test_strata_of_all_records_divide_the_normal_ones_too():
    ids = _ids()
    assert (ids["sex-female"], ids["sex-male"]) == ([12], [11, 13, 14])
    assert ids["age-under-50"] == [11]
    assert ids["age-50-64"] == [14]
    assert ids["age-80-plus"] == [12, 13]
    assert ids["device-cs-12-e"] == [11, 14]
    assert ids["device-not-stated"] == [12, 13]
    assert (ids["noise-any"], ids["noise-none"]) == ([12], [11, 13, 14])
    assert ids["noise-static-noise"] == [12]


def test_other_splits_and_test_sets_can_be_asked_for():
    assert _ids(split="val")["likelihood-50"] == [15]
    assert _ids(groups=mi_task.TEST_SETS["certain"])["sex-male"] == [11, 13]


def test_a_stratum_that_says_nothing_is_left_out():
    names = _ids(least=1)
    assert "likelihood-15" in names
    assert "likelihood-50" not in names
    assert "sex-female" not in names


def test_the_title_names_the_sizes():
    (male,) = [s for s in strata_of(FRAME, CODES, least=1) if s.name == "sex-male"]
    assert male.title == "male (n = 3, 2 MI)"
    assert (male.n, male.n_mi, male.splits_normals) == (3, 2, True)


def test_the_synthetic_set_has_strata(synthetic_catalog: Catalog) -> None:
    strata = strata_of(synthetic_catalog.frame, synthetic_catalog.codes, least=1)
    test = set(mi_task.test_ids(synthetic_catalog.frame, "all"))
    assert {"likelihood", "code", "territory", "sex"} <= {s.kind for s in strata} <= set(KINDS)
    for stratum in strata:
        assert set(stratum.ids) <= test
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", stratum.name)


@pytest.mark.ptbxl
def test_strata_of_ptbxl_add_up(ptbxl_catalog: Catalog) -> None:
    strata = {s.name: s for s in strata_of(ptbxl_catalog.frame, ptbxl_catalog.codes)}
    likelihoods = [f"likelihood-{p}" for p in (15, 35, 50, 80, 100)]
    assert [strata[name].n_mi for name in likelihoods] == [117, 18, 122, 25, 268]
    assert all(strata[name].n - strata[name].n_mi == 703 for name in likelihoods)
    assert strata["sex-female"].n + strata["sex-male"].n == 1253
    assert strata["comorbidity-alone"].n_mi + strata["comorbidity-any"].n_mi == 550
