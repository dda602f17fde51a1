"""Amplitudes of one lead of a median beat: Q, R, S, the ST segment and T."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecgcore.leads import LEADS
from ecgcore.signals.beats.beats import MedianBeat
from ecgcore.signals.beats.qrs_detector import without_spikes
from ecgcore.signals.measure.delineate import Fiducials
from ecgcore.signals.measure.fiducials import DOUBT
from ecgcore.signals.measure.measurements import LeadMeasured, Measured

Array = NDArray[np.float64]

LABELS = {
    "q_mv": "Q",
    "r_mv": "R",
    "s_mv": "S",
    "st_j_mv": "ST at J",
    "st_j40_mv": "ST at J+40",
    "st_j60_mv": "ST at J+60",
    "st_j80_mv": "ST at J+80",
    "t_mv": "T",
}
"""Every amplitude and how a reader calls it."""

_ST_MS = {"st_j_mv": 0.0, "st_j40_mv": 40.0, "st_j60_mv": 60.0, "st_j80_mv": 80.0}

_FLAT_MV = 0.01
_LEAST_WAVE_MV = 0.02
_LEAST_WAVE_MS = 6.0
"""Smaller deflections are no waves (CSE working party, Eur Heart J 1985;6:815-825)."""

_LARGE = 0.2

_USELESS_MV = 0.1
"""An error of 1 mm on paper takes all confidence from an amplitude."""


@dataclass(frozen=True, slots=True, eq=False)
class BeatInTime:
    """A median beat with its fiducials, read in ms relative to R.

    Attributes
    ----------
    signal
        ``(12, n)`` in mV relative to each lead's level from 16 to 4 ms before QRS.
    qrs_on_ms, j_ms
        Where QRS begins and ends.
    """

    beat: MedianBeat
    found: Fiducials
    signal: Array
    qrs_on_ms: float
    j_ms: float

    @classmethod
    def of(cls, beat: MedianBeat, found: Fiducials) -> "BeatInTime | None":
        """Set the isoelectric level just before QRS to 0; None when QRS was not found."""
        on_ms, j_ms = found.qrs_on.time_ms, found.qrs_off.time_ms
        if on_ms is None or j_ms is None:
            return None
        raw = cls(beat, found, _without_spike(beat), on_ms, j_ms)
        level = np.median(raw.between(on_ms - 16.0, on_ms - 4.0), axis=1, keepdims=True)
        return cls(beat, found, raw.signal - level, on_ms, j_ms)

    @property
    def t_on_ms(self) -> float | None:
        """Earliest start of T: as far before its peak as it ends after, 40 ms from J or later."""
        peak, off = self.found.t_peak.time_ms, self.found.t_off.time_ms
        return None if peak is None or off is None else max(self.j_ms + 40.0, 2 * peak - off)

    def between(self, first_ms: float, last_ms: float) -> Array:
        """Return ``(12, m)`` from one time to another: one sample or more, held in the beat."""
        first, last = (round(self._sample(ms)) for ms in (first_ms, last_ms))
        first = min(max(first, 0), self.signal.shape[1] - 1)
        return self.signal[:, first : max(first, last) + 1]

    def holds(self, time_ms: float) -> bool:
        """Say whether the beat reaches that far."""
        return bool(0 <= self._sample(time_ms) <= self.signal.shape[1] - 1)

    def _sample(self, time_ms: float) -> float:
        return self.beat.r_index + time_ms * self.beat.fs_hz / 1000.0


def _without_spike(beat: MedianBeat) -> Array:
    """Bridge a pacing spike, which belongs to no wave of the heart."""
    signal = beat.signal
    if beat.pacing_ms is not None:
        at = round(beat.r_index + beat.pacing_ms * beat.fs_hz / 1000.0)
        signal = without_spikes(signal, np.array([at]))
    return signal.astype(np.float64)


def is_flat(beat: MedianBeat, lead: str) -> bool:
    """Say whether a lead's median beat moves by less than 0.01 mV."""
    return bool(np.ptp(beat.signal[LEADS.index(lead)]) < _FLAT_MV)


