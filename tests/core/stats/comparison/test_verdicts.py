"""One rule decides every word about a difference: intervals, seeds and p, each by hand."""

import pytest

from ecgcore.stats.comparison.verdicts import (
    better_first,
    decide,
    is_clear,
    rule_words,
    verdict_words,
)
from ecgcore.stats.metrics import Estimate

UP, DOWN, OVER = Estimate(2, 1, 3), Estimate(-2, -3, -1), Estimate(0.5, -1, 2)
NAN = float("nan")


@pytest.mark.parametrize(
    ("difference", "over_seeds", "p", "n_seeds", "verdict"),
    [
        (UP, UP, 0.049, 3, "higher"),
        (DOWN, DOWN, 0.001, 5, "lower"),
        (UP, UP, 0.05, 5, "higher in this pair alone"),
        (DOWN, DOWN, 0.576, 5, "lower in this pair alone"),
        (UP, UP, NAN, 5, "higher in this pair alone"),
        (UP, OVER, 0.001, 5, "not clear over seeds"),
        (UP, DOWN, 0.001, 5, "not clear over seeds"),
        (DOWN, UP, 0.001, 5, "not clear over seeds"),
        (OVER, UP, 0.001, 5, "not clear"),
        (OVER, OVER, 0.9, 5, "not clear"),
        (Estimate(1, 0, 2), UP, 0.001, 5, "not clear"),
        (Estimate(-1, -2, 0), DOWN, 0.001, 5, "not clear"),
        (Estimate(1, NAN, NAN), UP, 0.001, 5, "not clear"),
        (UP, UP, 0.001, 2, "too few seeds"),
    ],
)
def test_better_needs_both_intervals_and_the_corrected_p(
    difference, over_seeds, p, n_seeds, verdict
):
    assert decide(difference, over_seeds, p, n_seeds) == verdict


@pytest.mark.parametrize(
    ("verdict", "lower_is_better", "words"),
    [
        ("higher", False, "A is better"),
        ("higher", True, "C is better"),
        ("lower", False, "C is better"),
        ("lower in this pair alone", True, "A is better in this pair alone"),
        ("higher in this pair alone", True, "C is better in this pair alone"),
        ("not clear", False, "no clear difference"),
        ("not clear over seeds", True, "no clear difference: the seeds vary as much"),
        ("too few seeds", False, "no verdict: too few seeds"),
    ],
)
def test_a_verdict_in_words(verdict, lower_is_better, words):
    assert verdict_words(verdict, "A", "C", lower_is_better=lower_is_better) == words
    assert is_clear(verdict) == (words in ("A is better", "C is better"))
    named = {"A": True, "C": False}.get(words[0]) if "is better" in words else None
    assert better_first(verdict, lower_is_better=lower_is_better) == named


def test_the_rule_counts_the_pairs():
    assert "for 1 pair (Holm)" in rule_words(1)
    assert rule_words(16).endswith(
        "both exclude zero, and p < 0.05 after correction for 16 pairs (Holm). “Better in this "
        "pair alone”: the same without the correction. All else: “no clear difference”."
    )
