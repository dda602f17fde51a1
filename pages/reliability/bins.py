"""The ECGs behind a bin of one model's curve, and what the number of bins does to the error."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from ecgcore.figures.reliability_panels import Line, lines_figure
from ecgcore.models.architectures import arch_title
from ecgcore.predictions.evaluated import Evaluated
from ecgcore.stats.calibration.curve_pieces import CurvePieces
from ecgcore.stats.metrics import Estimate
from ecgcore.stats.reliability_curve import ece_by_bins
from pages.reliability import numbers as views
from pages.reliability import overview as parts
from pages.reliability.choice import CLICKED, FEWEST_BINS, MOST_BINS, STATE, Choice, choose_bin
from pages.shared import record_table
from pages.shared.plots import draw_numbers, draw_plot, draw_table
from pages.shared.widgets import is_dark

ALL_BINS = range(FEWEST_BINS, MOST_BINS + 1)


def draw_bins(one: Evaluated, choice: Choice) -> None:
    """Draw one model's curve large, and beside it the ECGs of the chosen bin."""
    left, right = st.columns([0.43, 0.57], gap="medium")
    with right:
        pieces = views.pieces_of(one, choice)
        chosen = choose_bin(
            piece_names(pieces, choice.positive), "Level stretch" if choice.corp else "Bin"
        )
        if chosen is None:
            st.info(
                "Click a dot or a bar of a diagram, or choose a bin above: its ECGs are listed "
                "here and open in Review.",
                icon=":material/ads_click:",
            )
        else:
            _draw_cases(one, pieces, chosen, choice, "bin_cases")
    with left:
        draw_plot(
            parts.figure_of(one, pieces, choice, chosen=chosen, dark=is_dark()),
            "curve_large",
            parts.curve_alt(one, pieces, choice),
            lambda: parts.take_click("curve_large", one.ensemble.label),
        )


def open_clicked(one: Evaluated, choice: Choice) -> None:
    """Open the ECGs of the bin that was clicked just now, wherever its diagram stands."""
    clicked = st.session_state.pop(CLICKED, None)
    pieces = views.pieces_of(one, choice)
    if clicked is None or clicked >= len(pieces.table):
        return
    draw = st.dialog(one.ensemble.label, width="large")(_draw_cases)
    draw(one, pieces, clicked, choice, "clicked_cases")


def _draw_cases(one: Evaluated, pieces: CurvePieces, chosen: int, choice: Choice, key: str) -> None:
    piece, rows = pieces.table.iloc[chosen], pieces.rows[chosen]
    st.markdown(_piece_words(piece, choice.positive))
    if not rows.size:
        st.info("No record lies in this bin.", icon=":material/info:")
        return
    table = record_table.cases_table(
        one.labelled.ids[rows], one.probs[rows], one.seed_probs[:, rows], choice.data_version
    )
    record_table.draw_cases(
        table,
        choice.data_version,
        key=key,
        alt=f"{len(table)} records with their labels and probabilities of {choice.positive}",
        state=STATE,
    )


def _piece_words(piece: pd.Series, positive: str = "MI") -> str:
    if not piece["n"]:
        return f"**{piece_words(piece['left'], piece['right'])}**: empty."
    observed = Estimate(piece["observed"], piece["low"], piece["high"])
    return (
        f"**{piece_words(piece['left'], piece['right'])}**: {int(piece['n']):,} records, "
        f"{int(piece['n_mi']):,} labelled {positive}. "
        f"Predicted {piece['mean_prob']:.3f} on average, observed {observed.text()}."
    )


def piece_names(pieces: CurvePieces, positive: str = "MI") -> list[str]:
    """Say each piece in words, with its records."""
    return [
        f"{piece_words(row.left, row.right)}: {row.n:,} records, {row.n_mi:,} {positive}"
        for row in pieces.table.itertuples()
    ]


