"""A case on the screen: the ECG with its tools beside the predictions, details below."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from ecgcore.errors import ModelError, RecordError
from ecgcore.explain.attribution import Attribution
from ecgcore.explain.relative import spread_of
from ecgcore.explain.trust import DO_NOT_TRUST, Checks
from ecgcore.figures.attribution_overlay import USUAL_STYLE, OverlayStyle
from ecgcore.figures.ecg_paper import ecg_figure
from ecgcore.figures.paper_layout import PaperSettings, roomy_layout
from ecgcore.models.cards import ModelEntry
from ecgcore.predictions.decision import DecisionSettings, main_and_others, without_verdicts
from ecgcore.ptbxl.catalog import CatalogEntry
from ecgcore.ptbxl.glossary import translate
from ecgcore.signals.filters import RAW, DisplayFilter
from ecgcore.signals.quality import lead_notes
from pages.case import labels as parts
from pages.case import panels
from pages.case import predictions as said
from pages.case.ask_ahead import ask_ahead
from pages.case.attribution import checked
from pages.case.attribution.choice import (
    choose_attribution,
    choose_layer,
    choose_style,
    warn_of_unknown_attribution,
)
from pages.case.attribution.explanation import Explained, draw_explanation
from pages.case.attribution.map_caches import attribution
from pages.case.attribution.similar import draw_similar
from pages.case.attribution.words import draw_overlay_words
from pages.case.calipers import calipers
from pages.case.classes.all_comers import beside
from pages.case.classes.other_tasks import TAB as OTHER_TASKS
from pages.case.classes.other_tasks import draw_other_tasks, other_tasks
from pages.case.classes.what_else import TAB as WHAT_ELSE
from pages.case.classes.what_else import draw_all, draw_leading
from pages.case.measurements.evidence import draw_evidence, draw_statements
from pages.case.paper_choice import draw_paper, paper_controls, warn_of_unknown_paper
from pages.case.prediction_panel import draw_predictions, predict
from pages.case.print_menu import print_menu, printout_content
from pages.case.scope_caches import scope_of_case, stored_scope
from pages.case.what_if import draw_what_if
from pages.shared import caches, url_state
from pages.shared.case import Case, ReadableCase, UnreadableCase
from pages.shared.decision_choice import chosen_settings
from pages.shared.errors import show_ecg_error
from pages.shared.plots import draw_table
from pages.shared.widgets import is_dark

_TAB_ADVICE = "the first one is open."
TABLE_TAB = "Predictions as a table"
OTHERS_TAB = "Other ECGs"
_RENAMED_TABS = {"Opinions as a table": TABLE_TAB, "Earlier ECGs": OTHERS_TAB}
WHAT_IF_TAB = "What if"
EXPLANATION_TAB = "Explanation"
SIMILAR_TAB = "Similar cases"


def draw_case(case: Case) -> None:
    """Draw everything about a case."""
    warn_of_unknown_attribution()
    warn_of_unknown_paper()
    ask_ahead(case)
    with st.container(key="case_line", horizontal=True, vertical_alignment="center", gap="xsmall"):
        if isinstance(case, ReadableCase):
            st.markdown(panels.key_values(caches.measurements(case)))
        with st.container(horizontal=True, width="content", gap="xsmall"):
            paper, chosen_filter = paper_controls()
            with st.popover("Overlay", icon=":material/layers:"):
                method, who = choose_attribution()
                by_spread = choose_layer()
                style = choose_style()
            print_slot = st.container(width="content")
    with st.container(key="case", horizontal=True, gap="small"):
        ecg_side, panel = st.container(gap="xsmall"), st.container()
    overlay, checks = None, None
    with ecg_side:
        if isinstance(case, UnreadableCase):
            show_ecg_error(case.problem)
        else:
            overlay = attribution_of(case, method, who)
            checks = None if overlay is None else checked.known_checks(case, who, method)
            draw_sheet(case, paper, chosen_filter, overlay, style, checks, by_spread=by_spread)
            checks_slot = st.container()
    with panel:
        decision = chosen_settings()
        rows, notes = predict(case, decision)
        scope = scope_of_case(case) if isinstance(case, ReadableCase) else stored_scope(case.entry)
        if scope is not None and scope.void:
            rows = without_verdicts(rows)
        first = who[0] if who else None
        draw_predictions(case, rows, notes, decision, scope, first=first, overlay=overlay)
    with ecg_side:
        draw_leading(case, decision)
    if isinstance(case, ReadableCase):
        with print_slot:
            printed = None if overlay is None else replace(overlay, checks=checks)
            others = beside(case, decision, void=scope is not None and scope.void)
            content = printout_content(
                case, rows, decision, scope, paper, chosen_filter, printed, others
            )
            print_menu(case, content)
    draw_details(case, rows, decision, paper, Explained(method, who, style))
    if isinstance(case, ReadableCase) and overlay is not None and checks is None:
        with checks_slot:
            if checked.make_checks(case, who, method):
                st.rerun()


def attribution_of(
    case: ReadableCase, method: str, who: tuple[ModelEntry, ...]
) -> Attribution | None:
    """Explain what was chosen; an error is shown, and there is no attribution."""
    if method == "none" or not who:
        return None
    try:
        return attribution(case, who, method)
    except (ModelError, RecordError) as error:
        show_ecg_error(error)
        return None


def draw_sheet(
    case: ReadableCase,
    paper: PaperSettings,
    chosen_filter: DisplayFilter,
    overlay: Attribution | None,
    style: OverlayStyle = USUAL_STYLE,
    checks: Checks | None = None,
    *,
    by_spread: bool = False,
) -> None:
    """Draw the ECG and its calipers, which full screen shows alone, and what a reader must know."""
    record = case.display
    spread = None if overlay is None or not by_spread else spread_of(overlay)
    seen_map = overlay if spread is None else spread
    refused = checks is not None and checks.badge == DO_NOT_TRUST
    layout = roomy_layout(record, paper)
    drawn = chosen_filter.apply(record)
    figure = ecg_figure(
        drawn,
        paper,
        layout=layout,
        unfiltered=None if chosen_filter == RAW else record,
        filter_label=chosen_filter.label(record.fs_hz),
        overlay=seen_map,
        overlay_style=replace(style, refused=refused),
        lead_notes=lead_notes(caches.quality(case)),
        theme="dark" if is_dark() else "light",
    )
    seen = "without overlay" if overlay is None else f"with overlay by {overlay.label}"
    seen += " (spread between its seeds)" if spread is not None else ""
    seen += ", refused by its checks" if refused else ""
    with st.container(key="ecg_sheet", gap="xsmall"):
        draw_paper(
            figure,
            layout,
            key="ecg",
            alt=f"12-lead ECG of record {record.record_id}, {record.duration_s:.0f} s, {seen}",
            overlay=overlay is not None,
        )
        calipers(r_peaks_s=caches.measurements(case).beats.r_s, dark=is_dark())
    for warning in record.warnings if case.entry else ():
        st.caption(warning)
    words = panels.swap_words(caches.quality(case)) + parts.off_paper(drawn, layout)
    if words:
        st.caption(words)
    if overlay is not None:
        draw_overlay_words(case, overlay, layout, checks)


def draw_details(
    case: Case,
    rows: list[said.Row],
    decision: DecisionSettings,
    paper: PaperSettings,
    explained: Explained,
) -> None:
    """Draw what is one click away; only the open tab is computed."""
    names = ["Measurements", "Median beat", "Signal quality", WHAT_ELSE, TABLE_TAB, EXPLANATION_TAB]
    names += [SIMILAR_TAB, WHAT_IF_TAB]
    if other_tasks():
        names.insert(names.index(WHAT_ELSE) + 1, OTHER_TASKS)
    if case.entry is not None:
        names = ["Labels and report", *names[:2], OTHERS_TAB, *names[2:]]
    url_state.follow_renamed("details", _RENAMED_TABS)
    url_state.warn_of_unknown("details", [*names, *_RENAMED_TABS], what="tab", advice=_TAB_ADVICE)
    for name, tab in zip(
        names, st.tabs(names, key="details", bind="query-params", on_change="rerun"), strict=True
    ):
        if tab.open:
            with tab:
                if name == WHAT_IF_TAB and isinstance(case, ReadableCase):
                    draw_what_if(case, rows, decision, paper, explained)
                elif name == EXPLANATION_TAB and isinstance(case, ReadableCase):
                    draw_explanation(case, explained, paper)
                elif name == OTHER_TASKS and isinstance(case, ReadableCase):
                    draw_other_tasks(case, decision)
                elif name == SIMILAR_TAB and isinstance(case, ReadableCase):
                    draw_similar(case, explained)
                elif name == "Measurements" and isinstance(case, ReadableCase):
                    draw_statements(case)
                    draw_evidence(case, paper)
                    panels.draw_measurements(case)
                else:
                    _draw_detail(name, case, rows, decision)


def _draw_detail(name: str, case: Case, rows: list[said.Row], decision: DecisionSettings) -> None:
    if name == "Labels and report":
        if case.entry is not None:
            draw_labels(case.entry)
    elif name == WHAT_ELSE:
        draw_all(case, decision)
    elif name == TABLE_TAB:
        _draw_table(case.entry, rows, decision)
    elif isinstance(case, UnreadableCase):
        st.info("The recording cannot be read, so nothing is measured.", icon=":material/info:")
    elif name == "Median beat":
        panels.draw_median(case)
    elif name == OTHERS_TAB:
        panels.draw_earlier(case)
    else:
        panels.draw_quality(caches.quality(case))


def _draw_table(
    entry: CatalogEntry | None, rows: list[said.Row], decision: DecisionSettings
) -> None:
    if not rows:
        st.info("No model predicts this recording.", icon=":material/info:")
        return
    table = said.predictions_table(rows, decision, own=entry is None)
    draw_table(table)
    main, _ = main_and_others(rows)
    words = [said.verdict_badge(main, decision)[1], said.probability_words(rows)]
    st.caption(" ".join(filter(None, words)))


def draw_labels(entry: CatalogEntry) -> None:
    """Draw the labels, the report in both languages and the recording's facts."""
    left, right = st.columns([0.55, 0.45], gap="medium")
    with left:
        st.header("Labels", anchor=False)
        st.table(parts.statements_table(entry), hide_index=True, border="horizontal")
    with right:
        st.header("Report, original text", anchor=False)
        st.text(entry.report or "This data set has no report of the record.")
        translation = translate(entry.report)
        if translation.english.lower().split() != translation.original.lower().split():
            st.header("Report in English, word by word", anchor=False)
            st.text(translation.english)
            st.caption(parts.translation_words(translation))
        st.header("Recording", anchor=False)
        st.text(" · ".join(parts.recording_facts(entry)))
        st.text(f"Noise flags: {parts.noise_words(entry)}")
