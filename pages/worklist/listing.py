"""The table of a worklist: each case with its reasons, and whether it was seen or read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from pages.shared.case_grid import draw_grid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ecgcore.review.worklists.assignment import ReaderProgress
    from ecgcore.review.worklists.parts import Parts

MOST_REASONS = 4
_FEW, _LIST_PX = 12, 470
_COLUMNS = {
    "Case": st.column_config.NumberColumn(format="%d", width=80),
    "Record": st.column_config.NumberColumn(format="%d", width=80),
    "State": st.column_config.TextColumn(width=80),
    "Score": st.column_config.ProgressColumn(
        format="%.2f", min_value=0.0, max_value=1.0, width=110
    ),
    "Why": st.column_config.TextColumn(width=700),
}


def state_of(case: str, progress: ReaderProgress | None) -> str:
    """Say whether a reader has read, seen or not seen a case."""
    if progress is None:
        return ""
    return "read" if case in progress.done else "seen" if case in progress.seen else "new"


def cases_table(
    ids: Sequence[int],
    scores: pd.DataFrame,
    parts: Parts,
    progress: ReaderProgress | None,
    may_know: Callable[[int], bool],
    *,
    by_place: bool = False,
) -> pd.DataFrame:
    """List cases in their order.

    Parameters
    ----------
    scores
        As `ecgcore.review.worklists.scores.scored` gives them.
    may_know
        Whether the reader may see what speaks for a case, which tells of label and models.
    by_place
        Name the cases by their places; only those that are known have their record numbers.
    """
    reasons: Mapping[int, tuple[str, ...]] = scores["reasons"].to_dict()
    known = {ecg_id: may_know(ecg_id) for ecg_id in ids}
    table: dict[str, object] = {"Case": list(range(1, len(ids) + 1) if by_place else ids)}
    if by_place and any(known.values()):
        numbers = [ecg_id if known[ecg_id] else pd.NA for ecg_id in ids]
        table["Record"] = pd.array(numbers, dtype="Int64")
    if progress is not None:
        table["State"] = [state_of(str(ecg_id), progress) for ecg_id in ids]
    if any(known.values()):
        score = scores["score"].reindex(ids).where([known[ecg_id] for ecg_id in ids])
        table["Score"] = score.to_numpy()
        table["Why"] = [
            parts.words(ecg_id, reasons[ecg_id][:MOST_REASONS]) if known[ecg_id] else ""
            for ecg_id in ids
        ]
    return pd.DataFrame(table)


def draw_list(table: pd.DataFrame, key: str) -> int | None:
    """Draw the table; return the row that was opened."""
    n = len(table)
    shown = {name: column for name, column in _COLUMNS.items() if name in table}
    return draw_grid(
        table,
        shown,
        key=key,
        alt=f"{n} cases, the first one {table['Case'].iloc[0]}",
        height=_LIST_PX if n > _FEW else "auto",
    )
