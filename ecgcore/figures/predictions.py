"""Diagram of what ensembles predict for one recording."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from ecgcore.figures.comparison import style_of
from ecgcore.figures.theme import STYLE, Trace, ink, template
from ecgcore.models.architectures import arch_title
from ecgcore.models.cards import ModelEntry
from ecgcore.predictions.decision import EnsemblePrediction
from ecgcore.predictions.ensemble import Ensemble
from ecgcore.tasks.registry import task_named
from ecgcore.tasks.statements71 import STATEMENTS71
from ecgcore.wording.numbers import percent, percent_range

_ROW_PX, _AROUND_PX = 43, 58
_BETWEEN_ARCHS = 0.25
_WORDS_ABOVE, _BAND, _SEEDS_BELOW, _THRESHOLD_REACH = 0.38, 0.32, 0.29, 0.27
"""Shares of a row."""
_ZONES = {"normal": (0, 158, 115), "refer": (128, 140, 146), "MI": (213, 60, 20)}
"""Colours of the parts of a band; "refer" is hatched as well."""
_GREY = (128, 140, 146)
_STRENGTH = {"normal": 0.16, "refer": 0.12, "MI": 0.3}


@dataclass(frozen=True, slots=True)
class _Row:
    """A prediction and where it is drawn."""

    made: EnsemblePrediction
    y: float

    @property
    def name(self) -> str:
        return ensemble_words(self.made.ensemble)


def ensemble_words(ensemble: Ensemble) -> str:
    """Architecture and training set, such as "CNN-BiLSTM A"."""
    return f"{arch_title(ensemble.arch)} {_learnt(ensemble)}"


def _learnt(ensemble: Ensemble) -> str:
    """Name the training set, or the task of the networks of 71 statements, who have one alone."""
    task = task_named(ensemble.members[0].key.task)
    return task.title if task is STATEMENTS71 else ensemble.train_set


def row_words(row: EnsemblePrediction) -> str:
    """Name of a row, with "local" and how the ensemble knows the recording, if it is known."""
    leakage = "" if row.leakage == "unknown" else row.leakage
    extra = ", ".join(filter(None, ["" if row.ensemble.shipped else "local", leakage]))
    known = STYLE.get(row.ensemble.train_set)
    name = f"{arch_title(row.ensemble.arch)} · {known.name if known else _learnt(row.ensemble)}"
    return f"{name} ({extra})" if extra else name


def predictions_figure(
    rows: Sequence[EnsemblePrediction],
    *,
    explained: ModelEntry | None = None,
    muted: bool = False,
    negative: str = "normal",
    dark: bool = False,
) -> go.Figure:
    """Draw each ensemble's probability of MI as a mark on its own band normal | refer | MI.

    Rows keep their order within an architecture; name, value and verdict stand above each band.
    Dots below it are the seeds, the explained one ringed; a line is Venn-Abers' interval, a dashed
    one the threshold for a target sensitivity.

    Parameters
    ----------
    muted
        Whether bands are grey, because the models do not know such a recording.
    negative
        What a recording without MI is called.
    """
    placed = _placed(rows)
    traces = _bands(placed, negative, muted=muted, dark=dark)
    for row in placed:
        traces += _marks(row, explained, dark=dark)
    return go.Figure(traces, _layout(placed, dark=dark))


def _placed(rows: Sequence[EnsemblePrediction]) -> list[_Row]:
    """Place rows below each other, with a gap between architectures."""
    archs = list(dict.fromkeys(row.ensemble.arch for row in rows))
    ordered = sorted(rows, key=lambda row: archs.index(row.ensemble.arch))
    return [
        _Row(row, -k - _BETWEEN_ARCHS * archs.index(row.ensemble.arch))
        for k, row in enumerate(ordered)
    ]


def _bands(rows: Sequence[_Row], negative: str, *, muted: bool, dark: bool) -> list[Trace]:
    """Return a trace for each part of the bands, drawn below all marks."""
    known = [(row, zones) for row in rows if (zones := row.made.rule.zones)]
    bands: list[Trace] = []
    for part, rgb in _ZONES.items():
        red, green, blue = _GREY if muted else rgb
        spans = [zones[part] for _, zones in known]
        words = negative if part == "normal" else part
        bands.append(
            {
                "type": "bar",
                "orientation": "h",
                "y": [row.y for row, _ in known],
                "base": [low for low, _ in spans],
                "x": [high - low for low, high in spans],
                "width": _BAND,
                "name": words,
                "marker": {
                    "color": f"rgba({red},{green},{blue},{_STRENGTH[part]})",
                    "line": {"width": 0.7, "color": ink(dark=dark).quiet},
                    "pattern": {
                        "shape": "/" if part == "refer" else "",
                        "size": 5,
                        "solidity": 0.25,
                        "fgcolor": ink(dark=dark).quiet,
                    },
                },
                "customdata": [
                    f"{row.name}: {words} {percent_range(*zones[part])}" for row, zones in known
                ],
                "hovertemplate": "%{customdata}<extra></extra>",
                "showlegend": bool(known),
            }
        )
    return bands


def _marks(row: _Row, explained: ModelEntry | None, *, dark: bool) -> list[Trace]:
    """Return the marks of one row, the ensemble last, so that it lies on top."""
    made, y, name, colors = row.made, row.y, row.name, ink(dark=dark)
    style = style_of(made.ensemble.train_set)
    color = style.color(dark=dark)
    marks = []
    if made.interval is not None:
        words = f"{name}, Venn-Abers {percent_range(*made.interval)}"
        marks.append(_trace(made.interval, [y, y], words, mode="lines", line={"color": color}))
    if len(made.seeds) > 1:
        below = [y - _SEEDS_BELOW] * len(made.seeds)
        dots = {"color": color, "size": 5, "opacity": 0.75}
        marks.append(_trace(made.seeds, below, f"{name}, one seed: %{{x:.1%}}", marker=dots))
    if explained in made.ensemble.members:
        marks.append(_ring(row, made.ensemble.members.index(explained), colors.text))
    mark = {
        "color": color,
        "symbol": style.symbol,
        "size": 13,
        "line": {"width": 1.5, "color": colors.background},
    }
    return [*marks, _trace([made.prob], [y], f"{name}: {percent(made.prob)}", marker=mark)]


def _ring(row: _Row, place: int, color: str) -> Trace:
    """Mark the explained seed, or the ensemble where it is the only one."""
    made = row.made
    one = len(made.seeds) == 1
    ring = {
        "symbol": "circle-open",
        "size": 20 if one else 11,
        "color": color,
        "line": {"width": 2},
    }
    words = (
        f"{row.name}, explained: seed {made.ensemble.seeds[place]}, {percent(made.seeds[place])}"
    )
    y = row.y if one else row.y - _SEEDS_BELOW
    return _trace([made.seeds[place]], [y], words, marker=ring)


def _trace(
    x: Sequence[float], y: Sequence[float], words: str, mode: str = "markers", **look: object
) -> Trace:
    return {
        "type": "scatter",
        "x": list(x),
        "y": list(y),
        "mode": mode,
        "cliponaxis": False,
        "hovertemplate": f"{words}<extra></extra>",
        "showlegend": False,
        **look,
    }


def _threshold_line(row: _Row, *, dark: bool) -> dict[str, object]:
    """Return the line at the threshold for a target sensitivity."""
    return {
        "type": "line",
        "x0": row.made.threshold,
        "x1": row.made.threshold,
        "y0": row.y - _THRESHOLD_REACH,
        "y1": row.y + _THRESHOLD_REACH,
        "line": {"color": ink(dark=dark).text, "width": 1.5, "dash": "dash"},
    }


def _layout(rows: Sequence[_Row], *, dark: bool) -> dict[str, object]:
    lowest = min((row.y for row in rows), default=0.0)
    ruled = [row for row in rows if row.made.rule.threshold is not None]
    return {
        "height": round(_AROUND_PX + _ROW_PX * (1 - lowest)),
        "shapes": [_threshold_line(row, dark=dark) for row in ruled],
        "template": template(dark=dark),
        "barmode": "overlay",
        "margin": {"t": 30, "l": 10, "r": 12},
        "xaxis": {
            "range": [-0.01, 1.01],
            "tickvals": [0, 0.25, 0.5, 0.75, 1],
            "ticktext": ["0", "25", "50", "75", "100"],
            "tickangle": 0,
            "showgrid": False,
        },
        "yaxis": {"range": [lowest - 0.5, 0.55], "visible": False},
        "annotations": [one for row in rows for one in _words_above(row)],
        "legend": {"itemclick": False, "itemdoubleclick": False, "y": 1.0, "font": {"size": 12}},
    }


def _words_above(row: _Row) -> list[dict[str, object]]:
    """Return name, and value with verdict, at the two ends of a band."""
    value = f"{percent(row.made.prob)} <b>{row.made.verdict or ''}</b>".strip()
    ends = ((0, "left", row_words(row.made)), (1, "right", value))
    return [
        {
            "x": x,
            "xanchor": anchor,
            "y": row.y + _WORDS_ABOVE,
            "yanchor": "middle",
            "text": words,
            "font": {"size": 12},
            "showarrow": False,
            "xshift": -3 if x == 0 else 3,
        }
        for x, anchor, words in ends
    ]
