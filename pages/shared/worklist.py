"""The reader's list behind Review, in its address: a filter of Browse, or records one by one.

A link with its list leads everybody to the same next case; the open list is also remembered for a
visit to Review by the menu.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

import pandas as pd
import streamlit as st

from ecgcore.errors import CatalogError, ModelError
from ecgcore.predictions.decision import DecisionSettings
from ecgcore.ptbxl.search import PRESETS, RecordFilter, search
from ecgcore.review.case_list import disagreement_in
from ecgcore.review.filter_query import filter_query, read_filter
from ecgcore.stats.calibration.calibrators import CALIBRATORS, CalibratorName
from pages.shared import caches, url_state
from pages.shared.classes.caches import class_probs
from pages.shared.consensus.caches import consensus
from pages.shared.decision_choice import chosen_calibrator

PARAM = "list"
"""Query parameter of Review that holds the list."""

MOST_SENT = 300
"""Records that fit into an address."""

_KEY = "worklist"
_CALIBRATION = "calibration"
_LONGEST = 9


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record stands in a list.

    Attributes
    ----------
    index, n_records
        Its place, counted from 0, and the list's length.
    previous, following
        Its neighbours; None at an end.
    chosen
        True in the reader's list, False in the whole catalogue.
    """

    index: int
    n_records: int
    previous: int | None
    following: int | None
    chosen: bool


def open_case(ecg_id: int, listed: str) -> None:
    """Show a record on Review with the list that it was chosen from, as this module writes one."""
    st.session_state[_KEY] = listed
    st.switch_page("review/page.py", query_params={"record": str(ecg_id), PARAM: listed})


def draw_send(ids: Sequence[int], title: str) -> None:
    """Draw the button that puts records on the page Worklist, the first of very many."""
    many = f", the first {MOST_SENT:,}" if len(ids) > MOST_SENT else ""
    if st.button(f"Into the worklist{many}", icon=":material/checklist:"):
        sent = ",".join(map(str, ids[:MOST_SENT]))
        st.switch_page("worklist/page.py", query_params={"ids": sent, "title": title})


def of_filter(wanted: RecordFilter) -> str:
    """Write a filter of Browse and the calibrator that its order rests on."""
    calibrator = urlencode({_CALIBRATION: CALIBRATORS[chosen_calibrator()]})
    return "&".join(part for part in (filter_query(wanted, caches.catalog()), calibrator) if part)


def of_records(ids: Iterable[int]) -> str:
    """Write records in their order.

    Examples
    --------
    >>> of_records([39, 7])
    '39.7'
    """
    return ".".join(str(ecg_id) for ecg_id in ids)


def first_case() -> tuple[int, str]:
    """Return the case that opens without a choice, the first that Browse shows, and its list."""
    listed = of_filter(next(iter(PRESETS.values())))
    ids = _listed(listed)
    return (ids or caches.catalog().frame.index.tolist())[0], listed


def place(ecg_id: int) -> Place:
    """Find a record in the list of the address, else in the one that was open, else among all.

    Raises
    ------
    RecordError
        If the catalogue has no such record.
    """
    caches.catalog().entry(ecg_id)
    ids = _current()
    chosen = ecg_id in ids
    everything = ids if chosen else tuple(caches.catalog().frame.index.tolist())
    here = everything.index(ecg_id)
    previous = everything[here - 1] if here else None
    following = everything[here + 1] if here + 1 < len(everything) else None
    return Place(here, len(everything), previous, following, chosen)


def find(
    wanted: RecordFilter, predictions: pd.DataFrame | None, quality: pd.DataFrame | None
) -> pd.DataFrame:
    """Search the open data set, in an order that rests on the predictions."""
    apart = None if predictions is None else disagreement_in(predictions)
    said = class_probs(*wanted.predicted[0]) if wanted.predicted else None
    catalog = caches.catalog()
    agreed = consensus().of(catalog.frame)
    return search(catalog, wanted, apart, quality, said, agreed)


def _current() -> tuple[int, ...]:
    asked = st.query_params.get(PARAM)
    listed = st.session_state.get(_KEY, "") if asked is None else asked
    ids = _listed(listed) if listed else ()
    if asked and not ids:
        advice = "it leads to no record here; all records are stepped through."
        st.warning(url_state.unknown_words("list", asked, advice), icon=":material/warning:")
    return ids


def _listed(listed: str) -> tuple[int, ...]:
    agreed = consensus().fingerprint if "consensus=" in listed else ""
    return _ids(caches.catalog().version, listed, agreed)


@st.cache_data(max_entries=64, show_spinner="Looking up the records …")
def _ids(data_version: str, listed: str, agreed: str) -> tuple[int, ...]:
    """Return the records of a list; none where it is not one."""
    del agreed  # part of what the result is kept under
    catalog = caches.catalog()
    if set(listed) <= set("0123456789."):
        known = set(catalog.frame.index.tolist())
        numbers = [int(text) for text in listed.split(".") if 0 < len(text) <= _LONGEST]
        return tuple(dict.fromkeys(number for number in numbers if number in known))
    query = parse_qs(listed)
    if not query:
        return ()
    name = _calibrator(query.get(_CALIBRATION, [""])[0])
    try:
        predictions = caches.said(data_version, DecisionSettings(name))
    except ModelError:  # Browse says so; its order is then by record number
        predictions = None
    try:
        quality = caches.quality_table(data_version)
    except CatalogError:
        quality = None
    found = find(read_filter(listed, catalog), predictions, quality)
    return tuple(int(ecg_id) for ecg_id in found.index)


def _calibrator(label: str) -> CalibratorName:
    names: dict[str, CalibratorName] = {words: name for name, words in CALIBRATORS.items()}
    return names.get(label, "raw")
