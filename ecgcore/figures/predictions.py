"""Diagram of what ensembles predict for one recording."""

from collections.abc import Sequence

import plotly.graph_objects as go

from ecgcore.figures.comparison import style_of
from ecgcore.figures.theme import ink, template
from ecgcore.models.architectures import arch_title
from ecgcore.predictions.decision import EnsemblePrediction
from ecgcore.predictions.ensemble import Ensemble
from ecgcore.wording.numbers import percent, percent_range

_ROW_PX = 34
_BETWEEN_ARCHS = 0.35
_SEEDS_BELOW = 0.3
_THRESHOLD_REACH = 0.46


def ensemble_words(ensemble: Ensemble) -> str:
    """Architecture and training set, such as "CNN-BiLSTM · A"."""
    return f"{arch_title(ensemble.arch)} · {ensemble.train_set}"


def row_words(row: EnsemblePrediction) -> str:
    """Name of a row, with "local" and how the ensemble knows the recording."""
    extra = ", ".join(filter(None, ["" if row.ensemble.shipped else "local", row.leakage]))
    name = ensemble_words(row.ensemble)
    return f"{name} ({extra})" if extra else name


def predictions_figure(rows: Sequence[EnsemblePrediction], *, dark: bool = False) -> go.Figure:
    """Draw each ensemble's probability of MI as a mark, its seeds as dots below it.

    Rows keep their order within an architecture; the values stand in a column at the right. A
    quiet tick is the uncalibrated probability, a line Venn-Abers' interval, a dashed one the
    threshold.
    """
    archs = list(dict.fromkeys(row.ensemble.arch for row in rows))
    ordered = sorted(rows, key=lambda row: archs.index(row.ensemble.arch))
    places = [-k - _BETWEEN_ARCHS * archs.index(row.ensemble.arch) for k, row in enumerate(ordered)]
    lowest = min(places, default=0.0)
    figure = go.Figure(layout=_layout(ordered, places, dark=dark))
    for row, y in zip(ordered, places, strict=True):
        figure.add_traces(_marks(row, y, dark=dark))
    _draw_thresholds(figure, ordered, places, dark=dark)
    return figure.update_layout(height=round(50 + _ROW_PX * (1 - lowest)))


def _marks(row: EnsemblePrediction, y: float, *, dark: bool) -> list[go.Scatter]:
    """Return the marks of one row, the ensemble last, so that it lies on top."""
    style, colors = style_of(row.ensemble.train_set), ink(dark=dark)
    color, name = style.color(dark=dark), ensemble_words(row.ensemble)
    marks = []
    if row.interval is not None:
        low, high = row.interval
        words = f"{name}, Venn-Abers {percent_range(low, high)}"
        marks.append(_trace([low, high], [y, y], words, mode="lines", line={"color": color}))
    if row.calibrated:
        tick = {"symbol": "line-ns", "size": 15, "line": {"width": 2, "color": colors.quiet}}
        words = f"{name}, uncalibrated: {percent(row.uncalibrated)}"
        marks.append(_trace([row.uncalibrated], [y], words, marker=tick))
    if len(row.seeds) > 1:
        below = [y - _SEEDS_BELOW] * len(row.seeds)
        dots = {"color": color, "size": 5, "opacity": 0.75}
        marks.append(_trace(row.seeds, below, f"{name}, one seed: %{{x:.1%}}", marker=dots))
    mark = {"color": color, "symbol": style.symbol, "size": 13}
    words = f"{name}: {percent(row.prob)}"
    return [*marks, _trace([row.prob], [y], words, marker=mark)]


def _trace(
    x: Sequence[float], y: Sequence[float], words: str, mode: str = "markers", **look: object
) -> go.Scatter:
    return go.Scatter(
        x=list(x), y=list(y), mode=mode, hovertemplate=f"{words}<extra></extra>", **look
    )


def _draw_thresholds(
    figure: go.Figure, rows: Sequence[EnsemblePrediction], places: Sequence[float], *, dark: bool
) -> None:
    """Draw one line where all ensembles share a threshold, else a piece of it in each row."""
    line = {"color": ink(dark=dark).text, "width": 1.2, "dash": "dash"}
    shared = {row.threshold for row in rows}
    if len(shared) <= 1:
        for threshold in shared:
            figure.add_vline(x=threshold, line=line)
        return
    for row, y in zip(rows, places, strict=True):
        reach = {"y0": y - _THRESHOLD_REACH, "y1": y + _THRESHOLD_REACH}
        figure.add_shape(type="line", x0=row.threshold, x1=row.threshold, line=line, **reach)


def _layout(
    rows: Sequence[EnsemblePrediction], places: Sequence[float], *, dark: bool
) -> dict[str, object]:
    values = [percent(row.prob) for row in rows]
    column = [
        {
            "xref": "x domain",
            "x": 1,
            "xanchor": "left",
            "xshift": 10,
            "y": place,
            "yanchor": "middle",
            "text": value,
            "showarrow": False,
        }
        for place, value in zip(places, values, strict=True)
    ]
    return {
        "template": template(dark=dark),
        "margin": {"r": 26 + 7 * max(map(len, values), default=0)},
        "xaxis": {
            "range": [-0.05, 1.05],
            "tickvals": [0, 0.5, 1],
            "ticktext": ["0", "50", "100"],
            "tickangle": 0,
        },
        "yaxis": {
            "tickvals": list(places),
            "ticktext": [row_words(row) for row in rows],
            "range": [min(places, default=0.0) - 0.6, 0.6],
            "gridcolor": ink(dark=dark).line,
            "ticks": "",
        },
        "annotations": column,
        "showlegend": False,
    }
