"""Global onsets and offsets of P, QRS and T in a median beat.

One idea for every wave: the *speed* of the heart's signal, the mean over the leads of how fast each
one changes. Waves are humps of speed; they begin and end where the speed has sunk to a part of
the hump's height above the quiet level. As the mean over leads it does not depend on polarity.

A hump is a P wave only when one half of the beats has it as the other half does; waves that make an
interval hardly any heart has are kept, but doubted.

QRS duration runs between other ends than PR and QT: those of half of the leads
(`ecgcore.bench.delineation.fusion.HALF_OF_LEADS` says why).

Globally a wave begins when it has begun in three leads, and lasts as long as in three: the rule
by which `ecgcore.bench.delineation.fusion` reads the cardiologists' marks. The limits of
`_QRS_ON`, `_QRS_OFF`, `_P_ON` and `_P_OFF`, and the shift from where the mean speed crosses them,
were set on LUDB records 1-60 (Kalyakulina et al., IEEE Access 2020). Which hump ends T is a matter
of its own: `ecgcore.signals.measure.t_wave`.
"""

from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ecgcore.signals.beats.beats import MedianBeat
from ecgcore.signals.beats.qrs_detector import Array
from ecgcore.signals.measure.fiducials import DOUBT, Fiducial, Fiducials, with_doubts
from ecgcore.signals.measure.flutter import Rest, repeats
from ecgcore.signals.measure.scene import (
    P_SMOOTH_MS,
    STANDS_OUT,
    Edge,
    Scene,
    above_line,
    doubted_if_small,
    edge,
    lost,
    outer_humps,
    stands_out,
)
from ecgcore.signals.measure.t_wave import t_wave

__all__ = ["Fiducial", "Fiducials", "delineate"]


_QRS_ON = Edge(0.08, -4.5)
_QRS_OFF = Edge(0.045, -7.5)
_HALF_ON, _HALF_OFF = Edge(0.15, -5.0), Edge(0.045, -15.5)
"""For half of the leads."""

_P_ON = Edge(0.30, -5.0, 0.4)
_P_OFF = Edge(0.18, -6.5, 0.4)

_QRS_SMOOTH_MS = 12.0
_P_HUMP, _P_TALL_HUMP = 0.35, 0.6
"""Least height of a hump of P in parts of its largest; and if that makes P too long."""

_LATE_QRS = 0.35
"""Slope in parts of a lead's peak that is still QRS when three leads reach it: an R' of right
bundle branch block stands in few leads, so that the mean speed may sink before it."""

_LATE_QRS_RR = 0.18
"""At fast rates, what comes later than this part of RR may be a T or a flutter wave."""

_LEAST_QRS_MV_S = 1.0
"""Least mean speed of a QRS complex, in mV/s."""

_RETURNS, _RETURNS_WELL = 0.6, 0.8
"""Least correlation of a P wave in one half of the beats with that in the other half; in an
irregular or paced rhythm. In PTB-XL it is over 0.9 in nine of ten normal records with a P wave, and
under 0.55 in nine of ten with atrial fibrillation."""

_SPREAD, _RETURNS_SURELY, _SURE_SIZE = 0.09, 0.9, 5.0
"""A wave that does not return so well or stand out so far may be an f wave by chance: it is no P in
an irregular rhythm, and doubted where RR varies by more than this part."""

_PERHAPS_F = "doubtful: RR varies and P hardly returns, an f wave may pass for it"

_FIBRILLATION = "atrial fibrillation likely: RR irregular, no P wave that returns with each beat"

_P_REACH_MS = 130.0
"""No hump farther than this from the largest belongs to the same P."""

_ST_MS = 75.0
"""Within this time of the last fast part of QRS the ST segment is reached: the slowest part."""

_LEAST_ROOM = 25
"""Samples in which a P wave can be looked for."""

_SHORTEST_P_MS, _LONG_P_MS, _LONGEST_P_MS = 45.0, 175.0, 215.0
_RECOUNTED = 0.6
"""Confidence in a P wave whose smaller humps were left out."""

_UNBOUNDED_MS = 20.0
"""In an irregular or paced rhythm a wave this near to the start of the search is the T before."""

