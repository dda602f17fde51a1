"""Which list is read, in which mode, and which case of it is on screen; all of it in the URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from ecgcore.errors import ReviewError
from ecgcore.review.worklists.saved import TEACHING, WITHOUT_LIST, load_list
from pages.shared import caches, url_state
from pages.shared.reader.caches import called, log

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecgcore.review.readings.rounds import Mode
    from ecgcore.review.worklists.access import Turn

ANSWERS, NEXT = "show the answers", "go to the next case"
MODES = ("blind", "open")
_LONGEST_TITLE = 60
_MOST = 500
_PLACE = ("list", "ids", "title", "case", "place")
_LAST = "reading_last"
STATE = url_state.PageState(
    "reading", {"then": url_state.Bound((ANSWERS, NEXT), "step after a commit")}
)


@dataclass(frozen=True, slots=True)
class ReadingList:
    """What is read.

    Attributes
    ----------
    study
        In which the store keeps the readings.
    saved
        Whether it is a saved list, whose mode nobody can change.
    query
        The part of the URL that leads here.
    """

    study: str
    title: str
    cases: tuple[str, ...]
    mode: Mode
    saved: bool
    query: dict[str, str]

    @property
    def by_place(self) -> bool:
        """Whether its cases are named by their places, as no record number is to be known."""
        return self.saved and self.mode == "blind"


def follow_last() -> None:
    """Go on where the reader was, where the address says nothing: by the menu or by Back."""
    asked = {name: st.query_params[name] for name in _PLACE if name in st.query_params}
    if asked:
        st.session_state[_LAST] = asked
    else:
        st.query_params.update(st.session_state.get(_LAST, {}))


def opened_list() -> ReadingList:
    """Return the list that the URL names: a saved one, or cases by their numbers.

    Raises
    ------
    ReviewError
        If it names no list and no case that is here.
    """
    asked_open = _asked_mode() == "open"
    if name := st.query_params.get("list", ""):
        made = load_list(log(), name)
        if asked_open and made.mode == "blind":
            st.warning(
                "This list is read blind, whatever the address says.", icon=":material/lock:"
            )
        return ReadingList(
            made.name, called(made.name), made.cases, made.mode, True, {"list": made.name}
        )
    text = st.query_params.get("ids", "") or st.query_params.get("case", "")
    known = set(caches.catalog().frame.index.tolist())
    numbers = [one.strip() for one in text.replace(".", ",").split(",")]
    cases = [n for n in numbers if n.isdecimal() and len(n) < 10 and int(n) in known]
    if not cases:
        raise ReviewError("No case to read is named. Choose a list on Worklist.")
    query = {name: st.query_params[name] for name in ("ids", "title") if name in st.query_params}
    title = query.get("title", "")[:_LONGEST_TITLE] or "Cases of a link"
    study = TEACHING if asked_open else WITHOUT_LIST
    mode: Mode = "open" if asked_open else "blind"
    return ReadingList(study, title, tuple(dict.fromkeys(cases))[:_MOST], mode, False, query)


def _asked_mode() -> str:
    """Return the mode that was chosen; before its control is first drawn, that of the URL."""
    return str(st.session_state.get("mode") or st.query_params.get("mode", "blind"))


def draw_options(chosen: ReadingList) -> bool:
    """Draw the menu of how to read; return whether a commit leads to the next case at once."""
    with st.popover("Options", icon=":material/tune:", key="reading_options"):
        then = st.segmented_control(
            "After a commit",
            (ANSWERS, NEXT),
            default=ANSWERS,
            required=True,
            key="then",
            bind="query-params",
        )
        if not chosen.saved:
            st.segmented_control(
                "Mode", MODES, default="blind", required=True, key="mode", bind="query-params"
            )
            st.caption(
                "Blind: label, report and models are sent to this browser only after your "
                "commit. Open: they are shown at once, for teaching."
            )
        saved = {"saved": chosen.study} if chosen.saved else chosen.query
        st.page_link(
            "worklist/page.py",
            label="All cases of this list",
            icon=":material/checklist:",
            query_params=saved,
        )
    return then == NEXT


def chosen_case(chosen: ReadingList, turn: Turn) -> str | None:
    """Return the case of the URL, else the first that is not read; None where nothing is left."""
    asked, cases = st.query_params.get("case", ""), turn.progress.cases
    if asked in cases:
        go_to(address_of(chosen, cases, asked))  # a link that names the record
        return asked
    place = st.query_params.get("place", "")
    if place.isdecimal() and len(place) < 10 and 1 <= int(place) <= len(cases):
        return cases[int(place) - 1]
    asked = asked or place
    if asked:
        words = url_state.unknown_words("case", asked, "your next one is shown.")
        st.warning(words, icon=":material/warning:")
    return turn.progress.following() or next(iter(turn.progress.cases), None)


def address_of(chosen: ReadingList, cases: Sequence[str], case: str) -> dict[str, str]:
    """Return what of the URL names a case: its place on the reader's list, or its number."""
    return {"place": str(cases.index(case) + 1)} if chosen.by_place else {"case": case}


def go_to(address: Mapping[str, str] | None) -> None:
    """Show another case; None leaves the present one."""
    if address is None or all(st.query_params.get(k) == one for k, one in address.items()):
        return
    for name in {"case", "place"} - {*address}:
        st.query_params.pop(name, None)
    st.query_params.update(address)
