"""Sentences of Browse."""

import pandas as pd
import pytest

from ecgcore.ptbxl.search import PRESETS, RecordFilter
from pages.browse import listing

HOW = "Click a row to open the case."
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


def test_the_summary_counts_every_label_group() -> None:
    found = pd.DataFrame({"group": ["uncertain MI"] * 1253 + ["normal"]})
    assert listing.summary_words(found, 21_799) == (
        "**1,254** of 21,799 records: uncertain MI **1,253** · certain MI **0** · normal **1** · "
        "other **0**"
    )


def test_disagreement_names_the_probabilities() -> None:
    assert listing.disagreement_words("platt").endswith("Probabilities: Platt.")
    assert "Highest minus lowest probability of MI" in listing.disagreement_words("platt")


def test_a_column_without_content_is_hidden_and_the_rest_has_a_title() -> None:
    columns = listing._columns("IMI", "platt")
    assert [columns[name]["label"] for name in columns] == [
        "Record",
        "Age",
        "Sex",
        "Label group",
        "Diagnoses",
        "Likelihood of IMI",
        "MI territory",
        "Disagreement",
        "Signal",
        "Split",
        "Validated",
        "Report begins",
    ]
