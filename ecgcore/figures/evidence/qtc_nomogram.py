"""QT against heart rate, with the lines of one QTc each."""

from collections.abc import Callable

import numpy as np
import plotly.graph_objects as go

from ecgcore.figures.theme import BLUE, SKY, ink, template
from ecgcore.signals.evidence.limits import limit_of
from ecgcore.signals.measure import intervals
from ecgcore.signals.measure.measurements import Measurements
from ecgcore.wording.numbers import number

HEIGHT_PX = 360
FORMULAS: dict[str, tuple[str, Callable[[float, float], float]]] = {
    "qtc_bazett_ms": ("Bazett", intervals.qtc_bazett),
    "qtc_fridericia_ms": ("Fridericia", intervals.qtc_fridericia),
    "qtc_framingham_ms": ("Framingham", intervals.qtc_framingham),
    "qtc_hodges_ms": ("Hodges", intervals.qtc_hodges),
}
_RATES = np.arange(35.0, 151.0, 2.5)
_QT_MS = (250.0, 600.0)


def qt_of(name: str, qtc_ms: float, rr_ms: float) -> float:
    """Return the QT that has a QTc at an RR interval, by bisection, in ms."""
    formula, low, high = FORMULAS[name][1], 0.0, 1500.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if formula(middle, rr_ms) < qtc_ms else (low, middle)
    return low


def qtc_figure(
    measured: Measurements, name: str, sex: str = "", *, dark: bool = False
) -> go.Figure:
    """Draw lines of equal QTc by one formula, and this ECG's QT at its median rate."""
    colors = ink(dark=dark)
    limit = limit_of(name, None, sex)
    bounds = (
        [] if limit is None or limit.low is None or limit.high is None else [limit.low, limit.high]
    )
    lines = [
        _line(name, qtc, colors.text if qtc in bounds else colors.quiet, bold=qtc in bounds)
        for qtc in sorted({330.0, 500.0, *bounds})
    ]
    return go.Figure(
        data=[*lines, *_here(measured, dark=dark)],
        layout={
            "template": template(dark=dark),
            "height": HEIGHT_PX,
            "margin": {"l": 56, "r": 76, "t": 12, "b": 48},
            "showlegend": False,
            "xaxis": {"title": {"text": "Heart rate (bpm)"}, "range": [35, 150]},
            "yaxis": {"title": {"text": "QT (ms)"}, "range": list(_QT_MS)},
        },
    )


def _line(name: str, qtc_ms: float, color: str, *, bold: bool) -> go.Scatter:
    qt = np.array([qt_of(name, qtc_ms, 60_000 / rate) for rate in _RATES])
    inside = (qt >= _QT_MS[0]) & (qt <= _QT_MS[1])
    at = np.flatnonzero(inside)
    text = [""] * len(_RATES)
    if len(at):
        text[int(at[-1])] = f"QTc {number(qtc_ms, 0)}"
    return go.Scatter(
        x=_RATES[inside],
        y=qt[inside],
        mode="lines+text",
        text=[text[k] for k in at],
        textposition="middle right",
        cliponaxis=False,
        line={"color": color, "width": 2 if bold else 1, "dash": "solid" if bold else "dot"},
        hovertemplate=f"QTc {number(qtc_ms, 0)} ms: QT %{{y:.0f}} ms at %{{x:.0f}} bpm"
        "<extra></extra>",
    )


def _here(measured: Measurements, *, dark: bool) -> list[go.Scatter]:
    qt, rr = measured.value("qt_ms"), measured.beats.rr_ms
    if qt.value is None or not len(rr):
        return []
    rate = intervals.rate_bpm(float(np.median(rr)))
    return [
        go.Scatter(
            x=[rate],
            y=[qt.value],
            mode="markers+text",
            text=[f"this ECG: QT {qt.text} ms"],
            textposition="top center",
            marker={
                "size": 13,
                "symbol": "diamond-open" if qt.doubtful else "diamond",
                "color": SKY if dark else BLUE,
            },
            hovertemplate=f"QT {qt.text} ms at {number(rate, 0)} bpm<extra></extra>",
        )
    ]
