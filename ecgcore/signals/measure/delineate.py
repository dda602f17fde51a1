"""Global onsets and offsets of P, QRS and T in a median beat.

One idea for every wave: the *speed* of the heart's signal, the mean over the leads of how fast each
one changes. Waves are humps of speed; they begin and end where the speed has sunk to a part of
the hump's height above the quiet level. As the mean over leads it does not depend on polarity.

A hump is a P wave only when one half of the beats has it as the other half does; waves that make an
interval hardly any heart has are kept, but doubted.

Globally a wave begins when it has begun in three leads, and lasts as long as in three: the rule
by which `ecgcore.bench.delineation.fusion` reads the cardiologists' marks. The limits of
`_QRS_ON`, `_QRS_OFF`,
`_P_ON`, `_P_OFF` and `_T_OFF`, and the shift from where the mean speed crosses them, were set on
LUDB records 1-60 (Kalyakulina et al., IEEE Access 2020); records 61-100 were looked at while the
method was made, so they are no unseen test.
"""

from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ecgcore.signals.beats.beats import MedianBeat
from ecgcore.signals.beats.qrs_detector import Array, without_spikes
from ecgcore.signals.measure.fiducials import DOUBT, Fiducial, Fiducials, with_doubts
from ecgcore.signals.measure.flutter import Rest, repeats

__all__ = ["Fiducial", "Fiducials", "delineate"]


class _Edge(NamedTuple):
    """Rule for the end of a hump of speed.

    At a share of its height, or at a valley between two humps that is lower than `valley` of its
    height; then shifted by the difference of the definitions.
    """

    share: float
    shift_ms: float
    valley: float = 0.0


_QRS_ON = _Edge(0.08, -5.5)
_QRS_OFF = _Edge(0.045, -7.5)
_P_ON = _Edge(0.20, 0.0, 0.4)
_P_OFF = _Edge(0.18, -6.5, 0.4)
_T_OFF = _Edge(0.25, 1.0, 0.35)

_QRS_SMOOTH_MS, _P_SMOOTH_MS, _T_SMOOTH_MS = 12.0, 8.0, 16.0
_P_HUMP, _P_TALL_HUMP, _T_HUMP = 0.35, 0.6, 0.5
"""Least height of a hump of a wave in parts of its largest; of P, if that makes it too long."""

_LATE_QRS = 0.35
"""Slope in parts of a lead's peak that is still QRS when three leads reach it: an R' of right
bundle branch block stands in few leads, so that the mean speed may sink before it."""

_LATE_QRS_RR = 0.18
"""At fast rates, what comes later than this part of RR may be a T or a flutter wave."""

_LEAST_QRS_MV_S = 1.0
"""Least mean speed of a QRS complex, in mV/s."""

_STANDS_OUT = 3.0
"""Least size of a wave in standard errors of the median beat, root mean square over the leads."""

_RETURNS, _RETURNS_WELL = 0.6, 0.8
"""Least correlation of a P wave in one half of the beats with that in the other half; in an
irregular or paced rhythm. In PTB-XL it is over 0.9 in nine of ten normal records with a P wave, and
under 0.55 in nine of ten with atrial fibrillation."""

_LATE_T = 0.8
"""Least height of a hump later than usual for T, in parts of the largest: less may be a U wave."""

_P_REACH_MS, _T_REACH_MS = 130.0, 260.0
"""No hump farther than this from the largest belongs to the same wave."""

_ST_MS = 75.0
"""Within this time of the last fast part of QRS the ST segment is reached: the slowest part."""

_SHORTEST_P_MS, _LONG_P_MS, _LONGEST_P_MS = 40.0, 170.0, 210.0
_RECOUNTED = 0.6
"""Confidence in a P wave whose smaller humps were left out."""

_UNBOUNDED_MS = 20.0
"""In an irregular or paced rhythm a wave this near to the start of the search is the T before."""

_LEAST_ERROR_MV = 0.001

_UNEVEN, _IRREGULAR = 0.05, 0.1
"""Change from one RR interval to the next, in parts of RR, from which a rhythm is not quite even,
and from which it is irregular."""

