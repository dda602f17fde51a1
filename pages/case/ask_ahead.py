"""Every model that a case needs answers at once, before the parts of the page ask one by one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from ecgcore.errors import ModelError, RecordError
from ecgcore.models.cards import ModelEntry
from ecgcore.predictions.ensemble import Ensemble
from pages.shared import caches
from pages.shared.case import Case, ReadableCase
from pages.shared.classes import caches as of_classes


def ask_ahead(case: Case) -> None:
    """Let all models of the first screen predict a case, two at a time, where nothing is stored.

    Who fails is asked again by the part that shows it, which says why.
    """
    if not isinstance(case, ReadableCase):
        return
    working: list[ModelEntry] = []
    for ensemble in _unanswered(case):
        with suppress(ModelError):
            for entry in ensemble.members:
                caches.predictor(entry)
            working += ensemble.members
    with suppress(RecordError):
        caches.predictions(case, working)


def _unanswered(case: ReadableCase) -> Iterator[Ensemble]:
    """Name the ensembles whose answer does not ship."""
    for one in caches.ensembles():
        if caches.stored_case_logits(case, one) is None:
            yield one
    if case.record.synthetic:
        return
    for score in of_classes.mi_scores():
        if of_classes.stored_class_logits(case, score.ensemble) is None:
            yield score.ensemble
