"""High-pass and resampling: what they take away, what they keep, and where it stays."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, freqz

from ecgcore.signals.filters import highpass, resample

N = 1001
T = np.arange(N) / 100
INSIDE = slice(200, -200)


def sine(hz: float, t: np.ndarray = T, phase: float = 0.0) -> np.ndarray:
    return np.sin(2 * np.pi * hz * t + phase).astype(np.float32)


def test_drift_is_removed_and_the_ecg_band_kept() -> None:
    drift = (0.8 * sine(0.1) + 0.3 * T / 10 + 1.5).astype(np.float32)
    filtered = highpass(sine(10) + drift, 100)
    assert filtered.dtype == np.float32
    assert np.abs(filtered - sine(10))[INSIDE].max() < 0.01
    assert np.abs(drift[INSIDE]).max() > 2


def test_zero_phase_means_no_shift() -> None:
    kept = highpass(sine(10), 100)
    correlation = np.correlate(kept, sine(10), "full")
    assert np.argmax(correlation) - (N - 1) == 0
    assert kept[INSIDE] == pytest.approx(sine(10)[INSIDE], abs=1e-3)


def test_zero_phase_filters_twice_and_causal_once() -> None:
    b, a = butter(4, 0.5, "highpass", fs=100)
    _, gain = freqz(b, a, worN=[0.7], fs=100)
    t = np.arange(20_000) / 100
    middle = slice(5000, 15_000)
    for zero_phase, expected in ((True, abs(gain[0]) ** 2), (False, abs(gain[0]))):
        filtered = highpass(sine(0.7, t), 100, zero_phase=zero_phase)[middle]
        assert np.sqrt(2 * np.mean(filtered**2)) == pytest.approx(expected, rel=0.01)


def test_causal_output_never_precedes_its_input() -> None:
    step = np.zeros(N, np.float32)
    step[500] = 1
    assert not highpass(step, 100, zero_phase=False)[:500].any()
    assert highpass(step, 100)[:500].any()


def test_leads_and_records_are_filtered_alone() -> None:
    rng = np.random.default_rng(4)
    signals = rng.standard_normal((2, 12, 500)).astype(np.float32)
    together = highpass(signals, 100)
    assert together.shape == signals.shape
    np.testing.assert_array_equal(together[1, 7], highpass(signals[1, 7], 100))


@pytest.mark.parametrize("n_samples", [1, 2, 30, 399, 400, 401])
def test_recordings_shorter_than_the_padding_pass(n_samples: int) -> None:
    assert np.isfinite(highpass(np.ones((12, n_samples), np.float32), 100)).all()


@settings(deadline=None, max_examples=50)
@given(st.floats(0, 2 * np.pi), st.floats(-5, 5))
def test_500_to_100_hz_keeps_a_5_hz_sine_on_any_baseline(phase: float, offset: float) -> None:
    fine = sine(5, np.arange(5000) / 500, phase) + np.float32(offset)
    coarse = sine(5, np.arange(1000) / 100, phase) + np.float32(offset)
    resampled = resample(fine, 500, 100)
    assert resampled.shape == (1000,)
    assert resampled.dtype == np.float32
    assert resampled == pytest.approx(coarse, abs=0.01)


def test_what_100_hz_cannot_hold_is_removed_not_folded() -> None:
    fine = np.arange(5000) / 500
    assert np.abs(resample(sine(90, fine), 500, 100))[100:-100].max() < 0.01


@settings(deadline=None, max_examples=50)
@given(
    fs_hz=st.sampled_from([50, 100, 128, 240, 250, 257, 360, 400, 500, 1000]),
    target_hz=st.sampled_from([100, 250, 500]),
    n_samples=st.integers(60, 1200),
)
def test_duration_is_kept_at_any_rate(fs_hz: int, target_hz: int, n_samples: int) -> None:
    resampled = resample(np.full((2, n_samples), 0.7, np.float32), fs_hz, target_hz)
    assert resampled.shape == (2, -(-n_samples * target_hz // fs_hz))
    assert resampled == pytest.approx(0.7, abs=0.007)


def test_the_same_rate_changes_nothing() -> None:
    signal = sine(3)
    assert resample(signal, 100, 100) is signal