_STILL_T = 0.7
"""Amplitude in parts of the largest that a later hump of the same T wave reaches."""

_UNFALLEN = 0.6
"""Amplitude in parts of T's peak at which T has not yet ended."""

_NEAR_MS, _SHORT_P_MS = 80.0, 60.0
"""So near to QRS a wave so short belongs to QRS."""


def delineate(beat: MedianBeat, rr_ms: float) -> Fiducials:
    """Find the global onsets and offsets in a median beat.

    Parameters
    ----------
    beat
        From `ecgcore.signals.beats.beats.median_beat`.
    rr_ms
        Usual RR interval; it bounds the search for T and P.

    Returns
    -------
    Fiducials
        Times relative to R; each without a time carries the reason.
    """
    scene = _Scene(beat, rr_ms)
    qrs = _qrs(scene)
    if qrs is None:
        return Fiducials(*_lost(7, "no QRS complex stands out of the noise"))
    t_peak, t_off = _t_wave(scene, qrs)
    p_on, p_peak, p_off = _p_wave(scene, qrs, t_off)
    found = Fiducials(p_on, p_peak, p_off, *qrs, t_peak, t_off)
    return with_doubts(found, rr_ms, beat.n_beats)


class _Scene:
    """A median beat with its speed at each smoothing, in samples and in ms from R."""

    def __init__(self, beat: MedianBeat, rr_ms: float) -> None:
        self.beat = beat
        self.rr_ms = rr_ms
        self.ms = 1000.0 / beat.fs_hz
        signal = beat.signal
        if beat.pacing_ms is not None:
            signal = without_spikes(signal, np.array([self.at(beat.pacing_ms)]))
        self.signal = signal.astype(np.float64)
        self.error_mv = _error_mv(beat)
        self.weight = np.minimum(1.0, 1.5 * np.median(self.error_mv) / self.error_mv)

    def at(self, time_ms: float) -> int:
        """Return the sample of a time, held inside the beat."""
        sample = self.beat.r_index + round(time_ms / self.ms)
        return int(np.clip(sample, 0, self.beat.signal.shape[1] - 1))

    def time_ms(self, sample: float) -> float:
        """Return a sample's time from R."""
        return (sample - self.beat.r_index) * self.ms

    def smooth(self, width_ms: float) -> Array:
        """Return the leads smoothed with a bell of this standard deviation."""
        return np.asarray(gaussian_filter1d(self.signal, width_ms / self.ms, axis=1))

    def speed(self, width_ms: float) -> Array:
        """Return the mean over leads of |slope|, ``(n,)`` in mV/s; noisy leads count less."""
        return np.asarray(self.weight @ self._slopes(width_ms) / self.weight.sum())

    def share_of_peak(self, width_ms: float, low: int, high: int) -> Array:
        """Return |slope| in parts of the lead's peak, third largest over leads, in a window."""
        slopes = self._slopes(width_ms)[:, low : high + 1]
        peaks = slopes.max(axis=1)
        shares = slopes / np.maximum(peaks, 0.25 * np.median(peaks) + 1e-9)[:, None]
        return np.asarray(np.sort(shares, axis=0)[-3])

    def _slopes(self, width_ms: float) -> Array:
        return np.abs(np.gradient(self.smooth(width_ms), axis=1)) * self.beat.fs_hz


def _error_mv(beat: MedianBeat) -> Array:
    """Return the standard error of each lead, at least 1 uV (the resolution of most recorders)."""
    noise = np.zeros(len(beat.signal)) if beat.noise_mv is None else beat.noise_mv
    return np.maximum(np.asarray(noise, dtype=np.float64), _LEAST_ERROR_MV)


def _lost(count: int, reason: str) -> tuple[Fiducial, ...]:
    return (Fiducial(None, 0.0, reason),) * count


def _doubted(size: float, *found: Fiducial) -> tuple[Fiducial, ...]:
    """Lower the confidence of a wave that hardly stands out of the noise, and say so."""
    factor = float(np.clip(size / 8.0, 0.3, 1.0))
    reason = "small against the noise" if factor < 0.7 else ""
    return tuple(point.doubted(factor, reason) for point in found)


