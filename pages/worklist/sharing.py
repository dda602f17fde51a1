"""A list under a name: saved, dealt to readers, and how far they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from ecgcore.errors import EcgError, ReviewError
from ecgcore.review.people.permissions import Person, Target, allowed
from ecgcore.review.worklists.assignment import assigned, save
from ecgcore.review.worklists.saved import LONGEST_NAME, SavedList, save_list
from ecgcore.wording.numbers import counted
from pages.shared.errors import show_ecg_error
from pages.shared.reader.caches import log

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecgcore.review.readings.rounds import Mode
    from pages.shared.reader.caches import Standing

_PROBLEM = "worklist_problem"


def draw_problem() -> None:
    """Show why the last click saved or assigned nothing."""
    problem = st.session_state.pop(_PROBLEM, None)
    if problem is not None:
        show_ecg_error(problem)


def keep_problem(problem: EcgError) -> None:
    """Show in the next run why a click did nothing."""
    st.session_state[_PROBLEM] = problem


def draw_saving(ids: Sequence[int], about: str, person: Person | None) -> None:
    """Draw the menu that keeps the shown cases under a name."""
    with st.popover("Save as a list", icon=":material/bookmark_add:", key="save_list"):
        if person is None:
            st.info("Say who you are first: Who reads?", icon=":material/person:")
            return
        st.text_input(
            "Name", key="new_list", max_chars=LONGEST_NAME, placeholder="such as Doubtful inferior"
        )
        st.segmented_control(
            "Read", ("blind", "open"), default="blind", required=True, key="new_mode"
        )
        st.caption(
            "Blind: label, report, models and these reasons stay hidden from a reader until the "
            "reading is committed. Open: for teaching."
        )
        cases = tuple(map(str, ids))
        st.button(
            f"Save {counted(len(cases), 'case')}", on_click=_save, args=(cases, about, person)
        )


def _save(cases: tuple[str, ...], about: str, person: Person) -> None:
    name = st.session_state["new_list"].strip()
    mode: Mode = "open" if st.session_state["new_mode"] == "open" else "blind"
    try:
        if not allowed(person, "assign", Target(name)):
            raise ReviewError(f"{person.name} leads no study “{name}”, so cannot save it.")
        save_list(log(), SavedList(name, cases, mode, about, person.name))
    except EcgError as error:
        st.session_state[_PROBLEM] = error
    else:
        st.query_params["saved"] = name


def draw_assigning(made: SavedList, person: Person) -> None:
    """Draw the menu that deals the cases to readers; only who leads may."""
    if not allowed(person, "assign", Target(made.name)):
        return
    with st.popover("Assign", icon=":material/group_add:", key="assign_list"):
        st.text_input(
            "Readers, separated by commas", key="new_readers", placeholder="such as AB, CD, EF"
        )
        st.number_input("Readers for each case", 1, 50, 2, key="per_case", width=170)
        st.caption(
            f"Deals {counted(len(made.cases), 'case')} evenly, each reader's in another order. "
            "Who was assigned before gets the new cases instead; readings stay."
        )
        st.button("Assign the cases", on_click=_assign, args=(made, person))


def _assign(made: SavedList, person: Person) -> None:
    names = [one.strip() for one in st.session_state["new_readers"].split(",") if one.strip()]
    try:
        dealt = assigned(made.cases, names, int(st.session_state["per_case"]))
        for reader, cases in dealt.items():
            save(log(), made.name, reader, cases, by=person.name)
    except EcgError as error:
        st.session_state[_PROBLEM] = error


def draw_progress(made: SavedList, standing: Standing, person: Person) -> None:
    """Draw how far the readers are: all of them to who leads, else one's own."""
    shown = {
        who: one
        for who, one in standing.progress.items()
        if allowed(person, "see progress", Target(made.name, owner=who))
    }
    if not shown:
        return
    rows = [
        {
            "Reader": who,
            "Read": one.n_done if one.cases else len(one.done),
            "Of": len(one.cases) or len(made.cases),
            "Seen": len(one.seen),
            "Seconds a case, median": "" if one.seconds is None else f"{one.seconds:.0f}",
        }
        for who, one in shown.items()
    ]
    n_read = sum(one.n_done if one.cases else len(one.done) for one in shown.values())
    n_all = sum(len(one.cases) or len(made.cases) for one in shown.values())
    label = f"Progress: {n_read:,} of {n_all:,} readings by {counted(len(rows), 'reader')}"
    with st.expander(label):
        st.dataframe(
            pd.DataFrame(rows),
            hide_index=True,
            width="content",
            alt=f"Progress of {counted(len(rows), 'reader')}: {n_read} of {n_all} read",
        )
