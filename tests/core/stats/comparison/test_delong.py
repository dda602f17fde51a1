"""DeLong: the brute-force definition, scikit-learn's areas and the bootstrap are the oracles."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from ecgcore.stats.comparison.delong import DeLong, delong
from ecgcore.stats.comparison.paired_bootstrap import Trial


def _sample(n=300, k=3, seed=0, decimals=16):
    rng = np.random.default_rng(seed)
    labels = rng.random(n) < 0.4
    shared = rng.normal(size=n) + 2 * labels
    scores = shared + rng.normal(scale=np.arange(1, k + 1)[:, None] / 2, size=(k, n))
    return labels, np.round(scores, decimals)


def _by_definition(labels, scores):
    """Covariance of DeLong 1988 over all pairs of one MI and one other record."""
    mi, other = scores[:, labels, None], scores[:, None, ~labels]
    wins = (mi > other) + (mi == other) / 2
    of_mi, of_other = wins.mean(axis=2), wins.mean(axis=1)
    return np.cov(of_mi) / of_mi.shape[1] + np.cov(of_other) / of_other.shape[1]


@pytest.mark.parametrize("decimals", [16, 0])
def test_areas_and_covariance_equal_their_definitions(decimals):
    labels, scores = _sample(decimals=decimals)
    found = delong(labels, scores)
    expected = [roc_auc_score(labels, row) for row in scores]
    assert found.aurocs == pytest.approx(expected, abs=1e-12)
    assert found.covariance == pytest.approx(_by_definition(labels, scores), rel=1e-9)
    assert not found.clustered


@given(st.integers(0, 10_000), st.integers(4, 40), st.integers(0, 1))
@settings(deadline=None, max_examples=40)
def test_small_samples_with_ties_equal_the_definition(seed, n, decimals):
    labels, scores = _sample(n, 2, seed, decimals)
    labels[:4] = [True, True, False, False]
    found = delong(labels, scores)
    assert found.covariance == pytest.approx(_by_definition(labels, scores), abs=1e-12)
    assert np.linalg.eigvalsh(found.covariance).min() >= -1e-12
    assert (delong(labels, np.exp(scores)).aurocs == found.aurocs).all()


def test_the_bootstrap_sees_the_same_spread():
    labels, scores = _sample(800, 2)
    found = delong(labels, scores)
    _, copies = Trial(labels, n_boot=2000).scores("auroc", norm.cdf(scores))
    assert np.cov(copies.T) == pytest.approx(found.covariance, rel=0.15)
    sd = copies.std(axis=0) * 1.96
    estimate = found.estimate(0)
    assert (estimate.high - estimate.low) / 2 == pytest.approx(sd[0], rel=0.1)


def test_a_patient_of_one_record_changes_nothing():
    labels, scores = _sample()
    clustered = delong(labels, scores, np.arange(300)[::-1])
    assert clustered.clustered
    assert clustered.covariance == pytest.approx(delong(labels, scores).covariance, rel=1e-12)


def test_copies_of_a_patient_add_no_certainty():
    labels, scores = _sample()
    twice = np.tile(labels, 2), np.tile(scores, 2), np.tile(np.arange(300), 2)
    once = delong(labels, scores).covariance
    assert delong(*twice).covariance == pytest.approx(once, rel=0.02)
    assert delong(*twice[:2]).covariance == pytest.approx(once / 2, rel=0.02)


def test_patients_with_mi_and_other_records_agree_with_the_bootstrap():
    rng = np.random.default_rng(5)
    patients = np.arange(600) // 2
    labels = rng.random(600) < 0.5
    scores = np.repeat(rng.normal(size=300), 2) + labels + rng.normal(scale=0.3, size=600)
    found = delong(labels, scores, patients)
    _, copies = Trial(labels, patients, n_boot=2000).scores("auroc", norm.cdf(scores))
    assert copies.var() == pytest.approx(found.covariance[0, 0], rel=0.15)


def test_difference_is_a_z_test():
    found = DeLong(np.array([0.9, 0.8]), np.array([[0.0005, 0.0001], [0.0001, 0.0007]]))
    difference = found.difference(0, 1)
    error = np.sqrt(0.001)
    assert difference.value == pytest.approx(0.1)
    assert [difference.low, difference.high] == pytest.approx(
        [0.1 - 1.959964 * error, 0.1 + 1.959964 * error]
    )
    assert difference.p == pytest.approx(2 * norm.sf(0.1 / error))
    assert found.difference(1, 0).value == -difference.value
    assert difference.estimate.text() == "0.100 [0.038, 0.162]"


def test_the_same_model_twice_differs_by_nothing():
    labels, scores = _sample(k=1)
    same = delong(labels, np.vstack([scores, scores])).difference(0, 1)
    assert (same.value, same.low, same.high, same.p) == (0, 0, 0, 1)
    sure = DeLong(np.array([1.0, 0.5]), np.zeros((2, 2))).difference(0, 1)
    assert (sure.low, sure.p) == (0.5, 0)


def test_no_false_alarm_more_often_than_promised():
    p_values = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        labels = rng.random(150) < 0.5
        scores = rng.normal(size=(2, 150)) + labels
        p_values.append(delong(labels, scores).difference(0, 1).p)
    assert np.mean(np.array(p_values) < 0.05) <= 0.09
    assert np.median(p_values) == pytest.approx(0.5, abs=0.12)


def test_limits_stay_within_an_area():
    found = delong([0, 0, 1, 1, 1], [0.1, 0.6, 0.5, 0.8, 0.9])
    assert found.estimate(0).high == 1
    perfect = delong([0, 0, 1, 1], [0, 1, 2, 3])
    assert perfect.estimate(0).text(1) == "1.0 [1.0, 1.0]"


def test_matrix_names_every_pair():
    labels, scores = _sample()
    frame = delong(labels, scores).matrix(["A", "C", "D"])
    assert list(frame) == ["first", "second", "value", "low", "high", "p"]
    assert frame[["first", "second"]].to_numpy().tolist() == [["A", "C"], ["A", "D"], ["C", "D"]]
    assert delong(labels, scores).matrix()["second"].tolist() == ["1", "2", "2"]
    with pytest.raises(ValueError, match="2 names for 3 models"):
        delong(labels, scores).matrix(["A", "C"])


@pytest.mark.parametrize(
    ("labels", "scores", "clusters", "says"),
    [
        ([0, 1, 1], [0.1, 0.2, 0.3], None, "2 of 3 records are MI; each class needs 2"),
        ([0, 1], [0.1, 0.2, 0.3], None, r"scores \(1, 3\) must be"),
        ([0, 2], [0.1, 0.2], None, "of 0 and 1"),
        ([0, 0, 1, 1], [0, 1, np.inf, 2], None, "1 scores are not finite"),
        ([0, 0, 1, 1], [0, 1, 2, 3], [1, 1, 2, 2], r"\[1, 1\] patients"),
    ],
)
def test_samples_that_say_nothing_are_refused(labels, scores, clusters, says):
    with pytest.raises(ValueError, match=says):
        delong(labels, scores, clusters)
