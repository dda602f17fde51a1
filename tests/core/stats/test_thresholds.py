"""Thresholds for a wish, and operating points: scikit-learn counts as the oracle."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix, precision_score, recall_score

from ecgcore.stats.thresholds import (
    OperatingPoint,
    Share,
    operating_point,
    threshold_for_sensitivity,
    threshold_for_specificity,
)

_probability = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0]))
_samples = (
    st.lists(st.tuples(st.booleans(), _probability), min_size=2, max_size=40)
    .map(lambda rows: tuple(np.array(column) for column in zip(*rows, strict=True)))
    .filter(lambda sample: 0 < sample[0].sum() < sample[0].size)
)
_wishes = st.one_of(st.floats(0.01, 1), st.sampled_from([0.5, 0.9, 0.95, 1.0]))


def _sample(n: int = 300, seed: int = 0):
    rng = np.random.default_rng(seed)
    labels = rng.random(n) < 0.4
    return labels, (1 / (1 + np.exp(-rng.normal(size=n) - 2 * labels + 1))).round(2)


@given(_samples, _wishes)
@settings(deadline=None, max_examples=150)
def test_sensitivity_is_reached_and_no_larger_threshold_reaches_it(sample, wished):
    labels, probs = sample
    found = threshold_for_sensitivity(labels, probs, wished)
    assert found.reached
    assert found.achieved.value == recall_score(labels, probs >= found.value)
    larger = np.append(probs[probs > found.value], np.nextafter(found.value, 2))
    assert all((probs[labels] >= t).mean() < wished for t in larger)


@given(_samples, _wishes)
@settings(deadline=None, max_examples=150)
def test_specificity_is_reached_and_no_smaller_threshold_reaches_it(sample, wished):
    labels, probs = sample
    found = threshold_for_specificity(labels, probs, wished)
    assert found.achieved.value == recall_score(~labels, probs < found.value)
    assert found.reached == (found.achieved.value >= wished)
    assert found.reached or found.value == 1
    smaller = np.append(probs[probs < found.value], np.nextafter(found.value, -1))
    assert all((probs[~labels] < t).mean() < wished for t in smaller)


def test_wishes_that_are_whole_numbers_of_records():
    labels, probs = np.repeat([1, 0], 10), np.tile(np.arange(1, 11) / 20, 2)
    assert threshold_for_sensitivity(labels, probs, 0.9).value == 2 / 20
    assert threshold_for_sensitivity(labels, probs, 0.7).achieved == Share(7, 10)
    assert threshold_for_specificity(labels, probs, 0.7).achieved == Share(7, 10)
    assert threshold_for_specificity(labels, probs, 0.7).value > 7 / 20


def test_normal_records_at_1_may_make_a_specificity_impossible():
    found = threshold_for_specificity([0, 0, 1], [0.1, 1.0, 1.0], 0.9)
    assert (found.value, found.achieved, found.reached) == (1.0, Share(1, 2), False)


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.55, 1.0])
def test_an_operating_point_equals_scikit_learn(threshold):
    labels, probs = _sample()
    point, called = operating_point(labels, probs, threshold), probs >= threshold
    (tn, fp), (fn, tp) = confusion_matrix(labels, called)
    assert point == OperatingPoint(threshold, tp, fn, fp, tn)
    assert point.sensitivity.value == recall_score(labels, called)
    assert point.specificity.value == recall_score(~labels, ~called)
    if 0 < called.sum() < called.size:
        assert point.ppv.value == precision_score(labels, called)
        assert point.npv.value == precision_score(~labels, ~called)


def test_predictive_values_follow_prevalence():
    point = OperatingPoint(0.5, called_mi=90, missed_mi=10, false_alarms=20, called_normal=80)
    assert point.predictive_values(0.5) == pytest.approx((point.ppv.value, point.npv.value))
    # of 1000 patients 20 have MI: 18 found, 2 missed; 980 have none: 196 alarms
    assert point.predictive_values(0.02) == pytest.approx((18 / (18 + 196), 784 / 786))
    nobody = OperatingPoint(1.0, 0, 10, 0, 10)
    assert np.isnan(nobody.predictive_values(0.2)[0])
    with pytest.raises(ValueError, match="prevalence 1 must lie between 0 and 1"):
        point.predictive_values(1)


def test_a_share_has_its_exact_interval():
    exact = binomtest(254, 268).proportion_ci(method="exact")
    found = Share(254, 268).estimate
    assert (found.value, found.low, found.high) == pytest.approx((254 / 268, *exact))
    assert Share(254, 268).text() == "254 of 268, 0.948 [0.914, 0.971]"
    assert Share(0, 0).text() == "no records"
    assert np.isnan([Share(0, 0).value, Share(0, 0).estimate.low]).all()


@pytest.mark.parametrize("choose", [threshold_for_sensitivity, threshold_for_specificity])
@pytest.mark.parametrize("wished", [0, -1, 1.01, float("nan")])
def test_impossible_wishes_are_refused(choose, wished):
    with pytest.raises(ValueError, match="must be above 0 and at most 1"):
        choose([0, 1], [0.2, 0.8], wished)


def test_a_missing_class_is_refused():
    with pytest.raises(ValueError, match="There is no MI record"):
        threshold_for_sensitivity([0, 0], [0.2, 0.8], 0.9)
    with pytest.raises(ValueError, match="There is no normal record"):
        threshold_for_specificity([1, 1], [0.2, 0.8], 0.9)


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
def test_thresholds_outside_their_limits_are_refused(threshold):
    with pytest.raises(ValueError, match="must be 0 to 1"):
        operating_point([0, 1], [0.2, 0.8], threshold)
