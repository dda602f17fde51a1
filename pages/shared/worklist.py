"""The reader's current list: the records chosen on Browse, in their order."""

from collections.abc import Iterable

import streamlit as st

from pages.shared import caches

_KEY = "worklist_ids"


def set_ids(ids: Iterable[int]) -> None:
    """Keep these records, in this order, as the reader's list."""
    st.session_state[_KEY] = [int(ecg_id) for ecg_id in ids]


def neighbours(ecg_id: int) -> tuple[int | None, int | None]:
    """Return the records before and after this one; None at an end of the list.

    Raises
    ------
    RecordError
        If the catalogue has no such record.
    """
    ids, here = _place(ecg_id)
    previous = ids[here - 1] if here > 0 else None
    following = ids[here + 1] if here + 1 < len(ids) else None
    return previous, following


def position(ecg_id: int) -> tuple[int, int]:
    """Return the place of a record in the list, counted from 0, and the list's length.

    Raises
    ------
    RecordError
        If the catalogue has no such record.
    """
    ids, here = _place(ecg_id)
    return here, len(ids)


def from_browse(ecg_id: int) -> bool:
    """Say whether the record stands in a list chosen on Browse, not just in the catalogue."""
    return ecg_id in st.session_state.get(_KEY, ())


def _place(ecg_id: int) -> tuple[list[int], int]:
    if from_browse(ecg_id):
        ids = st.session_state[_KEY]
    else:
        catalog = caches.catalog()
        catalog.entry(ecg_id)
        ids = catalog.frame.index.tolist()
    return ids, ids.index(ecg_id)
