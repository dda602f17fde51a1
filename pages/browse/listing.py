"""The list of found records: words above it, its columns, and the row that was picked."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from ecgcore.ptbxl.search import RecordFilter, group_counts, likelihood_text
from ecgcore.stats.calibration.calibrators import CALIBRATORS, CalibratorName

if TYPE_CHECKING:
    from streamlit.elements.lib.column_types import ColumnConfig

LISTED = 1000
"""Rows drawn at most; Review steps through all that were found."""

_MANY, _MANY_PX = 10, 560
_ABOUT_SIGNAL = (
    "Problems measured in the signal, by lead; empty when none was found. Review says more. "
    "“swap?”: limb electrodes may be swapped."
)


def summary_words(found: pd.DataFrame, n_all: int) -> str:
    """Count the records that were found, by label group."""
    counts = " · ".join(f"{name} **{n:,}**" for name, n in group_counts(found).items())
    return f"**{len(found):,}** of {n_all:,} records: {counts}"


def note_words(wanted: RecordFilter, n_found: int, *, predicted: bool) -> str:
    """Say how the list is used and what its reader must know.

    Parameters
    ----------
    predicted
        Whether predictions are stored for the open data set.
    """
    notes = ["Click a row to open the case."]
    if wanted.splits == ("test",):
        notes.append("Test split: no shipped model was trained on these records.")
    if wanted.sort == "disagreement" and not predicted:
        notes.append(
            "No predictions are stored for this data set, so the order is by record number."
        )
    if n_found > LISTED:
        notes.append(f"The first {LISTED:,} are listed; Review steps through all of them.")
    return " ".join(notes)


def disagreement_words(method: CalibratorName) -> str:
    """Say what the column of disagreement holds."""
    return (
        "Highest minus lowest probability of MI among the study's main ensembles, in percentage "
        f"points, as on Review. Probabilities: {CALIBRATORS[method]}."
    )


def draw_list(
    found: pd.DataFrame, subject: str, method: CalibratorName, *, hidden: Collection[str]
) -> int | None:
    """Draw the list; return the record whose row was picked.

    Parameters
    ----------
    subject
        What the likelihood is about.
    hidden
        Columns without content.
    """
    table = found.head(LISTED).reset_index()
    table["disagreement"] *= 100
    table["likelihood"] = table["likelihood"].map(likelihood_text)
    columns = _columns(subject, method)
    picked = st.dataframe(
        table,
        key="cases",
        on_select="rerun",
        selection_mode=["single-row", "single-cell"],
        hide_index=True,
        height=_MANY_PX if len(table) > _MANY else "auto",
        column_order=[name for name in columns if name not in hidden],
        column_config=columns,
        alt=f"{len(found):,} records with their diagnoses and the disagreement of the models",
    )
    rows = [*picked.selection.rows, *(row for row, _ in picked.selection.cells)]
    return int(table["ecg_id"][rows[0]]) if rows else None


def _columns(subject: str, method: CalibratorName) -> dict[str, ColumnConfig]:
    """Columns in their order."""
    text, about = st.column_config.TextColumn, disagreement_words(method)
    return {
        "ecg_id": st.column_config.NumberColumn("Record", format="%d", pinned=True),
        "age": text("Age", width=80),
        "sex": text("Sex", width=65),
        "group": text("Label group", width=105),
        "diagnoses": text("Diagnoses", width=250),
        "likelihood": text(f"Likelihood of {subject}", width=185),
        "territory": text("MI territory", width=140),
        "disagreement": st.column_config.ProgressColumn(
            "Disagreement", format="%.0f points", min_value=0, max_value=100, help=about, width=140
        ),
        "signal": text("Signal", help=_ABOUT_SIGNAL, width=180),
        "split": text("Split", width=80),
        "validated": text("Validated", width=80),
        "report": text("Report begins", width=260),
    }
