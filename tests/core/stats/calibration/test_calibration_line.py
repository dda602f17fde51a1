"""The calibration line: scikit-learn is the oracle, a plain loop over it for the intervals."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from ecgcore.stats.bootstrap import resampled
from ecgcore.stats.calibration.calibration_line import CLIP, CalibrationLine, calibration_line
from ecgcore.stats.metrics import Estimate


def _sample(n: int = 400, slope: float = 1.0, offset: float = 0.0, seed: int = 0):
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=n) * 2
    return rng.random(n) < expit(slope * logits + offset), expit(logits)


def _oracle(labels, probs) -> list[float]:
    x = logit(probs)
    line = LogisticRegression(C=np.inf, tol=1e-12, solver="newton-cholesky").fit(x[:, None], labels)
    large = brentq(lambda b: (labels - expit(x + b)).sum(), -20, 20)
    return [line.coef_[0, 0], line.intercept_[0], large]


def _three(line: CalibrationLine) -> list[Estimate]:
    return [line.slope, line.intercept, line.in_the_large]


def _values(line: CalibrationLine) -> list[float]:
    return [estimate.value for estimate in _three(line)]


@pytest.mark.parametrize(("slope", "offset"), [(1, 0), (0.3, 1), (4, -3), (-1, 0.5)])
def test_values_equal_scikit_learn(slope, offset):
    labels, probs = _sample(slope=slope, offset=offset)
    line = calibration_line(labels, probs, n_boot=0)
    assert _values(line) == pytest.approx(_oracle(labels, probs), abs=1e-5)
    assert all(np.isnan([one.low, one.high]).all() for one in _three(line))


@pytest.mark.parametrize("patients", [False, True])
def test_intervals_equal_a_plain_loop_over_scikit_learn(patients):
    labels, probs = _sample(90, slope=0.8)
    clusters = np.repeat(np.arange(30), 3) if patients else None
    line = calibration_line(labels, probs, clusters=clusters, n_boot=30, seed=4)
    (weights,) = resampled(np.arange(90) if clusters is None else clusters, 30, 4)
    copies = [np.repeat(np.arange(90), row.astype(int)) for row in weights]
    expected = np.percentile([_oracle(labels[c], probs[c]) for c in copies], [2.5, 97.5], axis=0)
    found = np.array([[one.low, one.high] for one in _three(line)]).T
    assert found == pytest.approx(expected, abs=1e-5)


def test_calibrated_probabilities_have_the_ideal_line_within_the_interval():
    line = calibration_line(*_sample(3000), n_boot=200)
    for estimate, ideal in zip(_three(line), [1, 0, 0], strict=True):
        assert estimate.low < ideal < estimate.high
        assert estimate.high - estimate.low < 0.3


def test_what_each_number_says():
    labels, probs = _sample(5000)
    extreme = calibration_line(labels, expit(3 * logit(probs)), n_boot=0)
    assert extreme.slope.value == pytest.approx(1 / 3, abs=0.05)
    rare = calibration_line(labels, expit(logit(probs) - 1), n_boot=0)
    assert rare.in_the_large.value == pytest.approx(1, abs=0.1)
    assert rare.slope.value == pytest.approx(1, abs=0.1)


def test_the_interval_agrees_with_the_standard_error_of_a_logistic_regression():
    labels, probs = _sample(2000)
    slope = calibration_line(labels, probs, n_boot=1000).slope
    features = np.column_stack([logit(probs), np.ones(2000)])
    spread = (probs * (1 - probs))[:, None] * features
    error = np.sqrt(np.linalg.inv(features.T @ spread)[0, 0])
    assert (slope.high - slope.low) / 2 == pytest.approx(1.96 * error, rel=0.12)


def test_probabilities_of_0_and_1_are_clipped():
    labels, probs = _sample(300)
    hard = np.where(probs > 0.97, 1, np.where(probs < 0.03, 0, probs))
    clipped = calibration_line(labels, hard.clip(CLIP, 1 - CLIP), n_boot=20)
    assert calibration_line(labels, hard, n_boot=20) == clipped
    assert np.isfinite(_values(clipped)).all()


def test_overconfident_extremes_converge():
    labels = np.arange(400) % 4 > 0
    line = calibration_line(labels, np.where(np.arange(400) % 8 > 1, 1.0, 0.0), n_boot=50)
    assert np.isfinite([[e.value, e.low, e.high] for e in _three(line)]).all()


@pytest.mark.parametrize(
    ("labels", "probs", "undefined"),
    [
        ([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4], [True, True, False]),
        ([1, 1, 0, 0], [0.1, 0.2, 0.2, 0.4], [True, True, False]),
        ([0, 1, 0, 1], [0.3, 0.3, 0.3, 0.3], [True, True, False]),
        ([1, 1, 1, 1], [0.1, 0.2, 0.3, 0.4], [True, True, True]),
    ],
)
def test_what_has_no_finite_value_is_not_a_number(labels, probs, undefined):
    line = calibration_line(labels, probs, n_boot=20)
    assert np.isnan(_values(line)).tolist() == undefined
    assert np.isnan([one.low for one in _three(line)]).tolist() == undefined


def test_separated_copies_are_left_out_of_the_interval():
    slope = calibration_line([0, 0, 1, 0, 1, 1], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], n_boot=200).slope
    assert slope.low < slope.value < slope.high < 100


def test_same_seed_same_intervals():
    sample = _sample(100)
    first = calibration_line(*sample, n_boot=30, seed=1)
    assert first == calibration_line(*sample, n_boot=30, seed=1)
    assert first != calibration_line(*sample, n_boot=30, seed=2)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"n_boot": -1}, "n_boot -1 must be at least 0"),
        ({"clusters": [1]}, r"clusters \(1,\) must name a patient"),
    ],
)
def test_arguments_outside_their_limits_are_refused(options, says):
    with pytest.raises(ValueError, match=says):
        calibration_line([0, 1], [0.2, 0.8], **options)


def test_logits_are_refused():
    with pytest.raises(ValueError, match="pass probabilities, not logits"):
        calibration_line([0, 1], [-2.0, 3.0])
