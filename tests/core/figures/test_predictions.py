import numpy as np
import pytest

from ecgcore.figures.predictions import Opinion, opinion_figure, percent
from ecgcore.figures.theme import STYLE


def rows_of(figure):
    return dict(zip(figure.layout.yaxis.tickvals, figure.layout.yaxis.ticktext, strict=True))


def marks(figure, size):
    labels = rows_of(figure)
    return {
        labels[y]: (x, trace.marker.symbol)
        for trace in figure.data
        if trace.marker.size == size
        for x, y in zip(trace.x, trace.y, strict=True)
    }


def test_each_group_is_one_row_with_its_value_and_symbol():
    figure = opinion_figure(
        [
            Opinion("cnn_bilstm", "A", 0.982),
            Opinion("bimamba2", "A", 0.4),
            Opinion("cnn_bilstm", "D", 0.031),
            Opinion("cnn_bilstm", "C-soft", 0.6, extra="own"),
        ]
    )
    assert marks(figure, 13) == {
        "CNN-BiLSTM · A": (0.982, STYLE["A"].symbol),
        "CNN-BiLSTM · D": (0.031, STYLE["D"].symbol),
        "CNN-BiLSTM · C-soft (own)": (0.6, STYLE["C-soft"].symbol),
        "BiMamba-2 · A": (0.4, STYLE["A"].symbol),
    }
    labels = rows_of(figure)
    texts = {labels[a.y]: a.text for a in figure.layout.annotations}
    assert texts["CNN-BiLSTM · A"] == "98.2 %"
    assert np.diff(sorted(labels)).min() >= 1
    assert [shape.x0 for shape in figure.layout.shapes] == [0.5]


def test_seeds_are_dots_below_their_ensemble_and_one_seed_is_none():
    figure = opinion_figure(
        [Opinion("cnn_bilstm", "A", 0.5, seeds=(0.4, 0.6)), Opinion("cnn_bilstm", "C", 0.5, (0.5,))]
    )
    dots = [trace for trace in figure.data if trace.marker.size == 5]
    assert [list(trace.x) for trace in dots] == [[0.4, 0.6]]
    assert set(dots[0].y) == {-0.3}


def test_recalibration_leaves_a_tick_where_it_came_from_and_a_line_for_the_interval():
    figure = opinion_figure([Opinion("cnn_bilstm", "A", 0.5, raw=0.2, interval=(0.45, 0.52))])
    line, tick, mark = figure.data
    assert (line.mode, list(line.x)) == ("lines", [0.45, 0.52])
    assert (tick.marker.symbol, list(tick.x)) == ("line-ns", [0.2])
    assert list(mark.x) == [0.5]


def test_thresholds_that_differ_stand_in_their_rows():
    figure = opinion_figure(
        [
            Opinion("cnn_bilstm", "A", 0.5, threshold=0.1),
            Opinion("cnn_bilstm", "C", 0.5, threshold=0.3),
        ]
    )
    upper, lower = figure.layout.shapes
    assert (upper.x0, lower.x0) == (0.1, 0.3)
    assert lower.y1 < upper.y0


@pytest.mark.parametrize("dark", [True, False])
def test_it_takes_the_page_s_background(dark):
    figure = opinion_figure([Opinion("cnn_bilstm", "A", 0.5)], dark=dark)
    assert figure.layout.template.layout.paper_bgcolor == ("#11191E" if dark else "#FFFFFF")


@pytest.mark.parametrize(
    ("prob", "text"),
    [(0.0, "< 0.1 %"), (0.0005, "0.1 %"), (0.5, "50.0 %"), (0.9994, "99.9 %"), (1.0, "> 99.9 %")],
)
def test_no_probability_is_written_as_certain(prob, text):
    assert percent(prob) == text
