"""High-pass and resampling: what they take away, what they keep, and where it stays."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, freqz, sosfilt, sosfilt_zi

from ecgcore.errors import RecordError
from ecgcore.records import EcgRecord
from ecgcore.signals.filters import (
    HIGHPASS_HZ,
    LOWPASS_HZ,
    NOTCH_HZ,
    RAW,
    DisplayFilter,
    highpass,
    resample,
)

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
    assert kept[INSIDE] == pytest.approx(sine(10)[INSIDE], abs=2e-3)


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


def recording(signal: np.ndarray, fs_hz: int = 500) -> EcgRecord:
    return EcgRecord("7", np.tile(signal, (12, 1)).astype(np.float32), fs_hz, "test")


def fine(hz: float, phase: float = 0.0) -> np.ndarray:
    return sine(hz, np.arange(5000) / 500, phase)


def amplitude(display: DisplayFilter, hz: float, fs_hz: int = 500) -> float:
    """Share of a long sine that is left in its middle."""
    t = np.arange(120 * fs_hz) / fs_hz
    middle = slice(40 * fs_hz, 80 * fs_hz)
    filtered = display.apply(recording(sine(hz, t), fs_hz)).signal[3, middle]
    return float(np.sqrt(2 * np.mean(filtered.astype(np.float64) ** 2)))


@pytest.mark.parametrize(
    "display",
    [
        *(DisplayFilter(highpass_hz=hz) for hz in HIGHPASS_HZ),
        *(DisplayFilter(lowpass_hz=hz) for hz in LOWPASS_HZ),
    ],
    ids=lambda display: display.label(500),
)
def test_both_passes_together_have_minus_3_db_at_the_cutoff(display: DisplayFilter) -> None:
    cutoff_hz = display.highpass_hz or display.lowpass_hz or 0.0
    assert amplitude(display, cutoff_hz) == pytest.approx(0.5**0.5, abs=0.01)
    kept, lost = (4.0, 0.25) if display.highpass_hz else (0.25, 4.0)
    assert amplitude(display, kept * cutoff_hz) > 0.99
    if lost * cutoff_hz < 250:
        assert amplitude(display, lost * cutoff_hz) < 0.02


@pytest.mark.parametrize("hz", NOTCH_HZ)
def test_the_notch_takes_the_mains_and_its_drift_and_leaves_the_rest(hz: float) -> None:
    display = DisplayFilter(notch_hz=hz)
    assert amplitude(display, hz) < 0.001
    assert amplitude(display, hz + 0.1) < 0.02
    assert amplitude(display, hz - 15) > 0.98
    mains = display.apply(recording(0.2 * fine(hz, phase=1.0))).signal
    assert np.abs(mains[:, 200:-200]).max() < 0.01


def test_40_hz_is_exact_at_100_hz_too() -> None:
    assert amplitude(DisplayFilter(lowpass_hz=40.0), 40, 100) == pytest.approx(0.5**0.5, abs=0.01)


def test_peaks_stay_where_they_are() -> None:
    t = np.arange(5000) / 500
    beats = sum(np.exp(-(((t - r) / 0.012) ** 2)) for r in np.arange(0.4, 10, 0.8))
    filtered = DisplayFilter(0.5, 40.0, 50.0).apply(recording(beats)).signal[0]
    for r in np.arange(1.2, 9, 0.8):
        near = slice(round((r - 0.1) * 500), round((r + 0.1) * 500))
        assert np.argmax(filtered[near]) == np.argmax(beats[near])


def test_005_hz_keeps_the_st_segment() -> None:
    t = np.arange(5000) / 500 % 0.8
    raised = (0.2 * ((t > 0.3) & (t < 0.6)) + np.exp(-(((t - 0.25) / 0.012) ** 2))).astype(
        np.float32
    )
    kept = DisplayFilter(highpass_hz=0.05).apply(recording(raised)).signal[0]
    at_st, at_pr = 2000 + round(0.35 * 500), 2000 + round(0.15 * 500)
    assert kept[at_st] - kept[at_pr] == pytest.approx(raised[at_st] - raised[at_pr], abs=0.01)


@pytest.mark.parametrize("highpass_hz", HIGHPASS_HZ)
def test_a_record_that_starts_within_a_wave_keeps_its_ends(highpass_hz: float) -> None:
    wave = 0.3 + 0.5 * fine(1.0, phase=np.pi / 2)
    filtered = DisplayFilter(highpass_hz=highpass_hz).apply(recording(wave)).signal[0]
    assert filtered == pytest.approx(wave - wave.mean(), abs=0.06)


@pytest.mark.parametrize("n_samples", [1, 2, 30, 500])
@pytest.mark.parametrize("fs_hz", [100, 500])
def test_short_recordings_pass_and_raw_is_untouched(n_samples: int, fs_hz: int) -> None:
    short = recording(np.ones(n_samples), fs_hz)
    filtered = DisplayFilter(0.05, 40.0, 60.0).apply(short)
    assert filtered.signal.shape == short.signal.shape
    assert filtered.signal.dtype == np.float32
    assert np.isfinite(filtered.signal).all()
    assert RAW.apply(short) is short


@pytest.mark.parametrize(
    ("display", "fs_hz", "label"),
    [
        (RAW, 500, "unfiltered"),
        (DisplayFilter(0.5, 40.0, 50.0), 500, "0.5–40 Hz, notch 50 Hz, zero-phase"),
        (DisplayFilter(0.05), 100, "0.05 Hz high-pass, zero-phase"),
        (DisplayFilter(None, 150.0, 60.0), 500, "150 Hz low-pass, notch 60 Hz, zero-phase"),
        (
            DisplayFilter(None, 40.0, 50.0),
            100,
            "40 Hz low-pass, zero-phase; 50 Hz notch not possible at 100 Hz",
        ),
        (
            DisplayFilter(None, 150.0, 60.0),
            100,
            "unfiltered; 150 Hz low-pass and 60 Hz notch not possible at 100 Hz",
        ),
        (DisplayFilter(None, None, 60.0), 128, "notch 60 Hz, zero-phase"),
    ],
)
def test_the_label_says_what_was_done_and_what_could_not_be(
    display: DisplayFilter, fs_hz: int, label: str
) -> None:
    assert display.label(fs_hz) == label
    given_record = recording(np.linspace(0, 1, 5 * fs_hz), fs_hz)
    untouched = label.startswith("unfiltered")
    assert (display.apply(given_record) is given_record) == untouched


@pytest.mark.parametrize("values", [(0.3, None, None), (None, 35.0, None), (None, None, 0.0)])
def test_a_frequency_that_is_not_offered_is_refused_with_the_choices(
    values: tuple[float | None, float | None, float | None],
) -> None:
    with pytest.raises(RecordError, match=r"of (0\.3|35\.0|0\.0) Hz is not offered\. Choose"):
        DisplayFilter(*values)


@pytest.mark.parametrize("hz", NOTCH_HZ)
def test_the_notch_is_a_twentieth_of_its_frequency_wide(hz: float) -> None:
    """Half the width away one pass leaves half of the power, two leave half of the amplitude."""
    assert amplitude(DisplayFilter(notch_hz=hz), hz + hz / 40) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("display", "hz"),
    [
        (DisplayFilter(highpass_hz=0.5), 0.35),
        (DisplayFilter(lowpass_hz=40.0), 60.0),
        (DisplayFilter(lowpass_hz=100.0), 130.0),
    ],
)
def test_a_display_filter_is_of_second_order_in_each_pass(
    display: DisplayFilter, hz: float
) -> None:
    """|H|^2 of one pass is 1 / (1 + (sqrt 2 - 1) x^4), x in the bilinear transform's frequency."""
    x = np.tan(np.pi * hz / 500) / np.tan(
        np.pi * (display.highpass_hz or display.lowpass_hz or 0.0) / 500
    )
    x = 1 / x if display.highpass_hz else x
    assert amplitude(display, hz) == pytest.approx(1 / (1 + (2**0.5 - 1) * x**4), rel=0.01)


