"""Reader study in a box: design it, read, see what advice did."""

import streamlit as st

from ecgcore.review.studies import access, run
from pages.reader_study import caches
from pages.reader_study.design import draw_design
from pages.reader_study.reading import draw_run
from pages.reader_study.results import draw_results
from pages.shared import caches as shared
from pages.shared import url_state
from pages.shared.reader import draw_reader
from pages.shared.widgets import synthetic_badge

_VIEWS = {"Design": draw_design, "Read": draw_run, "Results": draw_results}
STATE = url_state.PageState(
    "reader_study", {"step": url_state.Bound(tuple(_VIEWS), "step"), "study": url_state.Bound()}
)
STATE.open()
name: str | None = None
with st.container(horizontal=True, vertical_alignment="center"):
    st.title("Reader study", anchor=False, width="content")
    synthetic_badge(shared.catalog().synthetic)
    step = st.segmented_control(
        "Step",
        list(_VIEWS),
        default="Design",
        required=True,
        key="step",
        bind="query-params",
        label_visibility="collapsed",
    )
    choice = st.container()
    who = draw_reader()
started = access.seen_by(who, run.names(caches.log()))
if started and step != "Design":
    if st.query_params.get("study", started[0]) not in started:
        st.query_params.pop("study")
        st.warning("There is no such study.", icon=":material/warning:")
    name = choice.selectbox(
        "Study",
        started,
        key="study",
        bind="query-params",
        width=320,
        label_visibility="collapsed",
    )
if step == "Design":
    st.markdown(
        "Readers with and without a model's advice: **design** a study and lock it, **read**, then "
        "see the **results** once it has ended."
    )
_VIEWS[step or "Design"](name, who)