_UNEVEN, _IRREGULAR = 0.05, 0.1
"""Change from one RR interval to the next, in parts of RR, from which a rhythm is not quite even,
and from which it is irregular."""

_NEAR_MS, _SHORT_P_MS = 85.0, 65.0
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
    scene = Scene(beat, rr_ms)
    shape = _qrs(scene)
    if shape is None:
        return Fiducials(*lost(9, "no QRS complex stands out of the noise"))
    qrs = shape.ends(scene, _QRS_ON, _QRS_OFF)
    on_ms, j_ms = qrs[0].time_ms, qrs[1].time_ms
    t_peak, t_off = t_wave(scene, on_ms, j_ms, _likely_p_on_ms(scene, on_ms or -40.0))
    p_on, p_peak, p_off = _p_wave(scene, qrs, t_off)
    half = shape.ends(scene, _HALF_ON, _HALF_OFF)
    found = Fiducials(p_on, p_peak, p_off, *qrs, t_peak, t_off, *half)
    return with_doubts(found, rr_ms, beat.n_beats)


class _Qrs(NamedTuple):
    """Speed around QRS with its largest value, and the samples between which its ends lie."""

    speed: Array
    top: float
    first: int
    last: int
    quietest: int

    def ends(self, scene: Scene, on: Edge, off: Edge) -> tuple[Fiducial, Fiducial]:
        """Return start and end by two rules; a paced complex starts with its spike."""
        start = edge(scene, self.speed, self.first, scene.at(-170), on, self.top)
        end = edge(scene, self.speed, self.last, self.quietest, off, self.top)
        spike = scene.beat.pacing_ms
        if spike is not None and start.time_ms is not None and -60 < spike - start.time_ms < 40:
            start = Fiducial(spike, start.confidence, "from the pacing spike")
        return start, end


def _qrs(scene: Scene) -> _Qrs | None:
    speed = scene.speed(_QRS_SMOOTH_MS)
    low, high = scene.at(-120), scene.at(120)
    core = speed[low : high + 1]
    top = float(core.max())
    if top < _LEAST_QRS_MV_S:
        return None
    fast = np.flatnonzero(core > 0.3 * top) + low
    latest = scene.at(min(120.0, _LATE_QRS_RR * scene.rr_ms))
    late = np.flatnonzero(scene.share_of_peak(_QRS_SMOOTH_MS, low, latest) > _LATE_QRS) + low
    last = int(max([*fast[-1:], *late[-1:]]))
    quietest = last + int(speed[last : last + round(_ST_MS / scene.ms)].argmin())
    return _Qrs(speed, top, int(fast[0]), last, quietest)


def _likely_p_on_ms(scene: Scene, on_ms: float) -> float:
    """Return where a P wave of usual PR interval begins, or the QRS onset if none does."""
    low, high = scene.at(on_ms - 200.0), scene.at(on_ms - 6.0)
    speed = scene.speed(P_SMOOTH_MS)
    if high - low <= _LEAST_ROOM:
        return on_ms
    ends = outer_humps(speed, low, high, _P_HUMP, _P_REACH_MS / scene.ms)
    if ends is None or stands_out(scene, low, high) < STANDS_OUT:
        return on_ms
    return edge(scene, speed, ends[0], low, _P_ON).time_ms or on_ms