def test_the_models_high_pass_is_that_of_their_cards() -> None:
    """Fourth order, 0.5 Hz, forward and backward over four mirrored seconds at either end."""
    signal = np.random.default_rng(0).normal(size=1000).cumsum().astype(np.float32)
    mirrored = np.r_[signal[400:0:-1], signal, signal[-2:-402:-1]].astype(np.float64)
    sos = butter(4, 0.5, "highpass", fs=100, output="sos")
    once = sosfilt(sos, mirrored, zi=sosfilt_zi(sos) * mirrored[0])[0][::-1]
    twice = sosfilt(sos, once, zi=sosfilt_zi(sos) * once[0])[0][::-1]
    assert highpass(signal, 100) == pytest.approx(twice[400:-400], abs=1e-4)


@pytest.mark.parametrize(("highpass_hz", "pad"), [(0.05, 2000), (0.5, 400), (None, 400)])
def test_the_display_is_mirrored_for_four_seconds_or_a_period_of_the_high_pass(
    monkeypatch: pytest.MonkeyPatch, highpass_hz: float | None, pad: int
) -> None:
    asked = []
    true_pad = np.pad
    monkeypatch.setattr(
        np, "pad", lambda *about, **options: asked.append(about[1]) or true_pad(*about, **options)
    )
    DisplayFilter(highpass_hz, 40.0).apply(recording(np.linspace(0, 1, 1000), 100))
    assert asked[0] == ((0, 0), (pad, pad))


@pytest.mark.parametrize(("fs_hz", "kept"), [(80, False), (81, True)])
def test_a_filter_at_half_the_rate_is_left_out(fs_hz: int, kept: bool) -> None:
    label = DisplayFilter(lowpass_hz=40.0).label(fs_hz)
    assert ("not possible" not in label) is kept


@pytest.mark.parametrize("n_samples", [1, 2])
def test_two_samples_are_needed_for_another_rate(n_samples: int) -> None:
    signal = np.ones((12, n_samples), np.float32)
    if n_samples == 1:
        with pytest.raises(RecordError, match="1 samples cannot be resampled; 2 or more"):
            resample(signal, 500, 100)
    else:
        assert resample(signal, 500, 100).shape == (12, 1)
