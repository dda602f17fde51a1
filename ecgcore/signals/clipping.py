"""Tell beats that a limiter cut off from beats that end flat by nature."""

import numpy as np
from numpy.typing import NDArray

from ecgcore.records import FloatArray

LIMITED_MV, LIMITED_SAMPLES, LIMITED_S = 0.1, 4, 0.02
"""A limiter cuts beat after beat at one value: samples at the extreme (so many, and for so long in
all) in two places or more, more than in the two steps below it, each with a jump beside it."""
LIMITED_STEP_MV, LIMITED_JUMP = 0.001, 2.5
"""Smallest step of a converter that is believed, and how many steps the jump has."""


def limited(row: FloatArray, rail: np.float32, fs_hz: int) -> bool:
    """Say whether a limiter cut off beat after beat at an extreme value."""
    at = np.flatnonzero(row == rail)
    near_mv = abs(float(np.median(row)) - float(rail)) < LIMITED_MV
    if near_mv or len(at) < max(LIMITED_SAMPLES, LIMITED_S * fs_hz):
        return False
    runs = np.split(at, np.flatnonzero(np.diff(at) > 1) + 1)
    levels = np.diff(np.unique(np.round(row, 5)))
    step = max(float(levels.min(initial=np.inf)), LIMITED_STEP_MV)
    below = np.abs(row - rail)
    n_below = int(((below > 1e-5) & (below < 2.5 * step)).sum())
    steps = np.abs(np.diff(row))
    jump = float(np.median([jump_beside(run, steps) for run in runs]))
    before = row[[run[0] - 1 for run in runs]]  # a simulator's beats are alike to the last bit
    various = 2 * len(np.unique(np.round(before, 5))) > len(runs) > 1
    return various and len(at) > n_below and jump >= LIMITED_JUMP * step


def jump_beside(run: NDArray[np.int64], steps: FloatArray) -> float:
    """Return the smaller of the two steps beside a plateau, of one at an end of the recording."""
    return float(min(steps[max(run[0] - 1, 0)], steps[min(run[-1], len(steps) - 1)]))
