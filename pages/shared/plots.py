"""A plot of Compare or Reliability, and the numbers behind it one click away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from ecgcore.stats.metrics import Estimate
from pages.shared.evaluation_choice import EvaluationChoice

if TYPE_CHECKING:
    from ecgcore.figures.theme import Figure

INTERVAL = {"low": "95 % interval from", "high": "95 % interval to"}
"""Headers of the columns that hold an interval."""


def draw_plot(
    figure: Figure, key: str, alt: str, on_click: Callable[[], None] | None = None
) -> None:
    """Draw a plot with the words that replace it; clicks on its points are told where asked."""
    st.plotly_chart(
        figure,
        theme=None,
        key=key,
        config={"displayModeBar": False},
        on_select=on_click or "ignore",
        selection_mode="points",
        alt=alt,
    )


def draw_table(table: pd.DataFrame) -> None:
    """Draw a table of words; numbers in it are formatted already."""
    st.table(table, hide_index=True, border="horizontal")


def draw_numbers(
    table: pd.DataFrame,
    labels: Mapping[str, str],
    name: str,
    choice: EvaluationChoice,
    *,
    title: str = "Numbers",
    digits: int = 4,
) -> None:
    """Draw a table with readable headers in an expander, and its CSV.

    Parameters
    ----------
    labels
        Column to header, in the order to show; without any, every column as it is called.
    name
        Begins the name of the file; unique on the page.
    """
    readable = table[list(labels)].rename(columns=labels) if labels else table
    decimals = st.column_config.NumberColumn(format=f"%.{digits}f")
    with st.expander(title, icon=":material/table:"):
        st.dataframe(
            readable,
            hide_index=True,
            column_config=dict.fromkeys(readable.select_dtypes("float").columns, decimals),
        )
        st.download_button(
            "Download as CSV",
            readable.to_csv(index=False),
            f"{name}_{choice.file_words}.csv",
            "text/csv",
            key=f"csv_{name}",
            on_click="ignore",
            icon=":material/download:",
        )


def unbroken(estimate: Estimate, digits: int = 3) -> str:
    """Write an estimate so that it is never broken in two lines."""
    return estimate.text(digits).replace(" ", "\N{NO-BREAK SPACE}")
