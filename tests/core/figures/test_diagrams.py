import numpy as np
import pandas as pd
import pytest

from ecgcore.evaluate.calibration import ReliabilityCurve, reliability_curve
from ecgcore.figures.diagrams import (
    Opinion,
    history_figure,
    opinion_figure,
    percent,
    reliability_figure,
)
from ecgcore.figures.theme import STYLE

PROBS = np.array([0.05, 0.15, 0.15, 0.85, 0.95, 1.0])
LABELS = np.array([0, 0, 1, 1, 1, 1])


@pytest.fixture
def curve() -> ReliabilityCurve:
    return reliability_curve(LABELS, PROBS)


def by_name(figure, name):
    return next(t for t in figure.data if t.name == name)


def test_reliability_figure_draws_filled_bins_intervals_and_counts(curve):
    figure = reliability_figure(curve, name="A on certain", train_set="A")
    points = by_name(figure, "A on certain")
    np.testing.assert_allclose(points.x, [0.05, 0.15, 0.85, 0.975])
    np.testing.assert_allclose(points.y, [0.0, 0.5, 1.0, 1.0])
    np.testing.assert_allclose(points.y + points.error_y.array, curve.high[curve.n > 0])
    np.testing.assert_allclose(points.y - points.error_y.arrayminus, curve.low[curve.n > 0])
    bars = next(t for t in figure.data if t.type == "bar")
    assert sum(bars.y) == len(LABELS)
    assert list(bars.text) == ["1", "2", "0", "0", "0", "0", "0", "0", "1", "2"]
    assert figure.layout.yaxis.scaleanchor == "x"
    assert figure.layout.xaxis.title.text == "predicted probability of MI"
    assert figure.layout.yaxis.title.text == "observed MI fraction"
    diagonal = by_name(figure, "perfect calibration")
    assert list(diagonal.x) == list(diagonal.y) == [0, 1]


def test_bars_cover_their_bins_and_narrow_ones_carry_no_number():
    probs = np.concatenate([np.linspace(0.001, 0.01, 10), np.linspace(0.1, 0.9, 10)])
    curve = reliability_curve(np.arange(20) % 2, probs, 4, "mass")
    bars = next(t for t in reliability_figure(curve, name="x").data if t.type == "bar")
    np.testing.assert_allclose(bars.x - bars.width / 2, curve.edges[:-1])
    np.testing.assert_allclose(bars.x + bars.width / 2, curve.edges[1:])
    assert bars.text[0] == ""
    assert bars.text[-1] == "5"


def test_opinions_keep_their_values_and_rows():
    rows = [
        Opinion("cnn_bilstm", "A", 0, 0.982),
        Opinion("bimamba2", "A", 0, 0.4),
        Opinion("cnn_bilstm", "D", 0, 0.031),
        Opinion("cnn_bilstm", "D", 3, 0.6, extra="your run"),
    ]
    figure = opinion_figure(rows)
    labels = dict(zip(figure.layout.yaxis.tickvals, figure.layout.yaxis.ticktext, strict=True))
    shown = {
        (labels[y], x): trace.name
        for trace in figure.data
        for x, y in zip(trace.x, trace.y, strict=True)
    }
    assert shown == {
        ("CNN-BiLSTM · A", 0.982): STYLE["A"].name,
        ("CNN-BiLSTM · D", 0.031): STYLE["D"].name,
        ("CNN-BiLSTM · D (your run)", 0.6): STYLE["D"].name,
        ("BiMamba-2 · A", 0.4): STYLE["A"].name,
    }
    texts = {labels[a.y]: a.text for a in figure.layout.annotations}
    assert texts["CNN-BiLSTM · A"] == "98.2 %"
    heights = sorted(a.y for a in figure.layout.annotations)
    assert np.diff(heights).min() >= 1
    assert [s.x0 for s in figure.layout.shapes] == [0.5]


@pytest.mark.parametrize(
    ("prob", "text"),
    [(0.0, "< 0.1 %"), (0.0005, "0.1 %"), (0.5, "50.0 %"), (0.9994, "99.9 %"), (1.0, "> 99.9 %")],
)
def test_no_probability_is_written_as_certain(prob, text):
    assert percent(prob) == text


def test_history_has_losses_above_auroc():
    frame = pd.DataFrame(
        {
            "epoch": [1, 2, 3],
            "train_loss": [0.7, 0.5, 0.4],
            "val_loss": [0.6, 0.5, 0.45],
            "val_auroc": [0.9, 0.95, 0.97],
        }
    )
    figure = history_figure(frame)
    auroc = by_name(figure, "AUROC, validation")
    np.testing.assert_allclose(auroc.y, [0.9, 0.95, 0.97], rtol=1e-6)
    assert by_name(figure, "loss, training").yaxis == "y2"
    assert figure.layout.yaxis2.domain[0] > figure.layout.yaxis.domain[1]
    assert len(history_figure(frame[:0]).data) == 3


@pytest.mark.parametrize("dark", [True, False])
def test_dark_figures_take_the_dark_page(curve, dark):
    background = "#11191E" if dark else "#FFFFFF"
    figures = [
        reliability_figure(curve, name="x", dark=dark),
        opinion_figure([Opinion("cnn_bilstm", "A", 0, 0.5)], dark=dark),
    ]
    for figure in figures:
        assert figure.layout.template.layout.paper_bgcolor == background
        assert figure.layout.title.text is None
