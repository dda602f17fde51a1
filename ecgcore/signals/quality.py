"""Signs that a lead was not recorded."""

import numpy as np
from numpy.typing import NDArray

from ecgcore.records import EcgRecord

FLAT_S = 1.0
"""Seconds without any change from which a lead is called flat."""


def longest_flat_s(record: EcgRecord) -> NDArray[np.float64]:
    """Return for each lead the longest time without any change, ``(12,)`` in seconds."""
    still = np.diff(record.signal, axis=1) == 0
    longest = [max(map(len, bytes(row).split(b"\x00"))) for row in still]
    return np.array(longest) / record.fs_hz
