"""The menu that gives an uploaded ECG back in another format, without anything about a person."""

from __future__ import annotations

import streamlit as st

from ecgcore.errors import RecordError
from ecgcore.io.written.downloads import FORMATS, TITLES, Download, download
from ecgcore.records import EcgRecord
from pages.shared.errors import plain, show_ecg_error

_MADE = "upload_converted"


def convert_menu(record: EcgRecord, key: str) -> None:
    """Draw the menu; a file is made only once it is open and a format is chosen.

    Parameters
    ----------
    key
        Tells one open recording from the next.
    """
    menu = st.popover(
        "Convert", icon=":material/file_export:", key=f"upload_convert_{key}", on_change="rerun"
    )
    if not menu.open:
        return
    with menu:
        to = st.selectbox(
            "Format",
            FORMATS,
            index=None,
            format_func=lambda one: TITLES[one],
            placeholder="choose one",
            key=f"upload_convert_to_{key}",
        )
        proven = st.toggle(
            "Prove that nobody is in it",
            value=True,
            key=f"upload_convert_proven_{key}",
            help="The file is read back: every bit must be the same and every word one of ours.",
        )
        st.caption("Samples, rate and lead names are written; no name, date or text of your file.")
        if to:
            _draw_file(record, to, proven, key)


def _draw_file(record: EcgRecord, to: str, proven: bool, key: str) -> None:
    try:
        made = _made(record, to, proven, key)
    except RecordError as error:
        show_ecg_error(error)
        return
    st.download_button(
        made.name,
        made.content,
        made.name,
        on_click="ignore",
        icon=":material/download:",
        key=f"upload_converted_{key}",
    )
    st.caption(plain(" ".join(_words(made))))


def _made(record: EcgRecord, to: str, proven: bool, key: str) -> Download:
    """Return the file; the last one is kept while the session asks for no other."""
    asked = (key, to, proven)
    kept = st.session_state.get(_MADE)
    if kept is None or kept[0] != asked:
        with st.spinner("Writing …"):
            kept = (asked, download(record, to, proven=proven))
        st.session_state[_MADE] = kept
    made: Download = kept[1]
    return made


def _words(made: Download) -> list[str]:
    if not made.n_identical:
        return ["Not read back.", *made.words]
    return [
        f"Read back: {made.n_identical:,} samples, every bit the same; {made.n_elements} other "
        "entries, every word known.",
        *made.words,
    ]
