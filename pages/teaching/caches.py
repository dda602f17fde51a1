"""What a learner has read of a set, and what its labels say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ecgcore.review.teaching.learner import LearnerCase, label_truth, learner_cases
from ecgcore.review.worklists.saved import TEACHING
from pages.shared import caches
from pages.shared.reader.caches import log

if TYPE_CHECKING:
    from pages.teaching.choice import TeachingSet


def found(chosen: TeachingSet, who: str) -> tuple[LearnerCase, ...]:
    """Return every case of the set as the learner has met it."""
    likelihood = caches.catalog().frame["mi_likelihood"]
    truths = {case: label_truth(likelihood.get(int(case))) for case in chosen.cases}
    entries = log().entries(study=TEACHING, reader=who, kinds=["reading"])
    return learner_cases(chosen.cases, truths, entries)


def now() -> datetime:
    """Return the time by which cases are due."""
    return datetime.now(UTC)
