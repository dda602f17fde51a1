"""The conflicts of the store, as of its last entry."""

from __future__ import annotations

import streamlit as st

from ecgcore.review.studies import run
from ecgcore.review.worklists.conflicts import KINDS, Dispute, disputes
from pages.shared import caches
from pages.shared.reader.caches import log


def found() -> list[Dispute]:
    """List all conflicts but those of reader studies that run."""
    chosen = caches.settings()
    return _found(str(chosen.runs_dir), chosen.review_db, log().head().hash)


@st.cache_resource(max_entries=4, show_spinner="Looking for conflicts …")
def _found(runs_dir: str, review_db: str, at: str) -> list[Dispute]:
    return disputes(log().entries(kinds=KINDS), run.closed_arms(log().entries(kinds=run.KINDS)))
