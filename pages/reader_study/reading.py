"""A reader's next case, in its arm; nothing that the arm hides is sent to the browser."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from ecgcore.explain.attribution import Attribution
from ecgcore.predictions.ensemble import ensemble_by_name
from ecgcore.review.people.permissions import Person
from ecgcore.review.readings.reading import Reading
from ecgcore.review.readings.rounds import progress
from ecgcore.review.store.log import Receipt
from ecgcore.review.studies import access, run
from ecgcore.review.studies.allocation import Advice, Item, planted
from ecgcore.review.studies.protocol import WITH_MAP, Protocol
from ecgcore.wording.numbers import percent
from pages.case.opening import open_case
from pages.case.paper_choice import paper_controls
from pages.case.reading import reading_form
from pages.case.view import attribution_of, draw_sheet
from pages.reader_study import caches as kept
from pages.shared import caches
from pages.shared.case import ReadableCase


def draw_run(name: str | None, person: Person | None) -> None:
    """Show the reader's next case."""
    if name is None:
        st.info("No study has started. Design one first.", icon=":material/info:")
        return
    protocol = run.load(kept.log(), name)
    if run.ended(kept.log(), name):
        st.info("This study has ended. See its results.", icon=":material/info:")
        return
    if person is None:
        st.info("Say who reads.", icon=":material/info:")
        return
    if not access.may_read(person, protocol):
        st.info(f"You are not a reader of the study {name}.", icon=":material/info:")
        return
    who = person.name
    step = run.steps(kept.log(), protocol, who)
    if step.item is None:
        _draw_progress(step)
        st.success("You have read everything. Thank you.")
    elif step.opens is not None:
        _draw_progress(step)
        st.info(f"Round {step.item.round} begins on {step.opens:%d %B %Y}.")
    else:
        _draw_case(protocol, step, step.item, who)


def _draw_progress(step: run.Step) -> None:
    st.progress(step.n_done / step.n_items, f"{step.n_done} of {step.n_items} read")


def _draw_case(protocol: Protocol, step: run.Step, item: Item, who: str) -> None:
    found = progress(kept.log(), run.place_of(protocol, item, who))
    advice = run.shown_advice(protocol, item, found)
    case = open_case(int(item.case))
    ecg_side, panel = st.columns([0.72, 0.28], gap="small")
    with ecg_side:
        if isinstance(case, ReadableCase):
            paper, chosen_filter = paper_controls()
            overlay = _map(protocol, item, case) if item.arm == WITH_MAP else None
            draw_sheet(case.called(_name(step)), paper, chosen_filter, overlay)
        else:
            st.warning("The recording of this case cannot be read. Say “not readable”.")
    with panel:
        _draw_progress(step)
        st.markdown(f"Round {item.round}, **{item.arm}**")
        _draw_advice(advice, n_read=len(found.readings))

        def commit(said: Reading) -> Receipt:
            return run.read(kept.log(), protocol, item, who, said, step.reading)

        start = found.readings[-1] if found.readings else None
        token = run.token(protocol, item, who)
        reading_form(token, commit, number=step.reading, blind=advice is None, start=start)


def _name(step: run.Step) -> str:
    """Name the case by its place, as nothing on the page tells which record it is."""
    return f"{step.n_done + 1} of {step.n_items}"


def _draw_advice(advice: Advice | None, *, n_read: int) -> None:
    if advice is None:
        st.caption("Read alone: no advice is shown.")
        return
    call = "MI" if advice.says_mi else "no MI"
    st.info(
        f"The model advises **{call}** ({percent(advice.prob)} MI).", icon=":material/smart_toy:"
    )
    if n_read:
        st.caption("Read once more: keep your reading or change it.")


def _map(protocol: Protocol, item: Item, case: ReadableCase) -> Attribution | None:
    """Explain the advising ensemble; on planted advice the signs are turned, as the advice is."""
    members = ensemble_by_name(caches.ensembles(), protocol.model).members
    made = attribution_of(case, "ig", members)
    if made is None or item.case not in planted(protocol):
        return made
    return replace(made, scores=-made.scores, logit=-made.logit)
