"""One recording: the ECG, its labels, the models' predictions and their reasons."""

import streamlit as st

from ecgcore.errors import RecordError
from ecgcore.ptbxl.catalog import CatalogEntry
from ecgcore.ptbxl.earlier import leading_diagnosis
from ecgcore.wording.records import ABOUT_LABEL_GROUPS, LABEL_GROUPS, SPLITS
from pages.case.opening import open_case
from pages.case.view import draw_case
from pages.shared import caches, worklist
from pages.shared.errors import show_ecg_error
from pages.shared.reader import told
from pages.shared.widgets import synthetic_badge


def go_to(ecg_id: int | None) -> None:
    """Show another record."""
    st.session_state["record"] = str(ecg_id)


def step_button(label: str, key: str, ecg_id: int | None) -> None:
    """Draw the way to a neighbour in the worklist, None at its end."""
    st.button(label, shortcut=key, disabled=ecg_id is None, on_click=go_to, args=(ecg_id,))


def _follow_link() -> None:
    """Show the record of a link on this page: its field keeps its value against ``record``."""
    if asked := st.query_params.pop("open", ""):
        if "record" not in st.session_state:  # the first run writes no bound URL
            st.query_params["record"] = asked
        st.session_state["record"] = asked


def choose_record() -> int:
    """Draw title, record number and steps; return the record, or stop the page with a message."""
    _follow_link()
    if "record" not in st.session_state and "record" not in st.query_params:
        first, listed = worklist.first_case()
        go_to(first)
        # the first run writes no bound URL
        st.query_params.update({"record": str(first), worklist.PARAM: listed})
    head = st.container(key="case_head", horizontal=True, vertical_alignment="center", gap="xsmall")
    with head:
        st.title("Review", anchor=False, width="content")
        header = st.container(horizontal=True, vertical_alignment="center", gap="xsmall")
        place = st.container(width="content")
        before = st.container(width="content")
        text = st.text_input(
            "Record number",
            key="record",
            bind="query-params",
            width=90,
            label_visibility="collapsed",
        )
        after = st.container(width="content")
    try:
        ecg_id = caches.catalog().parse_id(text)
        here = worklist.place(ecg_id)
    except RecordError as error:
        show_ecg_error(error)
        st.page_link(
            "browse/page.py", label="Choose a recording on Browse", icon=":material/search:"
        )
        st.stop()
    where = " in your list" if here.chosen else ""
    place.caption(f"{here.index + 1:,} of {here.n_records:,}{where}")
    with before:
        step_button("Previous", "P", here.previous)
    with after:
        step_button("Next", "N", here.following)
    with header:
        draw_header(caches.catalog().entry(ecg_id))
    told.remember([ecg_id])
    return ecg_id


def draw_header(entry: CatalogEntry) -> None:
    """Draw who and what the record is, in one line."""
    st.markdown(f"**Record {entry.ecg_id}** · {entry.age} · {entry.sex}", width="content")
    st.badge(
        LABEL_GROUPS[entry.group],
        color="blue",
        help=f"Label group: {ABOUT_LABEL_GROUPS[entry.group]}.",
    )
    st.badge(leading_diagnosis(entry), color="violet")
    st.badge(f"{SPLITS[entry.split]} split", color="gray")
    synthetic_badge(caches.catalog().synthetic)


draw_case(open_case(choose_record()))
