"""Adjudication: conflicts between readers, settled by somebody who has not read the case."""

import streamlit as st

from ecgcore.review.worklists.conflicts import settled, to_settle
from ecgcore.wording.numbers import counted
from pages.adjudication import caches as kept
from pages.adjudication.settling import draw_conflict, draw_settled
from pages.shared import caches, url_state
from pages.shared.reader import draw_reader
from pages.shared.reader.caches import called
from pages.shared.widgets import synthetic_badge

ALL = "all studies"
STATE = url_state.PageState(
    "adjudication",
    {"names": url_state.Bound()},
    ("case", "in", "study"),
)
STATE.open()
with st.container(key="case_head", horizontal=True, vertical_alignment="center", gap="xsmall"):
    st.title("Adjudication", anchor=False, width="content")
    about = st.container(horizontal=True, vertical_alignment="center", width="stretch")
    with about:
        synthetic_badge(caches.catalog().synthetic)
    with st.container(horizontal=True, width="content", gap="xsmall"):
        menus = st.container(horizontal=True, width="content", gap="xsmall")
        reader = draw_reader()
if reader is None:
    st.info("Say who settles: your initials, in the menu above.", icon=":material/person:")
    st.stop()
found = kept.found()
known = set(map(str, caches.catalog().frame.index))
everything = to_settle(found, reader)
mine, done = [one for one in everything if one.case in known], settled(found, reader)
if n_strange := len(everything) - len(mine):
    st.caption(
        f"{counted(n_strange, 'conflict')} not shown: not about records of "
        f"{caches.catalog().version}, which is open."
    )
studies = sorted({one.study for one in (*mine, *done)})
study = ALL
if len(studies) > 1:
    if st.query_params.get("study", ALL) not in (ALL, *studies):
        st.query_params.pop("study")
    study = url_state.choose_named("Study", [ALL, *studies], "study", called, width=320)
mine = [one for one in mine if study in (ALL, one.study)]
done = [one for one in done if study in (ALL, one.study)]
draw_conflict(
    mine, reader, (about, menus), n_others=sum(one.target.in_conflict for one in found) - len(mine)
)
draw_settled(done, STATE)
