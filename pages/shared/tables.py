"""The numbers behind each plot of Compare, one click away, with their CSV."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from pages.compare.choice import Choice


def draw_numbers(
    table: pd.DataFrame,
    labels: Mapping[str, str],
    name: str,
    choice: Choice,
    *,
    title: str = "Numbers",
    digits: int = 4,
) -> None:
    """Draw a table with readable headers in an expander, and its CSV.

    Parameters
    ----------
    labels
        Column to header, in the order to show.
    name
        Begins the name of the file; unique on the page.
    """
    readable = table[list(labels)].rename(columns=labels)
    floats = readable.select_dtypes("float").columns
    part = f"_{choice.part.name}" if choice.part else ""
    with st.expander(title, icon=":material/table:"):
        st.dataframe(
            readable,
            hide_index=True,
            column_config={
                column: st.column_config.NumberColumn(format=f"%.{digits}f") for column in floats
            },
        )
        st.download_button(
            "Download as CSV",
            readable.to_csv(index=False),
            f"{name}_{choice.test_set}{part}_{choice.method}.csv",
            "text/csv",
            key=f"csv_{name}",
            on_click="ignore",
            icon=":material/download:",
        )
