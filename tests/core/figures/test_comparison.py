"""Figures that set training sets side by side: what is drawn, where, and how it is told apart."""

import numpy as np
import pytest

from ecgcore.figures.comparison import (
    Course,
    SeedRow,
    ranking_figure,
    seeds_figure,
    style_of,
)
from ecgcore.figures.forest_plot import Pair, Range, dumbbell_figure, ranges_figure
from ecgcore.figures.theme import STYLE
from ecgcore.stats.metrics import Estimate

MEAN = Estimate(0.95, 0.93, 0.96)
ROWS = [
    SeedRow("CNN", "A", "A certain", (0.94, 0.95, 0.96), MEAN, 0.955, (0.97,)),
    SeedRow("CNN", "C", "C all", (0.91, 0.92), Estimate(0.915, 0.9, 0.93), 0.92),
    SeedRow("Mamba", "A", "A certain", (0.9,), Estimate(0.9, 0.88, 0.92)),
]
LINES = [
    Course("CNN", "A", "A certain", (Estimate(0.99, 0.98, 1.0), Estimate(0.90, 0.88, 0.92))),
    Course("CNN", "C", "C all", (Estimate(0.98, 0.97, 0.99), Estimate(0.95, 0.94, 0.96))),
    Course("Mamba", "A", "A certain", (Estimate(0.97, 0.96, 0.98), Estimate(0.91, 0.9, 0.92))),
]


def drawn(figure):
    return [trace for trace in figure.data if trace.x[0] is not None]


def test_every_seed_mean_ensemble_and_published_figure_is_drawn():
    figure = seeds_figure(ROWS, metric="AUROC")
    values = sorted(float(x) for trace in drawn(figure) for x in trace.x)
    assert values == sorted([0.94, 0.95, 0.96, 0.95, 0.955, 0.97, 0.91, 0.92, 0.915, 0.92, 0.9])
    hollow = [trace for trace in drawn(figure) if trace.marker.symbol == "circle-open"]
    assert [trace.x for trace in hollow] == [(0.97,)]


def test_whiskers_reach_from_low_to_high():
    mean = next(trace for trace in drawn(seeds_figure(ROWS, metric="AUROC")) if trace.error_x.array)
    assert mean.x[0] + mean.error_x.array[0] == pytest.approx(0.96)
    assert mean.x[0] - mean.error_x.arrayminus[0] == pytest.approx(0.93)


def test_rows_of_an_architecture_stand_together_below_its_name():
    figure = seeds_figure([ROWS[0], ROWS[2], ROWS[1]], metric="AUROC")
    axis = figure.layout.yaxis
    assert list(axis.ticktext) == ["A certain", "C all", "A certain"]
    heads = {a.text: a.y for a in figure.layout.annotations if a.text.startswith("<b>")}
    assert heads["<b>CNN</b>"] > axis.tickvals[0] > axis.tickvals[1]
    assert axis.tickvals[1] > heads["<b>Mamba</b>"] > axis.tickvals[2]
    assert heads["<b>CNN</b>"] < axis.range[1]


def test_the_legend_names_only_marks_that_are_drawn():
    names = [t.name for t in seeds_figure(ROWS, metric="AUROC").data if t.showlegend is not False]
    assert names == ["seed", "mean, 95 %", "ensemble", "published"]
    alone = seeds_figure(ROWS[2:], metric="AUROC").data
    assert [t.name for t in alone if t.showlegend is not False] == ["one seed, 95 %"]


def test_an_undefined_interval_has_no_whiskers():
    nothing = Estimate(0.9, float("nan"), float("nan"))
    (trace, *_) = seeds_figure([SeedRow("CNN", "A", "A", (0.9,), nothing)], metric="AUROC").data
    assert list(trace.error_x.array) == [0.0]
    assert list(trace.error_x.arrayminus) == [0.0]


def test_each_architecture_has_a_panel_and_each_training_set_one_entry():
    figure = ranking_figure(LINES, ["certain", "all"], metric="AUROC", marked=1)
    assert {trace.xaxis for trace in figure.data} == {"x", "x2"}
    assert [t.name for t in figure.data if t.showlegend] == ["A certain", "C all"]
    assert [shape.x0 < 1 < shape.x1 for shape in figure.layout.shapes] == [True, True]
    assert figure.layout.xaxis.domain[1] < figure.layout.xaxis2.domain[0]


def test_ticks_name_the_records_and_claim_no_order():
    figure = ranking_figure(LINES, ["certain", "all"], metric="AUROC")
    assert list(figure.layout.xaxis.ticktext) == ["certain", "all"]


def test_training_sets_differ_in_colour_symbol_and_dash():
    lines = [Course("CNN", name, name, (MEAN, MEAN)) for name in STYLE]
    traces = ranking_figure(lines, ["x", "y"], metric="AUROC").data
    for look in ({t.line.color for t in traces}, {t.marker.symbol for t in traces}):
        assert len(look) == len(STYLE)
    assert style_of("D+") == STYLE["D"]
    assert style_of("elsewhere").symbol not in {style.symbol for style in STYLE.values()}


@pytest.mark.parametrize("dark", [False, True])
def test_dumbbells_join_before_and_after(dark):
    panels = [
        ("Brier", 0.0, [Pair("A", "CNN A", 0.3, 0.1), Pair("C", "CNN C", 0.2, 0.1)]),
        ("slope", 1.0, [Pair("A", "CNN A", 0.7, 1.0), Pair("C", "CNN C", 1.2, 1.1)]),
    ]
    figure = dumbbell_figure(panels, after="Platt", dark=dark)
    joined = [(t.xaxis, tuple(t.x)) for t in drawn(figure)]
    assert joined == [
        ("x", (0.3, 0.1)),
        ("x", (0.2, 0.1)),
        ("x2", (0.7, 1.0)),
        ("x2", (1.2, 1.1)),
    ]
    assert [t.name for t in figure.data if t.x[0] is None] == ["uncalibrated", "Platt"]
    assert [shape.x0 for shape in figure.layout.shapes] == [0.0, 1.0]


def test_ranges_write_their_numbers_beside_the_rows():
    rows = [Range("age", Estimate(0.8, 0.7, 0.9)), Range("sex", Estimate(0.5, 0.4, 0.6), "A")]
    figure = ranges_figure(rows, title="AUROC", reference=0.5)
    assert list(figure.layout.yaxis.ticktext) == ["age", "sex"]
    assert [a.text for a in figure.layout.annotations] == [
        "0.800 [0.700, 0.900]",
        "0.500 [0.400, 0.600]",
    ]
    assert figure.layout.shapes[0].x0 == 0.5


@pytest.mark.parametrize("n", [1, 2, 3])
def test_courses_stand_side_by_side_around_the_middle_of_their_tick(n):
    means = (Estimate(0.9, 0.8, 1.0), Estimate(0.95, 0.9, 1.0))
    courses = [Course("CNN", name, name, means) for name in ("A", "C", "D")[:n]]
    figure = ranking_figure(courses, ["15 %", "35 %"], metric="AUROC")
    places = np.array([[float(x) for x in trace.x] for trace in drawn(figure)])
    assert places.mean(axis=0) == pytest.approx([0, 1])
    assert len({round(x, 6) for x in places[:, 0]}) == n
    assert np.abs(places - [0, 1]).max() < 0.25
