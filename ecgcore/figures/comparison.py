"""Diagrams that set training sets side by side: their seeds, and how their ranking changes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from ecgcore.figures.theme import STYLE, Style, ink, template
from ecgcore.stats.metrics import Estimate

ROW_PX = 35
_HEAD = 0.85
_ABOVE, _BELOW = 0.27, -0.25
_DODGE = 0.07
_FEW_TICKS = 3
_OTHER = Style("other", "#56676F", "#A3B3BB", "solid", "pentagon")


@dataclass(frozen=True, slots=True)
class SeedRow:
    """One group of networks in a row of `seeds_figure`.

    Attributes
    ----------
    arch
        Architecture as shown; rows of one architecture stand together.
    train_set
        Decides colour and symbol.
    name
        Words at the left of the row.
    seeds
        The metric of every seed.
    mean
        Mean over seeds with its interval.
    ensemble
        The metric of the mean of the seeds' logits; None for a single seed.
    published
        What others published for this training set on this test set.
    """

    arch: str
    train_set: str
    name: str
    seeds: tuple[float, ...]
    mean: Estimate
    ensemble: float | None = None
    published: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Course:
    """The means of one group over several sets of records, in the order of the ticks."""

    arch: str
    train_set: str
    name: str
    means: tuple[Estimate, ...]


def style_of(train_set: str) -> Style:
    """Return the look of a training set; a neutral one for sets outside the study.

    A+, C+ and D+ have the MI records of A, C and D, and their looks.
    """
    return STYLE.get(train_set.removesuffix("+"), _OTHER)


def seeds_figure(
    rows: Sequence[SeedRow], *, metric: str, height: int = 0, digits: int = 4, dark: bool = False
) -> go.Figure:
    """Draw every seed as a dot, the mean with its interval, the ensemble and published figures.

    Parameters
    ----------
    metric
        Title of the axis.
    height
        Least height in pixels; many rows make it higher.
    digits
        Decimal places of the column of means at the right.
    """
    archs = list(dict.fromkeys(row.arch for row in rows))
    ordered = sorted(rows, key=lambda row: archs.index(row.arch))
    places = [-k - _HEAD * (archs.index(row.arch) + 1) for k, row in enumerate(ordered)]
    pairs = list(zip(ordered, places, strict=True))
    traces = [trace for row, y in pairs for trace in _seed_traces(row, y, dark=dark)]
    figure = go.Figure(data=[*traces, *_mark_legend(ordered, dark=dark)])
    heads = {row.arch: y for row, y in reversed(pairs)}
    lowest = min(places, default=0.0)
    figure.update_layout(
        template=template(dark=dark),
        height=max(height, round(90 + ROW_PX * (0.9 - lowest))),
        margin={"r": 158},
        showlegend=True,
        legend={"font": {"size": 12}, "x": 0.5, "xanchor": "center", "y": 1.0, "itemwidth": 30},
        xaxis={"title": {"text": metric}, "nticks": 6},
        yaxis={
            "tickvals": places,
            "ticktext": [row.name for row in ordered],
            "range": [lowest - 0.6, 0.3],
            "ticks": "",
            "showgrid": False,
        },
        annotations=[
            *(value_text(row.mean.text(digits), y) for row, y in pairs),
            *(_heading(arch, y + _HEAD) for arch, y in heads.items()),
        ],
    )
    return figure


def _seed_traces(row: SeedRow, y: float, *, dark: bool) -> list[go.Scatter]:
    style, colors = style_of(row.train_set), ink(dark=dark)
    color = style.color(dark=dark)
    title = f"{row.arch} {row.name}"
    mean = go.Scatter(
        x=[row.mean.value],
        y=[y],
        mode="markers",
        error_x=whiskers([row.mean], color),
        marker={"color": color, "symbol": style.symbol, "size": 12},
        hovertemplate=f"{title}: {row.mean.text(4)}<extra></extra>",
        showlegend=False,
    )
    marks = [mean]
    if len(row.seeds) > 1:
        marks.append(
            _marks(row.seeds, y + _BELOW, style.symbol, color, 6, f"{title}, one seed", 0.75)
        )
    if row.ensemble is not None:
        marks.append(
            _marks((row.ensemble,), y, "line-ns-open", colors.text, 19, f"{title}, ensemble")
        )
    if row.published:
        hollow = f"{style.symbol}-open"
        marks.append(
            _marks(row.published, y + _ABOVE, hollow, colors.text, 9, f"{title}, published")
        )
    return marks


def _marks(
    values: Sequence[float],
    y: float,
    symbol: str,
    color: str,
    size: int,
    said: str,
    opacity: float = 1.0,
) -> go.Scatter:
    return go.Scatter(
        x=list(values),
        y=[y] * len(values),
        mode="markers",
        marker={
            "color": color,
            "symbol": symbol,
            "size": size,
            "opacity": opacity,
            "line": {"width": 1.6, "color": color} if symbol.endswith("-open") else {"width": 0},
        },
        hovertemplate=f"{said}: %{{x:.4f}}<extra></extra>",
        showlegend=False,
    )


def _mark_legend(rows: Sequence[SeedRow], *, dark: bool) -> list[go.Scatter]:
    """Explain the marks by empty grey traces; only those that are drawn."""
    several = any(len(row.seeds) > 1 for row in rows)
    drawn = [
        (several, "seed", "circle", 6),
        (bool(rows), "mean, 95 %" if several else "one seed, 95 %", "circle", 12),
        (any(row.ensemble is not None for row in rows), "ensemble", "line-ns-open", 14),
        (any(row.published for row in rows), "published", "circle-open", 9),
    ]
    colors = ink(dark=dark)
    return [
        go.Scatter(
            x=[None],
            y=[None],
            mode="markers",
            name=name,
            marker={
                "symbol": symbol,
                "size": size,
                "color": colors.text if "-open" in symbol else colors.quiet,
                "line": {"width": 1.6 if "-open" in symbol else 0},
            },
        )
        for shown, name, symbol, size in drawn
        if shown
    ]


def whiskers(estimates: Sequence[Estimate], color: str) -> dict[str, object]:
    """Error bars from value, low and high; none where no interval is defined."""
    value, low, high = (
        np.array([getattr(e, part) for e in estimates]) for part in ("value", "low", "high")
    )
    return {
        "type": "data",
        "array": np.nan_to_num(high - value),
        "arrayminus": np.nan_to_num(value - low),
        "color": color,
        "thickness": 2,
        "width": 4,
    }


def value_text(text: str, y: float) -> dict[str, object]:
    """Return the annotation that writes a row's number right of the axes."""
    return {
        "xref": "x domain",
        "x": 1,
        "xanchor": "left",
        "xshift": 8,
        "y": y,
        "yanchor": "middle",
        "text": text,
        "font": {"size": 12},
        "showarrow": False,
    }


