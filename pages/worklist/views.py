"""The two kinds of worklist: cases that no list holds yet, and a saved list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from ecgcore.review.people.permissions import Person, Target, allowed
from ecgcore.review.worklists.access import may_open
from ecgcore.review.worklists.saved import WITHOUT_LIST, SavedList
from ecgcore.review.worklists.scores import USUAL_WEIGHTS
from ecgcore.wording.numbers import counted
from pages.shared.decision_choice import chosen_settings
from pages.shared.errors import plain
from pages.shared.reader import told
from pages.shared.reader.caches import called, standing
from pages.worklist import choice, listing, sharing
from pages.worklist.caches import ranked
from pages.worklist.naming import draw_naming

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from streamlit.delta_generator import DeltaGenerator

    from ecgcore.review.worklists.assignment import ReaderProgress

_REASONS_TELL = (
    "The reasons tell of label and models, so what you read from here does not count as blind. A "
    "saved list hides them from its readers."
)
_HIDDEN = "Reasons are shown once you have read a case and seen the answers."


@dataclass(frozen=True, slots=True)
class Slots:
    """Where the way to the next case and the menus are drawn, above the table."""

    following: DeltaGenerator
    menus: DeltaGenerator


def draw_open(
    slots: Slots, ids: tuple[int, ...], length: int, about: str, person: Person | None
) -> None:
    """Draw cases that no list holds yet, with all their reasons."""
    with slots.menus:
        weights = choice.choose_weights()
    scores, parts = ranked(ids, chosen_settings(), weights, person)
    shown = tuple(int(ecg_id) for ecg_id in scores.index[:length])
    with slots.menus:
        sharing.draw_saving(shown, f"{about}, {choice.weight_words(weights)}", person)
    cases, progress = tuple(map(str, shown)), None
    if person is not None:
        now = standing(WITHOUT_LIST, cases, "blind", person.name)
        progress = now.of(person.name)
    few = f"; the {len(shown)} with the highest score are shown" if len(shown) < len(ids) else ""
    st.markdown(f"**{plain(about)}**: {counted(len(ids), 'case')}{few}.")
    table = listing.cases_table(shown, scores, parts, progress, lambda _: True)
    told.remember(shown)
    query = {"ids": ".".join(cases), "title": about}
    _draw_table(slots, table, cases, _next(cases, progress), lambda case: query | {"case": case})
    st.caption(_REASONS_TELL)


def draw_saved(slots: Slots, made: SavedList, person: Person | None) -> None:
    """Draw a list as far as a person may see it."""
    name = plain(made.name)  # its title is for those who take part
    if person is None:
        st.info(f"Say who you are to see the list “{name}”.", icon=":material/person:")
        return
    if not may_open(person, made.name):
        st.info(f"{person.name} has no part in “{name}”.", icon=":material/lock:")
        return
    with slots.menus:
        sharing.draw_assigning(made, person)
        draw_naming(made, person)
    name = plain(called(made.name))
    now = standing(made.name, made.cases, made.mode, person.name)
    progress, mine = now.of(person.name), now.mine
    read = sum(case in progress.done for case in mine)
    words = f"{read} of {len(mine)} read by {person.name}" if mine else "none of them yours to read"
    st.markdown(f"**{name}**, read {made.mode}: {counted(len(made.cases), 'case')}, {words}.")
    sharing.draw_progress(made, now, person)
    cases = mine or (made.cases if allowed(person, "assign", Target(made.name)) else ())
    if not cases:
        return
    ids = tuple(int(case) for case in cases)
    scores, parts = ranked(ids, chosen_settings(), USUAL_WEIGHTS, None)
    known = {case: allowed(person, "see answers", now.targets[case]) for case in cases}
    by_place = made.mode == "blind" and bool(mine)
    table = listing.cases_table(
        ids, scores, parts, progress, lambda case: known[str(case)], by_place=by_place
    )

    def query(case: str) -> dict[str, str]:
        named = {"place": str(cases.index(case) + 1)} if by_place else {"case": case}
        return {"list": made.name, **named}

    _draw_table(slots, table, cases, _next(mine, progress), query)
    hidden = "" if all(known.values()) else _HIDDEN
    as_name = "" if name == plain(made.name) else f" as “{plain(made.name)}”"
    st.caption(f"Saved by {plain(made.by)}{as_name}: {plain(made.about)}. {hidden}")


def _next(cases: tuple[str, ...], progress: ReaderProgress | None) -> str | None:
    done = frozenset() if progress is None else progress.done
    return next((case for case in cases if case not in done), None)


def _draw_table(
    slots: Slots,
    table: pd.DataFrame,
    cases: Sequence[str],
    following: str | None,
    query: Callable[[str], dict[str, str]],
) -> None:
    """Draw the way to the next case and the table; a click on either opens a case.

    Parameters
    ----------
    cases
        Those of the rows.
    query
        Gives what of the URL leads to a case.
    """
    with slots.following:
        asked = st.button(
            "Read next",
            icon=":material/play_arrow:",
            shortcut="N",
            disabled=following is None,
            help="Opens the first case that you have not read.",
        )
    picked = listing.draw_list(table, "worklist_cases")
    case = following if asked else None if picked is None else cases[picked]
    if case is not None:
        choice.STATE.keep()
        st.switch_page("reading/page.py", query_params=query(case))
