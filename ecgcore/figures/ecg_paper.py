"""A 12-lead recording as ECG paper, drawn in millimetres."""

from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from ecgcore.figures.attribution_overlay import (
    USUAL_STYLE,
    OverlayMap,
    OverlayStyle,
    overlay_traces,
)
from ecgcore.figures.paper_layout import (
    PAGE_S,
    USUAL_PAPER,
    PaperLayout,
    PaperSettings,
    Segment,
    paper_layout,
    roomy_layout,
)
from ecgcore.figures.theme import RUST, Paper, Theme, Trace, paper, template
from ecgcore.io.raw import OneLead
from ecgcore.leads import LEADS
from ecgcore.records import EcgRecord, FloatArray
from ecgcore.signals.what_if import MODIFIED

DEFAULT_WIDTH_PX = 1200
CHART_CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": "reset"}
"""For ``st.plotly_chart(config=)``: the wheel scrolls the page, a double click shows the whole
paper again, and no button covers a lead."""

_MARGIN_PX = 4
_SCALE_PX = 80
_UNDER_NAME_S = 0.4
_HOVER = "<b>%{meta}</b>  %{customdata[0]} ms<br>%{customdata[1]} µV<extra></extra>"
_INT16 = np.iinfo(np.int16)
NOT_NAMED = "lead not named"

_CORNER = {
    "xref": "x domain",
    "yref": "y domain",
    "y": 0,
    "yanchor": "bottom",
    "yshift": 4,
    "showarrow": False,
}
_UNSEEN: Trace = {"opacity": 0, "hoverinfo": "skip", "legendgroup": "unfiltered"}


def figure_height_px(width_px: int, layout: PaperLayout, *, overlay: bool = False) -> int:
    """Return the height at which the page fills a container `width_px` wide."""
    page = (width_px - 2 * _MARGIN_PX) * layout.height_mm / layout.width_mm
    return round(page) + 2 * _MARGIN_PX + (_SCALE_PX if overlay else 0)


def ecg_figure(  # noqa: PLR0913 - everything that can be drawn has its own word
    record: EcgRecord,
    settings: PaperSettings = USUAL_PAPER,
    *,
    layout: PaperLayout | None = None,
    unfiltered: EcgRecord | None = None,
    filter_label: str = "unfiltered",
    overlay: OverlayMap | None = None,
    overlay_style: OverlayStyle = USUAL_STYLE,
    lead_notes: Mapping[str, str] = MappingProxyType({}),
    theme: Theme = "light",
) -> go.Figure:
    """Draw the first 10 s on paper whose millimetres stay square when zoomed; axes are in mm.

    Parameters
    ----------
    layout
        A page of these settings to draw on, as `roomy_layout` makes it; the usual one without.
    unfiltered
        The recording before its filter, drawn unseen: a key of the calipers shows it instead.
    filter_label
        What was done to the signal, for the footer.
    overlay, overlay_style
        Map to draw behind the leads, on neutral paper, and how.
    lead_notes
        What a reader must know about a lead, a word or two to stand beside its name.
    theme
        "light", "dark", or "print": a grid that survives a printer.

    Examples
    --------
    >>> from ecgcore.io.recordings import read_upload
    >>> from ecgcore.ptbxl import synthetic
    >>> record = read_upload([("example.csv", synthetic.example_csv())])
    >>> "lead names" in [trace.name for trace in ecg_figure(record).data]
    True
    """
    layout = layout or paper_layout(settings, duration_s=record.duration_s)
    colors = paper(theme, neutral=overlay is not None)
    traces: list[Any] = []
    if overlay is not None:
        traces += overlay_traces(overlay, layout, record, style=overlay_style, theme=theme)
    traces += [_pulses(layout, colors), _breaks(layout, colors)]
    traces += [_lead_trace(record, s, layout, colors) for s in layout.segments]
    traces += [] if unfiltered is None else _unseen_traces(unfiltered, layout, colors)
    traces.append(_lead_names(record, layout, lead_notes, colors))
    return go.Figure(
        data=traces,
        layout={
            **_page(layout, colors, theme),
            "height": figure_height_px(DEFAULT_WIDTH_PX, layout, overlay=overlay is not None),
            "margin": {**dict.fromkeys("lrt", _MARGIN_PX), "b": _below_px(overlay)},
            "annotations": _marks(
                record, layout, filter_label, colors, both=unfiltered is not None
            ),
            "uirevision": f"{record.record_id} {settings}",
        },
    )


