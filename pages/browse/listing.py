"""The list of found records: words above it, its columns, and the row that was picked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from ecgcore.models.architectures import arch_title
from ecgcore.predictions.classes.rules import ClassRule
from ecgcore.predictions.decision import DecisionSettings
from ecgcore.predictions.ensemble import Ensemble
from ecgcore.predictions.scope import LIMITS_LINE
from ecgcore.ptbxl.search import RecordFilter, group_counts, likelihood_text
from ecgcore.review.case_list import VERDICT, shown_columns
from ecgcore.stats.calibration.calibrators import CALIBRATORS
from ecgcore.tasks.mi import TRAIN_SETS
from ecgcore.wording.numbers import counted
from pages.shared.case_grid import draw_grid
from pages.shared.classes import caches as class_caches
from pages.shared.classes.choice import FEW

if TYPE_CHECKING:
    from streamlit.elements.lib.column_types import ColumnConfig

LISTED = 1000
"""Rows drawn at most; Review steps through all that were found."""

_MANY, _MANY_PX = 10, 420
_ABOUT_SIGNAL = (
    "Problems measured in the signal, by lead; empty when none was found. Review says more. "
    "“swap?”: electrodes may be swapped."
)
_ABOUT_VERDICT = (
    "MI or normal if every ensemble says so, else refer. Target coverage {}. In brackets: a record "
    "outside the study; the models know only MI and strictly normal ECGs. Empty: half of the "
    "leads cannot be read, or electrodes seem to be swapped."
)
_ASKED_FOR = {
    "consensus": "consensus",
    "signal": "quality",
    "report": "words",
    "territory": "territories",
}
"""Columns that are shown only if the filter asks for what they hold."""
EXPORTED: Mapping[str, str] = {
    "age": "age",
    "sex": "sex",
    "group": "label_group",
    "diagnoses": "diagnoses",
    "mi_likelihood": "mi_likelihood_percent",
    "consensus": "consensus",
    "territory": "mi_territory",
    "disagreement": "disagreement",
    "predicted": "predicted",
    "signal": "signal_problems",
    "split": "split",
    "validated": "validated_by_human",
}
"""Columns of the search and their names in the file."""


def summary_words(found: pd.DataFrame, n_all: int) -> str:
    """Count the records that were found, by label group."""
    counts = " · ".join(f"{name} **{n:,}**" for name, n in group_counts(found).items())
    return f"**{len(found):,}** of {n_all:,} records: {counts}"


def note_words(
    wanted: RecordFilter,
    n_found: int,
    *,
    predicted: bool,
    outside: bool = False,
    synthetic: bool = False,
) -> str:
    """Say how the list is used and what its reader must know.

    Parameters
    ----------
    predicted
        Whether predictions are stored for the open data set.
    outside
        Whether a record of the list lies outside the study.
    synthetic
        Whether it is the embedded set.
    """
    notes = ["Click a row to open the case, or move with the arrow keys and press Enter."]
    if wanted.splits == ("test",):
        notes.append("Test split: no shipped model was trained on these records.")
    if not predicted and (wanted.sort == "disagreement" or wanted.min_disagreement):
        notes.append(
            "No predictions are stored for this data set, so the order is by record number."
        )
    if outside and predicted:
        notes.append(f"Verdicts in brackets are outside the study. {LIMITS_LINE}")
    if synthetic:
        notes.append(
            "No patient stands behind these records. For PTB-XL run "
            "`python3.11 -m ecgcore data fetch --set test` in the project folder, then restart."
        )
    if n_found > LISTED:
        notes.append(f"The first {LISTED:,} are listed; Review steps through all of them.")
    return " ".join(notes)


def class_note(name: str, by: str, rule: ClassRule) -> str:
    """Say who predicts a class, and how many records of fold 9 stand behind its calibration.

    Examples
    --------
    >>> class_note("PVC", "GRU trained on all", ClassRule("PVC", 0, None, None))
    'No record of fold 9 has PVC, so there is no calibrated probability of it.'
    """
    if rule.calibrator is None:
        return f"No record of fold 9 has {name}, so there is no calibrated probability of it."
    n = counted(rule.n_positive, "record")
    few = " These are few: take the probability as a rough one." if rule.n_positive < FEW else ""
    return f"{name} predicted: by {by}, calibrated on fold 9, which holds {n} with it.{few}"


def draw_list(
    found: pd.DataFrame,
    wanted: RecordFilter,
    said: pd.DataFrame | None,
    ensembles: Sequence[Ensemble],
    decision: DecisionSettings,
) -> int | None:
    """Draw the list; return the record whose row was picked.

    Parameters
    ----------
    said
        What the ensembles say about these records; None where nothing is predicted.
    """
    table = found.head(LISTED)
    columns = _about_record(wanted)
    if said is not None:
        shown = shown_columns(said.reindex(table.index), table["group"], ensembles)
        table = table.join(shown)
        columns |= _about_models(ensembles, decision)
    if asked_for := _asked_for(wanted):
        columns = {name: one for name, one in columns.items() if name != "between"} | asked_for
    for task, name in wanted.predicted:
        table = table.assign(stated=class_caches.stated(task, name, table.index.tolist()))
    table = table.assign(
        likelihood=table["likelihood"].map(likelihood_text),
        disagreement=100 * table["disagreement"],
        predicted=100 * table["predicted"],
    )
    row = draw_grid(
        table.reset_index()[list(columns)],
        columns,
        key="cases",
        height=_MANY_PX if len(table) > _MANY else "auto",
        alt=f"{len(found):,} records with their diagnoses and what the models say",
    )
    return None if row is None else int(table.index[row])


def _about_record(wanted: RecordFilter) -> dict[str, ColumnConfig]:
    text = st.column_config.TextColumn
    columns = {
        "ecg_id": st.column_config.NumberColumn("Record", format="%d", width=66),
        "age": text("Age", width=64),
        "sex": text("Sex", width=64),
        "group": text("Label group", width=104),
        "diagnoses": text("Diagnoses", width=170),
        "likelihood": text(f"Likelihood of {wanted.subject}", width=184),
    }
    if len(wanted.groups) == 1:
        del columns["group"]
    for _, name in wanted.predicted:
        columns["predicted"] = st.column_config.NumberColumn(
            f"{name} predicted",
            format="%.1f %%",
            help="Calibrated on fold 9; the line above this list names the networks.",
            width=128,
        )
        columns["stated"] = text(f"{name} in the label", width=110)
    return columns


def _about_models(
    ensembles: Sequence[Ensemble], decision: DecisionSettings
) -> dict[str, ColumnConfig]:
    text = st.column_config.TextColumn
    archs = " · ".join(arch_title(name) for name in dict.fromkeys(one.arch for one in ensembles))
    sets = dict.fromkeys(one.train_set for one in ensembles)
    about = (
        f"Probability of MI in per cent by {archs}; {CALIBRATORS[decision.calibrator]}. Trained on "
    )
    return {
        **{
            name: text(f"MI %, {name}", help=about + TRAIN_SETS[name] + ".", width=80)
            for name in sets
        },
        VERDICT: text("Verdict", help=_ABOUT_VERDICT.format(decision.coverage_words), width=76),
        "disagreement": st.column_config.ProgressColumn(
            "Disagreement",
            format="%.0f points",
            min_value=0,
            max_value=100,
            help="Highest minus lowest probability of MI among these ensembles.",
            width=128,
        ),
        "between": text("Highest, lowest", width=214),
    }


def _asked_for(wanted: RecordFilter) -> dict[str, ColumnConfig]:
    text = st.column_config.TextColumn
    columns: dict[str, ColumnConfig] = {
        "consensus": text("Consensus", help="What readers agreed on.", width=100),
        "signal": text("Signal", help=_ABOUT_SIGNAL, width=180),
        "report": text("Report begins", width=250),
        "territory": text("MI territory", width=120),
    }
    return {name: one for name, one in columns.items() if getattr(wanted, _ASKED_FOR[name])}
