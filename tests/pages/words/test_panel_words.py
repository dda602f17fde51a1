"""Sentences of the predictions beside an ECG."""

from types import SimpleNamespace

import pytest

from ecgcore.predictions.decision import DecisionSettings, NoPrediction
from ecgcore.predictions.scope import Scope
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
    assert said.votes(rows(*verdicts)) == words
    assert said.votes(rows(*verdicts), muted=True) == f"Outside what these models know. {words}"


def test_without_a_verdict_nobody_votes():
    silent = [prediction(0.5), NoPrediction(ensemble(), "damaged")]
    assert said.votes(silent, muted=True) == ""
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


@pytest.mark.parametrize(
    ("entry", "scope", "muted"),
    [
        (STUDY, None, False),
        (STUDY, INSIDE, False),
        (STUDY, OUTSIDE, True),
        (OTHER, None, True),
        (OTHER, INSIDE, True),
        (None, INSIDE, True),
        (None, None, True),
    ],
)
def test_a_verdict_is_muted_outside_the_study_and_for_every_upload(entry, scope, muted):
    assert said.is_muted(entry, scope) is muted


def test_what_the_models_do_not_know_stands_with_the_reasons():
    assert said.limits_words(None) == LINE
    assert said.limits_words(INSIDE) == LINE
    assert said.limits_words(OUTSIDE) == f"{LINE}  \nQRS 148 ms.  \nRate 180."


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
    assert said.calls(made, DecisionSettings()) == ""
    chosen = DecisionSettings(sensitivity=0.95)
    assert said.calls(made, chosen) == "MI is called at 95 % sensitivity by 1 of 2."
    assert said.calls([], chosen) == ""


def test_marks_are_explained_only_where_they_are_drawn():
    assert said.drawing_words([prediction(0.5)]) == ""
    one = prediction(0.5, alpha=0.1, verdict="MI", seeds=(0.4, 0.6))
    band, dots = "Band: what the ensemble says at each probability.", "Dots: its seeds."
    assert said.drawing_words([one]) == f"{band} {dots}"
