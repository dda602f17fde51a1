"""The median beat's standard error is that of a median of as many beats."""

import numpy as np
import pytest

from ecgcore.signals.beats import averaging as module
from ecgcore.signals.beats.averaging import averaged


@pytest.mark.parametrize(("n_beats", "sd_mv"), [(100, 0.1), (200, 0.02)])
def test_the_noise_of_a_median_falls_with_the_square_root_of_the_beats(
    n_beats: int, sd_mv: float
) -> None:
    """A median of n normal values has a standard error of about sqrt(pi / 2) sd / sqrt(n)."""
    probe = averaged(np.zeros((n_beats, 12, 700)))
    draws = np.random.default_rng(0).normal(0, sd_mv, (n_beats, 12, 700))
    found = averaged(draws)
    expected = np.sqrt(np.pi / 2) * sd_mv / np.sqrt(n_beats)
    assert found.noise == pytest.approx(expected, rel=0.08)
    assert np.std(found.median) == pytest.approx(expected, rel=0.08)
    assert probe.noise == pytest.approx(0)


def test_halves_are_the_medians_of_every_other_beat() -> None:
    stack = np.arange(6.0)[:, None, None] + np.zeros((6, 12, 700))
    found = averaged(stack)
    assert found.median == pytest.approx(2.5)
    assert found.halves[0] == pytest.approx(2)
    assert found.halves[1] == pytest.approx(3)


def ramps(n: int) -> np.ndarray:
    """Return twelve leads that rise at different speeds and curve, so that each sample differs."""
    at = np.arange(float(n))
    return np.array([(lead + 1) * at + 0.01 * lead * at**2 for lead in range(12)])


def test_the_baseline_runs_straight_from_level_to_level(monkeypatch: pytest.MonkeyPatch) -> None:
    """A level is the median from 13 to 4 samples before an onset, and stands 8 before it."""
    monkeypatch.setattr(module, "_samples_to_onset", lambda signal, r: 30)
    signal, r = ramps(2000), np.array([35, 500, 900, 1600])
    found = module.isoelectric(signal, r)
    for lead, trace in enumerate(signal):
        levels = [np.median(trace[np.maximum(np.arange(x - 43, x - 33), 0)]) for x in r]
        expected = np.interp(np.arange(2000), r - 38, levels)
        assert found[lead] == pytest.approx(expected), lead


def slopes(*pieces: tuple[int, int, float]) -> tuple[np.ndarray, np.ndarray]:
    """Return three beats of straight pieces: from, to (samples from R) and slope."""
    r = 400 + 500 * np.arange(3)
    slope = np.zeros(500)
    for start, stop, height in pieces:
        slope[250 + start : 250 + stop] = height
    signal = np.zeros((12, 1900))
    for centre in r:
        signal[:, centre - 249 : centre + 251] = np.cumsum(slope)
    return signal, r


@pytest.mark.parametrize(
    ("pieces", "onset"),
    [
        ([(-20, 0, 1.0), (0, 20, -1.0)], 26),
        ([(-40, -30, 0.40), (-10, 0, 1.0), (0, 10, -1.0)], 15),
        ([(-40, -30, 0.49), (-10, 0, 1.0), (0, 10, -1.0)], 44),
    ],
)
def test_qrs_begins_before_its_first_fast_sample_where_slopes_are_below_a_tenth(
    pieces: list[tuple[int, int, float]], onset: int
) -> None:
    """A bell of 4 samples leaves a tenth of a long slope 1.28 of its widths before the start.

    It keeps 0.79 of a slope of 10 samples, but 0.70 where the trace turns at once: what comes
    before at 0.40 reaches 0.45 of the fastest, and at 0.49 more than half.
    """
    assert module._samples_to_onset(*slopes(*pieces)) == pytest.approx(onset, abs=len(pieces) - 2)


def test_without_a_quiet_sample_qrs_begins_60_ms_before_r() -> None:
    signal = np.tile(np.arange(3000.0), (12, 1))
    assert module._samples_to_onset(signal, np.array([500, 1500, 2500])) == 30


def test_a_beat_is_cut_from_the_end_of_the_one_before_to_the_start_of_the_next() -> None:
    """0.6 s before to 0.8 s after R, but 0.15 s after the last R and 0.12 s before the next."""
    signal, r = ramps(2200), np.array([100, 700, 1000, 1330, 2000])
    dominant = np.array([True, True, False, True, True])
    found = module.stacked(signal, r, dominant)
    assert found.shape == (4, 12, 700)
    bounds = {100: (-1, 700), 700: (100, 1000), 1330: (1000, 2000), 2000: (1330, 10**6)}
    for beat, (centre, (before, after)) in zip(found, bounds.items(), strict=True):
        for offset in range(-300, 400):
            at = centre + offset
            known = 0 <= at < 2200 and (before < 0 or at > before + 75) and at < after - 60
            expected = signal[:, at] if known else np.full(12, np.nan)
            np.testing.assert_array_equal(beat[:, offset + 300], expected)


def test_the_median_of_what_is_known_is_that_of_each_sample() -> None:
    draw = np.random.default_rng(0)
    stack = draw.normal(size=(7, 12, 40))
    for beat, lead_nan in enumerate(draw.integers(0, 40, (7, 12))):
        stack[beat, :, lead_nan] = np.nan
    stack[:6, :, 3] = np.nan
    np.testing.assert_allclose(module._median_of_known(stack), np.nanmedian(stack, axis=0))


@pytest.mark.parametrize(
    ("n_beats", "least"), [(9, 3), (10, 4), (3, 2), (2, 2)], ids=lambda value: str(value)
)
def test_samples_that_a_third_of_the_beats_and_two_of_them_have_are_kept(
    n_beats: int, least: int
) -> None:
    """R is at sample 300; the ends hold one beat fewer than are needed, 40 and 50 samples long."""
    stack = np.zeros((n_beats, 12, 700))
    stack[least:, :, :80] = np.nan
    stack[least - 1 :, :, :40] = np.nan
    stack[least - 1 :, :, 650:] = np.nan
    found = averaged(stack)
    assert found.median.shape == (12, 610)
    assert found.r_index == 260


def test_what_one_half_of_the_beats_lacks_is_taken_from_all() -> None:
    stack = np.arange(6.0)[:, None, None] + np.zeros((6, 12, 700))
    stack[::2, :, 350:] = np.nan
    found = averaged(stack)
    assert found.median[:, 350:] == pytest.approx(3)
    assert found.halves[0, :, 350:] == pytest.approx(3)
    assert found.halves[0, :, :350] == pytest.approx(2)
    assert found.halves[1] == pytest.approx(3)


def test_each_lead_has_its_own_noise() -> None:
    """Half of the differences from the median are 0.1 mV times the lead's number or more."""
    stack = np.zeros((8, 12, 700))
    stack[::2] += 0.1 * np.arange(1, 13)[None, :, None]
    stack[1::2] -= 0.1 * np.arange(1, 13)[None, :, None]
    expected = np.sqrt(np.pi / 2) / 0.67449 * 0.1 * np.arange(1, 13) / np.sqrt(8)
    assert averaged(stack).noise == pytest.approx(expected, rel=1e-3)
