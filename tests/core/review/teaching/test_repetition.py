"""SM-2 by its paper, worked by hand."""

from datetime import datetime, timedelta

import pytest

from ecgcore.review.teaching.repetition import Schedule, after, grade, schedule_of

START = datetime(2026, 1, 1)


def intervals(grades: list[int]) -> list[int]:
    made, at, found = Schedule(), START, []
    for one in grades:
        made = after(made, one, at)
        assert made.due == at + timedelta(days=made.interval_days)
        found.append(made.interval_days)
        at = made.due
    return found


@pytest.mark.parametrize(
    ("grades", "days"),
    [
        # ease stays 2.5 with grade 4: 1, 6, 15, 37.5 -> 38 (round half to even: 38)
        ([4, 4, 4, 4], [1, 6, 15, 38]),
        # grade 5 adds 0.1 each time: third interval 6 x 2.7
        ([5, 5, 5], [1, 6, 16]),
        # grade 3 takes 0.14 each time: third interval 6 x 2.22
        ([3, 3, 3], [1, 6, 13]),
        # a wrong one starts from the beginning, ease stays
        ([4, 4, 1, 4, 4, 4], [1, 6, 1, 1, 6, 15]),
        ([2, 0], [1, 1]),
    ],
)
def test_intervals_in_days(grades: list[int], days: list[int]) -> None:
    assert intervals(grades) == days


def test_ease_never_falls_below_1_3() -> None:
    made = schedule_of((START, 3) for _ in range(20))
    assert made.ease == pytest.approx(1.3)
    assert made.passed == 20


def test_a_case_that_nobody_read_has_no_date() -> None:
    assert schedule_of([]) == Schedule(0, 0, 2.5, None)


@pytest.mark.parametrize(
    ("prob", "wanted"),
    [(1.0, 5), (0.9, 5), (0.89, 4), (0.7, 4), (0.69, 3), (0.51, 3), (0.5, 2), (0.49, 1),
     (0.25, 1), (0.24, 0), (0.0, 0), (None, 2)],
)  # fmt: skip
def test_grades_follow_how_sure_and_how_right(prob: float | None, wanted: int) -> None:
    assert grade(prob) == wanted