def _p_wave(scene: Scene, qrs: tuple[Fiducial, Fiducial], t_off: Fiducial) -> tuple[Fiducial, ...]:
    on_ms = qrs[0].time_ms or -40.0
    previous_t = (t_off.time_ms or 0.4 * scene.rr_ms) - scene.rr_ms
    low, high = scene.at(max(previous_t, on_ms - 350.0)), scene.at(on_ms - 6.0)
    if high - low < 25:
        return lost(3, "no room between T and QRS to find a P wave")
    size = stands_out(scene, low, high)
    ends = _p_ends(scene, low, high)
    if ends is None or size < STANDS_OUT:
        return lost(3, _why_no_p(scene))
    on, peak, off = ends
    odd = scene.beat.rr_irregularity > _IRREGULAR or scene.beat.pacing_ms is not None
    uneven = odd or scene.beat.rr_irregularity > _UNEVEN
    if uneven and (on.time_ms or 0.0) - scene.time_ms(low) < _UNBOUNDED_MS:
        return lost(3, _why_no_p(scene))
    span_ms = _span_ms(on, off)
    if span_ms < _SHORT_P_MS and on_ms - (on.time_ms or 0.0) < _NEAR_MS:
        return lost(3, "what precedes QRS is too short and too near to it for a P wave")
    if not _SHORTEST_P_MS <= span_ms <= _LONGEST_P_MS:
        length = "short" if span_ms < _SHORTEST_P_MS else "long"
        return lost(3, f"what precedes QRS is too {length} for a P wave ({span_ms:.0f} ms)")
    returns = _returns(scene, on, off)
    if returns < (_RETURNS_WELL if odd else _RETURNS):
        return lost(3, _why_no_p(scene))
    chance = returns < _RETURNS_SURELY or size < _SURE_SIZE
    if chance and scene.beat.rr_irregularity > _IRREGULAR:
        return lost(3, _FIBRILLATION)
    usual_t = 440.0 * (scene.rr_ms / 1000.0) ** (1 / 3) - scene.rr_ms + 30.0
    after_t, after_qrs = min(previous_t + 30.0, usual_t) - 20.0, (qrs[1].time_ms or 60.0) + 5.0
    rest = Rest(after_t, after_qrs, scene.rr_ms, on_ms - 5.0)
    wave_ms = (on.time_ms or 0.0) - 10.0, (off.time_ms or 0.0) + 10.0
    if repeats(scene.smooth(P_SMOOTH_MS), scene.at, wave_ms, rest):
        return lost(3, "atrial flutter likely: the atrial wave repeats")
    if chance and scene.beat.rr_spread > _SPREAD:
        on, peak, off = (point.doubted(DOUBT, _PERHAPS_F) for point in (on, peak, off))
    return doubted_if_small(size, on, peak, off)


def _p_ends(scene: Scene, low: int, high: int) -> tuple[Fiducial, ...] | None:
    """Return onset, peak and end of P; only from the tallest humps where all would be too long."""
    found = _between_humps(scene, low, high, _P_HUMP)
    if found is None or _span_ms(found[0], found[-1]) <= _LONG_P_MS:
        return found
    tall = _between_humps(scene, low, high, _P_TALL_HUMP) or found
    return tuple(point.doubted(_RECOUNTED, "P is hard to tell from noise") for point in tall)


def _between_humps(
    scene: Scene, low: int, high: int, share: float
) -> tuple[Fiducial, Fiducial, Fiducial] | None:
    speed = scene.speed(P_SMOOTH_MS)
    ends = outer_humps(speed, low, high, share, _P_REACH_MS / scene.ms)
    if ends is None:
        return None
    on, off = (
        edge(scene, speed, ends[0], low, _P_ON),
        edge(scene, speed, ends[1], high, _P_OFF),
    )
    wave = np.sqrt((scene.smooth(P_SMOOTH_MS) ** 2).mean(axis=0))
    peak = ends[0] + int(wave[ends[0] : ends[1] + 1].argmax())
    return on, Fiducial(scene.time_ms(peak), on.confidence), off


def _span_ms(on: Fiducial, off: Fiducial) -> float:
    return (off.time_ms or 0.0) - (on.time_ms or 0.0)


def _returns(scene: Scene, on: Fiducial, off: Fiducial) -> float:
    """Return the correlation of a wave between the halves of the beats; 1 when they are unknown."""
    if scene.beat.halves is None or on.time_ms is None or off.time_ms is None:
        return 1.0
    window = slice(scene.at(on.time_ms - 10.0), scene.at(off.time_ms + 10.0))
    smooth = gaussian_filter1d(scene.beat.halves, P_SMOOTH_MS / scene.ms, axis=2)
    one, other = (above_line(half[:, window].astype(np.float64)) for half in smooth)
    size = np.linalg.norm(one) * np.linalg.norm(other)
    return float((one * other).sum() / max(size, 1e-12))


def _why_no_p(scene: Scene) -> str:
    if scene.beat.rr_irregularity > _IRREGULAR:
        return _FIBRILLATION
    if scene.beat.pacing_ms is not None:
        return "ventricular pacing without a P wave before it"
    return "no P wave that returns with each beat stands out of the noise"
