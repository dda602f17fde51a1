"""Parts of the Reliability page's first screen: the grid of diagrams, its titles and its words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from ecgcore.figures.reliability import corp_figure, reliability_figure, small
from ecgcore.tasks.mi import TRAIN_SETS
from pages.reliability import numbers as views
from pages.reliability.choice import FOCUS, Choice, set_bin
from pages.reliability.numbers import Pieces, View
from pages.shared.widgets import is_dark

if TYPE_CHECKING:
    import plotly.graph_objects as go

SYNTHETIC_WORDS = (
    "SYNTHETIC recordings: no patient stands behind them. The figures show how the page works and "
    "say nothing about patients."
)
CHART_CONFIG = {"displayModeBar": False}
MIDDLE = (0.1, 0.9)


def answer(shown: Sequence[View], choice: Choice) -> str:
    """Say in two sentences how far the probabilities hold."""
    shares = _range([100 * _between(view) for view in shown], digits=0)
    counted = "" if choice.test_set == "certain" else " Uncertain MI counts as MI here."
    return (
        f"**How far can these probabilities be trusted?** {_gap_words(shown, choice)} "
        f"(n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{len(shown[0].labels):,}). **{shares} %** of "
        "the records lie between 0.1 and 0.9, where each dot rests on few of them."
        f"{counted}"
    )


def _gap_words(shown: Sequence[View], choice: Choice) -> str:
    if choice.corp:
        parts = _range([views.corp_curve(view).miscalibration for view in shown], digits=4)
        return f"Recalibration could take **{parts}** off the Brier score (MCB, without bins)"
    gaps = _range([100 * views.ece(view, choice) for view in shown], digits=1)
    return (
        f"On average, predicted and observed differ by **{gaps} percentage points** (ECE, "
        f"{choice.n_bins} bins of {choice.binning})"
    )


def _between(view: View) -> float:
    low, high = MIDDLE
    return float(((view.probs >= low) & (view.probs <= high)).mean())


def _range(values: list[float], digits: int) -> str:
    low, high = f"{min(values):.{digits}f}", f"{max(values):.{digits}f}"
    return low if low == high else f"{low} to {high}"


def column_title(train_set: str) -> str:
    """Say what the models of a column were trained on."""
    return f":small[**{train_set}**: {TRAIN_SETS[train_set]}]"


def cell_title(view: View, choice: Choice) -> str:
    """Name the group, its calibration error with the seeds' spread, and n."""
    trained = ", trained on synthetic records" if view.group.synthetic else ""
    return (
        f"**{view.group.label}**{trained} :small[· {gap_text(view, choice)}]  \n"
        f":small[{seeds_text(view, choice)} · n = {len(view.labels):,}]"
    )


def gap_text(view: View, choice: Choice) -> str:
    """Give the ensemble's ECE, or MCB for a curve without bins."""
    if choice.corp:
        return f"MCB **{views.corp_curve(view).miscalibration:.4f}**"
    return f"ECE **{views.ece(view, choice):.3f}**"


def seeds_text(view: View, choice: Choice) -> str:
    """Give mean and standard deviation over seeds."""
    if view.n_seeds == 1:
        return "one seed"
    values, digits = views.seed_eces(view, choice), 3
    if choice.corp:
        values = np.array([curve.miscalibration for curve in views.seed_corps(view)])
        digits = 4
    spread = f"{values.mean():.{digits}f} ± {values.std(ddof=1):.{digits}f}"
    return f"{view.n_seeds} seeds {spread}"


def figure_of(view: View, choice: Choice, *, chosen: int | None = None) -> tuple[go.Figure, Pieces]:
    """Draw a group's curve of the chosen kind, with the pieces that can be chosen."""
    named = {"name": view.group.label, "train_set": view.group.train_set}
    if choice.corp:
        corp = views.corp_curve(view)
        pieces = Pieces.of_corp(corp, view.probs)
        figure = corp_figure(
            corp,
            pieces.table,
            seeds=views.seed_corps(view),
            chosen=_inside(chosen, pieces),
            dark=is_dark(),
            **named,
        )
        return figure, pieces
    curve = views.binned(view, choice)
    pieces = Pieces.of_bins(curve, view.probs)
    figure = reliability_figure(
        curve,
        seeds=views.seed_curves(view, choice),
        chosen=_inside(chosen, pieces),
        dark=is_dark(),
        **named,
    )
    return figure, pieces


