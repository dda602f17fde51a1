"""Position of each lead on ECG paper, in millimetres from the lower left corner of the page."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np

from ecgcore.errors import RecordError
from ecgcore.leads import LEADS
from ecgcore.records import EcgRecord, FloatArray

LAYOUTS = ("3x4+1", "3x4+3", "6x2", "12x1", "single")
ORDERS = ("standard", "cabrera")
SPEEDS_MM_S = (12.5, 25.0, 50.0)
GAINS_MM_MV = (5.0, 10.0, 20.0)
PAGE_S = 10.0
"""A page shows the first ten seconds of what it is given."""

_CABRERA = (
    *(("aVL", 1), ("I", 1), ("aVR", -1), ("II", 1), ("aVF", 1), ("III", 1)),
    *((lead, 1) for lead in LEADS[6:]),
)
_STANDARD = tuple((lead, 1) for lead in LEADS)

_PULSE_S = 0.2
_EDGE_MM = 5.0
_BOX_MM = 5.0
_LEAST_PAGE_S = 5.0
_ROOM_AT_20_MM_MV = 1.5
_MOST_ROOM_MV = 4.5
_AIR_MM = 1.0
_SIDE_BY_SIDE_S = 0.2


def _check(what: str, value: object, allowed: Sequence[object]) -> None:
    if value not in allowed:
        raise RecordError(
            f"{value!r} is no {what} of the ECG page. Choose one of {', '.join(map(str, allowed))}."
        )


@dataclass(frozen=True, slots=True)
class PaperSettings:
    """Settings of the paper that a reader chooses; `lead` is the one that "single" shows.

    Raises
    ------
    RecordError
        If a value is none of those that the choice allows, as from a stale link.
    """

    layout: str = "3x4+1"
    order: str = "standard"
    speed_mm_s: float = 25.0
    gain_mm_mv: float = 10.0
    lead: str = "II"

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        _check("layout", self.layout, LAYOUTS)
        _check("order", self.order, ORDERS)
        _check("paper speed in mm/s", self.speed_mm_s, SPEEDS_MM_S)
        _check("gain in mm/mV", self.gain_mm_mv, GAINS_MM_MV)
        _check("lead", self.lead, LEADS)


USUAL_PAPER = PaperSettings()
"""3x4+1 in standard order at 25 mm/s and 10 mm/mV."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of one lead; its first moment lies at `x_mm`, 0 mV at `y_mm`.

    Attributes
    ----------
    sign
        -1 where the lead is drawn upside down (aVR in Cabrera's order), else 1.
    rhythm
        True for a strip that repeats a lead over the whole page.
    """

    lead: str
    sign: int
    row: int
    start_s: float
    duration_s: float
    x_mm: float
    y_mm: float
    rhythm: bool = False

    @property
    def label(self) -> str:
        """Name at the trace, with a true minus before an inverted lead."""
        return self.lead if self.sign > 0 else f"\N{MINUS SIGN}{self.lead}"

    def samples(self, fs_hz: int, n_samples: int) -> range:
        """Return the samples taken within the segment, as far as the recording goes."""
        first, stop = (
            math.ceil(round(edge_s * fs_hz, 6))
            for edge_s in (self.start_s, self.start_s + self.duration_s)
        )
        return range(min(first, n_samples), min(stop, n_samples))


@dataclass(frozen=True, slots=True)
class PaperLayout:
    """A page of ECG paper; its edges, rows and second 0 lie on the 5 mm lines.

    Attributes
    ----------
    row_pitch_mm
        Distance of two rows, the least one where they differ.
    row_y_mm
        Height of the 0 mV line of each row, from the top row down.
    trace_x_mm
        Where second 0 lies.
    pulse_x_mm
        Start of the calibration pulse, which is 1 mV high and lasts 0.2 s.
    segments
        Every lead once (one lead in "single"), then the rhythm strips.
    """

    gain_mm_mv: float
    speed_mm_s: float
    width_mm: float
    height_mm: float
    row_pitch_mm: float
    row_y_mm: tuple[float, ...]
    trace_x_mm: float
    pulse_x_mm: float
    segments: tuple[Segment, ...]

    @property
    def pulse_width_mm(self) -> float:
        """Width of the calibration pulse."""
        return _PULSE_S * self.speed_mm_s

    def time_x_mm(self, time_s: float) -> float:
        """Return where a moment of the recording lies."""
        return self.trace_x_mm + self.speed_mm_s * time_s


@dataclass(frozen=True, slots=True)
class _Format:
    """Rows and columns of the leads, strips below, and room at 10 mm/mV."""

    n_rows: int
    n_columns: int
    rhythm: tuple[str, ...]
    pitch_mm: float
    end_mm: float


_FORMATS = {
    "3x4+1": _Format(3, 4, ("II",), pitch_mm=30.0, end_mm=20.0),
    "3x4+3": _Format(3, 4, ("V1", "II", "V5"), pitch_mm=25.0, end_mm=20.0),
    "6x2": _Format(6, 2, (), pitch_mm=25.0, end_mm=20.0),
    "12x1": _Format(12, 1, (), pitch_mm=15.0, end_mm=15.0),
    "single": _Format(1, 1, (), pitch_mm=70.0, end_mm=35.0),
}


def paper_layout(
    settings: PaperSettings = USUAL_PAPER,
    *,
    duration_s: float = PAGE_S,
) -> PaperLayout:
    """Lay the leads out in columns that follow each other in time, each with an equal share.

    Parameters
    ----------
    duration_s
        Length of the recording. The page shows at most 10 s of it; a shorter recording makes
        shorter columns, so that no lead is lost, and a narrower page.
    """
    form = _FORMATS[settings.layout]
    speed = settings.speed_mm_s
    shown_s = min(duration_s, PAGE_S)
    pitch, end = (_roomy_mm(room, settings.gain_mm_mv) for room in (form.pitch_mm, form.end_mm))
    n_rows = form.n_rows + len(form.rhythm)
    left = _whole_boxes_mm(2 * _EDGE_MM + _PULSE_S * speed)
    page = PaperLayout(
        gain_mm_mv=settings.gain_mm_mv,
        speed_mm_s=speed,
        width_mm=_whole_boxes_mm(left + speed * max(shown_s, _LEAST_PAGE_S) + _EDGE_MM),
        height_mm=2 * end + pitch * (n_rows - 1),
        row_pitch_mm=pitch,
        row_y_mm=tuple(end + pitch * k for k in reversed(range(n_rows))),
        trace_x_mm=left,
        pulse_x_mm=_EDGE_MM,
        segments=(),
    )
    return replace(page, segments=_segments(settings, form, page, shown_s))


def roomy_layout(record: EcgRecord, settings: PaperSettings = USUAL_PAPER) -> PaperLayout:
    """Lay a recording out as `paper_layout` does, with room for its tall leads.

    Rows move apart where a wave would run into the one below or above it at the same time, and
    the edges where it would leave the page; room for more than 4.5 mV is never made.
    """
    page = paper_layout(settings, duration_s=record.duration_s)
    low, high = _reach_mm(record, page)
    most = _MOST_ROOM_MV * page.gain_mm_mv
    lowest_y = page.row_y_mm[-1]
    top = _room_mm(high[0].max(), lowest_y, most)
    bottom = _room_mm(-low[-1].min(), lowest_y, most)
    pitches = [
        _room_mm(mm, page.row_pitch_mm, most) for mm in (high[1:] - low[:-1]).max(axis=1, initial=0)
    ]
    rows = tuple(accumulate(reversed(pitches), initial=bottom))[::-1]
    return replace(
        page,
        height_mm=rows[0] + top,
        row_y_mm=rows,
        segments=tuple(replace(s, y_mm=rows[s.row]) for s in page.segments),
    )


def _reach_mm(record: EcgRecord, page: PaperLayout) -> tuple[FloatArray, FloatArray]:
    """Return how far each row reaches below and above 0 mV, ``(n_rows, n_steps)`` each.

    A step is 0.2 s and knows its neighbours, so that waves of one beat meet in one step.
    """
    step = max(1, round(_SIDE_BY_SIDE_S * record.fs_hz))
    n_steps = math.ceil(min(record.n_samples, PAGE_S * record.fs_hz) / step)
    drawn = np.zeros((len(page.row_y_mm), (n_steps + 2) * step), np.float32)
    for segment in page.segments:
        samples = segment.samples(record.fs_hz, record.n_samples)
        signal = record.signal[LEADS.index(segment.lead), samples.start : samples.stop]
        first = samples.start + step
        drawn[segment.row, first : first + len(samples)] = segment.sign * signal
    steps = page.gain_mm_mv * drawn.reshape(len(drawn), -1, step)
    low, high = steps.min(axis=2), steps.max(axis=2)
    around = range(n_steps), range(1, n_steps + 1), range(2, n_steps + 2)
    return (
        np.min([low[:, list(k)] for k in around], axis=0),
        np.max([high[:, list(k)] for k in around], axis=0),
    )


def _room_mm(needed_mm: float, usual_mm: float, most_mm: float) -> float:
    """Return the usual distance, or whole boxes for what is needed up to the most."""
    return max(usual_mm, _whole_boxes_mm(min(float(needed_mm) + _AIR_MM, most_mm)))


def _segments(
    settings: PaperSettings, form: _Format, page: PaperLayout, shown_s: float
) -> tuple[Segment, ...]:
    order = _CABRERA if settings.order == "cabrera" else _STANDARD
    column_s = shown_s / form.n_columns
    leads = [pair for pair in order if settings.layout != "single" or pair[0] == settings.lead]
    grid = [
        (*pair, k % form.n_rows, column_s * (k // form.n_rows), column_s, False)
        for k, pair in enumerate(leads)
    ]
    strips = [(lead, 1, form.n_rows + k, 0.0, shown_s, True) for k, lead in enumerate(form.rhythm)]
    return tuple(
        Segment(
            lead=lead,
            sign=sign,
            row=row,
            start_s=start_s,
            duration_s=duration_s,
            x_mm=page.time_x_mm(start_s),
            y_mm=page.row_y_mm[row],
            rhythm=rhythm,
        )
        for lead, sign, row, start_s, duration_s, rhythm in (*grid, *strips)
    )


def _roomy_mm(room_mm: float, gain_mm_mv: float) -> float:
    """Half as much room again at 20 mm/mV, where low voltages are read."""
    factor = _ROOM_AT_20_MM_MV if gain_mm_mv > 10 else 1.0
    return _BOX_MM * math.floor(factor * room_mm / _BOX_MM)


def _whole_boxes_mm(length_mm: float) -> float:
    return _BOX_MM * math.ceil(round(length_mm / _BOX_MM, 6))
