import dataclasses

import numpy as np
import pytest

from ecgcore.figures.median_beat import median_figure
from ecgcore.leads import LEADS
from ecgcore.signals.measure.delineate import Fiducial
from tests.support.measurements import TIMES_MS, measurements


def named(figure, name):
    return [trace for trace in figure.data if trace.name == name]


def legend(figure):
    shown = [trace for trace in figure.data if trace.showlegend is not False]
    return [trace.name for trace in sorted(shown, key=lambda trace: trace.legendrank)]


def mark(figure, words):
    return named(figure, words)[0]


def test_every_lead_is_drawn_once_in_square_millimetres():
    figure = median_figure(measurements())
    beats = named(figure, "median beat")
    assert [trace.meta for trace in beats] == list(LEADS)
    first = beats[0]
    assert np.diff(first.x) == pytest.approx(2 * 0.025, abs=1e-4)
    assert np.ptp(first.y) == pytest.approx(10 * 0.1, rel=0.01)
    assert np.ptp(beats[11].y) == pytest.approx(10 * 1.2, rel=0.01)
    assert (figure.layout.yaxis.scaleanchor, figure.layout.yaxis.scaleratio) == ("x", 1)
    assert (figure.layout.xaxis.dtick, figure.layout.xaxis.minor.dtick) == (5, 1)


def test_marks_lie_at_their_times_in_every_panel():
    figure = median_figure(measurements())
    r_x = [float(trace.x[np.argmax(trace.y)]) for trace in named(figure, "median beat")]
    for name, words in (("p_on", "P on"), ("qrs_off", "QRS off (J)"), ("t_off", "T off")):
        x = mark(figure, words).x[::3]
        assert x - r_x == pytest.approx(0.025 * TIMES_MS[name], abs=1e-3)


def test_j_points_lie_on_the_traces():
    figure = median_figure(measurements())
    for words, time_ms in (("J", TIMES_MS["qrs_off"]), ("J + 60 ms", TIMES_MS["qrs_off"] + 60)):
        points = mark(figure, words)
        for k, trace in enumerate(named(figure, "median beat")):
            at = int(np.argmin(np.abs(trace.x - points.x[k])))
            assert points.y[k] == pytest.approx(trace.y[at], abs=0.4), (words, time_ms)
            assert points.x[k] == pytest.approx(trace.x[at], abs=0.05)


def test_doubtful_marks_are_dashed_and_missing_ones_absent():
    marks = {"p_on": Fiducial(None, 0.0, "no P wave"), "t_off": Fiducial(350.0, 0.4, "U wave")}
    figure = median_figure(measurements(marks=marks))
    assert named(figure, "P on") == []
    assert mark(figure, "T off").line.dash == "dash"
    assert "U wave" in mark(figure, "T off").text
    assert mark(figure, "QRS on").line.dash == "solid"


def test_without_j_no_point_is_drawn():
    figure = median_figure(measurements(marks={"qrs_off": Fiducial(None, 0.0, "wide")}))
    assert named(figure, "J") == []


@pytest.mark.parametrize("dark", [False, True])
def test_an_earlier_beat_differs_in_colour_and_line(dark):
    figure = median_figure(
        measurements(), measurements(scale=2.0), dark=dark, labels=("today", "1984")
    )
    now, then = named(figure, "today")[5], named(figure, "1984")[5]
    assert now.line.dash != then.line.dash
    assert now.line.color != then.line.color
    assert now.x[np.argmax(now.y)] == then.x[np.argmax(then.y)]
    assert figure.layout.showlegend
    assert legend(figure) == ["today", "1984", "J", "J + 60 ms"]


def test_scale_and_legend_are_on_the_figure_and_no_drag_moves_it():
    beats = {n: dataclasses.replace(measurements().median, n_beats=n) for n in (1, 7)}
    made = {n: dataclasses.replace(measurements(), median=beat) for n, beat in beats.items()}
    figure = median_figure(made[7])
    (scale,) = figure.layout.annotations
    assert scale.text == "25 mm/s · 10 mm/mV · median of 7 beats"
    assert (scale.y, scale.yanchor) == (1, "bottom"), "above the leads"
    assert legend(figure) == ["median beat", "J", "J + 60 ms"]
    assert figure.layout.dragmode is False
    assert median_figure(made[1]).layout.annotations[0].text.endswith("median of 1 beat")


def test_everything_lies_within_the_paper():
    figure = median_figure(measurements(), measurements(scale=3.0))
    (left, right), (bottom, top) = figure.layout.xaxis.range, figure.layout.yaxis.range
    for trace in figure.data:
        x, y = np.asarray(trace.x, float), np.asarray(trace.y, float)
        assert np.nanmin(x) >= left, trace.name
        assert np.nanmax(x) <= right, trace.name
        assert np.nanmin(y) >= bottom, trace.name
        assert np.nanmax(y) <= top, trace.name


def test_no_beat_is_said_instead_of_drawn():
    figure = median_figure(measurements(beat=False))
    assert not figure.data
    assert "No median beat" in figure.layout.annotations[0].text
    figure = median_figure(measurements(), measurements(beat=False))
    assert "earlier" in figure.layout.annotations[0].text
    assert len(named(figure, "median beat")) == 12