def _inside(chosen: int | None, pieces: Pieces) -> int | None:
    return chosen if chosen is not None and chosen < len(pieces.table) else None


def draw_cell(view: View, choice: Choice) -> None:
    """Draw a group's small diagram under its title; a click on it chooses group and bin."""
    st.markdown(cell_title(view, choice))
    figure, pieces = figure_of(view, choice)
    key = f"curve_{view.group.name}"
    st.plotly_chart(
        small(figure),
        theme=None,
        key=key,
        config=CHART_CONFIG,
        on_select=lambda: take_click(key, view.group.label),
        selection_mode="points",
        alt=curve_alt(view, pieces, choice),
    )


def take_click(key: str, label: str) -> None:
    """Choose the group and the bin whose dot or bar was clicked in a diagram."""
    points = st.session_state[key]["selection"]["points"]
    places = [int(point["customdata"][0]) for point in points if point.get("customdata")]
    if places:
        st.session_state[FOCUS] = label
        set_bin(places[0])


def curve_alt(view: View, pieces: Pieces, choice: Choice) -> str:
    """Say what a diagram shows, for readers who do not see it."""
    filled = pieces.table.query("n > 0")
    said = "; ".join(
        f"predicted {b.mean_prob:.2f}, observed {b.observed:.2f} ({b.n_mi} of {b.n})"
        for b in filled.itertuples()
    )
    gap = gap_text(view, choice).replace("**", "")
    return (
        f"Reliability of {view.group.label} on test set {choice.test_set}, {gap}, "
        f"{seeds_text(view, choice)}: {said}"
    )


def reading(shown: Sequence[View], choice: Choice) -> str:
    """Say how the diagrams are read and what the probabilities are."""
    return " ".join([_curve_words(choice), _seed_words(shown), fitted_words(shown, choice)])


def _curve_words(choice: Choice) -> str:
    if choice.corp:
        return (
            "Line: the rising curve that fits the labels best (CORP), dots its level stretches; "
            "band: 95 % of resampled patients. Bars: records by probability."
        )
    whiskers = (
        "Whiskers: 95 % Clopper-Pearson intervals."
        if choice.band == "exact"
        else "Band: 95 % of resampled patients."
    )
    return (
        "Dots: observed share of MI in a bin at its mean predicted probability; above the diagonal "
        f"MI is more frequent than predicted, below less frequent. {whiskers} Bars: records in "
        "each bin; the last bin includes 1. Click a dot or a bar to see its ECGs below."
    )


def _seed_words(shown: Sequence[View]) -> str:
    if all(view.n_seeds == 1 for view in shown):
        return (
            "One seed for each model: a difference between A, C and D that is smaller than the "
            "intervals is no evidence."
        )
    return (
        "The curve is that of the ensemble (mean of the seeds' logits); thin lines are single "
        "seeds, and mean ± SD is over them."
    )


def fitted_words(shown: Sequence[View], choice: Choice) -> str:
    """Say what was done to the probabilities, and on how many records of fold 9."""
    if choice.method == "raw":
        return "Probabilities are raw, not recalibrated."
    fit = shown[0].calibration
    return (
        f"Probabilities are recalibrated ({choice.method_label}), each model and seed for itself "
        f"on the {fit.n:,} records of fold 9 by the rule of this test set ({fit.n_mi:,} of them "
        "MI)."
    )


def curves_table(shown: Sequence[View], choice: Choice) -> pd.DataFrame:
    """Give the numbers of all diagrams, one row for each model and bin."""
    tables = []
    for view in shown:
        table = figure_pieces(view, choice).table
        tables.append(table.assign(model=view.group.label, bin=np.arange(len(table)) + 1))
    return pd.concat(tables, ignore_index=True)


def figure_pieces(view: View, choice: Choice) -> Pieces:
    """Give the pieces of a group's curve without drawing it."""
    if choice.corp:
        return Pieces.of_corp(views.corp_curve(view), view.probs)
    return Pieces.of_bins(views.binned(view, choice), view.probs)
