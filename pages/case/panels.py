"""Panels below the ECG: measurements, median beat, earlier recordings, signal quality."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from ecgcore.figures.ecg_paper import CHART_CONFIG
from ecgcore.figures.median_beat import MEDIAN_WORDS, median_figure
from ecgcore.leads import LEADS
from ecgcore.ptbxl.earlier import PatientEcg, dated_names, same_patient
from ecgcore.signals.measure.measurements import DOUBTFUL, Measured, Measurements
from ecgcore.signals.measure.serial_changes import changes, changes_frame
from ecgcore.signals.quality import Quality
from pages.case.opening import open_case
from pages.shared import caches
from pages.shared.case import UnreadableCase
from pages.shared.errors import show_ecg_error
from pages.shared.widgets import is_dark

if TYPE_CHECKING:
    from pages.shared.case import ReadableCase

_LIMIT_WORDS = (
    "A limit is what two measurements of an unchanged heart may differ by (IEC 60601-2-25, ICH "
    "E14, universal definition of MI; for rate and axes a convention of this project)."
)
_KEY_VALUES = (
    ("Rate", "heart_rate_bpm"),
    ("P", "p_ms"),
    ("PR", "pr_ms"),
    ("QRS", "qrs_ms"),
    ("QT", "qt_ms"),
    ("QTcF", "qtc_fridericia_ms"),
    ("Axis", "axis_qrs_deg"),
)


def key_values(measurements: Measurements) -> str:
    """Say the rate, the intervals and the axis in one line."""
    said = [_said(name, measurements.value(key)) for name, key in _KEY_VALUES]
    return " · ".join(said)


def _said(name: str, measured: Measured) -> str:
    if measured.value is None:
        rhythm, likely, _ = measured.reason.removeprefix("no PR: ").partition(" likely")
        known = f": {rhythm}{likely}" if likely and measured.name == "pr_ms" else ""
        return f"{name} :orange[not measured{known}]"
    doubt = " :orange[doubtful]" if measured.doubtful else ""
    unit = measured.unit if measured.unit == "°" else f" {measured.unit}"
    return f"{name} **{measured.text}{unit}**{doubt}"


def draw_measurements(case: ReadableCase) -> None:
    """Draw every measurement with its confidence, or why there is none."""
    measurements = caches.measurements(case)
    st.caption(_how_measured(measurements))
    left, right = st.columns([0.42, 0.58], gap="medium")
    with left:
        st.table(_without_empty(measurements.frame()), hide_index=True, border="horizontal")
    with right:
        st.table(_without_empty(measurements.lead_frame()), hide_index=True, border="horizontal")


def _without_empty(table: pd.DataFrame) -> pd.DataFrame:
    """Leave the column of notes out where there is none."""
    return table if table["Note"].any() else table.drop(columns="Note")


def _how_measured(measurements: Measurements) -> str:
    said = " ".join(measurements.notes)
    if measurements.median is None:
        return said
    return (
        f"{said} All leads together, on the unfiltered recording. A value below "
        f"{100 * DOUBTFUL:.0f} % confidence is doubtful: read it on the paper with the calipers."
    )


def draw_median(case: ReadableCase) -> None:
    """Draw the median beat with the marks that the intervals are measured between."""
    measurements = caches.measurements(case)
    if measurements.median is None:
        st.info(_how_measured(measurements), icon=":material/info:")
        return
    st.plotly_chart(
        median_figure(measurements, dark=is_dark()),
        theme=None,
        key="median",
        config=CHART_CONFIG,
        alt=f"Median beat of {case.name} in 12 leads with onsets and offsets of P, QRS and T",
    )
    st.caption(f"{_how_measured(measurements)} {MEDIAN_WORDS}")


def draw_earlier(case: ReadableCase) -> None:
    """List the patient's other recordings, lay one over this one, and tell the differences."""
    if case.entry is None:
        return
    others = same_patient(caches.catalog(), case.entry.ecg_id)
    if not others:
        st.info(
            "This data set lists no other ECG of this patient. Without a patient number, there may "
            "still be one.",
            icon=":material/info:",
        )
        return
    chosen = st.radio(
        "Compare with",
        others,
        index=_last_before(others),
        format_func=_ecg_words,
        horizontal=len(others) < 4,
        key=f"earlier of {case.entry.ecg_id}",
    )
    other = open_case(chosen.ecg_id)
    st.page_link(
        "review/page.py",
        label=f"Open record {chosen.ecg_id}",
        icon=":material/ecg_heart:",
        query_params={"open": str(chosen.ecg_id)},
    )
    if isinstance(other, UnreadableCase):
        show_ecg_error(other.problem)
        return
    _draw_comparison(case, other, chosen)


