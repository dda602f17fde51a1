"""Where things lie on the paper of the median beat and of the ECG, counted by hand in mm."""

import numpy as np
import plotly.graph_objects as go
import pytest

from ecgcore.figures.ecg_paper import ecg_figure, figure_height_px
from ecgcore.figures.median_beat import median_figure
from ecgcore.figures.paper_layout import PaperSettings, paper_layout
from ecgcore.figures.theme import BLUE, ORANGE, RUST, SKY, VERMILLION, paper, template
from ecgcore.leads import LEADS
from ecgcore.records import EcgRecord
from ecgcore.signals.measure.delineate import Fiducial
from tests.support.measurements import measurements


def named(figure: go.Figure, name: str) -> list[go.Scatter]:
    return [trace for trace in figure.data if trace.name == name]


def one(figure: go.Figure, name: str) -> go.Scatter:
    (found,) = named(figure, name)
    return found


def points(trace: go.Scatter) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in zip(trace.x, trace.y, strict=True)]


def parts(trace: go.Scatter) -> np.ndarray:
    """Return the parts of a line with gaps, ``(n, m, 2)``."""
    xy = np.column_stack([np.asarray(trace.x, float), np.asarray(trace.y, float)])
    gaps = np.flatnonzero(np.isnan(xy[:, 1]))
    return np.stack([part[~np.isnan(part[:, 1])] for part in np.split(xy, gaps + 1)[: len(gaps)]])


LABELS = ("now", "earlier")
MEDIAN = median_figure(measurements(), labels=LABELS)
"""Six columns of 30 mm: 1 s from -400 to 600 ms is 25 mm, and 5 mm between two; R at 12.5 mm.

The leads are 1 to 12 mm high: two rows of 20 mm whose lines of 0 mV lie at 25 and 5 mm.
"""
R_X, ZERO_Y = [12.5 + 30.0 * (k % 6) for k in range(12)], [25.0] * 6 + [5.0] * 6


def test_the_median_beats_paper() -> None:
    layout = MEDIAN.layout
    assert list(layout.xaxis.range) == [0, 180]
    assert list(layout.yaxis.range) == [0, 45]
    assert layout.height == round(1000 * 45 / 180) + 40, "with a legend above"
    assert layout.margin.to_plotly_json() == {"l": 4, "r": 4, "t": 40, "b": 4}
    (scale,) = layout.annotations
    assert scale.text == "25 mm/s · 10 mm/mV · median of 10 beats"
    assert (scale.x, scale.y, scale.yshift, scale.showarrow) == (1, 1, 10, False)
    colors = paper("light")
    for axis in (layout.xaxis, layout.yaxis):
        assert (axis.dtick, axis.gridcolor, axis.constrain) == (5, colors.major, "domain")
        assert axis.minor.to_plotly_json() == {
            "showgrid": True, "tick0": 0, "dtick": 1, "gridcolor": colors.minor, "gridwidth": 0.5,
        }  # fmt: skip
        assert (axis.showticklabels, axis.showline, axis.mirror) == (False, True, True)
        assert axis.automargin is False
    assert layout.xaxis.tick0 == 12.5, "a line of the grid falls on R"
    tops = [(line.x0, line.x1, line.y0, line.y1, line.line.width) for line in layout.shapes]
    assert tops == [(0, 180, 40, 40, 0.5), (0, 180, 20, 20, 0.5)]


def test_beats_stand_at_r_and_zero() -> None:
    beats = named(MEDIAN, "now")
    assert len(beats) == 12
    for k, trace in enumerate(beats):
        top = int(np.argmax(trace.y))
        assert (trace.x[top], trace.y[top]) == pytest.approx((R_X[k], ZERO_Y[k] + k + 1), abs=0.02)
        assert trace.customdata[top].tolist() == [0, pytest.approx(100 * (k + 1), abs=2)]
        assert (trace.line.color, trace.line.width, trace.line.dash) == (
            paper("light").trace, 1.8, "solid",
        )  # fmt: skip
        assert trace.legendrank == 1
        assert trace.showlegend is (k == 0)


