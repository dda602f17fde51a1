"""Agreement: readers with each other, with the label, a model and the consensus."""

import streamlit as st

from pages.agreement import choice
from pages.agreement.confidence import draw_confidence
from pages.agreement.everyone import draw_everyone
from pages.agreement.minds import draw_minds
from pages.agreement.pairs import draw_pairs
from pages.agreement.report import draw_report
from pages.shared import caches
from pages.shared.reader import draw_reader
from pages.shared.widgets import synthetic_badge

choice.STATE.open()
with st.container(horizontal=True, vertical_alignment="center"):
    st.title("Agreement", anchor=False, width="content")
    synthetic_badge(caches.catalog().synthetic)
    with st.container(horizontal=True, horizontal_alignment="right"):
        reader = draw_reader()
row = st.container(horizontal=True, vertical_alignment="bottom")
source = choice.choose_source(reader, row)
if isinstance(source, choice.StoreSource) and reader is not None:
    with row:
        draw_report(str(st.session_state["study"]), reader)
if source is not None:
    view = choice.choose_view(source, row)
    if view == choice.EVERYONE:
        draw_everyone(source)
    elif view == choice.PAIRS:
        draw_pairs(source)
    elif isinstance(source, choice.StoreSource) and view == choice.CONFIDENCE:
        draw_confidence(source)
    elif isinstance(source, choice.StoreSource):
        draw_minds(source)
