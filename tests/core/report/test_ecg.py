"""The printed ECG: rows that share the height, and where grid, pulses, traces and names lie."""

from typing import Any

import numpy as np
import pytest

from ecgcore.explain.trust import Check, Checks
from ecgcore.figures.paper_layout import PaperSettings
from ecgcore.figures.theme import paper
from ecgcore.leads import LEADS
from ecgcore.records import EcgRecord
from ecgcore.report import ecg as module
from ecgcore.report.ecg import Area, cut_leads, draw_ecg, overlay_colors, print_layout, shown_s
from ecgcore.report.sheet import INK, width_mm
from tests.support.predictions import attribution

A4 = Area(6.0, 12.0, 285.0, 156.0)
"""What is free on A4 without an overlay."""


def record(level_mv: float = 0.0, *, fs_hz: int = 100, duration_s: float = 10.0) -> EcgRecord:
    signal = np.full((12, round(fs_hz * duration_s)), level_mv, np.float32)
    return EcgRecord("7", signal, fs_hz, "test")


class Sketch:
    """Stands in for a sheet and notes what is drawn on it."""

    def __init__(self) -> None:
        self.lines: list[tuple[np.ndarray, np.ndarray, dict[str, Any]]] = []
        self.texts: list[tuple[float, float, str, dict[str, Any]]] = []
        self.boxes: list[tuple[np.ndarray, np.ndarray]] = []

    def line(self, x: Any, y: Any, **how: Any) -> None:
        self.lines.append((np.asarray(x, float), np.asarray(y, float), how))

    def text(self, x: float, y: float, words: str, **how: Any) -> None:
        self.texts.append((float(x), float(y), words, how))

    def cells(self, boxes: np.ndarray, colors: np.ndarray) -> None:
        self.boxes.append((boxes, colors))


def drawn(
    what: EcgRecord, settings: PaperSettings | None = None, notes: dict | None = None, **about: Any
) -> tuple[Sketch, Any]:
    sketch = Sketch()
    layout = print_layout(what, settings or PaperSettings(), A4)
    draw_ecg(sketch, A4, what, layout, about.get("overlay"), notes or {})
    return sketch, layout


@pytest.mark.parametrize(
    ("settings", "rows", "height", "pitch"),
    [
        # 155 mm are free in boxes of 5; three rows and a strip want 40 mm each
        (PaperSettings(), (134, 96, 58, 20), 155, 38),
        # four rows of 4 mV at 5 mm/mV want 20 mm, but 30 mm are usual: 120 mm
        (PaperSettings(gain_mm_mv=5.0), (105, 75, 45, 15), 120, 30),
        # twelve rows of 12.9 mm: 12 mm above and below the outer ones
        (PaperSettings("12x1"), (133, 122, 111, 100, 89, 78, 67, 56, 45, 34, 23, 12), None, 11),
        (PaperSettings("single"), (35,), 70, 70),
    ],
)
def test_rows_share_the_height(
    settings: PaperSettings, rows: tuple, height: float | None, pitch: float
) -> None:
    layout = print_layout(record(), settings, A4)
    assert layout.row_pitch_mm == pitch
    assert height is None or layout.height_mm == height
    steps = {round(a - b, 6) for a, b in zip(layout.row_y_mm, layout.row_y_mm[1:], strict=False)}
    assert steps <= {float(pitch)}
    assert len(layout.row_y_mm) == len(rows)
    below, above = layout.row_y_mm[-1], layout.height_mm - layout.row_y_mm[0]
    assert 0 <= above - below < 2, "in the middle, in whole mm"
    assert [segment.y_mm for segment in layout.segments] == [
        layout.row_y_mm[segment.row] for segment in layout.segments
    ]


