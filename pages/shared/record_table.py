"""A list of judged records whose rows open them in Review."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from ecgcore.ptbxl.search import likelihood_text
from ecgcore.wording.records import LABEL_GROUPS, age_words
from pages.shared import caches, worklist
from pages.shared.case_grid import draw_grid
from pages.shared.url_state import PageState

_LISTED, _LIST_PX = 10, 400
_COLUMNS = {
    "Record": st.column_config.NumberColumn(format="%d", width=68),
    "Label": st.column_config.TextColumn(width=92),
    "Probability": st.column_config.NumberColumn(format="%.3f", width=84),
    "Seeds": st.column_config.TextColumn(width=90),
    "Likelihood of MI": st.column_config.TextColumn(width=126),
    "Territory": st.column_config.TextColumn(width=80),
    "Age": st.column_config.TextColumn(width=52),
    "Sex": st.column_config.TextColumn(width=60),
}


def cases_table(
    ids: NDArray[np.int64],
    probs: NDArray[np.float64],
    seed_probs: NDArray[np.float64],
    data_version: str,
) -> pd.DataFrame:
    """List records with their labels and probabilities, and what the open tables say.

    Parameters
    ----------
    ids, probs
        ``(n,)`` records and the ensemble's probabilities of MI.
    seed_probs
        ``(s, n)`` those of its seeds.
    """
    groups = caches.label_groups(data_version)
    table: dict[str, object] = {
        "Record": ids,
        "Label": [LABEL_GROUPS[groups.get(ecg_id, "other")] for ecg_id in ids],
        "Probability": probs,
    }
    if len(seed_probs) > 1:
        limits = zip(seed_probs.min(axis=0), seed_probs.max(axis=0), strict=True)
        table["Seeds"] = [f"{low:.2f} to {high:.2f}" for low, high in limits]
    if not why_closed(data_version):
        known = caches.catalog().frame.loc[ids]
        table |= {
            "Likelihood of MI": [likelihood_text(v).strip() for v in known["mi_likelihood"]],
            "Territory": known["territory"].to_numpy(),
            "Age": [age_words(age) for age in known["age"]],
            "Sex": known["sex"].to_numpy(),
        }
    return pd.DataFrame(table)


def why_closed(data_version: str) -> str:
    """Say why the records cannot be opened; "" where they can."""
    open_version = caches.catalog().version
    if open_version == data_version:
        return ""
    return (
        f"These are records of {data_version}, known here only by their labels and predictions; "
        f"{open_version} is open. To open them, fetch the recordings with "
        "`python3.11 -m ecgcore data fetch --set test`, or start with `--data` or ECG_DATA_DIR "
        "pointing at them."
    )


def draw_cases(
    table: pd.DataFrame,
    data_version: str,
    *,
    key: str,
    alt: str,
    state: PageState,
) -> None:
    """Draw the list; a click or the button opens Review, which then steps through the list.

    Parameters
    ----------
    table
        As `cases_table` gives it.
    state
        Of the page, which keeps its choices while a case is open.
    """
    height: int | Literal["auto"] = _LIST_PX if len(table) > _LISTED else "auto"
    if closed := why_closed(data_version):
        st.info(closed, icon=":material/lock:")
        st.dataframe(table, hide_index=True, height=height, column_config=_COLUMNS, alt=alt)
        return
    asked = st.button(
        "Open in Review",
        icon=":material/ecg_heart:",
        help="Opens the first; Review steps through all of them.",
        key=f"open_{key}",
    )
    row = draw_grid(table, _COLUMNS, key=key, alt=alt, height=height)
    st.caption("Click a row to open it; Review then steps through this list.")
    if asked or row is not None:
        state.keep()
        listed = worklist.of_records(table["Record"])
        worklist.open_case(int(table["Record"].iloc[row or 0]), listed)
