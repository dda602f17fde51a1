"""From a layer's steps to samples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgcore.explain.attribution import layer_to_samples
from ecgcore.leads import LEADS
from tests.support.predictions import attribution


def impulse(n_steps, at):
    steps = np.zeros(n_steps, dtype=np.float32)
    steps[at] = 1
    return steps


@pytest.mark.parametrize("n_steps", [250, 125])
@given(data=st.data())
def test_impulse_peaks_in_the_middle_of_its_step(n_steps, data):
    step = data.draw(st.integers(1, n_steps - 2))
    samples = layer_to_samples(impulse(n_steps, step), 1000)
    stride = 1000 // n_steps
    first, last = step * stride, (step + 1) * stride - 1
    middle = (first + last) // 2
    assert np.flatnonzero(samples == samples.max()).tolist() == [middle, middle + 1]
    centre_of_mass = (samples * np.arange(1000)).sum() / samples.sum()
    assert centre_of_mass == pytest.approx((first + last) / 2, abs=1e-3)


def test_by_hand():
    samples = layer_to_samples(np.array([0, 4], dtype=np.float32), 8)
    assert samples.tolist() == [0, 0, 0.5, 1.5, 2.5, 3.5, 4, 4]
    assert samples.dtype == np.float32


def test_a_tail_that_the_layer_drops_moves_no_step():
    """62 steps of 8 samples leave 4 of 500 out: each step stays on its own 8 samples."""
    for step in (1, 30, 60):
        samples = layer_to_samples(impulse(62, step), 500)
        assert np.flatnonzero(samples == samples.max()).tolist() == [8 * step + 3, 8 * step + 4]
    dropped = attribution(np.zeros((1, 500)), "gradcam", n_layer_steps=62)
    assert dropped.step_ms == 80


@given(st.lists(st.floats(-1e3, 1e3, width=32), min_size=1, max_size=60), st.integers(1, 9))
def test_no_value_is_invented(values, stride):
    steps = np.array(values, dtype=np.float32)
    samples = layer_to_samples(steps, stride * len(steps))
    assert samples.shape == (stride * len(steps),)
    assert samples.min() >= steps.min()
    assert samples.max() <= steps.max()
    assert samples[0] == steps[0]
    assert samples[-1] == steps[-1]


@given(st.lists(st.floats(0, 10, width=32), min_size=2, max_size=40), st.integers(1, 8))
def test_reversed_steps_give_reversed_samples(values, stride):
    steps = np.array(values, dtype=np.float32)
    n_samples = stride * len(steps)
    np.testing.assert_allclose(
        layer_to_samples(steps[::-1], n_samples),
        layer_to_samples(steps, n_samples)[::-1],
        rtol=1e-5,
        atol=1e-5,
    )


def test_as_many_steps_as_samples_stay_as_they_are():
    steps = np.arange(10, dtype=np.float32)
    np.testing.assert_array_equal(layer_to_samples(steps, 10), steps)


@pytest.mark.parametrize(("method", "signed"), [("gradcam", False), ("ig", True)])
def test_only_integrated_gradients_speak_against(method, signed):
    scores = np.zeros((1, 4), dtype=np.float32)
    assert attribution(scores, method).signed is signed


def test_change_gap_and_baseline_follow_from_the_scores():
    scores = np.full((12, 10), 2.04 / 120, dtype=np.float32)
    result = attribution(scores, logit=3.0, delta=0.04)
    assert result.logit_change == pytest.approx(2.0, abs=1e-6)
    assert result.gap_share == pytest.approx(0.02, abs=1e-6)
    assert result.baseline_prob == pytest.approx(1 / (1 + np.exp(-1.0)))


def test_the_push_towards_mi_is_shared_out_to_leads_and_their_territories():
    scores = np.zeros((12, 100), np.float32)
    scores[6] = 0.04  # V1
    scores[8, 50:] = 0.04  # V3
    scores[1] = 0.03  # II
    scores[3, 0] = 1.0  # aVR
    scores[0] = -9.0  # I, against MI
    made = attribution(scores)
    assert made.lead_shares == pytest.approx(
        dict.fromkeys(LEADS, 0.0) | {"V1": 0.4, "V3": 0.2, "II": 0.3, "aVR": 0.1}
    )
    assert list(made.territory_shares) == ["anterior", "inferior", "lateral", "aVR"]
    assert made.territory_shares == pytest.approx(
        {"anterior": 0.6, "inferior": 0.3, "lateral": 0.0, "aVR": 0.1}
    )


def test_without_leads_or_without_any_push_nothing_is_shared_out():
    assert attribution(np.ones((1, 100)), "gradcam").lead_shares == {}
    assert attribution(np.ones((1, 100)), "gradcam").territory_shares == {}
    against = attribution(np.full((12, 100), -1.0))
    assert set(against.lead_shares.values()) == {0.0}
