"""The median beat in twelve leads on ECG paper, with its fiducial marks."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ecgcore.figures.theme import BLUE, ORANGE, SKY, VERMILLION, Paper, paper, template
from ecgcore.leads import LEADS
from ecgcore.records import FloatArray
from ecgcore.signals.beats.beats import MedianBeat
from ecgcore.signals.measure.delineate import Fiducial, Fiducials
from ecgcore.signals.measure.measure import Measurements
from ecgcore.wording.numbers import counted, signed

DEFAULT_WIDTH_PX = 1000
_MM_PER_MS, _MM_PER_MV = 0.025, 10.0
_N_ROWS, _N_COLUMNS = 2, 6
_BOX_MM, _EDGE_MM, _LABELS_MM, _LEAST_ROW_MM = 5.0, 2.5, 5.0, 15.0
_DEFAULT_MS, _MARGIN_MS, _BOX_MS = (-300.0, 500.0), 60.0, 200.0
_J60_MS = 60.0
_HOVER = "<b>%{meta}</b>  %{customdata[0]} ms after R<br>%{customdata[1]} µV"
_MARKS = {
    "p_on": ("P", "P on"),
    "p_off": ("P", "P off"),
    "qrs_on": ("Q", "QRS on"),
    "qrs_off": ("J", "QRS off (J)"),
    "t_off": ("T", "T off"),
}
"""Letter at the line, and its meaning."""
MEDIAN_WORDS = (
    "A small square is 40 ms and 0.1 mV. The lines, named above each column, stand at the start "
    "and end of P (P), the start of QRS (Q), its end (J) and the end of T (T); a dashed one is "
    "doubtful."
)
"""Caption of `median_figure`."""


@dataclass(frozen=True, slots=True)
class Panels:
    """Position of R at 0 mV in each panel, in mm from the lower left corner, in lead order."""

    first_ms: float
    last_ms: float
    r_x_mm: tuple[float, ...]
    zero_y_mm: tuple[float, ...]
    row_edges_mm: tuple[float, ...]
    width_mm: float

    @property
    def height_mm(self) -> float:
        """Height of both rows."""
        return self.row_edges_mm[0]

    def x_mm(self, lead: int, time_ms: Any) -> Any:  # noqa: ANN401 - a number or an array
        """Return where a time lies in a lead's panel."""
        return self.r_x_mm[lead] + _MM_PER_MS * time_ms

    def row_of(self, lead: int) -> tuple[float, float]:
        """Return the top and bottom of the lead's row."""
        row = lead // _N_COLUMNS
        return self.row_edges_mm[row], self.row_edges_mm[row + 1]


def median_figure(
    now: Measurements,
    then: Measurements | None = None,
    *,
    dark: bool = False,
    neutral: bool = False,
    labels: tuple[str, str] = ("median beat", "earlier median beat"),
) -> go.Figure:
    """Draw the median beat as 2 x 6 panels; a small square is 40 ms and 0.1 mV.

    Lines mark P on and off, QRS on and off, and T off: dashed where doubtful, absent where not
    found. Dots mark J and J + 60 ms on each lead.

    Parameters
    ----------
    then
        An earlier ECG; its median beat is drawn dotted in another colour, aligned at R.
    neutral
        True for grey paper, which keeps the colours of a map readable.
    labels
        Names of the two beats in the legend.
    """
    colors = paper("dark" if dark else "light", neutral=neutral)
    if now.median is None:
        return _figure([], None, colors, dark=dark, words="No median beat could be formed.")
    panels = panels_of([m for m in (now, then) if m is not None])
    traces: list[Any] = [_zero_lines(panels, colors)]
    words = ""
    if now.fiducials is not None:
        traces += _mark_lines(panels, now.fiducials, dark=dark)
    if then is not None and then.median is not None:
        color = ORANGE if dark else VERMILLION
        traces += _beat(panels, then.median, color, "dot", labels[1])
    elif then is not None:
        words = f"No median beat of {labels[1]} could be formed."
    traces += _beat(panels, now.median, colors.trace, "solid", labels[0])
    if now.fiducials is not None:
        traces += _st_points(panels, now.median, now.fiducials, dark=dark)
    traces.append(_names(panels, colors))
    return _figure(traces, panels, colors, dark=dark, words=words, n_beats=now.median.n_beats)


