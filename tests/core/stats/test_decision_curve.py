"""Net benefit and cost: counted by hand, and bootstrapped by a plain loop."""

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from ecgcore.stats.bootstrap import resampled
from ecgcore.stats.calibration.calibration_line import calibration_line
from ecgcore.stats.decision_curve import (
    THRESHOLDS,
    at_prevalence,
    cost_per_100,
    cost_threshold,
    decision_curve,
    net_benefit,
)

GRID = [0.0, 0.1, 0.25, 0.5, 0.9]


def _sample(n: int = 300, seed: int = 0):
    """Calibrated probabilities."""
    rng = np.random.default_rng(seed)
    probs = expit(rng.normal(size=n) * 2 - 0.5)
    return rng.random(n) < probs, probs


def _by_counting(labels, probs, t: float) -> float:
    """Vickers and Elkin's formula, from counts."""
    found, alarms = (labels & (probs >= t)).sum(), (~labels & (probs >= t)).sum()
    return found / labels.size - alarms / labels.size * t / (1 - t)


def test_net_benefit_equals_the_formula():
    labels, probs = _sample()
    expected = [_by_counting(labels, probs, t) for t in GRID]
    assert net_benefit(labels, probs, GRID) == pytest.approx(expected, abs=1e-12)


def test_net_benefit_by_hand():
    # t = 0.2: 2 MI found, 1 alarm at a quarter of an MI, 4 patients
    assert net_benefit([1, 1, 0, 0], [0.9, 0.2, 0.6, 0.1], [0.2]) == pytest.approx([1.75 / 4])


def test_another_prevalence_weights_the_classes():
    labels, probs = _sample(500)
    more_normals = np.append(np.flatnonzero(labels), np.tile(np.flatnonzero(~labels), 7))
    shifted = labels[more_normals], probs[more_normals]
    rare = float(shifted[0].mean())
    weighted = net_benefit(labels, probs, GRID, prevalence=rare)
    assert weighted == pytest.approx(net_benefit(*shifted, GRID), abs=1e-12)
    same = net_benefit(labels, probs, GRID, prevalence=float(labels.mean()))
    assert same == pytest.approx(net_benefit(labels, probs, GRID), abs=1e-12)


def test_a_decision_curve_holds_model_all_and_gain():
    labels, probs = _sample()
    curve = decision_curve(labels, probs, n_boot=50)
    assert curve.thresholds.tolist() == list(THRESHOLDS)
    assert curve.prevalence == labels.mean()
    assert curve.model.value == pytest.approx(net_benefit(labels, probs, THRESHOLDS), abs=0)
    everybody = net_benefit(labels, np.ones(300), THRESHOLDS)
    assert curve.call_all.value == pytest.approx(everybody, abs=1e-12)
    gain = curve.model.value - np.maximum(everybody, 0)
    assert curve.gain.value == pytest.approx(gain, abs=1e-12)
    for band in (curve.model, curve.call_all, curve.gain):
        assert (band.low <= band.value + 0.02).all()
        assert (band.value <= band.high + 0.02).all()
    assert curve.gain.low[30:60].min() > 0


@pytest.mark.parametrize("prevalence", [None, 0.1])
def test_bands_equal_a_plain_loop_over_patients(prevalence):
    labels, probs = _sample(90)
    clusters = np.repeat(np.arange(30), 3)
    curve = decision_curve(
        labels, probs, GRID, prevalence=prevalence, clusters=clusters, n_boot=25, seed=3
    )
    (weights,) = resampled(clusters, 25, 3)
    copies = [np.repeat(np.arange(90), row.astype(int)) for row in weights]
    loop = [net_benefit(labels[c], probs[c], GRID, prevalence=prevalence) for c in copies]
    expected = np.percentile(loop, [2.5, 97.5], axis=0)
    assert np.stack([curve.model.low, curve.model.high]) == pytest.approx(expected, abs=1e-12)


def test_a_known_prevalence_leaves_no_doubt_about_calling_everybody():
    curve = decision_curve(*_sample(), GRID, prevalence=0.1, n_boot=20)
    assert curve.prevalence == 0.1
    assert curve.call_all.low == pytest.approx(curve.call_all.value)
    assert curve.call_all.high == pytest.approx(curve.call_all.value)


def test_frame_is_tidy():
    frame = decision_curve(*_sample(), GRID, n_boot=10).frame()
    names = [f"{name}{end}" for name in ("model", "call_all", "gain") for end in ("", "_low")]
    assert len(frame) == 5
    assert set(names) < set(frame)
    assert frame["threshold"].tolist() == GRID


def test_one_class_and_no_copies_are_not_a_number():
    curve = decision_curve([0, 0], [0.1, 0.6], GRID, n_boot=10)
    assert np.isnan([curve.model.value, curve.call_all.value, curve.gain.low]).all()
    without = decision_curve(*_sample(), GRID, n_boot=0)
    assert np.isfinite(without.model.value).all()
    assert np.isnan([without.model.low, without.gain.high]).all()


