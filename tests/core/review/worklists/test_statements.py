"""Statements that contradict a label; every value worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from ecgcore.predictions.classes.evaluated import EvaluatedClasses
from ecgcore.predictions.classes.rules import ClassRule, FittedClasses
from ecgcore.review.worklists.statements import contradictions

NAMES = ("AFIB", "PVC", "RARE", "SR")
LABELS = np.array(
    [
        [1, 0, 1, 0],
        [1, 0, 0, 0],
        [1, 0, 0, 0],
        [0, 0, 0, 0],
        [0, 1, 0, 1],
        [0, 1, 0, 1],
    ]
)
PROBS = np.array(
    [
        [0.90, 0.10, 0.01, 0.9],
        [0.90, 0.90, 0.90, 0.9],
        [0.02, 0.10, 0.90, 0.9],
        [0.97, 0.10, 0.90, 0.1],
        [0.02, 0.80, 0.90, 0.05],
        [0.03, 0.85, 0.90, 0.1],
    ]
)


class GivenProbs(FittedClasses):
    """Probabilities as they are given: nothing is fitted."""

    def probs(self, logits):
        return logits


@pytest.fixture
def rules() -> FittedClasses:
    limits = (0.5, 0.5, None, 0.5)
    given = [ClassRule(name, 9, None, limit) for name, limit in zip(NAMES, limits, strict=True)]
    return GivenProbs(tuple(given))


def folds(labels=LABELS, probs=PROBS, known=None) -> EvaluatedClasses:
    ids = np.arange(len(labels)) + 11
    known = np.ones_like(labels, dtype=bool) if known is None else known
    return EvaluatedClasses(NAMES, ids, ids, labels, known, probs[None])


def test_the_loudest_contradiction_of_each_record_is_named(rules: FittedClasses) -> None:
    found = contradictions(folds(), rules, ("SR",))
    assert found["words"].tolist() == [
        "",
        "PVC 90 %, not in the label",
        "label AFIB, models 2 %",
        "AFIB 97 %, not in the label",
        "",
        "",
    ]
    assert found.index.tolist() == [11, 12, 13, 14, 15, 16]
    # means: AFIB 0.6067 with it, 0.34 without; PVC 0.825 and 0.3
    assert found["value"].tolist() == pytest.approx([0, 0.6, 0.5867, 0.63, 0, 0], abs=1e-4)


def test_rhythm_that_is_no_finding_and_rare_statements_say_nothing(rules: FittedClasses) -> None:
    words = contradictions(folds(), rules, ("SR",))["words"]
    assert not words.str.contains("RARE|SR").any()
    assert contradictions(folds(), rules)["words"].str.contains("label SR, models 5 %").any()


def test_a_label_that_is_not_known_is_not_contradicted(rules: FittedClasses) -> None:
    known = np.ones_like(LABELS, dtype=bool)
    known[3, 0] = False
    assert contradictions(folds(known=known), rules, ("SR",))["words"].iloc[3] == ""


def test_two_folds_are_asked_as_one(rules: FittedClasses) -> None:
    first, second = folds(LABELS[:2], PROBS[:2]), folds(LABELS[2:], PROBS[2:])
    joined = first.joined(second)
    assert joined.seed_logits.shape == (1, 6, 4)
    second_ids = second.ids.tolist()
    assert joined.ids.tolist() == [11, 12, *second_ids]
    pd.testing.assert_series_equal(
        contradictions(joined, rules, ("SR",))["value"].reset_index(drop=True),
        contradictions(folds(), rules, ("SR",))["value"].reset_index(drop=True),
    )