def test_lines_of_zero_letters_and_names() -> None:
    zero = one(MEDIAN, "isoelectric line")
    assert zero.line.to_plotly_json() == {"color": paper("light").text, "width": 1, "dash": "dot"}
    for k, line in enumerate(parts(zero)):
        assert line.tolist() == [[R_X[k] - 10, ZERO_Y[k]], [R_X[k] + 15, ZERO_Y[k]]]
    names = one(MEDIAN, "lead names")
    assert points(names) == [(R_X[k] - 10, [39.5, 19.5][k // 6]) for k in range(12)]
    assert list(names.text) == [f"<b>{lead}</b>" for lead in LEADS]
    assert (names.textfont.size, names.textposition) == (14, "bottom right")
    letters = one(MEDIAN, "letters of the marks")
    assert list(letters.text[:5]) == ["P", "P", "Q", "J", "T"]
    assert points(letters)[:5] == [
        (pytest.approx(12.5 + 0.025 * ms), pytest.approx(41.4 + level))
        for ms, level in ((-170, 0), (-70, 2), (-45, 0), (47, 2), (347, 0))
    ]
    assert len(letters.text) == 30
    assert (letters.textfont.size, letters.textfont.color) == (12, BLUE)


def test_marks_reach_nearly_over_their_row() -> None:
    mark = one(MEDIAN, "QRS off (J)")
    for k, line in enumerate(parts(mark)):
        x = pytest.approx(R_X[k] + 0.025 * 47, abs=1e-4)
        low, high = ([20.5, 39.5], [0.5, 19.5])[k // 6]
        assert line.tolist() == [[x, low], [x, high]]
    assert mark.line.to_plotly_json() == {"color": BLUE, "width": 1.2, "dash": "solid"}
    assert mark.text == "QRS off (J): 47 ms from R, confidence 90 %"


@pytest.mark.parametrize(
    ("words", "after_ms", "symbol"), [("J", 0, "circle"), ("J + 60 ms", 60, "diamond")]
)
def test_points_of_st(words: str, after_ms: float, symbol: str) -> None:
    found = one(MEDIAN, words)
    beat = measurements().median
    assert beat is not None
    at = 200 + (47 + after_ms) / 2
    levels = (beat.signal[:, int(at)] + beat.signal[:, int(at) + 1]) / 2
    assert list(found.x) == pytest.approx([x + 0.025 * (47 + after_ms) for x in R_X])
    assert list(found.y) == pytest.approx(np.array(ZERO_Y) + 10 * levels)
    assert found.text[11] == f"V6: {levels[11]:+.2f} mV"
    assert found.marker.to_plotly_json() == {"color": BLUE, "symbol": symbol, "size": 7}


@pytest.mark.parametrize(
    ("dark", "marks", "then"), [(False, BLUE, VERMILLION), (True, SKY, ORANGE)]
)
def test_an_earlier_beat_and_marks_have_their_colours(dark: bool, marks: str, then: str) -> None:
    figure = median_figure(measurements(), measurements(scale=2.0), dark=dark, labels=LABELS)
    earlier = named(figure, "earlier")
    assert (earlier[0].line.color, earlier[0].line.dash, earlier[0].legendrank) == (then, "dot", 2)
    assert one(figure, "P on").line.color == one(figure, "J").marker.color == marks
    assert figure.layout.margin.t == 40
    assert [trace.showlegend for trace in earlier] == [True] + [False] * 11
    # 24 mm high leads: rows of 15 + 5 and 25 + 5 mm and 5 mm of air
    assert list(figure.layout.yaxis.range) == [0, 55]
    assert figure.layout.height == round(1000 * 55 / 180) + 40


@pytest.mark.parametrize(
    ("marks", "width_mm"),
    [
        ({}, 180),
        ({"p_on": Fiducial(-341.0, 0.9)}, 210),  # 60 ms of air: from -600 ms on
        ({"p_on": Fiducial(-340.0, 0.9)}, 180),
        ({"t_off": Fiducial(541.0, 0.9)}, 210),  # up to 800 ms
        ({"t_off": Fiducial(540.0, 0.9)}, 180),
        ({"p_on": Fiducial(None, 0.0), "p_off": Fiducial(-139.0, 0.9)}, 180),
    ],
)
def test_the_paper_has_whole_boxes_around_every_mark(marks: dict, width_mm: float) -> None:
    assert median_figure(measurements(marks=marks)).layout.xaxis.range[1] == width_mm


def test_a_note_in_place_of_a_beat() -> None:
    figure = median_figure(measurements(beat=False))
    assert figure.layout.height == 308
    assert list(figure.layout.xaxis.range) == [0, 100]
    assert list(figure.layout.yaxis.range) == [0, 30]
    (note,) = figure.layout.annotations
    assert (note.x, note.y, note.font.size, note.showarrow) == (0.5, 0.02, 14, False)


def ramp(fs_hz: int = 100, **about: object) -> EcgRecord:
    """Return leads that rise by 0.1 mV a second, lead k from k tenths of a millivolt on."""
    seconds = np.arange(10 * fs_hz) / fs_hz
    signal = 0.1 * (np.arange(12)[:, None] + seconds)
    return EcgRecord("7", signal.astype(np.float32), fs_hz, "test", **about)


ECG = ecg_figure(ramp())


def test_the_ecgs_paper() -> None:
    colors, layout = paper("light"), ECG.layout
    assert list(layout.xaxis.range) == [0, 270]
    assert list(layout.yaxis.range) == [0, 130]
    assert layout.height == round(1192 * 130 / 270) + 8
    assert layout.margin.to_plotly_json() == {"l": 4, "r": 4, "t": 4, "b": 4}
    assert (layout.xaxis.gridwidth, layout.xaxis.minor.gridwidth) == (1, 0.5)
    assert (layout.xaxis.dtick, layout.xaxis.minor.dtick, layout.xaxis.minor.tick0) == (5, 1, 0)
    assert (layout.xaxis.gridcolor, layout.xaxis.minor.gridcolor) == (colors.major, colors.minor)
    assert (layout.yaxis.scaleanchor, layout.yaxis.scaleratio) == ("x", 1)
    (edge,) = layout.shapes
    assert (edge.x0, edge.x1, edge.y0, edge.y1, edge.line.width) == (0, 270, 0, 130, 2)
    assert figure_height_px(808, paper_layout()) == round(800 * 130 / 270) + 8
    assert figure_height_px(808, paper_layout(), overlay=True) == round(800 * 130 / 270) + 88


def test_pulses_and_breaks() -> None:
    """1 mV is 10 mm and 0.2 s are 5 mm; rows of 0 mV lie at 110, 80, 50 and 20 mm."""
    for row, pulse in zip((110, 80, 50, 20), parts(one(ECG, "1 mV, 0.2 s")), strict=True):
        x = [2.5, 5, 5, 10, 10, 12.5]
        assert pulse.tolist() == [
            list(at) for at in zip(x, [row, row, row + 10, row + 10, row, row], strict=True)
        ]
    breaks = parts(one(ECG, "breaks"))
    assert len(breaks) == 18, "above and below the trace at three changes in three rows"
    first = {tuple(map(tuple, part)) for part in breaks[:2]}
    assert first == {((77.5, 113), (77.5, 115.5)), ((77.5, 107), (77.5, 104.5))}
    widths = {name: one(ECG, name).line.width for name in ("1 mV, 0.2 s", "breaks", "V1")}
    assert widths == {"1 mV, 0.2 s": 1.6, "breaks": 1.0, "V1": 1.3}


def test_a_trace_lies_at_its_second_and_millivolt() -> None:
    """V1 is the seventh lead: 5 to 7.5 s, from 140 mm on, in the top row."""
    v1 = one(ECG, "V1")
    assert (v1.x0, v1.dx) == (140.0, 0.25)
    assert list(v1.y[[0, -1]]) == pytest.approx(
        [110 + 10 * 1.1, 110 + 10 * (0.6 + 0.749)], abs=0.01
    )
    assert v1.customdata[[0, 1, -1]].tolist() == [[5000, 1100], [5010, 1101], [7490, 1349]]
    strip = one(ECG, "II rhythm")
    assert (strip.x0, len(strip.y)) == (15.0, 1000)


def test_names_stand_above_their_trace_within_the_row() -> None:
    names = one(ECG, "lead names")
    assert list(names.x[:4]) == [15.5, 15.5, 15.5, 78.0]
    heights = dict(zip([text[3:-4] for text in names.text], names.y, strict=False))
    assert heights["I"] == pytest.approx(116)  # 0.04 mV are 0.4 mm: 6 mm at least
    assert heights["V1"] == pytest.approx(122)  # 1.1 mV are 11.4 mm: 3 mm below half the pitch
    assert heights["aVF"] == pytest.approx(50 + 10 * (0.5 + 0.25 + 0.039) + 1, abs=0.01)
    assert (names.textfont.size, names.textposition) == (14, "top right")


def test_a_name_looks_at_the_trace_of_four_tenths_of_a_second() -> None:
    for last, above in ((39, 9.0), (40, 6.0)):
        signal = np.zeros((12, 1000), np.float32)
        signal[0, last] = 0.8
        names = one(ecg_figure(EcgRecord("7", signal, 100, "test")), "lead names")
        assert names.y[0] == pytest.approx(110 + above)


def test_corners_say_scale_and_synthetic() -> None:
    left, right = ecg_figure(ramp(synthetic=True), filter_label="0.5 Hz").layout.annotations
    assert left.text == "25 mm/s · 10 mm/mV · 0.5 Hz · 100 Hz"
    assert (left.x, left.y, left.xshift, left.yshift, left.font.size) == (0, 0, 6, 4, 13)
    assert (right.x, right.y, right.xshift, right.yshift, right.font.size) == (1, 0, -6, 4, 16)
    assert (right.bgcolor, right.borderpad, right.font.color) == (RUST, 4, "#FFFFFF")
    assert {note.showarrow for note in (left, right)} == {False}
    assert len(ECG.layout.annotations) == 1


def test_values_beyond_16_bits_are_held() -> None:
    signal = np.full((12, 1000), 40.0, np.float32)
    figure = ecg_figure(EcgRecord("7", signal, 100, "test"), PaperSettings("single", lead="V3"))
    assert one(figure, "V3").customdata[0].tolist() == [0, 32767]


@pytest.mark.parametrize("dark", [False, True])
def test_the_template_of_all_diagrams(dark: bool) -> None:
    layout = template(dark=dark).layout
    assert layout.font.size == 13
    assert layout.margin.to_plotly_json() == dict.fromkeys("lrtb", 8)
    for axis in (layout.xaxis, layout.yaxis):
        assert (axis.showline, axis.ticks, axis.ticklen, axis.zeroline) == (
            True,
            "outside",
            4,
            False,
        )
        assert (axis.automargin, axis.title.standoff) == (True, 8)
    assert layout.legend.to_plotly_json() == {
        "orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom",
    }  # fmt: skip
