"""Metrics: scikit-learn is the oracle for values, a plain loop over it for the intervals."""

import time
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from ecgcore.stats.bootstrap import resampled
from ecgcore.stats.metrics import (
    METRIC_NAMES,
    SCORE_NAMES,
    Estimate,
    Metrics,
    Scorer,
    evaluate,
)
from ecgcore.stats.reliability_curve import expected_calibration_error


def _sample(n: int, seed: int = 0, decimals: int = 16):
    rng = np.random.default_rng(seed)
    labels = rng.random(n) < 0.4
    logits = rng.normal(size=n) + 3.0 * labels - 1.5
    return labels, np.round(1 / (1 + np.exp(-logits)), decimals)


def _oracle(labels, probs, threshold=0.5):
    called = probs >= threshold
    return {
        "auroc": sk.roc_auc_score(labels, probs),
        "auprc": sk.average_precision_score(labels, probs),
        "accuracy": sk.accuracy_score(labels, called),
        "sensitivity": sk.recall_score(labels, called),
        "specificity": sk.recall_score(~labels, ~called),
        "brier": sk.brier_score_loss(labels, probs),
        "ece_width": expected_calibration_error(labels, probs),
        "ece_mass": expected_calibration_error(labels, probs, strategy="mass"),
    }


def _values(metrics: Metrics):
    return {name: getattr(metrics, name).value for name in METRIC_NAMES}


@pytest.mark.parametrize("decimals", [16, 2, 1])
@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.5, 1.0])
def test_values_equal_scikit_learn(decimals, threshold):
    labels, probs = _sample(500, decimals=decimals)
    metrics = evaluate(labels, probs, threshold=threshold, n_boot=0)
    assert (metrics.n, metrics.n_mi, metrics.threshold) == (500, labels.sum(), threshold)
    assert _values(metrics) == pytest.approx(_oracle(labels, probs, threshold), abs=1e-12, rel=0)


@given(
    st.lists(
        st.tuples(st.booleans(), st.sampled_from([0, 0.2, 0.4999, 0.5, 0.8, 1])),
        min_size=2,
        max_size=40,
    )
    .map(lambda rows: tuple(np.array(column) for column in zip(*rows, strict=True)))
    .filter(lambda sample: 0 < sample[0].sum() < sample[0].size)
)
@settings(deadline=None, max_examples=60)
def test_values_equal_scikit_learn_with_heavy_ties(sample):
    labels, probs = sample
    values = _values(evaluate(labels, probs, n_boot=0))
    assert values == pytest.approx(_oracle(labels, probs), abs=1e-12, rel=0)


def test_hand_made_example():
    metrics = evaluate([1, 0, 1, 0], [0.9, 0.6, 0.6, 0.1], n_boot=0)
    assert metrics.auroc.value == 3.5 / 4
    assert metrics.auprc.value == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert (metrics.accuracy.value, metrics.sensitivity.value) == (0.75, 1)
    assert metrics.specificity.value == 0.5
    assert metrics.brier.value == pytest.approx((0.01 + 0.36 + 0.16 + 0.01) / 4)


@pytest.mark.parametrize("patients", [False, True])
def test_intervals_equal_a_plain_loop_over_scikit_learn(patients):
    labels, probs = _sample(60, seed=3, decimals=1)
    clusters = np.repeat(np.arange(20), 3) if patients else None
    units = np.arange(60) if clusters is None else clusters
    metrics = evaluate(labels, probs, clusters=clusters, n_boot=40, seed=5)
    (weights,) = resampled(units, 40, 5)
    copies = [np.repeat(np.arange(60), row.astype(int)) for row in weights]
    loops = [_oracle(labels[copy], probs[copy]) for copy in copies]
    for name in METRIC_NAMES[:7]:  # equally full bins stay those of the whole sample
        expected = np.percentile([loop[name] for loop in loops], [2.5, 97.5])
        estimate = getattr(metrics, name)
        assert [estimate.low, estimate.high] == pytest.approx(expected, abs=1e-12)


def test_log_loss_equals_scikit_learn_even_where_a_certain_prediction_is_wrong():
    labels, probs = _sample(200, seed=4)
    probs[:4] = [0, 0, 1, 1]
    weights = np.random.default_rng(0).integers(1, 4, size=(3, 200)).astype(float)
    expected = [sk.log_loss(labels, probs, sample_weight=row) for row in weights]
    assert Scorer(labels, probs).score("log_loss", weights) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", ["auroc", "auprc", "brier"])
def test_weights_equal_those_of_scikit_learn(name):
    labels, probs = _sample(150, seed=6, decimals=1)
    weights = np.random.default_rng(1).integers(0, 4, size=(5, 150)).astype(float)
    function = {
        "auroc": sk.roc_auc_score,
        "auprc": sk.average_precision_score,
        "brier": sk.brier_score_loss,
    }[name]
    expected = [function(labels, probs, sample_weight=row) for row in weights]
    assert Scorer(labels, probs).score(name, weights) == pytest.approx(expected, rel=1e-12)


def test_an_unknown_score_is_refused():
    assert (*METRIC_NAMES, "log_loss") == SCORE_NAMES
    with pytest.raises(ValueError, match="no score 'f1'"):
        Scorer(np.array([True]), np.array([0.5])).score("f1", np.ones((1, 1)))


