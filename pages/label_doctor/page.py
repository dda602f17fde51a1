"""Label doctor: statements that can be measured, held against their measurement."""

import streamlit as st

from ecgcore.figures.reading.limit_curve import limit_figure
from ecgcore.review.label_doctor.examination import Examination
from ecgcore.review.label_doctor.statements import BY_KEY, Measurable, measurable
from pages.label_doctor import caches as kept
from pages.label_doctor.cases import VIEWS, draw_cases
from pages.label_doctor.words import about, by_label_table, figures_table, finding, first_key
from pages.shared import caches, url_state
from pages.shared.plots import draw_plot, draw_table
from pages.shared.widgets import is_dark, synthetic_badge

STATE = url_state.PageState(
    "label_doctor",
    {
        "statement": url_state.Bound(tuple(BY_KEY)),
        "limit": url_state.Bound(),
        "clear": url_state.Bound(),
        "cases": url_state.Bound(VIEWS),
    },
)


def _to_published() -> None:
    if chosen := st.session_state["statement"]:
        st.session_state["limit"] = measurable(chosen).published


def _limit_slider(one: Measurable) -> float:
    low, high, step = one.limits
    whole = step >= 1
    digits = "%d" if whole else "%.2f" if step < 0.1 else "%.1f"
    unit = one.unit.replace("%", "%%")
    return st.slider(
        f"Limit of the {one.noun}",
        low,
        high,
        one.published,
        step,
        format=f"{digits}{'' if unit == '°' else ' '}{unit}",
        key="limit",
        bind="query-params",
        help=f"Published: {one.text(one.published)} ({one.source}).",
    )


def _draw(found: Examination) -> None:
    one = found.statement
    left, right = st.columns([0.45, 0.55], gap="medium")
    with left:
        limit = _limit_slider(one)
        words = finding(found, limit)
        draw_plot(limit_figure(found, limit, dark=is_dark()), "limits", words.replace("**", ""))
    with right:
        st.markdown(words)
        draw_table(figures_table(found, limit))
        st.caption(about(found))
        with st.expander("What each label measures"):
            draw_table(by_label_table(found, limit))
    draw_cases(found, limit, STATE)


STATE.open()
with st.container(horizontal=True, vertical_alignment="center"):
    st.title("Label doctor", anchor=False, width="content")
    synthetic_badge(caches.catalog().synthetic)
st.markdown(
    "Some statements can be measured. Choose one, drag the limit, and see how well the labels fit "
    "it and which records contradict it."
)
with st.container(horizontal=True, vertical_alignment="bottom"):
    key = st.pills(
        "Statement",
        list(BY_KEY),
        default=first_key(caches.catalog()),
        required=True,
        key="statement",
        bind="query-params",
        on_change=_to_published,
    )
    clear = st.toggle(
        "Clear measurements only",
        key="clear",
        bind="query-params",
        help="Leaves out values whose confidence is below 50 %.",
    )
_draw(kept.examination(key or first_key(caches.catalog()), clear=clear))