def _heading(text: str, y: float) -> dict[str, object]:
    return {
        "xref": "x domain",
        "x": 0,
        "xanchor": "left",
        "xshift": 4,
        "y": y - 0.1,
        "yanchor": "middle",
        "text": f"<b>{text}</b>",
        "showarrow": False,
    }


def ranking_figure(
    courses: Sequence[Course],
    ticks: Sequence[str],
    *,
    metric: str,
    marked: int | None = None,
    height: int = 430,
    dark: bool = False,
) -> go.Figure:
    """Draw how the training sets change places over several sets of records.

    Parameters
    ----------
    courses
        Groups; each architecture has a panel of its own.
    ticks
        Names of the sets of records, such as "certain<br>n = 971".
    marked
        Place of the set that the reader chose, marked by a band.
    """
    archs = list(dict.fromkeys(course.arch for course in courses))
    gap = 0.06 if len(archs) > 1 else 0.0
    width = (1 - gap * (len(archs) - 1)) / max(len(archs), 1)
    figure = go.Figure(layout={"template": template(dark=dark), "height": height})
    for panel, arch in enumerate(archs):
        mine = [course for course in courses if course.arch == arch]
        start = panel * (width + gap)
        _add_panel(figure, mine, ticks, panel, (start, start + width), dark=dark)
        if marked is not None:
            _mark_place(figure, marked, panel, dark=dark)
    figure.update_layout(
        yaxis={"title": {"text": metric}, "nticks": 6},
        margin={"t": 34},
        legend={"font": {"size": 12}, "y": 1.09},
        showlegend=True,
    )
    return figure


def _add_panel(
    figure: go.Figure,
    courses: Sequence[Course],
    ticks: Sequence[str],
    panel: int,
    domain: tuple[float, float],
    *,
    dark: bool,
) -> None:
    axis = "" if panel == 0 else str(panel + 1)
    shown = {trace.legendgroup for trace in figure.data}
    for k, course in enumerate(courses):
        shift = _DODGE * (k - (len(courses) - 1) / 2)
        figure.add_trace(
            _course_line(course, ticks, shift, f"x{axis}", dark=dark).update(
                showlegend=course.name not in shown
            )
        )
    figure.update_layout(
        {
            f"xaxis{axis}": {
                "domain": domain,
                "tickvals": list(range(len(ticks))),
                "ticktext": list(ticks),
                "tickfont": {"size": 12 if len(ticks) <= _FEW_TICKS else 10},
                "range": [-0.45, len(ticks) - 0.55],
                "tickangle": 0,
                "title": {"text": f"<b>{courses[0].arch}</b>", "font": {"size": 13}},
            }
        }
    )


def _course_line(
    course: Course, ticks: Sequence[str], shift: float, xaxis: str, *, dark: bool
) -> go.Scatter:
    style = style_of(course.train_set)
    color = style.color(dark=dark)
    return go.Scatter(
        x=np.arange(len(ticks)) + shift,
        y=[mean.value for mean in course.means],
        error_y={**whiskers(course.means, color), "thickness": 1.4},
        mode="lines+markers",
        line={"color": color, "width": 2, "dash": style.dash},
        marker={"color": color, "symbol": style.symbol, "size": 9},
        name=course.name,
        legendgroup=course.name,
        text=[mean.text(4) for mean in course.means],
        hovertemplate="%{fullData.name}: %{text}<extra></extra>",
        xaxis=xaxis,
    )


def _mark_place(figure: go.Figure, place: int, panel: int, *, dark: bool) -> None:
    axis = "x" if panel == 0 else f"x{panel + 1}"
    figure.add_shape(
        type="rect",
        xref=axis,
        yref="paper",
        x0=place - 0.42,
        x1=place + 0.42,
        y0=0,
        y1=1,
        fillcolor=ink(dark=dark).line,
        opacity=0.35,
        layer="below",
        line={"width": 0},
    )
