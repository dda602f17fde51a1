"""The menu that prints a case as PDF or PNG, exactly as it stands on the screen."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import partial

import streamlit as st

from ecgcore.explain.attribution import Attribution
from ecgcore.figures.paper_layout import PaperSettings
from ecgcore.predictions.classes.beside import Beside
from ecgcore.predictions.decision import DecisionSettings
from ecgcore.predictions.scope import Scope
from ecgcore.ptbxl.glossary import translate
from ecgcore.report.printout import PAPERS, PrintoutContent, printout_pdf, printout_png
from ecgcore.signals.filters import DisplayFilter
from pages.case.predictions import Row, used_for
from pages.shared import caches
from pages.shared.case import ReadableCase


def print_menu(case: ReadableCase, content: PrintoutContent) -> None:
    """Draw the menu of a case; a file is made only when it is asked for."""
    with st.popover("Print", icon=":material/print:"):
        paper = st.segmented_control(
            "Paper, landscape", list(PAPERS), default="A4", required=True, key="print_paper"
        )
        name = re.sub(r"[^\w-]+", "-", case.name).strip("-").lower() or "ecg"
        st.download_button(
            "PDF with measurements",
            data=partial(printout_pdf, content, paper),
            file_name=f"{name}.pdf",
            mime="application/pdf",
            on_click="ignore",
            icon=":material/picture_as_pdf:",
        )
        st.download_button(
            "PNG of the ECG",
            data=partial(printout_png, content, paper),
            file_name=f"{name}.png",
            mime="image/png",
            on_click="ignore",
            icon=":material/image:",
        )
        st.caption("True to scale: print at 100 %, without “fit to page”.")


def printout_content(
    case: ReadableCase,
    rows: list[Row],
    decision: DecisionSettings,
    scope: Scope | None,
    settings: PaperSettings,
    chosen_filter: DisplayFilter,
    overlay: Attribution | None,
    beside: Beside | None = None,
) -> PrintoutContent:
    """Gather what stands on the screen."""
    record, entry = case.display, case.entry
    return PrintoutContent(
        record=chosen_filter.apply(record),
        data_version=caches.catalog().version if entry else "uploaded ECG",
        created=datetime.now(UTC).astimezone(),
        settings=settings,
        filter_label=chosen_filter.label(record.fs_hz),
        entry=entry,
        measurements=caches.measurements(case),
        quality=caches.quality(case),
        translation=translate(entry.report) if entry else None,
        predictions=tuple(rows),
        decision=decision,
        fitted_words=used_for(rows, entry),
        overlay=overlay,
        scope=scope,
        beside=beside,
    )