@pytest.mark.parametrize(
    ("gain", "height", "expected"),
    [
        (10.0, 156.0, (155.0, 38)),
        (10.0, 154.9, (150.0, 37)),
        (10.0, 400.0, (160.0, 40)),  # no more than 4 mV for a row
        (20.0, 400.0, (320.0, 80)),
        (5.0, 400.0, (120.0, 30)),  # no less than on the screen
        (20.0, 150.0, (150.0, 34)),  # 2 x 24 mm at the ends, 102 mm for three steps
        (20.0, 192.0, (190.0, 47)),
        (20.0, 195.0, (195.0, 48)),
    ],
)
def test_a_row_has_room_for_4_mv_and_the_outer_ones_for_1_2_mv(
    gain: float, height: float, expected: tuple[float, int]
) -> None:
    layout = print_layout(record(), PaperSettings(gain_mm_mv=gain), Area(0, 0, 285, height))
    assert (layout.height_mm, layout.row_pitch_mm) == expected


@pytest.mark.parametrize(
    ("width", "right"), [(285.0, 5.0), (279.9, 0.0), (290.0, 10.0), (200.0, 0.0)]
)
def test_the_ecg_stands_in_the_middle_in_whole_boxes(width: float, right: float) -> None:
    """It is 270 mm wide; the grid fills the area."""
    layout = print_layout(record(), PaperSettings(), Area(0, 0, width, 156))
    assert layout.width_mm == width
    assert (layout.pulse_x_mm, layout.trace_x_mm) == (5.0 + right, 15.0 + right)
    assert layout.segments[0].x_mm == 15.0 + right


@pytest.mark.parametrize(
    ("duration_s", "speed", "seconds"),
    [(10.0, 25.0, 10.0), (8.0, 25.0, 8.0), (30.0, 25.0, 10.0), (10.0, 50.0, 5.0), (4.0, 50.0, 4.0)],
)
def test_at_most_250_mm_of_trace_are_shown(duration_s: float, speed: float, seconds: float) -> None:
    assert shown_s(record(duration_s=duration_s), PaperSettings(speed_mm_s=speed)) == seconds


def test_the_grid_has_a_line_each_mm_and_a_stronger_one_each_5_mm() -> None:
    sketch, layout = drawn(record())
    (x, y, how), (x5, _, how5) = sketch.lines[:2]
    upright = x.reshape(-1, 3)[:286]
    assert upright[[0, 1, 285], :2].tolist() == [[6, 6], [7, 7], [291, 291]]
    top = 12.0 + 156.0
    assert y.reshape(-1, 3)[0, :2].tolist() == [top - layout.height_mm, top]
    level = np.column_stack([x.reshape(-1, 3)[286:, :2], y.reshape(-1, 3)[286:, :2]])
    assert level[[0, -1]].tolist() == [[6, 291, 13, 13], [6, 291, 168, 168]]
    assert len(x.reshape(-1, 3)) == 286 + 156
    assert np.isnan(x.reshape(-1, 3)[:, 2]).all()
    assert len(x5.reshape(-1, 3)) == 58 + 32
    colors = paper("print")
    assert how == {"color": colors.minor, "width_mm": 0.08}
    assert how5 == {"color": colors.major, "width_mm": 0.18}


def test_pulses_traces_and_breaks() -> None:
    """The page begins 6 mm from the left and 13 mm from below; a trace is 0.28 mm wide."""
    sketch, layout = drawn(record(0.5))
    pulses = [one for one in sketch.lines[2:] if len(one[0]) == 6]
    assert len(pulses) == 4
    for row_y, (x, y, how) in zip(layout.row_y_mm, pulses, strict=True):
        assert x.tolist() == [14, 16, 16, 21, 21, 23]
        assert (y - row_y).tolist() == [13, 13, 23, 23, 13, 13]
        assert how == {"width_mm": 0.28}
    traces = [one for one in sketch.lines[2:] if len(one[0]) >= 250]
    assert len(traces) == 13
    x, y, how = traces[3]  # aVR: from 2.5 s on, 62.5 mm behind second 0 at 26 mm
    assert x[[0, 1, -1]] == pytest.approx([88.5, 88.75, 88.5 + 249 * 0.25])
    assert set(y) == {13 + layout.row_y_mm[0] + 5.0}
    assert how == {"width_mm": 0.28, "clip_mm": (6.0, 13.0, 285.0, 155.0)}
    breaks = [one for one in sketch.lines[2:] if len(one[0]) == 5]
    assert len(breaks) == 9
    x, y, how = breaks[0]
    assert set(x) == {88.5}
    assert (y - 13 - layout.row_y_mm[0])[[0, 1, 3, 4]].tolist() == [2.5, 5.0, -2.5, -5.0]
    assert how == {"width_mm": 0.28}


