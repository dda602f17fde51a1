"""Recordings whose every sample is known at any rate."""

import numpy as np

from ecgcore.records import EcgRecord


def record_of(signal, fs_hz, **more) -> EcgRecord:
    return EcgRecord("x", np.ascontiguousarray(signal, dtype=np.float32), fs_hz, "test", **more)


def waves(fs_hz: int, duration_s: float) -> np.ndarray:
    """Slow sines, one frequency for each lead."""
    t = np.arange(round(fs_hz * duration_s)) / fs_hz
    return np.sin(2 * np.pi * np.arange(1, 13)[:, None] * t)
