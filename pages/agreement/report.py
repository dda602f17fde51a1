"""All readings of a study as one file."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from ecgcore.report.studies.audit import Audit
from ecgcore.report.studies.readings import readings_page
from ecgcore.review.agreement.readings_frame import label_frame
from ecgcore.review.case_entries import study_entries
from pages.shared import caches
from pages.shared.reader.caches import called, log

if TYPE_CHECKING:
    from ecgcore.ptbxl.catalog import Catalog
    from ecgcore.review.people.permissions import Person
    from ecgcore.review.store.log import ReviewLog


def draw_report(study: str, person: Person) -> None:
    """Draw the button; the file is made when it is pressed, of what the person may see."""
    st.download_button(
        "Study as one file",
        data=partial(_report, log(), caches.catalog(), study, person),
        file_name="readings.html",
        mime="text/html",
        on_click="ignore",
        icon=":material/download:",
        help="Agreement, each case to its consensus, every reading, audit id; needs no network.",
    )


def _report(store: ReviewLog, catalog: Catalog, study: str, person: Person) -> bytes:
    found = study_entries(store.snapshot()[0], study, person)
    labels = label_frame(catalog, {one.case for one in found.shown})
    return readings_page(study, found, labels, Audit.of(store), called(study))
