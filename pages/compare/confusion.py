"""The confusion matrix of one ensemble, whose cells open their cases."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ecgcore.errors import EcgError
from ecgcore.predictions.decision import DecisionRule
from ecgcore.predictions.evaluated import Evaluated
from ecgcore.stats.confusion import Confusion, confusion
from ecgcore.stats.thresholds import Share
from pages.compare.choice import STATE, Choice
from pages.compare.numbers import Field, decision_rule
from pages.shared import record_table
from pages.shared.errors import show_ecg_error
from pages.shared.evaluation_choice import choose_one
from pages.shared.plots import draw_numbers

CELLS = {
    "tp": "MI called MI",
    "fn": "MI missed",
    "fp": "False alarm",
    "tn": "Normal called normal",
}
_LAYOUT = (("tp", "fn"), ("fp", "tn"))
_URL = "cell"
_CELL_LABELS = {"cell": "Cell", "n": "Records", "share": "Share of MI, or of normal"}


def draw_confusion(shown: Field, choice: Choice) -> None:
    """Draw the four cells and the cases of the chosen one."""
    one = choose_shown(shown)
    try:
        rule = decision_rule(one, choice)
    except EcgError as error:
        show_ecg_error(error)
        return
    matrix = matrix_of(one, rule)
    cells, cases = st.columns([0.4, 0.6], gap="medium")
    with cells:
        st.markdown(words(rule, matrix, choice))
        _draw_cells(matrix)
        frame = matrix.frame()
        draw_numbers(frame.assign(cell=frame["cell"].map(CELLS)), _CELL_LABELS, "confusion", choice)
    with cases:
        _draw_cases(one, matrix, choice)


def matrix_of(one: Evaluated, rule: DecisionRule) -> Confusion:
    """Count an ensemble's calls against the labels."""
    return confusion(one.labels, one.probs, rule.calls(one.labelled.seed_logits))


def matrix_row(one: Evaluated, rule: DecisionRule) -> dict[str, str]:
    """Give an ensemble's calls in words and numbers."""
    matrix = matrix_of(one, rule)
    n_mi, n_normal = matrix.tp.size + matrix.fn.size, matrix.fp.size + matrix.tn.size
    cells = {title: f"{getattr(matrix, name).size:,}" for name, title in CELLS.items()}
    return {
        "Ensemble": one.ensemble.label,
        "MI from": f"{rule.shown_threshold:.3f}",
        **cells,
        "Sensitivity": Share(matrix.tp.size, n_mi).estimate.text(),
        "Specificity": Share(matrix.tn.size, n_normal).estimate.text(),
    }


def choose_shown(shown: Field) -> Evaluated:
    """Let the reader choose one ensemble, in the URL."""
    chosen = choose_one("Ensemble", shown.ensembles, key="matrix")
    return shown.members[shown.ensembles.index(chosen)]


def shown_first(shown: Field) -> Evaluated:
    """Return the ensemble that the reader chose here, else the first."""
    asked = st.session_state.get("matrix")
    return next((one for one in shown.members if one.ensemble.label == asked), shown.members[0])


def words(rule: DecisionRule, matrix: Confusion, choice: Choice) -> str:
    """Say from which probability MI is called, and what this finds and misses."""
    n_mi, n_normal = matrix.tp.size + matrix.fn.size, matrix.fp.size + matrix.tn.size
    found, right = Share(matrix.tp.size, n_mi), Share(matrix.tn.size, n_normal)
    return (
        f"**{rule.ensemble.label}**, MI from **{rule.shown_threshold:.3f}** on (threshold "
        f"{choice.where}). "
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
                icon=":material/check_circle:" if cell == chosen else None,
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


def _draw_cases(one: Evaluated, matrix: Confusion, choice: Choice) -> None:
    cell = chosen_cell()
    rows = matrix.members(cell)
    st.markdown(f"**{CELLS[cell]}**: {rows.size:,} records, the most striking first")
    if not rows.size:
        st.info("No record lies in this cell.", icon=":material/info:")
        return
    table = record_table.cases_table(
        one.labelled.ids[rows], one.probs[rows], one.seed_probs[:, rows], choice.data_version
    )
    record_table.draw_cases(
        table,
        choice.data_version,
        key=f"cases_{one.ensemble.name}_{cell}",
        alt=f"{len(table)} records: {CELLS[cell]}",
        state=STATE,
    )
