"""How logits of an ensemble become a probability, a call and a verdict."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from ecgcore.errors import ModelError
from ecgcore.predictions.decision import (
    DecisionRule,
    DecisionSettings,
    NoPrediction,
    fitted_words,
    joint_verdict,
    main_and_others,
    without_verdicts,
)
from ecgcore.predictions.ensemble import Ensemble, EnsembleCalibrator, LabelledEnsemble
from ecgcore.predictions.shipped import decision_rules
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
from tests.support.predictions import ensemble, prediction

IDS = np.arange(1, 301)
LABELS = (IDS % 3 == 0).astype(np.int64)


def validation(n_seeds: int = 3) -> LabelledEnsemble:
    draw = np.random.default_rng(1)
    logits = draw.normal(4 * LABELS - 2, 2, (n_seeds, LABELS.size))
    return LabelledEnsemble(IDS, LABELS, IDS, logits)


def fitted(settings: DecisionSettings) -> DecisionRule:
    fold = validation()
    calibrator = EnsembleCalibrator.fit(settings.calibrator, "all", fold)
    return DecisionRule.fit(ensemble(seeds=3), settings, calibrator, fold)


def test_uncalibrated_is_the_mean_logit_and_its_seeds() -> None:
    said = fitted(DecisionSettings()).predict([1.0, 2.0, 6.0])
    assert said.prob == said.uncalibrated == pytest.approx(expit(3.0))
    assert said.seeds == said.uncalibrated_seeds == pytest.approx(expit([1.0, 2.0, 6.0]))
    assert (said.threshold, said.calls_mi, said.interval) == (0.5, True, None)
    assert not said.calibrated


def test_venn_abers_gives_an_interval_around_its_probability() -> None:
    said = fitted(DecisionSettings("venn_abers")).predict([0.3, 0.1, -0.4])
    low, high = said.interval or (1, 0)
    assert low <= said.prob <= high
    assert said.uncalibrated == pytest.approx(0.5)
    assert said.calibrated


@pytest.mark.parametrize("name", CALIBRATORS)
def test_the_verdict_is_that_of_the_uncalibrated_ensemble_by_every_calibrator(name: str) -> None:
    conformal = MondrianConformal.fit(LABELS, expit(validation().logits), 0.05)
    rule = fitted(DecisionSettings(name, alpha=0.05))
    for logit in (-6.0, -0.5, 0.0, 0.5, 6.0):
        expected = conformal.verdict([expit(logit)])[0]
        assert rule.predict([logit] * 3).verdict == expected


@given(
    logit=st.floats(-8, 8),
    name=st.sampled_from(["raw", "platt", "temperature", "beta"]),
    alpha=st.sampled_from([0.2, 0.1, 0.05, 0.01]),
)
def test_a_probability_lies_in_the_zone_of_its_verdict(
    logit: float, name: str, alpha: float
) -> None:
    rule = fitted(DecisionSettings(name, alpha))
    made = rule.predict([logit] * 3)
    low, high = rule.zones[made.verdict]
    assert low - 1e-9 <= made.prob <= high + 1e-9
    assert [bounds[0] for bounds in rule.zones.values()][1:] == [
        bounds[1] for bounds in rule.zones.values()
    ][:2]
    assert (rule.zones["normal"][0], rule.zones["MI"][1]) == (0, 1)


def test_without_fold_9_there_are_no_zones() -> None:
    rule = DecisionRule(ensemble(), EnsembleCalibrator.raw(1, "all"))
    assert rule.zones == {}


@given(logit=st.floats(-8, 8), name=st.sampled_from(["raw", "platt", "temperature", "beta"]))
def test_a_target_sensitivity_calls_the_same_records_by_every_smooth_calibrator(
    logit: float, name: str
) -> None:
    limit = threshold_for_sensitivity(LABELS, expit(validation().logits), 0.9).value
    said = fitted(DecisionSettings(name, sensitivity=0.9)).predict([logit] * 3)
    assert said.calls_mi == (said.uncalibrated >= limit)
    if abs(said.uncalibrated - limit) > 1e-9:
        assert said.calls_mi == (said.prob >= said.threshold)


def test_a_target_sensitivity_finds_that_share_of_fold_9() -> None:
    fold, rule = validation(), fitted(DecisionSettings("platt", sensitivity=0.95))
    share = rule.calls(fold.seed_logits)[LABELS == 1].mean()
    assert rule.achieved == share >= 0.95
    each = rule.seed_calls(fold.seed_logits)[:, LABELS == 1].mean(axis=1)
    assert ((each >= 0.95) & (each < 0.97)).all()


@pytest.mark.parametrize(
    "settings", [DecisionSettings(), DecisionSettings("isotonic", 0.2, 0.8)], ids=["half", "target"]
)
def test_many_records_at_once_are_called_like_each_alone(settings: DecisionSettings) -> None:
    fold, rule = validation(), fitted(settings)
    alone = [rule.predict(column) for column in fold.seed_logits.T]
    assert rule.calls(fold.seed_logits).tolist() == [one.calls_mi for one in alone]
    assert rule.verdicts(fold.seed_logits).tolist() == [one.verdict for one in alone]
    called = np.array([one.calls_mi for one in alone])
    point = rule.operating_point(fold)
    assert (point.called_mi, point.false_alarms) == (
        (called & (LABELS == 1)).sum(),
        (called & (LABELS == 0)).sum(),
    )
    wrong = sum(
        one.verdict == {0: "MI", 1: "normal"}[label]
        for one, label in zip(alone, LABELS, strict=True)
    )
    assert rule.coverage(fold).errors.hits == wrong


def test_without_fold_9_uncalibrated_predictions_have_no_verdict() -> None:
    raw, who = EnsembleCalibrator.raw(2, "all"), ensemble(seeds=2)
    rule = DecisionRule.fit(who, DecisionSettings(), raw, None)
    said = rule.predict([0.0, 2.0])
    assert (said.verdict, said.prob) == (None, pytest.approx(expit(1.0)))
    with pytest.raises(ModelError, match="no conformal verdict"):
        rule.verdicts(np.zeros((2, 1)))
    with pytest.raises(ModelError, match="Choose the threshold 50 %"):
        DecisionRule.fit(who, DecisionSettings(sensitivity=0.9), raw, None)


def test_ensembles_agree_or_refer() -> None:
    mi, normal, refer = (prediction(0.5, verdict=verdict) for verdict in ("MI", "normal", "refer"))
    nothing = NoPrediction(ensemble(), "damaged")
    assert joint_verdict([mi, mi, nothing]) == "MI"
    assert joint_verdict([mi, normal]) == "refer"
    assert joint_verdict([refer, normal]) == "refer"
    assert joint_verdict([prediction(0.5), nothing]) == ""


def test_the_main_ensembles_stand_apart_also_where_one_fails() -> None:
    main = [prediction(0.5), NoPrediction(ensemble("bimamba2"), "damaged")]
    other = prediction(0.9, ensemble(train_set="D-mix"))
    assert main_and_others([main[0], other, main[1]]) == (main, [other])
    assert main_and_others([other]) == ([other], [])


def test_scripts_keep_their_names() -> None:
    said = prediction(0.25, seeds=(0.2, 0.3), uncalibrated=0.5, uncalibrated_seeds=(0.4, 0.6))
    assert said.as_json() == {
        "prob": 0.25,
        "seeds": (0.2, 0.3),
        "raw": 0.5,
        "raw_seeds": (0.4, 0.6),
        "threshold": 0.5,
        "calls_mi": False,
        "interval": None,
        "verdict": None,
        "leakage": "",
    }
    assert DecisionSettings("platt", 0.05, 0.9).as_json() == {
        "method": "platt",
        "alpha": 0.05,
        "sensitivity": 0.9,
    }


def test_what_was_fitted_with_a_recording_in_words() -> None:
    assert fitted_words([fitted(DecisionSettings())], 5) == (
        "the verdict was fitted with this recording among others"
    )
    assert fitted_words([fitted(DecisionSettings("platt"))], 5).startswith("calibrator and verdict")
    assert fitted_words([fitted(DecisionSettings())], 999) == ""


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


def test_rules_come_from_the_shipped_predictions(tmp_path: Path) -> None:
    made = ensemble(seeds=3)
    save_fold_9(tmp_path, made)
    settings = Settings(tmp_path, tmp_path, tmp_path, tmp_path, tmp_path)
    (rule,), notes = decision_rules([made], DecisionSettings("platt"), settings)
    assert notes == ()
    assert rule.ensemble is made
    assert (rule.calibrator.n, rule.calibrator.n_mi) == (300, 100)
    assert rule.fitted_on == frozenset(IDS.tolist())
    expected = fitted(DecisionSettings("platt")).predict([0.5, 1.0, 1.5])
    assert rule.predict([0.5, 1.0, 1.5]).prob == pytest.approx(expected.prob, abs=1e-5)


def test_an_ensemble_without_predictions_is_uncalibrated_or_refused(tmp_path: Path) -> None:
    save_fold_9(tmp_path, ensemble(seeds=3))
    settings = Settings(tmp_path, tmp_path, tmp_path, tmp_path, tmp_path)
    other = ensemble("bimamba2", "C", 3)
    (rule,), notes = decision_rules([other], DecisionSettings(), settings)
    assert rule.conformal is None
    assert "BiMamba-2 C" in notes[0]
    with pytest.raises(ModelError, match="predict-all"):
        decision_rules([other], DecisionSettings("platt"), settings)


def test_where_nothing_can_be_concluded_there_is_neither_verdict_nor_call() -> None:
    said = prediction(0.9, verdict="MI", calls_mi=True, leakage="seen")
    silent = NoPrediction(ensemble(), "damaged")
    row, kept = without_verdicts([said, silent])
    assert (row.verdict, row.calls_mi) == (None, None)
    assert (row.prob, row.leakage, kept) == (0.9, "seen", silent)
    assert row.as_json()["verdict"] is None
    assert (row.as_json()["calls_mi"], row.as_json()["leakage"]) == (None, "seen")
