"""The store of readings, opened once for all sessions."""

from __future__ import annotations

import streamlit as st

from ecgcore.review.store.log import ReviewLog
from pages.shared import caches


def log() -> ReviewLog:
    """Open the store that the settings name."""
    chosen = caches.settings()
    return _log(str(chosen.runs_dir), chosen.review_db)


@st.cache_resource(max_entries=2, show_spinner=False)
def _log(runs_dir: str, review_db: str) -> ReviewLog:
    return ReviewLog.open(caches.settings())
