"""How logits of a group become a probability, a call and a verdict."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from ecgcore.errors import ModelError
from ecgcore.models.cards import ModelEntry, ModelKey
from ecgcore.predictions.asking import decision_rules
from ecgcore.predictions.decision import (
    DecisionRule,
    DecisionSettings,
    fitted_words,
    is_main,
    joint_verdict,
    trained_on,
    worst_leakage,
)
from ecgcore.predictions.ensemble import Ensemble, EnsembleCalibrator, LabelledEnsemble
from ecgcore.predictions.leakage import LEAKAGE_WORDS
from ecgcore.predictions.store import (
    COHORT_FILE,
    predictions_frame,
    predictions_path,
    save_predictions,
)
from ecgcore.settings import Settings
from ecgcore.stats.calibration.calibrators import CALIBRATORS
from ecgcore.stats.conformal import MondrianConformal
from ecgcore.stats.thresholds import threshold_for_sensitivity
from tests.support.models import card

IDS = np.arange(1, 301)
LABELS = (IDS % 3 == 0).astype(np.int64)


def validation(n_seeds: int = 3) -> LabelledEnsemble:
    draw = np.random.default_rng(1)
    logits = draw.normal(4 * LABELS - 2, 2, (n_seeds, LABELS.size))
    return LabelledEnsemble(IDS, LABELS, IDS, logits)


def group(arch: str = "cnn_bilstm", train_set: str = "A", seeds: int = 3) -> Ensemble:
    keys = [ModelKey(arch, train_set, seed) for seed in range(seeds)]
    return Ensemble(tuple(ModelEntry(Path("none"), card(key), True) for key in keys))


def reader(rule: DecisionSettings) -> DecisionRule:
    fold = validation()
    return DecisionRule.fit(rule, EnsembleCalibrator.fit(rule.method, "all", fold), fold)


def test_raw_is_the_mean_logit_and_its_seeds() -> None:
    said = reader(DecisionSettings()).read([1.0, 2.0, 6.0])
    assert said.prob == said.raw == pytest.approx(expit(3.0))
    assert said.seeds == said.raw_seeds == pytest.approx(expit([1.0, 2.0, 6.0]))
    assert (said.threshold, said.calls_mi, said.interval) == (0.5, True, None)


def test_venn_abers_gives_an_interval_around_its_probability() -> None:
    said = reader(DecisionSettings("venn_abers")).read([0.3, 0.1, -0.4])
    low, high = said.interval or (1, 0)
    assert low <= said.prob <= high
    assert said.raw == pytest.approx(0.5)


@pytest.mark.parametrize("method", CALIBRATORS)
def test_the_verdict_is_that_of_the_raw_ensemble_by_every_method(method: str) -> None:
    fold = validation()
    conformal = MondrianConformal.fit(LABELS, expit(fold.logits), 0.05)
    read = reader(DecisionSettings(method, alpha=0.05))
    for logit in (-6.0, -0.5, 0.0, 0.5, 6.0):
        expected = conformal.verdict([expit(logit)])[0]
        assert read.read([logit] * 3).verdict == expected


@given(logit=st.floats(-8, 8), method=st.sampled_from(["raw", "platt", "temperature", "beta"]))
def test_a_sensitivity_calls_the_same_records_by_every_smooth_method(
    logit: float, method: str
) -> None:
    raw = threshold_for_sensitivity(LABELS, expit(validation().logits), 0.9).value
    said = reader(DecisionSettings(method, sensitivity=0.9)).read([logit] * 3)
    assert said.calls_mi == (said.raw >= raw)
    if abs(said.raw - raw) > 1e-9:
        assert said.calls_mi == (said.prob >= said.threshold)


def test_a_sensitivity_finds_that_share_of_fold_9() -> None:
    fold, read = validation(), reader(DecisionSettings("platt", sensitivity=0.95))
    called = [read.read(column).calls_mi for column in fold.seed_logits.T]
    assert np.mean(np.array(called)[LABELS == 1]) >= 0.95


def test_without_fold_9_raw_opinions_have_no_verdict() -> None:
    raw = EnsembleCalibrator.raw(2, "all")
    said = DecisionRule.fit(DecisionSettings(), raw, None).read([0.0, 2.0])
    assert (said.verdict, said.prob) == (None, pytest.approx(expit(1.0)))
    with pytest.raises(ModelError, match="Choose the threshold 50 %"):
        DecisionRule.fit(DecisionSettings(sensitivity=0.9), raw, None)


def test_the_groups_agree_or_refer() -> None:
    assert joint_verdict(["MI", "MI"]) == "MI"
    assert joint_verdict(["MI", "normal"]) == "refer"
    assert joint_verdict(["refer", "normal"]) == "refer"
    assert joint_verdict([]) == ""


def test_the_study_has_six_main_groups() -> None:
    assert is_main(group("bimamba2", "D"))
    assert not is_main(group("cnn_bilstm", "D-mix"))
    assert not is_main(group("cnn_lstm", "A"))


def test_words_of_training_fold_9_and_marks() -> None:
    assert trained_on(group()) == (
        "certain MI only, with normals: 5,645 records, 1,194 MI (PTB-XL 1.0.3, 3 seeds)"
    )
    assert trained_on(group(seeds=1)).endswith("(PTB-XL 1.0.3, seed 0)")
    assert worst_leakage(["", "patient", "seen"], LEAKAGE_WORDS) == "seen"
    assert worst_leakage([], LEAKAGE_WORDS) == ""
    assert fitted_words([reader(DecisionSettings())], 5) == (
        "the verdict was fitted with this recording among others"
    )
    assert fitted_words([reader(DecisionSettings("platt"))], 5).startswith(
        "recalibration and verdict"
    )
    assert fitted_words([reader(DecisionSettings())], 999) == ""


def save_fold_9(folder: Path, made: Ensemble) -> None:
    cohort = pd.DataFrame(
        {
            "group": np.where(LABELS == 1, "certain_mi", "pure_normal"),
            "split": "val",
            "patient": IDS.astype(np.int32),
        },
        index=pd.Index(IDS, name="ecg_id"),
    )
    cohort.reset_index().to_parquet(folder / COHORT_FILE)
    logits = validation(len(made.members)).seed_logits.astype(np.float32)
    frames = [
        predictions_frame(entry.key, IDS, row)
        for entry, row in zip(made.members, logits, strict=True)
    ]
    save_predictions(pd.concat(frames), predictions_path(folder))


def test_readers_come_from_the_shipped_predictions(tmp_path: Path) -> None:
    made = group()
    save_fold_9(tmp_path, made)
    settings = Settings(tmp_path, tmp_path, tmp_path, tmp_path, tmp_path)
    (read,), notes = decision_rules([made], DecisionSettings("platt"), settings)
    assert notes == ()
    assert (read.calibration.n, read.calibration.n_mi) == (300, 100)
    assert read.fitted_on == frozenset(IDS.tolist())
    expected = reader(DecisionSettings("platt")).read([0.5, 1.0, 1.5])
    assert read.read([0.5, 1.0, 1.5]).prob == pytest.approx(expected.prob, abs=1e-5)


def test_a_group_without_predictions_is_raw_or_refused(tmp_path: Path) -> None:
    save_fold_9(tmp_path, group())
    settings = Settings(tmp_path, tmp_path, tmp_path, tmp_path, tmp_path)
    other = group("bimamba2", "C")
    (read,), notes = decision_rules([other], DecisionSettings(), settings)
    assert read.conformal is None
    assert "BiMamba-2 C" in notes[0]
    with pytest.raises(ModelError, match="predict-all"):
        decision_rules([other], DecisionSettings("platt"), settings)
