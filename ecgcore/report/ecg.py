"""The ECG of a printed report, true to scale."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from ecgcore.explain.attribution import Attribution
from ecgcore.figures.attribution_overlay import overlay_cells
from ecgcore.figures.paper_layout import PAGE_S, PaperLayout, PaperSettings, Segment, paper_layout
from ecgcore.figures.theme import Paper, paper
from ecgcore.leads import LEADS
from ecgcore.records import EcgRecord
from ecgcore.report.sheet import BOX_MM, INK, Sheet, shorten, width_mm

_LONGEST_TRACE_MM = 250.0
_ROW_MV = 4.0
_LEAST_END_MV = 1.2
_MINOR_MM, _MAJOR_MM, _TRACE_MM = 0.08, 0.18, 0.28
_LEAD_IN_MM = 2.0
_NAME_S, _NOTE_S = 0.4, 1.5
_NAME_PT, _NOTE_PT = 9.0, 7.5
_LEVELS = 16
_SEAM_MM = 0.05
_DEEPEST = 0.75
_STRONGEST = {"plus": "#D53C14", "minus": "#0072B2", "one": "#009E73", "refused": "#5A5A5A"}


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of the sheet, in mm."""

    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float


def print_layout(record: EcgRecord, settings: PaperSettings, area: Area) -> PaperLayout:
    """Lay the leads out within an area: the scale is kept, the rows share the height.

    At most 250 mm of trace fit on either paper, so that 50 mm/s shows the first 5 s.
    """
    layout = paper_layout(settings, duration_s=shown_s(record, settings))
    height, pitch = _height_and_pitch_mm(layout, area)
    n_rows = len(layout.row_y_mm)
    lowest = math.floor((height - pitch * (n_rows - 1)) / 2)
    rows = tuple(float(lowest + pitch * k) for k in reversed(range(n_rows)))
    right = BOX_MM * max(0, math.floor((area.width_mm - layout.width_mm) / 2 / BOX_MM))
    return replace(
        layout,
        width_mm=area.width_mm,
        height_mm=height,
        row_pitch_mm=pitch,
        row_y_mm=rows,
        trace_x_mm=layout.trace_x_mm + right,
        pulse_x_mm=layout.pulse_x_mm + right,
        segments=tuple(replace(s, x_mm=s.x_mm + right, y_mm=rows[s.row]) for s in layout.segments),
    )


def _height_and_pitch_mm(layout: PaperLayout, area: Area) -> tuple[float, float]:
    """Share the height equally, but keep room for 1.2 mV above and below."""
    n_rows = len(layout.row_y_mm)
    most_mm = max(layout.row_pitch_mm, _ROW_MV * layout.gain_mm_mv)
    room = BOX_MM * math.floor(area.height_mm / BOX_MM)
    height = min(room, BOX_MM * math.ceil(n_rows * most_mm / BOX_MM))
    end = _LEAST_END_MV * layout.gain_mm_mv
    if height / n_rows >= 2 * end:
        return height, math.floor(height / n_rows)
    return height, math.floor((height - 2 * end) / (n_rows - 1))


def shown_s(record: EcgRecord, settings: PaperSettings) -> float:
    """Return how many seconds of a recording a sheet shows."""
    return min(record.duration_s, PAGE_S, _LONGEST_TRACE_MM / settings.speed_mm_s)


def draw_ecg(
    sheet: Sheet,
    area: Area,
    record: EcgRecord,
    layout: PaperLayout,
    overlay: Attribution | None,
    lead_notes: Mapping[str, str],
) -> None:
    """Draw grid, overlay, pulses and leads with their notes, hanging from the top of the area."""
    colors = paper("print", neutral=overlay is not None)
    origin = area.x_mm, area.y_mm + area.height_mm - layout.height_mm
    if overlay is not None:
        _draw_overlay(sheet, origin, layout, overlay)
    _draw_grid(sheet, origin, layout, colors)
    clip = (*origin, layout.width_mm, layout.height_mm)
    for row_y_mm in layout.row_y_mm:
        _draw_pulse(sheet, origin, layout, row_y_mm)
    for segment in layout.segments:
        samples = segment.samples(record.fs_hz, record.n_samples)
        drawn = _drawn_mv(record, segment)
        x = segment.x_mm + layout.speed_mm_s * (np.array(samples) / record.fs_hz - segment.start_s)
        y = segment.y_mm + layout.gain_mm_mv * drawn
        sheet.line(origin[0] + x, origin[1] + y, width_mm=_TRACE_MM, clip_mm=clip)
        _draw_break(sheet, origin, segment)
        note = "" if segment.rhythm else lead_notes.get(segment.lead, "")
        under_words = drawn[: round((_NOTE_S if note else _NAME_S) * record.fs_hz)]
        peak_mv = float(under_words.max(initial=0.0))
        _draw_name(sheet, origin, layout, segment, peak_mv, note)


def cut_leads(record: EcgRecord, layout: PaperLayout) -> tuple[str, ...]:
    """Name the leads that leave the paper at its upper or lower edge."""
    cut = []
    for segment in layout.segments:
        heights = segment.y_mm + layout.gain_mm_mv * _drawn_mv(record, segment)
        if heights.min(initial=0.0) < 0 or heights.max(initial=0.0) > layout.height_mm:
            cut.append(segment.label)
    return tuple(dict.fromkeys(cut))


