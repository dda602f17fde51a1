"""Words for label groups, splits, ages and likelihoods."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgcore.ptbxl import label_groups
from ecgcore.wording import records
from ecgcore.wording.records import age_in_years, age_words, likelihood_words, split_words


@pytest.mark.parametrize(
    ("likelihood", "words"),
    [
        (100, "100 %, stated as certain"),
        (80, "80 %, probable"),
        (50, "50 %, possible"),
        (35, "35 %, less likely"),
        (15, "15 %, doubtful"),
        (0, "likelihood not stated"),
    ],
)
def test_each_likelihood_in_words(likelihood: float, words: str) -> None:
    assert likelihood_words(likelihood) == words
    assert likelihood_words(float(likelihood)) == words


@given(st.integers(1, 100))
def test_a_stated_likelihood_is_never_called_unstated(likelihood: int) -> None:
    words = likelihood_words(likelihood)
    assert words.startswith(f"{likelihood} %, ")
    assert "not stated" not in words


@pytest.mark.parametrize(
    ("years", "words"),
    [(0, "0"), (56, "56"), (89, "89"), (90, "over 89"), (300, "over 89"), (math.nan, "unknown")],
)
def test_ages(years: float, words: str) -> None:
    assert age_words(years) == words
    assert age_in_years(years) == ("age unknown" if words == "unknown" else f"{words} years")


def test_every_label_group_and_split_has_its_words() -> None:
    assert set(records.LABEL_GROUPS) == {*label_groups.GROUPS, "other"}
    assert set(records.ABOUT_LABEL_GROUPS) == set(records.LABEL_GROUPS)
    assert set(records.SPLITS) == {*label_groups.SPLITS, "unknown"}
    assert records.LABEL_GROUPS["pure_normal"] == "normal"
    assert [split_words(name) for name in records.SPLITS] == [
        "training (folds 1 to 8)",
        "validation (fold 9)",
        "test (fold 10)",
        "unknown",
    ]
