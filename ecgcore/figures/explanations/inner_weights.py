"""What a network weighs in one recording: attention as a curve below the ECG, leads as bars."""

import numpy as np
import plotly.graph_objects as go

from ecgcore.figures.theme import BLUE, SKY, ink, template
from ecgcore.leads import LEADS
from ecgcore.records import EcgRecord, FloatArray
from ecgcore.wording.numbers import number

_CURVE_PX, _BARS_PX = 300, 230
_LEAD = "II"


def attention_figure(
    record: EcgRecord,
    steps: FloatArray,
    starts_s: FloatArray,
    step_s: float,
    *,
    dark: bool = False,
) -> go.Figure:
    """Draw lead II, and below it how often its even share each step weighs.

    Parameters
    ----------
    steps
        ``(n_steps,)`` that add up to 1.
    starts_s, step_s
        Where each step begins on the recording, and how long it is.
    """
    times_s = np.arange(record.n_samples) / record.fs_hz
    ends_s = np.append(starts_s, starts_s[-1] + step_s)
    times = np.append(steps, steps[-1]) * len(steps)
    colors = ink(dark=dark)
    figure = go.Figure(layout={"template": template(dark=dark), "height": _CURVE_PX})
    figure.add_scatter(
        x=times_s,
        y=record.signal[LEADS.index(_LEAD)],
        mode="lines",
        line={"color": colors.text, "width": 1},
        name=f"lead {_LEAD}",
        hoverinfo="skip",
        yaxis="y2",
    )
    figure.add_scatter(
        x=ends_s,
        y=times,
        mode="lines",
        line={"color": SKY if dark else BLUE, "width": 2, "shape": "hv"},
        fill="tozeroy",
        name="attention",
        hovertemplate="%{y:.2f} times its even share<extra></extra>",
    )
    figure.add_hline(y=1, line={"color": colors.quiet, "dash": "dot", "width": 1})
    last_s = float(min(record.duration_s, ends_s[-1]))
    return figure.update_layout(
        showlegend=False,
        xaxis={"range": [0, last_s], "title": "Time in s", "anchor": "y"},
        yaxis={"domain": [0, 0.42], "rangemode": "tozero", "title": "× even share"},
        yaxis2={"domain": [0.5, 1], "title": f"{_LEAD} in mV", "anchor": "x"},
    )


def lead_weights_figure(leads: FloatArray, *, dark: bool = False) -> go.Figure:
    """Draw the weight of each lead, from 0 to 1, as bars."""
    figure = go.Figure(layout={"template": template(dark=dark), "height": _BARS_PX})
    figure.add_bar(
        x=list(LEADS),
        y=leads,
        marker={"color": SKY if dark else BLUE},
        hovertemplate="%{x}: %{y:.2f}<extra></extra>",
    )
    return figure.update_layout(
        bargap=0.3,
        xaxis={"type": "category", "showgrid": False},
        yaxis={"range": [0, 1], "title": "weight"},
    )


def attention_alt(steps: FloatArray, starts_s: FloatArray) -> str:
    """Say in words where the attention is strongest."""
    best = int(np.argmax(steps))
    times = number(float(steps[best]) * len(steps), 1)
    start = number(max(0.0, float(starts_s[best])), 1)
    return f"Attention over time: strongest from {start} s on, {times} times its even share"


def lead_weights_alt(leads: FloatArray) -> str:
    """Say the weight of each lead in words."""
    said = (f"{lead} {number(float(one), 2)}" for lead, one in zip(LEADS, leads, strict=True))
    return f"Weights of leads: {', '.join(said)}"
