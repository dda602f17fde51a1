"""A 12-lead recording as ECG paper, drawn in millimetres."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from ecgcore.figures.overlays import Heat, heat_trace
from ecgcore.figures.paper_layout import COLUMN_S, PaperLayout, Segment, paper_layout
from ecgcore.figures.theme import RUST, Paper, paper, template
from ecgcore.leads import LEADS
from ecgcore.records import EcgRecord, FloatArray

DEFAULT_WIDTH_PX = 1200
_MARGIN_PX = 4
_SCALE_PX = 80
_HOVER = "<b>%{meta}</b>  %{customdata[0]:.2f} s<br>%{customdata[1]:.2f} mV<extra></extra>"


def figure_height_px(width_px: int, layout: PaperLayout, *, overlay: bool = False) -> int:
    """Return the height at which the page fills a container `width_px` wide."""
    page = (width_px - 2 * _MARGIN_PX) * layout.height_mm / layout.width_mm
    return round(page) + 2 * _MARGIN_PX + (_SCALE_PX if overlay else 0)


def ecg_figure(
    record: EcgRecord,
    *,
    gain_mm_mv: float = 10.0,
    speed_mm_s: float = 25.0,
    filter_label: str = "unfiltered",
    overlay: Heat | None = None,
    dark: bool = False,
) -> go.Figure:
    """Draw the first 10 s as 3 x 4 segments of 2.5 s with a rhythm strip of lead II.

    Parameters
    ----------
    gain_mm_mv, speed_mm_s
        Scale of the paper; both axes of the figure are in mm.
    filter_label
        What was done to the signal, for the footer.
    overlay
        Heat to draw behind the leads, on neutral paper.
    """
    layout = paper_layout(gain_mm_mv=gain_mm_mv, speed_mm_s=speed_mm_s)
    colors = paper(neutral=overlay is not None, dark=dark)
    traces: list[Any] = [] if overlay is None else [heat_trace(overlay, layout, dark=dark)]
    traces += [_pulses(layout, colors), _breaks(layout, colors)]
    traces += [_lead_trace(record, s, layout, colors) for s in layout.segments]
    traces.append(_lead_names(record, layout, colors))
    footer = f"{speed_mm_s:g} mm/s · {gain_mm_mv:g} mm/mV · {filter_label} · {record.fs_hz} Hz"
    return go.Figure(
        data=traces,
        layout={
            "template": template(dark=dark),
            "height": figure_height_px(DEFAULT_WIDTH_PX, layout, overlay=overlay is not None),
            "margin": {
                **dict.fromkeys("lrt", _MARGIN_PX),
                "b": _MARGIN_PX + (_SCALE_PX if overlay else 0),
            },
            "plot_bgcolor": colors.background,
            "showlegend": False,
            "hovermode": "closest",
            "dragmode": "pan",
            "xaxis": _axis(layout.width_mm, colors),
            "yaxis": _axis(layout.height_mm, colors) | {"scaleanchor": "x", "scaleratio": 1},
            "annotations": _marks(footer, colors, synthetic=record.synthetic),
        },
    )


def _axis(length_mm: float, colors: Paper) -> dict[str, Any]:
    """Rule an axis as paper: a line each mm, a stronger one each 5 mm."""
    return {
        "range": [0, length_mm],
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


def _lead_trace(
    record: EcgRecord, segment: Segment, layout: PaperLayout, colors: Paper
) -> go.Scatter:
    samples = segment.samples(record.fs_hz, record.n_samples)
    times = np.arange(samples.start, samples.stop, dtype=np.float32) / record.fs_hz
    signal = record.signal[LEADS.index(segment.lead), samples.start : samples.stop]
    first_s = samples.start / record.fs_hz
    return go.Scatter(
        x0=layout.time_x_mm(first_s),
        dx=layout.speed_mm_s / record.fs_hz,
        y=segment.y_mm + layout.gain_mm_mv * signal,
        customdata=np.column_stack([times, signal]),
        mode="lines",
        line={"color": colors.trace, "width": 1.3},
        name="rhythm" if segment.is_rhythm else segment.lead,
        meta=segment.lead,
        hovertemplate=_HOVER,
    )


def _polyline(
    x_mm: FloatArray, y_mm: FloatArray, color: str, width: float, name: str
) -> go.Scatter:
    return go.Scatter(
        x=x_mm,
        y=y_mm,
        mode="lines",
        line={"color": color, "width": width},
        hoverinfo="skip",
        name=name,
    )


def _pulses(layout: PaperLayout, colors: Paper) -> go.Scatter:
    """Draw 1 mV for 0.2 s at the left of each row."""
    lead_in, width = layout.pulse_x_mm / 2, layout.pulse_width_mm
    x = layout.pulse_x_mm + np.array([-lead_in, 0, 0, width, width, width + lead_in, np.nan])
    shape = layout.gain_mm_mv * np.array([0, 0, 1, 1, 0, 0, np.nan])
    y = np.concatenate([row + shape for row in layout.row_y_mm])
    x_all = np.tile(x, len(layout.row_y_mm)).astype(np.float32)
    return _polyline(x_all, y.astype(np.float32), colors.trace, 1.6, "1 mV, 0.2 s")


def _breaks(layout: PaperLayout, colors: Paper) -> go.Scatter:
    """Mark each change of lead by a short line above and below the trace."""
    changes = [s for s in layout.segments if s.start_s >= COLUMN_S]
    x = np.repeat([s.x_mm for s in changes], 6).reshape(-1, 6)
    y = np.array([[s.y_mm + d for d in (3.0, 5.5, 0, -3.0, -5.5, 0)] for s in changes])
    y[:, [2, 5]] = np.nan
    return _polyline(
        x.ravel().astype(np.float32), y.ravel().astype(np.float32), colors.trace, 1.0, "breaks"
    )


def _lead_names(record: EcgRecord, layout: PaperLayout, colors: Paper) -> go.Scatter:
    heights = [_name_y_mm(record, segment, layout) for segment in layout.segments]
    return go.Scatter(
        x=[segment.x_mm + 0.5 for segment in layout.segments],
        y=heights,
        text=[f"<b>{segment.lead}</b>" for segment in layout.segments],
        mode="text",
        textposition="top right",
        textfont={"size": 14, "color": colors.text},
        hoverinfo="skip",
        name="lead names",
    )


def _name_y_mm(record: EcgRecord, segment: Segment, layout: PaperLayout) -> float:
    """Return a height just above the trace under the name, within the row."""
    under = segment.samples(record.fs_hz, record.n_samples)[: record.fs_hz // 3]
    signal = record.signal[LEADS.index(segment.lead), under.start : under.stop]
    top = layout.gain_mm_mv * float(signal.max(initial=0.0))
    return segment.y_mm + min(max(top + 1.0, 6.0), layout.row_pitch_mm / 2 - 3)


def _marks(footer: str, colors: Paper, *, synthetic: bool) -> list[dict[str, Any]]:
    place = {
        "xref": "x domain",
        "yref": "y domain",
        "y": 0,
        "yanchor": "bottom",
        "yshift": 4,
        "showarrow": False,
    }
    left: dict[str, Any] = {
        **place,
        **{"x": 0, "xanchor": "left", "xshift": 6},
        "text": footer,
        "font": {"size": 13, "color": colors.text},
        "bgcolor": colors.background,
    }
    right: dict[str, Any] = {
        **place,
        **{"x": 1, "xanchor": "right", "xshift": -6},
        "text": "<b>SYNTHETIC</b> · no patient",
        "font": {"size": 16, "color": "#FFFFFF"},
        "bgcolor": RUST,
        "borderpad": 4,
    }
    return [left, right] if synthetic else [left]
