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

WAVES = ("P", "QRS", "ST", "T")
"""P with the PR segment, QRS, ST up to where T begins, and T."""

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
    p_on_s, t_peak_s
        The same; None where there is no P wave, or no peak of T was found.
    """

    r_s: Times
    qrs_on_s: float
    qrs_off_s: float
    t_off_s: float
    p_on_s: float | None = None
    t_peak_s: float | None = None

    @property
    def t_on_s(self) -> float:
        """Where ST passes into T: half way from J to the peak of T, else to the end of T."""
        peak_s = self.t_off_s if self.t_peak_s is None else self.t_peak_s
        return (self.qrs_off_s + min(max(peak_s, self.qrs_off_s), self.t_off_s)) / 2

    @property
    def waves_s(self) -> dict[str, tuple[float, float]]:
        """First and last moment of each of `WAVES` relative to R; without P where there is none."""
        p_on_s = self.qrs_on_s if self.p_on_s is None else self.p_on_s
        return {
            "P": (p_on_s, self.qrs_on_s),
            "QRS": (self.qrs_on_s, self.qrs_off_s),
            "ST": (self.qrs_off_s, self.t_on_s),
            "T": (self.t_on_s, self.t_off_s),
        }


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
    qrs_on, qrs_off, t_off = (found[name] / 1000 for name in _POINTS)
    p_on, t_peak = marks.p_on.time_ms, marks.t_peak.time_ms
    return Timing(
        r_s,
        qrs_on,
        qrs_off,
        t_off,
        None if p_on is None else p_on / 1000,
        None if t_peak is None else t_peak / 1000,
    )


def wave_of(timing: Timing, times_s: Times) -> NDArray[np.int64]:
    """Return which of `WAVES` each moment lies in, ``(n,)``; `len(WAVES)` between beats.

    Where beats follow so closely that waves overlap, QRS goes before ST, T and P.
    """
    waves = np.full(times_s.size, len(WAVES))
    since_r = times_s[:, None] - timing.r_s
    for name in ("P", "T", "ST", "QRS"):
        first, last = timing.waves_s[name]
        waves[((since_r >= first) & (since_r < last)).any(axis=1)] = WAVES.index(name)
    return waves


def beat_of(timing: Timing, times_s: Times) -> NDArray[np.int64]:
    """Return the index of the beat each moment belongs to, ``(n,)``: the one with the nearest R."""
    middles = (timing.r_s[1:] + timing.r_s[:-1]) / 2
    beats: NDArray[np.int64] = np.searchsorted(middles, times_s, side="right")
    return beats


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
