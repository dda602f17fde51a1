"""The out-of-study score's fit: who is outside, what the limits cost, and how it is judged."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ecgcore.errors import CatalogError, ModelError
from ecgcore.predictions.scope import Scope, ScopeRule
from ecgcore.ptbxl.catalog import Catalog
from ecgcore.study.outside import score
from ecgcore.study.outside.score import Share, fit_scope, members, scope_figures
from ecgcore.tasks.statements71 import CLASSES

GROUPS = ["pure_normal", "certain_mi", "uncertain_mi", "other", "other", "other", "other"]
CODES = [
    (1, "NORM", "NORM"),
    (2, "IMI", "MI"),
    (2, "CRBBB", "CD"),
    (3, "AMI", "MI"),
    (4, "CLBBB", "CD"),
    (5, "PACE", ""),
    (6, "NORM", "NORM"),
    (7, "IMI", "MI"),
]


@pytest.fixture
def catalog(synthetic_catalog: Catalog) -> Catalog:
    """Seven records of the validation fold; the patient of the last two is unknown."""
    patients = pd.array([11, 11, 12, 13, 14, None, None], dtype="Int64")
    frame = pd.DataFrame(
        {"split": "val", "group": GROUPS, "patient_id": patients},
        index=pd.Index(range(1, 8), name="ecg_id"),
    )
    codes = pd.DataFrame(CODES, columns=["ecg_id", "code", "superclass"])
    return replace(synthetic_catalog, frame=frame, codes=codes)


def test_members_are_told_apart_by_group_and_statements(catalog: Catalog):
    found = members(catalog, "val")
    which = {
        name: [i for i, one in zip(found.ids, getattr(found, name), strict=True) if one]
        for name in ("study", "normal", "mi", "neither", "bundle", "paced", "wide")
    }
    assert which == {
        "study": [1, 2, 3],
        "normal": [1],
        "mi": [2, 3],
        "neither": [4, 5],
        "bundle": [2, 4],
        "paced": [5],
        "wide": [2, 4, 5],
    }
    assert found.patients.tolist() == [11, 11, 12, 13, 14, -6, -7]


def test_a_split_without_records_is_an_error(catalog: Catalog):
    with pytest.raises(CatalogError, match="has no test records"):
        members(catalog, "test")


def test_a_share_has_wilsons_interval():
    found = Share.of("some", np.array([True] * 8 + [False] * 2))
    assert (found.n, found.n_warned, found.interval.value) == (10, 8, 0.8)
    # Wilson 1927, z = 1.96, by hand: (0.8 + 0.192 ± 1.96 sqrt(0.016 + 0.0096)) / 1.384
    assert found.interval.low == pytest.approx(0.4902, abs=2e-4)
    assert found.interval.high == pytest.approx(0.9433, abs=2e-4)
    assert np.isnan(Share.of("none", np.zeros(0, dtype=bool)).interval.value)


def test_no_model_says_how_to_train_one(synthetic_recordings):
    with pytest.raises(ModelError, match="train --task statements71 --set all --publish"):
        fit_scope([], synthetic_recordings)


def warned_by(rule: ScopeRule, logits: np.ndarray) -> np.ndarray:
    """Tell which ECGs pass one of the three limits."""
    over = (rule.score(logits) >= rule.limit) | (rule.wide(logits) >= rule.wide_limit)
    return over | (rule.distance(logits) >= rule.far_limit)


@pytest.fixture
def fitted(synthetic_recordings, untrained_entries, monkeypatch: pytest.MonkeyPatch):
    """A rule fitted where 71-statement models would know each label, within noise."""
    n, draw = 2000, np.random.default_rng(3)
    ids = np.arange(1, n + 1)
    code = draw.choice(["NORM", "IMI", "CLBBB", "LVH"], n, p=[0.4, 0.3, 0.05, 0.25])
    group = pd.Series(code).map({"NORM": "pure_normal", "IMI": "certain_mi"}).fillna("other")
    superclass = pd.Series(code).map({"NORM": "NORM", "IMI": "MI", "CLBBB": "CD", "LVH": "HYP"})
    split = draw.choice(["train", "val", "test"], n, p=[0.4, 0.3, 0.3])
    frame = pd.DataFrame({"split": split, "group": group.to_numpy(), "patient_id": ids}, index=ids)
    codes = pd.DataFrame({"ecg_id": ids, "code": code, "superclass": superclass})
    logits = pd.DataFrame(draw.normal(-4, 1, (n, 71)), ids, list(CLASSES))
    for row in codes.itertuples():
        logits.loc[row.ecg_id, row.code] += 5

    def known(_entries, _recordings, ids):
        return logits.loc[list(ids)].to_numpy()

    def judged(rule, logits, _recordings, _ids):
        scores = zip(warned_by(rule, logits), rule.score(logits), strict=True)
        found = [Scope(not outside, (), float(score)) for outside, score in scores]
        return found, np.linspace(90, 150, len(found))

    monkeypatch.setattr(score, "ensemble_logits", known)
    monkeypatch.setattr(score, "_judged", judged)
    catalog = replace(synthetic_recordings.catalog, frame=frame, codes=codes)
    recordings = replace(synthetic_recordings, catalog=catalog)
    entry = untrained_entries["cnn_bilstm"]
    return fit_scope([entry], recordings), recordings, entry


def test_fold_9_pays_at_most_its_share_and_wide_qrs_is_found(fitted):
    rule, recordings, entry = fitted
    assert rule.models == ((entry.name, entry.card.weights_sha256[:16]),)
    known = members(recordings.catalog, "val")
    assert rule.fitted["n_study"] == known.study.sum()
    assert rule.fitted["n_outside"] == known.neither.sum()
    logits = score.ensemble_logits([], recordings, known.ids)
    warned = warned_by(rule, logits)
    assert 0.05 < warned[known.study].mean() <= score.WARNED_STUDY + 0.02
    assert warned[known.bundle].mean() >= score.WARNED_WIDE - 0.02
    assert warned[known.neither].mean() > 0.8


def test_fold_10_is_judged(fitted):
    rule, recordings, entry = fitted
    found = scope_figures(rule, [entry], recordings)
    assert found.auroc.value > 0.95
    shares = {one.name: one for one in found.shares}
    known = members(recordings.catalog, "test")
    assert shares["records of the study"].n == known.study.sum()
    assert shares["neither MI nor NORM stated"].n == known.neither.sum() > 0
    assert shares["neither MI nor NORM stated"].interval.value > 0.8
    bands = [one.n for name, one in shares.items() if name.startswith("QRS") and "study" in name]
    assert sum(bands) == known.study.sum()
    assert found.as_text().startswith("AUROC of the out-of-study score (test): ")
    assert found.as_json()["warned"][0]["records"] == "records of the study"
    assert found.as_json()["auroc"]["value"] == found.auroc.value
