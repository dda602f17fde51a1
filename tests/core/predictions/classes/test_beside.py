"""What models beside the study's say, in words and as JSON."""

from dataclasses import replace

import numpy as np

from ecgcore.predictions.classes.beside import Beside, beside_study
from ecgcore.predictions.classes.rules import ClassPrediction
from ecgcore.predictions.decision import DecisionSettings
from ecgcore.settings import Settings
from tests.support.predictions import prediction
from tests.support.toys import record_of

SAID = (
    ClassPrediction("SR", 0.99, True),
    ClassPrediction("IMI", 0.81, True),
    ClassPrediction("CLBBB", 0.3, False),
    ClassPrediction("WPW", float("nan"), None),
    ClassPrediction("LAFB", 0.01, False),
)
MADE = Beside(
    (prediction(0.39, verdict="MI"), prediction(0.86, verdict="MI")), SAID, coverage="90 %"
)


def test_the_lines_name_the_verdict_and_the_leading_statements() -> None:
    assert (
        MADE.all_comers_words
        == "MI among all comers: MI. Probability of MI 39 to 86 %, uncalibrated."
    )
    assert MADE.statement_words == (
        "What else it may be: inferior myocardial infarction 81 %, complete left bundle branch "
        "block 30 %."
    )
    assert MADE.set_words == (
        "Not excluded at 90 % coverage: 2 statements (SR 99 %, IMI 81 %). Each statement is "
        "calibrated on fold 9 alone."
    )
    none = replace(MADE, all_comers=(prediction(0.39, verdict=None),))
    assert none.all_comers_words == "MI among all comers: Probability of MI 39 %, uncalibrated."
    nothing = replace(MADE, statements=(ClassPrediction("IMI", 0.04, False),))
    assert "no statement reaches 5 %" in nothing.statement_words
    assert (Beside().all_comers_words, Beside().statement_words) == ("", "")


def test_json_has_the_likeliest_first_and_rare_ones_last() -> None:
    data = MADE.as_json()
    assert data["all_comers_verdict"] == "MI"
    assert [one["prob"] for one in data["all_comers"]] == [0.39, 0.86]
    assert [one["code"] for one in data["what_else"]] == ["SR", "IMI", "CLBBB", "LAFB", "WPW"]
    assert data["what_else"][-1] == {
        "code": "WPW",
        "statement": "Wolff-Parkinson-White pattern",
        "prob": None,
        "in_set": None,
    }


def test_models_that_ship_are_asked_about_a_patient_and_never_about_a_synthetic_record() -> None:
    times = np.arange(1000) / 100
    record = record_of(np.tile(np.sin(2 * np.pi * times), (12, 1)).astype(np.float32), 100)
    settings, decision = Settings.from_env(), DecisionSettings(alpha=0.1)
    found = beside_study(replace(record, synthetic=False), settings, decision, void=True)
    assert len(found.statements) == 71
    tasks = [one.ensemble.members[0].key.task for one in found.all_comers]
    assert tasks == 4 * ["mi_all_comers"] + ["statements71"]
    assert {one.verdict for one in found.all_comers} == {None}
    assert not beside_study(replace(record, synthetic=True), settings, decision).statements
