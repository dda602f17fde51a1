"""One lead alone, as a watch records it, on the paper of the 12-lead ECG."""

import numpy as np
import plotly.graph_objects as go

from ecgcore.figures.ecg_paper import ecg_figure
from ecgcore.figures.paper_layout import PAGE_S, PaperLayout, PaperSettings, roomy_layout
from ecgcore.figures.theme import Theme
from ecgcore.io.raw import OneLead
from ecgcore.leads import LEADS
from ecgcore.records import EcgRecord

NOT_NAMED = "lead not named"


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
    if not one.lead:
        names = next(trace for trace in figure.data if trace.name == "lead names")
        names.text = [f"<b>{NOT_NAMED}</b>"]
    return figure, layout
