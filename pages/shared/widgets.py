"""Parts that more than one page draws."""

import streamlit as st

from ecgcore.ptbxl.catalog import Catalog

GROUP_WORDS = {
    "pure_normal": "normal",
    "certain_mi": "certain MI",
    "uncertain_mi": "uncertain MI",
    "other": "outside the study",
}


def synthetic_badge(catalog: Catalog) -> None:
    """Mark the synthetic set, so that nobody takes a made-up recording for a patient's."""
    if catalog.synthetic:
        st.badge("Synthetic records", icon=":material/science:", color="orange")


def is_dark() -> bool:
    """Say whether the reader's page is dark."""
    return st.context.theme.type == "dark"
