"""What else an ECG may be: leading statements beside the verdict, all of them in a tab."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from ecgcore.errors import ModelError, RecordError
from ecgcore.figures.ecg_paper import CHART_CONFIG, ecg_figure, figure_height_px
from ecgcore.figures.paper_layout import PaperSettings, roomy_layout
from ecgcore.predictions.classes.beside import N_LEADING, UNSAID
from ecgcore.predictions.classes.rules import ClassPrediction, ClassRules, leading
from ecgcore.predictions.decision import DecisionSettings
from ecgcore.ptbxl.catalog import CatalogEntry
from ecgcore.wording.numbers import counted, percent
from ecgcore.wording.records import likelihood_words
from ecgcore.wording.statements import STATEMENTS
from pages.shared import url_state
from pages.shared.case import Case, ReadableCase
from pages.shared.classes import caches
from pages.shared.errors import plain, show_ecg_error
from pages.shared.plots import draw_table
from pages.shared.widgets import is_dark

TAB = "What else"
_MAP_PX = 1000
_NOT_STATED = "–"
_HELP = (
    "By {n} networks that learnt all 71 SCP statements of PTB-XL, also on the records of the "
    "study. Each probability is calibrated on fold 9, each statement alone. The tab “What else” "
    "below holds all statements and how far they can be trusted."
)


@dataclass(frozen=True, slots=True)
class WhatElse:
    """What the 71-statement networks say about a case."""

    rules: ClassRules
    said: tuple[ClassPrediction, ...]
    entry: CatalogEntry | None

    @property
    def coverage(self) -> str:
        """Target coverage of the set, such as "90 %"."""
        return DecisionSettings(alpha=self.rules.alpha).coverage_words

    @property
    def in_set(self) -> list[ClassPrediction]:
        """What the conformal set holds, the likeliest first."""
        return [one for one in leading(self.said, len(self.said), least=0) if one.in_set]

    def label(self, code: str) -> str:
        """Say what the record's label states."""
        if self.entry is None:
            return ""
        stated = {one.code: one.likelihood for one in self.entry.statements}
        if code not in stated:
            return _NOT_STATED
        return likelihood_words(stated[code]) if stated[code] else "stated"


def what_else(case: Case, decision: DecisionSettings) -> WhatElse | None:
    """Ask the 71-statement networks; None where there are none or they do not know the ECG.

    Raises
    ------
    ModelError
        If fold 9 is not at hand.
    RecordError
        If the recording does not fit the models.
    """
    ensemble = caches.statements()
    if ensemble is None or not isinstance(case, ReadableCase) or case.record.synthetic:
        return None
    rules = caches.class_rules(ensemble, decision.alpha)
    return WhatElse(rules, rules.predict(caches.class_logits(case, ensemble)), case.entry)


def draw_leading(case: Case, decision: DecisionSettings) -> None:
    """Draw the leading statements with their probabilities and the record's label."""
    try:
        found = what_else(case, decision)
    except (ModelError, RecordError) as error:
        st.caption(plain(f"What else it may be is not known: {error}"))
        return
    if found is None:
        return
    n = len(found.rules.ensemble.members)
    st.markdown("**What else it may be**", help=_HELP.format(n=n))
    st.table(leading_table(found), hide_index=True, border="horizontal")
    st.caption(set_words(found))


def leading_table(found: WhatElse) -> pd.DataFrame:
    """Return a row for each leading statement."""
    shown = leading(found.said, N_LEADING, without=UNSAID)
    table = pd.DataFrame(
        {
            "Statement": [_sentence(one.name) for one in shown],
            "Probability": [percent(one.prob, 0) for one in shown],
            "Label": [found.label(one.name) for one in shown],
        }
    )
    return table if found.entry is not None else table.drop(columns="Label")