@pytest.mark.parametrize(("k", "threshold"), [(1, 0.5), (4, 0.2), (99, 0.01), (0.25, 0.8)])
def test_the_dial_sets_the_threshold(k, threshold):
    assert cost_threshold(k) == pytest.approx(threshold)


def test_the_threshold_of_the_dial_costs_least():
    labels, probs = _sample(40_000)
    for k in (0.5, 3, 20):
        costs = [cost_per_100(labels, probs, t, k, n_boot=0).total.value for t in THRESHOLDS]
        assert THRESHOLDS[int(np.argmin(costs))] == pytest.approx(cost_threshold(k), abs=0.06)


@given(st.floats(0.1, 100), st.sampled_from([None, 0.02, 0.5]))
@settings(deadline=None, max_examples=30)
def test_cost_and_net_benefit_agree(k, prevalence):
    labels, probs = _sample()
    t = cost_threshold(k)
    cost = cost_per_100(labels, probs, t, k, prevalence=prevalence, n_boot=0)
    (benefit,) = net_benefit(labels, probs, [t], prevalence=prevalence)
    assert cost.total.value == pytest.approx(100 * k * (cost.prevalence - benefit))


def test_cost_by_hand():
    labels, probs = [1, 1, 0, 0, 0], [0.9, 0.2, 0.6, 0.1, 0.1]
    cost = cost_per_100(labels, probs, 0.5, 10, n_boot=0)
    assert (cost.missed_mi.value, cost.false_alarms.value) == pytest.approx((20, 20))
    assert cost.total.value == pytest.approx(10 * 20 + 20)
    assert (cost.call_all, cost.call_none) == pytest.approx((60, 400))
    rare = cost_per_100(labels, probs, 0.5, 10, prevalence=0.1, n_boot=0)
    assert (rare.missed_mi.value, rare.false_alarms.value) == pytest.approx((5, 30))


def test_the_cost_interval_agrees_with_the_standard_error():
    labels, probs = _sample(2000)
    missed = cost_per_100(labels, probs, 0.5, 10, n_boot=1000).missed_mi
    share = missed.value / 100
    half_width = 100 * 1.96 * np.sqrt(share * (1 - share) / 2000)
    assert (missed.high - missed.low) / 2 == pytest.approx(half_width, rel=0.1)


def test_same_seed_same_bands():
    first, again, other = (
        cost_per_100(*_sample(), 0.5, 5, n_boot=30, seed=seed) for seed in (1, 1, 2)
    )
    assert astuple(first) == astuple(again) != astuple(other)


def test_calibrated_probabilities_stay_calibrated_at_another_prevalence():
    labels, probs = _sample(60_000)
    sample = float(labels.mean())
    rng = np.random.default_rng(1)
    kept = labels & (rng.random(labels.size) < 0.1) | ~labels
    moved = at_prevalence(probs[kept], sample, float(labels[kept].mean()))
    line = calibration_line(labels[kept], moved, n_boot=0)
    # over seeds the two have a standard deviation of 0.015 and 0.013 around 1 and 0
    assert [line.slope.value, line.in_the_large.value] == pytest.approx([1, 0], abs=0.05)
    assert moved.mean() == pytest.approx(labels[kept].mean(), abs=0.005)


def test_moving_to_the_same_prevalence_changes_nothing():
    probs = np.array([0.0, 0.2, 0.7, 1.0])
    assert at_prevalence(probs, 0.3, 0.3) == pytest.approx(probs)
    moved = at_prevalence(probs, 0.5, 0.1)
    assert moved[[0, 3]].tolist() == [0, 1]
    assert logit(moved[1:3]) == pytest.approx(logit(probs[1:3]) - np.log(9))


@pytest.mark.parametrize("k", [0, -1, float("inf"), float("nan")])
def test_a_dial_without_meaning_is_refused(k):
    with pytest.raises(ValueError, match="use a finite number above 0"):
        cost_per_100([0, 1], [0.2, 0.8], 0.5, k)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"thresholds": [0.5, 1.0]}, r"thresholds \(2,\) must be a vector"),
        ({"thresholds": []}, "from 0 and below 1"),
        ({"thresholds": [float("nan")]}, "from 0 and below 1"),
        ({"prevalence": 0.0}, "prevalence 0.0 must lie between 0 and 1"),
        ({"n_boot": -1}, "n_boot -1 must be at least 0"),
        ({"clusters": [1]}, "must name a patient"),
    ],
)
def test_arguments_outside_their_limits_are_refused(options, says):
    with pytest.raises(ValueError, match=says):
        decision_curve([0, 1], [0.2, 0.8], **options)


def test_a_cost_threshold_outside_its_limits_is_refused():
    with pytest.raises(ValueError, match=r"threshold 1\.5 must be 0 to 1"):
        cost_per_100([0, 1], [0.2, 0.8], 1.5, 10)
