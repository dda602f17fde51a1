"""Diagram of what groups of models say about one recording."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from ecgcore.figures.comparison import style_of
from ecgcore.figures.theme import ink, template
from ecgcore.models.architectures import arch_title

_ROW_PX = 34
_BETWEEN_ARCHS = 0.35
_SEEDS_BELOW = 0.3
_THRESHOLD_REACH = 0.46


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one group says about a record.

    Attributes
    ----------
    prob
        Probability of MI by the ensemble.
    seeds
        The same by each seed; not drawn where there is only one.
    raw
        The ensemble's probability before recalibration; None where `prob` is not recalibrated.
    interval
        Venn-Abers' lower and upper probability.
    threshold
        From this probability on the group calls MI.
    extra
        Words to add to the group's name, such as "seen".
    """

    arch: str
    train_set: str
    prob: float
    seeds: tuple[float, ...] = ()
    raw: float | None = None
    interval: tuple[float, float] | None = None
    threshold: float = 0.5
    extra: str = ""

    @property
    def name(self) -> str:
        """Architecture and training set."""
        return f"{arch_title(self.arch)} · {self.train_set}"

    @property
    def label(self) -> str:
        """Name of the row."""
        return f"{self.name} ({self.extra})" if self.extra else self.name


def percent(prob: float) -> str:
    """Write a probability in per cent; one that rounds to 0 or 100 is not written as certain."""
    if prob < 0.0005:
        return "< 0.1 %"
    return "> 99.9 %" if prob >= 0.9995 else f"{100 * prob:.1f} %"


def opinion_figure(rows: Sequence[Opinion], *, dark: bool = False) -> go.Figure:
    """Draw each ensemble's probability of MI as a mark, its seeds as dots below it.

    Rows keep their order within an architecture; the values stand in a column at the right. A
    quiet tick is the raw probability, a line Venn-Abers' interval, a dashed one the threshold.
    """
    archs = list(dict.fromkeys(row.arch for row in rows))
    ordered = sorted(rows, key=lambda row: archs.index(row.arch))
    places = [-k - _BETWEEN_ARCHS * archs.index(row.arch) for k, row in enumerate(ordered)]
    lowest = min(places, default=0.0)
    figure = go.Figure(layout=_layout(ordered, places, dark=dark))
    for row, y in zip(ordered, places, strict=True):
        figure.add_traces(_marks(row, y, dark=dark))
    _draw_thresholds(figure, ordered, places, dark=dark)
    return figure.update_layout(height=round(50 + _ROW_PX * (1 - lowest)))


def _marks(row: Opinion, y: float, *, dark: bool) -> list[go.Scatter]:
    """Return the marks of one row, the ensemble last, so that it lies on top."""
    style, colors = style_of(row.train_set), ink(dark=dark)
    color = style.color(dark=dark)
    marks = []
    if row.interval is not None:
        low, high = row.interval
        words = f"{row.name}, Venn-Abers {percent(low)} to {percent(high)}"
        marks.append(_trace([low, high], [y, y], words, mode="lines", line={"color": color}))
    if row.raw is not None:
        tick = {"symbol": "line-ns", "size": 15, "line": {"width": 2, "color": colors.quiet}}
        words = f"{row.name}, before recalibration: {percent(row.raw)}"
        marks.append(_trace([row.raw], [y], words, marker=tick))
    if len(row.seeds) > 1:
        below = [y - _SEEDS_BELOW] * len(row.seeds)
        dots = {"color": color, "size": 5, "opacity": 0.75}
        marks.append(_trace(row.seeds, below, f"{row.name}, one seed: %{{x:.1%}}", marker=dots))
    mark = {"color": color, "symbol": style.symbol, "size": 13}
    words = f"{row.name}: {percent(row.prob)}"
    return [*marks, _trace([row.prob], [y], words, marker=mark)]


def _trace(
    x: Sequence[float], y: Sequence[float], words: str, mode: str = "markers", **look: object
) -> go.Scatter:
    return go.Scatter(
        x=list(x), y=list(y), mode=mode, hovertemplate=f"{words}<extra></extra>", **look
    )


def _draw_thresholds(
    figure: go.Figure, rows: Sequence[Opinion], places: Sequence[float], *, dark: bool
) -> None:
    """Draw one line where all groups share a threshold, else a piece of it in each row."""
    line = {"color": ink(dark=dark).text, "width": 1.2, "dash": "dash"}
    shared = {row.threshold for row in rows}
    if len(shared) <= 1:
        for threshold in shared:
            figure.add_vline(x=threshold, line=line)
        return
    for row, y in zip(rows, places, strict=True):
        reach = {"y0": y - _THRESHOLD_REACH, "y1": y + _THRESHOLD_REACH}
        figure.add_shape(type="line", x0=row.threshold, x1=row.threshold, line=line, **reach)


def _layout(rows: Sequence[Opinion], places: Sequence[float], *, dark: bool) -> dict[str, object]:
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
            "ticktext": [row.label for row in rows],
            "range": [min(places, default=0.0) - 0.6, 0.6],
            "gridcolor": ink(dark=dark).line,
            "ticks": "",
        },
        "annotations": column,
        "showlegend": False,
    }
