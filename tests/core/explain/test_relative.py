"""Maps in shares, their difference and their agreement."""

from dataclasses import replace

import numpy as np
import pytest

from ecgcore.errors import ModelError
from ecgcore.explain.relative import agreement, difference, relative, spread_of
from tests.support.predictions import attribution

RNG = np.random.default_rng(1)


def test_the_sizes_of_a_relative_map_add_up_to_one_and_keep_their_sign():
    scores = np.zeros((12, 1000), np.float32)
    scores[2, 5], scores[3, 6] = 3.0, -1.0
    made = relative(attribution(scores))
    assert (made.scores[2, 5], made.scores[3, 6]) == (0.75, -0.25)
    assert made.ends == ("away from MI", "towards MI")
    assert not relative(attribution(np.zeros((12, 10)))).scores.any()


def test_a_difference_is_that_of_the_shares_whatever_the_sizes():
    one, other = np.zeros((12, 10), np.float32), np.zeros((12, 10), np.float32)
    one[0, 0], one[1, 1] = 1.0, 1.0
    other[0, 0] = 40.0
    made = difference(attribution(one), attribution(other)).scores
    assert made[0, 0] == pytest.approx(-0.5)
    assert made[1, 1] == pytest.approx(0.5)
    assert np.count_nonzero(made) == 2


def test_maps_agree_by_the_correlation_of_their_steps():
    steps = RNG.normal(size=(12, 250)).astype(np.float32)
    scores = np.repeat(steps, 4, axis=1)
    one = attribution(scores)
    assert agreement(one, attribution(5 * scores)) == pytest.approx(1)
    assert agreement(one, attribution(-scores)) == pytest.approx(-1)
    jitter = np.tile([1.0, -1.0, 1.0, -1.0], 250) * 9
    noisy = attribution(scores + jitter.astype(np.float32))
    assert agreement(one, noisy) == pytest.approx(1, abs=1e-5), "what cancels within 40 ms"
    assert np.isnan(agreement(one, attribution(np.ones((12, 1000)))))


@pytest.mark.parametrize("compare", [difference, agreement])
def test_maps_of_another_kind_are_refused(compare):
    one = attribution(np.ones((12, 1000)))
    for other in (
        attribution(np.ones((1, 1000)), "gradcam"),
        attribution(np.ones((12, 1000)), "gradcam"),
        replace(one, fs_hz=500),
    ):
        with pytest.raises(ModelError, match="Choose the same method for both"):
            compare(one, other)


def test_the_spread_is_in_shares_of_what_the_mean_says():
    scores = np.zeros((12, 10), np.float32)
    scores[0, 0], scores[1, 1] = 3.0, -1.0
    spread = np.full((12, 10), 0.4, np.float32)
    made = spread_of(replace(attribution(scores), spread=spread))
    assert made.scores[5, 5] == pytest.approx(0.1)
    assert not made.signed
    assert made.label.startswith("spread between seeds of Integrated Gradients")
    assert spread_of(attribution(scores)) is None
