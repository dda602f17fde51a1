"""A median beat as the delineation sees it: speed, humps of speed, and where a hump ends."""

from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ecgcore.signals.beats.beats import MedianBeat
from ecgcore.signals.beats.qrs_detector import Array, Indices, without_spikes
from ecgcore.signals.measure.fiducials import Fiducial

P_SMOOTH_MS = 8.0
"""Standard deviation of the bell that smooths P; a wave's size is told after it as well."""

STANDS_OUT = 3.0
"""Least size of a wave in standard errors of the median beat, root mean square over the leads."""

_LEAST_ERROR_MV = 0.001


class Edge(NamedTuple):
    """Rule for the end of a hump of speed.

    At a share of its height, or at a valley between two humps that is lower than `valley` of its
    height; then shifted by the difference of the definitions.
    """

    share: float
    shift_ms: float
    valley: float = 0.0


class Scene:
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


def lost(count: int, reason: str) -> tuple[Fiducial, ...]:
    """Return so many points that were not found, with the reason."""
    return (Fiducial(None, 0.0, reason),) * count


def doubted_if_small(size: float, *found: Fiducial) -> tuple[Fiducial, ...]:
    """Lower the confidence of a wave that hardly stands out of the noise, and say so."""
    factor = float(np.clip(size / 8.0, 0.3, 1.0))
    reason = "small against the noise" if factor < 0.7 else ""
    return tuple(point.doubted(factor, reason) for point in found)


def edge(
    scene: Scene, speed: Array, hump: int, stop: int, rule: Edge, top: float | None = None
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
        + step * _way(path, quiet + rule.share * factor * (height - quiet), rule.valley * height)
        for factor in (2 / 3, 1.0, 1.5)
    ]
    spread = abs(scene.time_ms(found[2]) - scene.time_ms(found[0]))
    confidence = float(np.clip(1.2 - spread / 60.0, 0.1, 1.0))
    return Fiducial(scene.time_ms(found[1]) + rule.shift_ms, confidence)


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


def hump_peaks(speed: Array, low: int, high: int) -> Indices:
    """Return the samples between two ends where the speed peaks, in order."""
    inner = speed[low : high + 1]
    rising = np.r_[False, inner[1:-1] >= inner[:-2], False]
    falling = np.r_[False, inner[1:-1] > inner[2:], False]
    return low + np.flatnonzero(rising & falling)


def outer_humps(
    speed: Array, low: int, high: int, share: float, reach: float
) -> tuple[int, int] | None:
    """Return the first and last peak of speed that reach a share of the largest."""
    peaks = hump_peaks(speed, low, high)
    if not peaks.size:
        return None
    largest = peaks[speed[peaks].argmax()]
    tall = peaks[(speed[peaks] >= share * speed[largest]) & (np.abs(peaks - largest) <= reach)]
    return int(tall[0]), int(tall[-1])


def stands_out(scene: Scene, low: int, high: int) -> float:
    """Return the size of what lies in a window in standard errors, root mean square over leads."""
    window = above_line(scene.smooth(P_SMOOTH_MS)[:, low:high])
    ratio = np.minimum(np.abs(window).max(axis=1) / scene.error_mv, 30.0)
    return float(np.sqrt(np.mean(ratio**2)))


def above_line(window: Array) -> Array:
    """Take off the straight line from the first to the last five samples of each lead."""
    share = np.linspace(0, 1, window.shape[1])
    line = np.outer(window[:, :5].mean(axis=1), 1 - share)
    return np.asarray(window - line - np.outer(window[:, -5:].mean(axis=1), share))
