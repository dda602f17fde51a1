"""The records whose label and measurement differ: to Review, and into the worklist."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from ecgcore.review.label_doctor.examination import CONTRADICTIONS
from ecgcore.wording.records import age_words
from pages.shared import caches, worklist
from pages.shared.case_grid import draw_grid

if TYPE_CHECKING:
    from ecgcore.review.label_doctor.examination import Examination
    from pages.shared.url_state import PageState

BETWEEN = "between the two limits"
VIEWS = (*CONTRADICTIONS, BETWEEN)
_LISTED, _LIST_PX = 10, 400
_COLUMNS = {
    "Record": st.column_config.NumberColumn(format="%d", width=68),
    "Confidence": st.column_config.NumberColumn(format="%d %%", width=90),
}


def draw_cases(found: Examination, limit: float, state: PageState) -> None:
    """Draw the records that contradict their label, or change sides with the limit."""
    one = found.statement
    st.header("Records to look at", anchor=False)
    kind = st.segmented_control(
        "Records",
        VIEWS,
        default=VIEWS[0],
        required=True,
        key="cases",
        bind="query-params",
        label_visibility="collapsed",
    )
    if kind == BETWEEN:
        rows = found.flipped(limit)
        about = f"Measured between {one.text(one.published)} (published) and {one.text(limit)}"
    else:
        chosen = CONTRADICTIONS[VIEWS.index(kind or VIEWS[0])]
        rows = found.contradictions(limit, chosen)
        about = {
            CONTRADICTIONS[0]: f"Stated as {one.said}, but not {one.words(limit)}",
            CONTRADICTIONS[1]: f"{one.words(limit)}, but not stated as {one.said}",
        }[chosen]
        about = about[0].upper() + about[1:]
    if rows.empty:
        st.info(f"{about}: no record.", icon=":material/check:")
        return
    st.markdown(f"{about}: **{len(rows):,} records**, the farthest off first.")
    _draw_list(found, rows, f"{one.key}, {kind}", state)


def _draw_list(found: Examination, rows: pd.DataFrame, title: str, state: PageState) -> None:
    table = cases_table(found, rows)
    with st.container(horizontal=True):
        asked = st.button(
            "Open in Review",
            icon=":material/ecg_heart:",
            help="Opens the first; Review steps through all of them.",
        )
        worklist.draw_send(table["Record"].tolist(), title)
    row = draw_grid(
        table,
        _COLUMNS,
        key="label_doctor_cases",
        alt=f"{len(table):,} records whose label and measurement are to be looked at",
        height=_LIST_PX if len(table) > _LISTED else "auto",
    )
    st.caption(
        "Click a row to open it. A measurement can be wrong as well as a label: look at the ECG."
    )
    if asked or row is not None:
        state.keep()
        worklist.open_case(
            int(table["Record"].iloc[row or 0]), worklist.of_records(table["Record"])
        )


def cases_table(found: Examination, rows: pd.DataFrame) -> pd.DataFrame:
    """List records with label, measured value, its confidence, and the patient."""
    one, known = found.statement, caches.catalog().frame.loc[rows.index]
    return pd.DataFrame(
        {
            "Record": rows.index,
            "Label": rows["label"].to_numpy(),
            f"Measured {one.noun}": [one.text(value) for value in rows["value"]],
            "Off by": [one.text(off) for off in rows["off"]],
            "Confidence": (100 * rows["confidence"]).round().astype(int).to_numpy(),
            "Age": [age_words(age) for age in known["age"]],
            "Sex": known["sex"].to_numpy(),
        }
    )
