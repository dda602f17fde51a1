"""What if the ECG were another: a reader changes it and sees the main ensembles follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from ecgcore.errors import RecordError
from ecgcore.explain.attribution import Attribution
from ecgcore.figures.attribution_overlay import OverlayStyle
from ecgcore.figures.ecg_paper import ecg_figure, mark_modified
from ecgcore.figures.paper_layout import PaperSettings, roomy_layout
from ecgcore.leads import LEADS
from ecgcore.predictions.decision import DecisionSettings, EnsemblePrediction, predicted
from ecgcore.predictions.ensemble import main_ensembles
from ecgcore.signals.what_if import MODIFIED, WhatIf
from ecgcore.wording.numbers import percent, signed
from pages.case import predictions as said
from pages.case.attribution.explanation import Explained
from pages.case.attribution.planted import answer, choose_plant
from pages.case.paper_choice import draw_paper
from pages.shared import caches, url_state
from pages.shared.case import ReadableCase
from pages.shared.errors import show_ecg_error
from pages.shared.plots import draw_table
from pages.shared.widgets import is_dark

_WORDS = {"silent": "silent lead", "st": "change of ST and T", "rate": "rate"}
_NONE, _AS_IS = "none", "as it is"
_ST_FACTORS = {
    _AS_IS: 1.0,
    "upside down": -1.0,
    "flat": 0.0,
    "half": 0.5,
    "1.5 times": 1.5,
    "twice": 2.0,
    "3 times": 3.0,
}
_RATES = {_AS_IS: None, **{f"{bpm} bpm": float(bpm) for bpm in range(40, 151, 10)}}


def draw_what_if(
    case: ReadableCase,
    rows: Sequence[said.Row],
    decision: DecisionSettings,
    paper: PaperSettings,
    explained: Explained,
) -> None:
    """Draw the choice of changes, the changed ECG, and each ensemble before and after."""
    st.caption(
        "Change the ECG and see what the models say. This is for teaching: the record, its "
        "verdict and its printout stay as they are."
    )
    try:
        wish = choose_changes(len(caches.measurements(case).beats.r_s))
    except RecordError as error:
        show_ecg_error(error)
        return
    if not wish.words:
        st.info("Choose a change to see the probabilities move.", icon=":material/science:")
        return
    try:
        changed = changed_case(case, wish)
        main = main_ensembles(caches.ensembles())
        after, _ = said.predict_case(changed, decision, main)
    except RecordError as error:
        show_ecg_error(error)
        return
    with st.container(key="what_if", horizontal=True, gap="small"):
        left, right = st.container(gap="xsmall"), st.container(gap="xsmall")
    with left:
        slot = st.container()
        overlay = answer(case, changed, wish, explained) if wish.plant else None
        with slot:
            draw_changed(changed, wish, paper, overlay, explained.style)
    with right:
        draw_moves(predicted(rows), predicted(after), wish)


def choose_changes(n_beats: int) -> WhatIf:
    """Draw the choices, which live in the URL.

    Raises
    ------
    RecordError
        If what is to be planted is impossible.
    """
    for key, choices in (("silent", (_NONE, *LEADS)), ("st", _ST_FACTORS), ("rate", _RATES)):
        url_state.warn_of_unknown(key, choices, what=_WORDS[key])
    lead, st_part, rate = st.columns(3)
    silent = lead.selectbox("Silence a lead", [_NONE, *LEADS], key="silent", bind="query-params")
    factor = st_part.selectbox(
        "ST and T, from J to the end of T", list(_ST_FACTORS), key="st", bind="query-params"
    )
    bpm = rate.selectbox(
        "Rate",
        list(_RATES),
        key="rate",
        bind="query-params",
        help="P, PR and QRS keep their duration, QT follows the cube root of RR, the pause "
        "before P takes the rest.",
    )
    plant = choose_plant(n_beats)
    return WhatIf("" if silent == _NONE else silent, _ST_FACTORS[factor], _RATES[bpm], plant)


def changed_case(case: ReadableCase, wish: WhatIf) -> ReadableCase:
    """Change a case as eyes and models see it; what tables say about it no longer counts.

    Raises
    ------
    RecordError
        If a wave that is needed was not found, or a change is impossible.
    """
    measured = caches.measurements(case)
    return replace(
        case,
        key=f"{case.key}, {MODIFIED}: {wish.words}",
        entry=None,
        record=wish.apply(case.record, measured),
        display=wish.apply(case.display, measured),
    )


def draw_changed(
    changed: ReadableCase,
    wish: WhatIf,
    paper: PaperSettings,
    overlay: Attribution | None,
    style: OverlayStyle,
) -> None:
    """Draw the changed ECG, marked as such, with its map where evidence was planted."""
    layout = roomy_layout(changed.display, paper)
    figure = ecg_figure(
        changed.display,
        paper,
        layout=layout,
        overlay=overlay,
        overlay_style=style,
        theme="dark" if is_dark() else "light",
    )
    alt = f"ECG {MODIFIED}, 12 leads: {wish.words}"
    draw_paper(
        mark_modified(figure, wish.words),
        layout,
        key="modified",
        alt=alt,
        overlay=overlay is not None,
    )


def draw_moves(
    before: Sequence[EnsemblePrediction], after: Sequence[EnsemblePrediction], wish: WhatIf
) -> None:
    """Write each ensemble's probability before and after, and the range of their moves."""
    earlier = {one.ensemble.name: one for one in before}
    pairs = [(earlier[one.ensemble.name], one) for one in after if one.ensemble.name in earlier]
    if not pairs:
        st.info("No model predicts this recording.", icon=":material/info:")
        return
    st.header("Probability of MI", anchor=False)
    st.markdown(f"**{wish.words}**: {moves_words(pairs)}")
    draw_table(moves_table(pairs))
    st.caption(
        "Models know MI and strictly normal ECGs only; a changed ECG may be like neither. A silent "
        "lead is at 0 mV, the others stay."
    )


def moves_words(pairs: Sequence[tuple[EnsemblePrediction, EnsemblePrediction]]) -> str:
    """Say how far the ensembles move."""
    moves = [_move(before, after) for before, after in pairs]
    if not any(moves):
        return "no ensemble moves by a point."
    low, high = min(moves), max(moves)
    if low == high:
        return f"every ensemble moves by {signed(low, 0)} points."
    return f"the ensembles move by {signed(low, 0)} to {signed(high, 0)} points."


def moves_table(pairs: Sequence[tuple[EnsemblePrediction, EnsemblePrediction]]) -> pd.DataFrame:
    """List each ensemble with its probability and verdict before and after."""
    return pd.DataFrame(
        {
            "Ensemble": [_unbroken(after.ensemble.label) for _, after in pairs],
            "Before": [_prob_words(before) for before, _ in pairs],
            "After": [_prob_words(after) for _, after in pairs],
            "Points": [_points(before, after) for before, after in pairs],
        }
    )


def _points(before: EnsemblePrediction, after: EnsemblePrediction) -> str:
    points = _move(before, after)
    return signed(points, 0) if points else "0"


def _move(before: EnsemblePrediction, after: EnsemblePrediction) -> int:
    return round(100 * (after.prob - before.prob))


def _prob_words(one: EnsemblePrediction) -> str:
    return _unbroken(f"{percent(one.prob, 0)} {one.verdict or ''}".strip())


def _unbroken(text: str) -> str:
    """Keep a cell on one line."""
    return text.replace(" ", "\N{NO-BREAK SPACE}").replace("-", "\N{NON-BREAKING HYPHEN}")
