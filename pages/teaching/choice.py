"""Which cases are learned from; the set is in the URL, so that a link shares it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit, urlunsplit

import pandas as pd
import streamlit as st

from ecgcore.errors import ReviewError
from ecgcore.review.studies.cases import POOLS, draw_cases
from pages.shared import caches, url_state
from pages.shared.errors import plain, show_ecg_error

MOST = 100
_LONGEST_TITLE = 60
VIEWS = ("Read", "Results")
MAPS = ("ECG alone", "With map")
STATE = url_state.PageState(
    "teaching",
    {"view": url_state.Bound(VIEWS), "retest": url_state.Bound(), "map": url_state.Bound(MAPS)},
    ("ids", "title", "case"),
)


@dataclass(frozen=True, slots=True)
class TeachingSet:
    """Cases to learn from, in their order.

    Attributes
    ----------
    cases
        Numbers of records.
    """

    title: str
    cases: tuple[str, ...]

    @property
    def query(self) -> dict[str, str]:
        """The part of the URL that names it."""
        return {"ids": ".".join(self.cases), "title": self.title}


def opened_set() -> TeachingSet | None:
    """Return the set that the URL names; None where it names none.

    Raises
    ------
    ReviewError
        If none of its cases is here.
    """
    text = st.query_params.get("ids", "")
    if not text:
        return None
    known = set(caches.catalog().frame.index.tolist())
    numbers = [one.strip() for one in text.replace(",", ".").split(".")]
    asked = [n for n in numbers if n.isdecimal() and len(n) < 10]
    cases = tuple(dict.fromkeys(n for n in asked if int(n) in known))[:MOST]
    if not cases:
        raise ReviewError(
            f"None of the cases of this link is in {caches.catalog().version}, which is open."
        )
    title = " ".join(st.query_params.get("title", "").split())[:_LONGEST_TITLE]
    return TeachingSet(title or "A set of cases", cases)


def draw_maker() -> None:
    """Draw the form that draws a set from the test fold."""
    st.markdown(
        "Read a case, commit, then see how certain its label is, what the models say and where "
        "they look. Cases come again: the next day, then later and later while you are right."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        pool = st.selectbox("Cases", list(POOLS), index=list(POOLS).index("all MI and normal"))
        n = int(st.number_input("Number of cases", 2, MOST, 20, step=2, width=140))
        seed = int(st.number_input("Seed", 0, 10**9, 1, width=110))
        pressed = st.button("Make the set", icon=":material/shuffle:")
    if pressed:
        try:
            made = _drawn(pool, n, seed)
        except ReviewError as error:
            show_ecg_error(error)
            return
        st.query_params.update(made.query)
        st.rerun()


def _drawn(pool: str, n: int, seed: int) -> TeachingSet:
    frame = caches.catalog().frame
    groups = frame.loc[frame["split"] == "test", "group"]
    everywhere = pd.Series(0.5, index=groups.index)
    drawn = [one.case for one in draw_cases(groups, everywhere, pool, n, seed)]
    return TeachingSet(f"{n} cases, {pool}", tuple(drawn))


def draw_set(chosen: TeachingSet) -> None:
    """Draw the menu of the set: its link, and the way to another one."""
    with st.popover("Set", icon=":material/share:", key="teaching_set"):
        st.markdown(f"**{plain(chosen.title)}**: {len(chosen.cases)} cases. Share it by its link:")
        st.code(link(chosen), language=None, wrap_lines=True)
        st.button("Another set", on_click=_leave)


def link(chosen: TeachingSet) -> str:
    """Return the address of a set, without the reader."""
    here = urlsplit(st.context.url or "")
    return urlunsplit((here.scheme, here.netloc, "/teaching", urlencode(chosen.query), ""))


def _leave() -> None:
    for name in STATE.written:
        st.query_params.pop(name, None)
