"""Beats of a recording, sorted by shape, and the median beat of the dominant shape."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecgcore.records import EcgRecord, FloatArray
from ecgcore.signals.beats.averaging import averaged, isoelectric, stacked
from ecgcore.signals.beats.electrode_jumps import is_step
from ecgcore.signals.beats.morphology import centred, group_by_shape
from ecgcore.signals.beats.qrs_detector import (
    SHORTEST_S,
    WORK_HZ,
    Indices,
    band,
    detect_qrs,
    limited,
    pacing_spikes,
    samples,
    without_spikes,
    working_signal,
)

_EDGE = samples(0.02)
"""A beat whose R is nearer to an end of the recording is cut off."""

_DOUBTFUL_EDGE = samples(0.1)
"""So near to an end a jump of the trace may pass for a beat."""

_FEW = 4
"""From so many beats on, a fifth must have one shape; peaks of noise have none in common."""

_LEAST_RR = samples(0.17)

_FEW_RR = 3
"""From so many intervals on a rhythm can be called irregular."""


@dataclass(frozen=True, slots=True, eq=False)
class Beats:
    """Positions of the beats, and which of them look alike.

    Attributes
    ----------
    r_s
        ``(n_beats,)`` times of the R fiducial in seconds, ascending.
    kinds
        ``(n_beats,)`` 0 for the dominant shape, 1, 2, ... for others (such as extra beats).
    """

    r_s: NDArray[np.float64]
    kinds: NDArray[np.int64]

    @property
    def rr_ms(self) -> NDArray[np.float64]:
        """Times between neighbouring beats, ``(n_beats - 1,)`` in ms."""
        return np.diff(self.r_s) * 1000.0


_NO_BEATS = Beats(np.zeros(0), np.zeros(0, dtype=np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class MedianBeat:
    """The median over the beats of the dominant shape.

    Attributes
    ----------
    signal
        ``(12, n)`` float32 in mV; the level just before QRS is 0.
    fs_hz
        Samples per second, 500 whatever the record's rate.
    r_index
        Sample of the R fiducial.
    n_beats
        Beats in the median.
    noise_mv
        ``(12,)`` standard error of the median in each lead; None when unknown.
    rr_irregularity
        Median change from one RR interval to the next in parts of the median RR; only intervals
        between two beats of the dominant shape count, so that extra beats do not.
    pacing_ms
        Where a pacing spike stands in most beats, relative to R; None when there is none.
    rr_spread
        Standard deviation of the same intervals in parts of their mean.
    halves
        ``(2, 12, n)`` medians of every other beat, which tell what returns with each beat from what
        was left by chance; None when unknown.
    """

    signal: FloatArray
    fs_hz: int
    r_index: int
    n_beats: int
    noise_mv: FloatArray | None = None
    rr_irregularity: float = 0.0
    pacing_ms: float | None = None
    halves: FloatArray | None = None
    rr_spread: float = 0.0

    def times_ms(self) -> FloatArray:
        """Return the time of each sample relative to R, ``(n,)``."""
        at = np.arange(self.signal.shape[1]) - self.r_index
        return (at * (1000.0 / self.fs_hz)).astype(np.float32)


def find_beats(record: EcgRecord) -> Beats:
    """Find the QRS complexes of all leads together and group them by shape.

    Returns
    -------
    Beats
        None at all (empty arrays) in a recording shorter than 0.3 s, or when nothing stands out.
    """
    if record.duration_s < SHORTEST_S:
        return _NO_BEATS
    signal = working_signal(record)
    signal = without_spikes(signal, pacing_spikes(signal))
    centres = detect_qrs(signal)
    if not centres.size:
        return _NO_BEATS
    smooth = limited(band(signal, 1.0, 40.0))
    kinds, r = group_by_shape(smooth, centred(smooth, centres))
    if kinds.size >= _FEW and np.bincount(kinds).max() < max(2, kinds.size / 5):
        return _NO_BEATS
    order = _kept(r, kinds, signal)
    kinds = np.unique(kinds[order], return_inverse=True)[1]
    return Beats(r[order] / WORK_HZ, kinds)


def median_beat(record: EcgRecord, beats: Beats) -> MedianBeat | None:
    """Return the median beat of kind 0, or None when fewer than two such beats are usable."""
    r = np.rint(beats.r_s * WORK_HZ).astype(np.int64)
    dominant = beats.kinds == 0
    if dominant.sum() < 2:
        return None
    signal = working_signal(record)
    stack = stacked(signal - isoelectric(signal, r[dominant]), r, dominant)
    average = averaged(stack)
    return MedianBeat(
        average.median,
        WORK_HZ,
        average.r_index,
        int(dominant.sum()),
        average.noise,
        _rr_irregularity(beats),
        _pacing_ms(pacing_spikes(signal), r[dominant]),
        average.halves,
        _rr_spread(beats),
    )


def _kept(r: Indices, kinds: Indices, signal: FloatArray) -> Indices:
    """Return which beats to keep, in the order of time.

    No R outside the recording; among shapes that occur only once no step of the trace, and none
    near the ends; of two beats that were aligned on one place only that of the more frequent shape.
    """
    to_end = np.minimum(r, signal.shape[1] - 1 - r)
    once = np.bincount(kinds)[kinds] == 1
    kept: list[int] = []
    for k in np.argsort(r):
        if to_end[k] < (_DOUBTFUL_EDGE if once[k] else _EDGE):
            continue
        if once[k] and is_step(signal, int(r[k]), r[kinds == 0]):
            continue
        if kept and r[k] - r[kept[-1]] < _LEAST_RR:
            if kinds[k] >= kinds[kept[-1]]:
                continue
            kept.pop()
        kept.append(int(k))
    return np.array(kept, dtype=np.int64)


def _usual_rr_ms(beats: Beats) -> NDArray[np.float64]:
    """Return the intervals between two beats of the dominant shape."""
    return np.asarray(beats.rr_ms[(beats.kinds[1:] == 0) & (beats.kinds[:-1] == 0)])


def _rr_spread(beats: Beats) -> float:
    rr = _usual_rr_ms(beats)
    return float(rr.std() / rr.mean()) if rr.size >= _FEW_RR else 0.0


def _rr_irregularity(beats: Beats) -> float:
    rr = _usual_rr_ms(beats)
    if rr.size < _FEW_RR:
        return 0.0
    return float(np.median(np.abs(np.diff(rr))) / np.median(rr))


def _pacing_ms(spikes: Indices, r: Indices) -> float | None:
    """Return the usual place of the last spike before R, if at least half of the beats have one."""
    if not spikes.size:
        return None
    offsets = spikes[None, :] - r[:, None]
    near = np.where((offsets > -samples(0.16)) & (offsets < samples(0.02)), offsets, -WORK_HZ)
    last = near.max(axis=1)
    found = last[last > -WORK_HZ]
    return float(np.median(found)) * 1000.0 / WORK_HZ if 2 * found.size >= r.size else None
