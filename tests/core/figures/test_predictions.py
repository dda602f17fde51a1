import numpy as np
import pytest

from ecgcore.figures.predictions import predictions_figure
from ecgcore.figures.theme import STYLE
from tests.support.predictions import ensemble, prediction


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


def test_each_ensemble_is_one_row_with_its_value_and_symbol():
    figure = predictions_figure(
        [
            prediction(0.982, ensemble("cnn_bilstm", "A")),
            prediction(0.4, ensemble("bimamba2", "A")),
            prediction(0.031, ensemble("cnn_bilstm", "D")),
            prediction(0.6, ensemble("cnn_bilstm", "C-soft", shipped=False)),
        ]
    )
    assert marks(figure, 13) == {
        "CNN-BiLSTM · A": (0.982, STYLE["A"].symbol),
        "CNN-BiLSTM · D": (0.031, STYLE["D"].symbol),
        "CNN-BiLSTM · C-soft (local)": (0.6, STYLE["C-soft"].symbol),
        "BiMamba-2 · A": (0.4, STYLE["A"].symbol),
    }
    labels = rows_of(figure)
    texts = {labels[a.y]: a.text for a in figure.layout.annotations}
    assert texts["CNN-BiLSTM · A"] == "98.2 %"
    assert np.diff(sorted(labels)).min() >= 1
    assert [shape.x0 for shape in figure.layout.shapes] == [0.5]


def test_seeds_are_dots_below_their_ensemble_and_one_seed_is_none():
    figure = predictions_figure(
        [
            prediction(0.5, ensemble("cnn_bilstm", "A"), seeds=(0.4, 0.6)),
            prediction(0.5, ensemble("cnn_bilstm", "C"), seeds=(0.5,)),
        ]
    )
    dots = [trace for trace in figure.data if trace.marker.size == 5]
    assert [list(trace.x) for trace in dots] == [[0.4, 0.6]]
    assert set(dots[0].y) == {-0.3}


def test_a_calibrator_leaves_a_tick_where_it_came_from_and_a_line_for_the_interval():
    figure = predictions_figure(
        [
            prediction(
                0.5,
                ensemble("cnn_bilstm", "A"),
                calibrator="platt",
                uncalibrated=0.2,
                interval=(0.45, 0.52),
            )
        ]
    )
    line, tick, mark = figure.data
    assert (line.mode, list(line.x)) == ("lines", [0.45, 0.52])
    assert (tick.marker.symbol, list(tick.x)) == ("line-ns", [0.2])
    assert list(mark.x) == [0.5]


def test_thresholds_that_differ_stand_in_their_rows():
    figure = predictions_figure(
        [
            prediction(0.5, ensemble("cnn_bilstm", "A"), threshold=0.1),
            prediction(0.5, ensemble("cnn_bilstm", "C"), threshold=0.3),
        ]
    )
    upper, lower = figure.layout.shapes
    assert (upper.x0, lower.x0) == (0.1, 0.3)
    assert lower.y1 < upper.y0


@pytest.mark.parametrize("dark", [True, False])
def test_it_takes_the_page_s_background(dark):
    figure = predictions_figure([prediction(0.5, ensemble("cnn_bilstm", "A"))], dark=dark)
    assert figure.layout.template.layout.paper_bgcolor == ("#11191E" if dark else "#FFFFFF")


def test_leakage_stands_beside_the_name():
    seen = prediction(0.5, ensemble(), leakage="seen")
    assert list(predictions_figure([seen]).layout.yaxis.ticktext) == ["CNN-BiLSTM · A (seen)"]