def _draw_comparison(case: ReadableCase, other: ReadableCase, chosen: PatientEcg) -> None:
    """Lay two ECGs over each other and list their differences, the later minus the earlier."""
    this, that = caches.measurements(case), caches.measurements(other)
    names = dated_names(case.entry, chosen) if case.entry else (case.name, other.name)
    st.plotly_chart(
        median_figure(this, that, dark=is_dark(), labels=names),
        theme=None,
        key="earlier",
        config=CHART_CONFIG,
        alt=f"Median beats of {case.name} and {other.name}, one over the other, in 12 leads",
    )
    st.caption(MEDIAN_WORDS)
    if chosen.days_before is not None and chosen.days_before < 0:
        found, columns = changes(that, this, names), names
    else:
        columns = (names[1], names[0])
        found = changes(this, that, columns)
    marked = [change for change in found if change.marked]
    doubtful = sum(change.beyond and not change.marked for change in found)
    st.markdown(
        f"**{len(marked)} of {len(found)}** differences are beyond their limits"
        + (f"; {doubtful} more rest on a doubtful value." if doubtful else ".")
    )
    st.table(changes_frame(marked or found, columns), hide_index=True, border="horizontal")
    if marked:
        with st.expander("All differences"):
            st.table(changes_frame(found, columns), hide_index=True, border="horizontal")
    st.caption(f"{_order_words(chosen)} {_LIMIT_WORDS}")


def _order_words(other: PatientEcg) -> str:
    """Say which of two ECGs the difference is taken from."""
    if other.days_before is None:
        return "One of the two has no date: the difference is this ECG minus the other."
    return "The difference is the later ECG minus the earlier one."


def _last_before(others: tuple[PatientEcg, ...]) -> int:
    """Position of the last recording before this one, else of the first of all."""
    before = [k for k, ecg in enumerate(others) if ecg.days_before and ecg.days_before > 0]
    return before[-1] if before else 0


def _ecg_words(ecg: PatientEcg) -> str:
    parts = (str(ecg.ecg_id), ecg.date, _span(ecg.days_before), ecg.diagnosis)
    return " · ".join(part for part in parts if part)


def _span(days_before: float | None) -> str:
    if days_before is None:
        return ""
    side, days = ("earlier" if days_before > 0 else "later"), abs(days_before)
    if days < 1:
        return f"{24 * days:.0f} h {side}"
    return f"{days:.0f} days {side}" if days < 730 else f"{days / 365.25:.1f} years {side}"


def swap_words(quality: Quality) -> str:
    """Warn of a suspected swap of electrodes; "" if there is none."""
    return f":orange[⚠ {quality.swap}.] " if quality.swap else ""


def draw_quality(quality: Quality) -> None:
    """Say for each lead what disturbs it."""
    if quality.swap:
        st.warning(f"**Suspected swap of electrodes.** {quality.swap}", icon=":material/warning:")
    said = [
        f"**{lead}**: " + "; ".join(problem.words for problem in problems)
        for lead, problems in zip(LEADS, quality.leads, strict=True)
        if problems
    ]
    if said:
        st.markdown("\n".join(f"- {line}" for line in said))
    elif not quality.swap:
        st.markdown("Nothing found: no flat, clipped or missing lead, little noise and wander.")
    st.caption("Judged on the unfiltered recording by fixed limits; About lists them.")
