"""Diagrams of training."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from ecgcore.figures.theme import STYLE, ink, template
from ecgcore.tasks import mi


def history_figure(
    frame: pd.DataFrame, epochs: int = 0, *, score: str = "AUROC", dark: bool = False
) -> go.Figure:
    """Draw training and validation loss above, the validation score below.

    Parameters
    ----------
    frame
        One row per finished epoch: ``epoch, train_loss, val_loss, val_score``.
    epochs
        Epochs that were planned; the axis has room for them.
    score
        What the score on the validation fold is called.
    """
    colors, last = ink(dark=dark), max(epochs, len(frame))
    auroc_range, loss_range = ([0.5, 1.0], [0.0, 1.0]) if frame.empty else (None, None)
    blue, orange = (STYLE[name].color(dark=dark) for name in (mi.CERTAIN, mi.ALL))
    losses = [
        _curve(frame, "train_loss", "loss, training", colors.quiet, "dot", "y2"),
        _curve(frame, "val_loss", "loss, validation", orange, "solid", "y2"),
    ]
    auroc = _curve(frame, "val_score", f"{score}, validation", blue, "solid")
    return go.Figure(
        data=[*losses, auroc],
        layout={
            "template": template(dark=dark),
            "height": 460,
            "hovermode": "x",
            "xaxis": {
                "title": {"text": "epoch"},
                "anchor": "y",
                "range": [0.5, max(last, 2) + 0.5],
                "dtick": max(1, last // 10),
                "tick0": 1,
            },
            "yaxis": {
                "title": {"text": score},
                "domain": [0.0, 0.46],
                "range": auroc_range,
                "autorangeoptions": {"clipmin": 0.0, "clipmax": 1.01},
            },
            "yaxis2": {
                "title": {"text": "loss"},
                "domain": [0.54, 1.0],
                "range": loss_range,
                "rangemode": "tozero",
            },
        },
    )


def _curve(
    frame: pd.DataFrame, column: str, name: str, color: str, dash: str, yaxis: str = "y"
) -> go.Scatter:
    return go.Scatter(
        x=frame["epoch"].to_numpy(),
        y=frame[column].to_numpy(dtype=np.float32),
        mode="lines+markers",
        line={"color": color, "width": 2, "dash": dash},
        marker={"color": color, "size": 7},
        name=name,
        yaxis=yaxis,
        hovertemplate="%{y:.4f}",
    )
