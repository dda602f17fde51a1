"""What a study found; closed until it has ended."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from ecgcore.errors import EcgError, ReviewError
from ecgcore.figures.reading.reader_lines import ReaderLine, reader_lines_figure
from ecgcore.review.people.permissions import Person
from ecgcore.review.studies import access, run
from ecgcore.review.studies.outcome import (
    METRICS,
    StudyData,
    following,
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

_WORDS = {"auc": "AUC", "sensitivity": "Sensitivity", "specificity": "Specificity"}


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
    try:
        _draw_comparison(data, access.called(person, protocol))
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
    found = {metric: data.analysis(metric) for metric in METRICS}
    rows = [
        {"Figure": _WORDS[metric], "Arm": arm, "Mean over readers": one.treatments[place].text()}
        | {f"Minus {treatments[0]}": "" if not place else gain(one, place).text()}
        for metric, one in found.items()
        for place, arm in enumerate(treatments)
    ]
    st.table(pd.DataFrame(rows), hide_index=True, border="horizontal")
    with st.container(horizontal=True):
        metric = st.selectbox(
            "Figure", METRICS, format_func=_WORDS.__getitem__, key="metric", width=160
        )
        arm = st.selectbox("Arm", treatments[1:], width=240)
    place = treatments.index(arm)
    one = found[metric]
    lines = [
        ReaderLine(called[who], one.values[0, k], one.values[place, k], harm(gain(one, place, k)))
        for k, who in enumerate(data.complete)
    ]
    harmed = [line.reader for line in lines if line.harm == "harmed"]
    words = f"Harmed: {', '.join(harmed)}." if harmed else "No reader is clearly harmed."
    st.plotly_chart(
        reader_lines_figure(lines, _WORDS[metric], (treatments[0], arm), dark=is_dark()),
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
    rows = [
        {
            "Arm": one.arm,
            "Followed": one.followed.text(2),
            "Same error alone": "not read alone" if one.alone is None else one.alone.text(2),
            "Added by the advice": "" if one.added is None else one.added.text(2),
            "Readings": one.n,
            "Cases": one.n_cases,
        }
        for one in following(data)
    ]
    st.table(pd.DataFrame(rows), hide_index=True, border="horizontal")
