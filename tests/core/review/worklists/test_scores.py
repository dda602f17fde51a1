"""Scores of cases: what counts, how much, and why."""

import numpy as np
import pandas as pd
import pytest

from ecgcore.errors import ReviewError
from ecgcore.review.worklists.scores import doubt_of, nearness, scored

NAN = float("nan")
PARTS = pd.DataFrame(
    {
        "likelihood": [0.0, 1.0, 0.5, NAN],
        "refer": [1.0, 0.0, 1.0, NAN],
        "readers": [NAN, NAN, 1.0, NAN],
    },
    index=[11, 12, 13, 14],
)


def test_a_score_is_the_weighted_mean_of_what_is_known() -> None:
    found = scored(PARTS, {"likelihood": 1, "refer": 3, "readers": 1})
    assert found["score"].to_dict() == pytest.approx({13: 4.5 / 5, 11: 3 / 4, 12: 1 / 4, 14: 0})
    assert list(found.index) == [13, 11, 12, 14]
    assert found.loc[13, "reasons"] == ("refer", "readers", "likelihood")
    assert found.loc[14, "reasons"] == ()


def test_a_weight_that_is_moved_changes_the_order_and_none_takes_a_reason_out() -> None:
    assert list(scored(PARTS, {"likelihood": 3, "refer": 1}).index) == [12, 13, 11, 14]
    only = scored(PARTS, {"likelihood": 1, "refer": 0})
    assert only["reasons"].to_dict() == {12: ("likelihood",), 13: ("likelihood",), 11: (), 14: ()}
    assert scored(PARTS, {})["score"].tolist() == [0, 0, 0, 0]
    assert list(scored(PARTS, {}).index) == [11, 12, 13, 14]


def test_a_small_reason_counts_without_being_named() -> None:
    parts = pd.DataFrame({"likelihood": [0.1, 0.3], "refer": [1.0, 1.0]})
    found = scored(parts, {"likelihood": 5, "refer": 1})
    assert found["score"].tolist() == pytest.approx([(1.5 + 1) / 6, (0.5 + 1) / 6])
    assert found["reasons"].tolist() == [("likelihood", "refer"), ("refer",)]


def test_doubt_is_greatest_at_half_and_nearness_at_the_threshold() -> None:
    assert doubt_of([0, 15, 50, 80, 100, NAN]) == pytest.approx([0, 0.3, 1, 0.4, 0, 0])
    assert nearness([0.0, 0.1, 0.2, 0.6, 1.0], 0.2) == pytest.approx([0, 0.5, 1, 0.5, 0])
    assert np.isfinite(nearness([0.0, 1.0], 1.0)).all()


@pytest.mark.parametrize(
    ("parts", "weights", "words"),
    [
        (PARTS.rename(columns={"refer": "luck"}), {}, "“luck” is no reason"),
        (PARTS, {"luck": 1}, "“luck” is no reason"),
        (PARTS, {"refer": -1}, "weight of refer is -1"),
        (PARTS, {"refer": 6}, "weight of refer is 6"),
        (PARTS, {"refer": NAN}, "weight of refer is nan"),
        (PARTS + 0.1, {}, "below 0 or above 1"),
    ],
)
def test_what_is_no_reason_or_weight_is_refused(
    parts: pd.DataFrame, weights: dict[str, float], words: str
) -> None:
    with pytest.raises(ReviewError, match=words):
        scored(parts, weights)
