"""Plots of Compare and Reliability, the numbers behind them, and all of a page as a report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from ecgcore import __version__
from ecgcore.predictions.ensemble import Ensemble, trained_on
from ecgcore.report.web import Drawing, Section, web_page
from ecgcore.stats.metrics import Estimate
from pages.shared.evaluation_choice import EvaluationChoice

if TYPE_CHECKING:
    from streamlit.elements.lib.mutable_popover_container import PopoverContainer

    from ecgcore.figures.theme import Figure

_REPORT_WORDS = (
    "Everything on this page with the current choices, all sections, as one HTML file: it opens "
    "without a network, prints, and lists its settings."
)
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


def draw(drawing: Drawing, key: str) -> None:
    """Draw a figure that a report shows too."""
    draw_plot(drawing.figure, key, drawing.alt)


def draw_table(table: pd.DataFrame) -> None:
    """Draw a table of words; numbers in it are formatted already."""
    st.table(literal(table), hide_index=True, border="horizontal")


def literal(table: pd.DataFrame) -> pd.DataFrame:
    """Keep a cell such as "> 99.9 %" from being drawn as a quotation, without its sign."""
    return table.map(lambda cell: f"\\{cell}" if str(cell).startswith(">") else cell)


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


def report_menu() -> PopoverContainer:
    """Draw the menu that offers the report."""
    return st.popover("Report", icon=":material/description:", key="report", on_change="rerun")


def offer(
    menu: PopoverContainer,
    name: str,
    title: str,
    choice: EvaluationChoice,
    settings: Callable[[], Sequence[tuple[str, str]]],
    sections: Callable[[], Iterable[Section]],
    command: str,
) -> None:
    """Write the report once the menu is open, and offer it.

    Parameters
    ----------
    name
        Begins the name of the file.
    settings, sections
        Called only then: what stands at the head, and what the report holds.
    command
        Gives the same numbers at the command line.
    """
    if not menu.open:
        return
    with menu:
        st.caption(_REPORT_WORDS)
        with st.spinner("Writing the report …"):
            page = web_page(title, settings(), list(sections()), command)
        st.download_button(
            f"Download HTML ({len(page) / 1e6:.1f} MB)",
            page,
            f"{name}_{choice.file_words}.html",
            "text/html",
            key="report_html",
            on_click="ignore",
            icon=":material/download:",
        )


def settings_of(
    choice: EvaluationChoice,
    ensembles: Sequence[Ensemble],
    n: int,
    n_mi: int,
    more: Sequence[tuple[str, str]],
) -> list[tuple[str, str]]:
    """List data, records, probabilities, models, version and date."""
    models = [(one.label, trained_on(one)) for one in ensembles]
    return [
        ("Data set", choice.data_version),
        *([("Labels", f"with the readers' consensus {choice.labels}")] if choice.labels else []),
        ("Test set", f"{choice.test_set}: n = {n:,}, {n_mi:,} MI (fold 10)"),
        *more,
        ("Probabilities", choice.probabilities),
        *models,
        ("Made by", f"ECG trust review {__version__}"),
        ("Made on", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"),
    ]
