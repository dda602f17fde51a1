"""Matching: nobody twice, nobody too far, the closest first, and balance afterwards."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgcore.stats.comparison.matching import known_age, matched_pairs, standardised_difference

_people = st.lists(
    st.tuples(
        st.one_of(st.integers(20, 95), st.sampled_from([300, np.nan])),
        st.sampled_from(["male", "female", "unknown"]),
    ),
    max_size=25,
)


def _table(people, first=1):
    return pd.DataFrame(
        {"age": [float(age) for age, _ in people], "sex": [sex for _, sex in people]},
        index=np.arange(first, first + len(people)),
    )


@given(_people, _people, st.randoms())
@settings(deadline=None, max_examples=60)
def test_pairs_keep_every_promise(cases, controls, random):
    cases, controls = _table(cases), _table(controls, first=1000)
    found = matched_pairs(cases, controls)
    one, other = cases.loc[found.case_ids], controls.loc[found.control_ids]
    assert one.index.is_unique
    assert other.index.is_unique
    assert one["sex"].tolist() == other["sex"].tolist()
    assert one["sex"].isin(["male", "female"]).all()
    gaps = np.abs(known_age(one["age"]).to_numpy() - known_age(other["age"]).to_numpy())
    assert gaps.tolist() == found.age_gaps.tolist()
    assert (gaps <= 5).all()
    left = cases.drop(one.index), controls.drop(other.index)
    assert matched_pairs(*left).case_ids.size == 0
    order = list(cases.index)
    random.shuffle(order)
    assert matched_pairs(cases.loc[order], controls).frame().equals(found.frame())


def test_the_closest_pair_comes_first():
    cases = _table([(60, "male"), (64, "male"), (70, "female")])
    controls = _table([(63, "male"), (90, "male"), (71, "male")], first=10)
    found = matched_pairs(cases, controls)
    assert found.frame().to_numpy().tolist() == [[2, 10, 1.0]]
    assert (found.n_cases, found.n_controls) == (3, 3)
    assert found.ids.tolist() == [2, 10]


def test_over_89_is_a_known_age_and_blank_is_not():
    cases, controls = _table([(300, "male"), (np.nan, "male")]), _table([(88, "male")], first=10)
    assert matched_pairs(cases, controls).age_gaps.tolist() == [2]
    assert matched_pairs(cases, controls, max_age_gap=1).case_ids.size == 0


def test_matching_balances_what_was_not():
    rng = np.random.default_rng(0)
    cases = _table(_drawn(rng, 200, years=70, male=0.7))
    controls = _table(_drawn(rng, 400, years=52, male=0.4), first=1000)
    balance = matched_pairs(cases, controls).balance.set_index("what")
    assert balance.loc["age", "before"] > 1
    assert abs(balance.loc["age", "after"]) < 0.1
    assert balance.loc["sex (male)", "before"] > 0.4
    assert balance.loc["sex (male)", "after"] == 0


def _drawn(rng, n, years, male):
    return [(rng.normal(years, 12), "male" if rng.random() < male else "female") for _ in range(n)]


def test_standardised_difference_by_hand():
    first, second = np.array([1.0, 2.0, 3.0]), np.array([3.0, 4.0, 5.0])
    assert standardised_difference(first, second) == -2
    assert standardised_difference(first, first) == 0
    assert standardised_difference(np.ones(3), np.ones(3)) == 0
    assert np.isnan(standardised_difference(np.ones(3), np.zeros(3)))
    assert np.isnan(standardised_difference(np.ones(1), second))


def test_a_record_on_both_sides_is_refused():
    people = _table([(60, "male")])
    with pytest.raises(ValueError, match=r"\[1\]"):
        matched_pairs(people, people)
    with pytest.raises(ValueError, match="max_age_gap -1"):
        matched_pairs(people, _table([(60, "male")], 5), max_age_gap=-1)
