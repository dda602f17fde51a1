"""Who is called MI outside the study: a table made by hand, and what is known of PTB-XL."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecgcore.models.cards import list_models
from ecgcore.predictions.ensemble import ensembles_of
from ecgcore.predictions.store import load_predictions, shipped_file, wide_predictions
from ecgcore.ptbxl.catalog import Catalog
from ecgcore.ptbxl.search import RecordFilter, search
from ecgcore.settings import Settings
from ecgcore.stats.metrics import wilson
from ecgcore.study.outside.table import (
    auroc_against,
    called_frame,
    certain_mi_ids,
    outside_parts,
    patients_of,
)

ROWS = {
    1: ("other", "test", 7, "CLBBB"),
    2: ("other", "test", 7, "CRBBB SR"),
    3: ("other", "test", None, "NORM AFIB"),
    4: ("other", "test", None, "AFIB CLBBB"),
    5: ("other", "train", 8, "CLBBB"),
    6: ("other", "test", 9, "IMI CLBBB"),
    7: ("certain_mi", "test", 10, "IMI"),
    8: ("certain_mi", "test", 11, "ASMI CLBBB"),
    9: ("pure_normal", "test", 12, "NORM"),
}
SUPERCLASS = {"IMI": "MI", "ASMI": "MI", "NORM": "NORM", "CLBBB": "CD", "CRBBB": "CD"}


@pytest.fixture
def catalog() -> Catalog:
    frame = pd.DataFrame(
        [row[:3] for row in ROWS.values()],
        columns=["group", "split", "patient_id"],
        index=pd.Index(list(ROWS), name="ecg_id"),
    ).astype({"patient_id": "Int64"})
    codes = [
        (i, code, SUPERCLASS.get(code, "")) for i, row in ROWS.items() for code in row[3].split()
    ]
    table = pd.DataFrame(codes, columns=["ecg_id", "code", "superclass"])
    return Catalog(Path(), "x", False, frame, table)


def test_parts_are_the_test_records_with_neither_mi_nor_strictly_normal(catalog):
    parts = outside_parts(catalog, least=1)
    assert [(one.codes, one.words, one.ids.tolist(), one.n_patients) for one in parts] == [
        ((), "all outside the study", [1, 2, 3, 4], 3),
        ((), "without the NORM statement", [1, 2, 4], 2),
        (("CLBBB", "CRBBB"), "complete bundle branch block", [1, 2, 4], 2),
        (("CLBBB",), "complete left bundle branch block", [1, 4], 2),
        (("AFIB",), "atrial fibrillation", [3, 4], 2),
        (("CRBBB",), "complete right bundle branch block", [2], 1),
    ]
    assert [one.n for one in outside_parts(catalog, least=3)] == [4, 3, 3]
    assert outside_parts(catalog, least=5) == ()


def test_the_share_called_mi_has_wilsons_interval_over_patients(catalog):
    parts = outside_parts(catalog, least=3)
    says = pd.Series([True, True, False, False], index=[1, 2, 3, 4])
    frame = called_frame(parts, {"A": says, "C": ~says})
    assert frame["called"].tolist() == [2, 2, 2, 1, 2, 1]
    assert frame["ensemble"].tolist() == ["A", "C"] * 3
    assert frame["codes"].tolist()[-1] == "CLBBB or CRBBB"
    row = frame.iloc[2]
    z, share, n = 1.959964, 2 / 3, 2
    root = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    assert row["share"] == pytest.approx(share)
    assert row["low"] == pytest.approx((share + z**2 / (2 * n) - root) / (1 + z**2 / n))


def test_wilson_of_none_and_of_all_stays_within_0_and_1():
    assert (wilson(0.0, 10).low, wilson(1.0, 10).high) == pytest.approx((0.0, 1.0))
    assert wilson(0.0, 10).high == pytest.approx(0.2775, abs=1e-4)
    assert np.isnan(wilson(float("nan"), 0).low)


def test_certain_mi_against_others(catalog):
    assert certain_mi_ids(catalog).tolist() == [7, 8]
    assert patients_of(catalog.frame, [1, 2, 3, 4]).tolist() == [0, 0, 1, 2]
    logits = pd.Series({1: 3.0, 2: 0.0, 4: -1.0, 7: 1.0, 8: 2.0})
    (found,) = auroc_against(catalog, np.array([1, 2, 4]), [logits])
    assert found.value == pytest.approx(4 / 6)  # of the six pairs, record 1 is above both MI


@pytest.mark.ptbxl
def test_browse_lists_the_records_of_each_row(ptbxl_catalog: Catalog) -> None:
    for part in outside_parts(ptbxl_catalog)[2:]:
        wanted = RecordFilter(codes=part.codes, groups=("other",), splits=("test",))
        assert sorted(search(ptbxl_catalog, wanted).index) == part.ids.tolist()


@pytest.mark.ptbxl
def test_the_shares_known_of_ptbxl(ptbxl_catalog: Catalog) -> None:
    """The shares that a reader found by himself (issue 13)."""
    settings = Settings.from_env()
    parts = {one.words: one for one in outside_parts(ptbxl_catalog)}
    abnormal, blocks = (
        parts[name] for name in ("without the NORM statement", "complete bundle branch block")
    )
    assert (abnormal.n, blocks.n, certain_mi_ids(ptbxl_catalog).size) == (685, 78, 268)
    table = wide_predictions(load_predictions(shipped_file(settings.pretrained_dir)))
    shipped = list_models(settings.pretrained_dir, Path("none"))
    logits = {
        one.train_set: table[[entry.name for entry in one.members]].mean(axis=1)
        for one in ensembles_of(shipped)
        if one.arch == "cnn_bilstm" and one.train_set in ("A", "C", "C-multi", "D")
    }
    frame = called_frame([abnormal, blocks], {name: said >= 0 for name, said in logits.items()})
    shares = frame.set_index(["words", "ensemble"])["share"].round(2)
    assert shares[abnormal.words].to_dict() == {"A": 0.52, "C": 0.63, "C-multi": 0.63, "D": 0.69}
    assert shares[blocks.words].min() >= 0.98
    aurocs = auroc_against(ptbxl_catalog, abnormal.ids, list(logits.values()))
    assert all(0.70 < one.value < 0.80 for one in aurocs)
