"""A line for each reader, from alone to advised."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from ecgcore.figures.theme import BLUE, RUST, ink, template

_SYMBOLS = ("circle", "square", "diamond", "cross", "star", "hexagon", "pentagon", "x")


@dataclass(frozen=True, slots=True)
class ReaderLine:
    """One reader's figure alone and advised; `harm` in words."""

    reader: str
    alone: float
    aided: float
    harm: str


def reader_lines_figure(
    lines: Sequence[ReaderLine], metric: str, arms: tuple[str, str], *, dark: bool = False
) -> go.Figure:
    """Draw the lines; harmed readers are dashed, rust and named as harmed."""
    colors = ink(dark=dark)
    figure = go.Figure()
    for place, line in enumerate(lines):
        harmed = line.harm == "harmed"
        name = f"{line.reader} (harmed)" if harmed else line.reader
        figure.add_scatter(
            x=list(arms),
            y=[line.alone, line.aided],
            mode="lines+markers",
            name=name,
            line={
                "color": RUST if harmed else BLUE if line.harm == "better" else colors.quiet,
                "dash": "dash" if harmed else "solid",
                "width": 2,
            },
            marker={
                "symbol": "triangle-down" if harmed else _SYMBOLS[place % len(_SYMBOLS)],
                "size": 9,
            },
        )
    figure.update_layout(template=template(dark=dark), height=340, yaxis_title=metric)
    figure.update_yaxes(range=[-0.02, 1.02])
    return figure
