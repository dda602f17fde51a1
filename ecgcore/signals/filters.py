"""Filters and resampling along the last axis, in any number of leading dimensions."""

from math import gcd

import numpy as np
from scipy.signal import butter, resample_poly, sosfilt, sosfiltfilt

from ecgcore.records import FloatArray

_PAD_S = 4.0
"""Mirrored seconds at either end, so that a zero-phase filter starts settled."""


def highpass(
    signal: FloatArray,
    fs_hz: int,
    *,
    cutoff_hz: float = 0.5,
    order: int = 4,
    zero_phase: bool = True,
) -> FloatArray:
    """Remove baseline wander with a Butterworth high-pass.

    Parameters
    ----------
    signal
        ``(..., n_samples)`` in mV.
    zero_phase
        Forward and backward (no shift in time), else causal as in the published study.

    Returns
    -------
    numpy.ndarray
        Same shape, float32.
    """
    sos = butter(order, cutoff_hz, "highpass", fs=fs_hz, output="sos")
    if not zero_phase:
        return np.asarray(sosfilt(sos, signal, axis=-1), dtype=np.float32)
    pad = min(signal.shape[-1] - 1, int(_PAD_S * fs_hz))
    return np.asarray(sosfiltfilt(sos, signal, axis=-1, padlen=pad), dtype=np.float32)


def resample(signal: FloatArray, fs_hz: int, target_hz: int) -> FloatArray:
    """Change the rate with an anti-aliased polyphase filter (``(..., n)`` -> ``(..., n')``).

    Both ends are continued by point reflection: zeros there would draw a step of the baseline.
    """
    if fs_hz == target_hz:
        return signal
    common = gcd(fs_hz, target_hz)
    resampled = resample_poly(
        signal, target_hz // common, fs_hz // common, axis=-1, padtype="antireflect"
    )
    return np.asarray(resampled, dtype=np.float32)
