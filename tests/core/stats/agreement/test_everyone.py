"""Agreement of all readers, against the tables that the sources print."""

import numpy as np
import pytest

from ecgcore.stats.agreement.everyone import everyone_agreement

# Fleiss' kappa of 14 raters, 10 subjects and 5 values, as printed by Wikipedia: 0.210
FLEISS = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip
# Krippendorff (2004), three observers, 15 units: nominal 0.691, interval 0.811
_ = -1
KRIPPENDORFF = [
    [_, _, _, _, _, 2, 3, 0, 1, 0, 0, 2, 2, _, 2],
    [0, _, 1, 0, 2, 2, 3, 2, _, _, _, _, _, _, _],
    [_, _, 1, 0, 2, 3, 3, _, 1, 0, 0, 2, 2, _, 3],
]


def codes_of(counts: list[list[int]]) -> np.ndarray:
    return np.array([np.repeat(np.arange(len(row)), row) for row in counts]).T


def test_fleiss_kappa_of_the_known_table() -> None:
    found = everyone_agreement(codes_of(FLEISS), 5, n_copies=200)
    assert (found.n_cases, found.n_ratings) == (10, 140)
    assert found.fleiss_kappa.value == pytest.approx(0.210, abs=5e-4)
    assert found.fleiss_kappa.low < 0.210 < found.fleiss_kappa.high


@pytest.mark.parametrize(("level", "alpha"), [("nominal", 0.691), ("interval", 0.811)])
def test_alpha_of_the_known_table_with_gaps(level: str, alpha: float) -> None:
    found = everyone_agreement(KRIPPENDORFF, 4, level=level, n_copies=50)
    assert found.alpha.value == pytest.approx(alpha, abs=5e-4)
    assert (found.n_cases, found.n_ratings) == (12, 26)


def test_a_case_counts_as_often_as_it_is_there() -> None:
    once = everyone_agreement([[0, 1, 1], [0, 1, 0]], n_copies=1)
    tenfold = everyone_agreement([[0, 1, 1] * 10, [0, 1, 0] * 10], n_copies=400)
    assert tenfold.fleiss_kappa.value == pytest.approx(once.fleiss_kappa.value)
    assert tenfold.alpha.low < tenfold.alpha.value < tenfold.alpha.high


def test_readers_of_all_cases_and_gaps_agree_with_a_count_by_hand() -> None:
    """Three cases of 3, 2 and 2 ratings: observed (1/3 + 1 + 1) / 3; values 3 and 4 of 7."""
    found = everyone_agreement([[0, 0, 1], [0, 0, 1], [1, -1, -1]], n_copies=1)
    observed, chance = (1 / 3 + 2) / 3, (4 / 7) ** 2 + (3 / 7) ** 2
    assert found.fleiss_kappa.value == pytest.approx((observed - chance) / (1 - chance))
    assert found.observed.value == pytest.approx(observed)
    assert found.adjusted_kappa.value == pytest.approx(2 * observed - 1)


@pytest.mark.parametrize("codes", [[[0, 0], [0, 0]], [[0, -1], [-1, 0]]])
def test_nothing_to_tell_apart_is_not_defined(codes: list[list[int]]) -> None:
    found = everyone_agreement(codes, n_copies=10)
    assert np.isnan([found.fleiss_kappa.value, found.alpha.value, found.alpha.low]).all()


def test_codes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="below 2"):
        everyone_agreement([[0, 2]])
    with pytest.raises(ValueError, match="n_readers"):
        everyone_agreement([0, 1])
