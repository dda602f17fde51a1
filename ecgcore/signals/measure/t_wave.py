"""The end of T: all humps of speed after QRS are candidates, and what speaks for each is weighed.

A rule that takes the last tall hump jumps to a U wave, to the next P or to a flutter wave as soon
as T is low. Here each hump that falls is one way to read the end of T, at the place where
its speed has sunk (`ecgcore.signals.measure.scene.edge`). Its score is a weighted sum of

- its height and that of the humps before it (T rises before it falls);
- how far the QT interval that it makes is from the usual one at this rate;
- how far it lies from the ends of T in the single leads: once where the steepest tangent meets the
  level after T (Lepeschkin and Surawicz, Circulation 1952;6:378-388), once where the area
  over the last 128 ms is largest (Zhang et al., Comput Cardiol 2005;32:523-526). Both look at a
  lead relative to its own level, so that an offset does not count; of the leads the median is
  taken, weighted by how far each T stands out of the lead's noise;
- how well it returns from one half of the beats to the other.

The weights are those of a conditional logistic model of the right candidate, fitted on
LUDB's odd records 1 to 99 and on the same records with a lower T, with U waves and with the noise,
f waves and wander of others (`docs/measurements.md`). The shares of probability say how sure the
choice is.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ecgcore.signals.beats.qrs_detector import Array, Indices
from ecgcore.signals.measure.fiducials import DOUBT, Fiducial
from ecgcore.signals.measure.scene import (
    STANDS_OUT,
    Edge,
    Scene,
    above_line,
    doubted_if_small,
    edge,
    hump_peaks,
    lost,
    stands_out,
)

WEIGHTS = np.array([0.84, -0.26, 0.69, -0.48, -0.7, 0.85])
"""Of `Candidates.features`."""

_T_OFF = Edge(0.25, 1.0, 0.35)
_SMOOTH_MS, _LEAD_SMOOTH_MS = 16.0, 10.0

_LEAST_HUMP = 0.12
"""Least height of a candidate in parts of the largest."""

_APART_MS = 12.0
"""Of candidates closer than this only the tallest counts."""

_ONE_END_MS = 25.0
"""Candidates within this time say the same of the end of T."""

_SURE = 0.6
"""Share of probability from which the choice is not doubtful."""

_USUAL_MS, _USUAL_SD_MS, _MOST_SD2 = 400.0, 40.0, 12.0
"""QT in ms at 60 bpm, its spread, and the squared deviation that is as unlikely as any larger."""

_TANGENT_EARLY_MS, _AREA_EARLY_MS = 20.0, 7.0
"""Tangent and area end T earlier than the leads' last marks, by so much on odd records."""

