"""Every lead once, columns that follow in time, and true millimetres, for every choice."""

from collections import Counter
from itertools import pairwise, product

import numpy as np
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
    roomy_layout,
)
from ecgcore.leads import LEADS
from ecgcore.records import EcgRecord

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


def recording(waves_mv: dict[tuple[str, float], float], duration_s: float = 10.0) -> EcgRecord:
    """A flat recording at 100 Hz with waves of 50 ms, each in a lead at a time in s."""
    signal = np.zeros((12, round(100 * duration_s)), np.float32)
    for (lead, at_s), mv in waves_mv.items():
        signal[LEADS.index(lead), round(100 * at_s) : round(100 * at_s) + 5] = mv
    return EcgRecord("7", signal, 100, "made up")


@every_choice
def test_a_recording_without_tall_waves_has_the_usual_page(choice: PaperSettings) -> None:
    waves = {("II", 1.0): 0.3, ("V4", 8.0): 0.4, ("V3", 6.0): -0.3}
    assert roomy_layout(recording(waves), choice) == paper_layout(choice)


@pytest.mark.parametrize(
    ("mv", "gain", "room_mm"),
    [(1.85, 10.0, 20), (1.95, 10.0, 25), (3.0, 10.0, 35), (3.0, 5.0, 20), (9.0, 10.0, 45)],
)
def test_the_edges_make_room_for_tall_and_deep_waves(mv: float, gain: float, room_mm: int) -> None:
    paper = PaperSettings(gain_mm_mv=gain)
    tall = roomy_layout(recording({("V4", 8.0): mv}), paper)
    assert tall.height_mm - tall.row_y_mm[0] == room_mm, "with 1 mm of air, in whole boxes"
    assert tall.row_y_mm == paper_layout(paper).row_y_mm
    deep = roomy_layout(recording({("II", 4.0): -mv}), paper)
    assert deep.row_y_mm[-1] == room_mm
    assert deep.height_mm == tall.height_mm == 110 + room_mm
    assert [s.y_mm for s in deep.segments] == [deep.row_y_mm[s.row] for s in deep.segments]


def test_a_wave_makes_no_room_where_it_is_not_drawn() -> None:
    assert roomy_layout(recording({("V4", 2.0): 4.0, ("I", 9.0): 4.0})) == paper_layout()


def test_rows_move_apart_where_waves_of_one_moment_would_meet() -> None:
    rows = PaperSettings("12x1")

    def pitches(waves_mv: dict[tuple[str, float], float]) -> list[float]:
        y_mm = roomy_layout(recording(waves_mv), rows).row_y_mm
        return [upper - lower for upper, lower in pairwise(y_mm)]

    usual = [15.0] * 11
    meet = [15.0] * 7 + [30.0] + [15.0] * 3
    assert pitches({("V2", 5.0): -1.2, ("V3", 5.1): 1.5}) == meet, "27 mm, 1 mm of air"
    assert pitches({("V2", 5.0): -1.2, ("V3", 7.0): 1.3}) == usual, "at another time"
    assert pitches({("V3", 5.0): 1.6}) == [15.0] * 7 + [20.0] + [15.0] * 3
    assert pitches({("V2", 5.0): -3.0, ("V3", 5.0): 3.0}) == [15.0] * 7 + [45.0] + [15.0] * 3


def test_an_upside_down_lead_needs_room_on_its_other_side() -> None:
    cabrera = PaperSettings("12x1", "cabrera")
    tall = roomy_layout(recording({("aVR", 5.0): 3.0}), cabrera).row_y_mm
    assert [tall[2] - tall[3], tall[1] - tall[2]] == [35.0, 15.0]


@settings(deadline=None, max_examples=40)
@given(
    choice=st.sampled_from(CHOICES),
    seed=st.integers(0, 1000),
    size_mv=st.floats(0, 1.2),
    duration_s=st.floats(0.05, 12),
)
def test_nothing_below_4_mv_is_cut_off_on_the_roomy_page(
    choice: PaperSettings, seed: int, size_mv: float, duration_s: float
) -> None:
    n_samples = max(1, round(100 * duration_s))
    noise = np.random.default_rng(seed).normal(0, size_mv, (12, n_samples)).clip(-4, 4)
    given_record = EcgRecord("7", noise.astype(np.float32), 100, "made up")
    page = roomy_layout(given_record, choice)
    usual = paper_layout(choice, duration_s=given_record.duration_s)
    assert page.height_mm >= usual.height_mm
    assert page.height_mm % 5 == 0
    assert (page.width_mm, page.trace_x_mm) == (usual.width_mm, usual.trace_x_mm)
    for segment in page.segments:
        samples = segment.samples(100, n_samples)
        signal = given_record.signal[LEADS.index(segment.lead)][samples]
        y_mm = segment.y_mm + segment.sign * choice.gain_mm_mv * signal
        assert ((y_mm >= 0) & (y_mm <= page.height_mm)).all()


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