def one_lead_figure(
    one: OneLead, start_s: float = 0.0, theme: Theme = "light"
) -> tuple[go.Figure, PaperLayout]:
    """Draw 10 s of it from a moment on; values between samples are set on straight lines.

    Returns
    -------
    tuple
        The figure and the page that it is drawn on.
    """
    fs_hz = round(one.fs_hz)
    duration_s = min(PAGE_S, len(one.signal) / one.fs_hz - start_s)
    at_s = start_s + np.arange(max(1, int(duration_s * fs_hz))) / fs_hz
    lead = one.lead or "I"
    signal = np.zeros((len(LEADS), len(at_s)), np.float32)
    held_s = np.arange(len(one.signal)) / one.fs_hz
    signal[LEADS.index(lead)] = np.interp(at_s, held_s, one.signal)
    record = EcgRecord(one.record_id, signal, fs_hz, "")
    settings = PaperSettings(layout="single", lead=lead)
    layout = roomy_layout(record, settings)
    figure = ecg_figure(record, settings, layout=layout, theme=theme)
    for mark in figure.layout.annotations:  # the rate of the file, not of the drawing
        mark.text = mark.text.replace(f"{fs_hz} Hz", f"{one.fs_hz:.10g} Hz")
    if not one.lead:
        names = next(trace for trace in figure.data if trace.name == "lead names")
        names.text = [f"<b>{NOT_NAMED}</b>"]
    return figure, layout


def mark_modified(figure: go.Figure, words: str) -> go.Figure:
    """Mark a drawn ECG as changed by its reader, so that nobody takes it for the patient's."""
    marks = figure.layout.annotations
    above_px = 34 if any("SYNTHETIC" in mark.text for mark in marks) else 4
    text = f"<b>{MODIFIED.upper()}</b> · {words}"
    return figure.add_annotation(_badge(text) | {"yshift": above_px})


def _page(layout: PaperLayout, colors: Paper, theme: Theme) -> dict[str, Any]:
    """Rule a page that no drag moves.

    Its ``meta`` tells the calipers in the browser where each lead lies: ``speed_mm_s, gain_mm_mv,
    width_mm, height_mm`` and ``segments``, each with ``lead, sign, row, start_s, duration_s,
    x_mm, y_mm``.
    """
    return {
        "template": template(dark=theme == "dark"),
        "plot_bgcolor": colors.background,
        "showlegend": False,
        "hovermode": "closest",
        "dragmode": False,
        "xaxis": _axis(layout.width_mm, colors),
        "yaxis": _axis(layout.height_mm, colors) | {"scaleanchor": "x", "scaleratio": 1},
        "shapes": [_edge(layout, colors)],
        "meta": _geometry(layout),
    }


def _below_px(overlay: OverlayMap | None) -> int:
    return _MARGIN_PX + (_SCALE_PX if overlay else 0)


def _geometry(layout: PaperLayout) -> dict[str, Any]:
    segments = [asdict(segment) for segment in layout.segments]
    for segment in segments:
        del segment["rhythm"]
    return {
        "speed_mm_s": layout.speed_mm_s,
        "gain_mm_mv": layout.gain_mm_mv,
        "width_mm": layout.width_mm,
        "height_mm": layout.height_mm,
        "segments": segments,
    }


def _axis(length_mm: float, colors: Paper) -> dict[str, Any]:
    """Rule an axis as paper: a line each mm, a stronger one each 5 mm.

    Panning ends half a page beyond the paper: at the limit Plotly turns a pan into a zoom, so that
    the paper's own edge as the limit would make the whole page jump.
    """
    return {
        "range": [0, length_mm],
        "minallowed": -length_mm / 2,
        "maxallowed": 1.5 * length_mm,
        "constrain": "domain",
        "tick0": 0,
        "dtick": 5,
        "gridcolor": colors.major,
        "gridwidth": 1,
        "minor": {
            "tick0": 0,
            "dtick": 1,
            "showgrid": True,
            "gridcolor": colors.minor,
            "gridwidth": 0.5,
        },
        "showticklabels": False,
        "ticks": "",
        "showline": True,
        "mirror": True,
        "linecolor": colors.major,
        "automargin": False,
    }


def _edge(layout: PaperLayout, colors: Paper) -> dict[str, Any]:
    return {
        "type": "rect",
        **{"x0": 0, "x1": layout.width_mm, "y0": 0, "y1": layout.height_mm},
        "layer": "below",
        "line": {"color": colors.major, "width": 2},
    }


def _lead_trace(record: EcgRecord, segment: Segment, layout: PaperLayout, colors: Paper) -> Trace:
    samples = segment.samples(record.fs_hz, record.n_samples)
    signal = _drawn_mv(record, segment, samples)
    return {
        "type": "scatter",
        "x0": layout.time_x_mm(samples.start / record.fs_hz),
        "dx": layout.speed_mm_s / record.fs_hz,
        "y": segment.y_mm + layout.gain_mm_mv * signal,
        "customdata": _hover_values(samples, signal, record.fs_hz),
        "mode": "lines",
        "line": {"color": colors.trace, "width": 1.3},
        "name": f"{segment.label} rhythm" if segment.rhythm else segment.label,
        "legendgroup": "filtered",
        "meta": segment.label,
        "hovertemplate": _HOVER,
    }


def _unseen_traces(record: EcgRecord, layout: PaperLayout, colors: Paper) -> list[Trace]:
    """Draw the unfiltered leads, told from the filtered ones by their ``legendgroup``."""
    traces = [_lead_trace(record, segment, layout, colors) for segment in layout.segments]
    return [one | _UNSEEN | {"name": f"{one['name']}, unfiltered"} for one in traces]


