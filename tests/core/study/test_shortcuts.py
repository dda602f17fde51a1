"""Shortcut audit: planted shortcuts are found, absent ones are not."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from ecgcore.ptbxl.catalog import Catalog
from ecgcore.stats.metrics import evaluate
from ecgcore.stats.reliability_curve import clopper_pearson
from ecgcore.study.shortcuts import (
    HEART_RATE,
    judge_strata,
    shortcut_audit,
    shortcut_frame,
    strata_frame,
)
from ecgcore.study.strata import SIGNAL_NOISE, Stratum


def _frame(n=600, seed=0):
    rng = np.random.default_rng(seed)
    mi = rng.random(n) < 0.4
    age = np.where(rng.random(n) < 0.02, np.nan, rng.normal(52 + 20 * mi, 12))
    blank = dict.fromkeys([*SIGNAL_NOISE, "extra_beats", "pacemaker"], "")
    return pd.DataFrame(
        {
            "group": np.where(mi, "certain_mi", "pure_normal"),
            "split": np.where(np.arange(n) < n * 0.7, "train", "test"),
            "patient_id": pd.array(np.arange(n) // 2, dtype="Int64"),
            "age": age,
            "sex": rng.choice(["male", "female"], n),
            "device": np.where(mi & (rng.random(n) < 0.8), "CS-12   E", "AT-6"),
            **blank,
        },
        index=pd.RangeIndex(1, n + 1, name="ecg_id"),
    )


def test_planted_shortcuts_are_found_and_no_others():
    found = {s.name: s for s in shortcut_audit(_frame(), n_boot=100)}
    assert list(found) == ["age", "sex", "age and sex", "device", "all of these"]
    assert found["age"].auroc.low > 0.75
    assert found["device"].auroc.low > 0.8
    assert found["sex"].auroc.value == pytest.approx(0.5, abs=0.1)
    assert found["all of these"].auroc.value > found["device"].auroc.value
    assert (found["age"].n_train, found["age"].n_test) == (420, 180)
    assert found["age"].columns == ("age",)


def test_age_alone_is_the_order_of_age():
    frame = _frame()
    frame["age"] = frame["age"].fillna(60.0)
    test = frame[frame["split"] == "test"]
    expected = roc_auc_score(test["group"] == "certain_mi", test["age"])
    assert shortcut_audit(frame, n_boot=0)[0].auroc.value == pytest.approx(expected)


def test_heart_rate_is_audited_where_it_is_known():
    frame = _frame()
    frame[HEART_RATE] = np.where(frame["group"] == "certain_mi", 95.0, 65.0)
    frame.loc[3, HEART_RATE] = np.nan
    assert {s.name: s.auroc.value for s in shortcut_audit(frame, n_boot=0)}["heart rate"] == 1


def test_notes_count_as_present_or_not():
    frame = _frame()
    frame.loc[frame["group"] == "certain_mi", "static_noise"] = " , V1"
    frame.loc[1, "patient_id"] = pd.NA
    found = shortcut_frame(shortcut_audit(frame, n_boot=10)).set_index("name")
    assert found.loc["noise notes", "auroc"] == 1
    assert list(found.columns) == ["auroc", "low", "high", "n_train", "n_test"]


def test_one_class_cannot_be_audited():
    frame = _frame()
    with pytest.raises(ValueError, match="'train' has 0 records of one class"):
        shortcut_audit(frame[frame["split"] == "test"])
    with pytest.raises(ValueError, match="of one class"):
        shortcut_audit(frame, groups=["pure_normal"])


def test_the_synthetic_set_can_be_audited(synthetic_catalog: Catalog) -> None:
    shortcuts = shortcut_audit(synthetic_catalog.frame, n_boot=10)
    assert shortcuts
    assert all(0 <= s.auroc.value <= 1 for s in shortcuts)


def _predictions(n=200):
    rng = np.random.default_rng(1)
    labels = rng.random(n) < 0.4
    probs = 1 / (1 + np.exp(-(rng.normal(size=n) + 3 * labels - 1.5)))
    return np.arange(1000, 1000 + n), labels, probs, np.arange(n) // 2


def _stratum(ids, name="half"):
    return Stratum("sex", name, name, np.asarray(ids, dtype=np.int64), 0, True)


def test_a_stratum_is_judged_like_a_test_set_of_its_own():
    ids, labels, probs, patients = _predictions()
    (score,) = judge_strata([_stratum(ids[:100])], ids, labels, probs, clusters=patients, n_boot=50)
    alone = evaluate(labels[:100], probs[:100], clusters=patients[:100], n_boot=50)
    assert (score.auroc, score.brier, score.ece) == (alone.auroc, alone.brier, alone.ece_width)
    assert (score.n, score.n_mi) == (100, labels[:100].sum())
    normal = probs[:100][~labels[:100]]
    assert score.mean_prob_normal == pytest.approx(normal.mean())
    assert (score.mean_prob, score.observed) == (probs[:100].mean(), labels[:100].mean())
    alarms = np.array([(normal >= 0.5).sum()]), np.array([normal.size])
    assert score.false_alarms.value == pytest.approx(1 - alone.specificity.value)
    assert [score.false_alarms.low, score.false_alarms.high] == [
        limit[0] for limit in clopper_pearson(*alarms)
    ]


def test_strata_without_normals_or_records():
    ids, labels, probs, _ = _predictions()
    strata = [_stratum(ids[labels], "mi"), _stratum([1, 2], "none")]
    (score,) = judge_strata(strata, ids, labels, probs, n_boot=5)
    assert score.stratum.name == "mi"
    undefined = [score.auroc.value, score.mean_prob_normal, score.false_alarms.value]
    assert np.isnan(undefined).all()


def test_the_frame_has_a_row_per_stratum():
    ids, labels, probs, _ = _predictions()
    strata = [_stratum(ids[:100], "a"), _stratum(ids[100:], "b")]
    frame = strata_frame(judge_strata(strata, ids, labels, probs, n_boot=5))
    assert frame["name"].tolist() == ["a", "b"]
    assert frame["n"].tolist() == [100, 100]
    assert {"auroc_low", "false_alarms_high", "mean_prob_normal", "observed"} <= set(frame)


@pytest.mark.parametrize("name", ["ids", "called"])
def test_arrays_of_other_records_are_refused(name):
    ids, labels, probs, _ = _predictions()
    arrays = {"ids": ids, "called": probs >= 0.5}
    arrays[name] = arrays[name][1:]
    with pytest.raises(ValueError, match=rf"{name} \({len(ids) - 1},\)"):
        judge_strata([], arrays["ids"], labels, probs, called=arrays["called"])


def test_false_alarms_are_the_calls_that_are_given():
    ids, labels, probs, _ = _predictions()
    (score,) = judge_strata(
        [_stratum(ids)], ids, labels, probs, called=np.arange(ids.size) < 3, n_boot=5
    )
    n_normal = (labels[:3] == 0).sum()
    assert score.false_alarms.value == n_normal / (labels == 0).sum()
