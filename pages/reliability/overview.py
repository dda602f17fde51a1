"""Parts of the Reliability page's first screen: the grid of diagrams, its titles and its words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from ecgcore.figures.reliability import corp_figure, reliability_figure, small
from ecgcore.predictions.evaluated import Evaluated
from ecgcore.stats.calibration.curve_pieces import CurvePieces
from ecgcore.tasks.mi import TRAIN_SETS
from ecgcore.wording.numbers import percent
from pages.reliability import numbers as views
from pages.reliability.choice import CLICKED, FOCUS, Choice, set_bin
from pages.shared.plots import INTERVAL, draw_plot
from pages.shared.widgets import is_dark

if TYPE_CHECKING:
    from ecgcore.figures.theme import Figure

CURVE_LABELS = {
    "model": "Ensemble",
    "bin": "Bin",
    "left": "From",
    "right": "To",
    "n": "Records",
    "n_mi": "MI among them",
    "mean_prob": "Mean predicted probability",
    "observed": "Observed MI fraction",
    **INTERVAL,
}
MIDDLE = (0.1, 0.9)
_SAME_SHARE = 0.03


def answer(shown: Sequence[Evaluated], choice: Choice) -> str:
    """Say how far the probabilities hold, and where the share of MI alone moves them."""
    shares = _range([100 * _between(one) for one in shown], digits=0)
    counted = "" if choice.test_set == "certain" else " Uncertain MI counts as MI here."
    counted += "" if choice.method == "raw" else _share_words(shown[0])
    return (
        f"**How far can these probabilities be trusted?** {_gap_words(shown, choice)} "
        f"(n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{len(shown[0].labels):,}). **{shares} %** of "
        "the records lie between 0.1 and 0.9, where each dot rests on few of them."
        f"{counted}"
    )


def _gap_words(shown: Sequence[Evaluated], choice: Choice) -> str:
    if choice.corp:
        parts = _range([views.gap(one, choice) for one in shown], digits=4)
        return f"A calibrator could take **{parts}** off the Brier score (MCB, without bins)"
    gaps = _range([100 * views.gap(one, choice) for one in shown], digits=1)
    return (
        f"On average, predicted and observed differ by **{gaps} percentage points** (ECE, "
        f"{choice.n_bins} bins of {choice.binning})"
    )


def _between(one: Evaluated) -> float:
    low, high = MIDDLE
    return float(((one.probs >= low) & (one.probs <= high)).mean())


def _range(values: list[float], digits: int) -> str:
    low, high = f"{min(values):.{digits}f}", f"{max(values):.{digits}f}"
    return low if low == high else f"{low} to {high}"


def column_title(train_set: str) -> str:
    """Say what the models of a column were trained on."""
    return f":small[**{train_set}**: {TRAIN_SETS[train_set]}]"


def cell_title(one: Evaluated, choice: Choice, name: str = "") -> str:
    """Name the ensemble, by its label or by `name`, its calibration error, its seeds', and n."""
    trained = ", trained on synthetic records" if one.ensemble.synthetic else ""
    return (
        f"**{name or one.ensemble.label}**{trained} :small[· {gap_text(one, choice)}]  \n"
        f":small[{seeds_text(one, choice)} · n = {len(one.labels):,}]"
    )


def gap_text(one: Evaluated, choice: Choice) -> str:
    """Give the ensemble's ECE, or MCB for a curve without bins."""
    name, digits = ("MCB", 4) if choice.corp else ("ECE", 3)
    return f"{name} **{views.gap(one, choice):.{digits}f}**"


def seeds_text(one: Evaluated, choice: Choice) -> str:
    """Give mean and standard deviation over seeds."""
    if one.n_seeds == 1:
        return "one seed"
    values, digits = views.seed_gaps(one, choice), 4 if choice.corp else 3
    return f"{one.n_seeds} seeds {values.mean():.{digits}f} ± {values.std(ddof=1):.{digits}f}"


