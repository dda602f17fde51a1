"""A case on the screen: the ECG with its tools beside the models' opinions, details below."""

from __future__ import annotations

import streamlit as st

from ecgcore.errors import ModelError, RecordError
from ecgcore.explain.attribution import Attribution
from ecgcore.figures.attribution_overlay import AttributionOverlay
from ecgcore.figures.ecg_paper import CHART_CONFIG, ecg_figure, figure_height_px
from ecgcore.figures.paper_layout import PaperSettings, paper_layout
from ecgcore.figures.predictions import opinion_figure
from ecgcore.models.cards import ModelEntry
from ecgcore.predictions.decision import DecisionSettings
from ecgcore.ptbxl.glossary import translate
from ecgcore.report.content import attribution_words
from ecgcore.signals.filters import DisplayFilter
from ecgcore.signals.quality import lead_notes
from pages.case import labels as parts
from pages.case import panels
from pages.case import predictions as said
from pages.case.attribution_choice import choose_heat
from pages.case.calipers import calipers
from pages.case.decision_choice import choose_decision_settings
from pages.case.paper_choice import paper_controls
from pages.case.print_menu import print_menu
from pages.shared import caches
from pages.shared.case import Case
from pages.shared.errors import show_ecg_error
from pages.shared.widgets import is_dark

PAPER_MM = paper_layout().width_mm
PX_PER_MM = 925 / PAPER_MM
"""One scale for every layout and speed, so that a millimetre stays one; at 1440 px the usual page
fills its column, and a wider one is moved sideways."""


def draw_case(case: Case) -> None:
    """Draw everything about a case."""
    if case.display is not None:
        st.markdown(panels.key_values(caches.measurements(case)))
        for warning in case.display.warnings if case.entry else ():
            st.caption(f":material/info: {warning}")
    ecg_column, panel = st.columns([0.73, 0.27], gap="small")
    with ecg_column:
        with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall"):
            method, model = choose_heat()
            paper, chosen_filter = paper_controls()
            print_slot = st.container(width="content")
        ecg_slot = st.container(border=False)
    with ecg_slot:
        explanation = explained(case, method, model)
        heat = heat_of(explanation, model)
        if case.display is None:
            show_ecg_error(case.problem or RecordError("The recording cannot be read."))
        else:
            draw_ecg(case, paper, chosen_filter, heat)
            st.caption(
                panels.swap_words(caches.quality(case))
                + parts.off_paper(case.display, paper_layout(paper))
                + parts.method_words(explanation)
            )
    with panel:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader("Probability of MI", anchor=False)
            rule = choose_decision_settings()
        rows, notes = ask(case, rule)
        draw_opinions(case, rows, notes, rule)
    with print_slot:
        words = attribution_words(explanation) if explanation else ""
        print_menu(case, rows, rule, paper, chosen_filter, heat, words)
    draw_details(case, rows, rule)


def explained(case: Case, method: str, model: ModelEntry | None) -> Attribution | None:
    """Explain the chosen model; an error is shown, and there is no explanation."""
    if method == "none" or model is None or case.record is None:
        return None
    try:
        return caches.attribution(case, model, method)
    except (ModelError, RecordError) as error:
        show_ecg_error(error)
        return None


def heat_of(attribution: Attribution | None, model: ModelEntry | None) -> AttributionOverlay | None:
    """Give the explanation as a heat to draw, named by method and model."""
    if attribution is None or model is None:
        return None
    own = "" if model.shipped else ", own run"
    label = f"{parts.METHODS[attribution.method]}, {model.key.label}{own}"
    return AttributionOverlay(attribution.scores, attribution.fs_hz, attribution.signed, label)


def draw_ecg(
    case: Case, paper: PaperSettings, chosen_filter: DisplayFilter, heat: AttributionOverlay | None
) -> None:
    """Draw the ECG with or without heat, and the calipers on it."""
    record = case.display
    if record is None:
        return
    layout = paper_layout(paper, duration_s=record.duration_s)
    figure = ecg_figure(
        chosen_filter.apply(record),
        paper,
        filter_label=chosen_filter.label(record.fs_hz),
        overlay=heat,
        lead_notes=lead_notes(caches.quality(case)),
        theme="dark" if is_dark() else "light",
    )
    width_px = round(layout.width_mm * PX_PER_MM)
    figure.update_layout(
        height=figure_height_px(width_px, layout, overlay=heat is not None),
        xaxis={"constraintoward": "left", "range": [0, min(layout.width_mm, PAPER_MM)]},
        yaxis={"constraintoward": "top"},
    )
    if layout.width_mm > PAPER_MM:
        st.caption(":material/swipe: Drag the paper sideways to see the rest of it.")
    drawn = "without overlay" if heat is None else f"with heat by {heat.label}"
    st.plotly_chart(
        figure,
        theme=None,
        key="ecg",
        config=CHART_CONFIG,
        alt=f"12-lead ECG of record {record.record_id}, {record.duration_s:.0f} s, {drawn}",
    )
    calipers(r_peaks_s=caches.measurements(case).beats.r_s, dark=is_dark())


