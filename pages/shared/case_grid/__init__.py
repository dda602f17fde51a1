"""A table of cases: a click on a row opens it, arrow keys move, Enter opens."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pandas as pd
import streamlit as st

if TYPE_CHECKING:
    from streamlit.elements.lib.column_types import ColumnConfig

_keys = st.components.v2.component(
    "case_grid_keys", js=(Path(__file__).parent / "keys.js").read_text("utf-8")
)


def draw_grid(
    table: pd.DataFrame,
    columns: Mapping[str, ColumnConfig],
    *,
    key: str,
    alt: str,
    height: int | Literal["auto"] = "auto",
) -> int | None:
    """Draw the table; return the row that was opened, as it is counted in `table`.

    The grid alone selects a row by its box or by Shift and Space; the component beside it turns a
    click and Enter into these.
    """
    with st.container(key=f"grid_{key}"):
        picked = st.dataframe(
            table,
            key=key,
            on_select="rerun",
            selection_mode="single-row",
            hide_index=True,
            height=height,
            column_config=dict(columns),
            alt=alt,
        )
    _keys(key=f"keys_{key}", data={"target": f"grid_{key}"})
    rows = picked.selection.rows
    return int(rows[0]) if rows else None