@pytest.mark.parametrize(
    ("level_mv", "above"),
    [(0.0, 5.0), (0.39, 5.0), (0.5, 6.0), (1.0, 11.0), (1.64, 17.4), (1.66, 17.5), (-1.0, 5.0)],
)
def test_a_name_stands_above_its_trace_within_its_row(level_mv: float, above: float) -> None:
    """1 mm above it, 5 mm at least; 1.5 mm below half of the pitch of 38 mm at most."""
    sketch, layout = drawn(record(level_mv))
    x, y, words, how = sketch.texts[0]
    assert (x, words) == (26.8, "I")
    assert y == pytest.approx(13 + layout.row_y_mm[0] + above, abs=1e-4)
    assert how == {"size_pt": 9.0, "bold": True, "rim": True}


@pytest.mark.parametrize(
    ("last", "note", "above"),
    [(39, False, 9.0), (40, False, 5.0), (40, True, 9.0), (149, True, 9.0), (150, True, 5.0)],
)
def test_a_name_looks_at_0_4_s_and_with_its_note_at_1_5_s(
    last: int, note: bool, above: float
) -> None:
    what = record()
    what.signal[0, last] = 0.8
    sketch, layout = drawn(what, notes={"I": "noise"} if note else {})
    assert sketch.texts[0][1] == pytest.approx(13 + layout.row_y_mm[0] + above)


def test_a_note_stands_behind_the_name_of_the_lead_but_not_of_its_strip() -> None:
    sketch, _ = drawn(record(), notes={"II": "noise"})
    noted = [one for one in sketch.texts if "noise" in one[2]]
    assert len(noted) == 1
    x, y, words, how = noted[0]
    name = next(one for one in sketch.texts if one[2] == "II")
    assert x == pytest.approx(name[0] + width_mm("II", size_pt=9, bold=True) + 1.5)
    assert (y, words) == (name[1], "⚠ noise")
    assert how == {"size_pt": 7.5, "rim": True}
    long, _ = drawn(record(), notes={"II": "m" * 60})
    (cut,) = [one[2] for one in long.texts if one[2].startswith("⚠")]
    room = 62.5 - width_mm("II", size_pt=9, bold=True) - 3.0
    assert width_mm(cut, size_pt=7.5) <= room


def test_leads_that_leave_the_paper_are_named_once() -> None:
    what = record()
    layout = print_layout(what, PaperSettings(), A4)
    top = (layout.height_mm - layout.row_y_mm[0]) / 10
    what.signal[0, 100] = top
    assert cut_leads(what, layout) == ()
    what.signal[0, 100] = top + 0.01
    assert cut_leads(what, layout) == ("I",)
    what.signal[1, 900] = -layout.row_y_mm[3] / 10 - 0.01
    assert cut_leads(what, layout) == ("I", "II")
    what.signal[1, 900] = -layout.row_y_mm[3] / 10
    assert cut_leads(what, layout) == ("I",)
    what.signal[0, 100], what.signal[0, 300] = 0.0, 9.0
    assert cut_leads(what, layout) == (), "lead I is shown for 2.5 s"


