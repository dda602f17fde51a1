"""The predictions beside the ECG: one verdict, then each ensemble on its own band."""

from __future__ import annotations

import streamlit as st

from ecgcore.errors import RecordError
from ecgcore.explain.attribution import Attribution
from ecgcore.figures.predictions import predictions_figure
from ecgcore.models.cards import ModelEntry
from ecgcore.predictions.decision import (
    DecisionSettings,
    NoPrediction,
    main_and_others,
    predicted,
)
from ecgcore.predictions.scope import Scope
from ecgcore.report import verdict as words
from pages.case import predictions as said
from pages.case.classes.all_comers import draw_all_comers
from pages.shared import caches
from pages.shared.case import Case, ReadableCase, UnreadableCase
from pages.shared.errors import plain
from pages.shared.widgets import is_dark


def predict(case: Case, decision: DecisionSettings) -> tuple[list[said.Row], list[str]]:
    """Predict by every ensemble; where they cannot read the recording, give what is stored."""
    problem = case.problem if isinstance(case, UnreadableCase) else None
    if isinstance(case, ReadableCase):
        try:
            return said.predict_case(case, decision, caches.ensembles())
        except RecordError as error:
            problem = error
    unread = plain(f"The models cannot read this recording. {problem}")
    st.warning(unread, icon=":material/warning:")
    rows = said.stored_predictions(case.entry, decision) if case.entry else []
    return rows, ["These predictions were stored when the models were made."] if rows else []


def draw_predictions(
    case: Case,
    rows: list[said.Row],
    notes: list[str],
    decision: DecisionSettings,
    scope: Scope | None,
    *,
    first: ModelEntry | None = None,
    overlay: Attribution | None = None,
) -> None:
    """Draw the one verdict, each ensemble's probability on its band, and its leakage.

    The local run that is explained, `first`, stands above the study's main ensembles.
    """
    main, others = main_and_others(rows)
    local = [row for row in others if first in row.ensemble.members and not row.ensemble.shipped]
    others = [row for row in others if row not in local]
    caution = words.caution(case.entry, scope)
    muted = bool(caution)
    explained = None if overlay is None or overlay.members else overlay.model
    if local:
        st.markdown(f"**{local[0].ensemble.label}**")
        _draw_chart(local, "local_prediction", explained, muted=muted)
    void = scope is not None and scope.void
    first_said = muted and not void and draw_all_comers(case, decision)
    if first_said:
        st.markdown("**The models of the study, on MI and strictly normal ECGs**")
    if rows and muted:
        st.markdown(f":small[:orange[**{caution}**] {' '.join(words.limits(scope))}]")
    line, meaning = said.verdict_badge(main, decision, muted=muted)
    title = line or ("No verdict" if void else "Probability of MI")
    if first_said:
        st.markdown(title, help=meaning or None)
    else:
        st.header(title, anchor=False, help=meaning or None)
    st.markdown("  \n".join(filter(None, [words.votes(main), words.agreement(main)])))
    _draw_chart(main, "predictions", explained, muted=muted)
    for row in rows:
        if isinstance(row, NoPrediction):
            unpredicted = f"**{row.ensemble.label}**: {plain(row.problem)}"
            st.warning(unpredicted, icon=":material/warning:")
    for badge in said.leakage_badges(rows, case.entry):
        st.markdown(f":small[{badge}]")
    if rows:
        about = [said.explained_words(rows, explained), words.calls(main, decision)]
        st.caption(
            " ".join(filter(None, [*about, said.drawing_words(rows), *notes])),
            help=f"{said.probability_words(rows)} {said.sets_in_words(rows)}",
        )
    if others:
        with st.expander(said.others_words(others)):
            _draw_chart(others, "other_predictions", explained, muted=muted)


def _draw_chart(
    rows: list[said.Row], key: str, explained: ModelEntry | None, *, muted: bool
) -> None:
    if made := predicted(rows):
        figure = predictions_figure(made, explained=explained, muted=muted, dark=is_dark())
        st.plotly_chart(
            figure,
            theme=None,
            key=key,
            config={"displayModeBar": False},
            alt=said.predictions_alt(rows),
        )
