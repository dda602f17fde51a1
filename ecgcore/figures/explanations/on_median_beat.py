"""The mean of a map over the beats, behind the median beat in twelve leads."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from ecgcore.explain.beat_map import BeatMap
from ecgcore.figures.attribution_overlay import colorscale
from ecgcore.figures.median_beat import Panels, median_figure, panels_of
from ecgcore.leads import LEADS
from ecgcore.records import FloatArray
from ecgcore.signals.measure.measure import Measurements
from ecgcore.wording.numbers import counted

_ROWS, _COLUMNS = 2, 6
_AIR_MM = 0.4


def mapped_median_figure(
    measurements: Measurements, mapped: BeatMap, *, refused: bool = False, dark: bool = False
) -> go.Figure:
    """Draw the median beat with a map behind each lead; a map of time alone is behind all."""
    figure = median_figure(measurements, dark=dark, neutral=True)
    if measurements.median is None:
        return figure
    strips = _strips(panels_of([measurements]), mapped, refused=refused, dark=dark)
    figure.add_trace(strips)
    figure.data = (figure.data[-1], *figure.data[:-1])
    figure.layout.height += 70
    return figure.update_layout(margin={"b": 74})


def _strips(panels: Panels, mapped: BeatMap, *, refused: bool, dark: bool) -> go.Heatmap:
    """Lay one strip behind each panel, with nothing between them."""
    inside = (mapped.edges_ms[:-1] >= panels.first_ms) & (mapped.edges_ms[1:] <= panels.last_ms)
    edges = mapped.edges_ms[:-1][inside]
    edges = np.append(edges, edges[-1] + np.diff(mapped.edges_ms)[0])
    x = np.concatenate([panels.x_mm(column, edges) for column in range(_COLUMNS)])
    top, middle, bottom = panels.row_edges_mm
    limit = float(np.abs(mapped.scores).max()) or 1.0
    return go.Heatmap(
        x=x.astype(np.float32),
        y=[bottom + _AIR_MM, middle - _AIR_MM, middle + _AIR_MM, top - _AIR_MM],
        z=_cells(mapped.scores[:, inside]),
        zmin=-limit if mapped.signed else 0.0,
        zmax=limit,
        colorscale=colorscale(signed=mapped.signed, refused=refused, dark=dark),
        colorbar=_scale(mapped, limit, refused=refused),
        hoverinfo="skip",
        name="overlay",
    )


def _cells(scores: FloatArray) -> FloatArray:
    """Arrange ``(12 or 1, n)`` as rows of the page from the bottom, columns with a gap between."""
    n = scores.shape[1]
    rows = scores if len(scores) == len(LEADS) else np.repeat(scores, len(LEADS), axis=0)
    cells = np.full((_ROWS, _COLUMNS, n + 1), np.nan, np.float32)
    cells[:, :, :n] = rows.reshape(_ROWS, _COLUMNS, n)[::-1]
    page = cells.reshape(_ROWS, -1)[:, :-1]
    return np.stack([page[0], np.full_like(page[0], np.nan), page[1]])


def _scale(mapped: BeatMap, limit: float, *, refused: bool) -> dict[str, Any]:
    step_ms = float(np.diff(mapped.edges_ms)[0])
    marks = [-limit, 0.0, limit] if mapped.signed else [0.0, limit]
    words = ["away from MI", "0", "towards MI"] if mapped.signed else ["0", "strongest moment"]
    said = f"mean over {counted(mapped.n_beats, 'beat')}, per {step_ms:.0f} ms"
    return {
        "orientation": "h",
        "x": 0.0,
        "xanchor": "left",
        "y": -0.01,
        "yanchor": "top",
        "len": 0.5,
        "thickness": 10,
        "tickvals": marks,
        "ticktext": words,
        "title": {
            "text": f"{'refused by its checks · ' if refused else ''}{mapped.label}: {said}",
            "side": "top",
        },
    }
