"""The overlay behind the leads: what an attribution says, on the time axis of the trace."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ecgcore.explain.attribution import Attribution
from ecgcore.figures.paper_layout import PaperLayout
from ecgcore.figures.theme import Theme, paper
from ecgcore.leads import LEADS
from ecgcore.records import FloatArray

BIN_S = 0.04

_STRIP_SHARE = 0.94


@dataclass(frozen=True, slots=True, eq=False)
class OverlayCells:
    """The overlay as rectangles on the page, for the screen and for paper.

    Attributes
    ----------
    x_mm
        ``(n + 1,)`` edges of the steps.
    y_mm
        ``(2 * n_rows,)`` lower and upper edge of each strip, from the bottom of the page.
    values
        ``(2 * n_rows - 1, n)``, every other row a gap of NaN. Signed scores keep their unit;
        unsigned ones are shares of the largest.
    limit
        What the strongest colour stands for.
    """

    x_mm: FloatArray
    y_mm: FloatArray
    values: FloatArray
    limit: float


def overlay_cells(attribution: Attribution, layout: PaperLayout) -> OverlayCells:
    """Lay the scores out as one strip per row, in 40 ms steps.

    A step holds the sum of signed scores, or the largest of unsigned ones. Steps begin anew
    with each column, so that none spans two leads. A lead drawn upside down keeps its scores:
    what it says for or against MI does not turn with it.
    """
    edges, binned = _binned(attribution, layout)
    values = _rows(attribution, layout, edges[:-1], binned)
    peak = float(np.nanmax(np.abs(values))) or 1.0
    x_mm = layout.trace_x_mm + layout.speed_mm_s * edges / attribution.fs_hz
    return OverlayCells(
        x_mm.astype(np.float32),
        _strip_edges_mm(layout),
        _with_gaps(values if attribution.signed else values / peak),
        peak if attribution.signed else 1.0,
    )


def share_outside(attribution: Attribution, layout: PaperLayout) -> float:
    """Return the share of the push towards MI, 0 to 1, that no strip of the page shows.

    A page of columns shows each lead for a part of the time only.
    """
    push = attribution.push
    hidden = np.ones(push.shape, dtype=np.bool_)
    for segment in layout.segments:
        inside = segment.samples(attribution.fs_hz, push.shape[1])
        lead = LEADS.index(segment.lead) if len(push) == len(LEADS) else 0
        hidden[lead, inside.start : inside.stop] = False
    return float(push[hidden].sum(dtype=np.float64))


def overlay_trace(
    attribution: Attribution, layout: PaperLayout, *, theme: Theme = "light"
) -> go.Heatmap:
    """Draw the cells of `overlay_cells` with their scale below the page."""
    cells = overlay_cells(attribution, layout)
    return go.Heatmap(
        x=cells.x_mm,
        y=cells.y_mm,
        z=cells.values,
        zmin=-cells.limit if attribution.signed else 0.0,
        zmax=cells.limit,
        colorscale=_colorscale(signed=attribution.signed, dark=theme == "dark"),
        colorbar=_colorbar(attribution, cells.limit, theme),
        hoverinfo="skip",
        name="overlay",
    )


def _binned(attribution: Attribution, layout: PaperLayout) -> tuple[np.ndarray, FloatArray]:
    """Return step edges in samples, and scores ``(leads, n_steps)``."""
    step = max(1, round(BIN_S * attribution.fs_hz))
    columns = [
        segment.samples(attribution.fs_hz, attribution.scores.shape[1])
        for segment in layout.segments
        if segment.row == 0
    ]
    starts = np.concatenate([np.arange(c.start, c.stop, step) for c in columns])
    stop = columns[-1].stop
    pool = np.add if attribution.signed else np.maximum
    binned: FloatArray = pool.reduceat(attribution.scores[:, :stop], starts, axis=1)
    return np.append(starts, stop), binned


def _rows(
    attribution: Attribution, layout: PaperLayout, starts: np.ndarray, binned: FloatArray
) -> FloatArray:
    """Arrange the leads' scores as the rows of the page, from the top."""
    rows = np.full((len(layout.row_y_mm), starts.size), np.nan, dtype=np.float32)
    for segment in layout.segments:
        inside = segment.samples(attribution.fs_hz, attribution.scores.shape[1])
        here = (starts >= inside.start) & (starts < inside.stop)
        lead = LEADS.index(segment.lead) if binned.shape[0] == len(LEADS) else 0
        rows[segment.row, here] = binned[lead, here]
    return rows


def _strip_edges_mm(layout: PaperLayout) -> FloatArray:
    """Return lower and upper edge of each strip, from the bottom of the page."""
    half = _STRIP_SHARE * layout.row_pitch_mm / 2
    return np.array([y + d for y in layout.row_y_mm[::-1] for d in (-half, half)], np.float32)


def _with_gaps(rows: FloatArray) -> FloatArray:
    """Turn rows from the top into heatmap rows from the bottom, with nothing between strips."""
    cells = np.full((2 * len(rows) - 1, rows.shape[1]), np.nan, dtype=np.float32)
    cells[::2] = rows[::-1]
    return cells


def _colorscale(*, signed: bool, dark: bool) -> list[tuple[float, str]]:
    """Fade from clear, so that paper shows through: green, or blue below 0 and red above."""
    if not signed:
        return [(0.0, "rgba(0,158,115,0)"), (1.0, "rgba(0,158,115,0.75)")]
    blue, red = ("40,150,225", "240,90,45") if dark else ("0,114,178", "213,60,20")
    return [
        (0.0, f"rgba({blue},0.8)"),
        (0.5, f"rgba({blue},0)"),
        (0.5, f"rgba({red},0)"),
        (1.0, f"rgba({red},0.8)"),
    ]


def _colorbar(attribution: Attribution, peak: float, theme: Theme) -> dict[str, Any]:
    if attribution.signed:
        ticks, title = [-peak, 0.0, peak], f"contribution to the MI logit per {BIN_S * 1000:.0f} ms"
        digits = max(2, 1 - math.floor(math.log10(peak)))
        labels = [f"−{peak:.{digits}f} away from MI", "0", f"+{peak:.{digits}f} towards MI"]
    else:
        ticks, title = [0.0, 0.5, 1.0], "share of the strongest moment"
        labels = ["0", "50 %", "100 %"]
    if attribution.scores.shape[0] == 1:
        title += " (when, not where)"
    return {
        "orientation": "h",
        "x": 0.5,
        "y": -0.01,
        "yanchor": "top",
        "len": 0.5,
        "thickness": 12,
        "outlinewidth": 1,
        "outlinecolor": paper(theme, neutral=True).major,
        "tickvals": ticks,
        "ticktext": labels,
        "title": {"text": f"{attribution.label}: {title}", "side": "top"},
    }
