"""Sentences of Browse."""

from dataclasses import replace

import pandas as pd
import pytest

from ecgcore.predictions.classes.rules import ClassRule
from ecgcore.predictions.decision import DecisionSettings
from ecgcore.ptbxl.search import PRESETS, RecordFilter
from ecgcore.stats.calibration.calibrators import fit
from pages.browse import listing
from tests.support.predictions import ensemble

HOW = "Click a row to open the case, or move with the arrow keys and press Enter."
TEST = "Test split: no shipped model was trained on these records."
UNSORTED = "No predictions are stored for this data set, so the order is by record number."
CUT = "The first 1,000 are listed; Review steps through all of them."


@pytest.mark.parametrize(
    ("wanted", "n_found", "predicted", "notes"),
    [
        (PRESETS["Ambiguous MI"], 282, True, [HOW, TEST]),
        (PRESETS["Ambiguous MI"], 282, False, [HOW, TEST, UNSORTED]),
        (PRESETS["All records"], 1000, False, [HOW]),
        (PRESETS["All records"], 1001, True, [HOW, CUT]),
        (RecordFilter(splits=("test", "val")), 5, True, [HOW]),
    ],
)
def test_notes_say_what_the_reader_must_know(
    wanted: RecordFilter, n_found: int, predicted: bool, notes: list[str]
) -> None:
    assert listing.note_words(wanted, n_found, predicted=predicted) == " ".join(notes)


def test_a_class_with_few_records_is_marked() -> None:
    few = ClassRule("WPW", 1, fit("platt", [0, 1, 0], [0.0, 1.0, 2.0]), None)
    assert listing.class_note("WPW", "GRU all (3 seeds)", few) == (
        "WPW predicted: by GRU all (3 seeds), calibrated on fold 9, which holds 1 record with it. "
        "These are few: take the probability as a rough one."
    )
    many = replace(few, n_positive=20)
    assert "few" not in listing.class_note("WPW", "GRU all (3 seeds)", many)


def test_the_summary_counts_every_label_group() -> None:
    found = pd.DataFrame({"group": ["uncertain MI"] * 1253 + ["normal"]})
    assert listing.summary_words(found, 21_799) == (
        "**1,254** of 21,799 records: uncertain MI **1,253** · certain MI **0** · normal **1** · "
        "other **0**"
    )


def test_a_column_of_the_models_names_the_probabilities_and_the_coverage() -> None:
    ensembles = [ensemble("cnn_bilstm", "A"), ensemble("bimamba2", "A")]
    columns = listing._about_models(ensembles, DecisionSettings("platt", 0.05))
    assert [column["label"] for column in columns.values()] == [
        "MI %, A",
        "Verdict",
        "Disagreement",
        "Highest, lowest",
    ]
    about = "Probability of MI in per cent by CNN-BiLSTM · BiMamba-2; Platt. Trained on certain MI"
    assert columns["A"]["help"] == f"{about} only."
    assert "Target coverage 95 %." in columns["verdict"]["help"]


def test_a_column_is_shown_only_where_it_tells_records_apart() -> None:
    every = listing._about_record(RecordFilter())
    assert [column["label"] for column in every.values()] == [
        "Record",
        "Age",
        "Sex",
        "Label group",
        "Diagnoses",
        "Likelihood of MI",
    ]
    assert "group" not in listing._about_record(RecordFilter(groups=("other",)))
    assert listing._asked_for(RecordFilter()) == {}
    assert list(listing._asked_for(RecordFilter(territories=("anterior",)))) == ["territory"]
