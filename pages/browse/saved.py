"""The menu of saved filters."""

from __future__ import annotations

import streamlit as st

from ecgcore.errors import ReviewError
from ecgcore.ptbxl.catalog import Catalog
from ecgcore.ptbxl.search import RecordFilter
from ecgcore.review.filter_query import filter_query, read_filter
from ecgcore.review.saved_filters import LONGEST_NAME, SavedFilters
from pages.browse import filters
from pages.shared import caches
from pages.shared.errors import plain, show_ecg_error


def draw_menu(wanted: RecordFilter, catalog: Catalog) -> None:
    """Draw the saved filters, each with its way to be forgotten, and the form that saves one."""
    with st.popover("Saved filters", icon=":material/bookmark:"):
        try:
            saved = SavedFilters.open(caches.settings().runs_dir)
            for name, query in saved.all().items():
                _draw_filter(saved, name, read_filter(query, catalog))
            _draw_form(saved, filter_query(wanted, catalog))
        except ReviewError as error:
            show_ecg_error(error)


def _draw_filter(saved: SavedFilters, name: str, wanted: RecordFilter) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            plain(name),
            key=f"saved {name}",
            on_click=filters.apply,
            args=(wanted,),
            width="stretch",
        )
        st.button(
            "Remove",
            key=f"remove {name}",
            type="tertiary",
            on_click=saved.remove,
            args=(name,),
            help=f"Deletes “{plain(name)}” for everyone who uses this machine",
        )


def _draw_form(saved: SavedFilters, query: str) -> None:
    with st.form("save filter", border=False, clear_on_submit=True):
        name = st.text_input(
            "Save the current filters as",
            max_chars=LONGEST_NAME,
            placeholder="such as Lateral, doubtful",
        )
        asked = st.form_submit_button("Save", icon=":material/bookmark_add:")
    st.caption("Saved on this machine for everyone who uses it.")
    if asked:
        saved.add(name, query)
        st.rerun()
