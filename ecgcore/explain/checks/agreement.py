"""Whether maps agree: between seeds, between methods, under noise, and with one of random weights.

Maps are compared over bins of 40 ms and all leads, by Pearson's r; with the map of a network whose
weights were shuffled, by Spearman's rank correlation.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr
from torch import nn

from ecgcore.explain.attribution import Attribution
from ecgcore.models.predictor import Predictor
from ecgcore.records import FloatArray

BIN_S = 0.04
"""Width of the bins over which maps are compared."""

_NO_VARIANCE = 1e-24


def binned(scores: FloatArray, fs_hz: int) -> NDArray[np.float64]:
    """Add up scores over bins of 40 ms, ``(leads, n_bins)``."""
    step = max(1, round(BIN_S * fs_hz))
    starts = np.arange(0, scores.shape[1], step)
    return np.add.reduceat(scores.astype(np.float64), starts, axis=1)


def correlation(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    """Return Pearson's r of two maps of the same shape; 0 where one of them is the same everywhere.

    Examples
    --------
    >>> correlation(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0]))
    1.0
    """
    a, b = one.ravel() - one.mean(dtype=np.float64), other.ravel() - other.mean(dtype=np.float64)
    size = float((a @ a) * (b @ b))
    return float(a @ b) / size**0.5 if size > _NO_VARIANCE**2 else 0.0


def map_agreement(one: Attribution, other: Attribution) -> float:
    """Return Pearson's r of two maps over 40 ms; over time alone where one has no leads."""
    a, b = binned(one.scores, one.fs_hz), binned(other.scores, other.fs_hz)
    if len(a) != len(b):
        a, b = (np.abs(part).sum(axis=0) for part in (a, b))
    return correlation(a, b)


def halves_agreement(maps: Sequence[FloatArray], fs_hz: int) -> float:
    """Return Pearson's r of the mean of the first seeds with the mean of the others.

    Of five seeds 0 and 1 are the first, of three only 0.
    """
    first = len(maps) // 2
    means = [np.mean(part, axis=0) for part in (maps[:first], maps[first:])]
    return correlation(*(binned(part, fs_hz) for part in means))


def rank_correlation(one: Attribution, other: Attribution) -> float:
    """Return Spearman's rank correlation of two maps; 0 where one is the same everywhere."""
    if not np.ptp(one.scores) or not np.ptp(other.scores):
        return 0.0
    return float(spearmanr(one.scores.ravel(), other.scores.ravel()).statistic)


def shuffled(predictor: Predictor, seed: int = 0, n_parts: int | None = None) -> Predictor:
    """Return a copy whose weights are shuffled within each tensor, from the output backwards.

    Parameters
    ----------
    n_parts
        How many of the network's parts (see `parts`), counted from the output; all without it.
    """
    copy = predictor.copy()
    generator = torch.Generator().manual_seed(seed)
    for part in parts(copy.module)[:n_parts]:
        for weights in part.parameters():
            order = torch.randperm(weights.numel(), generator=generator)
            weights.data = weights.data.flatten()[order].view_as(weights.data)
    return copy


def parts(module: nn.Module) -> list[nn.Module]:
    """List the parts of a network that have weights, the head first, the stem last."""
    found = [part for part in module.children() if any(True for _ in part.parameters())]
    return found[::-1]