def piece_words(left: float, right: float) -> str:
    """Say the limits of a piece, with as many digits as tell them apart."""
    digits = 1
    while digits < 6 and any(round(x, digits) != x for x in (left, right)):
        if round(right - left, 6) > 3 * 10.0**-digits:
            break
        digits += 1
    return f"{left:.{digits}f} to {right:.{digits}f}"


def draw_binning(shown: Sequence[Evaluated], choice: Choice) -> None:
    """Draw the calibration error over the number of bins, and the error without bins."""
    frames = [ece_by_bins(v.labels, v.probs, ALL_BINS, choice.strategy) for v in shown]
    cut = "equal mass" if choice.strategy == "mass" else "equal width"
    st.markdown(_binning_words(shown, frames, choice, cut))
    figure = lines_figure(
        [
            Line(
                arch_title(one.ensemble.arch),
                one.ensemble.train_set,
                _line_name(one),
                frame["n_bins"].to_numpy(),
                frame["ece"].to_numpy(),
            )
            for one, frame in zip(shown, frames, strict=True)
        ],
        x_title=f"number of bins of {cut}",
        y_title="ECE of the ensemble",
        marked=choice.n_bins,
        x_range=(FEWEST_BINS - 1, MOST_BINS + 1),
        y_range=(0, 1.08 * max(frame["ece"].max() for frame in frames)),
        dark=is_dark(),
    )
    draw_plot(
        figure,
        key="ece_by_bins",
        alt="; ".join(
            f"{one.ensemble.label}: ECE {frame['ece'].min():.3f} to {frame['ece'].max():.3f} "
            "over 2 to 50 bins"
            for one, frame in zip(shown, frames, strict=True)
        ),
    )
    long = pd.concat(
        [f.assign(model=v.ensemble.label) for v, f in zip(shown, frames, strict=True)],
        ignore_index=True,
    )
    labels = {"model": "Ensemble", "n_bins": "Bins", "filled": "Bins with records", "ece": "ECE"}
    draw_numbers(long, labels, "ece_by_bins", choice)
    _draw_without_bins(shown, choice)


def _line_name(one: Evaluated) -> str:
    own = "" if one.ensemble.shipped else f" ({one.ensemble.members[0].run_name})"
    return f"{one.ensemble.train_set}{own}"


def _binning_words(
    shown: Sequence[Evaluated], frames: Sequence[pd.DataFrame], choice: Choice, cut: str
) -> str:
    widest = int(np.argmax([frame["ece"].max() - frame["ece"].min() for frame in frames]))
    ece = frames[widest].set_index("n_bins")["ece"]
    label, best, worst = shown[widest].ensemble.label, ece.idxmin(), ece.idxmax()
    return (
        f"The calibration error depends on how the bins are cut. {label} moves from "
        f"**{ece.min():.3f}** ({best} bins) to **{ece.max():.3f}** ({worst} bins) of {cut}; with "
        f"the chosen {choice.n_bins} it is {ece[choice.n_bins]:.3f}. More bins hold fewer records "
        "each, and chance alone makes their gaps larger."
    )


def _draw_without_bins(shown: Sequence[Evaluated], choice: Choice) -> None:
    st.markdown("**Without bins (CORP)**: Brier = MCB − DSC + UNC, exactly.")
    rows = []
    for one in shown:
        corp = views.corp_curve(one)
        rows.append(
            {
                "model": one.ensemble.label,
                "brier": corp.brier,
                "mcb": corp.miscalibration,
                "dsc": corp.discrimination,
                "unc": corp.uncertainty,
            }
        )
    labels = {
        "model": "Ensemble",
        "brier": "Brier",
        "mcb": "MCB: what a calibrator could take off",
        "dsc": "DSC: what telling MI from normal brings",
        "unc": "UNC: always saying the share of MI",
    }
    table = pd.DataFrame(rows)
    readable = table.rename(columns=labels).map(lambda x: x if isinstance(x, str) else f"{x:.4f}")
    draw_table(readable)
    draw_numbers(table, labels, "corp_parts", choice, digits=5)
