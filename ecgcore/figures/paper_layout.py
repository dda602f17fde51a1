"""Where each lead lies on ECG paper, in millimetres from the lower left corner of the page."""

import math
from dataclasses import dataclass

from ecgcore.leads import LEADS

COLUMN_S = 2.5
PAGE_S = 10.0
RHYTHM_LEAD = "II"

_PULSE_S = 0.2
_EDGE_MM = 5.0
_END_MM = 20.0
_ROW_MM = 30.0
_ROW_MV = 3.0


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of one lead; its first moment lies at `x_mm`, 0 mV at `y_mm`."""

    lead: str
    row: int
    start_s: float
    duration_s: float
    x_mm: float
    y_mm: float

    @property
    def is_rhythm(self) -> bool:
        """True for the strip that repeats a lead over the whole page."""
        return self.duration_s > COLUMN_S

    def samples(self, fs_hz: int, n_samples: int) -> range:
        """Return the samples taken within the segment, as far as the recording goes."""
        first = math.ceil(self.start_s * fs_hz)
        stop = math.ceil((self.start_s + self.duration_s) * fs_hz)
        return range(min(first, n_samples), min(stop, n_samples))


@dataclass(frozen=True, slots=True)
class PaperLayout:
    """A page of ECG paper: three rows of four leads and a rhythm strip.

    Attributes
    ----------
    row_y_mm
        Height of the 0 mV line of each row, from the top row to the rhythm strip.
    trace_x_mm
        Where second 0 lies.
    pulse_x_mm
        Start of the calibration pulse, which is 1 mV high and lasts 0.2 s.
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


def paper_layout(*, gain_mm_mv: float = 10.0, speed_mm_s: float = 25.0) -> PaperLayout:
    """Lay twelve leads out as 3 x 4 segments of 2.5 s with lead II below, 10 s long.

    Parameters
    ----------
    gain_mm_mv
        Height of 1 mV; each row has room for 3 mV, and never less than 30 mm.
    speed_mm_s
        Width of 1 s.
    """
    pitch = max(_ROW_MM, _ROW_MV * gain_mm_mv)
    rows = tuple(_END_MM + pitch * k for k in (3, 2, 1, 0))
    left = 2 * _EDGE_MM + _PULSE_S * speed_mm_s
    segments = [
        Segment(
            lead=lead,
            row=k % 3,
            start_s=COLUMN_S * (k // 3),
            duration_s=COLUMN_S,
            x_mm=left + speed_mm_s * COLUMN_S * (k // 3),
            y_mm=rows[k % 3],
        )
        for k, lead in enumerate(LEADS)
    ]
    segments.append(Segment(RHYTHM_LEAD, 3, 0.0, PAGE_S, left, rows[3]))
    return PaperLayout(
        gain_mm_mv=gain_mm_mv,
        speed_mm_s=speed_mm_s,
        width_mm=left + speed_mm_s * PAGE_S + _EDGE_MM,
        height_mm=rows[0] + _END_MM,
        row_pitch_mm=pitch,
        row_y_mm=rows,
        trace_x_mm=left,
        pulse_x_mm=_EDGE_MM,
        segments=tuple(segments),
    )
