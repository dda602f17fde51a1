"""The frontal axes on a circle, with the limits of their types."""

import plotly.graph_objects as go

from ecgcore.figures.theme import BLUE, GREEN, ORANGE, SKY, VERMILLION, ink, template
from ecgcore.signals.evidence.limits import AXIS_TYPES, LAGETYPEN
from ecgcore.signals.measure.measurements import Measurements
from ecgcore.wording.numbers import number

SIZE_PX = 520
_SHORT = {
    "left axis deviation, marked": "left,<br>marked",
    "left axis deviation, moderate": "left, mod.",
    "right axis deviation, moderate": "right,<br>moderate",
    "right axis deviation, marked": "right,<br>marked",
    "extreme axis": "extreme",
    "überdrehter Linkstyp": "überdrehter<br>Linkstyp",
    "überdrehter Rechtstyp": "überdr.<br>Rechtstyp",
    "Indifferenztyp": "Indifferenz-<br>typ",
}
_NORMAL = {"normal", "Indifferenztyp", "Linkstyp", "Steiltyp"}
_WIDTH = 0.5
_LEADS = {0: "I", 60: "II", 120: "III", 90: "aVF", -30: "aVL", -150: "aVR"}
_AXES = {
    "axis_qrs_deg": ("QRS", "solid", BLUE, SKY, 1.0),
    "axis_p_deg": ("P", "dot", GREEN, "#2CC79A", 0.7),
    "axis_t_deg": ("T", "dash", VERMILLION, ORANGE, 0.85),
}


def axis_figure(measured: Measurements, *, dark: bool = False) -> go.Figure:
    """Draw the axes of QRS, P and T: 0° to the right, 90° down, as in the frontal plane.

    The outer ring names the types of AHA/ACCF/HRS, the inner one the German Lagetypen.
    """
    colors = ink(dark=dark)
    rings = [
        ring
        for types, base in ((AXIS_TYPES, 1.55), (LAGETYPEN, 1.05))
        for ring in (_ring(types, base, dark=dark), _ring_names(types, base, dark=dark))
    ]
    arrows = [trace for name in _AXES if (trace := _arrow(measured, name, dark=dark)) is not None]
    ticks = list(range(-150, 181, 30))
    return go.Figure(
        data=[*rings, *arrows],
        layout={
            "template": template(dark=dark),
            "height": SIZE_PX,
            "margin": {"l": 40, "r": 40, "t": 30, "b": 30},
            "legend": {"orientation": "h", "y": -0.06, "x": 0.5, "xanchor": "center"},
            "polar": {
                "domain": {"y": [0.12, 1.0]},
                "bgcolor": colors.background,
                "radialaxis": {"visible": False, "range": [0, 2.05]},
                "angularaxis": {
                    "direction": "clockwise",
                    "rotation": 0,
                    "tickvals": [degrees % 360 for degrees in ticks],
                    "ticktext": [_tick(degrees) for degrees in ticks],
                    "gridcolor": colors.line,
                },
            },
        },
    )


def _tick(degrees: int) -> str:
    lead = _LEADS.get(degrees)
    text = f"{'+' if degrees > 0 else ''}{number(degrees, 0)}°"
    return f"{text} {lead}" if lead else text


def _ring(types: tuple[tuple[str, int, int], ...], base: float, *, dark: bool) -> go.Barpolar:
    colors = ink(dark=dark)
    normal, other = ("#1F4A66", "#2A353B") if dark else ("#CFE6F3", "#EEF1F2")
    return go.Barpolar(
        base=base,
        r=[_WIDTH] * len(types),
        theta=[(low + high) / 2 % 360 for _, low, high in types],
        width=[high - low for _, low, high in types],
        customdata=[
            f"{name}: {number(low, 0)}° to {number(high, 0)}°" for name, low, high in types
        ],
        hovertemplate="%{customdata}<extra></extra>",
        marker={
            "color": [normal if name in _NORMAL else other for name, _, _ in types],
            "line": {"color": colors.text, "width": 1},
        },
        showlegend=False,
    )


def _ring_names(
    types: tuple[tuple[str, int, int], ...], base: float, *, dark: bool
) -> go.Scatterpolar:
    return go.Scatterpolar(
        r=[base + _WIDTH / 2] * len(types),
        theta=[(low + high) / 2 % 360 for _, low, high in types],
        mode="text",
        text=[_SHORT.get(name, name) for name, _, _ in types],
        textfont={"size": 10, "color": ink(dark=dark).text},
        hoverinfo="skip",
        showlegend=False,
    )


def _arrow(measured: Measurements, name: str, *, dark: bool) -> go.Scatterpolar | None:
    one = measured.value(name)
    if one.value is None:
        return None
    short, dash, light, night, length = _AXES[name]
    doubt = ", doubtful" if one.doubtful else ""
    color = night if dark else light
    return go.Scatterpolar(
        r=[0, length],
        theta=[one.value % 360] * 2,
        mode="lines+markers",
        name=f"{short} {one.text}°{doubt}",
        line={"color": color, "width": 4 if short == "QRS" else 2, "dash": dash},
        marker={"size": [0, 9], "color": color, "symbol": "circle"},
        hovertemplate=f"{short} {one.text}°<extra></extra>",
    )