def ask(case: Case, rule: DecisionSettings) -> tuple[list[said.OpinionRow], list[str]]:
    """Ask every group; where the recording cannot be read, give the stored opinions."""
    try:
        if case.problem is not None:
            raise case.problem
        return said.ask_groups(case, rule, caches.groups())
    except RecordError as error:
        st.warning(f"The models cannot read this recording. {error}", icon=":material/warning:")
        rows = said.stored_opinions(case.entry, rule) if case.entry else []
        return rows, ["These opinions were stored when the models were made."] if rows else []


def draw_opinions(
    case: Case, rows: list[said.OpinionRow], notes: list[str], rule: DecisionSettings
) -> None:
    """Draw the groups' opinions, their verdict, how far they differ and what they have seen."""
    main, others = said.main_and_others(rows)
    line, meaning = said.verdict_badge(main, rule, case.entry)
    if line:
        st.markdown(line, help=meaning)
    st.markdown(said.agreement(main, rule))
    _draw_chart(main, "opinions")
    for row in rows:
        if row.problem:
            st.warning(f"**{row.group.label}**: {row.problem}", icon=":material/warning:")
    for words in said.marks_in_words(rows, case.entry):
        st.markdown(f":small[{words}]")
    if others:
        with st.expander(said.others_words(others)):
            _draw_chart(others, "other_opinions")
    if rows:
        about = [said.drawing_words(rows), said.calibration_words(rows), said.sets_in_words(rows)]
        st.caption(" ".join(filter(None, [*about, *notes])))


def _draw_chart(rows: list[said.OpinionRow], key: str) -> None:
    opinions = said.drawn(rows)
    if opinions:
        figure = opinion_figure(opinions, dark=is_dark())
        figure.update_traces(cliponaxis=False)
        st.plotly_chart(
            figure,
            theme=None,
            key=key,
            config={"displayModeBar": False},
            alt=said.opinions_alt(rows),
        )


def draw_details(case: Case, rows: list[said.OpinionRow], rule: DecisionSettings) -> None:
    """Draw what is one click away; only the open tab is computed."""
    names = ["Measurements", "Median beat", "Signal quality", "Opinions as a table"]
    if case.entry is not None:
        names = ["Labels and report", *names[:2], "Earlier ECGs", *names[2:]]
    for name, tab in zip(
        names, st.tabs(names, key="details", bind="query-params", on_change="rerun"), strict=True
    ):
        if tab.open:
            with tab:
                _draw_detail(name, case, rows, rule)


def _draw_detail(
    name: str, case: Case, rows: list[said.OpinionRow], rule: DecisionSettings
) -> None:
    if name == "Labels and report":
        draw_labels(case)
    elif name == "Opinions as a table":
        _draw_table(case, rows, rule)
    elif case.display is None:
        st.info("The recording cannot be read, so nothing is measured.", icon=":material/info:")
    elif name == "Measurements":
        panels.draw_measurements(case)
    elif name == "Median beat":
        panels.draw_median(case)
    elif name == "Earlier ECGs":
        panels.draw_earlier(case)
    else:
        panels.draw_quality(caches.quality(case))


def _draw_table(case: Case, rows: list[said.OpinionRow], rule: DecisionSettings) -> None:
    if not rows:
        st.info("No model has an opinion on this recording.", icon=":material/info:")
        return
    table = said.opinions_table(rows, rule, own=case.entry is None)
    st.table(table, hide_index=True, border="horizontal")
    main, _ = said.main_and_others(rows)
    words = [said.verdict_badge(main, rule, case.entry)[1], said.calibration_words(rows)]
    st.caption(" ".join(filter(None, words)))


def draw_labels(case: Case) -> None:
    """Draw the labels, the report in both languages and the recording's facts."""
    entry = case.entry
    if entry is None:
        return
    left, right = st.columns([0.55, 0.45], gap="medium")
    with left:
        st.subheader("Labels", anchor=False)
        st.table(parts.statements_table(entry), hide_index=True, border="horizontal")
    with right:
        st.subheader("Report, original text", anchor=False)
        st.text(entry.report or "No report in this table.")
        translation = translate(entry.report)
        if translation.english.lower().split() != translation.original.lower().split():
            st.subheader("Report in English, word by word", anchor=False)
            st.text(translation.english)
            st.caption(parts.translation_words(translation))
        st.subheader("Recording", anchor=False)
        st.text(" · ".join(parts.recording_facts(entry)))
        st.text(f"Noise flags: {parts.noise_words(entry)}")
