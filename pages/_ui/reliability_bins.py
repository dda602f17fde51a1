"""The ECGs behind a bin of one model's curve, and what the number of bins does to the error."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from ecgcore.evaluate.calibration import ece_by_bins
from ecgcore.evaluate.metrics import Estimate
from ecgcore.figures.reliability_panels import Line, lines_figure
from ecgcore.models.cards import ARCH_NAMES
from ecgcore.ptbxl.search import likelihood_text
from pages._ui import queue, resources
from pages._ui import reliability_parts as parts
from pages._ui import reliability_views as views
from pages._ui.reliability_choice import FEWEST_BINS, MOST_BINS, Choice, choose_bin
from pages._ui.reliability_tables import draw_numbers
from pages._ui.reliability_views import Pieces, View
from pages._ui.widgets import GROUP_WORDS, is_dark

ALL_BINS = range(FEWEST_BINS, MOST_BINS + 1)
LISTED, LIST_PX = 11, 430


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
    table = cases_table(view, rows, choice)
    reason = why_closed(choice)
    if reason:
        st.info(reason, icon=":material/lock:")
    elif st.button(
        "Open in Review", icon=":material/ecg_heart:", help="The first; Review steps through all."
    ):
        _open(table, 0)
    if reason:
        _list_cases(table)
    elif selected := _choose_case(table):
        _open(table, selected[0])


def _choose_case(table: pd.DataFrame) -> list[int]:
    """List the records and return the row that was clicked, if one was."""
    picked = st.dataframe(
        table,
        key="bin_cases",
        on_select="rerun",
        selection_mode=["single-row", "single-cell"],
        hide_index=True,
        height=LIST_PX if len(table) > LISTED else "auto",
        column_config=_CASE_COLUMNS,
        alt=_list_alt(table),
    )
    st.caption("Click a row to open it; Review then steps through this list.")
    return [*picked.selection.rows, *(row for row, _ in picked.selection.cells)]


def _list_cases(table: pd.DataFrame) -> None:
    st.dataframe(
        table,
        hide_index=True,
        height=LIST_PX if len(table) > LISTED else "auto",
        column_config=_CASE_COLUMNS,
        alt=_list_alt(table),
    )


def _list_alt(table: pd.DataFrame) -> str:
    return f"{len(table)} records with their labels and probabilities of MI"


_CASE_COLUMNS = {
    "Record": st.column_config.NumberColumn(format="%d", width=68),
    "Label": st.column_config.TextColumn(width=92),
    "Probability": st.column_config.NumberColumn(format="%.3f", width=84),
    "Seeds": st.column_config.TextColumn(width=90),
    "Likelihood of MI": st.column_config.TextColumn(width=126),
    "Wall": st.column_config.TextColumn(width=80),
    "Age": st.column_config.TextColumn(width=52),
    "Sex": st.column_config.TextColumn(width=60),
}


def _piece_words(piece: pd.Series) -> str:
    if not piece["n"]:
        return f"**{views.piece_words(piece['left'], piece['right'])}**: empty."
    observed = Estimate(piece["observed"], piece["low"], piece["high"])
    return (
        f"**{views.piece_words(piece['left'], piece['right'])}**: {int(piece['n']):,} records, "
        f"{int(piece['n_mi']):,} labelled MI. Predicted {piece['mean_prob']:.3f} on average, "
        f"observed {observed.text()}."
    )


def cases_table(view: View, rows: views.IntArray, choice: Choice) -> pd.DataFrame:
    """List records of a bin by falling probability, with what the open tables say about them."""
    ids = view.judged.ids[rows]
    groups = resources.study_groups(choice.data_version)
    table: dict[str, object] = {
        "Record": ids,
        "Label": [GROUP_WORDS[groups[ecg_id]] for ecg_id in ids],
        "Probability": view.probs[rows],
    }
    if view.n_seeds > 1:
        seeds = view.seed_probs[:, rows]
        limits = zip(seeds.min(axis=0), seeds.max(axis=0), strict=True)
        table["Seeds"] = [f"{low:.2f} to {high:.2f}" for low, high in limits]
    if not why_closed(choice):
        known = resources.catalog().frame.loc[ids]
        likelihood = [likelihood_text(value).strip() for value in known["mi_likelihood"]]
        table |= {
            "Likelihood of MI": likelihood,
            "Wall": known["territory"].to_numpy(),
            "Age": [_age_words(age) for age in known["age"]],
            "Sex": known["sex"].to_numpy(),
        }
    return pd.DataFrame(table)


def _age_words(age: float) -> str:
    if np.isnan(age):
        return "unknown"
    return "over 89" if age > 89 else f"{age:.0f}"


def why_closed(choice: Choice) -> str:
    """Say why the records cannot be opened; "" where they can."""
    open_version = resources.catalog().version
    if open_version == choice.data_version:
        return ""
    return (
        f"These are records of {choice.data_version}, known here only by their labels and "
        f"predictions; {open_version} is open. To open them, fetch the recordings with "
        "`python -m ecgcore data fetch --set test`, or start with `--data` or ECG_DATA_DIR "
        "pointing at them."
    )


def _open(table: pd.DataFrame, row: int) -> None:
    queue.set_ids(table["Record"])
    st.switch_page("review.py", query_params={"record": str(table["Record"].iloc[row])})


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