def test_colours_of_an_overlay_are_mixed_with_white() -> None:
    """Three quarters of the colour at the strongest."""
    found = overlay_colors(np.array([-1.0, -0.5, 0.0, 0.5, 1.0]), signed=True)
    red, blue, green = (np.array([int(h[k : k + 2], 16) for k in (1, 3, 5)]) / 255
                        for h in ("#D53C14", "#0072B2", "#009E73"))  # fmt: skip
    for share, end, color in zip(
        (0.75, 0.375, 0, 0.375, 0.75), (blue, blue, red, red, red), found, strict=True
    ):
        assert color == pytest.approx(1 - share * (1 - end))
    assert overlay_colors(np.array([1.0]), signed=False)[0] == pytest.approx(1 - 0.75 * (1 - green))


def test_a_refused_overlay_is_grey() -> None:
    grey = 1 - 0.75 * (1 - 0x5A / 255)
    for signed in (True, False):
        found = overlay_colors(np.array([-1.0, 1.0]), signed=signed, refused=True)
        assert found == pytest.approx(grey)
    failed = Check("stability", "", "", 0.1, good=0.8, bad=0.5)
    overlay = attribution(np.ones((12, 1000)), checks=Checks((failed,)))
    sketch, _ = drawn(record(), overlay=overlay)
    ((_, colors),) = sketch.boxes
    assert colors[0] == pytest.approx(grey)


@pytest.mark.parametrize("signed", [True, False])
def test_an_overlay_is_drawn_in_sixteenths_below_all(signed: bool) -> None:
    scores = np.zeros((12 if signed else 1, 1000), np.float32)
    scores[0, 0:4] = 16.0 if not signed else 4.0
    scores[0, 4:8] = 1.4 if not signed else 0.35  # 1.4 of 16 levels: the first
    scores[0, 8:12] = 0.4 if not signed else 0.1  # less than half a level: white
    overlay = attribution(scores, "ig" if signed else "gradcam")
    sketch, layout = drawn(record(), overlay=overlay)
    ((boxes, colors),) = sketch.boxes
    rows = 1 if signed else 4
    assert len(boxes) == 2 * rows
    first = boxes[boxes[:, 1].argmax()]
    assert first[0] == pytest.approx(26.0)
    assert first[2] == pytest.approx(1.0 + 0.05, abs=1e-4)
    assert first[3] == pytest.approx(0.94 * 38, abs=1e-3)
    assert first[1] == pytest.approx(13 + layout.row_y_mm[0] - 0.47 * 38, abs=1e-3)
    weakest = colors[np.argmax(colors.sum(axis=1))]
    assert weakest == pytest.approx(overlay_colors(np.array([1 / 16]), signed=signed)[0])
    assert sketch.lines[0][2]["color"] == paper("print", neutral=True).minor


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("ig", "away from MI … towards MI (Integrated Gradients, CNN-BiLSTM A (seed 0)); more"),
        ("gradcam", "none … strongest moment of the page (Grad-CAM, CNN-BiLSTM A (seed 0)); more"),
    ],
)
def test_the_scale_of_an_overlay(method: str, words: str) -> None:
    sketch = Sketch()
    one = attribution(np.ones((12 if method == "ig" else 1, 1000)), method)
    module.draw_overlay_scale(sketch, 6.0, 11.5, one, pointer="; more")
    ((boxes, colors),) = sketch.boxes
    assert boxes[:, 0] == pytest.approx(6.0 + 1.5 * np.arange(24))
    assert boxes[0, 1:] == pytest.approx([11.5, 1.55, 2.5])
    low = -1 if method == "ig" else 0
    expected = overlay_colors(np.linspace(low, 1, 24), signed=method == "ig")
    assert colors == pytest.approx(expected)
    assert sketch.texts == [
        (pytest.approx(6.0 + 34.5 + 3.0), pytest.approx(11.8), words, {"size_pt": 7, "color": INK})
    ]


def test_every_lead_has_its_name() -> None:
    sketch, _ = drawn(record())
    assert [words for _, _, words, _ in sketch.texts] == [*LEADS, "II"]
