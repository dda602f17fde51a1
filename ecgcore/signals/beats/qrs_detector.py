"""QRS complexes from the slope of all leads together."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, median_filter, uniform_filter1d
from scipy.signal import butter, find_peaks, sosfiltfilt

from ecgcore.records import EcgRecord, FloatArray
from ecgcore.signals.filters import resample

WORK_HZ = 500
"""Rate at which beats are found and measured."""

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

_BLOCK_S = 2.1
"""Every block of this length holds a beat at 30 beats/min or more."""

_STANDING_OUT = 2.0
"""Least height of QRS complexes over the quiet quarter: some 10 in hearts, 1.5 in noise."""

SHORTEST_S = 0.3
"""Shorter recordings cannot be searched for beats."""

_FAR = 1 << 40
_REFRACTORY_S = 0.2
_T_WAVE_S = 0.4
"""A second, much flatter peak within this time after a QRS complex is its T wave."""

_P_WAVE_S = 0.28
"""A flatter peak within this time before a QRS complex is its P wave or an atrial pacing spike."""

_SPIKE_MV = 0.8
"""Least jump of a pacing spike within 2 ms, summed over the twelve leads."""


def samples(seconds: float) -> int:
    """Return a time as a whole number of samples at `WORK_HZ`."""
    return round(seconds * WORK_HZ)


def working_signal(record: EcgRecord) -> FloatArray:
    """Return the record's leads at `WORK_HZ`, ``(12, n)`` in mV."""
    return resample(record.signal, record.fs_hz, WORK_HZ)


@lru_cache(maxsize=8)
def _bandpass(low_hz: float, high_hz: float) -> Array:
    return np.asarray(butter(2, (low_hz, high_hz), "bandpass", fs=WORK_HZ, output="sos"))


def band(signal: FloatArray, low_hz: float, high_hz: float) -> Array:
    """Keep a band of frequencies without a shift in time (``(12, n)`` at `WORK_HZ`)."""
    pad = min(signal.shape[-1] - 1, WORK_HZ)
    return np.asarray(sosfiltfilt(_bandpass(low_hz, high_hz), signal, axis=-1, padlen=pad))


def pacing_spikes(signal: FloatArray) -> Indices:
    """Return the samples of pacing spikes: jumps out of a quiet trace that are over in 8 ms."""
    jump = np.abs(np.diff(signal, axis=1)).sum(axis=0)
    near = maximum_filter1d(jump, 11, mode="constant")
    before = np.r_[np.full(9, np.inf), near[:-9]][: jump.size]
    after = np.r_[near[9:], np.full(9, np.inf)][-jump.size :]
    alone = (jump > _SPIKE_MV) & (jump > 6 * before) & (jump > 2.5 * after)
    return np.flatnonzero(alone & (jump == maximum_filter1d(jump, 9)))


def without_spikes(signal: FloatArray, spikes: Indices) -> FloatArray:
    """Bridge 4 ms before to 10 ms after each pacing spike with a straight line."""
    bridged = signal.copy()
    for spike in spikes:
        first, last = max(spike - 2, 0), min(spike + 5, signal.shape[1] - 1)
        ramp = np.linspace(0, 1, last - first + 1)
        bridged[:, first : last + 1] = np.outer(signal[:, first], 1 - ramp) + np.outer(
            signal[:, last], ramp
        )
    return bridged


def qrs_activity(signal: FloatArray) -> Array:
    """Return how much the leads together look like a QRS complex, ``(n,)``, about 1 in a QRS.

    Each lead's slope between 5 and 25 Hz counts in parts of its own usual peak, and no more than
    1.5 of them, so that one noisy lead cannot outvote the others; leads count by how far their
    peaks stand out.
    """
    slope = np.abs(np.gradient(band(signal, 5.0, 25.0), axis=-1)) * WORK_HZ
    slope = uniform_filter1d(slope, samples(0.08), axis=-1)
    level = np.median(_block_peaks(slope), axis=-1)
    rest = np.median(slope, axis=-1)
    standing_out = np.where(level > 0.15, level / np.maximum(rest, 0.02), 0.0)
    weight = np.clip(standing_out - 1.5, 0.0, 8.0)
    if not weight.any():
        return np.zeros(signal.shape[-1])
    clipped = np.minimum(slope / np.maximum(level, 1e-6)[:, None], 1.5)
    return np.asarray(weight @ clipped / weight.sum())


def detect_qrs(signal: FloatArray) -> Indices:
    """Return a sample near the middle of every QRS complex in spike-free leads at `WORK_HZ`."""
    activity = qrs_activity(signal)
    if np.median(_block_peaks(activity)) < _STANDING_OUT * np.quantile(activity, 0.25):
        return np.zeros(0, dtype=np.int64)
    peaks = find_peaks(np.r_[0.0, activity, 0.0], distance=samples(_REFRACTORY_S))[0] - 1
    height = activity[peaks] / _usual_peak(activity)[peaks]
    certain = peaks[height > 0.4]
    limit = 0.4 if certain.size < 3 else np.where(_in_gap(peaks, certain), 0.25, 0.4)
    return _drop_t_waves(peaks[height > limit], activity)


def limited(smooth: Array) -> Array:
    """Clip each lead at 1.5 times its usual peak, so that no burst of noise outweighs the rest."""
    limit = 1.5 * np.median(_block_peaks(np.abs(smooth)), axis=-1)[:, None]
    return np.asarray(np.clip(smooth, -limit, limit))


def _block_peaks(values: Array) -> Array:
    n_blocks = max(1, values.shape[-1] // samples(_BLOCK_S))
    edges = np.linspace(0, values.shape[-1], n_blocks, endpoint=False).astype(int)
    return np.asarray(np.maximum.reduceat(values, edges, axis=-1))


def _usual_peak(activity: Array) -> Array:
    """Return the height of the QRS complexes within some 10 s of each sample."""
    blocks = _block_peaks(activity)
    over_all = np.median(blocks)
    usual = median_filter(blocks, size=9, mode="nearest") if blocks.size > 9 else over_all
    level = np.maximum(usual, 0.5 * over_all) * np.ones(blocks.size)
    centres = (np.arange(blocks.size) + 0.5) * activity.size / blocks.size
    return np.asarray(np.maximum(np.interp(np.arange(activity.size), centres, level), 1e-9))


def _in_gap(peaks: Indices, certain: Indices) -> NDArray[np.bool_]:
    """Say which peaks lie where a beat is overdue, at least 0.35 RR from the certain ones."""
    usual = np.median(np.diff(certain))
    right = np.clip(np.searchsorted(certain, peaks), 1, certain.size - 1)
    before, after = peaks - certain[right - 1], certain[right] - peaks
    overdue = before + after > 1.5 * usual
    return np.asarray(overdue & (before > 0.35 * usual) & (after > 0.35 * usual))


def _drop_t_waves(peaks: Indices, activity: Array) -> Indices:
    """Drop what is much flatter than the QRS complex just before (T) or just after it (P)."""
    kept: list[int] = []
    for peak in peaks:
        gap = peak - kept[-1] if kept else _FAR
        if gap < samples(_T_WAVE_S) and activity[peak] < 0.6 * activity[kept[-1]]:
            continue
        if gap < samples(_P_WAVE_S) and activity[kept[-1]] < 0.75 * activity[peak]:
            kept.pop()
        kept.append(int(peak))
    return np.array(kept, dtype=np.int64)
