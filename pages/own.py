"""The reader's own recording: read in memory, shown with every tool, never kept."""

import streamlit as st

from pages._ui import own_parts as parts
from pages._ui.case_view import draw_case

recording = parts.open_recording()
if recording is None:
    st.stop()
parts.draw_warnings(recording)
start_s, menu = parts.choose_window(recording)
draw_case(parts.case_at(recording, start_s))
if menu is not None:  # last, because the models may take seconds
    parts.draw_windows(recording, menu)
