"""Every lead once, columns that follow in time, and true millimetres, for every choice."""

from collections import Counter
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgcore.errors import RecordError
from ecgcore.figures.paper_layout import (
    GAINS_MM_MV,
    LAYOUTS,
    ORDERS,
    SPEEDS_MM_S,
    PaperSettings,
    paper_layout,
)
from ecgcore.leads import LEADS

CHOICES = [
    PaperSettings(layout, order, speed, gain, lead="aVR")
    for layout, order, speed, gain in product(LAYOUTS, ORDERS, SPEEDS_MM_S, GAINS_MM_MV)
]
COLUMNS = {"3x4+1": 4, "3x4+3": 4, "6x2": 2, "12x1": 1, "single": 1}
RHYTHM = {"3x4+1": ["II"], "3x4+3": ["V1", "II", "V5"]}
CABRERA = ["aVL", "I", "\N{MINUS SIGN}aVR", "II", "aVF", "III", *LEADS[6:]]


def name(choice: PaperSettings) -> str:
    return f"{choice.layout} {choice.order} {choice.speed_mm_s:g} {choice.gain_mm_mv:g}"


every_choice = pytest.mark.parametrize("choice", CHOICES, ids=name)


@every_choice
def test_every_lead_is_drawn_once_and_the_rhythm_strips_below(choice: PaperSettings) -> None:
    segments = paper_layout(choice).segments
    once = [s.lead for s in segments if not s.rhythm]
    assert Counter(once) == Counter(["aVR"] if choice.layout == "single" else LEADS)
    assert [s.lead for s in segments if s.rhythm] == RHYTHM.get(choice.layout, [])
    lowest = max(s.row for s in segments if not s.rhythm)
    assert [s.row for s in segments if s.rhythm] == list(
        range(lowest + 1, lowest + 1 + len(RHYTHM.get(choice.layout, [])))
    )


@every_choice
def test_columns_follow_each_other_in_time_and_lie_at_their_millimetre(
    choice: PaperSettings,
) -> None:
    layout = paper_layout(choice)
    column_s = 10.0 / COLUMNS[choice.layout]
    starts = sorted({s.start_s for s in layout.segments if not s.rhythm})
    assert starts == [column_s * k for k in range(COLUMNS[choice.layout])]
    for s in layout.segments:
        assert s.duration_s == (10.0 if s.rhythm else column_s)
        assert s.x_mm == layout.trace_x_mm + choice.speed_mm_s * s.start_s
        assert s.y_mm == layout.row_y_mm[s.row]
        assert s.x_mm + choice.speed_mm_s * s.duration_s <= layout.width_mm - 5


@every_choice
def test_everything_lies_on_the_page_and_on_its_five_millimetre_lines(
    choice: PaperSettings,
) -> None:
    layout = paper_layout(choice)
    lines = [layout.width_mm, layout.height_mm, layout.trace_x_mm, *layout.row_y_mm]
    assert [mm % 5 for mm in lines] == [0] * len(lines)
    assert (layout.gain_mm_mv, layout.speed_mm_s) == (choice.gain_mm_mv, choice.speed_mm_s)
    assert layout.pulse_width_mm == 0.2 * choice.speed_mm_s
    assert layout.pulse_x_mm + layout.pulse_width_mm + 5 <= layout.trace_x_mm
    assert list(layout.row_y_mm) == sorted(layout.row_y_mm, reverse=True)
    assert layout.row_y_mm[-1] >= 15
    assert layout.height_mm - layout.row_y_mm[0] >= max(15, choice.gain_mm_mv)
    for upper, lower in zip(layout.row_y_mm[:-1], layout.row_y_mm[1:], strict=True):
        assert upper - lower == layout.row_pitch_mm


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if name != "single"])
def test_cabrera_runs_from_left_to_inferior_with_avr_upside_down(layout: str) -> None:
    segments = paper_layout(PaperSettings(layout, "cabrera")).segments
    grid = [s for s in segments if not s.rhythm]
    assert [s.label for s in sorted(grid, key=lambda s: (s.start_s, s.row))] == CABRERA
    assert [s.lead for s in segments if s.sign < 0] == ["aVR"]
    standard = paper_layout(PaperSettings(layout)).segments
    assert [s.label for s in standard if not s.rhythm] == list(LEADS)
    assert {s.sign for s in standard} == {1}


def test_a_normal_page_is_270_by_130_millimetres() -> None:
    layout = paper_layout()
    assert (layout.width_mm, layout.height_mm, layout.row_pitch_mm) == (270, 130, 30)


@settings(deadline=None, max_examples=60)
@given(
    choice=st.sampled_from(CHOICES),
    fs_hz=st.sampled_from([100, 128, 257, 360, 500, 1000]),
    n_samples=st.integers(1, 12_000),
)
def test_each_sample_of_ten_seconds_lies_in_one_column_and_no_lead_is_lost(
    choice: PaperSettings, fs_hz: int, n_samples: int
) -> None:
    layout = paper_layout(choice, duration_s=n_samples / fs_hz)
    for row in range(len(layout.row_y_mm)):
        parts = [list(s.samples(fs_hz, n_samples)) for s in layout.segments if s.row == row]
        drawn = [sample for part in parts for sample in part]
        assert drawn == list(range(min(n_samples, 10 * fs_hz)))
        assert n_samples < 4 or all(parts)


def test_the_page_follows_a_short_recording_down_to_five_seconds() -> None:
    widths = [paper_layout(duration_s=s).width_mm for s in (0.1, 5, 8, 10, 60)]
    assert widths == [145, 145, 220, 270, 270]


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("layout", "4x3", "3x4+1, 3x4+3, 6x2, 12x1, single"),
        ("order", "Cabrera", "standard, cabrera"),
        ("speed_mm_s", 30.0, "12.5, 25.0, 50.0"),
        ("gain_mm_mv", float("nan"), "5.0, 10.0, 20.0"),
        ("lead", "AVR", "I, II, III, aVR"),
    ],
)
def test_junk_from_a_stale_link_is_refused_with_the_choices(
    field: str, value: object, allowed: str
) -> None:
    with pytest.raises(RecordError) as refused:
        PaperSettings(**{field: value})  # type: ignore[arg-type]
    assert repr(value) in str(refused.value)
    assert allowed in str(refused.value)
