"""Steps of the trace, which an electrode that moves leaves in all leads, told from beats."""

import numpy as np
from scipy.ndimage import uniform_filter1d

from ecgcore.records import FloatArray
from ecgcore.signals.beats.qrs_detector import Indices, samples

_LEVELS = np.add.outer([samples(s) for s in (-0.36, -0.2, 0.12, 0.28)], range(samples(0.08)))
"""Where the trace's level is read around a beat: far before, before, after, far after."""

_LEAST_JUMP = 0.5
"""Of 0.6 mV steps in PTB-XL 95 % jump by this part of the largest change; no extra beat does."""

_BEAT_LEFT = 0.75
"""Beats that a step falls into keep more of a usual beat than this when it is taken out."""

_HALF_BEAT, _HALF_STEP = samples(0.12), samples(0.012)


def is_step(signal: FloatArray, centre: int, usual: Indices) -> bool:
    """Say whether what stands at `centre` is a step alone, with no beat in it.

    Parameters
    ----------
    signal
        ``(12, n)`` at `ecgcore.signals.beats.qrs_detector.WORK_HZ`.
    centre, usual
        Samples of R of the doubtful beat and of those of the dominant shape.
    """
    if _jump(signal, centre) < _LEAST_JUMP:
        return False
    beat = np.median([_without_step(signal, int(r)) for r in usual])
    return bool(_without_step(signal, centre) < _BEAT_LEFT * beat)


def _jump(signal: FloatArray, centre: int) -> float:
    """Return how far the leads jump from one level to another, in parts of their largest change.

    A jump is what separates the straight lines through the levels before and after, and no more
    than the difference of the levels, so that neither a drift nor an ST segment counts.
    """
    levels = np.clip(centre + _LEVELS, 0, signal.shape[1] - 1)
    far_before, before, after, far_after = signal[:, levels].mean(axis=2).T
    jump = np.abs(2 * after - far_after - 2 * before + far_before)
    change = np.ptp(_around(signal, centre), axis=1).sum()
    return float(np.minimum(jump, np.abs(after - before)).sum() / max(change, 1e-9))


def _without_step(signal: FloatArray, centre: int) -> float:
    """Return the change in mV, summed over the leads, when the steepest 24 ms are taken out."""
    slope = np.diff(_around(signal, centre), axis=1)
    speed = uniform_filter1d(np.abs(slope).sum(axis=0), 2 * _HALF_STEP + 1, mode="constant")
    steepest = int(speed.argmax())
    slope[:, max(steepest - _HALF_STEP, 0) : steepest + _HALF_STEP + 1] = 0.0
    return float(np.ptp(np.cumsum(slope, axis=1), axis=1).sum())


def _around(signal: FloatArray, centre: int) -> FloatArray:
    at = np.clip(centre + np.arange(-_HALF_BEAT, _HALF_BEAT), 0, signal.shape[1] - 1)
    return signal[:, at]
