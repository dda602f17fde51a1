import numpy as np
import pytest

from ecgcore.figures import reliability_panels
from ecgcore.figures.reliability_panels import (
    Column,
    Held,
    Line,
    intervals_figure,
    lines_figure,
    strata_figure,
)
from ecgcore.figures.theme import STYLE
from ecgcore.stats.metrics import Estimate

X = np.arange(3)
NAN = float("nan")


def lines(*places):
    return [Line(panel, name, name or "all", X, X / 10.0) for panel, name in places]


def drawn(*places):
    return lines_figure(
        lines(*places), x_title="bins", y_title="ECE", marked=1, x_range=(0, 2), y_range=(0, 1)
    )


def test_each_architecture_has_a_panel_with_the_mark():
    figure = drawn(("CNN", "A"), ("CNN", "C"), ("Mamba", "A"))
    assert [trace.xaxis for trace in figure.data] == ["x", "x", "x2"]
    assert "CNN" in figure.layout.xaxis.title.text
    assert "Mamba" in figure.layout.xaxis2.title.text
    assert figure.layout.xaxis.domain[1] < figure.layout.xaxis2.domain[0]
    assert {(shape.xref, shape.x0) for shape in figure.layout.shapes} == {("x", 1), ("x2", 1)}
    assert figure.layout.yaxis.range == figure.layout.yaxis2.range == (0, 1)


def test_a_name_stands_once_in_the_legend_and_training_sets_differ_in_more_than_colour():
    figure = drawn(("CNN", "A"), ("CNN", "C"), ("Mamba", "A"), ("Mamba", ""))
    assert [trace.showlegend for trace in figure.data] == [True, True, False, True]
    first, second = figure.data[:2]
    assert first.line.dash == STYLE["A"].dash != second.line.dash
    assert first.marker.symbol != second.marker.symbol
    assert figure.data[3].mode == "lines"


def test_intervals_keep_rows_and_references():
    columns = [
        Column("coverage", (Estimate(0.9, 0.8, 0.95), Estimate(NAN, NAN, NAN)), 0.9),
        Column("referred", (Estimate(0.1, 0.0, 0.2), Estimate(0.3, 0.2, 0.5))),
    ]
    figure = intervals_figure(["one", "two"], ["A", "C"], columns, shares=True)
    assert list(figure.layout.yaxis.ticktext) == ["one", "two"]
    first = figure.data[0]
    assert first.x[0] == 0.9
    assert first.x[0] + first.error_x.array[0] == pytest.approx(0.95)
    assert first.x[0] - first.error_x.arrayminus[0] == pytest.approx(0.8)
    assert [trace.y[0] for trace in figure.data] == [0, -1, 0, -1]
    (reference,) = figure.layout.shapes
    assert (reference.xref, reference.x0) == ("x", 0.9)
    assert figure.layout.xaxis.tickformat == ".0%"


def test_parts_stand_under_their_headings_with_their_numbers():
    rows = [
        Held("Sex", "female", 0.2, Estimate(0.3, 0.25, 0.36), 0.7),
        Held("Sex", "male", 0.4, Estimate(0.4, 0.3, 0.5), 0.8),
        Held("Age", "80 years and over", 0.9, Estimate(0.92, 0.87, 0.96), 0.95),
    ]
    figure = strata_figure(rows, train_set="A")
    observed, predicted = figure.data
    np.testing.assert_allclose(observed.x, [0.3, 0.4, 0.92])
    np.testing.assert_allclose(predicted.x, [0.2, 0.4, 0.9])
    assert predicted.marker.symbol == "circle-open"
    texts = [note.text for note in figure.layout.annotations]
    assert "20.0 → 30.0 % [25.0, 36.0]" in texts
    assert "95 %" in texts
    heading = {note.text: note.y for note in figure.layout.annotations}
    assert heading["<b>Sex</b>"] > observed.y[0] > observed.y[1] > heading["<b>Age</b>"]
    assert heading["<b>Age</b>"] > observed.y[2]


def test_a_mark_stands_upright_over_the_whole_panel():
    mark = reliability_panels._upright("x2", 0.3, "#123456")
    assert (mark["x0"], mark["x1"]) == (0.3, 0.3)
    assert (mark["yref"], mark["y0"], mark["y1"]) == ("paper", 0, 1)
