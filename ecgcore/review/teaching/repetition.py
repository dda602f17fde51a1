"""When a case comes again: SM-2, with how sure and how right a reading was as the grade.

Source: P. A. Wozniak, Optimization of learning, University of Technology in Poznan 1990, section
3.2 (algorithm SM-2). Its grades 0 to 5 are the learner's own; here they come from the probability
that the reading gave to what the label says, so that nobody grades himself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

FIRST_DAYS, SECOND_DAYS = 1, 6
START_EASE, LEAST_EASE = 2.5, 1.3
PASSED = 3
_GRADES = ((0.9, 5), (0.7, 4), (0.5, 3), (0.25, 1))
_UNSURE = 2


@dataclass(frozen=True, slots=True)
class Schedule:
    """What SM-2 knows of a case.

    Attributes
    ----------
    passed
        Right readings in a row.
    interval_days
        From the last reading to the next; 0 before the first.
    ease
        By which the interval grows, from 1.3.
    due
        When the case comes again; None before the first reading.
    """

    passed: int = 0
    interval_days: int = 0
    ease: float = START_EASE
    due: datetime | None = None


def grade(prob_of_label: float | None) -> int:
    """Return SM-2's grade of a reading; `PASSED` and more are right.

    Parameters
    ----------
    prob_of_label
        Probability that the reading gave to what the label says; None for "not readable".

    Examples
    --------
    >>> [grade(p) for p in (0.95, 0.8, 0.6, 0.5, None, 0.3, 0.1)]
    [5, 4, 3, 2, 2, 1, 0]
    """
    if prob_of_label is None or prob_of_label == 0.5:
        return _UNSURE
    return next((one for least, one in _GRADES if prob_of_label >= least), 0)


def after(before: Schedule, grade: int, at: datetime) -> Schedule:
    """Return the schedule after a reading: longer after a right one, from the start after a wrong.

    Examples
    --------
    >>> at = datetime(2026, 1, 1)
    >>> made = Schedule()
    >>> for _ in range(3):
    ...     made = after(made, 4, at)
    >>> made.interval_days, made.ease, after(made, 1, at).interval_days
    (15, 2.5, 1)
    """
    if grade < PASSED:
        return Schedule(0, FIRST_DAYS, before.ease, at + timedelta(days=FIRST_DAYS))
    passed = before.passed + 1
    grown = round(before.interval_days * before.ease)
    days = {1: FIRST_DAYS, 2: SECOND_DAYS}.get(passed, grown)
    lacking = 5 - grade
    ease = max(LEAST_EASE, before.ease + 0.1 - lacking * (0.08 + lacking * 0.02))
    return Schedule(passed, days, ease, at + timedelta(days=days))


def schedule_of(graded: Iterable[tuple[datetime, int]]) -> Schedule:
    """Return the schedule after all readings of a case, in their order."""
    made = Schedule()
    for at, one in graded:
        made = after(made, one, at)
    return made
