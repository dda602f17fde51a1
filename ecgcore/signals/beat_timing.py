"""Where the waves of each beat lie, by the measurements, for all that changes or counts waves."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import RecordError
from ecgcore.records import FloatArray
from ecgcore.signals.measure.measurements import Measurements

_LEAST_BEATS = 3
_LEVEL_S = 0.02
_POINTS = {"qrs_on": "the start of QRS", "qrs_off": "the end of QRS", "t_off": "the end of T"}

Times = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Timing:
    """Where the waves of each beat lie.

    Attributes
    ----------
    r_s
        ``(n_beats,)`` times of the R peaks in s.
    qrs_on_s, qrs_off_s, t_off_s
        Relative to R, in s.
    p_on_s
        The same; None where there is no P wave.
    """

    r_s: Times
    qrs_on_s: float
    qrs_off_s: float
    t_off_s: float
    p_on_s: float | None = None


def timing_of(measurements: Measurements) -> Timing:
    """Take the timing from the measurements.

    Raises
    ------
    RecordError
        If a point that is needed was not found, or fewer than three beats.
    """
    marks, r_s = measurements.fiducials, measurements.beats.r_s
    if marks is None or len(r_s) < _LEAST_BEATS:
        raise RecordError(
            f"ST and rate can be changed from {_LEAST_BEATS} beats on; {len(r_s)} were found."
        )
    found = {name: getattr(marks, name).time_ms for name in _POINTS}
    for name, time_ms in found.items():
        if time_ms is None:
            raise RecordError(f"ST and rate cannot be changed: {_POINTS[name]} was not found.")
    p_on = marks.p_on.time_ms
    qrs_on, qrs_off, t_off = (found[name] / 1000 for name in _POINTS)
    return Timing(r_s, qrs_on, qrs_off, t_off, None if p_on is None else p_on / 1000)


def levels(signal: FloatArray, fs_hz: float, timing: Timing) -> NDArray[np.float64]:
    """Return the level just before each QRS, and straight lines between, ``(12, n)`` mV."""
    times = np.arange(signal.shape[1]) / fs_hz
    onsets = timing.r_s + timing.qrs_on_s
    near = [(times > at - _LEVEL_S - 1e-9) & (times <= at + 1e-9) for at in onsets]
    seen = [
        (at, signal[:, here].mean(axis=1))
        for at, here in zip(onsets, near, strict=True)
        if here.any()
    ]
    at, levels = np.array([at for at, _ in seen]), np.array([level for _, level in seen])
    return np.array([np.interp(times, at, lead) for lead in levels.T])


def rise(share: Times) -> Times:
    """Rise from 0 at 0 to 1 at 1 without a corner."""
    risen: Times = 0.5 - 0.5 * np.cos(np.pi * np.clip(share, 0, 1))
    return risen
