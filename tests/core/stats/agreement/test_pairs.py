"""Agreement of two readers, against scikit-learn and counts made by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from ecgcore.stats.agreement.pairs import Weights, pair_agreement
from ecgcore.stats.agreement.tables import cross_table, with_copies

BOTH_YES, FIRST_ONLY, SECOND_ONLY, BOTH_NO = 20, 5, 10, 15


def two_readers() -> tuple[list[int], list[int]]:
    """Cohen's example: agreement 0.7, by chance 0.5, kappa 0.4."""
    counts = (BOTH_YES, FIRST_ONLY, SECOND_ONLY, BOTH_NO)
    first, second = np.repeat([1, 1, 0, 0], counts), np.repeat([1, 0, 1, 0], counts)
    return first.tolist(), second.tolist()


def test_every_figure_of_a_table_worked_out_by_hand() -> None:
    found = pair_agreement(*two_readers())
    assert found.n == 50
    assert found.observed.value == pytest.approx(0.7)
    assert found.kappa.value == pytest.approx(0.4)
    assert found.adjusted_kappa.value == pytest.approx(0.4)
    assert found.specific[1].value == pytest.approx(40 / 55)
    assert found.specific[0].value == pytest.approx(30 / 45)
    assert found.weighted_kappa is None


def test_the_interval_is_as_wide_as_the_large_sample_error_says() -> None:
    """Fleiss, Cohen and Everitt (1969): the error of this table's kappa is 0.1265."""
    kappa = pair_agreement(*two_readers(), n_copies=4000).kappa
    assert kappa.high - kappa.low == pytest.approx(2 * 1.96 * 0.1265, rel=0.06)
    assert kappa.low < 0.4 < kappa.high


def test_same_seed_same_interval() -> None:
    first, again, other = (pair_agreement(*two_readers(), seed=s).kappa for s in (3, 3, 4))
    assert first == again != other


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=5, max_size=60),
    st.sampled_from([None, "linear", "quadratic"]),
)
def test_kappa_is_that_of_scikit_learn(pairs: list[tuple[int, int]], how: Weights | None) -> None:
    first, second = zip(*pairs, strict=True)
    if len({*first, *second}) == 1:
        return
    found = pair_agreement(first, second, 4, weights=how, n_copies=1)
    mine = found.kappa if how is None else found.weighted_kappa
    assert mine is not None
    expected = cohen_kappa_score(first, second, labels=[0, 1, 2, 3], weights=how)
    assert mine.value == pytest.approx(expected)


def test_a_case_that_one_did_not_rate_does_not_count() -> None:
    found = pair_agreement([1, 0, -1, 1], [1, 1, 0, -1])
    assert found.n == 2
    assert found.observed.value == 0.5


def test_one_value_only_has_no_kappa_and_no_cases_have_nothing() -> None:
    same = pair_agreement([0, 0, 0], [0, 0, 0])
    assert np.isnan(same.kappa.value)
    assert same.observed.value == same.adjusted_kappa.value == same.specific[0].value == 1
    assert np.isnan(same.specific[1].value)
    none = pair_agreement([-1], [1])
    assert none.n == 0
    assert np.isnan([none.kappa.value, none.observed.low]).all()


@pytest.mark.parametrize(
    ("first", "second", "n_values"),
    [([0, 1], [0], 2), ([0, 2], [0, 0], 2), ([0, -2], [0, 0], 2), ([[0]], [[0]], 2), ([0], [0], 1)],
)
def test_codes_that_do_not_fit_are_refused(first: list, second: list, n_values: int) -> None:
    with pytest.raises(ValueError, match=r"codes|n_values"):
        pair_agreement(first, second, n_values)


def test_a_cross_table_has_the_first_reader_in_its_rows() -> None:
    assert cross_table([0, 0, 1], [1, 1, 0], 2).tolist() == [[0, 2], [1, 0]]


def test_copies_are_drawn_case_by_case() -> None:
    table = np.array([[30, 10], [0, 60]])
    copies = with_copies(table, 3000, 0)
    assert copies[0].tolist() == table.tolist()
    assert (copies.sum(axis=(1, 2)) == 100).all()
    assert copies[1:].mean(axis=0) == pytest.approx(table, abs=0.5)
    assert copies[1:, 0, 0].std() == pytest.approx(np.sqrt(100 * 0.3 * 0.7), rel=0.05)
