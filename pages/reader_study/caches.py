"""The store of readings, shared by all sessions, and results of ended studies."""

from __future__ import annotations

import streamlit as st

from ecgcore.review.store.log import ReviewLog
from ecgcore.review.studies import run
from ecgcore.review.studies.outcome import StudyData
from pages.shared import caches


def log() -> ReviewLog:
    """Open the store that the settings name."""
    chosen = caches.settings()
    return _log(str(chosen.runs_dir), chosen.review_db)


def data(name: str) -> StudyData:
    """Read the readings of an ended study, which change no more."""
    return _data(str(caches.settings().runs_dir), name, caches.settings().review_db)


@st.cache_resource(max_entries=2, show_spinner=False)
def _log(runs_dir: str, review_db: str) -> ReviewLog:
    return ReviewLog.open(caches.settings())


@st.cache_resource(max_entries=8, show_spinner="Reading the study …")
def _data(runs_dir: str, name: str, review_db: str) -> StudyData:
    protocol = run.load(log(), name)
    return StudyData.of(protocol, run.readings_of(log(), protocol))
