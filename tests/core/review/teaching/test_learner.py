"""What a learner reads next, and how good it was, from entries written by hand."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from ecgcore.review.readings.reading import Reading
from ecgcore.review.store.chain import Entry
from ecgcore.review.store.log import Draft
from ecgcore.review.teaching.learner import (
    brier,
    first_attempts,
    following,
    label_truth,
    learner_cases,
    mean_over_cases,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
TRUTHS = {"1": True, "2": False, "3": None}


def said(case: str, verdict: str, days: float, confidence: int = 80, *, blind=True) -> Entry:
    at = (START + timedelta(days=days)).isoformat()
    sure = None if verdict == "not readable" else confidence
    body = Reading(verdict, sure, blind=blind).as_body()
    return Draft(f"{case}/{days}", "reading", "Teaching", case, "ann", body, at).entry()


def cases(*entries: Entry):
    return learner_cases(("1", "2", "3"), TRUTHS, entries)


def now(days: float) -> datetime:
    return START + timedelta(days=days)


def next_of(found, days, **more):
    one = following(found, now(days), **more)
    return one and one.case


def test_new_cases_come_first_then_those_that_are_due_and_none_without_a_truth() -> None:
    assert next_of(cases(), 0) == "1"
    found = cases(said("1", "no MI", 0))
    assert next_of(found, 2) == "2"
    found = cases(said("1", "no MI", 0), said("2", "no MI", 0), said("3", "MI", 0))
    assert next_of(found, 0.9) is None
    assert next_of(found, 1) == "1"
    found = cases(said("1", "MI", 0), said("2", "no MI", -1), said("3", "MI", -9))
    assert next_of(found, 1) == "2", "due longest"


def test_a_right_case_waits_six_days_the_second_time() -> None:
    found = cases(said("1", "MI", 0), said("1", "MI", 1), said("2", "MI", 5), said("3", "MI", 0))
    assert found[0].schedule.interval_days == 6
    assert next_of(found, 6.9) == "2"
    assert found[0].is_due(now(7))


def test_readings_beside_the_answer_are_no_attempts_but_count_as_readings() -> None:
    found = cases(said("1", "MI", 0, blind=False), said("1", "no MI", 1))
    assert [len(one.attempts) for one in found] == [1, 0, 0]
    assert found[0].n_readings == 2
    assert found[0].is_right(found[0].attempts[0]) is False


def test_a_retest_is_seven_days_after_the_answer_was_last_seen() -> None:
    found = cases(said("1", "no MI", 0), said("1", "MI", 6), said("2", "no MI", 0))
    assert next_of(found, 6.9, retest=True) is None
    assert next_of(found, 7, retest=True) == "2"
    assert next_of(found, 13, retest=True) == "1"
    found = cases(said("1", "no MI", 0), said("1", "MI", 6), said("1", "MI", 13, 60))
    assert found[0].retest.reading.confidence == 60
    assert next_of(found, 99, retest=True) is None, "there is one retest a case"
    assert found[2].retest_opens is None


def test_scores_of_first_readings_and_retests_by_hand() -> None:
    found = cases(
        said("1", "MI", 0, 80), said("1", "MI", 8, 100), said("2", "MI", 0, 60),
        said("3", "MI", 0, 100),
    )  # fmt: skip
    table = first_attempts(found).set_index("case")
    assert table["prob"].to_dict() == {"1": 0.9, "2": 0.8}
    assert table["right"].to_dict() == {"1": True, "2": False}
    # (0.9 - 1)^2 and (0.8 - 0)^2
    assert brier(table["truth"], table["prob"]).round(6).to_dict() == {"1": 0.01, "2": 0.64}
    assert table.loc["1", ["retest", "retest_right"]].tolist() == [1.0, 1.0]
    assert np.isnan(table.loc["2", "retest"])


def test_not_readable_counts_as_unsure() -> None:
    (row,) = first_attempts(cases(said("1", "not readable", 0))).itertuples()
    assert (row.prob, row.right) == (0.5, False)


@pytest.mark.parametrize(
    ("likelihood", "truth"),
    [(100, True), (80, None), (15, None), (0, None), (None, False), (float("nan"), False)],
)
def test_only_a_certain_label_is_a_truth(likelihood, truth) -> None:
    assert label_truth(likelihood) is truth


def test_the_interval_is_over_patients() -> None:
    single = mean_over_cases([0.0, 1.0] * 10, range(20))
    twice = mean_over_cases([0.0, 1.0] * 10, [k // 2 for k in range(20)])
    assert single.value == 0.5
    # standard error 0.5 / sqrt(20) = 0.112
    assert single.low == pytest.approx(0.5 - 1.96 * 0.112, abs=0.04)
    assert (twice.low, twice.high) == (0.5, 0.5), "each patient has a 0 and a 1"
    alone = mean_over_cases([0.2, 0.4], [7, 7])
    assert alone.value == pytest.approx(0.3)
    assert np.isnan(alone.low)
    assert np.isnan(mean_over_cases([], []).value)
