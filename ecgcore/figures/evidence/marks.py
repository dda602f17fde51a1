"""The stretches of a recording behind a value, marked on its paper."""

import plotly.graph_objects as go

from ecgcore.figures.paper_layout import PaperLayout, Segment
from ecgcore.figures.theme import BLUE, ORANGE, SKY, VERMILLION
from ecgcore.signals.evidence.evidence import Evidence

_HALF_MM = 9.0
_LEAST_MM = 0.4


def mark_evidence(
    figure: go.Figure, layout: PaperLayout, evidence: Evidence, *, dark: bool = False
) -> go.Figure:
    """Shade each span of the evidence in the leads that it was measured in.

    A doubtful value has dashed edges and another colour.
    """
    sure, doubtful = (SKY, ORANGE) if dark else (BLUE, VERMILLION)
    color = doubtful if evidence.doubtful else sure
    shapes = [
        {
            "type": "rect",
            "x0": x0,
            "x1": x1,
            "y0": segment.y_mm - _HALF_MM,
            "y1": segment.y_mm + _HALF_MM,
            "fillcolor": color,
            "opacity": 0.28,
            "line": {"color": color, "width": 1, "dash": "dash" if evidence.doubtful else "solid"},
            "layer": "below",
        }
        for segment in layout.segments
        if segment.lead in evidence.leads
        for span in evidence.spans_s
        if (edges := _edges_mm(segment, span, layout.speed_mm_s)) is not None
        for x0, x1 in [edges]
    ]
    return figure.update_layout(shapes=[*figure.layout.shapes, *shapes])


def _edges_mm(
    segment: Segment, span: tuple[float, float], speed_mm_s: float
) -> tuple[float, float] | None:
    """Return where a span lies in a segment; None where it does not."""
    end_s = segment.start_s + segment.duration_s
    start, end = max(span[0], segment.start_s), min(span[1], end_s)
    if end <= start:
        return None
    x0, x1 = (segment.x_mm + (at - segment.start_s) * speed_mm_s for at in (start, end))
    return x0, max(x1, x0 + _LEAST_MM)
