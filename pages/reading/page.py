"""One case after the other by keyboard: blind first, then label, report, models, other readers."""

import streamlit as st

from ecgcore.errors import ReviewError
from ecgcore.review.worklists.access import may_open, turn_of
from pages.reading import choice
from pages.reading.view import draw_turn
from pages.shared import caches
from pages.shared.errors import plain, show_ecg_error
from pages.shared.reader import draw_reader
from pages.shared.reader.caches import log
from pages.shared.widgets import synthetic_badge

choice.STATE.open()
choice.follow_last()
with st.container(key="case_head", horizontal=True, vertical_alignment="center", gap="xsmall"):
    st.title("Reading", anchor=False, width="content")
    about = st.container(horizontal=True, vertical_alignment="center", width="stretch")
    with about:
        synthetic_badge(caches.catalog().synthetic)
    menus = st.container(horizontal=True, width="content", gap="xsmall")
try:
    reading_list = choice.opened_list()
except ReviewError as error:
    show_ecg_error(error)
    st.page_link("worklist/page.py", label="Open Worklist", icon=":material/checklist:")
    st.stop()
with menus:
    paper_slot = st.container(width="content")
    to_next = choice.draw_options(reading_list)
    reader = draw_reader()
title = plain(reading_list.title)
named = plain(reading_list.study) if reading_list.saved else title  # for who has no part in it
if reader is None:
    about.markdown(f"**{named}**")
    st.info("Say who reads: your initials, in the menu above.", icon=":material/person:")
    st.stop()
if not may_open(reader, reading_list.study):
    st.info(f"{reader.name} has no part in “{named}”.", icon=":material/lock:")
    st.stop()
turn = turn_of(log(), reading_list.study, reading_list.cases, reader.name)
case = choice.chosen_case(reading_list, turn)
if case is None:
    st.info(f"No case of “{title}” is assigned to {reader.name}.", icon=":material/info:")
    st.stop()
place = f"{turn.progress.cases.index(case) + 1:,} of {len(turn.progress.cases):,}"
about.markdown(f"**{title}**, read {reading_list.mode} · case {place} · {turn.progress.words}")
draw_turn(reading_list, turn, case, reader, paper_slot, to_next=to_next)
