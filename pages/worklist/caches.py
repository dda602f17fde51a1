"""Reasons of many records, and how far the readers of a list are; made anew as readings come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ecgcore.errors import CatalogError, ModelError
from ecgcore.predictions.decision import DecisionSettings
from ecgcore.review.case_list import OUTSIDE
from ecgcore.review.people.permissions import Person
from ecgcore.review.worklists.access import COUNTED, readings_for
from ecgcore.review.worklists.parts import Parts, parts_of
from ecgcore.review.worklists.scores import scored
from pages.shared import caches
from pages.shared.classes import caches as classes
from pages.shared.reader.caches import log

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

FOLD_10, ALL, COMERS = "fold 10", "all folds", "fold 10, all comers"
CASES = {
    FOLD_10: "Records of the study, fold 10",
    ALL: "Records of the study, all folds",
    COMERS: "All records of fold 10",
}
"""What is ordered, and its words."""


def case_ids(cases: str) -> tuple[int, ...]:
    """Return the records of one of `CASES`."""
    frame = caches.catalog().frame
    keep = (frame["group"] != OUTSIDE) | (cases == COMERS)
    if cases != ALL:
        keep &= frame["split"] == "test"
    return tuple(frame.index[keep].tolist())


def ranked(
    ids: tuple[int, ...],
    decision: DecisionSettings,
    weights: Mapping[str, float],
    person: Person | None,
) -> tuple[pd.DataFrame, Parts]:
    """Order records by their score; readings count for a person who may know of them."""
    at = "" if person is None else log().head().hash
    found = _parts(caches.catalog().version, ids, decision, at, person)
    return scored(found.values, weights), found


@st.cache_resource(
    max_entries=16,
    show_spinner="Looking for reasons …",
    hash_funcs={Person: lambda one: repr((one.name, sorted(map(repr, one.roles.items()))))},
)
def _parts(
    data_version: str,
    ids: tuple[int, ...],
    decision: DecisionSettings,
    at: str,
    person: Person | None,
) -> Parts:
    try:
        said = caches.said(data_version, decision)
        ensembles = [one for one in caches.ensembles() if said is not None and one.name in said]
        thresholds = [caches.decision_rule(one, decision).shown_threshold for one in ensembles]
    except ModelError:  # Review names it; the reasons of the models are then not known
        said, ensembles, thresholds = None, [], []
    try:
        quality = caches.quality_table(data_version)
    except CatalogError:
        quality = None
    try:
        statements = classes.contradictions()
    except ModelError:
        statements = None
    readings = [] if person is None else readings_for(log().entries(kinds=COUNTED), person)
    catalog = caches.catalog()
    return parts_of(catalog, ids, said, ensembles, thresholds, quality, readings, statements)
