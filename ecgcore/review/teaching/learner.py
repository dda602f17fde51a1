"""What a learner has read, what comes next, and how good it was, at first and after days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from ecgcore.review.readings.reading import Reading, reading_of
from ecgcore.review.store.chain import Entry
from ecgcore.review.teaching.repetition import Schedule, grade, schedule_of
from ecgcore.stats.bootstrap import resampled, unit_index
from ecgcore.stats.metrics import Estimate, percentile_estimate

RETEST_DAYS = 7
"""A reading so long after the answer was last seen is a delayed retest."""
_UNSURE = 0.5
_COPIES = 2000


@dataclass(frozen=True, slots=True)
class Attempt:
    """One reading before its answer was seen."""

    reading: Reading
    at: datetime

    @property
    def prob_mi(self) -> float:
        """The probability of MI that was given; 0.5 for "not readable" too."""
        prob = self.reading.prob_mi
        return _UNSURE if prob is None else prob


@dataclass(frozen=True, slots=True)
class LearnerCase:
    """A case as a learner has met it.

    Attributes
    ----------
    truth
        Whether the label says MI; None where it is not certain, so that no answer is wrong.
    attempts
        In their order.
    n_readings
        Of the learner in all, also where the answer stood beside the ECG.
    """

    case: str
    truth: bool | None
    attempts: tuple[Attempt, ...] = ()
    n_readings: int = 0

    @property
    def schedule(self) -> Schedule:
        """When the case comes again; without a truth it does not."""
        if self.truth is None:
            return Schedule()
        return schedule_of((one.at, grade(self._of_label(one))) for one in self.attempts)

    def is_due(self, now: datetime) -> bool:
        """Whether the case is to be read: it is new, or its time has come."""
        due = self.schedule.due
        return not self.attempts or (due is not None and due <= now)

    @property
    def retest(self) -> Attempt | None:
        """The first reading at least `RETEST_DAYS` after the one before."""
        pairs = zip(self.attempts, self.attempts[1:], strict=False)
        return next((b for a, b in pairs if b.at - a.at >= _RETEST), None)

    @property
    def retest_opens(self) -> datetime | None:
        """When a reading is a retest; None before the first one, after a retest, or without truth.

        A case without a truth has no result to test again.
        """
        if self.truth is None or not self.attempts or self.retest:
            return None
        return self.attempts[-1].at + _RETEST

    def is_right(self, one: Attempt) -> bool | None:
        """Whether a reading says what the label says; None without a truth."""
        return None if self.truth is None else grade(self._of_label(one)) >= _RIGHT

    def _of_label(self, one: Attempt) -> float | None:
        prob = one.reading.prob_mi
        return prob if prob is None or self.truth else 1 - prob


_RETEST = timedelta(days=RETEST_DAYS)
_RIGHT = 3


def label_truth(mi_likelihood: float | None) -> bool | None:
    """Say whether a label is MI: at 100 % it is, without an MI code it is not, else nobody knows.

    Examples
    --------
    >>> label_truth(100), label_truth(None), label_truth(35)
    (True, False, None)
    """
    if mi_likelihood is None or np.isnan(mi_likelihood):
        return False
    return True if mi_likelihood == 100 else None


def learner_cases(
    cases: Sequence[str], truths: Mapping[str, bool | None], entries: Iterable[Entry]
) -> tuple[LearnerCase, ...]:
    """Sort a learner's entries of the study of teaching by case, in the order of the set."""
    said: dict[str, list[Attempt]] = {case: [] for case in cases}
    for entry in entries:
        if entry.kind == "reading" and entry.case in said:
            made = Attempt(reading_of(entry), datetime.fromisoformat(entry.at))
            said[entry.case].append(made)
    return tuple(
        LearnerCase(case, truths[case], tuple(one for one in mine if one.reading.blind), len(mine))
        for case, mine in said.items()
    )


def following(
    found: Sequence[LearnerCase], now: datetime, *, retest: bool = False
) -> LearnerCase | None:
    """Return what is to be read: new cases first, then those due longest; in a retest, those open.

    Returns
    -------
    LearnerCase or None
        None where nothing is to be read now.
    """
    if retest:
        return next(
            (o for o in found if o.retest_opens is not None and o.retest_opens <= now), None
        )
    new = next((one for one in found if not one.attempts), None)
    due = [one for one in found if one.attempts and one.is_due(now)]
    return new or min(due, key=lambda one: one.schedule.due or now, default=None)


def first_attempts(found: Iterable[LearnerCase]) -> pd.DataFrame:
    """Return a row for each case with a truth that was read: ``case, truth, prob, retest, right``.

    ``prob`` is the first reading's probability of MI, ``retest`` that of the delayed retest (NaN
    before), ``right`` and ``retest_right`` say whether they agree with the label.
    """
    rows = [
        {
            "case": one.case,
            "truth": bool(one.truth),
            "prob": one.attempts[0].prob_mi,
            "right": bool(one.is_right(one.attempts[0])),
            "retest": one.retest.prob_mi if one.retest else np.nan,
            "retest_right": float(bool(one.is_right(one.retest))) if one.retest else np.nan,
        }
        for one in found
        if one.attempts and one.truth is not None
    ]
    columns = ["case", "truth", "prob", "right", "retest", "retest_right"]
    return pd.DataFrame(rows, columns=columns)


def brier(truth: pd.Series[bool], probs: pd.Series[float]) -> pd.Series[float]:
    """Return the Brier score of each case: 0 for sure and right, 1 for sure and wrong."""
    return (probs.astype(float) - truth.astype(float)) ** 2


def mean_over_cases(values: Iterable[float], patients: Iterable[int | str]) -> Estimate:
    """Estimate a mean with a percentile-bootstrap interval over patients; none for one patient."""
    x, who = np.array(list(values), dtype=np.float64), list(patients)
    if not x.size:
        return Estimate(np.nan, np.nan, np.nan)
    units = unit_index(who, x.size)
    if units.max() == 0:
        return Estimate(float(x.mean()), np.nan, np.nan)
    copies = [weights @ x / weights.sum(axis=1) for weights in resampled(units, _COPIES, 0)]
    return percentile_estimate(float(x.mean()), np.concatenate(copies))
