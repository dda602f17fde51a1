"""Sentences of the predictions beside an ECG."""

from types import SimpleNamespace

import pytest

from ecgcore.errors import ModelError
from ecgcore.predictions.decision import DecisionSettings, NoPrediction
from ecgcore.predictions.scope import Scope
from ecgcore.report import verdict
from pages.case import predictions as said
from tests.support.predictions import ensemble, prediction

LINE = (
    "These models know only MI and strictly normal ECGs. Bundle branch block, hypertrophy and "
    "ST-T change are often called MI."
)


def rows(*verdicts):
    return [prediction(0.5, ensemble(), alpha=0.1, verdict=verdict) for verdict in verdicts]


@pytest.mark.parametrize(
    ("verdicts", "words"),
    [
        (("MI",) * 6, "All 6 ensembles say MI."),
        (("refer", "refer"), "All 2 ensembles refer."),
        (("normal",), "The ensemble says normal."),
        (("refer",), "The ensemble refers."),
        (("MI", "refer", "MI", "MI"), "Of 4 ensembles, 3 say MI, 1 refers."),
        (("normal", "refer", "refer", "MI"), "Of 4 ensembles, 2 refer, 1 says normal, 1 says MI."),
    ],
)
def test_the_votes_behind_the_verdict_are_one_sentence(verdicts, words):
    assert verdict.votes(rows(*verdicts)) == words


def test_without_a_verdict_nobody_votes():
    silent = [prediction(0.5), NoPrediction(ensemble(), "damaged")]
    assert verdict.votes(silent) == ""
    assert said.verdict_badge(silent, DecisionSettings()) == ("", "")


@pytest.mark.parametrize(
    ("verdicts", "color", "joint"),
    [
        (("MI", "MI"), "red", "MI"),
        (("normal",), "green", "normal"),
        (("MI", "normal"), "orange", "refer"),
    ],
)
def test_the_headline_is_one_verdict_in_its_colour_or_in_grey(verdicts, color, joint):
    made = rows(*verdicts)
    line, meaning = said.verdict_badge(made, DecisionSettings())
    assert line == f"Verdict :{color}-background[{joint}]"
    assert "From 1,234 records of fold 9, 540 MI" in meaning
    grey, _ = said.verdict_badge(made, DecisionSettings(), muted=True)
    assert grey == f"Verdict :gray-background[{joint}]"


INSIDE, OUTSIDE = Scope(True, (), 0.1), Scope(False, ("QRS 148 ms.", "Rate 180."), 0.9)
STUDY, OTHER = SimpleNamespace(group="certain_mi"), SimpleNamespace(group="other")


VOID = Scope(False, ("12 of 12 leads cannot be read.",), None, void=True)
UNKNOWN, UNLABELLED = "Outside what these models know.", "Unlabelled ECG: read with care."


@pytest.mark.parametrize(
    ("entry", "scope", "words"),
    [
        (STUDY, None, ""),
        (STUDY, INSIDE, ""),
        (STUDY, OUTSIDE, UNKNOWN),
        (OTHER, None, UNKNOWN),
        (OTHER, INSIDE, UNKNOWN),
        (None, OUTSIDE, UNKNOWN),
        (None, INSIDE, UNLABELLED),
        (None, None, UNLABELLED),
        (STUDY, VOID, "No verdict on this recording."),
        (None, VOID, "No verdict on this recording."),
    ],
)
def test_a_verdict_is_grey_outside_the_study_and_for_every_upload(entry, scope, words):
    assert verdict.caution(entry, scope) == words


def test_what_the_models_do_not_know_stands_with_the_reasons():
    assert verdict.limits(None) == verdict.limits(INSIDE) == [LINE]
    assert verdict.limits(VOID) == ["12 of 12 leads cannot be read."]
    assert verdict.limits(OUTSIDE) == [LINE, "QRS 148 ms.", "Rate 180."]


def test_one_ensemble_does_not_disagree_with_itself():
    assert verdict.agreement([prediction(0.37)]) == "Probability of MI **37 %**"
    made = [prediction(0.37), prediction(0.45)]
    assert verdict.agreement(made) == "Probability of MI **37 to 45 %**, disagreement **8 points**"
    assert verdict.agreement([]) == "No model predicts this recording."


def test_the_explained_seed_is_named_with_its_probability():
    first, second = ensemble(seeds=2), ensemble("bimamba2", "C", seeds=2)
    made = [
        prediction(0.5, first, seeds=(0.4, 0.6)),
        prediction(0.5, second, seeds=(0.1, 0.834)),
    ]
    words = said.explained_words(made, second.members[1])
    assert words == "Ringed: the explained BiMamba-2 C, seed 1, **83.4 %**."
    assert said.explained_words(made, None) == ""
    assert said.explained_words(made[:1], second.members[1]) == ""


def test_calls_are_counted_only_at_a_target_sensitivity_that_was_chosen():
    made = [prediction(0.5, calls_mi=True), prediction(0.5), NoPrediction(ensemble(), "damaged")]
    assert verdict.calls(made, DecisionSettings()) == ""
    chosen = DecisionSettings(sensitivity=0.95)
    assert verdict.calls(made, chosen) == "MI is called at 95 % sensitivity by 1 of 2."
    assert verdict.calls([], chosen) == ""


def test_marks_are_explained_only_where_they_are_drawn():
    assert said.drawing_words([prediction(0.5)]) == ""
    one = prediction(0.5, alpha=0.1, verdict="MI", seeds=(0.4, 0.6))
    band, dots = "Band: what the ensemble says at each probability.", "Dots: its seeds."
    assert said.drawing_words([one]) == f"{band} {dots}"


def test_a_local_run_that_cannot_be_calibrated_is_named(monkeypatch):
    def rule(who, chosen):
        if chosen.calibrator != "raw":
            raise ModelError("no fold 9.")
        return (who, chosen)

    monkeypatch.setattr(said.caches, "decision_rule", rule)
    chosen = DecisionSettings("platt", 0.05)
    shipped, local = ensemble(), ensemble(shipped=False)
    made, note = said.rule_or_uncalibrated(shipped, chosen)
    assert made == (shipped, DecisionSettings("raw", 0.05))
    assert note == "Uncalibrated: no fold 9."
    assert said.rule_or_uncalibrated(local, chosen)[1] == f"{local.label}: {note}"


def test_without_a_calibrator_an_error_stays_an_error(monkeypatch):
    def broken(*_):
        raise ModelError("no fold 9.")

    monkeypatch.setattr(said.caches, "decision_rule", broken)
    with pytest.raises(ModelError, match="no fold 9"):
        said.rule_or_uncalibrated(ensemble(), DecisionSettings(sensitivity=0.9))
