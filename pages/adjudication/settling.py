"""One conflict on screen: the ECG, what its readers said, and the form of the consensus."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from ecgcore.errors import ReviewError
from ecgcore.review.people.permissions import Person, allowed
from ecgcore.review.readings.adjudication import settle
from ecgcore.review.readings.rounds import Place
from ecgcore.wording.numbers import counted
from pages.case.opening import open_case
from pages.case.paper_choice import paper_controls
from pages.case.reading import FormWords, reading_form
from pages.case.view import draw_sheet
from pages.shared import url_state, worklist
from pages.shared.case import ReadableCase
from pages.shared.case_grid import draw_grid
from pages.shared.errors import plain, show_ecg_error
from pages.shared.reader.caches import called, log

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlit.delta_generator import DeltaGenerator

    from ecgcore.review.readings.reading import Reading
    from ecgcore.review.worklists.conflicts import Dispute
    from pages.shared.url_state import PageState

_WORDS = FormWords("Settle", "Reasons (needed)")


def draw_conflict(
    mine: Sequence[Dispute],
    person: Person,
    head: tuple[DeltaGenerator, DeltaGenerator],
    *,
    n_others: int,
) -> None:
    """Draw the conflict of the URL, or the first that the person may settle.

    Parameters
    ----------
    head
        Where it is said which conflict it is, and where the menus are.
    """
    if not mine:
        others = (
            f" {counted(n_others, 'conflict')} wait for somebody who has not read the case and is "
            "not to read it."
            if n_others
            else ""
        )
        st.info(f"No conflict is yours to settle.{others}", icon=":material/check:")
        return
    here = _chosen(mine)
    one = mine[here]
    case = open_case(int(one.case))
    about, menus = head
    about.markdown(
        f"**Record {one.case}** · conflict {here + 1} of {len(mine)} · "
        f"{plain(called(one.study))} :orange-badge[{one.said.reason}]"
    )
    with menus:
        paper, chosen_filter = paper_controls()
        if st.button("Open in Review", icon=":material/ecg_heart:"):
            listed = worklist.of_records(dict.fromkeys(int(one.case) for one in mine))
            worklist.open_case(int(one.case), listed)
    with st.container(key="case", horizontal=True, gap="small"):
        ecg_side, panel = st.container(gap="xsmall"), st.container(gap="small")
    with ecg_side:
        if isinstance(case, ReadableCase):
            draw_sheet(case, paper, chosen_filter, None)
        else:
            show_ecg_error(case.problem)
    with panel:
        _draw_said(mine, here, person)
        _draw_form(one, person)


def _chosen(mine: Sequence[Dispute]) -> int:
    asked = st.query_params.get("case", "")
    study = st.query_params.get("in", "")
    fits = [k for k, one in enumerate(mine) if one.case == asked and study in ("", one.study)]
    if asked and not fits:
        words = url_state.unknown_words("case", asked, "the first of your conflicts is shown.")
        st.warning(words, icon=":material/warning:")
    return fits[0] if fits else 0


def _draw_said(mine: Sequence[Dispute], here: int, person: Person) -> None:
    """Draw the way to the next conflict, and what the readers said; names where allowed."""
    one = mine[here]
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        if len(mine) > 1:
            following = mine[(here + 1) % len(mine)]
            st.button("Next", shortcut="N", on_click=_go_to, args=(following,))
        names = allowed(person, "see names", one.target) and st.toggle(
            "Names of the readers", key="names", bind="query-params"
        )
    _draw_readings(one, names=names)


def _go_to(one: Dispute) -> None:
    st.query_params.update({"case": one.case, "in": one.study})


def _draw_readings(one: Dispute, *, names: bool) -> None:
    lines = []
    for who, said in one.said.shown(names=names):
        lines.append(f"**{plain(who)}:** {said.words}")
        lines += [f":gray[{plain(' '.join(said.text.split()))}]"] if said.text.strip() else []
    st.markdown("  \n".join(lines))


def _draw_form(one: Dispute, person: Person) -> None:
    place = Place(one.study, one.case, person.name)

    def commit(said: Reading) -> None:
        if not allowed(person, "settle", one.target):
            raise ReviewError(f"Case {one.case} is not yours to settle.")
        settle(log(), place, said)
        for name in ("case", "in"):
            st.query_params.pop(name, None)

    reading_form(place.key("consensus"), commit, blind=False, words=_WORDS)


def draw_settled(done: Sequence[Dispute], state: PageState) -> None:
    """Draw the consensus of every settled conflict; a row opens the record in Review."""
    if not done:
        return
    with st.expander(f"Settled: {len(done):,}", icon=":material/gavel:"):
        table = settled_table(done)
        row = draw_grid(table, {}, key="settled", alt=f"{len(done)} settled conflicts")
        if row is not None and done[row].case.isdecimal():
            state.keep()
            numbers = [int(one.case) for one in done if one.case.isdecimal()]
            listed = worklist.of_records(dict.fromkeys(numbers))
            worklist.open_case(int(done[row].case), listed)


def settled_table(done: Sequence[Dispute]) -> pd.DataFrame:
    """List what was settled, by whom and why."""
    ends = [(one, one.said.consensus) for one in done if one.said.consensus is not None]
    return pd.DataFrame(
        [
            {
                "Record": one.case,
                "Study": called(one.study),
                "Readers": one.said.reason,
                "Consensus": end.words,
                "Reasons": end.text,
                "By": one.by,
                "On": one.at[:10],
            }
            for one, end in ends
        ]
    )
