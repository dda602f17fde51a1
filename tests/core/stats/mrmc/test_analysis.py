"""Obuchowski and Rockette's analysis: parts by brute force, and what has no answer."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from ecgcore.stats.comparison.delong import delong
from ecgcore.stats.mrmc.analysis import analyse
from ecgcore.stats.mrmc.performance import performance

RNG = np.random.default_rng(17)
TRUTH = np.arange(40) % 3 == 0
RATINGS = RNG.integers(1, 6, size=(3, 4, 40)) + 2 * TRUTH
FLAT = RATINGS.reshape(12, 40)


def share(ratings: np.ndarray, truth: np.ndarray, metric: str) -> float:
    if metric == "auc":
        return float(roc_auc_score(truth, ratings))
    return float(
        (ratings[truth] >= 4).mean() if metric == "sensitivity" else (ratings[~truth] < 4).mean()
    )


@pytest.mark.parametrize("metric", ["auc", "sensitivity", "specificity"])
def test_figures_and_jackknife_are_those_of_leaving_out_each_case(metric: str) -> None:
    found = performance(FLAT, TRUTH, metric, 4)
    assert found.values == pytest.approx([share(one, TRUTH, metric) for one in FLAT])
    left = np.array(
        [[share(np.delete(x, k), np.delete(TRUTH, k), metric) for k in range(40)] for x in FLAT]
    )
    away = left - left.mean(axis=1, keepdims=True)
    assert found.covariance("jackknife") == pytest.approx(away @ away.T * 39 / 40)


def test_delongs_covariance_is_that_of_delongs_test() -> None:
    expected = delong(TRUTH, FLAT).covariance
    assert performance(FLAT, TRUTH, "auc").covariance("delong") == pytest.approx(expected)


def test_delongs_covariance_of_a_share_is_that_of_a_mean() -> None:
    called = (FLAT >= 4)[:, TRUTH]
    found = performance(FLAT, TRUTH, "sensitivity", 4).covariance("delong")
    assert found == pytest.approx(np.cov(called.astype(float)) / TRUTH.sum())


def test_a_share_without_a_threshold_is_refused() -> None:
    with pytest.raises(ValueError, match="sensitivity needs a threshold"):
        performance(FLAT, TRUTH, "sensitivity")


def test_components_are_means_over_pairs_taken_one_by_one() -> None:
    found = analyse(RATINGS, TRUTH)
    errors = performance(FLAT, TRUTH, "auc").covariance("jackknife")
    parts: dict[tuple[bool, bool], list[float]] = {}
    for a in range(12):
        for b in range(12):
            key = a // 4 == b // 4, a % 4 == b % 4
            parts.setdefault(key, []).append(errors[a, b])
    c = found.components
    seen = {
        (True, True): c.error,
        (False, True): c.cov1,
        (True, False): c.cov2,
        (False, False): c.cov3,
    }
    assert seen == pytest.approx({key: np.mean(values) for key, values in parts.items()})
    assert (c.n_treatments, c.n_readers, c.n_cases) == (3, 4, 40)
    v = found.values
    rest = v - v.mean(axis=1, keepdims=True) - v.mean(axis=0, keepdims=True) + v.mean()
    assert c.ms_treatment == pytest.approx(4 * v.mean(axis=1).var(ddof=1))
    assert c.ms_reader == pytest.approx(3 * v.mean(axis=0).var(ddof=1))
    assert c.ms_both == pytest.approx((rest**2).sum() / 6)


def test_every_two_treatments_are_compared_and_each_reader_too() -> None:
    found = analyse(RATINGS, TRUTH)
    assert [(one.first, one.second) for one in found.differences] == [(0, 1), (0, 2), (1, 2)]
    assert len(found.by_reader) == 4
    alone, both = found.by_reader[2][1], delong(TRUTH, RATINGS[[0, 2], 2]).difference(0, 1)
    assert alone.estimate.value == pytest.approx(both.value)
    assert alone.estimate.high - alone.estimate.low == pytest.approx(both.high - both.low, rel=0.05)
    assert alone.p == pytest.approx(both.p, abs=0.02)


def test_treatments_without_any_difference_are_not_defined_but_no_error() -> None:
    same = np.stack([RATINGS[0]] * 2)
    found = analyse(same, TRUTH)
    assert found.components.ms_treatment == found.components.ms_both == 0
    assert found.differences[0].estimate.value == 0
    assert np.isnan(analyse(same, TRUTH, fixed="cases").test.f)


def test_what_is_always_right_has_no_interval_and_a_good_treatment_stays_within_one() -> None:
    always = np.broadcast_to(TRUTH * 1.0, (4, 40))
    perfect = analyse(np.stack([RATINGS[0], always]), TRUTH).treatments[1]
    assert perfect.value == 1
    assert np.isnan([perfect.low, perfect.high]).all()
    good = np.where(RNG.random((4, 40)) < 0.03, 1 - always, always)
    found = analyse(np.stack([good, 1 - good]), TRUTH).treatments
    assert found[0].high == 1
    assert found[1].low == 0


@pytest.mark.parametrize(
    ("ratings", "truth", "words"),
    [
        (RATINGS[0], TRUTH, "must be"),
        (RATINGS, TRUTH[:-1], "must be"),
        (np.where(RATINGS == 3, np.nan, RATINGS), TRUTH, "must be"),
        (RATINGS[:1], TRUTH, "1 treatments, 4 readers"),
        (RATINGS[:, :1], TRUTH, "3 treatments, 1 readers"),
        (RATINGS, np.arange(40) == 0, "1 cases with and 39 without"),
    ],
)
def test_what_is_no_study_is_refused(ratings: np.ndarray, truth: np.ndarray, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        analyse(ratings, truth)
