"""The overlay behind the leads: what an attribution says, on the time axis of the trace."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import plotly.graph_objects as go

from ecgcore.explain.attribution import Attribution
from ecgcore.explain.relative import RelativeMap
from ecgcore.figures.paper_layout import PaperLayout, Segment
from ecgcore.figures.theme import Theme, paper
from ecgcore.leads import LEADS
from ecgcore.records import EcgRecord, FloatArray
from ecgcore.wording.numbers import percent

BIN_S = 0.04

OverlayMap: TypeAlias = Attribution | RelativeMap
OverlayKind: TypeAlias = Literal["band", "trace"]
OVERLAY_KINDS: dict[OverlayKind, str] = {"band": "band", "trace": "coloured trace"}
"""Ways to draw an overlay: strips behind the leads, or a rim along each trace."""

_STRIP_SHARE = 0.94
_RIM_PX = 7.0
_LEVELS = 5


@dataclass(frozen=True, slots=True)
class OverlayStyle:
    """How an overlay is drawn.

    Attributes
    ----------
    hidden_below
        Steps weaker than this share of the strongest colour are left out.
    limit
        What the strongest colour stands for, the same for all maps of one view; the strongest step
        of the page where it is None.
    refused
        True for a map that failed its checks: it is drawn in grey.
    """

    kind: OverlayKind = "band"
    hidden_below: float = 0.0
    limit: float | None = None
    refused: bool = False


USUAL_STYLE = OverlayStyle()


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


def overlay_cells(
    attribution: OverlayMap, layout: PaperLayout, style: OverlayStyle = USUAL_STYLE
) -> OverlayCells:
    """Lay the scores out as one strip per row, in 40 ms steps.

    A step holds the sum of signed scores, or the largest of unsigned ones. Steps begin anew
    with each column, so that none spans two leads. A lead drawn upside down keeps its scores:
    what it says for or against MI does not turn with it.
    """
    edges, binned = _binned(attribution, layout)
    values = _rows(attribution, layout, edges[:-1], binned)
    limit = float(np.nanmax(np.abs(values))) or 1.0
    if not attribution.signed and style.limit is None:
        values, limit = values / limit, 1.0
    limit = style.limit or limit
    weak = np.abs(values) < style.hidden_below * limit
    x_mm = layout.trace_x_mm + layout.speed_mm_s * edges / attribution.fs_hz
    return OverlayCells(
        x_mm.astype(np.float32),
        _strip_edges_mm(layout),
        _with_gaps(np.where(weak, np.float32(0), values)),
        limit,
    )


def strongest_step(attribution: OverlayMap, layout: PaperLayout) -> float:
    """Return the size of the strongest step of a page, for the scale of a view of several maps."""
    edges, binned = _binned(attribution, layout)
    return float(np.nanmax(np.abs(_rows(attribution, layout, edges[:-1], binned)))) or 1.0


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


def overlay_traces(
    attribution: OverlayMap,
    layout: PaperLayout,
    record: EcgRecord,
    *,
    style: OverlayStyle = USUAL_STYLE,
    theme: Theme = "light",
) -> list[Any]:
    """Draw an overlay behind the leads of a drawn record, in the style that the reader chose."""
    if style.kind == "trace":
        return list(_rims(attribution, layout, record, style, theme))
    return [overlay_trace(attribution, layout, style=style, theme=theme)]


def overlay_trace(
    attribution: OverlayMap,
    layout: PaperLayout,
    *,
    style: OverlayStyle = USUAL_STYLE,
    theme: Theme = "light",
) -> go.Heatmap:
    """Draw the cells of `overlay_cells` as strips, with their scale below the page."""
    cells = overlay_cells(attribution, layout, style)
    return go.Heatmap(
        x=cells.x_mm,
        y=cells.y_mm,
        z=cells.values,
        zmin=-cells.limit if attribution.signed else 0.0,
        zmax=cells.limit,
        colorscale=_colorscale(attribution, style, theme),
        colorbar=_colorbar(attribution, cells.limit, style, theme),
        hoverinfo="skip",
        name="overlay",
    )


def _rims(
    attribution: OverlayMap,
    layout: PaperLayout,
    record: EcgRecord,
    style: OverlayStyle,
    theme: Theme,
) -> Iterator[go.Scatter]:
    """Draw a rim along the traces, one line for each of five strengths and sign, and the scale."""
    cells = overlay_cells(attribution, layout, style)
    scale = _colorscale(attribution, style, theme)
    signs = (-1, 1) if attribution.signed else (1,)
    drawn = [_drawn(cells, layout, record, segment) for segment in layout.segments]
    for level in [sign * size for sign in signs for size in range(1, _LEVELS + 1)]:
        x, y = np.concatenate([_at_level(one, level) for one in drawn], axis=1)
        if np.isfinite(x).any():
            yield go.Scatter(
                x=x,
                y=y,
                mode="lines",
                line={"color": _level_color(scale, level), "width": _RIM_PX},
                hoverinfo="skip",
                name=f"overlay {level}",
            )
    yield _scale_alone(attribution, cells.limit, style, theme)


def _drawn(
    cells: OverlayCells, layout: PaperLayout, record: EcgRecord, segment: Segment
) -> tuple[FloatArray, FloatArray, np.ndarray]:
    """Return the points of a lead's stretch in mm, and the level of the step at each."""
    samples = segment.samples(record.fs_hz, record.n_samples)
    signal = record.signal[LEADS.index(segment.lead), samples.start : samples.stop]
    x = (
        layout.trace_x_mm
        + layout.speed_mm_s * np.arange(samples.start, samples.stop) / record.fs_hz
    )
    step = np.searchsorted(cells.x_mm, x + 1e-3, side="right") - 1
    row = cells.values[2 * (len(layout.row_y_mm) - 1 - segment.row)]
    values = np.nan_to_num(row[np.clip(step, 0, row.size - 1)])
    levels = np.sign(values) * np.ceil(_LEVELS * np.abs(values) / cells.limit - 1e-6)
    y = segment.y_mm + layout.gain_mm_mv * segment.sign * signal
    return x.astype(np.float32), y.astype(np.float32), levels.clip(-_LEVELS, _LEVELS)


