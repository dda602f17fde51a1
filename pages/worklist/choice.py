"""Which cases stand on the list, and what they are ordered by; all of it in the URL."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from ecgcore.review.worklists.access import may_open
from ecgcore.review.worklists.saved import SavedList, load_list
from ecgcore.review.worklists.scores import HEAVIEST, REASONS, USUAL_WEIGHTS
from pages.shared import caches, url_state
from pages.shared.reader.caches import called, lists, log
from pages.worklist.caches import CASES, FOLD_10, case_ids

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecgcore.review.people.permissions import Person

UNSAVED = "not saved"
LENGTHS = (20, 50, 100, 200)
_MOST_GIVEN = 500
_LONGEST_TITLE = 60
_WEIGHTS = {reason: f"w_{reason}" for reason in REASONS}
_HELP = {
    "likelihood": "1 where the label says 50 %, 0 at 0 and 100 %.",
    "training_sets": "Highest minus lowest probability, each the mean of its architectures; "
    "1 from 50 points on.",
    "architectures": "The same between architectures, each the mean of its training sets.",
    "threshold": "1 at the probability from which MI is called, 0 at the ends.",
    "refer": "1 where the conformal verdict is refer.",
    "label": "1 where confident learning contradicts the label; folds 9 and 10 only.",
    "statements": "For the statement that is contradicted most: how far its probability is from "
    "the mean where labels say the same; folds 9 and 10 only.",
    "quality": "1 for a lead that cannot be read or a suspected swap, 0.5 for a slighter fault.",
    "readers": "1 where they are halved; 0 where they agree or a consensus has settled it.",
}
STATE = url_state.PageState(
    "worklist",
    {
        "cases": url_state.Bound(tuple(CASES)),
        "length": url_state.Bound(tuple(map(str, LENGTHS))),
        "archived": url_state.Bound(("true", "false")),
        **{key: url_state.Bound() for key in _WEIGHTS.values()},
    },
    ("ids", "title", "saved"),
)


@dataclass(frozen=True, slots=True)
class Given:
    """Records that a link names.

    Attributes
    ----------
    ids
        Those that are there; without any, the page chooses by itself.
    """

    ids: tuple[int, ...]
    title: str


def given() -> Given:
    """Read the records and their title from the URL; what is unknown is named."""
    text = st.query_params.get("ids", "")
    known = set(caches.catalog().frame.index.tolist())
    numbers = [one.strip() for one in text.replace(".", ",").split(",") if one.strip()]
    ids = [int(one) for one in numbers if one.isdecimal() and len(one) < 10 and int(one) in known]
    if len(ids) < len(numbers):
        strange = next(one for one in numbers if not one.isdecimal() or int(one) not in known)
        words = url_state.unknown_words("record", strange, "it is left out.")
        st.warning(words, icon=":material/warning:")
    title = st.query_params.get("title", "")[:_LONGEST_TITLE]
    return Given(tuple(dict.fromkeys(ids))[:_MOST_GIVEN], title or "the cases of a link")


def choose_list(person: Person | None) -> SavedList | None:
    """Draw the choice of a saved list, where there is one that a person may open."""
    known, asked = lists(), st.query_params.get("saved", UNSAVED)
    if asked != UNSAVED and asked not in known:
        words = url_state.unknown_words("list", asked, "choose another one.")
        st.warning(words, icon=":material/warning:")
    mine = [name for name in known if person is None or may_open(person, name)]
    away = [name for name in mine if known[name].archived]
    shows_all = bool(away) and st.session_state.get("archived", _asks_for_archived())
    offered = [name for name in mine if shows_all or name not in away]
    offered += [asked] if asked in known and asked not in offered else []
    if not offered and not away:
        return None
    title_of = partial(_list_words, mine=mine)
    name = url_state.choose_named("List", [UNSAVED, *offered], "saved", title_of, width=260)
    if away:
        st.toggle(f"Archived too ({len(away):,})", key="archived", bind="query-params")
    return load_list(log(), name) if name in known else None


def _asks_for_archived() -> bool:
    return st.query_params.get("archived", "") == "true"


def _list_words(name: str, mine: list[str]) -> str:
    """Return the title of a list; of one that is not theirs, people know its name only."""
    if name not in mine:
        return name
    return f"Archived: {called(name)}" if lists()[name].archived else called(name)


def choose_cases() -> tuple[tuple[int, ...], int, str]:
    """Draw which records are ordered and how many are shown; return both, and words for it."""
    cases = st.segmented_control(
        "Cases", list(CASES), default=FOLD_10, required=True, key="cases", bind="query-params"
    )
    length = st.selectbox("Shown", LENGTHS, index=1, key="length", bind="query-params", width=90)
    chosen = cases or FOLD_10
    return case_ids(chosen), int(length or LENGTHS[1]), CASES[chosen]


def choose_weights() -> dict[str, float]:
    """Draw the weights of the score in a menu; return them."""
    moved = any(_weight(reason) != USUAL_WEIGHTS[reason] for reason in REASONS)
    label = "Weights, moved" if moved else "Weights"
    with st.popover(label, icon=":material/tune:", key="weights"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                "**What a case is listed for.** The score is the weighted mean of what is known."
            )
            st.button("Equal weights", on_click=_reset)
        columns = st.columns(2)
        for place, (reason, words) in enumerate(REASONS.items()):
            columns[place % 2].slider(
                f"{words[:1].upper()}{words[1:]}",
                0.0,
                HEAVIEST,
                USUAL_WEIGHTS[reason],
                0.5,
                "%.1f",
                key=_WEIGHTS[reason],
                bind="query-params",
                help=_HELP[reason],
            )
    return {reason: _weight(reason) for reason in REASONS}


def _reset() -> None:
    for reason, key in _WEIGHTS.items():
        st.session_state[key] = USUAL_WEIGHTS[reason]


def _weight(reason: str) -> float:
    """Return a weight; before its slider is first drawn, that of the URL."""
    key = _WEIGHTS[reason]
    if key in st.session_state:
        return float(st.session_state[key])
    try:
        asked = float(st.query_params.get(key, ""))
    except ValueError:
        return USUAL_WEIGHTS[reason]
    return asked if 0 <= asked <= HEAVIEST else USUAL_WEIGHTS[reason]


def weight_words(weights: Mapping[str, float]) -> str:
    """Say what a list was ordered by."""
    if set(weights.values()) == {1.0}:
        return "equal weights"
    return ", ".join(f"{name} {weight:g}" for name, weight in weights.items() if weight)