def set_words(found: WhatElse) -> str:
    """Say how many statements the set holds, and what the label states beside the leading ones."""
    words = f"Not excluded at {found.coverage} coverage: {counted(len(found.in_set), 'statement')}."
    if found.entry is None:
        return words
    shown = {one.name for one in leading(found.said, N_LEADING, without=UNSAID)}
    probs = {one.name: one.prob for one in found.said}
    missed = [
        f"{one.code} ({percent(probs[one.code], 0)})"
        for one in found.entry.statements
        if one.code in probs and one.code not in shown and one.code not in UNSAID
    ]
    return f"{words} Also in the label: {', '.join(missed)}." if missed else words


def draw_all(case: Case, decision: DecisionSettings) -> None:
    """Draw every statement with its probability, set, label, and coverage on fold 10."""
    try:
        found = what_else(case, decision)
        if found is None:
            st.info(
                "The 71-statement networks know recordings of patients alone: there is nothing to "
                "show for this one.",
                icon=":material/info:",
            )
            return
        table = all_table(found)
    except (ModelError, RecordError) as error:
        show_ecg_error(error)
        return
    draw_table(table)
    st.caption(
        f"In the set: at least {found.coverage} of fold 9's records with the statement score this "
        "high, each statement by its own limit. “Held on fold 10” counts the records with the "
        "statement that the set held there, with its exact 95 % interval. Statements with too few "
        "records in fold 9 stand last, in the order of the alphabet, and have no limit."
    )
    if isinstance(case, ReadableCase):
        _draw_map(case, found)


def _draw_map(case: ReadableCase, found: WhatElse) -> None:
    """Draw what speaks for a statement that the reader chooses, at first for none."""
    known = {f"{one.name}: {STATEMENTS[one.name]}": one.name for one in found.said}
    url_state.warn_of_unknown("explain", known, what="statement")
    chosen = st.selectbox(
        "What speaks for",
        list(known),
        index=None,
        placeholder="choose a statement",
        key="explain",
        bind="query-params",
        width=420,
    )
    if chosen not in known:
        return
    ensemble = found.rules.ensemble
    mine = caches.class_attribution(case, ensemble, known[chosen])
    layout = roomy_layout(case.display, PaperSettings())
    figure = ecg_figure(
        case.display,
        PaperSettings(),
        layout=layout,
        overlay=mine,
        theme="dark" if is_dark() else "light",
    )
    figure.update_layout(height=figure_height_px(_MAP_PX, layout, overlay=True))
    st.plotly_chart(
        figure,
        theme=None,
        key="statement_map",
        config=CHART_CONFIG,
        alt=f"{mine.label} on the ECG of {case.name}",
    )


def all_table(found: WhatElse) -> pd.DataFrame:
    """Return a row for each statement: the likeliest first, rare ones last by name."""
    ensemble = found.rules.ensemble
    held = found.rules.coverage(caches.evaluated(ensemble, "all"))
    by_name = {
        rule.name: (rule, share) for rule, share in zip(found.rules.rules, held, strict=True)
    }
    ranked = leading(found.said, len(found.said), least=0)
    rare = sorted((one for one in found.said if one.in_set is None), key=lambda one: one.name)
    rows = [*ranked, *rare]
    table = pd.DataFrame(
        {
            "Statement": [_sentence(one.name) for one in rows],
            "Code": [one.name for one in rows],
            "Probability": [_prob_words(one) for one in rows],
            f"In the {found.coverage} set": [_set_words(one) for one in rows],
            "Label": [found.label(one.name) for one in rows],
            "Records in fold 9": [by_name[one.name][0].n_positive for one in rows],
            "Held on fold 10": [
                "" if one.in_set is None else by_name[one.name][1].text(2) for one in rows
            ],
        }
    )
    return table if found.entry is not None else table.drop(columns="Label")


def _prob_words(one: ClassPrediction) -> str:
    return "not known" if one.prob != one.prob else percent(one.prob)


def _set_words(one: ClassPrediction) -> str:
    return {None: "too few records", True: "yes", False: "no"}[one.in_set]


def _sentence(code: str) -> str:
    text = STATEMENTS[code]
    return text[:1].upper() + text[1:]
