"""Results of ended studies, beside the store that all sessions share."""

from __future__ import annotations

import streamlit as st

from ecgcore.review.studies import run
from ecgcore.review.studies.outcome import StudyData
from pages.shared import caches
from pages.shared.reader.caches import log

__all__ = ["data", "log"]


def data(name: str) -> StudyData:
    """Read the readings of an ended study, which change no more."""
    return _data(str(caches.settings().runs_dir), name, caches.settings().review_db)


@st.cache_resource(max_entries=8, show_spinner="Reading the study …")
def _data(runs_dir: str, name: str, review_db: str) -> StudyData:
    protocol = run.load(log(), name)
    return StudyData.of(protocol, run.readings_of(log(), protocol))