def measure_lead(scene: BeatInTime, lead: str) -> LeadMeasured:
    """Measure one lead.

    R is the first upward deflection of a fifth or more of the largest one's height, Q the deepest
    downward one before R and S the deepest after R; R' and S' are not reported. Without an upward
    deflection the complex is QS and its depth is given as Q. A wave that is not there measures
    0 mV. The ST values are means over 8 ms; T is its largest deflection, up or down.
    """
    row = LEADS.index(lead)
    if is_flat(scene.beat, lead):
        return unmeasured_lead(lead, "the lead is flat")
    trust = _trust(scene.beat, row)
    st = [_st(scene, row, name, after, trust) for name, after in _ST_MS.items()]
    return LeadMeasured(lead, (*_qrs(scene, row, trust), *st, _t(scene, row, trust)))


def unmeasured_lead(lead: str, reason: str) -> LeadMeasured:
    """Return a lead in which nothing could be measured."""
    return LeadMeasured(lead, tuple(_amplitude(name, None, 0.0, reason) for name in LABELS))


def _amplitude(name: str, value: float | None, confidence: float, reason: str = "") -> Measured:
    return Measured(name, LABELS[name], "mV", value, confidence, reason)


def _trust(beat: MedianBeat, row: int) -> float:
    """Return 1 without noise, 0 where twice the median beat's standard error is 0.1 mV."""
    noise = 0.0 if beat.noise_mv is None else float(beat.noise_mv[row])
    return float(np.clip(1.0 - 2.0 * noise / _USELESS_MV, 0.0, 1.0))


def _qrs(scene: BeatInTime, row: int, trust: float) -> list[Measured]:
    noise = 0.0 if scene.beat.noise_mv is None else 3.0 * float(scene.beat.noise_mv[row])
    trace = scene.between(scene.qrs_on_ms, scene.j_ms)[row]
    waves = _deflections(trace, max(_LEAST_WAVE_MV, noise), scene.beat.fs_hz)
    confidence = min(trust, scene.found.qrs_on.confidence, scene.found.qrs_off.confidence)
    q, r, s = _q_r_s(waves)
    return [
        _amplitude("q_mv", q, confidence, "QS complex" if q and not r else ""),
        _amplitude("r_mv", r, confidence),
        _amplitude("s_mv", s, confidence),
    ]


def _deflections(trace: Array, least_mv: float, fs_hz: int) -> list[float]:
    """Return the peaks of the stretches of one sign that are high and long enough, in order.

    Neighbours of one sign, with only a small dip between them, are one wave.
    """
    ends = np.flatnonzero(np.diff(np.signbit(trace))) + 1
    waves: list[float] = []
    for part in np.split(trace, ends):
        peak = float(part[np.abs(part).argmax()])
        if abs(peak) < least_mv or len(part) * 1000.0 / fs_hz < _LEAST_WAVE_MS:
            continue
        if waves and (waves[-1] > 0) == (peak > 0):
            waves[-1] = max(waves[-1], peak, key=abs)
        else:
            waves.append(peak)
    return waves


def _q_r_s(waves: list[float]) -> tuple[float, float, float]:
    """Return the three amplitudes; 0 for a wave that is not there."""
    highest = max(waves, default=0.0)
    if highest <= 0.0:
        return min(waves, default=0.0), 0.0, 0.0
    at = next(at for at, peak in enumerate(waves) if peak >= _LARGE * highest)
    return min([0.0, *waves[:at]]), waves[at], min([0.0, *waves[at:]])


def _st(scene: BeatInTime, row: int, name: str, after_ms: float, trust: float) -> Measured:
    at = scene.j_ms + after_ms
    if not scene.holds(at):
        return _amplitude(name, None, 0.0, "the next beat begins before")
    value = float(scene.between(at - 4.0, at + 4.0)[row].mean())
    peak = scene.found.t_peak.time_ms
    confidence = min(trust, scene.found.qrs_off.confidence)
    late = f"J+{after_ms:g} comes after the peak of T" if peak is not None and at > peak else ""
    return _amplitude(name, value, confidence * (DOUBT if late else 1.0), late)


def _t(scene: BeatInTime, row: int, trust: float) -> Measured:
    peak, off = scene.found.t_peak, scene.found.t_off
    if off.time_ms is None or scene.t_on_ms is None:
        return _amplitude("t_mv", None, 0.0, off.reason or peak.reason)
    trace = scene.between(scene.t_on_ms, off.time_ms)[row]
    largest = float(trace[np.abs(trace).argmax()])
    return _amplitude("t_mv", largest, min(trust, peak.confidence))
