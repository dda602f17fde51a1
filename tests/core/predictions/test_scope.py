"""The scope of the study's models: labels, measurements, limits of the score, and its file."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ecgcore.errors import ModelError
from ecgcore.leads import LEADS
from ecgcore.models.predictor import logits_of
from ecgcore.predictions.scope import (
    RATE_LIMITS,
    ScopeRule,
    features,
    judge_scope,
    open_scope,
    scope_by,
    scope_of,
)
from ecgcore.ptbxl.catalog import CatalogEntry, Statement
from ecgcore.records import EcgRecord
from ecgcore.settings import Settings
from ecgcore.signals.measure.measure import measure
from ecgcore.signals.measure.measurements import Measurements
from ecgcore.signals.quality import Problem, Quality
from ecgcore.tasks.statements71 import CLASSES

CLEAN = Quality(((),) * 12, "", "")


@pytest.fixture
def rule() -> ScopeRule:
    """A score that is the logit of CLBBB alone; distance that of the first logit."""
    weights = np.zeros(91)
    weights[CLASSES.index("LVH")] = 1.0
    return ScopeRule(
        models=(("statements71/cnn_bilstm-all-0", "0123456789abcdef"),),
        centre=np.zeros(91),
        spread=np.full(91, 2.0),
        weights=weights,
        intercept=-1.0,
        limit=0.5,
        wide_limit=0.3,
        precision=np.eye(71),
        far_limit=4.0,
        fitted={"n_study": 3},
    )


def logits_with(**stated: float) -> np.ndarray:
    """Logits of −5 for every statement but these."""
    z = np.full(71, -5.0)
    for code, value in stated.items():
        z[CLASSES.index(code)] = value
    return z


@pytest.fixture
def measured(synthetic_recordings) -> Measurements:
    """What is measured in a synthetic record."""
    return measure(synthetic_recordings.read(1))


def with_values(measured: Measurements, **values: float | None) -> Measurements:
    """Replace global values."""
    new = tuple(
        replace(one, value=values[one.name]) if one.name in values else one
        for one in measured.values
    )
    return replace(measured, values=new)


def entry(group: str, *codes: tuple[str, float], validated: bool | None = True) -> CatalogEntry:
    """Return a record of the tables with diagnostic statements."""
    stated = tuple(Statement(code, value, "", "", "diagnostic") for code, value in codes)
    return CatalogEntry(7, 1, "", "male", "", group, "test", stated, (), "", "", validated)


def test_the_score_is_a_logistic_function_of_the_standardised_features(rule: ScopeRule):
    z = np.stack([logits_with(LVH=2.0), logits_with(LVH=4.0)])
    assert rule.score(z) == pytest.approx([0.5, 1 / (1 + np.exp(-1))])


def test_features_add_five_classes_and_their_products():
    z = np.full(71, -40.0)
    z[CLASSES.index("IMI")] = 0.0
    z[CLASSES.index("AMI")] = 0.0
    z[CLASSES.index("NORM")] = np.log(3)
    found = features(z)
    assert found.shape == (91,)
    assert found[:71].tolist() == z.tolist()
    norm, mi = np.log(3) / 3, np.log(3) / 3  # 1 - 1/2 * 1/2 is 3/4, whose logit is log 3
    assert found[71:73] == pytest.approx([norm, mi])
    least = np.log(1e-4 / (1 - 1e-4)) / 3
    assert found[73:76] == pytest.approx([least] * 3), "at least 1 in 10,000"
    assert found[76:78] == pytest.approx([norm * norm, norm * mi])
    assert found[90] == pytest.approx(least**2)


def test_wide_is_the_likeliest_of_bundle_branch_block_and_pacing(rule: ScopeRule):
    assert rule.wide(logits_with(CRBBB=0.0, LVH=9.0)) == pytest.approx(0.5)
    assert rule.wide(logits_with(PACE=0.0, CLBBB=-1.0)) == pytest.approx(0.5)
    assert rule.wide(logits_with(CLBBB=np.log(4))) == pytest.approx(0.8)


def test_distance_is_one_on_average(rule: ScopeRule):
    assert rule.distance(np.full(71, 2.0)) == pytest.approx(1.0)
    assert rule.distance(np.full((3, 71), 6.0)) == pytest.approx([3.0] * 3)


@pytest.mark.parametrize(
    ("logits", "reason"),
    [
        (logits_with(LVH=1.99), ""),
        (logits_with(LVH=2.0, SR=9), "Resembles ECGs outside the study: left ventricular hyper"),
        (logits_with(CLBBB=-0.1), "Complete left bundle branch block is possible"),
        (logits_with(CLBBB=0.1), "Complete left bundle branch block is likely"),
        (logits_with(PACE=-0.8), "Paced rhythm is possible"),
        (logits_with(CLBBB=-0.9), ""),
        (np.full(71, -8.1), "Unlike the ECGs that the models were trained on."),
    ],
)
def test_each_limit_gives_its_reason(
    rule: ScopeRule, measured: Measurements, logits: np.ndarray, reason: str
):
    found = judge_scope(rule, logits, measured, CLEAN)
    assert found.applies == (not reason)
    assert [one.startswith(reason) for one in found.reasons] == ([True] if reason else [])
    assert found.score == pytest.approx(float(rule.score(logits)))


def test_a_wide_qrs_is_named_with_the_models_reason_from_120_ms(
    rule: ScopeRule, measured: Measurements
):
    logits = logits_with(LVH=3.0, STACH=-1.0, NORM=8.0)
    (wide,) = judge_scope(rule, logits, with_values(measured, qrs_ms=120.0), CLEAN).reasons
    assert wide == (
        "Resembles ECGs outside the study: left ventricular hypertrophy, sinus tachycardia "
        "(QRS 120 ms)."
    )
    (narrow,) = judge_scope(rule, logits, with_values(measured, qrs_ms=119.0), CLEAN).reasons
    assert narrow.endswith("hypertrophy, sinus tachycardia.")


@pytest.mark.parametrize(
    ("rate", "inside"), [(39.9, False), (40.0, True), (140.0, True), (140.1, False), (None, True)]
)
def test_heart_rates_of_the_study(measured: Measurements, rate: float | None, inside: bool):
    found = judge_scope(None, None, with_values(measured, heart_rate_bpm=rate), CLEAN)
    assert RATE_LIMITS == (40, 140)
    assert found.applies == inside
    assert found.score is None
    if not inside:
        assert found.reasons == (
            f"Heart rate {rate:.0f}/min: the study's ECGs have 40 to 140/min.",
        )


def test_a_lead_without_a_signal_is_named(measured: Measurements):
    leads = [()] * 12
    leads[LEADS.index("V2")] = (Problem("flat", "flat", True),)
    leads[LEADS.index("V3")] = (Problem("noise", "noise", True),)
    found = judge_scope(None, None, measured, Quality(tuple(leads), "", ""))
    assert found.reasons == ("Lead V2 without a signal: these models need all 12 leads.",)
    leads[LEADS.index("V6")] = (Problem("missing", "missing", True),)
    (reason,) = judge_scope(None, None, measured, Quality(tuple(leads), "", "")).reasons
    assert reason.startswith("Leads V2, V6 without a signal")


@pytest.mark.parametrize(("n_severe", "inside"), [(5, True), (6, False)])
def test_a_recording_that_cannot_be_read_is_outside(
    measured: Measurements, n_severe: int, inside: bool
):
    bad, poor = (Problem("noise", "noise", True),), (Problem("noise", "noise", False),)
    quality = Quality((bad,) * n_severe + (poor,) * (12 - n_severe), "", "")
    found = judge_scope(None, None, measured, quality)
    assert quality.readable == found.applies == inside
    if not inside:
        assert found.reasons == (
            "6 of 12 leads cannot be read: a verdict on this recording means nothing.",
        )


def test_swapped_electrodes_are_outside(measured: Measurements):
    words = "left and right arm electrodes may be swapped: P in I is inverted"
    quality = replace(CLEAN, swap=words, swap_key="LA/RA")
    (reason,) = judge_scope(None, None, measured, quality).reasons
    assert reason == (
        "Left and right arm electrodes may be swapped: a verdict on this recording means nothing."
    )


def test_pacing_spikes_are_named(measured: Measurements):
    paced = replace(measured, median=replace(measured.median, pacing_ms=-40.0))
    (reason,) = judge_scope(None, None, paced, CLEAN).reasons
    assert reason == "Pacing spikes before the QRS: paced rhythm is often called MI."


@pytest.mark.parametrize("group", ["pure_normal", "certain_mi", "uncertain_mi"])
def test_a_record_of_the_study_is_inside(measured: Measurements, group: str):
    assert judge_scope(None, None, measured, CLEAN, entry(group, ("IMI", 50.0))).applies


def test_a_label_outside_the_study_is_named(measured: Measurements):
    stated = (("CLBBB", 100.0), ("LVH", 35.0), ("NORM", 80.0), ("NDT", 0.0))
    found = judge_scope(None, None, measured, CLEAN, entry("other", *stated))
    assert found.reasons == (
        "Outside the study: its label is neither MI nor strictly normal (complete left bundle "
        "branch block, left ventricular hypertrophy 35 %, normal ECG 80 %).",
    )
    for validated in (False, None):
        unchecked = entry("other", ("NORM", 100.0), validated=validated)
        (reason,) = judge_scope(None, None, measured, CLEAN, unchecked).reasons
        assert reason == (
            "Outside the study: no cardiologist is known to have checked its label (normal ECG)."
        )
    (nothing,) = judge_scope(None, None, measured, CLEAN, entry("other")).reasons
    assert nothing.endswith("(nothing).")


def test_a_rule_survives_its_file(rule: ScopeRule, tmp_path: Path):
    path = tmp_path / "scope.json"
    rule.save(path)
    found = ScopeRule.load(path)
    z = logits_with(LVH=1.0, PACE=-3.0)
    assert found.models == rule.models
    assert found.score(z) == pytest.approx(rule.score(z))
    assert found.distance(z) == pytest.approx(rule.distance(z))
    assert (found.limit, found.wide_limit, found.far_limit) == (0.5, 0.3, 4.0)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"models": 3}'])
def test_a_damaged_file_is_named(tmp_path: Path, text: str):
    path = tmp_path / "scope.json"
    path.write_text(text)
    with pytest.raises(ModelError, match=r"scope\.json is not an out-of-study score"):
        ScopeRule.load(path)


def test_other_weights_are_refused(rule: ScopeRule, tmp_path: Path):
    settings = replace(Settings.from_env(), pretrained_dir=tmp_path, runs_dir=tmp_path)
    with pytest.raises(ModelError, match="needs statements71/cnn_bilstm-all-0 with the weights"):
        rule.entries(settings)


def test_the_shipped_score_judges_an_ecg_and_knows_no_synthetic_one(synthetic_recordings):
    settings = Settings.from_env()
    synthetic = synthetic_recordings.read(1)
    assert scope_of(synthetic, None, settings).score is None
    flat = EcgRecord("flat", np.zeros((12, 1000), dtype=np.float32), 100, "test")
    found = scope_of(flat, None, settings)
    assert not found.applies
    assert found.score is not None
    assert found.reasons[0] == (
        "12 of 12 leads cannot be read: a verdict on this recording means nothing."
    )
    assert set(found.as_json()) == {"applies", "reasons", "score"}


def test_models_that_were_asked_are_not_asked_again(synthetic_recordings):
    record = replace(synthetic_recordings.read(1), synthetic=False)
    models = open_scope(Settings.from_env())
    assert models is not None
    rule, (first, *others) = models
    alone = scope_by(models, record, None)
    answers = logits_of([first, *others], record)
    assert scope_by(models, record, None, answers) == alone
    zero = dict.fromkeys(answers, (0.0,) * 71)
    assert scope_by(models, record, None, zero).score == pytest.approx(rule.score(np.zeros(71)))
    half = scope_by(models, record, None, {first.entry: answers[first.entry]})
    assert half.score == pytest.approx(alone.score, abs=1e-6)


@pytest.mark.parametrize(
    ("quality", "void"),
    [
        (CLEAN, False),
        (Quality(((Problem("flat", "f", True),),) * 5 + ((),) * 7), False),
        (Quality(((Problem("flat", "f", True),),) * 6 + ((),) * 6), True),
        (Quality(((),) * 12, "arms may be swapped: P", "LA/RA"), True),
    ],
)
def test_half_of_the_leads_or_swapped_electrodes_allow_no_verdict(measured, quality, void):
    found = judge_scope(None, None, measured, quality)
    assert (found.void, found.applies and void) == (void, False)
    assert any(reason.endswith("means nothing.") for reason in found.reasons) is void
    assert set(found.as_json()) == {"applies", "reasons", "score"}