def test_the_accuracy_interval_agrees_with_the_binomial_standard_error():
    labels, probs = _sample(2000, seed=2)
    accuracy = evaluate(labels, probs, n_boot=2000).accuracy
    half_width = 1.96 * np.sqrt(accuracy.value * (1 - accuracy.value) / 2000)
    assert (accuracy.high - accuracy.low) / 2 == pytest.approx(half_width, rel=0.08)


def test_copies_of_a_patient_add_no_certainty():
    labels, probs = _sample(150)
    once = evaluate(labels, probs).auroc
    doubled = [np.tile(column, 4) for column in (labels, probs)]
    by_patient = evaluate(*doubled, clusters=np.tile([f"p{k}" for k in range(150)], 4)).auroc
    by_record = evaluate(*doubled).auroc
    width = once.high - once.low
    assert by_patient.high - by_patient.low == pytest.approx(width, rel=0.2)
    assert by_record.high - by_record.low == pytest.approx(width / 2, rel=0.2)


def test_same_seed_same_intervals():
    labels, probs = _sample(100)
    assert evaluate(labels, probs, seed=1) == evaluate(labels, probs, seed=1)
    assert evaluate(labels, probs, seed=1) != evaluate(labels, probs, seed=2)


@given(st.permutations(range(30)))
@settings(deadline=None, max_examples=25)
def test_values_know_no_order(order):
    labels, probs = _sample(30, decimals=1)
    shuffled = evaluate(labels[order], probs[order], n_boot=0)
    straight = evaluate(labels, probs, n_boot=0)
    assert _values(shuffled) == pytest.approx(_values(straight), abs=1e-12)


@pytest.mark.parametrize(
    ("label", "missing"),
    [(0, {"auroc", "auprc", "sensitivity"}), (1, {"auroc", "specificity"})],
)
def test_one_class_leaves_some_metrics_undefined(label, missing):
    metrics = evaluate([label] * 5, [0.1, 0.5, 0.5, 0.9, 1.0], n_boot=20)
    undefined = {name for name, value in _values(metrics).items() if np.isnan(value)}
    assert undefined == missing
    for name in METRIC_NAMES:
        numbers = np.array(list(asdict(getattr(metrics, name)).values()))
        assert np.isnan(numbers).all() == (name in missing)


def test_copies_without_a_class_are_left_out_of_the_interval():
    metrics = evaluate([0, 1], [0.2, 0.8], n_boot=50)
    assert metrics.auroc == Estimate(1, 1, 1)
    assert metrics.sensitivity == Estimate(1, 1, 1)


def test_constant_and_perfect_predictions():
    constant = evaluate([0, 1, 0, 1], [0.5] * 4, n_boot=0)
    assert constant.auroc.value == 0.5
    assert constant.auprc.value == 0.5
    perfect = evaluate([0, 1, 0, 1], [0.0, 1.0, 0.0, 1.0], n_boot=0)
    assert list(_values(perfect).values()) == [1] * 5 + [0] * 3


def test_single_precision_predictions_are_taken():
    labels, probs = _sample(200)
    single = evaluate(labels.astype(np.int64), probs.astype(np.float32), n_boot=0)
    assert single.brier.value == pytest.approx(_oracle(labels, probs)["brier"], abs=1e-6)


def test_frame_is_tidy():
    labels, probs = _sample(50)
    metrics = evaluate(labels, probs, n_boot=20)
    frame = metrics.frame()
    assert list(frame) == ["metric", "value", "low", "high"]
    assert tuple(frame["metric"]) == METRIC_NAMES
    assert frame.set_index("metric").loc["brier"].tolist() == list(asdict(metrics.brier).values())


def test_estimate_text():
    nan = float("nan")
    assert Estimate(0.99331, 0.98901, 0.996).text() == "0.993 [0.989, 0.996]"
    assert Estimate(0.02743, 0.02, 0.036).text(4) == "0.0274 [0.0200, 0.0360]"
    assert Estimate(0.5, nan, nan).text(2) == "0.50"
    assert Estimate(nan, nan, nan).text() == "not defined"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"threshold": 1.1}, "threshold 1.1"),
        ({"threshold": float("nan")}, "threshold nan"),
        ({"n_boot": -1}, "n_boot -1"),
        ({"n_bins": 0}, "n_bins is 0"),
        ({"clusters": [1]}, r"clusters \(1,\) must name a patient for each of the 2 records"),
        ({"clusters": [1.0, float("nan")]}, "must name a patient"),
    ],
)
def test_arguments_outside_their_limits_are_refused(options, says):
    with pytest.raises(ValueError, match=says):
        evaluate([0, 1], [0.2, 0.8], **options)


def test_the_whole_test_set_takes_half_a_second_at_most():
    labels, probs = _sample(1253)
    used = []
    for _ in range(3):
        start = time.process_time()
        evaluate(labels, probs, clusters=np.arange(1253) // 2)
        used.append(time.process_time() - start)
    assert min(used) <= 0.5


def test_an_estimate_has_true_minus_signs() -> None:
    assert Estimate(-0.0127, -0.03, 0.005).text(3) == "−0.013 [−0.030, 0.005]"