def _at_level(drawn: tuple[FloatArray, FloatArray, np.ndarray], level: int) -> FloatArray:
    """Keep the points of one level, each run with the point after it, and gaps between runs."""
    x, y, levels = drawn
    at = levels == level
    kept = at | np.append(False, at[:-1])
    starts = np.flatnonzero(kept & ~np.append(False, kept[:-1]))
    points: FloatArray = np.insert(np.stack([x, y]), starts, np.nan, axis=1)
    return points[:, np.insert(kept, starts, True)]


def _level_color(scale: list[tuple[float, str]], level: int) -> str:
    """Mix the strongest colour of a sign with what lies behind it, by its level."""
    strong = scale[-1 if level > 0 else 0][1]
    rgb, alpha = strong[5:-1].rsplit(",", 1)
    return f"rgba({rgb},{float(alpha) * abs(level) / _LEVELS:.3g})"


def _scale_alone(
    attribution: OverlayMap, limit: float, style: OverlayStyle, theme: Theme
) -> go.Scatter:
    """Draw the scale of an overlay that has no strips."""
    return go.Scatter(
        x=[None],
        y=[None],
        mode="markers",
        marker={
            "color": [0.0],
            "cmin": -limit if attribution.signed else 0.0,
            "cmax": limit,
            "colorscale": _colorscale(attribution, style, theme),
            "colorbar": _colorbar(attribution, limit, style, theme),
            "showscale": True,
        },
        hoverinfo="skip",
        name="overlay",
    )


def _binned(attribution: OverlayMap, layout: PaperLayout) -> tuple[np.ndarray, FloatArray]:
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
    attribution: OverlayMap, layout: PaperLayout, starts: np.ndarray, binned: FloatArray
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


_SIGNED = {True: ("40,150,225", "240,90,45"), False: ("0,114,178", "213,60,20")}
_COMPARED = {True: ("178,150,235", "240,160,30"), False: ("94,60,153", "190,95,0")}
_ONE = {True: "0,158,115", False: "0,158,115"}
_GREY = {True: "190,190,190", False: "90,90,90"}
"""Colours by the darkness of the page: against and for MI; of the other and of the one map of a
difference; of a moment; of a map that failed its checks."""


def _colorscale(
    attribution: OverlayMap, style: OverlayStyle, theme: Theme
) -> list[tuple[float, str]]:
    compared = isinstance(attribution, RelativeMap) and attribution.compared
    return colorscale(
        signed=attribution.signed,
        compared=compared,
        refused=style.refused,
        dark=theme == "dark",
    )


def colorscale(
    *, signed: bool, compared: bool = False, refused: bool = False, dark: bool = False
) -> list[tuple[float, str]]:
    """Fade from clear, so that paper shows through: one colour, or one for each sign."""
    if not signed:
        one, alpha = (_GREY[dark], 0.5) if refused else (_ONE[dark], 0.75)
        return [(0.0, f"rgba({one},0)"), (1.0, f"rgba({one},{alpha})")]
    (minus, plus), alpha = (_COMPARED if compared else _SIGNED)[dark], 0.8
    if refused:
        minus, plus, alpha = _GREY[dark], _GREY[dark], 0.5
    return [
        (0.0, f"rgba({minus},{alpha})"),
        (0.5, f"rgba({minus},0)"),
        (0.5, f"rgba({plus},0)"),
        (1.0, f"rgba({plus},{alpha})"),
    ]


def _colorbar(
    attribution: OverlayMap, peak: float, style: OverlayStyle, theme: Theme
) -> dict[str, Any]:
    ticks, labels, title = _scale_words(attribution, peak)
    if attribution.scores.shape[0] == 1:
        title += " (when, not where)"
    refused = "refused by its checks · " if style.refused else ""
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
        "title": {"text": f"{refused}{_whose(attribution)}{title}", "side": "top"},
    }


def _whose(attribution: OverlayMap) -> str:
    """Name a map where it stands alone; maps that are compared stand below their names."""
    return "" if isinstance(attribution, RelativeMap) else f"{attribution.label}: "


def _scale_words(attribution: OverlayMap, peak: float) -> tuple[list[float], list[str], str]:
    """Return where the scale has marks, their words, and what it measures."""
    per_step = f"per {BIN_S * 1000:.0f} ms"
    if isinstance(attribution, RelativeMap):
        minus, plus = attribution.ends
        title, ends = f"share of all that a map says, {per_step}", percent(peak, 2)
        if not attribution.signed:
            return [0.0, peak], ["0", ends], title
        return [-peak, 0.0, peak], [f"{ends} {minus}", "0", f"{ends} {plus}"], title
    if not attribution.signed:
        return [0.0, 0.5, 1.0], ["0", "50 %", "100 %"], "share of the strongest moment"
    digits = max(2, 1 - math.floor(math.log10(peak)))
    ends = f"{peak:.{digits}f}"
    what = attribution.target
    labels = [f"−{ends} away from {what}", "0", f"+{ends} towards {what}"]
    return [-peak, 0.0, peak], labels, f"contribution to the {what} logit {per_step}"
