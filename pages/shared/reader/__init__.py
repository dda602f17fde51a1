"""Who is the reader: by initials on one machine, which are a name and no log-in."""

from __future__ import annotations

import streamlit as st

from ecgcore.errors import ReviewError
from ecgcore.review.people.permissions import Person, alone
from pages.shared.errors import show_ecg_error

KEY = "reader"
"""Of the field, and of its query parameter."""
LONGEST = 20


def current_reader() -> Person | None:
    """Return who reads; None before somebody has said so.

    Raises
    ------
    ReviewError
        If the address names nobody that can be a reader.
    """
    given = str(st.session_state.get(KEY) or st.query_params.get(KEY, "")).strip()
    return alone(given) if given else None


def draw_reader() -> Person | None:
    """Draw the menu with the reader's initials, which stay in the address; return who reads."""
    try:
        who = current_reader()
    except ReviewError as error:
        show_ecg_error(error)
        who = None
    label = "Who reads?" if who is None else f"Reader {who.name}"
    with st.popover(label, icon=":material/person:", key="reader_menu"):
        st.text_input("Your initials", key=KEY, bind="query-params", max_chars=LONGEST)
        st.caption("A name, no log-in: nobody checks it on this machine.")
    return who
