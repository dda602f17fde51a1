"""Cases in the order in which they need a reader, each with its reasons."""

import streamlit as st

from pages.shared import caches
from pages.shared.reader import draw_reader
from pages.shared.widgets import synthetic_badge
from pages.worklist import choice, sharing, views

choice.STATE.open()
with st.container(horizontal=True, vertical_alignment="center"):
    st.title("Worklist", anchor=False, width="content")
    synthetic_badge(caches.catalog().synthetic)
    with st.container(horizontal=True, horizontal_alignment="right"):
        reader = draw_reader()
sharing.draw_problem()
link = choice.given()
with st.container(horizontal=True, vertical_alignment="bottom"):
    saved = None if link.ids else choice.choose_list(reader)
    records, length, about = link.ids, len(link.ids), link.title
    if saved is None and not link.ids:
        records, length, about = choice.choose_cases()
    slots = views.Slots(st.container(width="content"), st.container(horizontal=True))
if saved is None:
    views.draw_open(slots, records, length, about, reader)
else:
    views.draw_saved(slots, saved, reader)
