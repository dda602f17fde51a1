"""What an ECG would look like with a silent lead, another ST-T or another rate.

Nothing here is physiology to rely on: it shows what a model looks at. Waves are found by the
measurements of the unmodified recording, and levels are those just before QRS.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.interpolate import CubicSpline

from ecgcore.errors import RecordError
from ecgcore.leads import LEADS
from ecgcore.records import EcgRecord, FloatArray
from ecgcore.signals.beat_timing import Times, Timing, levels, rise, timing_of
from ecgcore.signals.measure.measurements import Measurements
from ecgcore.signals.planted import BoolArray, Plant, planted_where
from ecgcore.wording.numbers import number

ST_FACTORS = (-1.0, 3.0)
RATES_BPM = (30.0, 200.0)
MODIFIED = "modified by you"

_RAMP_UP_S, _RAMP_DOWN_S = 0.02, 0.04
_LEAST_GAP_S = 0.04
_LEAST_SHARE = 0.35
_FRIDERICIA = 1 / 3


def silence_lead(signal: FloatArray, lead: str) -> FloatArray:
    """Return ``(12, n)`` mV with one lead at 0 mV; no other lead changes.

    Raises
    ------
    RecordError
        If there is no such lead.
    """
    if lead not in LEADS:
        raise RecordError(f"{lead!r} is no lead. Choose one of {', '.join(LEADS)}.")
    silent = signal.copy()
    silent[LEADS.index(lead)] = 0
    return silent


def scale_st(signal: FloatArray, fs_hz: float, factor: float, timing: Timing) -> FloatArray:
    """Return ``(12, n)`` mV with ST and T of each beat `factor` times as far from their level.

    It begins at J and ends with T, or with what comes next, and fades in and out within 20 and
    40 ms; all else stays as it is.

    Raises
    ------
    RecordError
        If the factor is outside -1 to 3.
    """
    _check("An ST-T factor", factor, ST_FACTORS)
    times = np.arange(signal.shape[1]) / fs_hz
    first = timing.r_s + timing.qrs_off_s
    following = timing.qrs_on_s if timing.p_on_s is None else timing.p_on_s
    last = np.minimum(timing.r_s + timing.t_off_s, np.append(timing.r_s[1:], np.inf) + following)
    weight = np.zeros_like(times)
    for start, end in zip(first, last, strict=True):
        fade = rise((times - start) / _RAMP_UP_S) * rise((end - times) / _RAMP_DOWN_S)
        weight = np.maximum(weight, fade)
    above = signal - levels(signal, fs_hz, timing)
    return (signal + (factor - 1) * weight * above).astype(np.float32)


def change_rate(signal: FloatArray, fs_hz: float, rate_bpm: float, timing: Timing) -> FloatArray:
    """Return ``(12, n)`` mV of the same length at another mean rate; beats recur if they run out.

    P, PR and QRS keep their duration, QT follows the cube root of RR (Fridericia), and the pause
    between T and the next P takes the rest; where that is too short, all between QRS and P shrinks
    together. Irregular beats stay irregular.

    Raises
    ------
    RecordError
        If the rate is outside 30 to 200 bpm, or so fast that in any beat less than 35 % of the
        time between QRS and P is left; the fastest possible rate is named.
    """
    _check("A rate in bpm", rate_bpm, RATES_BPM)
    starts = timing.r_s + timing.qrs_on_s
    rr = np.diff(starts)
    ratio = 60 / rate_bpm / rr.mean()
    _check_room(rr, ratio, timing)
    times = np.arange(signal.shape[1]) / fs_hz
    level = levels(signal, fs_hz, timing)
    wave = CubicSpline(times, (signal - level).T)
    source = _source_times(times, starts, [_knots(one, ratio, timing) for one in rr])
    changed: FloatArray = (wave(np.clip(source, 0, times[-1])).T + level).astype(np.float32)
    return changed


def _check(what: str, value: float, limits: tuple[float, float]) -> None:
    low, high = limits
    if not low <= value <= high:
        raise RecordError(
            f"{what} of {number(value, 1)} is not possible. Choose {number(low)} to {number(high)}."
        )


def _check_room(rr: Times, ratio: float, timing: Timing) -> None:
    kept = _kept_s(timing)
    most = float((rr / (kept + _LEAST_SHARE * (rr - kept))).min())
    if (rr <= kept).any() or 1 / ratio > most:
        fastest = math.floor(60 / rr.mean() * max(most, 1.0))
        raise RecordError(
            f"At {60 / rr.mean() / ratio:.0f} bpm there is no room left between QRS and P. "
            f"At most {fastest} bpm can be shown."
        )


def _kept_s(timing: Timing) -> float:
    """Return how much of a beat keeps its duration: QRS, and PR where there is a P wave."""
    first = timing.qrs_on_s if timing.p_on_s is None else timing.p_on_s
    return timing.qrs_off_s - first


def _knots(rr: float, ratio: float, timing: Timing) -> tuple[list[float], list[float]]:
    """Return moments of a beat after its QRS onset, now and at the other rate, in s."""
    qrs, qt = timing.qrs_off_s - timing.qrs_on_s, timing.t_off_s - timing.qrs_on_s
    pr = 0.0 if timing.p_on_s is None else timing.qrs_on_s - timing.p_on_s
    old, new = [0.0, qrs, rr - pr], [0.0, qrs, ratio * rr - pr]
    new_qt = qt * ratio**_FRIDERICIA
    if rr - pr - qt >= _LEAST_GAP_S and ratio * rr - pr - new_qt >= _LEAST_GAP_S:
        old.insert(2, qt)
        new.insert(2, new_qt)
    return (old, new) if pr == 0 else ([*old, rr], [*new, ratio * rr])


def _source_times(
    times: Times, starts: Times, knots: list[tuple[list[float], list[float]]]
) -> Times:
    """Return for each moment the moment of the recording that it shows."""
    lengths = np.array([new[-1] for _, new in knots])
    n_before = math.ceil(starts[0] / lengths.min()) + 1
    n_after = math.ceil(times[-1] / lengths.min()) + 1
    order = np.arange(-n_before, n_after) % len(knots)
    edges = np.append(0.0, np.cumsum(lengths[order]))
    edges += starts[0] - edges[n_before]
    source = np.empty_like(times)
    for k, beat in enumerate(order):
        here = (times >= edges[k]) & (times < edges[k + 1])
        old, new = knots[beat]
        source[here] = starts[beat] + np.interp(times[here] - edges[k], new, old)
    return source


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Changes to make to an ECG; none by default.

    Attributes
    ----------
    silent_lead
        "" for none.
    st_factor
        1 leaves ST and T as they are.
    rate_bpm
        None leaves the rate as it is.
    plant
        Evidence that is planted before the rate is changed.
    """

    silent_lead: str = ""
    st_factor: float = 1.0
    rate_bpm: float | None = None
    plant: Plant | None = None

    @property
    def words(self) -> str:
        """What is changed, "" where nothing is."""
        said = [
            f"{self.silent_lead} silent" if self.silent_lead else "",
            f"ST-T × {number(self.st_factor, 2).rstrip('0').rstrip('.')}"
            if self.st_factor != 1
            else "",
            f"rate {self.rate_bpm:.0f} bpm" if self.rate_bpm is not None else "",
            self.plant.words if self.plant is not None else "",
        ]
        return " · ".join(filter(None, said))

    def apply(self, record: EcgRecord, measurements: Measurements) -> EcgRecord:
        """Return the modified recording, whose source says so.

        Raises
        ------
        RecordError
            If a wave that is needed was not found, or a change is impossible.
        """
        signal = record.signal
        if self.st_factor != 1:
            signal = scale_st(signal, record.fs_hz, self.st_factor, timing_of(measurements))
        if self.plant is not None:
            signal = self.plant.apply(signal, record.fs_hz, timing_of(measurements))
        if self.rate_bpm is not None:
            signal = change_rate(signal, record.fs_hz, self.rate_bpm, timing_of(measurements))
        if self.silent_lead:
            signal = silence_lead(signal, self.silent_lead)
        return replace(record, signal=signal, source=f"{record.source}, {MODIFIED}")

    def planted_where(self, record: EcgRecord, measurements: Measurements) -> BoolArray | None:
        """Return ``(12, n)``: where the evidence lies in the modified recording; None without.

        Raises
        ------
        RecordError
            If a wave that is needed was not found, or a change is impossible.
        """
        if self.plant is None:
            return None
        without = replace(self, plant=None).apply(record, measurements).signal
        return planted_where(without, self.apply(record, measurements).signal)