_FAR_MS, _APART_UNIT_MS = 80.0, 40.0
_TANGENT_REACH, _AREA_REACH, _AREA_SAMPLES, _LEVEL_HALF = 110, 130, 64, 8


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Ways to read the end of T.

    Attributes
    ----------
    peaks
        ``(n,)`` samples of the humps.
    ends
        Where each would end T.
    features
        ``(n, 6)``: log of its height in parts of the tallest; squared deviation of QT from the
        usual; return between halves; distance to the leads' tangents and areas; log of the tallest
        hump before it.
    """

    peaks: Indices
    ends: tuple[Fiducial, ...]
    features: Array

    @property
    def shares(self) -> Array:
        """Probability of each, ``(n,)``."""
        score = self.features @ WEIGHTS
        share = np.exp(score - score.max())
        return np.asarray(share / share.sum())


def t_wave(
    scene: Scene, on_ms: float | None, j_ms: float | None, next_p_ms: float
) -> tuple[Fiducial, ...]:
    """Return peak and end of T.

    Parameters
    ----------
    on_ms, j_ms
        Ends of QRS.
    next_p_ms
        Usual start of the P wave, or of QRS, relative to its own R.
    """
    on_ms, j_ms = on_ms or -40.0, j_ms or 60.0
    low, high = _window(scene, on_ms, j_ms, next_p_ms)
    if high - low < 20:
        return lost(2, "no room between QRS and the next beat to find a T wave")
    size = stands_out(scene, low, high)
    found = candidates(scene, on_ms, low, high)
    if found is None or size < STANDS_OUT:
        return lost(2, "no T wave stands out of the noise")
    shares = found.shares
    best = int(shares.argmax())
    off = found.ends[best]
    times = np.array([end.time_ms for end in found.ends])
    sure = float(shares[np.abs(times - times[best]) <= _ONE_END_MS].sum())
    off = Fiducial(off.time_ms, off.confidence * sure)
    if sure < _SURE:
        off = off.doubted(DOUBT, "doubtful: T may also end elsewhere")
    peak = _peak(scene, low, scene.at(off.time_ms or 0.0))
    return doubted_if_small(size, Fiducial(scene.time_ms(peak), off.confidence), off)


def _window(scene: Scene, on_ms: float, j_ms: float, next_p_ms: float) -> tuple[int, int]:
    """Return the first and the last sample at which T may be."""
    rr, cube_root = scene.rr_ms, (scene.rr_ms / 1000.0) ** (1 / 3)
    latest = min(max(rr - 240.0, min(0.66 * rr, 300.0)), 560.0 * cube_root)
    next_p = max(rr + next_p_ms, 360.0 * cube_root)
    return scene.at(j_ms + 40.0), scene.at(min(latest + 100.0, next_p + 10.0, rr + on_ms - 10.0))


def _peak(scene: Scene, low: int, end: int) -> int:
    """Return where the leads together are farthest from their levels at the end of T."""
    smooth = scene.smooth(_SMOOTH_MS)
    wave = smooth[:, low : end + 1] - smooth[:, end : end + 1]
    return low + int((wave**2).sum(axis=0).argmax())


def candidates(scene: Scene, on_ms: float, low: int, high: int) -> Candidates | None:
    """Return all ways to end T in a window; None when nothing there has a hump."""
    speed = scene.speed(_SMOOTH_MS)
    peaks = hump_peaks(speed, low, high)
    if not peaks.size:
        return None
    height = speed[peaks] / speed[peaks].max()
    peaks, height = peaks[height >= _LEAST_HUMP], height[height >= _LEAST_HUMP]
    before = np.r_[0.0, np.maximum.accumulate(height)[:-1]]
    ends = [edge(scene, speed, int(peak), high, _T_OFF) for peak in peaks]
    times = np.array([end.time_ms for end in ends])
    kept = _apart(times, height)
    tangent_ms, area_ms = (scene.time_ms(at) for at in _lead_ends(scene, low, high))
    sd = ((times - on_ms) / (scene.rr_ms / 1000.0) ** (1 / 3) - _USUAL_MS) / _USUAL_SD_MS
    returns = [_returns(scene, int(p), scene.at(t)) for p, t in zip(peaks, times, strict=True)]
    features = [
        np.log(np.maximum(height, 0.05)),
        np.minimum(sd**2, _MOST_SD2),
        np.array(returns),
        _distance(times, tangent_ms + _TANGENT_EARLY_MS),
        _distance(times, area_ms + _AREA_EARLY_MS),
        np.log(np.maximum(before, 0.05)),
    ]
    return Candidates(peaks[kept], tuple(ends[k] for k in kept), np.stack(features, axis=1)[kept])


def _apart(times: Array, height: Array) -> list[int]:
    """Return which candidates to keep, in the order of time: of close ones the tallest."""
    kept: list[int] = []
    for k in np.argsort(-height, kind="stable"):
        if all(abs(times[k] - times[other]) > _APART_MS for other in kept):
            kept.append(int(k))
    return sorted(kept)


def _distance(times: Array, to_ms: float) -> Array:
    apart = np.minimum(np.abs(times - to_ms), _FAR_MS) / _APART_UNIT_MS
    return np.nan_to_num(apart, nan=_FAR_MS / _APART_UNIT_MS)


def _returns(scene: Scene, peak: int, end: int) -> float:
    """Return how alike a hump's fall is in both halves of the beats, leads by their noise."""
    if scene.beat.halves is None:
        return 1.0
    window = slice(max(peak - 20, 0), end + 8)
    smooth = gaussian_filter1d(scene.beat.halves[:, :, window].astype(float), 4.0, axis=2)
    one, other = (above_line(half / scene.error_mv[:, None]) for half in smooth)
    return float((one * other).sum() / max(np.linalg.norm(one) * np.linalg.norm(other), 1e-12))


def _lead_ends(scene: Scene, low: int, high: int) -> tuple[float, float]:
    """Return the ends of T over the leads by tangent and by area, in samples."""
    smooth = scene.smooth(_LEAD_SMOOTH_MS)
    usual = min(scene.at(420.0 * (scene.rr_ms / 1000.0) ** (1 / 3)), high - 10)
    level = np.median(smooth[:, low : high + 1], axis=1, keepdims=True)
    peaks = low + np.abs(smooth - level)[:, low : usual + 1].argmax(axis=1)
    tall = (smooth - level)[np.arange(len(smooth)), peaks]
    upright = (smooth - level) * np.sign(tall)[:, None]
    weight = np.minimum(np.abs(tall) / scene.error_mv, 30.0) ** 2
    pairs = list(zip(upright, peaks, strict=True))
    tangents = [_tangent(lead, int(at), min(high, int(at) + _TANGENT_REACH)) for lead, at in pairs]
    areas = [_area(lead, int(at), min(high, int(at) + _AREA_REACH)) for lead, at in pairs]
    return _weighted_median(np.array(tangents), weight), _weighted_median(np.array(areas), weight)


def _tangent(lead: Array, peak: int, last: int) -> float:
    """Return where the steepest tangent after T's peak meets the lowest level that follows."""
    slope = np.gradient(lead)[peak : last + 1]
    steep = peak + int(slope.argmin())
    if slope.min() >= 0.0:
        return float("nan")
    level = np.median(np.sort(lead[steep : min(steep + 60, last) + 1])[:10])
    return steep + float((level - lead[steep]) / slope.min())


def _area(lead: Array, peak: int, last: int) -> float:
    """Return where the area of the last 128 ms over the present level is largest."""
    total = np.r_[0.0, np.cumsum(lead)]
    at = np.arange(peak, last + 1)
    first, left = np.maximum(at - _AREA_SAMPLES, 0), np.maximum(at - _LEVEL_HALF, 0)
    right = np.minimum(at + _LEVEL_HALF, len(lead) - 1) + 1
    level = (total[right] - total[left]) / (right - left)
    return float(at[(total[at + 1] - total[first] - (at + 1 - first) * level).argmax()])


def _weighted_median(values: Array, weight: Array) -> float:
    known = np.isfinite(values)
    if not known.any():
        return float("nan")
    order = np.argsort(values[known])
    reached = np.cumsum(weight[known][order])
    return float(values[known][order][int(np.searchsorted(reached, reached[-1] / 2))])
