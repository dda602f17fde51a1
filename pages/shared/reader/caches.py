"""The store of readings, opened once for all sessions, and what it says of a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from ecgcore.review.store.log import ReviewLog
from ecgcore.review.worklists.access import dealt_in, targets, to_read
from ecgcore.review.worklists.assignment import ReaderProgress, readers_progress
from ecgcore.review.worklists.naming import namings
from pages.shared import caches

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecgcore.review.people.permissions import Target
    from ecgcore.review.readings.rounds import Mode
    from ecgcore.review.worklists.naming import Naming


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """How far a list is.

    Attributes
    ----------
    progress
        Of everybody who has to do with it, by name.
    mine
        The cases that the reader is to read, in their order.
    targets
        What permissions need to know, by case.
    """

    progress: Mapping[str, ReaderProgress]
    mine: tuple[str, ...]
    targets: Mapping[str, Target]

    def of(self, who: str) -> ReaderProgress:
        """Return how far somebody is."""
        return self.progress.get(who, ReaderProgress())


def log() -> ReviewLog:
    """Open the store that the settings name."""
    chosen = caches.settings()
    return _log(str(chosen.runs_dir), chosen.review_db)


def lists() -> Mapping[str, Naming]:
    """Return how every saved list is shown, by its name, as of the last entry of the store."""
    chosen = caches.settings()
    return _lists(str(chosen.runs_dir), chosen.review_db, log().head().hash)


def called(study: str) -> str:
    """Return what a study is called: a saved list by its present title."""
    found = lists().get(study)
    return study if found is None else found.title


def standing(study: str, cases: tuple[str, ...], mode: Mode, who: str) -> Standing:
    """Say how far a list is, as of the last entry of the store."""
    return _standing(study, cases, mode, who, log().head().hash)


@st.cache_resource(max_entries=2, show_spinner=False)
def _log(runs_dir: str, review_db: str) -> ReviewLog:
    return ReviewLog.open(caches.settings())


@st.cache_resource(max_entries=4, show_spinner=False)
def _lists(runs_dir: str, review_db: str, at: str) -> Mapping[str, Naming]:
    return namings(log())


@st.cache_resource(max_entries=16, show_spinner=False)
def _standing(study: str, cases: tuple[str, ...], mode: Mode, who: str, at: str) -> Standing:
    kinds = ["assignment", "seen", "reading", "reveal"]
    entries = log().entries(study=study, kinds=kinds)
    progress = readers_progress(entries)
    dealt = dealt_in(progress)
    known = targets(study, cases, entries, dealt, who, mode)
    return Standing(progress, to_read(cases, dealt, who), known)
