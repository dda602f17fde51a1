"""Panels side by side: lines for each architecture, and rows of values with their intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from ecgcore.figures.comparison import style_of, whiskers
from ecgcore.figures.theme import Style, ink, template
from ecgcore.stats.metrics import Estimate

_GAP = 0.05
_ROW_PX = 30
_TOP = -0.15
_IN_MI_PX = 196


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One curve; those of one panel share its axes.

    Attributes
    ----------
    panel
        Title of the panel, such as the architecture.
    train_set
        Decides colour, dash and symbol; "" for a quiet line that all panels have.
    name
        Entry of the legend.
    x, y
        ``(n,)``.
    dash
        Of a quiet line.
    """

    panel: str
    train_set: str
    name: str
    x: NDArray[np.generic]
    y: NDArray[np.float64]
    dash: str = "solid"


@dataclass(frozen=True, slots=True)
class Column:
    """One number of every row of `intervals_figure`, with the value it should have."""

    title: str
    estimates: tuple[Estimate, ...]
    reference: float | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """Observed against predicted in one part of the records.

    Attributes
    ----------
    heading
        Rows with the same heading stand together under it.
    name
        Words at the left, with the part's size.
    predicted
        Mean predicted probability.
    observed
        Share of MI with its interval.
    in_mi
        Mean predicted probability of its MI records alone.
    """

    heading: str
    name: str
    predicted: float
    observed: Estimate
    in_mi: float


def lines_figure(
    lines: Sequence[Line],
    *,
    x_title: str,
    y_title: str,
    marked: float,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    height: int = 340,
    dark: bool = False,
) -> go.Figure:
    """Draw curves in one panel for each architecture, with a mark at the reader's choice.

    Parameters
    ----------
    marked
        Where a dashed upright line stands, on the x axis.
    """
    panels = list(dict.fromkeys(line.panel for line in lines))
    colors = ink(dark=dark)
    figure = go.Figure(layout={"template": template(dark=dark), "height": height})
    for k, (panel, domain) in enumerate(zip(panels, _domains(len(panels)), strict=True)):
        axis = "" if k == 0 else str(k + 1)
        shown = {trace.name for trace in figure.data}
        mine = [line for line in lines if line.panel == panel]
        figure.add_traces(
            [_trace(line, axis, shown=line.name not in shown, dark=dark) for line in mine]
        )
        figure.add_shape(_upright(f"x{axis}", marked, colors.text))
        figure.update_layout(
            {
                f"xaxis{axis}": {
                    "domain": domain,
                    "anchor": f"y{axis}",
                    "range": x_range,
                    "title": {"text": f"{x_title}<br><b>{panel}</b>"},
                },
                f"yaxis{axis}": {
                    "anchor": f"x{axis}",
                    "range": y_range,
                    "nticks": 6,
                    "showgrid": True,
                    "showticklabels": k == 0,
                    "title": {"text": y_title if k == 0 else ""},
                },
            }
        )
    return figure.update_layout(showlegend=True, legend={"y": 1.03})


def _domains(n: int) -> list[tuple[float, float]]:
    width = (1 - _GAP * (n - 1)) / max(n, 1)
    return [(k * (width + _GAP), k * (width + _GAP) + width) for k in range(n)]


