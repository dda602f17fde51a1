"""Diagrams of calibration, of the models' opinions and of training."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from ecgcore.evaluate.calibration import ReliabilityCurve
from ecgcore.figures.theme import STYLE, ink, template
from ecgcore.models.cards import ARCH_NAMES, ModelKey

_PREDICTED = "predicted probability of MI"
_OBSERVED = "observed MI fraction"
_UNIT = {"range": [-0.02, 1.02], "dtick": 0.2, "tick0": 0, "constrain": "domain", "showgrid": True}
_SQUARE = {"scaleanchor": "x", "scaleratio": 1}
_NARROW_BIN = 0.049
_ROW_PX = 34


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one model says about a record.

    Attributes
    ----------
    prob
        Probability of MI.
    extra
        Words to add to the model's name, such as "your run".
    """

    arch: str
    train_set: str
    seed: int
    prob: float
    extra: str = ""

    @property
    def label(self) -> str:
        """Name of the row."""
        name = f"{ARCH_NAMES.get(self.arch, self.arch)} · {self.train_set}"
        return f"{name} ({self.extra})" if self.extra else name

    @property
    def key(self) -> ModelKey:
        """Identity of the model."""
        return ModelKey(self.arch, self.train_set, self.seed)


def reliability_figure(
    curve: ReliabilityCurve, *, name: str, train_set: str | None = None, dark: bool = False
) -> go.Figure:
    """Draw observed against predicted probability, with the records per bin underneath.

    Parameters
    ----------
    name
        The model and the test set, for the legend.
    train_set
        "A", "C" or "D", for the colour; the text colour without.
    """
    colors = ink(dark=dark)
    color = STYLE[train_set].color(dark=dark) if train_set else colors.text
    symbol = STYLE[train_set].symbol if train_set else "circle"
    width = np.diff(curve.edges)
    bars = go.Bar(
        x=curve.edges[:-1] + width / 2,
        y=curve.n,
        width=width,
        text=[f"{n}" if w >= _NARROW_BIN else "" for n, w in zip(curve.n, width, strict=True)],
        textposition="outside",
        textfont={"size": 11},
        textangle=0,
        cliponaxis=False,
        marker={"color": color, "opacity": 0.45, "line": {"color": color, "width": 1}},
        customdata=np.column_stack([curve.edges[:-1], curve.edges[1:], curve.n_mi]),
        hovertemplate="%{customdata[0]:.2f} to %{customdata[1]:.2f}: %{y} records, "
        "%{customdata[2]} MI<extra></extra>",
        yaxis="y2",
        showlegend=False,
    )
    return go.Figure(
        data=[_diagonal(dark=dark), _points(curve, name, color, symbol, "solid"), bars],
        layout={
            "template": template(dark=dark),
            "height": 640,
            "xaxis": _UNIT | {"title": {"text": _PREDICTED}, "anchor": "y2"},
            "yaxis": _UNIT | _SQUARE | {"title": {"text": _OBSERVED}, "domain": [0.24, 1.0]},
            "yaxis2": {
                "title": {"text": "records"},
                "domain": [0.0, 0.19],
                "range": [0, 1.3 * max(int(curve.n.max(initial=0)), 1)],
                "nticks": 4,
            },
        },
    )


def _diagonal(*, dark: bool) -> go.Scatter:
    return go.Scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": ink(dark=dark).quiet, "width": 1},
        name="perfect calibration",
        hoverinfo="skip",
    )


def _points(curve: ReliabilityCurve, name: str, color: str, symbol: str, dash: str) -> go.Scatter:
    filled = curve.n > 0
    observed = curve.observed[filled]
    return go.Scatter(
        x=curve.mean_prob[filled],
        y=observed,
        error_y={
            "type": "data",
            "array": curve.high[filled] - observed,
            "arrayminus": observed - curve.low[filled],
            "thickness": 1.2,
            "width": 4,
        },
        mode="lines+markers",
        line={"color": color, "width": 1.8, "dash": dash},
        marker={"color": color, "symbol": symbol, "size": 9},
        name=name,
        customdata=np.column_stack(
            [a[filled] for a in (curve.n_mi, curve.n, curve.low, curve.high)]
        ),
        hovertemplate="predicted %{x:.3f}<br>observed %{y:.3f} "
        "(95 % %{customdata[2]:.3f} to %{customdata[3]:.3f})<br>"
        "%{customdata[0]} MI of %{customdata[1]}",
    )


