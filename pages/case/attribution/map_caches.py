"""The cache of maps: a method, a model or the seeds of an ensemble, and a case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from ecgcore.models.cards import ModelEntry
from pages.shared import caches
from pages.shared.case import ReadableCase

if TYPE_CHECKING:
    from ecgcore.explain.attribution import Attribution
    from ecgcore.records import EcgRecord


def attribution(case: ReadableCase, who: Sequence[ModelEntry], method: str) -> Attribution:
    """Explain a model, or the seeds of an ensemble together, on a case.

    Raises
    ------
    ModelError, RecordError
        If that cannot be done.
    """
    names = tuple(entry.name for entry in who)
    checksums = tuple(entry.card.weights_sha256 for entry in who)
    return _attribution(case.key, names, checksums, method, case.record)


@st.cache_data(max_entries=128, show_spinner="Explaining …")
def _attribution(
    key: str, names: tuple[str, ...], checksums: tuple[str, ...], method: str, _record: EcgRecord
) -> Attribution:
    from ecgcore.explain.methods import explain_ensemble

    who = [caches.predictor(caches.model(name)) for name in names]
    return explain_ensemble(who, _record, method)
