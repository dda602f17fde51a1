"""What the ensembles say about ECGs that are neither MI nor strictly normal, by SCP statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from ecgcore.predictions.decision import DecisionSettings
from ecgcore.predictions.ensemble import Ensemble
from ecgcore.stats.metrics import Estimate
from ecgcore.study.outside.table import (
    OutsidePart,
    auroc_against,
    called_frame,
    certain_mi_ids,
    outside_parts,
)
from ecgcore.wording.records import LABEL_GROUPS, SPLITS
from pages.compare.choice import NO_TABLES, STATE, Choice
from pages.shared import caches
from pages.shared.plots import INTERVAL, draw_numbers, draw_table, unbroken

if TYPE_CHECKING:
    from pages.compare.numbers import Field

_ABNORMAL = "without the NORM statement"
_HALF = "0.5 (uncalibrated)"
_LABELS = {
    "codes": "SCP code",
    "words": "Statement",
    "n": "Records",
    "patients": "Patients",
    "ensemble": "Ensemble",
    "rule": "MI from",
    "called": "Called MI",
    "share": "Share called MI",
    **INTERVAL,
}
_NONE = (
    "The open data set has no record outside the study. For PTB-XL run `python3.11 -m ecgcore data "
    "fetch --set test` in the project folder, then restart."
)


@dataclass(frozen=True, slots=True, eq=False)
class OutsideCalls:
    """Who is called MI outside the study.

    Attributes
    ----------
    now, half
        By the chosen threshold and calibrator, and from 0.5 uncalibrated; see `called_frame`.
    abnormal
        The records with neither an MI nor the NORM statement.
    aurocs
        Of certain MI against these, by ensemble.
    """

    parts: tuple[OutsidePart, ...]
    logits: Mapping[Ensemble, pd.DataFrame]
    now: pd.DataFrame
    half: pd.DataFrame
    abnormal: OutsidePart
    aurocs: tuple[Estimate, ...]


def outside_calls(ensembles: Sequence[Ensemble], choice: Choice) -> OutsideCalls | str:
    """Count who is called MI outside the study, or say why that cannot be done."""
    catalog = caches.catalog()
    if catalog.version != choice.data_version:
        return f"This table reads the SCP statements. {NO_TABLES}"
    parts = outside_parts(catalog)
    logits = stored_logits(ensembles, parts)
    if not parts or not logits:
        return _NONE
    abnormal = next(part for part in parts if part.words == _ABNORMAL)
    return OutsideCalls(
        parts,
        logits,
        called_frame(parts, calls(logits, choice)),
        called_frame(parts, {one.label: said.mean() >= 0 for one, said in logits.items()}),
        abnormal,
        auroc_against(catalog, abnormal.ids, [said.mean() for said in logits.values()]),
    )


def draw_outside(shown: Field, choice: Choice) -> None:
    """Draw who is called MI outside the study; a click on a statement opens its records."""
    found = outside_calls(shown.ensembles, choice)
    if isinstance(found, str):
        st.info(found, icon=":material/info:")
        return
    st.markdown(words(found.half, found.abnormal, len(certain_mi_ids(caches.catalog()))))
    draw_table(summary_table(found, choice))
    st.markdown(f"**Share called MI by statement, from {rule_words(choice)}**")
    _draw_statements(found.now, found.parts)
    st.caption(f"Click a row to open its records on Browse. {caption(found, shown.ensembles)}")
    both = pd.concat([found.now.assign(rule=rule_words(choice)), found.half.assign(rule=_HALF)])
    draw_numbers(both.drop_duplicates(), _LABELS, "outside", choice)


def stored_logits(
    ensembles: Sequence[Ensemble], parts: Sequence[OutsidePart]
) -> dict[Ensemble, pd.DataFrame]:
    """Logits of each shipped ensemble: a row for each seed, a column for each record."""
    if not parts:
        return {}
    ids = np.concatenate([parts[0].ids, certain_mi_ids(caches.catalog())])
    found = {one: caches.stored_ensemble_logits(ids, one) for one in ensembles if one.shipped}
    return {
        one: pd.DataFrame(logits, columns=ids)
        for one, logits in found.items()
        if logits is not None
    }


def calls(logits: Mapping[Ensemble, pd.DataFrame], choice: Choice) -> dict[str, pd.Series[bool]]:
    """Call MI by the chosen calibrator and threshold, by the ensemble's label."""
    settings = DecisionSettings(choice.method, sensitivity=choice.target)
    return {
        one.label: pd.Series(
            caches.decision_rule(one, settings).calls(said.to_numpy()), index=said.columns
        )
        for one, said in logits.items()
    }


