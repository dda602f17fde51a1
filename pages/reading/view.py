"""A case on screen while it is read; nothing that is hidden is sent to the browser."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from ecgcore.errors import ReviewError
from ecgcore.review.people.permissions import Person, Target, allowed
from ecgcore.review.readings import rounds
from ecgcore.review.readings.rounds import Place, Progress, progress_in
from ecgcore.review.worklists.access import Turn, targets
from pages.case.opening import open_case
from pages.case.paper_choice import paper_controls
from pages.case.reading import reading_form
from pages.case.view import draw_labels, draw_sheet
from pages.reading import answers, choice
from pages.reading.ahead import prepare
from pages.reading.answers import Drawn
from pages.shared.case import Case, ReadableCase
from pages.shared.errors import show_ecg_error
from pages.shared.reader import told
from pages.shared.reader.caches import log

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from ecgcore.review.readings.reading import Reading
    from ecgcore.review.store.chain import Entry

_CHANGING = "reading_changing"
_PROBLEM = "reading_problem"
_TOLD = (
    "This window has shown something of this case before, on Worklist or Review: your reading is "
    "kept, but not counted as blind."
)


@dataclass(frozen=True, slots=True)
class CaseTurn:
    """One case as one reader meets it now.

    Attributes
    ----------
    name
        What the case is called on screen: its place on the list, not its record number.
    following
        The next case that the reader has not read; None where all are read.
    onward
        What of the URL names that one.
    target
        What permissions need to know.
    entries
        All of the case in this study.
    """

    place: Place
    reading_list: choice.ReadingList
    person: Person
    name: str
    following: str | None
    onward: dict[str, str] | None
    target: Target
    entries: list[Entry]
    found: Progress

    def may(self, action: str) -> bool:
        """Say whether the reader may do something with the case."""
        return allowed(self.person, action, self.target)  # type: ignore[arg-type]

    @property
    def changing(self) -> bool:
        """Whether the reader asked to change a reading of this very case."""
        return st.session_state.get(_CHANGING) == self.place


def draw_turn(
    reading_list: choice.ReadingList,
    turn: Turn,
    case: str,
    person: Person,
    paper_slot: DeltaGenerator,
    *,
    to_next: bool,
) -> None:
    """Draw the case, the form or what was said, and prepare the next case."""
    study, who = reading_list.study, person.name
    entries = log().entries(study=study, case=case)
    target = targets(study, [case], entries, turn.dealt, who, reading_list.mode)[case]
    found = progress_in([one for one in entries if one.reader == who])
    cases = turn.progress.cases
    following = turn.progress.following(case)
    following = None if following == case else following
    now = CaseTurn(
        Place(study, case, who),
        reading_list,
        person,
        f"{cases.index(case) + 1} of {len(cases)}, {reading_list.title}",
        following,
        None if following is None else choice.address_of(reading_list, cases, following),
        target,
        entries,
        found,
    )
    if not now.may("read"):
        st.info("This case is not yours to read.", icon=":material/lock:")
        return
    shown = open_case(int(case))
    with st.container(key="case", horizontal=True, gap="small"):
        ecg_side, panel = st.container(gap="xsmall"), st.container(gap="small")
    with ecg_side:
        drawn = _draw_ecg(now, shown, paper_slot)
    with panel:
        _draw_panel(now, shown, drawn, to_next=to_next)
    if now.may("see answers") and shown.entry is not None:
        with ecg_side:
            draw_labels(shown.entry)
    if case not in turn.progress.seen:
        rounds.mark_seen(log(), now.place)
    if now.following is not None:
        prepare(int(now.following))


def _draw_ecg(now: CaseTurn, case: Case, paper_slot: DeltaGenerator) -> Drawn:
    """Draw the ECG; return on what paper and through which filter."""
    with paper_slot:
        paper, chosen_filter = paper_controls()
    if isinstance(case, ReadableCase):
        blind = now.reading_list.mode == "blind"
        draw_sheet(case.called(now.name) if blind else case, paper, chosen_filter, None)
    else:
        show_ecg_error(case.problem)
    return paper, chosen_filter


def _draw_panel(now: CaseTurn, case: Case, drawn: Drawn, *, to_next: bool) -> None:
    """Draw the form while the case is to be read, then what was said and the answers."""
    n = len(now.found.readings)
    may_see = now.may("see answers")
    if n:
        answers.draw_own(now.found)
        _draw_steps(now, may_see=may_see)
    problem = st.session_state.pop(_PROBLEM, None)
    if n and not now.changing:
        if problem is not None:  # the form that would say so is gone
            show_ecg_error(problem)
    else:
        start = now.found.readings[-1] if n else None
        told_before = told.was_told(int(now.place.case))
        blind = now.reading_list.mode == "blind" and not may_see and not told_before
        if told_before and not n and now.reading_list.mode == "blind":
            st.caption(_TOLD)

        def commit(said: Reading) -> None:
            _commit(now, said, n + 1, to_next=to_next)

        reading_form(_token(now.place), commit, number=n + 1, blind=blind, start=start)
    if not n and now.following is not None:
        st.button("Read later", type="tertiary", on_click=choice.go_to, args=(now.onward,))
    if may_see and case.entry is not None:
        answers.draw_label(case.entry)
        answers.draw_models(case, drawn)
        answers.draw_others(now.person, now.target, now.entries)


def _token(place: Place) -> str:
    """Return what the form knows its case by: of a saved list, nothing that tells the record."""
    key = place.key("form")
    lists = log().entries(study=place.study, case="", kinds=["list"])
    return hashlib.sha256(f"{lists[0].hash}/{key}".encode()).hexdigest() if lists else key


def _draw_steps(now: CaseTurn, *, may_see: bool) -> None:
    """Draw what can be done after a reading: next case, answers, another mind."""
    with st.container(horizontal=True, gap="xsmall"):
        if now.following is None:
            st.success("Every case of this list is read.")
        elif not now.changing:
            st.button("Next case", shortcut="N", on_click=choice.go_to, args=(now.onward,))
        if not may_see:
            st.button("Show the answers", shortcut="W", on_click=_reveal, args=(now.place,))
        elif not now.changing:
            st.button("Change my reading", on_click=_change, args=(now.place,))


def _reveal(place: Place) -> None:
    rounds.reveal(log(), place)


def _change(place: Place) -> None:
    st.session_state[_CHANGING] = place


def _commit(now: CaseTurn, said: Reading, number: int, *, to_next: bool) -> None:
    """Record a reading, then reveal or move on; a resent one is the same reading."""
    if not now.may("read"):
        raise ReviewError("This case is not yours to read.")
    try:
        rounds.commit(log(), now.place, said, number)
    except ReviewError as error:
        st.session_state[_PROBLEM] = error
        raise
    st.session_state.pop(_CHANGING, None)
    moves_on = to_next and number == 1
    if not moves_on or now.reading_list.mode == "open":
        rounds.reveal(log(), now.place)
    if moves_on:
        choice.go_to(now.onward)