def figure_of(
    one: Evaluated,
    pieces: CurvePieces,
    choice: Choice,
    *,
    chosen: int | None = None,
    dark: bool = False,
) -> Figure:
    """Draw an ensemble's curve of the chosen kind; a chosen piece stands out."""
    mark = chosen if chosen is not None and chosen < len(pieces.table) else None
    named = {
        "name": one.ensemble.label,
        "train_set": one.ensemble.train_set,
        "positive": choice.positive,
    }
    if choice.corp:
        return corp_figure(
            views.corp_curve(one),
            pieces.table,
            seeds=views.seed_corps(one),
            chosen=mark,
            dark=dark,
            **named,
        )
    return reliability_figure(
        views.binned(one, choice),
        seeds=views.seed_curves(one, choice),
        chosen=mark,
        dark=dark,
        **named,
    )


def draw_cell(one: Evaluated, choice: Choice, name: str = "") -> None:
    """Draw an ensemble's small diagram under its title; a click on it chooses ensemble and bin."""
    st.markdown(cell_title(one, choice, name))
    pieces = views.pieces_of(one, choice)
    key = f"curve_{one.ensemble.name}"
    draw_plot(
        small(figure_of(one, pieces, choice, dark=is_dark())),
        key,
        curve_alt(one, pieces, choice),
        lambda: take_click(key, one.ensemble.label),
    )


def take_click(key: str, label: str) -> None:
    """Choose the ensemble and the bin whose dot or bar was clicked, whose list then opens."""
    points = st.session_state[key]["selection"]["points"]
    places = [int(point["customdata"][0]) for point in points if point.get("customdata")]
    if places:
        st.session_state[FOCUS] = label
        st.session_state[CLICKED] = places[0]
        set_bin(places[0])


def curve_alt(one: Evaluated, pieces: CurvePieces, choice: Choice) -> str:
    """Say what a diagram shows, for readers who do not see it."""
    filled = pieces.table.query("n > 0")
    said = "; ".join(
        f"predicted {b.mean_prob:.2f}, observed {b.observed:.2f} ({b.n_mi} of {b.n})"
        for b in filled.itertuples()
    )
    gap = gap_text(one, choice).replace("**", "")
    return (
        f"Reliability of {one.ensemble.label} on test set {choice.test_set}, {gap}, "
        f"{seeds_text(one, choice)}: {said}"
    )


def reading(shown: Sequence[Evaluated], choice: Choice) -> str:
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
        "each bin; the last bin includes 1."
    )


def _seed_words(shown: Sequence[Evaluated]) -> str:
    if all(one.n_seeds == 1 for one in shown):
        return (
            "One seed for each ensemble: a difference between A, C and D that is smaller than the "
            "intervals is no evidence."
        )
    return (
        "The curve is that of the ensemble (mean of the seeds' logits); thin lines are single "
        "seeds, and mean ± SD is over them."
    )


def fitted_words(shown: Sequence[Evaluated], choice: Choice) -> str:
    """Say what was done to the probabilities, and on how many records of fold 9."""
    if choice.method == "raw":
        return "Probabilities are uncalibrated."
    fit = shown[0].calibrator
    return (
        f"Probabilities are calibrated ({choice.probabilities}), each ensemble and seed for itself "
        f"on the study's {fit.n:,} records of fold 9 with all labels ({fit.n_mi:,} of them MI), "
        "for every test set and page."
    )


def _share_words(one: Evaluated) -> str:
    """Say where the dots must lie because MI is rarer or more frequent than in fold 9."""
    there, here = one.calibrator.n_mi / one.calibrator.n, float(one.labels.mean())
    if abs(here - there) < _SAME_SHARE:
        return ""
    side = "below" if here < there else "above"
    return (
        f" The calibrator was fitted at {percent(there, 0)} MI; here {percent(here, 0)} are MI, "
        f"which alone moves the dots {side} the diagonal."
    )


def curves_table(shown: Sequence[Evaluated], choice: Choice) -> pd.DataFrame:
    """Give the numbers of all diagrams, one row for each ensemble and bin."""
    tables = []
    for one in shown:
        table = views.pieces_of(one, choice).table
        tables.append(table.assign(model=one.ensemble.label, bin=np.arange(len(table)) + 1))
    return pd.concat(tables, ignore_index=True)
