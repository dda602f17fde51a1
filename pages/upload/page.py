"""An uploaded ECG: read in memory, shown with every tool, never kept."""

import streamlit as st

from ecgcore.io.raw import OneLead
from pages.case.view import draw_case
from pages.upload import recording as parts
from pages.upload.one_lead import draw_one_lead

recording = parts.open_recording()
if recording is None:
    st.stop()
parts.draw_warnings(recording)
if isinstance(recording, OneLead):
    draw_one_lead(recording)
    st.stop()
start_s, menu = parts.choose_window(recording)
draw_case(parts.case_at(recording, start_s))
if menu is not None:  # last, because the models may take seconds
    parts.draw_windows(recording, menu)
