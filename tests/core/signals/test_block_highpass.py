"""The high-pass of many records at once agrees with the recursion it stands for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ecgcore.signals import block_highpass as module
from ecgcore.signals.block_highpass import highpass_block
from ecgcore.signals.filters import highpass


def drifting(n: int, length: int = 1000) -> np.ndarray:
    """Noise on random walks with offsets of some mV, ``(n, 12, length)``."""
    draw = np.random.default_rng(0)
    walk = draw.normal(0, 0.05, (n, 12, length)).cumsum(-1) + draw.normal(0, 5, (n, 12, 1))
    return (walk + draw.normal(0, 0.1, (n, 12, length))).astype(np.float32)


@pytest.mark.parametrize("length", [1000, 500])
def test_many_records_agree_with_the_recursion(length: int):
    signals = drifting(250, length)
    before = signals.copy()
    block = highpass_block(signals, 100)
    assert (block.shape, block.dtype) == (signals.shape, np.float32)
    assert np.abs(block - highpass(signals, 100)).max() < 1e-5 * np.abs(signals).max()
    np.testing.assert_array_equal(signals, before)


@settings(max_examples=20, deadline=None)
@given(hnp.arrays(np.float32, (1, 1000), elements=st.floats(-30, 30, width=32)))
def test_any_trace_agrees_with_the_recursion(trace: np.ndarray):
    block = highpass_block(np.repeat(trace, module._FEWEST, axis=0), 100)
    error = np.abs(block[0] - highpass(trace, 100)[0]).max()
    assert error <= 2e-5 * max(1.0, float(np.abs(trace).max()))


@pytest.mark.parametrize(
    ("n", "length", "options"),
    [
        (3, 1000, {}),
        (250, 1000, {"zero_phase": False}),
        (250, 1000, {"cutoff_hz": 20.0}),
        (210, 1001, {}),
    ],
)
def test_what_does_not_fit_is_left_to_the_recursion(n: int, length: int, options: dict):
    signals = drifting(n, length)
    np.testing.assert_array_equal(
        highpass_block(signals, 100, **options), highpass(signals, 100, **options)
    )


@pytest.mark.parametrize(
    ("n", "length", "together"),
    [(200, 1000, True), (199, 1000, False), (200, 999, True), (200, 1001, False)],
)
def test_2400_traces_of_up_to_1000_samples_are_filtered_together(
    monkeypatch: pytest.MonkeyPatch, n: int, length: int, together: bool
):
    asked = []
    monkeypatch.setattr(module, "_wander", lambda *about: asked.append(about))
    monkeypatch.setattr(module, "highpass", lambda signals, fs_hz, **options: signals)
    highpass_block(np.zeros((n, 12, length), np.float32), 100)
    assert asked == [(length, 100, 0.5)] * together


def test_what_the_filter_takes_away_has_few_dimensions():
    """Two for each Hz and second of wander below 0.5 Hz over 10 s, and those of the ends."""
    factors = module._wander(1000, 100, 0.5)
    assert factors is not None
    assert 10 < factors[0].shape[1] == factors[1].shape[0] < 100