def words(half: pd.DataFrame, abnormal: OutsidePart, n_certain: int) -> str:
    """Say what the table shows, with numbers."""
    blocks = half[half["words"] == "complete bundle branch block"]
    told = ""
    if len(blocks):
        told = f", of {blocks['n'].iloc[0]} complete bundle branch blocks {_range(blocks['share'])}"
    mine = half[half["words"] == _ABNORMAL]["share"]
    return (
        "**The models know only MI and strictly normal ECGs, and must call every other ECG one of "
        f"the two.** Of fold 10's {abnormal.n:,} records with neither an MI nor the NORM statement "
        f"they call {_range(mine)} MI (uncalibrated, from 0.5){told}. AUROC: the {n_certain} "
        "certain MI of fold 10 against these."
    )


def _range(shares: pd.Series[float]) -> str:
    low, high = f"{100 * shares.min():.0f}", f"{100 * shares.max():.0f}"
    return f"{low} %" if low == high else f"{low} to {high} %"


def summary_table(found: OutsideCalls, choice: Choice) -> pd.DataFrame:
    """One row for each ensemble, on the records with neither an MI nor the NORM statement."""
    now, half = (one[one["words"] == _ABNORMAL] for one in (found.now, found.half))
    columns = {
        "Ensemble": now["ensemble"].to_list(),
        f"Called MI, from {rule_words(choice)}": _texts(now),
        f"Called MI, from {_HALF}": _texts(half),
        "AUROC, certain MI against these": [unbroken(one) for one in found.aurocs],
    }
    return pd.DataFrame(columns)


def rule_words(choice: Choice) -> str:
    """Say from which probability MI is called, and of which kind that is."""
    at = choice.where if choice.target is None else f"the threshold {choice.where}"
    return f"{at} ({choice.probabilities})"


def _texts(frame: pd.DataFrame) -> list[str]:
    return [share_text(*row) for row in frame[["share", "low", "high"]].to_numpy()]


def share_text(share: float, low: float, high: float) -> str:
    """Write a share with its interval in per cent, never broken in two lines.

    Examples
    --------
    >>> share_text(0.5226, 0.484, 0.561).replace(chr(160), " ")
    '52 % [48, 56]'
    """
    text = f"{100 * share:.0f} % [{100 * low:.0f}, {100 * high:.0f}]"
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def statements_table(frame: pd.DataFrame) -> pd.DataFrame:
    """One row for each part, in its order, and a column for each ensemble."""
    wide = frame.assign(text=_texts(frame)).pivot(index="part", columns="ensemble", values="text")
    first = frame.drop_duplicates("part").set_index("part")
    names = (first["codes"] + ": " + first["words"]).str.removeprefix(": ")
    table = pd.DataFrame({"Statement": names, "n": first["n"]})
    return table.join(wide[list(frame["ensemble"].unique())])


def by_share(frame: pd.DataFrame) -> list[int]:
    """Order the parts that Browse can list: all records, then what is called MI most often."""
    listed = frame[frame["words"] != _ABNORMAL]
    means = listed.groupby("part")["share"].mean()
    return sorted(means.index, key=lambda part: (part != 0, -means[part], part))


def browse_query(part: OutsidePart) -> dict[str, str | list[str]]:
    """Query that shows the records of a part on Browse."""
    known = caches.catalog().codes.drop_duplicates("code").set_index("code")["description"]
    query: dict[str, str | list[str]] = {"group": LABEL_GROUPS["other"], "split": SPLITS["test"]}
    stated = [f"{code}: {known[code]}" for code in part.codes]
    return {**query, "code": stated} if stated else query


def _draw_statements(frame: pd.DataFrame, parts: Sequence[OutsidePart]) -> None:
    order = by_share(frame)
    table = statements_table(frame).loc[order]
    picked = st.dataframe(
        table,
        key="outside_statements",
        on_select="rerun",
        selection_mode=["single-row", "single-cell"],
        hide_index=True,
        height=420,
        column_config={
            "Statement": st.column_config.TextColumn(width=330, pinned=True),
            "n": st.column_config.NumberColumn(width=46),
            **{name: st.column_config.TextColumn(width=112) for name in table.columns[2:]},
        },
        alt=f"{len(table)} groups of records outside the study: share called MI by each ensemble",
    )
    rows = [*picked.selection.rows, *(row for row, _ in picked.selection.cells)]
    if rows:
        STATE.keep()
        st.switch_page("browse/page.py", query_params=browse_query(parts[order[rows[0]]]))


def caption(found: OutsideCalls, ensembles: Sequence[Ensemble]) -> str:
    """Say whose records and intervals these are, and who is missing."""
    missing = [one.label for one in ensembles if one not in found.logits]
    absent = f" Without predictions of these records: {', '.join(missing)}." if missing else ""
    return (
        "Records of fold 10 that are neither MI nor strictly normal, with the statement at any "
        "likelihood; a record can stand in several rows. Brackets: Wilson's 95 % interval, "
        "patients counted once (records without a patient number count as patients of their own). "
        f"AUROC: DeLong, patients clustered.{absent}"
    )
