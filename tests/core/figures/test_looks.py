"""Looks that a reader sees: sizes of marks, widths of lines, places of axes, written out by hand.

A second copy of the numbers: where a figure is to look otherwise, change it here too.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from ecgcore.figures.attribution_overlay import overlay_trace
from ecgcore.figures.comparison import Course, SeedRow, ranking_figure, seeds_figure
from ecgcore.figures.forest_plot import Pair, Range, dumbbell_figure, ranges_figure
from ecgcore.figures.paper_layout import paper_layout
from ecgcore.figures.predictions import predictions_figure
from ecgcore.figures.reliability import corp_figure, reliability_figure, small
from ecgcore.figures.reliability_panels import (
    Column,
    Held,
    Line,
    intervals_figure,
    lines_figure,
    strata_figure,
)
from ecgcore.figures.theme import BLUE, LIGHT, STYLE
from ecgcore.figures.training_curves import history_figure
from ecgcore.stats.calibration.corp import corp
from ecgcore.stats.metrics import Estimate
from ecgcore.stats.reliability_curve import reliability_curve
from ecgcore.stats.thresholds import Share, Threshold
from tests.support.predictions import attribution, ensemble, prediction

TEXT, QUIET, LINE = LIGHT.text, LIGHT.quiet, LIGHT.line
ORANGE = STYLE["C"].light


def of(thing: Any, *names: str) -> dict[str, Any]:
    """Return some settings of a trace, an axis or a layout, with lists for arrays."""
    found = thing.to_plotly_json()
    return {name: _plain(found.get(name)) for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, np.ndarray | tuple | list):
        return [_plain(part) for part in value]
    return pytest.approx(value, nan_ok=True) if isinstance(value, float) else value


def layout(figure: go.Figure, *names: str) -> dict[str, Any]:
    return of(figure.layout, *names)


ESTIMATE = Estimate(0.9, 0.8, 0.95)
WHISKERS = {"type": "data", "color": BLUE, "thickness": 2, "width": 4}


def without(settings: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if name not in names}


def test_a_reliability_diagram() -> None:
    probs, labels = np.array([0.05, 0.15, 0.15, 0.85, 0.95, 1.0]), np.array([0, 0, 1, 1, 1, 1])
    curve = reliability_curve(labels, probs)
    figure = reliability_figure(curve, name="x", train_set="A", seeds=[curve], chosen=8)
    diagonal, seeds, points, bars, clear, ring = figure.data
    assert of(diagonal, "mode", "line", "hoverinfo") == {
        "mode": "lines", "line": {"color": QUIET, "width": 1}, "hoverinfo": "skip",
    }  # fmt: skip
    assert of(seeds, "mode", "line", "opacity") == {
        "mode": "lines", "line": {"color": BLUE, "width": 1}, "opacity": 0.35,
    }  # fmt: skip
    assert of(points, "mode", "line", "marker", "unselected") == {
        "mode": "lines+markers",
        "line": {"color": BLUE, "dash": "solid", "width": 1.8},
        "marker": {"color": BLUE, "size": 9, "symbol": "circle"},
        "unselected": {"marker": {"opacity": 1.0}},
    }
    assert (points.error_y.thickness, points.error_y.width) == (1.2, 4)
    assert of(bars, "marker", "textfont", "textangle", "cliponaxis", "showlegend") == {
        "marker": {"color": BLUE, "line": {"color": BLUE, "width": 1}, "opacity": 0.45},
        "textfont": {"size": 11},
        "textangle": 0,
        "cliponaxis": False,
        "showlegend": False,
    }
    assert bars.unselected.marker.opacity == 0.45
    assert bars.unselected.textfont.color == TEXT
    assert clear.selected.marker.opacity == 0
    assert list(clear.y) == pytest.approx([1.3 * 2] * 10)
    assert of(ring, "marker", "showlegend") == {
        "marker": {"color": TEXT, "line": {"width": 2.2}, "size": 19, "symbol": "circle-open"},
        "showlegend": False,
    }
    (shade,) = figure.layout.shapes
    assert of(shade, "type", "yref", "y0", "y1", "layer", "fillcolor", "opacity", "line") == {
        "type": "rect", "yref": "paper", "y0": 0, "y1": 1, "layer": "below", "fillcolor": LINE,
        "opacity": 0.45, "line": {"width": 0},
    }  # fmt: skip
    assert layout(figure, "height", "barmode", "dragmode") == {
        "height": 560, "barmode": "overlay", "dragmode": False,
    }  # fmt: skip
    unit = {"range": [-0.02, 1.02], "dtick": 0.2, "tick0": 0, "constrain": "domain"}
    unit |= {"showgrid": True, "fixedrange": True}
    assert without(figure.layout.xaxis.to_plotly_json(), "title") == unit | {"anchor": "y2"}
    assert without(figure.layout.yaxis.to_plotly_json(), "title") == unit | {
        "domain": [0.24, 1.0], "scaleanchor": "x", "scaleratio": 1,
    }  # fmt: skip
    assert of(figure.layout.yaxis2, "domain", "range", "nticks", "fixedrange") == {
        "domain": [0.0, 0.19], "range": [0, 2.6], "nticks": 4, "fixedrange": True,
    }  # fmt: skip


def test_a_small_reliability_diagram() -> None:
    curve = reliability_curve(np.array([0, 1, 0, 1]), np.array([0.1, 0.2, 0.8, 0.9]))
    figure = small(reliability_figure(curve, name="x", train_set="A", chosen=1))
    assert layout(figure, "height", "font", "margin") == {
        "height": 188, "font": {"size": 11}, "margin": {"l": 4, "r": 6, "t": 4, "b": 4},
    }  # fmt: skip
    assert of(figure.layout.xaxis, "title") == {"title": {"text": "predicted", "standoff": 2}}
    assert list(figure.layout.yaxis.domain) == [0.36, 1.0]
    assert of(figure.layout.yaxis2, "domain", "nticks") == {"domain": [0.0, 0.24], "nticks": 3}
    sizes = {trace.name: trace.marker.size for trace in figure.data if trace.type == "scatter"}
    assert (sizes["x"], sizes["chosen bin"]) == (7, 5)
    assert {trace.textfont.size for trace in figure.data if trace.type == "bar"} == {9}


def test_a_curve_without_bins() -> None:
    draw = np.random.default_rng(1)
    probs = draw.uniform(size=80)
    made = corp((draw.uniform(size=80) < probs).astype(int), probs, band="confidence", n_boot=20)
    steps = made.steps()
    pieces = steps.assign(mean_prob=0.5, low=0.0, high=1.0).reset_index(drop=True)
    figure = corp_figure(made, pieces, name="x", train_set="A")
    _, band, level, stretches, bars = figure.data
    assert of(band, "mode", "fill", "fillcolor", "opacity", "line") == {
        "mode": "lines", "fill": "toself", "fillcolor": BLUE, "opacity": 0.22, "line": {"width": 0},
    }  # fmt: skip
    assert list(band.x) == [*made.probs, *made.probs[::-1]]
    assert list(band.y) == [*made.high, *made.low[::-1]]
    assert of(level, "mode", "line") == {"mode": "lines", "line": {"color": BLUE, "width": 2}}
    assert of(stretches, "mode", "marker", "showlegend") == {
        "mode": "markers",
        "marker": {"color": BLUE, "size": 8, "symbol": "circle"},
        "showlegend": False,
    }
    assert list(bars.x) == pytest.approx(np.arange(20) / 20 + 0.025)
    assert list(bars.y) == np.histogram(probs, np.linspace(0, 1, 21))[0].tolist()
    assert bars.width == 0.05
    assert of(bars, "marker", "yaxis", "showlegend") == {
        "marker": {"color": BLUE, "line": {"color": BLUE, "width": 1}, "opacity": 0.45},
        "yaxis": "y2",
        "showlegend": False,
    }
    assert bars.unselected.marker.opacity == 0.45


def test_lines_in_panels() -> None:
    x, y = np.arange(31), np.linspace(0, 1, 31)
    lines = [Line("CNN", "A", "A", x, y), Line("CNN", "", "all", x, y, "dot")]
    lines += [Line("Mamba", "A", "A", x[:6], y[:6])]
    figure = lines_figure(
        lines, x_title="t", y_title="u", marked=0.5, x_range=(0, 1), y_range=(0, 2)
    )
    styled, quiet, other = figure.data
    assert of(styled, "mode", "line", "marker") == {
        "mode": "lines+markers",
        "line": {"color": BLUE, "dash": "solid", "width": 1.8},
        "marker": {"color": BLUE, "maxdisplayed": 5, "size": 7, "symbol": "circle"},
    }
    assert of(quiet, "mode", "line") == {
        "mode": "lines", "line": {"color": QUIET, "dash": "dot", "width": 1.4},
    }  # fmt: skip
    assert other.marker.maxdisplayed == 3
    mark = figure.layout.shapes[0]
    assert of(mark, "type", "y0", "y1", "layer", "line") == {
        "type": "line", "y0": 0, "y1": 1, "layer": "below",
        "line": {"color": TEXT, "dash": "dash", "width": 1.2},
    }  # fmt: skip
    assert list(figure.layout.xaxis.domain) == pytest.approx([0, 0.475])
    assert list(figure.layout.xaxis2.domain) == pytest.approx([0.525, 1])
    assert layout(figure, "height", "showlegend", "legend") == {
        "height": 340, "showlegend": True, "legend": {"y": 1.03},
    }  # fmt: skip
    assert of(figure.layout.yaxis, "nticks", "showgrid", "showticklabels") == {
        "nticks": 6, "showgrid": True, "showticklabels": True,
    }  # fmt: skip
    assert figure.layout.yaxis2.showticklabels is False
    assert (figure.layout.yaxis.title.text, figure.layout.yaxis2.title.text) == ("u", "")


def test_intervals_in_panels() -> None:
    columns = [Column("one", (ESTIMATE, ESTIMATE, ESTIMATE), 0.9), Column("two", (ESTIMATE,) * 3)]
    figure = intervals_figure(["a", "b", "c"], ["A", "C", ""], columns)
    first = figure.data[0]
    assert of(first, "mode", "marker", "showlegend") == {
        "mode": "markers",
        "marker": {"color": BLUE, "size": 10, "symbol": "circle"},
        "showlegend": False,
    }
    assert without(first.error_x.to_plotly_json(), "array", "arrayminus") == WHISKERS
    assert first.hovertemplate.startswith("a: 0.900")
    assert layout(figure, "height") == {"height": 66 + 30 * 3}
    assert list(figure.layout.yaxis.range) == pytest.approx([-2.6, 0.6])
    assert of(figure.layout.yaxis, "showgrid", "ticks") == {"showgrid": False, "ticks": ""}
    assert of(figure.layout.xaxis, "nticks", "showgrid", "tickformat") == {
        "nticks": 5, "showgrid": True, "tickformat": "",
    }  # fmt: skip
    assert figure.layout.shapes[0].line.color == QUIET


def test_parts_of_the_records() -> None:
    rows = [
        Held("Sex", "female", 0.2, ESTIMATE, 0.7),
        Held("Sex", "male", 0.4, ESTIMATE, 0.8),
        Held("Age", "80", 0.9, ESTIMATE, 0.95),
    ]
    figure = strata_figure(rows, train_set="A")
    observed, predicted = figure.data
    assert list(observed.y) == list(predicted.y) == pytest.approx([-0.9, -1.9, -3.8])
    assert of(observed, "mode", "marker") == {
        "mode": "markers", "marker": {"color": BLUE, "size": 11, "symbol": "circle"},
    }  # fmt: skip
    assert of(predicted, "mode", "marker") == {
        "mode": "markers",
        "marker": {"color": TEXT, "line": {"width": 2}, "size": 11, "symbol": "circle-open"},
    }
    assert layout(figure, "height", "margin", "showlegend") == {
        "height": 228, "margin": {"r": 290, "t": 30}, "showlegend": True,
    }  # fmt: skip
    assert list(figure.layout.yaxis.range) == pytest.approx([-4.4, 0.2])
    assert of(figure.layout.xaxis, "tickformat", "nticks") == {"tickformat": ".0%", "nticks": 6}
    notes = {(note.text, note.xshift): float(note.y) for note in figure.layout.annotations}
    assert notes == {
        ("20.0 → 90.0 % [80.0, 95.0]", 8): pytest.approx(-0.9), ("70 %", 196): pytest.approx(-0.9),
        ("40.0 → 90.0 % [80.0, 95.0]", 8): pytest.approx(-1.9), ("80 %", 196): pytest.approx(-1.9),
        ("90.0 → 90.0 % [80.0, 95.0]", 8): pytest.approx(-3.8), ("95 %", 196): pytest.approx(-3.8),
        ("predicted → observed", 8): pytest.approx(-0.15), ("MI alone", 196): pytest.approx(-0.15),
        ("<b>Sex</b>", 4): pytest.approx(-0.1), ("<b>Age</b>", 4): pytest.approx(-3.0),
    }  # fmt: skip
    assert {(note.x, note.font.size, note.showarrow) for note in figure.layout.annotations} == {
        (1, 12, False), (0, 12, False),
    }  # fmt: skip


def test_seeds_and_their_mean() -> None:
    rows = [
        SeedRow("CNN", "A", "A certain", (0.94, 0.96), ESTIMATE, 0.955, (0.97,)),
        SeedRow("CNN", "C", "C all", (0.9,), ESTIMATE),
        SeedRow("Mamba", "A", "A certain", (0.9,), ESTIMATE),
    ]
    figure = seeds_figure(rows, metric="AUROC")
    mean, seeds, together, published = figure.data[:4]
    assert of(mean, "mode", "marker") == {
        "mode": "markers", "marker": {"color": BLUE, "size": 12, "symbol": "circle"},
    }  # fmt: skip
    assert mean.error_x.thickness == 2
    assert of(seeds, "marker") == {
        "marker": {
            "color": BLUE, "line": {"width": 0}, "opacity": 0.75, "size": 6, "symbol": "circle",
        }
    }  # fmt: skip
    hollow = {"line": {"color": TEXT, "width": 1.6}, "color": TEXT, "opacity": 1.0}
    assert of(together, "marker") == {"marker": hollow | {"size": 19, "symbol": "line-ns-open"}}
    assert of(published, "marker") == {"marker": hollow | {"size": 9, "symbol": "circle-open"}}
    below, above = float(seeds.y[0] - mean.y[0]), float(published.y[0] - mean.y[0])
    assert -0.5 < below < 0 < above < 0.5
    legend = {
        trace.name: (
            trace.marker.symbol,
            trace.marker.size,
            trace.marker.color,
            trace.marker.line.width,
        )
        for trace in figure.data
        if trace.name
    }
    assert legend == {
        "seed": ("circle", 6, QUIET, 0), "mean, 95 %": ("circle", 12, QUIET, 0),
        "ensemble": ("line-ns-open", 14, TEXT, 1.6), "published": ("circle-open", 9, TEXT, 1.6),
    }  # fmt: skip
    assert layout(figure, "margin", "showlegend", "legend") == {
        "margin": {"r": 158},
        "showlegend": True,
        "legend": {"font": {"size": 12}, "x": 0.5, "xanchor": "center", "y": 1.0, "itemwidth": 30},
    }
    lowest = float(figure.layout.yaxis.tickvals[-1])
    assert list(figure.layout.yaxis.range) == pytest.approx([lowest - 0.6, 0.3])
    assert figure.layout.xaxis.nticks == 6
    texts = [note for note in figure.layout.annotations if not note.text.startswith("<b>")]
    assert {(note.x, note.xshift, note.font.size, note.showarrow) for note in texts} == {
        (1, 8, 12, False)
    }
    assert seeds_figure(rows, metric="AUROC", height=900).layout.height == 900
    assert seeds_figure(rows, metric="AUROC", height=10).layout.height == figure.layout.height
    assert texts[0].text == ESTIMATE.text(4)


def test_a_ranking() -> None:
    courses = [
        Course("CNN", "A", "A certain", (ESTIMATE, ESTIMATE)),
        Course("CNN", "C", "C all", (ESTIMATE, ESTIMATE)),
        Course("Mamba", "A", "A certain", (ESTIMATE, ESTIMATE)),
    ]
    figure = ranking_figure(courses, ["certain", "all"], metric="AUROC", marked=1)
    first, second, third = figure.data
    assert of(first, "mode", "line", "marker") == {
        "mode": "lines+markers",
        "line": {"color": BLUE, "dash": "solid", "width": 2},
        "marker": {"color": BLUE, "size": 9, "symbol": "circle"},
    }
    assert second.line.color == ORANGE
    assert (first.error_y.thickness, first.error_y.width) == (1.4, 4)
    assert list(first.x + second.x) == pytest.approx([0, 2]), "side by side about their place"
    assert second.x[0] > first.x[0]
    assert list(third.x) == [0, 1]
    assert list(figure.layout.xaxis.domain) == pytest.approx([0, 0.47])
    assert list(figure.layout.xaxis2.domain) == pytest.approx([0.53, 1])
    assert list(figure.layout.xaxis.range) == pytest.approx([-0.45, 1.45])
    assert figure.layout.xaxis.tickfont.size == 12
    assert (figure.layout.xaxis.tickangle, figure.layout.xaxis.title.font.size) == (0, 13)
    assert list(figure.layout.xaxis.tickvals) == [0, 1]
    assert [(band.x0, band.x1, band.xref) for band in figure.layout.shapes] == [
        (pytest.approx(0.58), pytest.approx(1.42), "x"),
        (pytest.approx(0.58), pytest.approx(1.42), "x2"),
    ]
    assert of(figure.layout.shapes[0], "opacity", "y0", "y1", "fillcolor", "line") == {
        "opacity": 0.35, "y0": 0, "y1": 1, "fillcolor": LINE, "line": {"width": 0},
    }  # fmt: skip
    assert layout(figure, "height", "margin", "legend", "showlegend") == {
        "height": 430, "margin": {"t": 34}, "legend": {"font": {"size": 12}, "y": 1.09},
        "showlegend": True,
    }  # fmt: skip
    assert figure.layout.yaxis.nticks == 6
    alone = ranking_figure(courses[:2], [str(k) for k in range(9)][:2], metric="AUROC")
    assert list(alone.layout.xaxis.domain) == [0, 1]
    assert not alone.layout.shapes


def test_before_and_after_calibration() -> None:
    pairs = [Pair("A", "one", 0.1, 0.05), Pair("C", "two", 0.2, 0.06)]
    figure = dumbbell_figure([("ECE", 0.0, pairs), ("slope", 1.0, pairs)], after="Platt")
    first = figure.data[0]
    assert (list(first.x), list(first.y)) == ([0.1, 0.05], [0, 0])
    assert of(first, "mode", "line", "marker", "showlegend") == {
        "mode": "lines+markers",
        "line": {"color": BLUE, "width": 2},
        "marker": {
            "symbol": ["circle-open", "circle"], "size": 10, "color": BLUE,
            "line": {"width": 1.6, "color": BLUE},
        },
        "showlegend": False,
    }  # fmt: skip
    assert [(s.xref, s.x0, s.x1, s.y0, s.y1) for s in figure.layout.shapes] == [
        ("x", 0, 0, 0, 1), ("x2", 1, 1, 0, 1),
    ]  # fmt: skip
    assert of(figure.layout.shapes[0], "layer", "line") == {
        "layer": "below", "line": {"color": QUIET, "dash": "dash", "width": 1.2},
    }  # fmt: skip
    assert list(figure.layout.xaxis.domain) == pytest.approx([0, 0.488])
    assert list(figure.layout.xaxis2.domain) == pytest.approx([0.512, 0.988])
    assert figure.layout.xaxis.nticks == 4
    assert layout(figure, "height", "showlegend") == {"height": 148, "showlegend": True}
    assert list(figure.layout.yaxis.range) == pytest.approx([-1.6, 0.6])
    assert [(t.name, t.marker.symbol, t.marker.size) for t in figure.data[-2:]] == [
        ("uncalibrated", "circle-open", 10), ("Platt", "circle", 10),
    ]  # fmt: skip
    assert figure.data[-1].marker.line.width == 1.6


def test_values_with_intervals() -> None:
    rows = [Range("one", ESTIMATE, "A"), Range("two", ESTIMATE)]
    figure = ranges_figure(rows, title="t", reference=0.5)
    first = figure.data[0]
    assert of(first, "mode", "marker", "showlegend") == {
        "mode": "markers",
        "marker": {"color": BLUE, "size": 10, "symbol": "circle"},
        "showlegend": False,
    }
    assert layout(figure, "height", "margin") == {"height": 116, "margin": {"r": 150}}
    assert of(figure.layout.xaxis, "nticks", "tickangle") == {"nticks": 6, "tickangle": 0}
    assert list(figure.layout.yaxis.range) == pytest.approx([-1.6, 0.6])
    (line,) = figure.layout.shapes
    assert (line.x0, line.line.width, line.line.dash, line.line.color) == (0.5, 1.2, "dash", TEXT)
    assert [note.text for note in figure.layout.annotations] == [ESTIMATE.text(3)] * 2
    assert not ranges_figure(rows, title="t").layout.shapes
    empty = ranges_figure([], title="t")
    assert empty.layout.height == 90
    assert list(empty.layout.yaxis.range) == [-1, 0.6]
    assert ranges_figure(rows, title="t", reference=0.0).layout.shapes


def test_curves_of_a_training() -> None:
    frame = pd.DataFrame(
        {"epoch": [1, 2], "train_loss": [0.7, 0.5], "val_loss": [0.6, 0.5], "val_score": [0.9, 1.0]}
    )
    figure = history_figure(frame, 25)
    looks = [(t.name, t.line.color, t.line.dash, t.line.width, t.marker.size) for t in figure.data]
    assert looks == [
        ("loss, training", QUIET, "dot", 2, 7),
        ("loss, validation", ORANGE, "solid", 2, 7),
        ("AUROC, validation", BLUE, "solid", 2, 7),
    ]
    assert layout(figure, "height", "hovermode") == {"height": 460, "hovermode": "x"}
    assert of(figure.layout.xaxis, "range", "dtick", "tick0") == {
        "range": [0.5, 25.5], "dtick": 2, "tick0": 1,
    }  # fmt: skip
    assert list(figure.layout.yaxis.domain) == [0.0, 0.46]
    assert of(figure.layout.yaxis.autorangeoptions, "clipmin", "clipmax") == {
        "clipmin": 0.0, "clipmax": 1.01,
    }  # fmt: skip
    assert list(figure.layout.yaxis2.domain) == [0.54, 1.0]
    assert figure.layout.yaxis2.rangemode == "tozero"
    assert figure.layout.yaxis.range is None
    assert history_figure(frame, 9).layout.xaxis.dtick == 1
    assert tuple(history_figure(frame[:1]).layout.xaxis.range) == (0.5, 2.5)


def test_the_scale_of_an_overlay() -> None:
    bar = overlay_trace(attribution(np.ones((12, 1000))), paper_layout()).colorbar
    assert of(bar, "orientation", "x", "y", "yanchor", "len", "thickness", "outlinewidth") == {
        "orientation": "h", "x": 0.5, "y": -0.01, "yanchor": "top", "len": 0.5, "thickness": 12,
        "outlinewidth": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("peak", "labels"),
    [
        (0.25, ["−1.00 away from MI", "0", "+1.00 towards MI"]),
        (0.005, ["−0.020 away from MI", "0", "+0.020 towards MI"]),
        (0.0005, ["−0.0020 away from MI", "0", "+0.0020 towards MI"]),
        (25.0, ["−100.00 away from MI", "0", "+100.00 towards MI"]),
    ],
)
def test_the_ends_of_an_overlays_scale_have_two_digits(peak: float, labels: list[str]) -> None:
    scores = np.zeros((12, 1000))
    scores[0, 40:44] = peak
    assert list(overlay_trace(attribution(scores), paper_layout()).colorbar.ticktext) == labels


@pytest.mark.parametrize(
    ("method", "theme", "colors"),
    [
        ("gradcam", "light", ["rgba(0,158,115,0)", "rgba(0,158,115,0.75)"]),
        (
            "ig",
            "light",
            [
                "rgba(0,114,178,0.8)",
                "rgba(0,114,178,0)",
                "rgba(213,60,20,0)",
                "rgba(213,60,20,0.8)",
            ],
        ),
        (
            "ig",
            "dark",
            [
                "rgba(40,150,225,0.8)",
                "rgba(40,150,225,0)",
                "rgba(240,90,45,0)",
                "rgba(240,90,45,0.8)",
            ],
        ),
    ],
)
def test_colours_of_an_overlay(method: str, theme: str, colors: list[str]) -> None:
    scores = np.ones((12 if method == "ig" else 1, 1000))
    scale = overlay_trace(attribution(scores, method), paper_layout(), theme=theme).colorscale
    assert [color for _, color in scale] == colors
    assert [at for at, _ in scale] == ([0, 0.5, 0.5, 1] if method == "ig" else [0, 1])


def rows_of_two_archs() -> list:
    return [
        prediction(0.5, ensemble("cnn_bilstm", "A", seeds=2), alpha=0.1, seeds=(0.4, 0.6)),
        prediction(0.5, ensemble("bimamba2", "A"), alpha=0.1),
        prediction(0.5, ensemble("cnn_bilstm", "C"), alpha=0.1),
    ]


def test_rows_stand_below_each_other_with_a_gap_between_architectures() -> None:
    figure = predictions_figure(rows_of_two_archs())
    marks = [t for t in figure.data if t.type == "scatter" and t.marker.size == 13]
    assert [mark.y[0] for mark in marks] == [0, -1, -2.25]
    assert figure.layout.height == 198  # 58 + 43 * 3.25 = 197.75
    assert list(figure.layout.yaxis.range) == [-2.75, 0.55]
    assert figure.layout.yaxis.visible is False
    assert predictions_figure([]).layout.height == 101
    assert list(predictions_figure([]).layout.yaxis.range) == [-0.5, 0.55]


def test_the_axis_and_the_legend() -> None:
    layout = predictions_figure(rows_of_two_archs()).layout
    assert (layout.barmode, layout.margin.to_plotly_json()) == (
        "overlay", {"t": 30, "l": 10, "r": 12},
    )  # fmt: skip
    assert list(layout.xaxis.range) == [-0.01, 1.01]
    assert list(layout.xaxis.tickvals) == [0, 0.25, 0.5, 0.75, 1]
    assert list(layout.xaxis.ticktext) == ["0", "25", "50", "75", "100"]
    assert (layout.xaxis.tickangle, layout.xaxis.showgrid) == (0, False)
    assert layout.legend.to_plotly_json() == {
        "itemclick": False, "itemdoubleclick": False, "y": 1.0, "font": {"size": 12},
    }  # fmt: skip


def test_words_stand_at_both_ends_above_a_band() -> None:
    left, right = predictions_figure(rows_of_two_archs()[:1]).layout.annotations
    assert (left.x, left.xanchor, left.xshift) == (0, "left", -3)
    assert (right.x, right.xanchor, right.xshift) == (1, "right", 3)
    for one in (left, right):
        assert (one.y, one.yanchor, one.font.size, one.showarrow) == (0.38, "middle", 12, False)


def test_bands_have_three_parts() -> None:
    figure = predictions_figure(rows_of_two_archs())
    bars = {trace.name: trace for trace in figure.data if trace.type == "bar"}
    assert {name: bar.marker.color for name, bar in bars.items()} == {
        "normal": "rgba(0,158,115,0.16)", "refer": "rgba(128,140,146,0.12)",
        "MI": "rgba(213,60,20,0.3)",
    }  # fmt: skip
    for bar in bars.values():
        assert (bar.orientation, bar.width, bar.showlegend) == ("h", 0.32, True)
        assert (bar.marker.line.width, bar.marker.line.color) == (0.7, LIGHT.quiet)
        pattern = bar.marker.pattern
        assert (pattern.size, pattern.solidity, pattern.fgcolor) == (5, 0.25, LIGHT.quiet)
    assert [bars[name].marker.pattern.shape for name in ("normal", "refer", "MI")] == ["", "/", ""]
    without = predictions_figure([prediction(0.5, ensemble())])
    assert {t.showlegend for t in without.data if t.type == "bar"} == {False}


def test_marks_seeds_and_rings() -> None:
    row = rows_of_two_archs()[0]
    figure = predictions_figure([row], explained=row.ensemble.members[0])
    dots, ring, mark = [trace for trace in figure.data if trace.type == "scatter"]
    assert dots.marker.to_plotly_json() == {"color": BLUE, "size": 5, "opacity": 0.75}
    assert list(dots.y) == [-0.29, -0.29]
    assert ring.marker.to_plotly_json() == {
        "symbol": "circle-open", "size": 11, "color": LIGHT.text, "line": {"width": 2},
    }  # fmt: skip
    assert list(ring.y) == [-0.29]
    assert mark.marker.to_plotly_json() == {
        "color": BLUE, "symbol": "circle", "size": 13,
        "line": {"width": 1.5, "color": LIGHT.background},
    }  # fmt: skip
    assert {trace.showlegend for trace in (dots, ring, mark)} == {False}
    alone = prediction(0.5, ensemble(), interval=(0.4, 0.6))
    line, ring, _ = [
        trace
        for trace in predictions_figure([alone], explained=alone.ensemble.members[0]).data
        if trace.type == "scatter"
    ]
    assert (ring.marker.size, list(ring.y), list(ring.x)) == (20, [0], [0.5])
    assert (line.mode, line.line.color, list(line.y)) == ("lines", BLUE, [0, 0])


def test_a_threshold_is_a_dashed_line_over_its_band() -> None:
    row = prediction(0.5, ensemble(), threshold=0.2)
    rule = replace(row.rule, threshold=Threshold(0.2, "sensitivity", 0.9, Share(9, 10)))
    (line,) = predictions_figure([replace(row, rule=rule)]).layout.shapes
    assert (line.x0, line.x1, line.y0, line.y1) == (0.2, 0.2, -0.27, 0.27)
    assert line.line.to_plotly_json() == {"color": LIGHT.text, "width": 1.5, "dash": "dash"}


def test_seeds_stand_below_and_published_figures_above_their_mean() -> None:
    rows = [
        SeedRow("CNN", "A", "A certain", (0.94, 0.96), ESTIMATE, 0.955, (0.97,)),
        SeedRow("CNN", "C", "C all", (0.9, 0.91), ESTIMATE),
        SeedRow("Mamba", "A", "A certain", (0.9, 0.91), ESTIMATE),
    ]
    figure = seeds_figure(rows, metric="AUROC")
    mean, seeds, together, published = figure.data[:4]
    assert mean.y[0] == together.y[0] == -0.85
    assert seeds.y == pytest.approx((-1.1, -1.1))
    assert published.y == pytest.approx((-0.58,))
    assert list(figure.layout.yaxis.tickvals) == pytest.approx([-0.85, -1.85, -3.7])
    assert figure.layout.height == round(90 + 35 * 4.6)
    heads = {note.text: note.y for note in figure.layout.annotations if "<b>" in note.text}
    assert heads == {"<b>CNN</b>": pytest.approx(-0.1), "<b>Mamba</b>": pytest.approx(-2.95)}


def test_courses_stand_7_percent_of_a_place_apart() -> None:
    courses = [Course("CNN", name, name, (ESTIMATE,) * 4) for name in ("A", "C", "D")]
    figure = ranking_figure(courses, ["a", "b", "c", "d"], metric="AUROC")
    assert [trace.x[0] for trace in figure.data] == pytest.approx([-0.07, 0, 0.07])
    assert figure.layout.xaxis.tickfont.size == 10, "more than three names are written smaller"
    three = ranking_figure([Course("CNN", "A", "A", (ESTIMATE,) * 3)], ["a", "b", "c"], metric="x")
    assert three.layout.xaxis.tickfont.size == 12
