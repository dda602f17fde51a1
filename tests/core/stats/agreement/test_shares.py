"""A share over cases: Clopper and Pearson's interval where readings are independent, else wider."""

import math

import numpy as np
import pytest
from scipy.stats import binomtest

from ecgcore.stats.agreement.shares import clustered_share


@pytest.mark.parametrize("hits", range(11))
def test_independent_readings_have_clopper_and_pearsons_interval(hits: int) -> None:
    found = clustered_share([1] * hits + [0] * (10 - hits))
    exact = binomtest(hits, 10).proportion_ci(0.95, "exact")
    assert found.value == hits / 10
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high))


def test_readings_that_go_with_their_case_count_as_one_a_case() -> None:
    rng = np.random.default_rng(0)
    by_case = rng.random(40) < 0.4
    cases = np.repeat(np.arange(40), 5)
    found = clustered_share(np.repeat(by_case, 5), cases)
    alone = clustered_share(by_case)
    assert found.value == pytest.approx(alone.value)
    assert found.high - found.low == pytest.approx(alone.high - alone.low, rel=0.05)


def test_alike_hits_count_once_a_case_so_that_no_interval_collapses() -> None:
    exact = binomtest(4, 4).proportion_ci(0.95, "exact")
    found = clustered_share([1] * 20, np.repeat(np.arange(4), 5))
    assert (found.low, found.high) == pytest.approx((exact.low, 1.0))


def test_intervals_hold_their_promise_over_clustered_cases() -> None:
    rng, held = np.random.default_rng(1), []
    for _ in range(400):
        chance = rng.beta(2, 3, 25)
        hits = rng.random((25, 4)) < chance[:, None]
        found = clustered_share(hits.ravel(), np.repeat(np.arange(25), 4))
        held.append(found.low <= 0.4 <= found.high)
    assert np.mean(held) >= 0.93


def test_nothing_has_no_share_and_one_case_has_the_widest() -> None:
    assert math.isnan(clustered_share([]).value)
    found = clustered_share([1, 0, 1, 0], ["a"] * 4)
    assert (found.value, found.low < 0.02, found.high > 0.98) == (0.5, True, True)
