"""Learning to read: blind first, then label, models and map; again after days; a score."""

import streamlit as st

from ecgcore.errors import ReviewError
from pages.shared import caches
from pages.shared.errors import plain, show_ecg_error
from pages.shared.reader import draw_reader
from pages.shared.widgets import synthetic_badge
from pages.teaching import caches as kept
from pages.teaching import choice
from pages.teaching.reading import draw_reading
from pages.teaching.results import draw_results

choice.STATE.open()
with st.container(key="case_head", horizontal=True, vertical_alignment="center", gap="xsmall"):
    st.title("Teaching", anchor=False, width="content")
    about = st.container(horizontal=True, vertical_alignment="center", width="stretch")
    with about:
        synthetic_badge(caches.catalog().synthetic)
    menus = st.container(horizontal=True, width="content", gap="small", vertical_alignment="center")
try:
    chosen = choice.opened_set()
except ReviewError as error:
    show_ecg_error(error)
    chosen = None
if chosen is None:
    choice.draw_maker()
    st.stop()
with menus:
    view = st.segmented_control(
        "View",
        choice.VIEWS,
        default="Read",
        required=True,
        key="view",
        bind="query-params",
        label_visibility="collapsed",
    )
    st.toggle("Retest", key="retest", bind="query-params", help="Every case once more, after days.")
    choice.draw_set(chosen)
    reader = draw_reader()
if reader is None:
    about.markdown(f"**{plain(chosen.title)}**")
    st.info("Say who reads: your initials, in the menu above.", icon=":material/person:")
    st.stop()
found = kept.found(chosen, reader.name)
n_read = sum(bool(one.attempts) for one in found)
due = sum(bool(one.attempts) and one.is_due(kept.now()) for one in found)
words = f"{n_read} of {len(found)} read" + (f", {due} due again" if due else "")
about.markdown(f"**{plain(chosen.title)}** · {words}")
if view == "Results":
    draw_results(found)
else:
    draw_reading(found, reader.name)