def _drawn_mv(record: EcgRecord, segment: Segment) -> NDArray[np.float64]:
    samples = segment.samples(record.fs_hz, record.n_samples)
    signal = record.signal[LEADS.index(segment.lead), samples.start : samples.stop]
    return segment.sign * signal.astype(np.float64)


def _draw_grid(
    sheet: Sheet, origin: tuple[float, float], layout: PaperLayout, colors: Paper
) -> None:
    width, height = layout.width_mm, layout.height_mm
    for step, color, line_mm in ((1, colors.minor, _MINOR_MM), (BOX_MM, colors.major, _MAJOR_MM)):
        across, up = np.arange(0, width + 0.5, step), np.arange(0, height + 0.5, step)
        x = np.concatenate([_parted(across, across), _parted(0 * up, 0 * up + width)])
        y = np.concatenate([_parted(0 * across, 0 * across + height), _parted(up, up)])
        sheet.line(origin[0] + x, origin[1] + y, color=color, width_mm=line_mm)


def _parted(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return first, second and a gap, for each line."""
    return np.column_stack([first, second, np.full(len(first), np.nan)]).ravel()


def _draw_pulse(
    sheet: Sheet, origin: tuple[float, float], layout: PaperLayout, row_y_mm: float
) -> None:
    start, stop = layout.pulse_x_mm, layout.pulse_x_mm + layout.pulse_width_mm
    x = np.array([start - _LEAD_IN_MM, start, start, stop, stop, stop + _LEAD_IN_MM])
    y = row_y_mm + layout.gain_mm_mv * np.array([0, 0, 1, 1, 0, 0])
    sheet.line(origin[0] + x, origin[1] + y, width_mm=_TRACE_MM)


def _draw_break(sheet: Sheet, origin: tuple[float, float], segment: Segment) -> None:
    if segment.start_s > 0:
        x = origin[0] + segment.x_mm + np.zeros(5)
        y = origin[1] + segment.y_mm + np.array([2.5, 5.0, np.nan, -2.5, -5.0])
        sheet.line(x, y, width_mm=_TRACE_MM)


def _draw_name(
    sheet: Sheet,
    origin: tuple[float, float],
    layout: PaperLayout,
    segment: Segment,
    peak_mv: float,
    note: str,
) -> None:
    """Write the name and what is wrong with the lead just above the trace, within its row."""
    above = min(max(layout.gain_mm_mv * peak_mv + 1.0, 5.0), layout.row_pitch_mm / 2 - 1.5)
    x, y = origin[0] + segment.x_mm + 0.8, origin[1] + segment.y_mm + above
    sheet.text(x, y, segment.label, size_pt=_NAME_PT, bold=True, rim=True)
    if note:
        right = width_mm(segment.label, size_pt=_NAME_PT, bold=True) + 1.5
        room = segment.duration_s * layout.speed_mm_s - right - 1.5
        sheet.text(
            x + right, y, shorten(f"⚠ {note}", room, size_pt=_NOTE_PT), size_pt=_NOTE_PT, rim=True
        )


def _draw_overlay(
    sheet: Sheet, origin: tuple[float, float], layout: PaperLayout, attribution: Attribution
) -> None:
    """Fill strips in opaque colours, as a printer mixes them on white."""
    cells = overlay_cells(attribution, layout)
    x, y = cells.x_mm, cells.y_mm
    shares = np.round(cells.values / cells.limit * _LEVELS) / _LEVELS
    row, step = np.nonzero(np.nan_to_num(shares))
    boxes = np.column_stack([x[step], y[row], np.diff(x)[step] + _SEAM_MM, np.diff(y)[row]])
    boxes[:, :2] += origin
    sheet.cells(boxes, _colors_of(attribution, shares[row, step]))


def _colors_of(attribution: Attribution, shares: np.ndarray) -> NDArray[np.float64]:
    return overlay_colors(shares, signed=attribution.signed, refused=attribution.refused)


def overlay_colors(
    shares: np.ndarray, *, signed: bool, refused: bool = False
) -> NDArray[np.float64]:
    """Mix white with the colour of each share (-1 to 1 where signed, else 0 to 1), ``(n, 3)``.

    A refused map is grey.
    """
    plus, minus = ("plus", "minus") if signed else ("one", "one")
    if refused:
        plus = minus = "refused"
    ends = np.where(shares[:, None] > 0, to_rgb(_STRONGEST[plus]), to_rgb(_STRONGEST[minus]))
    weight = _DEEPEST * np.abs(shares)[:, None]
    colors: NDArray[np.float64] = 1 - weight * (1 - ends)
    return colors


def draw_overlay_scale(
    sheet: Sheet, x_mm: float, y_mm: float, attribution: Attribution, *, pointer: str
) -> None:
    """Draw the colours from the weakest to the strongest, what they mean, and where more is."""
    shares = np.linspace(-1 if attribution.signed else 0, 1, 24)
    x = x_mm + 1.5 * np.arange(len(shares))
    boxes = np.column_stack([x, 0 * x + y_mm, 0 * x + 1.5 + _SEAM_MM, 0 * x + 2.5])
    sheet.cells(boxes, _colors_of(attribution, shares))
    ends = (
        "away from MI … towards MI" if attribution.signed else "none … strongest moment of the page"
    )
    refused = "refused by its checks · " if attribution.refused else ""
    words = f"{refused}{ends} ({attribution.label}){pointer}"
    sheet.text(x[-1] + 3.0, y_mm + 0.3, words, size_pt=7, color=INK)