def opinion_figure(rows: Sequence[Opinion], *, dark: bool = False) -> go.Figure:
    """Draw each model's probability of MI as a dot, grouped by architecture.

    Rows keep their order within an architecture; the values stand in a column at the right.
    """
    archs = list(dict.fromkeys(row.arch for row in rows))
    ordered = sorted(rows, key=lambda row: archs.index(row.arch))
    places = [-k - 0.6 * archs.index(row.arch) for k, row in enumerate(ordered)]
    traces = [
        _dots(
            train_set,
            [p for p, row in zip(places, ordered, strict=True) if row.train_set == train_set],
            [row.prob for row in ordered if row.train_set == train_set],
            [row.key.label for row in ordered if row.train_set == train_set],
            dark=dark,
        )
        for train_set in dict.fromkeys(row.train_set for row in ordered)
    ]
    figure = _dot_plot(
        traces,
        places,
        [row.label for row in ordered],
        [percent(row.prob) for row in ordered],
        dark=dark,
    )
    figure.update_xaxes(
        range=[-0.02, 1.02], tickformat=".0%", dtick=0.25, title={"text": _PREDICTED}
    )
    figure.add_vline(x=0.5, line={"color": ink(dark=dark).text, "width": 1.2, "dash": "dash"})
    return figure


def percent(prob: float) -> str:
    """Write a probability in per cent; one that rounds to 0 or 100 is not written as certain."""
    if prob < 0.0005:
        return "< 0.1 %"
    return "> 99.9 %" if prob >= 0.9995 else f"{100 * prob:.1f} %"


def _dots(
    train_set: str,
    places: list[float],
    values: list[float],
    models: list[str],
    *,
    dark: bool,
) -> go.Scatter:
    style = STYLE[train_set]
    return go.Scatter(
        x=values,
        y=places,
        mode="markers",
        marker={"color": style.color(dark=dark), "symbol": style.symbol, "size": 13},
        name=style.name,
        text=models,
        hovertemplate="%{text}: %{x:.3f}<extra></extra>",
    )


def _dot_plot(
    traces: list[go.Scatter],
    places: list[float],
    labels: list[str],
    values: list[str],
    *,
    dark: bool,
) -> go.Figure:
    """Draw dots in labelled rows, with the values as a column right of the axes."""
    column = [
        {
            "xref": "x domain",
            "x": 1,
            "xanchor": "left",
            "xshift": 10,
            "y": place,
            "yanchor": "middle",
            "text": value,
            "showarrow": False,
        }
        for place, value in zip(places, values, strict=True)
    ]
    lowest = min(places, default=0.0)
    return go.Figure(
        data=traces,
        layout={
            "template": template(dark=dark),
            "height": round(100 + _ROW_PX * (1 - lowest)),
            "margin": {"r": 26 + 7 * max(map(len, values), default=0)},
            "yaxis": {
                "tickvals": places,
                "ticktext": labels,
                "range": [lowest - 0.6, 0.6],
                "gridcolor": ink(dark=dark).line,
                "ticks": "",
            },
            "annotations": column,
            "showlegend": True,
        },
    )


def history_figure(frame: pd.DataFrame, *, dark: bool = False) -> go.Figure:
    """Draw training and validation loss above, validation AUROC below.

    Parameters
    ----------
    frame
        One row per epoch: ``epoch, train_loss, val_loss, val_auroc``.
    """
    colors = ink(dark=dark)
    losses = [
        _curve(frame, "train_loss", "loss, training", colors.quiet, "dot", "y2"),
        _curve(frame, "val_loss", "loss, validation", STYLE["C"].color(dark=dark), "solid", "y2"),
    ]
    auroc = _curve(frame, "val_auroc", "AUROC, validation", STYLE["A"].color(dark=dark), "solid")
    return go.Figure(
        data=[*losses, auroc],
        layout={
            "template": template(dark=dark),
            "height": 460,
            "hovermode": "x",
            "xaxis": {
                "title": {"text": "epoch"},
                "anchor": "y",
                "range": [0.5, max(len(frame), 2) + 0.5],
                "dtick": max(1, len(frame) // 10),
                "tick0": 1,
            },
            "yaxis": {
                "title": {"text": "AUROC"},
                "domain": [0.0, 0.46],
                "autorangeoptions": {"clipmin": 0.0, "clipmax": 1.01},
            },
            "yaxis2": {"title": {"text": "loss"}, "domain": [0.54, 1.0], "rangemode": "tozero"},
        },
    )


def _curve(
    frame: pd.DataFrame, column: str, name: str, color: str, dash: str, yaxis: str = "y"
) -> go.Scatter:
    return go.Scatter(
        x=frame["epoch"].to_numpy(),
        y=frame[column].to_numpy(dtype=np.float32),
        mode="lines+markers",
        line={"color": color, "width": 2, "dash": dash},
        marker={"color": color, "size": 7},
        name=name,
        yaxis=yaxis,
        hovertemplate="%{y:.4f}",
    )