def panels_of(shown: list[Measurements]) -> Panels:
    """Lay out the panels for the median beats that are drawn."""
    beats = [m.median for m in shown if m.median is not None]
    first, last = _span_ms([m.fiducials for m in shown if m.fiducials is not None])
    inside = [_inside(beat, first, last)[1] for beat in beats]
    low = _MM_PER_MV * np.min([signal.min(axis=1, initial=0.0) for signal in inside], axis=0)
    high = _MM_PER_MV * np.max([signal.max(axis=1, initial=0.0) for signal in inside], axis=0)
    above, below = (_boxes(v.reshape(_N_ROWS, _N_COLUMNS).max(axis=1)) for v in (high, -low))
    above += np.maximum(0.0, _boxes(_LEAST_ROW_MM - above - below))
    edges = np.append(np.cumsum((above + below)[::-1])[::-1], 0.0)
    pitch = _MM_PER_MS * (last - first) + _BOX_MM
    r_x = [_EDGE_MM - _MM_PER_MS * first + pitch * (k % _N_COLUMNS) for k in range(len(LEADS))]
    zero_y = [edges[k // _N_COLUMNS + 1] + below[k // _N_COLUMNS] for k in range(len(LEADS))]
    return Panels(
        first,
        last,
        tuple(r_x),
        tuple(map(float, zero_y)),
        tuple(map(float, edges)),
        pitch * _N_COLUMNS,
    )


def _boxes(length_mm: FloatArray) -> Any:  # noqa: ANN401 - an array
    """Round up to whole boxes, with a little air."""
    return _BOX_MM * np.ceil((length_mm + 1.0) / _BOX_MM)


def _span_ms(fiducials: list[Fiducials]) -> tuple[float, float]:
    """Return whole boxes of 200 ms around everything that is marked."""
    marks = [_DEFAULT_MS[0] / 2, _DEFAULT_MS[1]]
    marks += [
        mark.time_ms
        for found in fiducials
        for mark in (getattr(found, name) for name in _MARKS)
        if mark.time_ms is not None
    ]
    first = _BOX_MS * math.floor((min(marks) - _MARGIN_MS) / _BOX_MS)
    return first, _BOX_MS * math.ceil((max(marks) + _MARGIN_MS) / _BOX_MS)


def _inside(beat: MedianBeat, first_ms: float, last_ms: float) -> tuple[FloatArray, FloatArray]:
    times = beat.times_ms()
    kept = (times >= first_ms) & (times <= last_ms)
    return times[kept], beat.signal[:, kept]


def _beat(panels: Panels, beat: MedianBeat, color: str, dash: str, label: str) -> list[go.Scatter]:
    times, signal = _inside(beat, panels.first_ms, panels.last_ms)
    said_ms = np.rint(times)
    return [
        go.Scatter(
            x=panels.x_mm(k, times).astype(np.float32),
            y=(panels.zero_y_mm[k] + _MM_PER_MV * signal[k]).astype(np.float32),
            customdata=np.rint(np.column_stack([said_ms, 1000 * signal[k]])).astype(np.int16),
            mode="lines",
            line={"color": color, "width": 1.8, "dash": dash},
            name=label,
            legendgroup=label,
            showlegend=k == 0,
            legendrank=1 if dash == "solid" else 2,
            meta=lead,
            hovertemplate=f"{_HOVER}<extra>{label}</extra>",
        )
        for k, lead in enumerate(LEADS)
    ]


def _mark_lines(panels: Panels, fiducials: Fiducials, *, dark: bool) -> list[go.Scatter]:
    color = SKY if dark else BLUE
    found = {name: getattr(fiducials, name) for name in _MARKS}
    marks = {name: mark for name, mark in found.items() if mark.time_ms is not None}
    lines = [_mark_line(panels, _MARKS[name][1], mark, color) for name, mark in marks.items()]
    return [*lines, _mark_letters(panels, marks, color)]


def _mark_line(panels: Panels, words: str, mark: Fiducial, color: str) -> go.Scatter:
    x, y = [], []
    for lead in range(len(LEADS)):
        top, bottom = panels.row_of(lead)
        x += [panels.x_mm(lead, mark.time_ms)] * 2 + [np.nan]
        y += [bottom + 0.5, top - 0.5, np.nan]
    said = f"{words}: {mark.time_ms:.0f} ms from R, confidence {100 * mark.confidence:.0f} %"
    return go.Scatter(
        x=np.array(x, np.float32),
        y=np.array(y, np.float32),
        mode="lines",
        line={"color": color, "width": 1.2, "dash": "dash" if mark.reason else "solid"},
        name=words,
        showlegend=False,
        text=f"{said}<br>doubtful: {mark.reason}" if mark.reason else said,
        hovertemplate="%{text}<extra></extra>",
    )


def _mark_letters(panels: Panels, marks: dict[str, Fiducial], color: str) -> go.Scatter:
    """Name the lines above each column, on two levels so that neighbours do not collide."""
    letters = [
        (panels.x_mm(column, mark.time_ms), 2.0 * (k % 2), _MARKS[name][0])
        for column in range(_N_COLUMNS)
        for k, (name, mark) in enumerate(marks.items())
    ]
    return go.Scatter(
        x=[x for x, _, _ in letters],
        y=[panels.height_mm + 1.4 + level for _, level, _ in letters],
        text=[letter for _, _, letter in letters],
        mode="text",
        textfont={"size": 12, "color": color},
        hoverinfo="skip",
        showlegend=False,
        name="letters of the marks",
    )


def _st_points(
    panels: Panels, beat: MedianBeat, fiducials: Fiducials, *, dark: bool
) -> list[go.Scatter]:
    """Mark J and J + 60 ms on each lead."""
    j_ms = fiducials.qrs_off.time_ms
    if j_ms is None:
        return []
    color = SKY if dark else BLUE
    times = beat.times_ms()
    traces = []
    for words, time_ms, symbol in (("J", j_ms, "circle"), ("J + 60 ms", j_ms + _J60_MS, "diamond")):
        levels = np.array([np.interp(time_ms, times, lead) for lead in beat.signal])
        traces.append(
            go.Scatter(
                x=[panels.x_mm(k, time_ms) for k in range(len(LEADS))],
                y=np.array(panels.zero_y_mm) + _MM_PER_MV * levels,
                text=[f"{lead}: {signed(mv)} mV" for lead, mv in zip(LEADS, levels, strict=True)],
                mode="markers",
                marker={"color": color, "symbol": symbol, "size": 7},
                name=words,
                legendrank=3,
                hovertemplate=f"{words}, %{{text}}<extra></extra>",
            )
        )
    return traces


def _zero_lines(panels: Panels, colors: Paper) -> go.Scatter:
    """Draw the isoelectric line of each panel."""
    x, y = [], []
    for k, zero in enumerate(panels.zero_y_mm):
        x += [panels.x_mm(k, panels.first_ms), panels.x_mm(k, panels.last_ms), np.nan]
        y += [zero, zero, np.nan]
    return go.Scatter(
        x=np.array(x, np.float32),
        y=np.array(y, np.float32),
        mode="lines",
        line={"color": colors.text, "width": 1, "dash": "dot"},
        hoverinfo="skip",
        showlegend=False,
        name="isoelectric line",
    )


def _names(panels: Panels, colors: Paper) -> go.Scatter:
    return go.Scatter(
        x=[panels.x_mm(k, panels.first_ms) for k in range(len(LEADS))],
        y=[panels.row_of(k)[0] - 0.5 for k in range(len(LEADS))],
        text=[f"<b>{lead}</b>" for lead in LEADS],
        mode="text",
        textposition="bottom right",
        textfont={"size": 14, "color": colors.text},
        hoverinfo="skip",
        showlegend=False,
        name="lead names",
    )


def _figure(
    traces: list[Any],
    panels: Panels | None,
    colors: Paper,
    *,
    dark: bool,
    words: str = "",
    n_beats: int = 0,
) -> go.Figure:
    width, height = (100.0, 30.0) if panels is None else (panels.width_mm, panels.height_mm)
    above = 0.0 if panels is None else _LABELS_MM
    lines = [] if panels is None else _row_lines(panels, colors)
    legend = panels is not None
    return go.Figure(
        data=traces,
        layout={
            "template": template(dark=dark),
            "height": round(DEFAULT_WIDTH_PX * (height + above) / width) + (40 if legend else 8),
            "margin": {"l": 4, "r": 4, "t": 40 if legend else 4, "b": 4},
            "plot_bgcolor": colors.background,
            "showlegend": legend,
            "hovermode": "closest",
            "dragmode": False,
            "xaxis": _axis(width, 0.0, colors)
            | {"tick0": _zero_x(panels), "constraintoward": "left"},
            "yaxis": _axis(height, above, colors) | {"scaleanchor": "x", "scaleratio": 1},
            "shapes": lines,
            "annotations": [*_note(words, colors), *_scale(n_beats)],
        },
    )


def _zero_x(panels: Panels | None) -> float:
    """Let a 200 ms line of the grid fall on R."""
    return 0.0 if panels is None else panels.r_x_mm[0]


def _axis(length_mm: float, above_mm: float, colors: Paper) -> dict[str, Any]:
    grid = {"showgrid": True, "tick0": 0, "dtick": 1, "gridcolor": colors.minor, "gridwidth": 0.5}
    return {
        "range": [0, length_mm + above_mm],
        "constrain": "domain",
        "tick0": 0,
        "dtick": _BOX_MM,
        "gridcolor": colors.major,
        "minor": grid,
        "showticklabels": False,
        "ticks": "",
        "showline": True,
        "mirror": True,
        "linecolor": colors.major,
        "automargin": False,
    }


def _row_lines(panels: Panels, colors: Paper) -> list[dict[str, Any]]:
    line = {"color": colors.text, "width": 0.5}
    tops = [top for top, _ in pairwise(panels.row_edges_mm)]
    return [
        {"type": "line", "x0": 0, "x1": panels.width_mm, "y0": top, "y1": top, "line": line}
        for top in tops
    ]


def _note(words: str, colors: Paper) -> list[dict[str, Any]]:
    place = {"xref": "x domain", "yref": "y domain", "x": 0.5, "y": 0.02, "showarrow": False}
    font = {"size": 14, "color": colors.text}
    return [{**place, "text": words, "font": font, "bgcolor": colors.background}] if words else []


def _scale(n_beats: int) -> list[dict[str, Any]]:
    """Write the scale above the corner, where it covers no lead."""
    if not n_beats:
        return []
    place = {"xref": "x domain", "yref": "y domain", "x": 1, "y": 1, "showarrow": False}
    text = f"25 mm/s · 10 mm/mV · median of {counted(n_beats, 'beat')}"
    return [{**place, "xanchor": "right", "yanchor": "bottom", "yshift": 10, "text": text}]
