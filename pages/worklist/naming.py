"""The menu in which who leads a list calls it otherwise, or puts it away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ecgcore.errors import EcgError, ReviewError
from ecgcore.review.people.permissions import Person, Target, allowed
from ecgcore.review.worklists.naming import archive, rename
from ecgcore.review.worklists.saved import LONGEST_NAME, SavedList
from pages.shared.reader.caches import lists, log
from pages.worklist import sharing

if TYPE_CHECKING:
    from collections.abc import Callable


def draw_naming(made: SavedList, person: Person) -> None:
    """Draw the menu; only who leads may."""
    if not allowed(person, "name list", Target(made.name)):
        return
    now = lists()[made.name]
    with st.popover("Rename, archive", icon=":material/edit:", key="name_list"):
        st.text_input("Shown as", now.title, key=f"title {made.name}", max_chars=LONGEST_NAME)
        st.button("Rename", on_click=_rename, args=(made.name, person))
        st.button(
            "Take out of the archive" if now.archived else "Archive",
            icon=":material/unarchive:" if now.archived else ":material/archive:",
            on_click=_archive,
            args=(made.name, person, not now.archived),
        )
        st.caption(
            "Nothing is lost: readings, links and the store keep the name under which the list was "
            "saved. Archived: no longer offered here, still opened by its link."
        )


def _rename(name: str, person: Person) -> None:
    title = st.session_state[f"title {name}"].strip()
    _do(name, person, lambda: rename(log(), name, title, person.name))


def _archive(name: str, person: Person, archived: bool) -> None:
    _do(name, person, lambda: archive(log(), name, person.name, archived=archived))


def _do(name: str, person: Person, change: Callable[[], object]) -> None:
    try:
        if not allowed(person, "name list", Target(name)):
            raise ReviewError(f"{person.name} does not lead “{name}”, so cannot change its name.")
        change()
    except EcgError as error:
        sharing.keep_problem(error)
