"""Intervals where the bootstrap has none: no variation, or one case."""

import numpy as np
import pytest

from ecgcore.stats.agreement.everyone import everyone_agreement
from ecgcore.stats.agreement.intervals import agreement_words
from ecgcore.stats.agreement.pairs import pair_agreement
from ecgcore.stats.metrics import Estimate

LOW_10 = 0.025 ** (1 / 10)
"""Clopper and Pearson's lower limit where all of 10 hold, in closed form."""
LOW_5 = 0.025 ** (1 / 5)


def limits(one: Estimate) -> tuple[float, float]:
    return one.low, one.high


def test_two_who_always_agree_have_intervals_from_the_exact_one_of_their_agreement() -> None:
    codes = [0] * 5 + [1] * 5
    found = pair_agreement(codes, codes)
    assert limits(found.observed) == pytest.approx((LOW_10, 1))
    assert limits(found.adjusted_kappa) == pytest.approx((2 * LOW_10 - 1, 1))
    assert limits(found.kappa) == pytest.approx((1 - (1 - LOW_10) / 0.5, 1))
    assert limits(found.specific[0]) == pytest.approx((2 * LOW_5 / (1 + LOW_5), 1))


def test_a_weighted_kappa_of_one_counts_what_is_left_as_the_widest_step() -> None:
    codes = [0, 0, 0, 0, 0, 2, 2, 2, 2, 2]
    kappa = pair_agreement(codes, codes, 3, weights="linear").weighted_kappa
    assert kappa is not None
    assert limits(kappa) == pytest.approx((1 - 2 * (1 - LOW_10) / (2 * 0.5), 1))
    rare = [1] * 9 + [2]
    kappa = pair_agreement(rare, rare, 3, weights="linear").weighted_kappa
    assert kappa is not None
    assert kappa.low == -1, "no kappa is lower"


def test_two_who_never_agree_have_an_interval_of_their_agreement() -> None:
    found = pair_agreement([0] * 10, [1] * 10)
    assert limits(found.observed) == pytest.approx((0, 1 - LOW_10))
    assert found.kappa.value == 0
    assert np.isnan(limits(found.kappa)).all(), "it is 0 whatever they mean by their one answer"


def test_all_readers_alike() -> None:
    found = everyone_agreement([[0] * 5 + [1] * 5] * 3)
    assert limits(found.observed) == pytest.approx((LOW_10, 1))
    assert limits(found.fleiss_kappa) == pytest.approx((1 - (1 - LOW_10) / 0.5, 1))
    assert found.alpha.value == 1
    assert np.isnan(limits(found.alpha)).all()


@pytest.mark.parametrize("second", [0, 1])
def test_one_case_has_no_interval(second: int) -> None:
    pair = pair_agreement([0, -1], [second, 1], weights="linear")
    everyone = everyone_agreement([[0, -1], [second, 1], [1, 1]][:2])
    found = [pair.observed, pair.kappa, pair.weighted_kappa, pair.adjusted_kappa, *pair.specific]
    found += [everyone.observed, everyone.adjusted_kappa, everyone.fleiss_kappa, everyone.alpha]
    assert np.isnan([limits(one) for one in found if one is not None]).all()


def test_alike_without_being_all_or_none_has_no_interval() -> None:
    found = everyone_agreement([[0, 1, 0, 1], [0, 1, 0, 1], [1, 0, 1, 0]])
    assert found.observed.value == pytest.approx(1 / 3)
    assert np.isnan(limits(found.observed)).all()


def test_words_for_a_figure_without_an_interval_and_for_none_at_all() -> None:
    nothing = float("nan")
    assert agreement_words(Estimate(0.25, nothing, nothing), 2) == "0.25 (no interval)"
    assert agreement_words(Estimate(nothing, nothing, nothing), 2) == "not defined"
