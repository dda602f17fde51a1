"""The ECGs behind a bin of one model's curve, and what the number of bins does to the error."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from ecgcore.figures.reliability_panels import Line, lines_figure
from ecgcore.models.cards import ARCH_NAMES
from ecgcore.stats.calibration.reliability_curve import ece_by_bins
from ecgcore.stats.metrics import Estimate
from pages.reliability import numbers as views
from pages.reliability import overview as parts
from pages.reliability.choice import FEWEST_BINS, MOST_BINS, Choice, choose_bin
from pages.reliability.metrics import draw_numbers
from pages.reliability.numbers import Pieces, View
from pages.shared import record_table
from pages.shared.widgets import is_dark

ALL_BINS = range(FEWEST_BINS, MOST_BINS + 1)


def draw_bins(view: View, choice: Choice) -> None:
    """Draw one model's curve large, and beside it the ECGs of the chosen bin."""
    left, right = st.columns([0.43, 0.57], gap="medium")
    with right:
        pieces = parts.figure_pieces(view, choice)
        chosen = choose_bin(pieces.names(), "Level stretch" if choice.corp else "Bin")
        if chosen is None:
            st.info(
                "Click a dot or a bar of a diagram, or choose a bin above: its ECGs are listed "
                "here and open in Review.",
                icon=":material/ads_click:",
            )
        else:
            _draw_cases(view, pieces, chosen, choice)
    with left:
        figure, _ = parts.figure_of(view, choice, chosen=chosen)
        st.plotly_chart(
            figure,
            theme=None,
            key="curve_large",
            config=parts.CHART_CONFIG,
            on_select=lambda: parts.take_click("curve_large", view.group.label),
            selection_mode="points",
            alt=parts.curve_alt(view, pieces, choice),
        )


def _draw_cases(view: View, pieces: Pieces, chosen: int, choice: Choice) -> None:
    piece, rows = pieces.table.iloc[chosen], pieces.rows[chosen]
    st.markdown(_piece_words(piece))
    if not rows.size:
        st.info("No record lies in this bin.", icon=":material/info:")
        return
    table = record_table.cases_table(
        view.judged.ids[rows], view.probs[rows], view.seed_probs[:, rows], choice.data_version
    )
    record_table.draw_cases(
        table,
        choice.data_version,
        key="bin_cases",
        alt=f"{len(table)} records with their labels and probabilities of MI",
    )


def _piece_words(piece: pd.Series) -> str:
    if not piece["n"]:
        return f"**{views.piece_words(piece['left'], piece['right'])}**: empty."
    observed = Estimate(piece["observed"], piece["low"], piece["high"])
    return (
        f"**{views.piece_words(piece['left'], piece['right'])}**: {int(piece['n']):,} records, "
        f"{int(piece['n_mi']):,} labelled MI. Predicted {piece['mean_prob']:.3f} on average, "
        f"observed {observed.text()}."
    )


def draw_binning(shown: Sequence[View], choice: Choice) -> None:
    """Draw the calibration error over the number of bins, and the error without bins."""
    frames = [ece_by_bins(v.labels, v.probs, ALL_BINS, choice.strategy) for v in shown]
    cut = "equal mass" if choice.strategy == "mass" else "equal width"
    st.markdown(_binning_words(shown, frames, choice, cut))
    figure = lines_figure(
        [
            Line(
                ARCH_NAMES.get(view.group.arch, view.group.arch),
                view.group.train_set,
                _line_name(view),
                frame["n_bins"].to_numpy(),
                frame["ece"].to_numpy(),
            )
            for view, frame in zip(shown, frames, strict=True)
        ],
        x_title=f"number of bins of {cut}",
        y_title="ECE of the ensemble",
        marked=choice.n_bins,
        x_range=(FEWEST_BINS - 1, MOST_BINS + 1),
        y_range=(0, 1.08 * max(frame["ece"].max() for frame in frames)),
        dark=is_dark(),
    )
    st.plotly_chart(
        figure,
        theme=None,
        key="ece_by_bins",
        config=parts.CHART_CONFIG,
        alt="; ".join(
            f"{view.group.label}: ECE {frame['ece'].min():.3f} to {frame['ece'].max():.3f} "
            "over 2 to 50 bins"
            for view, frame in zip(shown, frames, strict=True)
        ),
    )
    long = pd.concat(
        [f.assign(model=v.group.label) for v, f in zip(shown, frames, strict=True)],
        ignore_index=True,
    )
    labels = {"model": "Model", "n_bins": "Bins", "filled": "Bins with records", "ece": "ECE"}
    draw_numbers(long, labels, "ece_by_bins", choice)
    _draw_without_bins(shown, choice)


def _line_name(view: View) -> str:
    own = "" if view.group.shipped else f" ({view.group.members[0].run_name})"
    return f"{view.group.train_set}{own}"


def _binning_words(
    shown: Sequence[View], frames: Sequence[pd.DataFrame], choice: Choice, cut: str
) -> str:
    widest = int(np.argmax([frame["ece"].max() - frame["ece"].min() for frame in frames]))
    ece = frames[widest].set_index("n_bins")["ece"]
    return (
        f"The calibration error depends on how the bins are cut. {shown[widest].group.label} moves "
        f"from **{ece.min():.3f}** ({ece.idxmin()} bins) to **{ece.max():.3f}** ({ece.idxmax()} "
        f"bins) of {cut}; with the chosen {choice.n_bins} it is {ece[choice.n_bins]:.3f}. More "
        "bins hold fewer records each, and chance alone makes their gaps larger."
    )


def _draw_without_bins(shown: Sequence[View], choice: Choice) -> None:
    st.markdown("**Without bins (CORP)**: Brier = MCB - DSC + UNC, exactly.")
    rows = []
    for view in shown:
        corp = views.corp_curve(view)
        rows.append(
            {
                "model": view.group.label,
                "brier": corp.brier,
                "mcb": corp.miscalibration,
                "dsc": corp.discrimination,
                "unc": corp.uncertainty,
            }
        )
    labels = {
        "model": "Model",
        "brier": "Brier",
        "mcb": "MCB: what recalibration would take off",
        "dsc": "DSC: what telling MI from normal brings",
        "unc": "UNC: always saying the share of MI",
    }
    table = pd.DataFrame(rows)
    readable = table.rename(columns=labels).map(lambda x: x if isinstance(x, str) else f"{x:.4f}")
    st.table(readable, hide_index=True, border="horizontal")
    draw_numbers(table, labels, "corp_parts", choice, digits=5)
