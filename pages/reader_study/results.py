"""What a study found; closed until it has ended."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pandas as pd
import streamlit as st

from ecgcore.errors import EcgError, ReviewError
from ecgcore.figures.reading.reader_lines import ReaderLine, reader_lines_figure
from ecgcore.report.studies.audit import Audit
from ecgcore.report.studies.reader_study import reader_study_page
from ecgcore.review.people.permissions import Person
from ecgcore.review.store.log import ReviewLog
from ecgcore.review.studies import access, run, tables
from ecgcore.review.studies.outcome import (
    METRICS,
    StudyData,
    gain,
    harm,
    power_table,
)
from ecgcore.review.studies.protocol import Protocol
from ecgcore.stats.mrmc.analysis import Analysis
from ecgcore.wording.numbers import percent
from pages.reader_study import caches as kept
from pages.shared.errors import show_ecg_error
from pages.shared.widgets import is_dark


def draw_results(name: str | None, person: Person | None) -> None:
    """Draw progress while the study runs, and the results after its end."""
    if name is None:
        st.info("No study has started. Design one first.", icon=":material/info:")
        return
    protocol = run.load(kept.log(), name)
    if not run.ended(kept.log(), name):
        _draw_progress(protocol, person)
        return
    data = kept.data(name)
    called = access.called(person, protocol)
    st.download_button(
        "The whole study as one file",
        data=partial(_report, data, called, kept.log()),
        file_name="reader-study.html",
        mime="text/html",
        on_click="ignore",
        icon=":material/download:",
        help="Protocol, results, each reader, planted advice, audit id; it needs no network.",
    )
    try:
        _draw_comparison(data, called)
    except (EcgError, ValueError) as error:
        if isinstance(error, EcgError):
            show_ecg_error(error)
        else:
            st.warning(f"These readings cannot be compared: {error}", icon=":material/warning:")
    _draw_following(data)
    st.caption(
        f"Protocol SHA-256 {protocol.hash}, truth: {protocol.truth_from}. Order, arms and planted "
        f"advice were drawn by the secret {protocol.secret or protocol.seed}, kept until the end."
    )


def _report(data: StudyData, called: Mapping[str, str], log: ReviewLog) -> bytes:
    return reader_study_page(data, called, Audit.of(log))


def _draw_progress(protocol: Protocol, person: Person | None) -> None:
    st.markdown("Results and planted advice are shown to nobody before the study has ended.")
    steps = run.all_steps(kept.log(), protocol)
    rows = [
        {"Reader": who, "Read": steps[who].n_done, "Of": steps[who].n_items}
        for who in access.whose_progress(person, protocol)
    ]
    if rows:
        st.table(pd.DataFrame(rows), hide_index=True, border="horizontal")
    if person is None or not access.may_lead(person, protocol.name):
        st.caption("A lead of the study sees everybody's progress and ends it.")
        return
    sure = st.checkbox("End the study for good: nobody can read on")
    if st.button("End the study", disabled=not sure):
        run.end(kept.log(), protocol, person.name)
        st.rerun()


def _draw_comparison(data: StudyData, called: Mapping[str, str]) -> None:
    treatments = data.protocol.treatments
    n = len(data.complete)
    st.markdown(
        f"**{n} readers** who read everything, **{len(data.protocol.cases)} cases**. "
        "Obuchowski and Rockette's analysis, random readers and random cases, Hillis' degrees of "
        "freedom; 95 % intervals."
    )
    found = tables.analyses(data)
    st.table(tables.comparison_table(data, found), hide_index=True, border="horizontal")
    with st.container(horizontal=True):
        metric = st.selectbox(
            "Figure", METRICS, format_func=tables.METRIC_NAMES.__getitem__, key="metric", width=160
        )
        arm = st.selectbox("Arm", treatments[1:], width=240)
    place = treatments.index(arm)
    one = found[metric]
    lines = [
        ReaderLine(called[who], one.values[0, k], one.values[place, k], harm(gain(one, place, k)))
        for k, who in enumerate(data.complete)
    ]
    harmed = [line.reader for line in lines if line.harm == "harmed"]
    name = tables.METRIC_NAMES[metric]
    words = f"Harmed: {', '.join(harmed)}." if harmed else "No reader is clearly harmed."
    st.plotly_chart(
        reader_lines_figure(lines, name, (treatments[0], arm), dark=is_dark()),
        theme=None,
        key="reader_lines",
        alt=f"Lines of {n} readers from {treatments[0]} to {arm}, {metric}. {words}",
    )
    st.caption(f"{words} A reader is harmed where the interval of the difference is below 0.")
    with st.expander("Power of a further study"):
        difference = st.slider("Difference to be found", 0.01, 0.2, 0.05)
        _draw_power(one, difference)


def _draw_power(found: Analysis, difference: float) -> None:
    try:
        table = power_table(found, difference).map(lambda share: percent(share, 0))
    except ReviewError as error:
        show_ecg_error(error)
        return
    shown = table.rename(columns=lambda n: f"{n} cases", index=lambda n: f"{n} readers")
    st.table(shown, border="horizontal")


def _draw_following(data: StudyData) -> None:
    st.header("Planted wrong advice", anchor=False)
    st.table(tables.following_table(data), hide_index=True, border="horizontal")
