"""Parts that more than one page draws."""

import streamlit as st

from ecgcore.ptbxl.catalog import Catalog


def synthetic_badge(catalog: Catalog) -> None:
    """Mark the synthetic set, so that nobody takes a made-up recording for a patient's."""
    if catalog.synthetic:
        st.badge("Synthetic records", icon=":material/science:", color="orange")


def is_dark() -> bool:
    """Say whether the reader's page is dark."""
    return st.context.theme.type == "dark"