def _drawn_mv(record: EcgRecord, segment: Segment, samples: range) -> FloatArray:
    signal = record.signal[LEADS.index(segment.lead), samples.start : samples.stop]
    return segment.sign * signal


def _hover_values(samples: range, signal: FloatArray, fs_hz: int) -> NDArray[np.int16]:
    """Return ms and µV of each sample, ``(n, 2)`` in the fewest bytes."""
    times_ms = np.arange(samples.start, samples.stop) * 1000 / fs_hz
    values = np.rint(np.column_stack([times_ms, 1000 * signal]))
    clipped: NDArray[np.int16] = values.clip(_INT16.min, _INT16.max).astype(np.int16)
    return clipped


def _polyline(x_mm: FloatArray, y_mm: FloatArray, color: str, width: float, name: str) -> Trace:
    return {
        "type": "scatter",
        "x": x_mm,
        "y": y_mm,
        "mode": "lines",
        "line": {"color": color, "width": width},
        "hoverinfo": "skip",
        "name": name,
    }


def _pulses(layout: PaperLayout, colors: Paper) -> Trace:
    """Draw 1 mV for 0.2 s at the left of each row."""
    lead_in, width = layout.pulse_x_mm / 2, layout.pulse_width_mm
    x = layout.pulse_x_mm + np.array([-lead_in, 0, 0, width, width, width + lead_in, np.nan])
    shape = layout.gain_mm_mv * np.array([0, 0, 1, 1, 0, 0, np.nan])
    y = np.concatenate([row + shape for row in layout.row_y_mm])
    x_all = np.tile(x, len(layout.row_y_mm)).astype(np.float32)
    return _polyline(x_all, y.astype(np.float32), colors.trace, 1.6, "1 mV, 0.2 s")


def _breaks(layout: PaperLayout, colors: Paper) -> Trace:
    """Mark each change of lead by a short line above and below the trace."""
    changes = [s for s in layout.segments if s.start_s > 0]
    x = np.repeat([s.x_mm for s in changes], 6).reshape(-1, 6)
    y = np.array([s.y_mm + d for s in changes for d in (3.0, 5.5, 0, -3.0, -5.5, 0)])
    y[2::3] = np.nan
    return _polyline(
        x.ravel().astype(np.float32), y.astype(np.float32), colors.trace, 1.0, "breaks"
    )


def _lead_names(
    record: EcgRecord, layout: PaperLayout, notes: Mapping[str, str], colors: Paper
) -> Trace:
    """Write the names last, with a rim of paper that keeps them readable on a trace."""
    rim = ", ".join(f"{x}px {y}px 1px {colors.background}" for x in (-1, 1) for y in (-1, 1))
    return {
        "type": "scatter",
        "x": [segment.x_mm + 0.5 for segment in layout.segments],
        "y": [_name_y_mm(record, segment, layout) for segment in layout.segments],
        "text": [_name_text(segment, notes) for segment in layout.segments],
        "mode": "text",
        "textposition": "top right",
        "textfont": {"size": 14, "color": colors.text, "shadow": rim},
        "hoverinfo": "skip",
        "name": "lead names",
    }


def _name_text(segment: Segment, notes: Mapping[str, str]) -> str:
    """Write a lead's name and what is wrong with its signal, once a lead."""
    note = "" if segment.rhythm else notes.get(segment.lead, "")
    return f"<b>{segment.label}</b>" + (f"  <i>⚠ {note}</i>" if note else "")


def _name_y_mm(record: EcgRecord, segment: Segment, layout: PaperLayout) -> float:
    """Return a height just above the trace under the name, within the row."""
    samples = segment.samples(record.fs_hz, record.n_samples)
    signal = _drawn_mv(record, segment, samples[: round(_UNDER_NAME_S * record.fs_hz)])
    top = layout.gain_mm_mv * float(signal.max(initial=0.0))
    return segment.y_mm + min(max(top + 1.0, 6.0), layout.row_pitch_mm / 2 - 3)


def _marks(
    record: EcgRecord, layout: PaperLayout, filter_label: str, colors: Paper, *, both: bool
) -> list[dict[str, Any]]:
    """Write scale and filter in the left corner, and mark a made-up recording in the right one."""
    scale = f"{layout.speed_mm_s:g} mm/s · {layout.gain_mm_mv:g} mm/mV"
    left: dict[str, Any] = {
        **_CORNER,
        **{"x": 0, "xanchor": "left", "xshift": 6},
        "name": "filtered",
        "text": f"{scale} · {filter_label} · {record.fs_hz} Hz",
        "font": {"size": 13, "color": colors.text},
        "bgcolor": colors.background,
    }
    raw = {"name": "unfiltered", "text": f"{scale} · unfiltered · {record.fs_hz} Hz", "opacity": 0}
    badge = [_badge("<b>SYNTHETIC</b> · no patient")] if record.synthetic else []
    return [left, *([left | raw] if both else []), *badge]


def _badge(text: str) -> dict[str, Any]:
    return {
        **_CORNER,
        **{"x": 1, "xanchor": "right", "xshift": -6},
        "text": text,
        "font": {"size": 16, "color": "#FFFFFF"},
        "bgcolor": RUST,
        "borderpad": 4,
    }
