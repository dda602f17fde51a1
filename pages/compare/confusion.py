"""The confusion matrix of one group, whose cells open their cases."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ecgcore.errors import EcgError
from ecgcore.predictions.ensemble import Ensemble, LabelledEnsemble
from ecgcore.stats.confusion import Confusion, confusion
from ecgcore.stats.thresholds import Share
from pages.compare.choice import Choice, keep_choices
from pages.compare.numbers import Field, FloatArray, probabilities, thresholds
from pages.shared import record_table
from pages.shared.errors import plain, show_ecg_error
from pages.shared.tables import draw_numbers

CELLS = {
    "tp": "MI called MI",
    "fn": "MI missed",
    "fp": "False alarm",
    "tn": "Normal called normal",
}
_LAYOUT = (("tp", "fn"), ("fp", "tn"))
_URL = "cell"
_GROUP = "matrix"
_CELL_LABELS = {"cell": "Cell", "n": "Records", "share": "Share of MI, or of normal"}


def draw_confusion(shown: Field, choice: Choice) -> None:
    """Draw the four cells and the cases of the chosen one."""
    group = choose_group(shown)
    judged = shown.judged[shown.groups.index(group)]
    try:
        _, threshold = thresholds(group, shown.question)
    except EcgError as error:
        show_ecg_error(error)
        return
    seeds, probs = probabilities(group, judged.seed_logits, shown.question)
    matrix = confusion(judged.labels, probs, threshold)
    cells, cases = st.columns([0.4, 0.6], gap="medium")
    with cells:
        st.markdown(_words(group, matrix, choice))
        _draw_cells(matrix)
        frame = matrix.frame()
        draw_numbers(frame.assign(cell=frame["cell"].map(CELLS)), _CELL_LABELS, "confusion", choice)
    with cases:
        _draw_cases(group, judged, matrix, seeds, probs, choice)


def choose_group(shown: Field) -> Ensemble:
    """Let the reader choose one group, in the URL."""
    by_label = {group.label: group for group in shown.groups}
    asked = st.query_params.get(_GROUP)
    if asked is not None and asked not in by_label:
        st.warning(
            plain(f"The group {asked[:60]!r} of this link is not among those shown."),
            icon=":material/warning:",
        )
        del st.query_params[_GROUP]
    label = st.selectbox(
        "Group (ensemble of its seeds)", list(by_label), key=_GROUP, bind="query-params", width=420
    )
    return by_label[label]


def _words(group: Ensemble, matrix: Confusion, choice: Choice) -> str:
    n_mi, n_normal = matrix.tp.size + matrix.fn.size, matrix.fp.size + matrix.tn.size
    found, right = Share(matrix.tp.size, n_mi), Share(matrix.tn.size, n_normal)
    where = "0.5" if choice.wished is None else f"for {choice.threshold} in fold 9"
    return (
        f"**{group.label}**, MI from **{matrix.threshold:.3f}** on (threshold {where}). "
        f"Sensitivity {found.text()}; specificity {right.text()}. Click a cell to see its cases."
    )


def _draw_cells(matrix: Confusion) -> None:
    chosen = chosen_cell()
    shares = matrix.frame().set_index("cell")
    for row, title in zip(_LAYOUT, ("Labelled MI", "Labelled normal"), strict=True):
        st.markdown(f":small[**{title}**]")
        for column, cell in zip(st.columns(2), row, strict=True):
            n, share = int(shares.loc[cell, "n"]), float(shares.loc[cell, "share"])
            percent = "" if np.isnan(share) else f" ({100 * share:.1f} %)"
            column.button(
                f"{CELLS[cell]}  \n**{n:,}**{percent}",
                key=f"cell_{cell}",
                type="primary" if cell == chosen else "secondary",
                width="stretch",
                on_click=_choose_cell,
                args=(cell,),
            )


def chosen_cell() -> str:
    """Return the cell of the URL; the missed MI at first, and for a cell that does not exist."""
    asked = st.query_params.get(_URL, "fn")
    return asked if asked in CELLS else "fn"


def _choose_cell(cell: str) -> None:
    st.query_params[_URL] = cell


def _draw_cases(
    group: Ensemble,
    judged: LabelledEnsemble,
    matrix: Confusion,
    seeds: FloatArray,
    probs: FloatArray,
    choice: Choice,
) -> None:
    cell = chosen_cell()
    rows = matrix.members(cell)
    st.markdown(f"**{CELLS[cell]}**: {rows.size:,} records, the most striking first")
    if not rows.size:
        st.info("No record lies in this cell.", icon=":material/info:")
        return
    table = record_table.cases_table(
        judged.ids[rows], probs[rows], seeds[:, rows], choice.data_version
    )
    record_table.draw_cases(
        table,
        choice.data_version,
        key=f"cases_{group.name}_{cell}",
        alt=f"{len(table)} records: {CELLS[cell]}",
        before_leaving=keep_choices,
    )
