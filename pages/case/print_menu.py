"""The menu that prints a case as PDF or PNG, exactly as it stands on the screen."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import streamlit as st

from ecgcore.errors import ReviewError
from ecgcore.explain.attribution import Attribution
from ecgcore.figures.paper_layout import PaperSettings
from ecgcore.predictions.classes.beside import Beside
from ecgcore.predictions.decision import DecisionSettings
from ecgcore.predictions.scope import Scope
from ecgcore.ptbxl.glossary import translate
from ecgcore.report.case_readings import CaseReadings
from ecgcore.report.printout import PAPERS, PrintoutContent, printout_pdf, printout_png
from ecgcore.review.people.permissions import Person
from ecgcore.review.store.log import ReviewLog
from ecgcore.signals.filters import DisplayFilter
from pages.case.predictions import Row, used_for
from pages.shared import caches
from pages.shared.case import ReadableCase
from pages.shared.errors import show_ecg_error
from pages.shared.reader import KEY, LONGEST, current_reader
from pages.shared.reader.caches import log
from pages.shared.reader.log_in import has_log_in


def print_menu(case: ReadableCase, content: PrintoutContent, *, asks_name: bool = True) -> None:
    """Draw the menu of a case; a file is made only when it is asked for.

    Parameters
    ----------
    asks_name
        Whether it asks who prints readings; False where the page does.
    """
    with st.popover("Print", icon=":material/print:"):
        paper = st.segmented_control(
            "Paper, landscape", list(PAPERS), default="A4", required=True, key="print_paper"
        )
        name = re.sub(r"[^\w-]+", "-", case.name).strip("-").lower() or "ecg"
        st.download_button(
            "PDF with measurements",
            data=partial(_pdf, content, paper, *_asked_readings(case, asks_name=asks_name)),
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


def _asked_readings(
    case: ReadableCase, *, asks_name: bool
) -> tuple[ReviewLog | None, Person | None]:
    """Ask whether readings are printed too, and for whom; no store where they are not."""
    if case.entry is None or not st.checkbox(
        "With readings, consensus and audit id", key="print_readings"
    ):
        return None, None
    if asks_name and not has_log_in():
        st.text_input("Your initials", key=KEY, bind="query-params", max_chars=LONGEST)
    try:
        person = current_reader()
    except ReviewError as error:
        show_ecg_error(error)
        person = None
    if person is None:
        st.caption("Without a name no reading is printed.")
        return None, None
    return log(), person


def _pdf(
    content: PrintoutContent, paper: str, store: ReviewLog | None, person: Person | None
) -> bytes:
    """Print, with the readings as they are at that moment."""
    if store is not None and content.entry is not None:
        entries, head = store.snapshot()
        said = CaseReadings.of(entries, head, str(content.entry.ecg_id), person)
        content = replace(content, readings=said)
    return printout_pdf(content, paper)


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
