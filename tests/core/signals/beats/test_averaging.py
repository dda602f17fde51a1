"""The median beat's standard error is that of a median of as many beats."""

import numpy as np
import pytest

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
