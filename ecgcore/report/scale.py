"""The scale of a printed report, read back from the PDF's own coordinates."""

import re
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import RecordError

Points = NDArray[np.float64]

_MM_PER_PT = 25.4 / 72
_PULSE_S, _PULSE_MV = 0.2, 1.0
_MANY_LINES, _MANY_POINTS = 100, 100
_TOKEN = re.compile(rb"\((?:\\.|[^\\)])*\)|\[[^\]]*\]|<[0-9a-fA-F]*>|[^\s\[\]()<>]+")
_NOMINAL = re.compile(rb"([\d.]+) mm/s, ([\d.]+) mm/mV, (\d+) Hz")


@dataclass(frozen=True, slots=True)
class ScaleCheck:
    """How far the first page of a report is from true scale.

    Attributes
    ----------
    mm_per_s, mm_per_mv
        From the calibration pulses: the one that is furthest off.
    trace_mm_per_s
        From the distance of samples in the traces: the one that is furthest off.
    grid_mm
        Smallest and largest distance of neighbouring lines of the fine grid.
    error_percent
        Largest deviation of all of these from what the report says of itself.
    """

    page_mm: tuple[float, float]
    nominal_mm_per_s: float
    nominal_mm_per_mv: float
    mm_per_s: float
    mm_per_mv: float
    trace_mm_per_s: float
    grid_mm: tuple[float, float]
    n_pulses: int
    n_traces: int
    error_percent: float


def scale_check(pdf: bytes) -> ScaleCheck:
    """Measure pulses, grid and traces on the first page of a report.

    Raises
    ------
    RecordError
        If the file is not a report made here.
    """
    nominal = _NOMINAL.search(pdf)
    if nominal is None:
        raise RecordError("This PDF is no ECG report of this project; it names no paper speed.")
    speed, gain, fs_hz = (float(value) for value in nominal.groups())
    page_mm, strokes = _first_page(pdf)
    pulses = [stroke for stroke in strokes if _is_pulse(stroke)]
    traces = [stroke for stroke in strokes if len(stroke) == 1 and len(stroke[0]) > _MANY_POINTS]
    grid = np.concatenate([_grid_steps(stroke, axis) for stroke in strokes for axis in (0, 1)])
    if not (pulses and traces and grid.size):
        raise RecordError("The first page has no calibration pulse, no trace or no grid.")
    seconds = np.array([np.ptp(p[0][1:5, 0]) for p in pulses]) / _PULSE_S
    millivolts = np.array([np.ptp(p[0][:, 1]) for p in pulses]) / _PULSE_MV
    steps = np.concatenate([np.diff(trace[0][:, 0]) for trace in traces]) * fs_hz
    found = [_worst(seconds, speed), _worst(millivolts, gain), _worst(steps, speed)]
    errors = [
        *(abs(f / n - 1) for f, n in zip(found, (speed, gain, speed), strict=True)),
        *abs(np.array([grid.min(), grid.max()]) - 1),
    ]
    return ScaleCheck(
        page_mm=page_mm,
        nominal_mm_per_s=speed,
        nominal_mm_per_mv=gain,
        mm_per_s=found[0],
        mm_per_mv=found[1],
        trace_mm_per_s=found[2],
        grid_mm=(float(grid.min()), float(grid.max())),
        n_pulses=len(pulses),
        n_traces=len(traces),
        error_percent=100 * float(max(errors)),
    )


def _worst(values: Points, nominal: float) -> float:
    return float(values[np.argmax(np.abs(values - nominal))])


def _is_pulse(stroke: list[Points]) -> bool:
    """Recognise along, up, along, down, along."""
    if len(stroke) != 1 or len(stroke[0]) != 6:
        return False
    along, up = np.diff(stroke[0], axis=0).T
    along_only = (along > 1e-6) & (np.abs(up) < 1e-6)
    return bool((along_only == [1, 0, 1, 0, 1]).all() and np.abs(along[[1, 3]]).max() < 1e-6)


def _grid_steps(stroke: list[Points], axis: int) -> Points:
    """Distances of the parallel lines that stand on `axis`, where a stroke is the fine grid."""
    if len(stroke) < _MANY_LINES or {len(part) for part in stroke} != {2}:
        return np.empty(0)
    lines = np.array(stroke)
    across = np.ptp(lines[:, :, axis], axis=1) < 1e-6
    return np.diff(np.unique(np.round(lines[across, 0, axis], 6)))


def _first_page(pdf: bytes) -> tuple[tuple[float, float], list[list[Points]]]:
    """Return width and height in mm, and every stroked path as parts ``(n, 2)`` in mm."""
    page = re.search(rb"/Type /Page\s.*?/MediaBox \[([^\]]+)\].*?/Contents (\d+) 0 R", pdf, re.S)
    if page is None:
        raise RecordError("This PDF has no page that can be read.")
    left, bottom, right, top = (float(value) * _MM_PER_PT for value in page[1].split())
    body = pdf[pdf.index(b"\n%d 0 obj" % int(page[2])) :]
    header, stream = body.split(b"stream\n", 1)
    if b"/FlateDecode" in header:
        content = zlib.decompressobj().decompress(stream)
    else:
        content = stream.split(b"\nendstream", 1)[0]
    return (right - left, top - bottom), _strokes(content)


def _strokes(content: bytes) -> list[list[Points]]:
    """Follow a content stream's path operators (ISO 32000-1, 8.4.4 and 8.5)."""
    numbers: list[float] = []
    state, stack = np.eye(3), []
    parts: list[list[tuple[float, float]]] = []
    strokes: list[list[Points]] = []
    for token in _TOKEN.findall(content):
        if _is_number(token):
            numbers.append(float(token))
            continue
        if token == b"q":
            stack.append(state)
        elif token == b"Q":
            state = stack.pop()
        elif token == b"cm":
            a, b, c, d, e, f = numbers[-6:]
            state = np.array([[a, b, 0], [c, d, 0], [e, f, 1]]) @ state
        elif token == b"m":
            parts.append([(numbers[-2], numbers[-1])])
        elif token == b"l":
            parts[-1].append((numbers[-2], numbers[-1]))
        elif token in (b"S", b"s", b"f", b"B", b"b", b"n"):
            if token in (b"S", b"s"):
                strokes.append([_in_mm(part, state) for part in parts])
            parts = []
        numbers.clear()
    return strokes


def _in_mm(part: list[tuple[float, float]], state: Points) -> Points:
    points = np.column_stack([np.array(part), np.ones(len(part))])
    placed: Points = (points @ state)[:, :2] * _MM_PER_PT
    return placed


def _is_number(token: bytes) -> bool:
    return token[:1] in b"+-.0123456789"
