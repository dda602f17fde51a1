"""Who is the reader: by log-in, or by initials on one machine, which are a name and no log-in."""

from __future__ import annotations

import streamlit as st

from ecgcore.errors import ReviewError
from ecgcore.review.people.permissions import Person, alone
from pages.shared.caches import settings
from pages.shared.errors import show_ecg_error
from pages.shared.reader.log_in import has_log_in, logged_in

KEY = "reader"
"""Of the field, and of its query parameter."""
LONGEST = 20
_KEPT = "reader_kept"


def current_reader() -> Person | None:
    """Return who reads; None before somebody has said so. Where readers log in, that alone counts.

    Raises
    ------
    ReviewError
        If the address names nobody that can be a reader, or the log-in tells no name.
    """
    if has_log_in():
        return logged_in(settings().roles_file)
    given = _given().strip()
    return alone(given) if given else None


def _given() -> str:
    """Return the initials of the field, else of the address, else those of the last page."""
    last = "" if KEY in st.session_state else st.session_state.get(_KEPT, "")
    return str(st.session_state.get(KEY) or st.query_params.get(KEY) or last)


def draw_reader() -> Person | None:
    """Draw the menu with the reader's name; return who reads.

    Without a log-in it asks for initials, which stay in the address.
    """
    st.session_state[_KEPT] = given = _given()
    if given and KEY not in st.query_params:  # the menu leads to another page without them
        st.session_state[KEY] = given
    try:
        who = current_reader()
    except ReviewError as error:
        show_ecg_error(error)
        who = None
    label = "Who reads?" if who is None else f"Reader {who.name}"
    with st.popover(label, icon=":material/person:", key="reader_menu"):
        if has_log_in():
            _draw_log_out(who)
        else:
            st.text_input("Your initials", key=KEY, bind="query-params", max_chars=LONGEST)
            st.caption("A name, no log-in: nobody checks it on this machine.")
    return who


def _draw_log_out(who: Person | None) -> None:
    if who is not None:
        st.text(f"Logged in as {who.name}")
        st.caption(who.words)
    st.button("Log out", on_click=st.logout, icon=":material/logout:")
