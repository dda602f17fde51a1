"""What a reader sees after the commit: the own reading, then label, report, models, others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from ecgcore.figures.paper_layout import PaperSettings
from ecgcore.predictions.decision import without_verdicts
from ecgcore.ptbxl.earlier import leading_diagnosis
from ecgcore.review.people.permissions import Person, Target, allowed
from ecgcore.review.readings.adjudication import by_case
from ecgcore.signals.filters import DisplayFilter
from ecgcore.wording.numbers import counted
from ecgcore.wording.records import ABOUT_LABEL_GROUPS, LABEL_GROUPS
from pages.case.prediction_panel import draw_predictions, predict
from pages.case.print_menu import print_menu, printout_content
from pages.case.scope_caches import scope_of_case, stored_scope
from pages.shared.case import Case, ReadableCase
from pages.shared.decision_choice import chosen_settings
from pages.shared.errors import plain

if TYPE_CHECKING:
    from ecgcore.ptbxl.catalog import CatalogEntry
    from ecgcore.review.readings.reading import Reading
    from ecgcore.review.readings.rounds import Progress
    from ecgcore.review.store.chain import Entry

Drawn = tuple[PaperSettings, DisplayFilter]
"""The paper, and the filter through which it was drawn."""
_METHOD = "Integrated Gradients"


def draw_own(found: Progress) -> None:
    """Draw the reader's readings of the case, the first one first."""
    for number, reading in enumerate(found.readings, 1):
        name = "Your reading" if number == 1 else f"Changed, reading {number}"
        st.markdown(f"**{name}**: {reading.words}")
        if more := _more(reading):
            st.caption(more)


def _more(reading: Reading) -> str:
    parts = [f"{reading.seconds:.0f} s" if reading.seconds else ""]
    if reading.calipers:
        parts.append(f"{counted(len(reading.calipers), 'caliper')} kept")
    parts.append(plain(reading.text))
    return " · ".join(part for part in parts if part)


def draw_label(entry: CatalogEntry) -> None:
    """Draw the label in a line, and who the patient is."""
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.markdown("**Label**", width="content")
        about = f"Label group: {ABOUT_LABEL_GROUPS[entry.group]}."
        st.badge(LABEL_GROUPS[entry.group], color="blue", help=about)
        st.badge(leading_diagnosis(entry), color="violet")
    st.caption(f"Record {entry.ecg_id} · {entry.age} · {entry.sex}")


def draw_models(case: Case, drawn: Drawn) -> None:
    """Draw the models' predictions, the way to their maps, and the printout of the case."""
    decision = chosen_settings()
    rows, notes = predict(case, decision)
    scope = scope_of_case(case) if isinstance(case, ReadableCase) else stored_scope(case.entry)
    if scope is not None and scope.void:
        rows = without_verdicts(rows)
    draw_predictions(case, rows, notes, decision, scope)
    if case.entry is not None:
        st.page_link(
            "review/page.py",
            label="See where the models look, on Review",
            icon=":material/layers:",
            query_params={"record": str(case.entry.ecg_id), "method": _METHOD},
        )
    if isinstance(case, ReadableCase):
        content = printout_content(case, rows, decision, scope, *drawn, None)
        print_menu(case, content, asks_name=False)


def draw_others(person: Person, target: Target, entries: list[Entry]) -> None:
    """Draw what the other readers said, as far as the person may see it."""
    said = by_case(entries).get(entries[0].case) if entries else None
    if said is None:
        return
    names = allowed(person, "see names", target)
    shown = [
        f"- {plain(name)}: {reading.words}"
        for who, (name, reading) in zip(said.readers, said.shown(names=names), strict=True)
        if who != person.name and allowed(person, "see reading", replace(target, owner=who))
    ]
    if shown:
        st.markdown("**Other readers**\n" + "\n".join(shown))
    if said.consensus is not None and shown:
        st.markdown(f"**Consensus**: {said.consensus.words}")
