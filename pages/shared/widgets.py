"""Parts that more than one page draws."""

from typing import Literal

import streamlit as st

BadgeColor = Literal["red", "orange", "blue", "green", "violet", "gray"]


def synthetic_badge(is_synthetic: bool) -> None:
    """Mark synthetic data, so that nobody takes a made-up recording for a patient's."""
    if is_synthetic:
        st.badge("Synthetic records", color="orange")


def is_dark() -> bool:
    """Say whether the reader's page is dark."""
    return st.context.theme.type == "dark"