def _edge(
    scene: _Scene, speed: Array, hump: int, stop: int, edge: _Edge, top: float | None = None
) -> Fiducial:
    """Return where a hump of speed ends on the way from its peak to `stop`.

    The limit is a share of the way from the quietest sample up to `top` (the hump's own height if
    not given). The confidence falls with the distance between the ends at 2/3 and 3/2 of the share.
    """
    step = 1 if stop > hump else -1
    path = speed[hump : stop + step : step] if stop + step >= 0 else speed[hump::-1]
    height = float(path[0]) if top is None else top
    quiet = float(path.min())
    found = [
        hump
        + step * _way(path, quiet + edge.share * factor * (height - quiet), edge.valley * height)
        for factor in (2 / 3, 1.0, 1.5)
    ]
    spread = abs(scene.time_ms(found[2]) - scene.time_ms(found[0]))
    confidence = float(np.clip(1.2 - spread / 60.0, 0.1, 1.0))
    return Fiducial(scene.time_ms(found[1]) + edge.shift_ms, confidence)


def _way(path: Array, limit: float, valley: float) -> float:
    """Return the number of samples until the path sinks to the limit, or rises from a valley."""
    low = path <= limit
    low[:-1] |= (path[:-1] < valley) & (path[1:] > path[:-1])
    if not low.any():
        return float(path.size - 1)
    i = int(low.argmax())
    if i == 0 or path[i] > limit:
        return float(i)
    return i - float((limit - path[i]) / max(path[i - 1] - path[i], 1e-12))


def _qrs(scene: _Scene) -> tuple[Fiducial, Fiducial] | None:
    speed = scene.speed(_QRS_SMOOTH_MS)
    low, high = scene.at(-120), scene.at(120)
    core = speed[low : high + 1]
    top = float(core.max())
    if top < _LEAST_QRS_MV_S:
        return None
    fast = np.flatnonzero(core > 0.3 * top) + low
    on = _edge(scene, speed, int(fast[0]), scene.at(-170), _QRS_ON, top)
    latest = scene.at(min(120.0, _LATE_QRS_RR * scene.rr_ms))
    late = np.flatnonzero(scene.share_of_peak(_QRS_SMOOTH_MS, low, latest) > _LATE_QRS) + low
    last = int(max([*fast[-1:], *late[-1:]]))
    quietest = last + int(speed[last : last + round(_ST_MS / scene.ms)].argmin())
    off = _edge(scene, speed, last, quietest, _QRS_OFF, top)
    spike = scene.beat.pacing_ms
    if spike is not None and on.time_ms is not None and -60 < spike - on.time_ms < 40:
        on = Fiducial(spike, on.confidence, "from the pacing spike")
    return on, off


def _humps(speed: Array, low: int, high: int, share: float, reach: float) -> tuple[int, int] | None:
    """Return the first and last peak of speed that reach a share of the largest."""
    inner = speed[low : high + 1]
    rising = np.r_[False, inner[1:-1] >= inner[:-2], False]
    falling = np.r_[False, inner[1:-1] > inner[2:], False]
    peaks = np.flatnonzero(rising & falling)
    if not peaks.size:
        return None
    largest = peaks[inner[peaks].argmax()]
    tall = peaks[(inner[peaks] >= share * inner[largest]) & (np.abs(peaks - largest) <= reach)]
    return low + int(tall[0]), low + int(tall[-1])


