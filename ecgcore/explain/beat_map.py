"""The mean of a map over the beats of a recording, on the time axis of the median beat."""

from dataclasses import dataclass

import numpy as np

from ecgcore.explain.attribution import Attribution
from ecgcore.records import FloatArray
from ecgcore.signals.beats.beats import Beats

STEP_MS = 20.0
SPAN_MS = (-400.0, 600.0)


@dataclass(frozen=True, slots=True, eq=False)
class BeatMap:
    """What a map says at each moment of a beat, on average over the beats of the usual shape.

    Attributes
    ----------
    scores
        ``(12, n)`` or ``(1, n)``, each the mean over beats of the sum within a step.
    edges_ms
        ``(n + 1,)`` edges of the steps relative to R.
    n_beats
        Beats in the mean.
    """

    scores: FloatArray
    edges_ms: FloatArray
    signed: bool
    label: str
    n_beats: int


def beat_map(attribution: Attribution, beats: Beats) -> BeatMap | None:
    """Average a map over the beats of the usual shape; None without beats.

    A moment counts for the beat with the nearest R, so that none counts twice.
    """
    usual = np.flatnonzero(beats.kinds == 0)
    if not usual.size:
        return None
    rows, n = attribution.scores.shape
    times = (np.arange(n) + 0.5) / attribution.fs_hz
    middles = (beats.r_s[1:] + beats.r_s[:-1]) / 2
    nearest = np.searchsorted(middles, times, side="right")
    since_r_ms = 1000 * (times - beats.r_s[nearest])
    edges = np.arange(SPAN_MS[0], SPAN_MS[1] + STEP_MS / 2, STEP_MS)
    step = np.floor((since_r_ms - edges[0]) / STEP_MS).astype(np.int64)
    kept = np.isin(nearest, usual) & (step >= 0) & (step < edges.size - 1)
    sums = np.array(
        [
            np.bincount(step[kept], weights=lead[kept], minlength=edges.size - 1)
            for lead in attribution.scores.astype(np.float64)
        ]
    ).reshape(rows, -1)
    return BeatMap(
        (sums / usual.size).astype(np.float32),
        edges.astype(np.float32),
        attribution.signed,
        attribution.label,
        int(usual.size),
    )
