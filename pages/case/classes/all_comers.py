"""MI among all comers: the models that know other diseases, first where the study ends."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from ecgcore.errors import ModelError, RecordError
from ecgcore.figures.predictions import predictions_figure
from ecgcore.predictions.classes.all_comers import MiScore
from ecgcore.predictions.classes.beside import Beside
from ecgcore.predictions.decision import (
    DecisionSettings,
    EnsemblePrediction,
    NoPrediction,
    predicted,
    without_verdicts,
)
from ecgcore.predictions.leakage import SeenInTraining, leakage_of
from ecgcore.ptbxl.catalog import CatalogEntry
from ecgcore.report import verdict as words
from ecgcore.tasks import mi_all_comers
from pages.case import predictions as said
from pages.case.classes.what_else import what_else
from pages.shared import caches
from pages.shared.case import Case, ReadableCase
from pages.shared.classes import caches as of_classes
from pages.shared.errors import without_folders
from pages.shared.widgets import is_dark

Row = EnsemblePrediction | NoPrediction

_NO_MI = mi_all_comers.MI_ALL_COMERS.negative

_SPACE_PX = 18
"""For the axis below a single band."""


def about(decision: DecisionSettings, n: int) -> str:
    """Say what these models know, and what makes their verdict."""
    share = f"{round(100 * decision.alpha, 4):g} %"
    together = f" Together they say MI or no MI only if all {n} agree." if n > 1 else ""
    return (
        "MI against everyone without an MI statement, bundle branch block, hypertrophy and ST-T "
        f"change among them. MI if at most {share} of fold 9's records without MI score this high, "
        f"no MI if at most {share} of its MI score this low, else refer.{together} Networks of "
        "71 SCP statements tell it by their MI statements together (noisy or)."
    )


def all_comers_rows(case: Case, decision: DecisionSettings) -> list[Row]:
    """Ask each of these models; nobody about an unreadable or a synthetic recording."""
    if not isinstance(case, ReadableCase) or case.record.synthetic:
        return []
    return [_row(case, score, decision) for score in of_classes.mi_scores()]


def beside(case: Case, decision: DecisionSettings, *, void: bool) -> Beside:
    """Gather what models beside the study's say, for the printout."""
    try:
        found = what_else(case, decision)
    except (ModelError, RecordError):
        found = None
    rows = predicted(all_comers_rows(case, decision))
    kept = tuple(without_verdicts(rows) if void else rows)
    statements = () if found is None else found.said
    return Beside(kept, statements, decision.coverage_words)


def draw_all_comers(case: Case, decision: DecisionSettings) -> bool:
    """Draw their verdict and probabilities; say whether there was anything to draw."""
    rows = all_comers_rows(case, decision)
    if not isinstance(case, ReadableCase) or not predicted(rows):
        return False
    line, _ = said.verdict_badge(rows, decision)
    meaning = about(decision, len(predicted(rows)))
    st.header(line or "Probability of MI", anchor=False, help=meaning)
    parts = [_title(rows), words.votes(rows), words.agreement(rows)]
    st.markdown("  \n".join(filter(None, parts)))
    figure = predictions_figure(predicted(rows), negative=_NO_MI, dark=is_dark())
    figure.update_layout(height=figure.layout.height + _SPACE_PX)
    st.plotly_chart(
        figure.update_traces(cliponaxis=False, selector={"type": "scatter"}),
        theme=None,
        key="all_comers",
        config={"displayModeBar": False},
        alt=said.predictions_alt(rows),
    )
    for badge in said.leakage_badges(rows, case.entry):
        st.markdown(f":small[{badge}]")
    return True


def _title(rows: list[Row]) -> str:
    by_statements = all(MiScore(one.ensemble).by_statements for one in rows)
    source = ", from the MI statements of the 71-statement networks" if by_statements else ""
    return f"**MI among all comers**{source}"


def _row(case: ReadableCase, score: MiScore, decision: DecisionSettings) -> Row:
    leakage = _leakage(score, case.entry)
    try:
        logits = score.logits(of_classes.class_logits(case, score.ensemble))
        made = of_classes.mi_rule(score, decision).predict(logits, leakage)
        return replace(made, verdict=_NO_MI) if made.verdict == "normal" else made
    except (ModelError, RecordError) as error:
        return NoPrediction(score.ensemble, without_folders(str(error)), leakage)


def _leakage(score: MiScore, entry: CatalogEntry | None) -> str | None:
    task = score.ensemble.members[0].key.task

    def seen(train_set: str, seed: int) -> SeenInTraining:
        return of_classes.seen_in_training(task, train_set, seed)

    return leakage_of(score.ensemble, caches.catalog(), entry, seen)