def _trace(line: Line, axis: str, *, shown: bool, dark: bool) -> go.Scatter:
    quiet = not line.train_set
    style = style_of(line.train_set)
    color = ink(dark=dark).quiet if quiet else style.color(dark=dark)
    n = len(line.x)
    return go.Scatter(
        x=line.x,
        y=line.y,
        mode="lines" if quiet else "lines+markers",
        line={
            "color": color,
            "width": 1.4 if quiet else 1.8,
            "dash": line.dash if quiet else style.dash,
        },
        marker={"color": color, "symbol": style.symbol, "size": 7, "maxdisplayed": max(n // 6, 3)},
        name=line.name,
        legendgroup=line.name,
        showlegend=shown,
        hovertemplate=f"{line.name}: %{{y:.4f}} at %{{x}}<extra></extra>",
        xaxis=f"x{axis}",
        yaxis=f"y{axis}",
    )


def _upright(xref: str, x: float, color: str) -> dict[str, object]:
    return {
        "type": "line",
        "xref": xref,
        "yref": "paper",
        "x0": x,
        "x1": x,
        "y0": 0,
        "y1": 1,
        "layer": "below",
        "line": {"color": color, "width": 1.2, "dash": "dash"},
    }


def intervals_figure(
    names: Sequence[str],
    train_sets: Sequence[str],
    columns: Sequence[Column],
    *,
    digits: int = 3,
    shares: bool = False,
    dark: bool = False,
) -> go.Figure:
    """Draw several numbers of the same rows side by side, each with its interval.

    Parameters
    ----------
    names, train_sets
        One for each row, from the top; the training set decides colour and symbol.
    shares
        Write the axes in per cent.
    """
    places = [-k for k in range(len(names))]
    figure = go.Figure(
        layout={
            "template": template(dark=dark),
            "height": 66 + _ROW_PX * len(names),
            "yaxis": {
                "tickvals": places,
                "ticktext": list(names),
                "range": [-len(names) + 0.4, 0.6],
                "ticks": "",
                "showgrid": False,
            },
        }
    )
    for k, (column, domain) in enumerate(zip(columns, _domains(len(columns)), strict=True)):
        axis = "" if k == 0 else str(k + 1)
        figure.add_traces(
            [
                _value(name, train_set, estimate, y, f"x{axis}", digits, dark=dark)
                for name, train_set, estimate, y in zip(
                    names, train_sets, column.estimates, places, strict=True
                )
            ]
        )
        if column.reference is not None:
            figure.add_shape(_upright(f"x{axis}", column.reference, ink(dark=dark).quiet))
        figure.update_layout(
            {
                f"xaxis{axis}": {
                    "domain": domain,
                    "title": {"text": column.title},
                    "tickformat": ".0%" if shares else "",
                    "nticks": 5,
                    "showgrid": True,
                }
            }
        )
    return figure


def _value(
    name: str, train_set: str, estimate: Estimate, y: float, xaxis: str, digits: int, *, dark: bool
) -> go.Scatter:
    style = style_of(train_set)
    color = style.color(dark=dark)
    return go.Scatter(
        x=[estimate.value],
        y=[y],
        mode="markers",
        error_x=whiskers([estimate], color),
        marker={"color": color, "symbol": style.symbol, "size": 10},
        hovertemplate=f"{name}: {estimate.text(digits)}<extra></extra>",
        xaxis=xaxis,
        showlegend=False,
    )


def strata_figure(rows: Sequence[Held], *, train_set: str = "", dark: bool = False) -> go.Figure:
    """Draw mean predicted (hollow) and observed (filled, with interval) for parts of the records.

    Rows keep their order; the numbers stand at the right in per cent,
    beside the mean prediction for the MI records alone.
    """
    headings = list(dict.fromkeys(row.heading for row in rows))
    places = [-k - 0.9 * (headings.index(row.heading) + 1) for k, row in enumerate(rows)]
    lowest = min(places, default=0.0)
    figure = go.Figure(
        data=_held_dots(rows, places, style_of(train_set), dark=dark),
        layout={
            "template": template(dark=dark),
            "height": round(96 + _ROW_PX * (0.6 - lowest)),
            "margin": {"r": 290, "t": 30},
            "showlegend": True,
            "xaxis": {"title": {"text": "share of MI"}, "tickformat": ".0%", "nticks": 6},
            "yaxis": {
                "tickvals": places,
                "ticktext": [row.name for row in rows],
                "range": [lowest - 0.6, 0.2],
                "ticks": "",
                "showgrid": False,
            },
        },
    )
    for row, y in zip(rows, places, strict=True):
        figure.add_annotation(_beside(_held_text(row), y))
        figure.add_annotation(_beside(f"{100 * row.in_mi:.0f} %", y) | {"xshift": _IN_MI_PX})
    figure.add_annotation(_beside("predicted → observed", _TOP))
    figure.add_annotation(_beside("MI alone", _TOP) | {"xshift": _IN_MI_PX})
    heads = {row.heading: y for row, y in reversed(list(zip(rows, places, strict=True)))}
    for heading, y in heads.items():
        figure.add_annotation(_heading(heading, y + 0.8))
    return figure


def _held_dots(
    rows: Sequence[Held], places: Sequence[float], style: Style, *, dark: bool
) -> list[go.Scatter]:
    color, names = style.color(dark=dark), [row.name for row in rows]
    observed = go.Scatter(
        x=[row.observed.value for row in rows],
        y=places,
        mode="markers",
        error_x=whiskers([row.observed for row in rows], color),
        marker={"color": color, "symbol": style.symbol, "size": 11},
        name="observed share of MI, 95 % interval",
        text=names,
        hovertemplate="%{text}: observed %{x:.3f}<extra></extra>",
    )
    predicted = go.Scatter(
        x=[row.predicted for row in rows],
        y=places,
        mode="markers",
        marker={
            "color": ink(dark=dark).text,
            "symbol": f"{style.symbol}-open",
            "size": 11,
            "line": {"width": 2},
        },
        name="mean predicted probability",
        text=names,
        hovertemplate="%{text}: predicted %{x:.3f}<extra></extra>",
    )
    return [observed, predicted]


def _held_text(row: Held) -> str:
    value, low, high = (100 * x for x in (row.observed.value, row.observed.low, row.observed.high))
    return f"{100 * row.predicted:.1f} → {value:.1f} % [{low:.1f}, {high:.1f}]"


def _beside(text: str, y: float) -> dict[str, object]:
    return {
        "xref": "x domain",
        "x": 1,
        "xanchor": "left",
        "xshift": 8,
        "y": y,
        "yanchor": "middle",
        "text": text,
        "font": {"size": 12},
        "showarrow": False,
    }


def _heading(text: str, y: float) -> dict[str, object]:
    return _beside(f"<b>{text}</b>", y) | {"x": 0, "xshift": 4}
