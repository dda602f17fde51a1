"""Values with and without a statement, and how well each limit tells the two apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ecgcore.figures.theme import BLUE, ORANGE, SKY, VERMILLION, ink, template

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecgcore.review.label_doctor.examination import Examination

_N_BINS = 60
_CLEAR = 0.18


def limit_figure(found: Examination, limit: float, *, dark: bool = False) -> go.Figure:
    """Draw the values' distributions above kappa at every limit.

    The chosen limit is a solid upright line, the published one a dotted one.
    """
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.45, 0.55], vertical_spacing=0.06
    )
    _draw_values(figure, found, dark=dark)
    _draw_kappa(figure, found, dark=dark)
    colors = ink(dark=dark)
    published = found.statement.published
    figure.add_vline(published, line={"color": colors.quiet, "dash": "dot", "width": 1.5})
    figure.add_vline(limit, line={"color": colors.text, "width": 2})
    figure.update_layout(template=template(dark=dark), height=350, barmode="overlay")
    figure.update_yaxes(title_text="Share", tickformat=".0%", row=1, col=1)
    figure.update_yaxes(title_text="Kappa", rangemode="tozero", row=2, col=1)
    unit = found.statement.unit
    noun = found.statement.noun
    title = f"{noun[0].upper()}{noun[1:]} ({unit})" if unit != "°" else f"{noun} (degrees)"
    figure.update_xaxes(title_text=title, row=2, col=1)
    figure.update_xaxes(range=list(_span(found)))
    return figure


def _span(found: Examination) -> tuple[float, float]:
    """Return what of the values is drawn: all but the outermost of each side."""
    low, high = np.percentile(found.rows["value"], [0.5, 99.5])
    limits = found.agreement.limits
    return min(float(low), float(limits[0])), max(float(high), float(limits[-1]))


def _draw_values(figure: go.Figure, found: Examination, *, dark: bool) -> None:
    edges = np.linspace(*_span(found), _N_BINS + 1)
    middles = (edges[1:] + edges[:-1]) / 2
    lines = (
        (found.statement.said, True, ORANGE if dark else VERMILLION, "solid"),
        ("not stated", False, SKY if dark else BLUE, "dash"),
    )
    for name, stated, color, dash in lines:
        values = found.rows.loc[found.rows["stated"] == stated, "value"].to_numpy()
        figure.add_scatter(
            x=middles,
            y=_shares(values, edges),
            name=f"{name}, n = {len(values):,}",
            mode="lines",
            line={"color": color, "dash": dash, "shape": "hvh", "width": 2},
            row=1,
            col=1,
        )


def _shares(values: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    counts, _ = np.histogram(values, edges)
    return np.asarray(counts / max(1, len(values)))


def _draw_kappa(figure: go.Figure, found: Examination, *, dark: bool) -> None:
    limits, kappa = found.agreement.limits, found.agreement.kappa
    colors = ink(dark=dark)
    figure.add_scatter(
        x=np.concatenate([limits, limits[::-1]]),
        y=np.concatenate([kappa.high, kappa.low[::-1]]),
        fill="toself",
        mode="lines",
        line={"width": 0},
        fillcolor=colors.line,
        opacity=1 - _CLEAR,
        hoverinfo="skip",
        showlegend=False,
        row=2,
        col=1,
    )
    figure.add_scatter(
        x=limits,
        y=kappa.values,
        name="kappa with its 95 % interval",
        mode="lines",
        line={"color": colors.text, "width": 2},
        row=2,
        col=1,
    )
