"""One map for all beats of a shape: what returns with each beat is evidence, the rest is chance."""

import numpy as np
from numpy.typing import NDArray

from ecgcore.records import FloatArray
from ecgcore.signals.beats.beats import Beats

_BEFORE_S, _BEFORE_SHARE = 0.36, 0.4


def mean_over_beats(scores: FloatArray, beats: Beats, fs_hz: int) -> FloatArray:
    """Replace each score by the mean over the same moment of all beats of the same shape.

    The sum of the scores of each lead stays the same. Moments before the first beat belong to it
    as far as `phases` says; those that belong to no beat stay as they are.

    Parameters
    ----------
    scores
        ``(..., n)``.
    """
    if len(beats.r_s) < 2:
        return scores
    group = phases(beats, scores.shape[-1], fs_hz)
    inside = group >= 0
    n_groups = int(group.max()) + 1
    count = np.bincount(group[inside], minlength=n_groups)
    result = scores.astype(np.float64)
    for lead in result.reshape(-1, scores.shape[-1]):
        sums = np.bincount(group[inside], weights=lead[inside], minlength=n_groups)
        lead[inside] = (sums / np.maximum(count, 1))[group[inside]]
    return result.astype(np.float32)


def phases(beats: Beats, n: int, fs_hz: int) -> NDArray[np.int64]:
    """Return which samples are the same moment of beats of the same shape, ``(n,)``; −1 for none.

    A sample belongs to the beat before it, or to the next one where that is at most 0.36 s and at
    most 40 % of the interval away.
    """
    r = np.rint(beats.r_s * fs_hz).astype(np.int64)
    at = np.arange(n)
    last = np.searchsorted(r, at, side="right") - 1
    interval = np.diff(r)
    usual = int(np.median(interval))
    between = np.concatenate([[usual], interval, [usual]])[last + 1]
    before = np.minimum(_BEFORE_S * fs_hz, _BEFORE_SHARE * between)
    upcoming = np.append(r, np.iinfo(np.int64).max // 2)[last + 1] - at
    beat = np.where(upcoming <= before, last + 1, last)
    inside = beat >= 0
    beat = np.clip(beat, 0, len(r) - 1)
    group = np.where(inside, beats.kinds[beat] * 2 * n + at - r[beat] + n, -1)
    return group.astype(np.int64)
