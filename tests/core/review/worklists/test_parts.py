"""Reasons of cases from labels, models, signals and readings; each value worked out by hand."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from ecgcore.review.readings.reading import Reading
from ecgcore.review.readings.rounds import Place
from ecgcore.review.store.log import Draft
from ecgcore.review.worklists.parts import contradicted, dissent, parts_of

ENSEMBLES = [
    SimpleNamespace(name=f"{arch}-{train_set}", arch=arch, train_set=train_set)
    for arch in ("cnn", "mamba")
    for train_set in "AC"
]
FRAME = pd.DataFrame(
    {
        "mi_likelihood": [50.0, np.nan, 100.0, np.nan],
        "group": ["uncertain_mi", "pure_normal", "certain_mi", "other"],
        "split": ["test", "test", "test", "test"],
    },
    index=[1, 2, 3, 4],
)
SAID = pd.DataFrame(
    {
        "cnn-A": [0.2, 0.1, 0.9, 0.5],
        "cnn-C": [0.6, 0.1, 0.9, 0.5],
        "mamba-A": [0.4, 0.1, 0.9, 0.5],
        "mamba-C": [0.4, 0.1, 0.9, 0.5],
        "verdict": ["refer", "normal", "", "refer"],
    },
    index=[1, 2, 3, 4],
)
QUALITY = pd.DataFrame(
    {"severe": [0, 1, 0], "swap": [0, 0, 0], "signal": ["", "flat V6", "noise I"]}, index=[1, 2, 3]
)


def reading(case: str, reader: str, verdict: str, kind: str = "reading", number: int = 1):
    said = Reading(verdict, None if verdict == "not readable" else 80)
    key = Place("s", case, reader).key(kind, number)
    return Draft(key, kind, "s", case, reader, said.as_body()).entry()


def parts(readings=()):
    catalog = SimpleNamespace(frame=FRAME)
    return parts_of(catalog, [1, 2, 3, 4], SAID, ENSEMBLES, [0.5] * 4, QUALITY, readings)


def test_each_reason_has_its_value_and_its_fact() -> None:
    found = parts()
    one = found.values.loc[1]
    assert one["likelihood"] == 1
    assert one["training_sets"] == pytest.approx((0.5 - 0.3) / 0.5)
    assert one["architectures"] == pytest.approx(0)
    assert one["threshold"] == pytest.approx((0.4 + 0.8 + 0.8 + 0.8) / 4)
    assert one["refer"] == 1
    assert one["quality"] == 0
    words = found.words(1, ("likelihood", "training_sets", "threshold", "refer"))
    assert words == "label 50 % · A, C and D 20 points apart · mean probability 40 % · refer"


def test_signals_count_by_how_bad_they_are_and_what_is_not_known_stays_so() -> None:
    found = parts()
    assert found.values["quality"].tolist()[:3] == [0, 1, 0.5]
    assert np.isnan(found.values.loc[4, "quality"])
    assert found.words(2, ["quality"]) == "signal: flat V6"
    assert np.isnan(found.values.loc[3, "refer"]), "no verdict is no reason either way"


def test_outside_the_study_the_models_are_no_reason() -> None:
    row = parts().values.loc[4]
    assert row[["training_sets", "architectures", "threshold", "refer", "label"]].isna().all()
    assert row["likelihood"] == 0


def test_statements_that_contradict_a_label_are_a_reason_for_everyone() -> None:
    found = pd.DataFrame(
        {"value": [0.6, 0.0], "words": ["AFIB 97 %, not in the label", ""]}, index=[4, 1]
    )
    catalog = SimpleNamespace(frame=FRAME)
    made = parts_of(catalog, [1, 2, 4], SAID, ENSEMBLES, [0.5] * 4, QUALITY, [], found)
    assert made.values.loc[4, "statements"] == 0.6
    assert made.values.loc[1, "statements"] == 0
    assert np.isnan(made.values.loc[2, "statements"]), "what nobody judged is not known"
    assert made.words(4, ["statements"]) == "AFIB 97 %, not in the label"
    assert parts().values["statements"].isna().all()


def test_without_models_and_quality_only_the_label_speaks() -> None:
    catalog = SimpleNamespace(frame=FRAME)
    found = parts_of(catalog, [1, 2], None, [], [], None, [])
    assert found.values.drop(columns="likelihood").isna().all(axis=None)


def test_confident_learning_marks_labels_of_either_kind() -> None:
    labels = [True, True, True, False, False, False]
    probs = [0.9, 0.9, 0.1, 0.1, 0.1, 0.95]
    # means: 0.633 of MI, 0.383 of normal
    assert contradicted(labels, probs).tolist() == [False, False, True, False, False, True]
    assert not contradicted([True, True], [0.1, 0.9]).any()


def test_readers_disagree_most_when_halved_and_a_consensus_ends_it() -> None:
    said = [reading("1", "ann", "MI"), reading("1", "bob", "no MI")]
    said += [reading("2", who, "MI") for who in ("ann", "bob")]
    said += [reading("3", "ann", "MI"), reading("3", "bob", "MI"), reading("3", "eve", "no MI")]
    said += [reading("4", "ann", "MI")]
    found = dissent(said)
    assert found["1"] == (1.0, "1 MI, 1 no MI")
    assert found["2"][0] == 0
    assert found["3"][0] == pytest.approx(2 / 3)
    assert "4" not in found
    settled = dissent([*said, reading("1", "li", "MI", "consensus")])
    assert settled["1"][0] == 0
    assert parts(said).words(1, ["readers"]) == "readers: 1 MI, 1 no MI"
    assert np.isnan(parts(said).values.loc[4, "readers"])


def test_a_changed_mind_counts_as_the_last_reading() -> None:
    said = [
        reading("1", "ann", "MI"),
        reading("1", "bob", "no MI"),
        reading("1", "ann", "no MI", number=2),
    ]
    assert dissent(said)["1"][0] == 0
