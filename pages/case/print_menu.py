"""The menu that prints a case as PDF or PNG, exactly as it stands on the screen."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import partial

import streamlit as st

from ecgcore.figures.attribution_overlay import AttributionOverlay
from ecgcore.figures.paper_layout import PaperSettings
from ecgcore.predictions.decision import DecisionSettings
from ecgcore.ptbxl.glossary import translate
from ecgcore.report.printout import PAPERS, ModelOpinion, ReportContent, report_pdf, report_png
from ecgcore.signals.filters import DisplayFilter
from pages.case.predictions import OpinionRow, used_for
from pages.shared import caches
from pages.shared.case import Case


def print_menu(
    case: Case,
    rows: list[OpinionRow],
    rule: DecisionSettings,
    settings: PaperSettings,
    chosen_filter: DisplayFilter,
    heat: AttributionOverlay | None,
    attribution_words: str,
) -> None:
    """Draw the menu of a readable case; a file is made only when it is asked for."""
    if case.display is None:
        return
    with st.popover("Print", icon=":material/print:"):
        paper = st.segmented_control(
            "Paper, landscape", list(PAPERS), default="A4", required=True, key="print_paper"
        )
        content = _content(case, rows, rule, settings, chosen_filter, heat, attribution_words)
        name = re.sub(r"[^\w-]+", "-", case.name).strip("-").lower() or "ecg"
        st.download_button(
            "PDF with measurements",
            data=partial(report_pdf, content, paper),
            file_name=f"{name}.pdf",
            mime="application/pdf",
            on_click="ignore",
            icon=":material/picture_as_pdf:",
        )
        st.download_button(
            "PNG of the ECG",
            data=partial(report_png, content, paper),
            file_name=f"{name}.png",
            mime="image/png",
            on_click="ignore",
            icon=":material/image:",
        )
        st.caption("True to scale: print at 100 %, without “fit to page”.")


def _content(
    case: Case,
    rows: list[OpinionRow],
    rule: DecisionSettings,
    settings: PaperSettings,
    chosen_filter: DisplayFilter,
    heat: AttributionOverlay | None,
    attribution_words: str,
) -> ReportContent:
    record, entry = case.display, case.entry
    return ReportContent(
        record=chosen_filter.apply(record),
        data_version=caches.catalog().version if entry else "own recording",
        created=datetime.now(UTC).astimezone(),
        settings=settings,
        filter_label=chosen_filter.label(record.fs_hz),
        entry=entry,
        measurements=caches.measurements(case),
        quality=caches.quality(case),
        translation=translate(entry.report) if entry else None,
        opinions=tuple(
            ModelOpinion.of(
                row.group, row.opinion, row.reader, row.mark if entry else None, row.problem
            )
            for row in rows
        ),
        rule=rule,
        fitted_words=used_for(rows, entry),
        overlay=heat,
        overlay_words=attribution_words,
    )
