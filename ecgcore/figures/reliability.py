"""Reliability diagrams: observed share of MI against predicted probability."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from ecgcore.figures.comparison import style_of
from ecgcore.figures.theme import Style, ink, template
from ecgcore.stats.calibration.corp import CorpCurve
from ecgcore.stats.reliability_curve import ReliabilityCurve

FloatArray = NDArray[np.float64]

SMALL_PX, LARGE_PX = 188, 560
_UNIT = {"range": [-0.02, 1.02], "dtick": 0.2, "tick0": 0, "constrain": "domain", "showgrid": True}
_SQUARE = {"scaleanchor": "x", "scaleratio": 1}
_NARROW_BIN = 0.049
_BARS = 20
_HEADROOM = 1.3
_UNDIMMED = {"marker": {"opacity": 1.0}}


def reliability_figure(
    curve: ReliabilityCurve,
    *,
    name: str,
    train_set: str = "",
    seeds: Sequence[ReliabilityCurve] = (),
    chosen: int | None = None,
    positive: str = "MI",
    dark: bool = False,
) -> go.Figure:
    """Draw observed against predicted probability, with the records per bin underneath.

    The first number in the ``customdata`` of each dot and clear bar is its bin.

    Parameters
    ----------
    name
        The model and the test set, for the legend.
    train_set
        "A", "C" or "D", for colour and symbol; neutral ones without.
    seeds
        Curves to draw faint behind it.
    chosen
        A bin to mark.
    positive
        The class that is predicted.
    """
    style = style_of(train_set)
    color = style.color(dark=dark)
    figure = go.Figure(
        data=[
            _diagonal(dark=dark),
            *_faint_lines([_filled(one) for one in seeds], color),
            *([_band(curve, color)] if curve.band == "bootstrap" else []),
            _points(curve, name, style, dark=dark),
            *_bars(curve, color, dark=dark),
        ],
        layout=_layout(int(curve.n.max(initial=0)), positive, dark=dark),
    )
    if chosen is not None:
        at = float(curve.mean_prob[chosen]), float(curve.observed[chosen])
        figure.add_trace(_ring(*at, dark=dark))
        edges = float(curve.edges[chosen]), float(curve.edges[chosen + 1])
        figure.add_shape(_bin_band(*edges, dark=dark))
    return figure


def _layout(most: float, positive: str, *, dark: bool) -> dict[str, object]:
    predicted, observed = f"predicted probability of {positive}", f"observed {positive} fraction"
    return {
        "template": template(dark=dark),
        "height": LARGE_PX,
        "dragmode": False,
        "barmode": "overlay",
        "xaxis": _UNIT | {"title": {"text": predicted}, "anchor": "y2", "fixedrange": True},
        "yaxis": _UNIT
        | _SQUARE
        | {"title": {"text": observed}, "domain": [0.24, 1.0], "fixedrange": True},
        "yaxis2": {
            "title": {"text": "records"},
            "domain": [0.0, 0.19],
            "range": [0, _HEADROOM * max(most, 1)],
            "nticks": 4,
            "fixedrange": True,
        },
    }


def small(figure: go.Figure) -> go.Figure:
    """Make a reliability diagram small, for a grid: no legend, wider than high."""
    figure.update_layout(
        height=SMALL_PX,
        showlegend=False,
        font={"size": 11},
        margin={"l": 4, "r": 6, "t": 4, "b": 4},
        xaxis={"title": {"text": "predicted", "standoff": 2}},
        yaxis={"scaleanchor": None, "domain": [0.36, 1.0], "title": {"text": "observed"}},
        yaxis2={"domain": [0.0, 0.24], "nticks": 3},
    )
    figure.update_traces(marker={"size": 7}, selector={"mode": "lines+markers"})
    figure.update_traces(marker={"size": 5}, selector={"mode": "markers"})
    figure.update_traces(textfont={"size": 9}, selector={"type": "bar"})
    return figure


def _diagonal(*, dark: bool) -> go.Scatter:
    return go.Scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": ink(dark=dark).quiet, "width": 1},
        name="perfect calibration",
        hoverinfo="skip",
    )


def _filled(curve: ReliabilityCurve) -> tuple[FloatArray, FloatArray]:
    return curve.mean_prob[curve.n > 0], curve.observed[curve.n > 0]


def _faint_lines(lines: Sequence[tuple[FloatArray, FloatArray]], color: str) -> list[go.Scatter]:
    """Thin lines as one trace with gaps, which a browser draws faster; none without lines."""
    if not lines:
        return []
    x, y = (
        np.concatenate([np.append(line[axis], np.nan) for line in lines])[:-1] for axis in (0, 1)
    )
    return [
        go.Scatter(
            x=x,
            y=y,
            mode="lines",
            line={"color": color, "width": 1},
            opacity=0.35,
            name="single seeds",
            hoverinfo="skip",
        )
    ]


def _band(curve: ReliabilityCurve, color: str) -> go.Scatter:
    filled = curve.n > 0
    return _area(curve.mean_prob[filled], curve.low[filled], curve.high[filled], color)


def _area(x: FloatArray, low: FloatArray, high: FloatArray, color: str) -> go.Scatter:
    return go.Scatter(
        x=np.concatenate([x, x[::-1]]),
        y=np.concatenate([high, low[::-1]]),
        mode="lines",
        fill="toself",
        fillcolor=color,
        opacity=0.22,
        line={"width": 0},
        name="95 % of bootstrap samples",
        hoverinfo="skip",
    )


def _points(curve: ReliabilityCurve, name: str, style: Style, *, dark: bool) -> go.Scatter:
    filled = curve.n > 0
    observed, color = curve.observed[filled], style.color(dark=dark)
    whiskers = {
        "type": "data",
        "array": curve.high[filled] - observed,
        "arrayminus": observed - curve.low[filled],
        "thickness": 1.2,
        "width": 4,
    }
    parts = (np.arange(curve.n.size), curve.n_mi, curve.n, curve.low, curve.high)
    return go.Scatter(
        x=curve.mean_prob[filled],
        y=observed,
        error_y=whiskers if curve.band == "exact" else None,
        mode="lines+markers",
        line={"color": color, "width": 1.8, "dash": "solid"},
        marker={"color": color, "symbol": style.symbol, "size": 9},
        unselected=_UNDIMMED,
        name=name,
        customdata=_rows([part[filled] for part in parts]),
        hovertemplate="predicted %{x:.3f}<br>observed %{y:.3f} "
        "(95 % %{customdata[3]:.3f} to %{customdata[4]:.3f})<br>"
        "%{customdata[1]} MI of %{customdata[2]}<extra></extra>",
    )


def _bars(curve: ReliabilityCurve, color: str, *, dark: bool) -> list[go.Bar]:
    """Draw the records of each bin, and over them clear bars of full height to click on."""
    width = np.diff(curve.edges)
    place = {"x": curve.edges[:-1] + width / 2, "width": width, "yaxis": "y2", "showlegend": False}
    parts = (np.arange(curve.n.size), curve.edges[:-1], curve.edges[1:], curve.n_mi, curve.n)
    seen = go.Bar(
        y=curve.n,
        text=[f"{n}" if w >= _NARROW_BIN else "" for n, w in zip(curve.n, width, strict=True)],
        textposition="outside",
        textfont={"size": 11},
        textangle=0,
        cliponaxis=False,
        marker={"color": color, "opacity": 0.45, "line": {"color": color, "width": 1}},
        unselected={"marker": {"opacity": 0.45}, "textfont": {"color": ink(dark=dark).text}},
        hoverinfo="skip",
        **place,
    )
    clicked = go.Bar(
        y=np.full(curve.n.size, _HEADROOM * max(int(curve.n.max(initial=0)), 1)),
        marker={"opacity": 0},
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        customdata=_rows(parts),
        hovertemplate="%{customdata[1]:.2f} to %{customdata[2]:.2f}: %{customdata[4]} records, "
        "%{customdata[3]} MI<extra></extra>",
        **place,
    )
    return [seen, clicked]


def _ring(x: float, y: float, *, dark: bool) -> go.Scatter:
    return go.Scatter(
        x=[x],
        y=[y],
        mode="markers",
        marker={
            "symbol": "circle-open",
            "size": 19,
            "color": ink(dark=dark).text,
            "line": {"width": 2.2},
        },
        name="chosen bin",
        hoverinfo="skip",
        showlegend=False,
    )


def _bin_band(left: float, right: float, *, dark: bool) -> dict[str, object]:
    return {
        "type": "rect",
        "xref": "x",
        "yref": "paper",
        "x0": left,
        "x1": right,
        "y0": 0,
        "y1": 1,
        "layer": "below",
        "fillcolor": ink(dark=dark).line,
        "opacity": 0.45,
        "line": {"width": 0},
    }


def corp_figure(
    curve: CorpCurve,
    pieces: pd.DataFrame,
    *,
    name: str,
    train_set: str = "",
    seeds: Sequence[CorpCurve] = (),
    chosen: int | None = None,
    positive: str = "MI",
    dark: bool = False,
) -> go.Figure:
    """Draw the curve without bins, its band, its level stretches as dots and the records below.

    The first number in the ``customdata`` of each dot is its stretch.

    Parameters
    ----------
    pieces
        One row for each level stretch: ``left, right, n, n_mi, mean_prob, observed, low, high``.
    name, train_set, chosen, positive
        As `reliability_figure`.
    seeds
        Curves to draw faint behind it.
    """
    style = style_of(train_set)
    color = style.color(dark=dark)
    figure = go.Figure(
        data=[
            _diagonal(dark=dark),
            *_faint_lines([(one.probs, one.observed) for one in seeds], color),
            _area(curve.probs, curve.low, curve.high, color),
            _level_line(curve, name, color),
            _stretches(pieces, style, dark=dark),
            _histogram(curve, color),
        ],
        layout=_layout(int(_counts(curve).max()), positive, dark=dark),
    )
    if chosen is not None:
        at = pieces.iloc[chosen]
        figure.add_trace(_ring(float(at["mean_prob"]), float(at["observed"]), dark=dark))
        figure.add_shape(_bin_band(float(at["left"]), float(at["right"]), dark=dark))
    return figure


def _rows(columns: Iterable[ArrayLike]) -> list[list[float]]:
    """Return one list for each point: Streamlit hands a clicked row of an array back as a dict."""
    rows: list[list[float]] = np.column_stack([np.asarray(column) for column in columns]).tolist()
    return rows


def _level_line(curve: CorpCurve, name: str, color: str) -> go.Scatter:
    return go.Scatter(
        x=curve.probs,
        y=curve.observed,
        mode="lines",
        line={"color": color, "width": 2},
        name=name,
        hoverinfo="skip",
    )


def _stretches(pieces: pd.DataFrame, style: Style, *, dark: bool) -> go.Scatter:
    parts = ["n_mi", "n", "left", "right"]
    return go.Scatter(
        x=pieces["mean_prob"].to_numpy(),
        y=pieces["observed"].to_numpy(),
        mode="markers",
        marker={"color": style.color(dark=dark), "symbol": style.symbol, "size": 8},
        unselected=_UNDIMMED,
        customdata=_rows([np.arange(len(pieces)), *(pieces[part] for part in parts)]),
        hovertemplate="predicted %{customdata[3]:.3f} to %{customdata[4]:.3f}<br>"
        "observed %{y:.3f}<br>%{customdata[1]} MI of %{customdata[2]}<extra></extra>",
        name="level stretch",
        showlegend=False,
    )


def _counts(curve: CorpCurve) -> NDArray[np.float64]:
    """Count the records in each of equally wide bars."""
    counts: NDArray[np.float64] = np.histogram(curve.probs, _BARS, (0, 1), weights=curve.n)[0]
    return counts


def _histogram(curve: CorpCurve, color: str) -> go.Bar:
    return go.Bar(
        x=(np.arange(_BARS) + 0.5) / _BARS,
        y=_counts(curve),
        width=1 / _BARS,
        marker={"color": color, "opacity": 0.45, "line": {"color": color, "width": 1}},
        unselected={"marker": {"opacity": 0.45}},
        hovertemplate="%{y} records<extra></extra>",
        yaxis="y2",
        showlegend=False,
    )
