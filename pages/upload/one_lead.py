"""A recording of one lead: drawn, neither measured nor judged."""

import streamlit as st

from ecgcore.figures.ecg_paper import NOT_NAMED, one_lead_figure
from ecgcore.figures.paper_layout import PAGE_S
from ecgcore.io.raw import OneLead
from pages.case.paper_choice import draw_paper
from pages.shared.widgets import is_dark


def facts(one: OneLead) -> str:
    """Say what it is in one line."""
    return f"one lead ({one.lead or NOT_NAMED}, {one.fs_hz:.10g} Hz) · {one.duration_s:.4g} s"


def draw_one_lead(one: OneLead) -> None:
    """Draw 10 s of it, and the choice of them where it is longer."""
    start_s = 0.0
    latest_s = one.duration_s - PAGE_S
    if latest_s > 0:
        start_s = st.slider(
            f"Start of the {PAGE_S:g} s shown, of {one.duration_s:.4g} s",
            0.0,
            latest_s,
            step=min(1.0, latest_s),
            format="%.4g s",
            key="upload_one_start",
        )
    figure, layout = one_lead_figure(one, start_s, "dark" if is_dark() else "light")
    with st.container(key="ecg_sheet", gap="xsmall"):
        draw_paper(
            figure,
            layout,
            key="ecg",
            alt=f"ECG of one lead ({one.lead or NOT_NAMED}), {min(PAGE_S, one.duration_s):.4g} s",
        )
    st.caption(
        "One lead is drawn as it was recorded. Measurements and models need 12 leads, so that "
        "neither is shown."
    )
