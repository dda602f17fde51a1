"""The models' high-pass for many records of one length: two thin matrix products.

A zero-phase filter of a fixed length is a matrix. What it takes away, the wander below its cutoff,
spans few dimensions (about 2 for each Hz and second, and the ends), so that identity minus filter
has a low rank and its singular value decomposition replaces the recursion exactly.
"""

from functools import lru_cache

import numpy as np

from ecgcore.records import FloatArray
from ecgcore.signals.filters import highpass

_FEWEST = 12 * 200
_LONGEST = 1000
_HIGHEST_RANK = 100
_NEGLIGIBLE = 1e-6


def highpass_block(
    signals: FloatArray, fs_hz: int, *, cutoff_hz: float = 0.5, zero_phase: bool = True
) -> FloatArray:
    """Filter as `highpass` does, to 1e-5 of the largest amplitude.

    Fewer than 2,400 traces (the decomposition takes half a second, once), longer ones and filters
    that do not fit are left to `highpass`.

    Parameters
    ----------
    signals
        ``(..., n_samples)`` in mV.

    Returns
    -------
    numpy.ndarray
        Same shape, float32.
    """
    length = signals.shape[-1]
    if zero_phase and length <= _LONGEST and signals.size >= _FEWEST * length:
        factors = _wander(length, fs_hz, cutoff_hz)
        if factors is not None:
            traces = signals.reshape(-1, length).astype(np.float32, copy=False)
            wander = (traces @ factors[0]) @ factors[1]
            return np.subtract(traces, wander, out=wander).reshape(signals.shape)
    return highpass(signals, fs_hz, cutoff_hz=cutoff_hz, zero_phase=zero_phase)


@lru_cache(maxsize=4)
def _wander(length: int, fs_hz: int, cutoff_hz: float) -> tuple[FloatArray, FloatArray] | None:
    """Factors ``(length, rank)`` and ``(rank, length)`` of identity minus filter; None if thick."""
    identity = np.eye(length, dtype=np.float32)
    removed = identity - highpass(identity, fs_hz, cutoff_hz=cutoff_hz)
    left, sizes, right = np.linalg.svd(removed)
    rank = int((sizes > _NEGLIGIBLE).sum())
    if rank > _HIGHEST_RANK:
        return None
    return (left[:, :rank] * sizes[:rank]).astype(np.float32), right[:rank].astype(np.float32)
