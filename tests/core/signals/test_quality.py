import numpy as np
import pytest

from ecgcore.records import EcgRecord
from ecgcore.signals.quality import longest_flat_s


def test_the_longest_stretch_without_change_is_found_in_each_lead():
    signal = np.random.default_rng(0).normal(size=(12, 1000)).astype(np.float32)
    signal[3] = 0.0
    signal[5, 200:351] = signal[5, 200]
    signal[5, 500:520] = 0.0
    found = longest_flat_s(EcgRecord("x", signal, 100, "test"))
    assert found[3] == pytest.approx(9.99)
    assert found[5] == pytest.approx(1.5)
    assert (np.delete(found, [3, 5]) == 0).all()
