from dataclasses import replace

import numpy as np
import pytest

from ecgcore.figures.predictions import predictions_figure
from ecgcore.figures.theme import STYLE
from ecgcore.stats.thresholds import Share, Threshold
from tests.support.predictions import ensemble, prediction


def words(figure):
    """Text at the two ends of each band, by the height of its mark."""
    left = {a.y: a.text for a in figure.layout.annotations if a.x == 0}
    right = {a.y: a.text for a in figure.layout.annotations if a.x == 1}
    return {left[y]: right[y] for y in left}


def marks(figure, size):
    """Probability and symbol of each mark of a size, from the top."""
    found = [
        (y, x, trace.marker.symbol)
        for trace in figure.data
        if trace.type == "scatter" and trace.marker.size == size
        for x, y in zip(trace.x, trace.y, strict=True)
    ]
    return [(x, symbol) for _, x, symbol in sorted(found, reverse=True)]


def with_target(row):
    """Give a prediction's rule a threshold for a target sensitivity."""
    threshold = Threshold(0.2, "sensitivity", 0.9, Share(9, 10))
    return replace(row, rule=replace(row.rule, threshold=threshold))


def bands(figure):
    """From and to where each part of each band reaches, from the top."""
    return {
        trace.name: [
            (round(base, 3), round(base + width, 3))
            for base, width in zip(trace.base, trace.x, strict=True)
        ]
        for trace in figure.data
        if trace.type == "bar"
    }


def test_each_ensemble_has_a_band_with_its_name_value_and_symbol():
    figure = predictions_figure(
        [
            prediction(0.982, ensemble("cnn_bilstm", "A"), verdict="MI"),
            prediction(0.4, ensemble("bimamba2", "A"), verdict="refer"),
            prediction(0.031, ensemble("cnn_bilstm", "D"), verdict="normal"),
            prediction(0.6, ensemble("cnn_bilstm", "C-soft", shipped=False)),
        ]
    )
    assert words(figure) == {
        "CNN-BiLSTM · A certain": "98.2 % <b>MI</b>",
        "CNN-BiLSTM · D uncertain": "3.1 % <b>normal</b>",
        "CNN-BiLSTM · C-soft all, by likelihood (local)": "60.0 % <b></b>",
        "BiMamba-2 · A certain": "40.0 % <b>refer</b>",
    }
    assert marks(figure, 13) == [
        (0.982, STYLE["A"].symbol),
        (0.031, STYLE["D"].symbol),
        (0.6, STYLE["C-soft"].symbol),
        (0.4, STYLE["A"].symbol),
    ]
    heights = sorted(a.y for a in figure.layout.annotations if a.x == 0)
    assert np.diff(heights).min() >= 1
    assert not figure.layout.shapes


def test_a_band_has_the_ensemble_s_own_limits_and_stays_away_without_fold_9():
    with_limits = prediction(0.5, ensemble("cnn_bilstm", "A"), alpha=0.1, verdict="refer")
    without = prediction(0.5, ensemble("cnn_bilstm", "C"))
    figure = predictions_figure([with_limits, without])
    assert bands(figure) == {
        "normal": [(0.0, 0.4)],
        "refer": [(0.4, 0.6)],
        "MI": [(0.6, 1.0)],
    }
    refer = next(trace for trace in figure.data if trace.name == "refer")
    assert refer.marker.pattern.shape == "/"
    assert refer.customdata == ("CNN-BiLSTM A: refer 40.0 to 60.0 %",)


def test_a_muted_band_is_grey():
    rows = [prediction(0.5, ensemble(), alpha=0.1)]
    loud, quiet = (
        {trace.marker.color.rpartition(",")[0] for trace in figure.data if trace.type == "bar"}
        for figure in (predictions_figure(rows), predictions_figure(rows, muted=True))
    )
    assert len(loud) == 3
    assert quiet == {"rgba(128,140,146"}


def test_seeds_are_dots_below_their_ensemble_and_one_seed_is_none():
    figure = predictions_figure(
        [
            prediction(0.5, ensemble("cnn_bilstm", "A"), seeds=(0.4, 0.6)),
            prediction(0.5, ensemble("cnn_bilstm", "C"), seeds=(0.5,)),
        ]
    )
    dots = [trace for trace in figure.data if trace.type == "scatter" and trace.marker.size == 5]
    assert [list(trace.x) for trace in dots] == [[0.4, 0.6]]
    assert set(dots[0].y) == {-0.29}


def test_the_explained_seed_is_ringed_with_its_probability():
    who = ensemble("cnn_bilstm", "A", seeds=2)
    other = ensemble("cnn_bilstm", "C", seeds=2)
    rows = [
        prediction(0.5, who, seeds=(0.4, 0.6)),
        prediction(0.5, other, seeds=(0.1, 0.2)),
    ]
    figure = predictions_figure(rows, explained=who.members[1])
    (ring,) = [t for t in figure.data if t.type == "scatter" and t.marker.symbol == "circle-open"]
    assert list(ring.x) == [0.6]
    assert "CNN-BiLSTM A, explained: seed 1, 60.0 %" in ring.hovertemplate


def test_venn_abers_leaves_a_line_for_the_interval():
    row = prediction(0.5, ensemble("cnn_bilstm", "A"), interval=(0.45, 0.52))
    line, mark = [trace for trace in predictions_figure([row]).data if trace.type == "scatter"]
    assert (line.mode, list(line.x)) == ("lines", [0.45, 0.52])
    assert list(mark.x) == [0.5]


def test_only_thresholds_for_a_target_sensitivity_are_drawn_each_on_its_band():
    rows = [
        with_target(prediction(0.5, ensemble("cnn_bilstm", "A"), threshold=0.1)),
        with_target(prediction(0.5, ensemble("cnn_bilstm", "C"), threshold=0.3)),
        prediction(0.5, ensemble("cnn_bilstm", "D")),
    ]
    upper, lower = predictions_figure(rows).layout.shapes
    assert (upper.x0, lower.x0) == (0.1, 0.3)
    assert lower.y1 < upper.y0


@pytest.mark.parametrize("dark", [True, False])
def test_it_takes_the_page_s_background(dark):
    figure = predictions_figure([prediction(0.5, ensemble("cnn_bilstm", "A"))], dark=dark)
    assert figure.layout.template.layout.paper_bgcolor == ("#11191E" if dark else "#FFFFFF")


def test_leakage_stands_beside_the_name():
    seen = prediction(0.5, ensemble(), leakage="seen")
    assert list(words(predictions_figure([seen]))) == ["CNN-BiLSTM · A certain (seen)"]


def test_an_unknown_patient_is_said_below_and_not_beside_every_name():
    made = prediction(0.5, ensemble(), leakage="unknown")
    assert list(words(predictions_figure([made]))) == ["CNN-BiLSTM · A certain"]
