"""What is beyond normal limits, and where each number comes from, on the paper."""

from __future__ import annotations

import streamlit as st

from ecgcore.figures.ecg_paper import CHART_CONFIG, ecg_figure, figure_height_px
from ecgcore.figures.evidence.axis_circle import axis_figure
from ecgcore.figures.evidence.marks import mark_evidence
from ecgcore.figures.evidence.qtc_nomogram import qtc_figure
from ecgcore.figures.evidence.st_map import st_figure
from ecgcore.figures.paper_layout import PaperSettings, roomy_layout
from ecgcore.records import SEXES
from ecgcore.signals.evidence.evidence import Evidence, ends_of, evidence_of
from ecgcore.signals.evidence.limits import LAGETYPEN, axis_type, years_of
from ecgcore.signals.evidence.statements import limit_words, measured_statements, st_words
from ecgcore.signals.measure.measurements import Measurements
from pages.shared import caches, url_state
from pages.shared.case import ReadableCase
from pages.shared.plots import draw_plot
from pages.shared.widgets import is_dark

_NONE, _ST = "no number", "ST in each lead"
_PAPER_PX = 1000


def draw_statements(case: ReadableCase) -> None:
    """Say what is beyond normal limits, and where the limits are from, one click away."""
    measured, (years, sex) = caches.measurements(case), _patient(case)
    lines = measured_statements(measured, years, sex)
    st.markdown(
        "\n".join(f"- {line}" for line in lines)
        if lines
        else "Nothing that was measured is beyond its normal limits."
    )
    st.caption(f"Measurements, not a diagnosis.{_unknown_words(years, sex)}")
    with st.expander("Normal limits and their sources"):
        limits = limit_words(measured, years, sex)
        st.markdown("\n".join(f"- {value}: normal {limit}. {by}." for value, limit, by in limits))


def draw_evidence(case: ReadableCase, paper: PaperSettings) -> None:
    """Draw the choice of a number, and the leads, beats, samples and points it came from."""
    measured = caches.measurements(case)
    names = {one.label: one.name for one in measured.values}
    choices = [_NONE, *names, _ST]
    url_state.warn_of_unknown("number", choices, what="number")
    chosen = st.selectbox(
        "Show where a number comes from", choices, key="number", bind="query-params", width=320
    )
    if chosen == _ST:
        _draw_st(case, measured)
    elif chosen != _NONE:
        found = evidence_of(measured, names[chosen], case.display)
        st.markdown("\n".join(f"- {line}" for line in found.lines))
        if found.name.startswith("axis"):
            _draw_axis(measured)
        if found.name.startswith("qtc"):
            _draw_nomogram(case, measured, found.name)
        _draw_on_paper(case, paper, found)


def _patient(case: ReadableCase) -> tuple[float | None, str]:
    if case.entry is None:
        return case.record.patient.age_years, case.record.patient.sex
    return years_of(case.entry.age), case.entry.sex


def _unknown_words(years: float | None, sex: str) -> str:
    """Say which limits stand in for an age or a sex that nobody knows."""
    lacking = [
        name for name, known in (("Age", years is not None), ("sex", sex in SEXES)) if not known
    ]
    if not lacking:
        return ""
    words = " and ".join(lacking).capitalize()
    return f" {words} {'are' if len(lacking) > 1 else 'is'} unknown: limits of adults, the wider."


def _draw_st(case: ReadableCase, measured: Measurements) -> None:
    years, sex = _patient(case)
    draw_plot(st_figure(measured, years, sex, dark=is_dark()), "st_map", st_words(measured))
    st.caption(
        "ST at J, the mean of 8 ms there, against the level just before QRS; leads in Cabrera's "
        "order, so that neighbours stand side by side. Hatched: beyond the limit. Pale: doubtful."
    )


def _draw_axis(measured: Measurements) -> None:
    said = {name: measured.value(f"axis_{name}_deg") for name in ("qrs", "p", "t")}
    words = ", ".join(f"{name.upper()} {one.text}°" for name, one in said.items())
    draw_plot(axis_figure(measured, dark=is_dark()), "axis_circle", f"Frontal axes: {words}")
    qrs = said["qrs"].value
    if qrs is not None:
        st.caption(
            f"QRS axis of an adult: {axis_type(qrs)} (AHA/ACCF/HRS 2009, outer ring); "
            f"{axis_type(qrs, LAGETYPEN)} (German Lagetyp, inner ring)."
        )


def _draw_nomogram(case: ReadableCase, measured: Measurements, name: str) -> None:
    qt, rate = measured.value("qt_ms"), measured.value("heart_rate_bpm")
    words = f"QT {qt.text} ms at {rate.text} bpm among lines of equal {measured.value(name).label}"
    draw_plot(qtc_figure(measured, name, _patient(case)[1], dark=is_dark()), "nomogram", words)
    st.caption("Bold lines: normal limits of QTc (AHA/ACCF/HRS 2009). Dotted: 330 and 500 ms.")


def _draw_on_paper(case: ReadableCase, paper: PaperSettings, found: Evidence) -> None:
    """Draw the recording with the stretches behind the number shaded."""
    if not found.spans_s:
        return
    layout = roomy_layout(case.display, paper)
    figure = ecg_figure(case.display, paper, layout=layout, theme="dark" if is_dark() else "light")
    figure = mark_evidence(figure, layout, found, dark=is_dark())
    figure.update_layout(height=figure_height_px(_PAPER_PX, layout))
    st.plotly_chart(
        figure,
        theme=None,
        key="evidence",
        config=CHART_CONFIG,
        alt=f"{found.label} of {case.name}: {len(found.spans_s)} stretches shaded on the ECG",
    )
    where = "from beat to beat" if ends_of(found.name) is None else "in each beat that was used"
    st.caption(
        f"Shaded: {where}, in {', '.join(found.leads) if len(found.leads) < 12 else 'all'} "
        "leads, on the unfiltered recording."
    )
