"""Diagrams of numbers in labelled rows: before and after calibration, values with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from ecgcore.figures.comparison import style_of, value_text, whiskers
from ecgcore.figures.theme import ink, template
from ecgcore.stats.metrics import Estimate


@dataclass(frozen=True, slots=True)
class Pair:
    """A number of one ensemble before and after calibration."""

    train_set: str
    name: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Range:
    """A labelled value with its interval."""

    name: str
    estimate: Estimate
    train_set: str = ""


def dumbbell_figure(
    panels: Sequence[tuple[str, float, Sequence[Pair]]], *, after: str, dark: bool = False
) -> go.Figure:
    """Draw numbers before (hollow) and after (filled) calibration, a panel for each number.

    Parameters
    ----------
    panels
        Title, the perfect value, and one pair for each ensemble, the same everywhere.
    after
        Name of the calibrator.
    """
    names = [pair.name for pair in panels[0][2]]
    places = [-k for k in range(len(names))]
    width, colors = 1 / len(panels), ink(dark=dark)
    figure = go.Figure(
        layout={
            "template": template(dark=dark),
            "height": 96 + 26 * len(names),
            "yaxis": {
                "tickvals": places,
                "ticktext": names,
                "range": [places[-1] - 0.6, 0.6],
                "ticks": "",
            },
        }
    )
    for panel, (title, perfect, pairs) in enumerate(panels):
        axis = "" if panel == 0 else str(panel + 1)
        figure.add_traces(_dumbbells(pairs, places, f"x{axis}", dark=dark))
        figure.add_shape(
            type="line",
            xref=f"x{axis}",
            yref="paper",
            x0=perfect,
            x1=perfect,
            y0=0,
            y1=1,
            layer="below",
            line={"color": colors.quiet, "width": 1.2, "dash": "dash"},
        )
        domain = [panel * width + (0.012 if panel else 0), (panel + 1) * width - 0.012]
        figure.update_layout(
            {f"xaxis{axis}": {"domain": domain, "title": {"text": title}, "nticks": 4}}
        )
    figure.add_traces(_dumbbell_legend(after, dark=dark))
    return figure.update_layout(showlegend=True)


def _dumbbells(
    pairs: Sequence[Pair], places: Sequence[int], xaxis: str, *, dark: bool
) -> list[go.Scatter]:
    traces = []
    for pair, y in zip(pairs, places, strict=True):
        style = style_of(pair.train_set)
        color = style.color(dark=dark)
        traces.append(
            go.Scatter(
                x=[pair.before, pair.after],
                y=[y, y],
                mode="lines+markers",
                line={"color": color, "width": 2},
                marker={
                    "symbol": [f"{style.symbol}-open", style.symbol],
                    "size": 10,
                    "color": color,
                    "line": {"width": 1.6, "color": color},
                },
                text=["uncalibrated", "calibrated"],
                hovertemplate=f"{pair.name}, %{{text}}: %{{x:.4f}}<extra></extra>",
                xaxis=xaxis,
                showlegend=False,
            )
        )
    return traces


def _dumbbell_legend(after: str, *, dark: bool) -> list[go.Scatter]:
    color = ink(dark=dark).text
    return [
        go.Scatter(
            x=[None],
            y=[None],
            mode="markers",
            name=name,
            marker={"symbol": symbol, "size": 10, "color": color, "line": {"width": 1.6}},
        )
        for name, symbol in (("uncalibrated", "circle-open"), (after, "circle"))
    ]


def ranges_figure(
    rows: Sequence[Range],
    *,
    title: str,
    reference: float | None = None,
    digits: int = 3,
    dark: bool = False,
) -> go.Figure:
    """Draw labelled values with their intervals, one row each, and the numbers at the right.

    Parameters
    ----------
    reference
        Where a dashed line stands, such as 0 for "no difference".
    """
    places = [-k for k in range(len(rows))]
    colors = ink(dark=dark)
    styles = [style_of(row.train_set) for row in rows]
    figure = go.Figure(
        data=[
            go.Scatter(
                x=[row.estimate.value],
                y=[y],
                mode="markers",
                error_x=whiskers([row.estimate], style.color(dark=dark)),
                marker={"color": style.color(dark=dark), "symbol": style.symbol, "size": 10},
                hovertemplate=f"{row.name}: {row.estimate.text(digits)}<extra></extra>",
                showlegend=False,
            )
            for row, y, style in zip(rows, places, styles, strict=True)
        ],
        layout={
            "template": template(dark=dark),
            "height": 64 + 26 * max(len(rows), 1),
            "margin": {"r": 150},
            "xaxis": {"title": {"text": title}, "nticks": 6, "tickangle": 0},
            "yaxis": {
                "tickvals": places,
                "ticktext": [row.name for row in rows],
                "range": [places[-1] - 0.6 if places else -1, 0.6],
                "ticks": "",
            },
            "annotations": [
                value_text(row.estimate.text(digits), y)
                for row, y in zip(rows, places, strict=True)
            ],
        },
    )
    if reference is not None:
        figure.add_vline(x=reference, line={"color": colors.text, "width": 1.2, "dash": "dash"})
    return figure