def _t_wave(scene: _Scene, qrs: tuple[Fiducial, Fiducial]) -> tuple[Fiducial, ...]:
    rr = scene.rr_ms
    j_ms = qrs[1].time_ms or 60.0
    cube_root = (rr / 1000.0) ** (1 / 3)
    latest = min(max(rr - 240.0, min(0.66 * rr, 300.0)), 560.0 * cube_root)
    next_p = max(rr + _likely_p_on_ms(scene, qrs[0].time_ms or -40.0), 360.0 * cube_root)
    low, high = scene.at(j_ms + 40), scene.at(min(latest, next_p - 20.0))
    usual, end = scene.at(440.0 * cube_root), scene.at(min(latest + 120.0, next_p + 20.0))
    if high - low < 20:
        return _lost(2, "no room between QRS and the next beat to find a T wave")
    speed = scene.speed(_T_SMOOTH_MS)
    humps = _humps(speed, low, high, _T_HUMP, _T_REACH_MS / scene.ms)
    if humps is not None and speed[usual:high].max(initial=0.0) < _LATE_T * speed[low:high].max():
        humps = _humps(speed, low, min(usual, high), _T_HUMP, _T_REACH_MS / scene.ms)
    size = _stands_out(scene, low, end)
    if humps is None or size < _STANDS_OUT:
        return _lost(2, "no T wave stands out of the noise")
    wave = np.sqrt((scene.smooth(_T_SMOOTH_MS) ** 2).mean(axis=0))
    last = _falling(wave, speed, (low, humps[1], high, max(end, high)))
    off = _edge(scene, speed, last, max(end, high), _T_OFF)
    peak = low + int(wave[low : last + 1].argmax())
    if wave[scene.at(off.time_ms or 0.0)] > _UNFALLEN * wave[peak]:
        off = off.doubted(DOUBT, "doubtful: T runs into what follows it")
    return _doubted(size, Fiducial(scene.time_ms(peak), off.confidence), off)


def _falling(wave: Array, speed: Array, window: tuple[int, int, int, int]) -> int:
    """Return the hump of speed on T's fall: the last one found, unless T still rises there."""
    low, last, high, end = window
    top = last + int(wave[last : high + 1].argmax())
    if top == last or wave[top] < _STILL_T * wave[low : high + 1].max():
        return last
    valley = top + int(wave[top : end + 1].argmin())
    return top + int(speed[top : valley + 1].argmax())


def _likely_p_on_ms(scene: _Scene, on_ms: float) -> float:
    """Return where a P wave of usual PR interval begins, or the QRS onset if none does."""
    low, high = scene.at(on_ms - 200.0), scene.at(on_ms - 6.0)
    speed = scene.speed(_P_SMOOTH_MS)
    humps = _humps(speed, low, high, _P_HUMP, _P_REACH_MS / scene.ms) if high - low > 25 else None
    if humps is None or _stands_out(scene, low, high) < _STANDS_OUT:
        return on_ms
    return _edge(scene, speed, humps[0], low, _P_ON).time_ms or on_ms


def _p_wave(scene: _Scene, qrs: tuple[Fiducial, Fiducial], t_off: Fiducial) -> tuple[Fiducial, ...]:
    on_ms = qrs[0].time_ms or -40.0
    previous_t = (t_off.time_ms or 0.4 * scene.rr_ms) - scene.rr_ms + 30.0
    low, high = scene.at(max(previous_t, on_ms - 350.0)), scene.at(on_ms - 6.0)
    if high - low < 25:
        return _lost(3, "no room between T and QRS to find a P wave")
    size = _stands_out(scene, low, high)
    ends = _p_ends(scene, low, high)
    if ends is None or size < _STANDS_OUT:
        return _lost(3, _why_no_p(scene))
    on, peak, off = ends
    odd = scene.beat.rr_irregularity > _IRREGULAR or scene.beat.pacing_ms is not None
    uneven = odd or scene.beat.rr_irregularity > _UNEVEN
    if uneven and (on.time_ms or 0.0) - scene.time_ms(low) < _UNBOUNDED_MS:
        return _lost(3, _why_no_p(scene))
    span_ms = _span_ms(on, off)
    if span_ms < _SHORT_P_MS and on_ms - (on.time_ms or 0.0) < _NEAR_MS:
        return _lost(3, "what precedes QRS is too short and too near to it for a P wave")
    if not _SHORTEST_P_MS <= span_ms <= _LONGEST_P_MS:
        length = "short" if span_ms < _SHORTEST_P_MS else "long"
        return _lost(3, f"what precedes QRS is too {length} for a P wave ({span_ms:.0f} ms)")
    if _returns(scene, on, off) < (_RETURNS_WELL if odd else _RETURNS):
        return _lost(3, _why_no_p(scene))
    usual_t = 440.0 * (scene.rr_ms / 1000.0) ** (1 / 3) - scene.rr_ms + 30.0
    rest = Rest(min(previous_t, usual_t) - 20.0, (qrs[1].time_ms or 60.0) + 5.0, scene.rr_ms)
    wave_ms = (on.time_ms or 0.0) - 10.0, (off.time_ms or 0.0) + 10.0
    if repeats(scene.smooth(_P_SMOOTH_MS), scene.at, wave_ms, rest):
        return _lost(3, "the atrial wave repeats, as in flutter")
    return _doubted(size, on, peak, off)


