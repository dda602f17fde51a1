"""A page with nothing but an ECG and its calipers, for the browser test."""

import numpy as np
import streamlit as st

from ecgcore.figures.ecg_paper import CHART_CONFIG, ecg_figure
from ecgcore.figures.paper_layout import PaperSettings
from ecgcore.records import EcgRecord
from ecgcore.signals.filters import DisplayFilter
from pages.case.calipers import calipers
from tests.support.predictions import attribution

FS_HZ = 500
R_PEAKS_S = np.arange(0.5, 10, 0.8)
SETTINGS = {
    "3x4+1": PaperSettings(),
    "cabrera": PaperSettings(order="cabrera"),
    "50 mm/s": PaperSettings(speed_mm_s=50.0),
}


def beats() -> EcgRecord:
    """One 1 mV triangle of 80 ms around each R peak, upright in every lead."""
    times = np.arange(10 * FS_HZ) / FS_HZ
    distance = np.abs(times[:, None] - R_PEAKS_S).min(axis=1)
    beat = np.clip(1 - distance / 0.04, 0, None).astype(np.float32)
    return EcgRecord("made up", np.tile(beat, (12, 1)), FS_HZ, source="made up")


st.set_page_config(layout="wide")
st.text_input("Words")
choice = st.selectbox("Paper", list(SETTINGS))
heated = st.toggle("Heat")
dark = st.toggle("Dark")
filtered = st.toggle("Filter on the paper")
waves = np.tile(np.sin(np.arange(1000) / 20), (12, 1)).astype(np.float32)
figure = ecg_figure(
    DisplayFilter(lowpass_hz=40.0).apply(beats()) if filtered else beats(),
    SETTINGS[choice],
    unfiltered=beats() if filtered else None,
    filter_label="40 Hz low-pass" if filtered else "unfiltered",
    overlay=attribution(waves) if heated else None,
    theme="dark" if dark else "light",
)
with st.container(key="ecg_sheet"):
    calipers(r_peaks_s=R_PEAKS_S, dark=dark)
    st.plotly_chart(figure, theme=None, key="ecg", config=CHART_CONFIG, alt="made-up ECG")
st.container(height=900)
