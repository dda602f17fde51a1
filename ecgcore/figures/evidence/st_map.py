"""ST at J in each lead as bars, with the limits of age and sex."""

import plotly.graph_objects as go

from ecgcore.figures.theme import BLUE, ORANGE, SKY, VERMILLION, ink, template
from ecgcore.signals.evidence.limits import st_limit_mv
from ecgcore.signals.measure.measurements import Measured, Measurements
from ecgcore.wording.numbers import signed

HEIGHT_PX = 320
ORDER = ("aVL", "I", "aVR", "II", "aVF", "III", "V1", "V2", "V3", "V4", "V5", "V6")
"""Cabrera's order, in which neighbours lie side by side; aVR is as recorded."""


def st_figure(
    measured: Measurements, years: float | None = None, sex: str = "", *, dark: bool = False
) -> go.Figure:
    """Draw ST at J in every lead; beyond its limit a bar is hatched and in another colour."""
    colors = ink(dark=dark)
    values = {one.lead: one.value("st_j_mv") for one in measured.leads}
    limits = {lead: st_limit_mv(lead, years, sex) for lead in ORDER}
    beyond = [_beyond(values[lead], limits[lead]) for lead in ORDER]
    inside_color, outside_color = (SKY, ORANGE) if dark else (BLUE, VERMILLION)
    bars = go.Bar(
        x=list(ORDER),
        y=[values[lead].value for lead in ORDER],
        marker={
            "color": [outside_color if out else inside_color for out in beyond],
            "pattern": {"shape": ["/" if out else "" for out in beyond]},
            "opacity": [0.4 if values[lead].doubtful else 1.0 for lead in ORDER],
        },
        hovertemplate="%{x}: %{y:.2f} mV<extra></extra>",
        showlegend=False,
    )
    ticks = [
        go.Scatter(
            x=list(ORDER),
            y=[limits[lead][place] for lead in ORDER],
            mode="markers",
            name=name,
            marker={
                "symbol": "line-ew",
                "size": 26,
                "line": {"width": 2, "color": colors.text},
            },
            hovertemplate="limit %{y:.2f} mV<extra></extra>",
            showlegend=place == 1,
        )
        for place, name in ((0, "limit of depression"), (1, "limits of AHA/ACCF/HRS, part VI"))
    ]
    return go.Figure(
        data=[bars, *ticks],
        layout={
            "template": template(dark=dark),
            "height": HEIGHT_PX,
            "margin": {"l": 56, "r": 16, "t": 24, "b": 48},
            "xaxis": {
                "tickvals": list(ORDER),
                "ticktext": [f"{lead}<br>{_words(values[lead])}" for lead in ORDER],
            },
            "yaxis": {"title": {"text": "ST at J (mV)"}, "range": _range(values)},
            "legend": {"orientation": "h", "y": 1.12, "x": 1, "xanchor": "right"},
        },
    )


def _words(one: Measured) -> str:
    return "\N{EN DASH}" if one.value is None else signed(one.value)


def _mv(one: Measured) -> float:
    return one.value or 0.0


def _beyond(one: Measured, limits: tuple[float, float]) -> bool:
    if one.value is None:
        return False
    value = round(one.value, 2)
    return value <= limits[0] or value >= limits[1]


def _range(values: dict[str, Measured]) -> list[float]:
    sizes = [abs(_mv(one)) for one in values.values()]
    largest = max(0.3, *(1.25 * size for size in sizes))
    return [-largest, largest]
