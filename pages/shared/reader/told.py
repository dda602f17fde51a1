"""What this session has shown of a case's label or models, so that no reading is called blind."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

_KEY = "told_cases"


def remember(ids: Iterable[int]) -> None:
    """Note that answers of these records, or reasons that tell of them, are on screen."""
    st.session_state[_KEY] = st.session_state.get(_KEY, frozenset()) | frozenset(ids)


def was_told(ecg_id: int) -> bool:
    """Say whether this session has shown anything of a record's answers."""
    return ecg_id in st.session_state.get(_KEY, frozenset())