def _p_ends(scene: _Scene, low: int, high: int) -> tuple[Fiducial, ...] | None:
    """Return onset, peak and end of P; only from the tallest humps where all would be too long."""
    found = _between_humps(scene, low, high, _P_HUMP)
    if found is None or _span_ms(found[0], found[-1]) <= _LONG_P_MS:
        return found
    tall = _between_humps(scene, low, high, _P_TALL_HUMP) or found
    return tuple(point.doubted(_RECOUNTED, "P is hard to tell from noise") for point in tall)


def _between_humps(
    scene: _Scene, low: int, high: int, share: float
) -> tuple[Fiducial, Fiducial, Fiducial] | None:
    speed = scene.speed(_P_SMOOTH_MS)
    humps = _humps(speed, low, high, share, _P_REACH_MS / scene.ms)
    if humps is None:
        return None
    on, off = (
        _edge(scene, speed, humps[0], low, _P_ON),
        _edge(scene, speed, humps[1], high, _P_OFF),
    )
    wave = np.sqrt((scene.smooth(_P_SMOOTH_MS) ** 2).mean(axis=0))
    peak = humps[0] + int(wave[humps[0] : humps[1] + 1].argmax())
    return on, Fiducial(scene.time_ms(peak), on.confidence), off


def _span_ms(on: Fiducial, off: Fiducial) -> float:
    return (off.time_ms or 0.0) - (on.time_ms or 0.0)


def _stands_out(scene: _Scene, low: int, high: int) -> float:
    """Return the size of what lies in a window in standard errors, root mean square over leads."""
    window = _above_line(scene.smooth(_P_SMOOTH_MS)[:, low:high])
    ratio = np.minimum(np.abs(window).max(axis=1) / scene.error_mv, 30.0)
    return float(np.sqrt(np.mean(ratio**2)))


def _returns(scene: _Scene, on: Fiducial, off: Fiducial) -> float:
    """Return the correlation of a wave between the halves of the beats; 1 when they are unknown."""
    if scene.beat.halves is None or on.time_ms is None or off.time_ms is None:
        return 1.0
    window = slice(scene.at(on.time_ms - 10.0), scene.at(off.time_ms + 10.0))
    smooth = gaussian_filter1d(scene.beat.halves, _P_SMOOTH_MS / scene.ms, axis=2)
    one, other = (_above_line(half[:, window].astype(np.float64)) for half in smooth)
    size = np.linalg.norm(one) * np.linalg.norm(other)
    return float((one * other).sum() / max(size, 1e-12))


def _above_line(window: Array) -> Array:
    """Take off the straight line from the first to the last five samples of each lead."""
    share = np.linspace(0, 1, window.shape[1])
    line = np.outer(window[:, :5].mean(axis=1), 1 - share)
    return np.asarray(window - line - np.outer(window[:, -5:].mean(axis=1), share))


def _why_no_p(scene: _Scene) -> str:
    if scene.beat.rr_irregularity > _IRREGULAR:
        return "no P wave and an irregular rhythm, as in atrial fibrillation"
    if scene.beat.pacing_ms is not None:
        return "ventricular pacing without a P wave before it"
    return "no P wave that returns with each beat stands out of the noise"
