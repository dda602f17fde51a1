"""Orders are random, the same for the same seed, and balanced over readers, arms and rounds."""

from collections import Counter

import pytest

from ecgcore.errors import ReviewError
from ecgcore.review.studies.allocation import advice_on, contrary, planted, schedule
from ecgcore.review.studies.protocol import ARMS, Protocol, StudyCase
from tests.support.reviews.studies import protocol

READERS = ("ann", "bob", "eve", "max", "zoe")


def test_every_reader_reads_every_case_once_in_every_arm_and_once_a_round() -> None:
    made = protocol(n=22, readers=READERS)
    for reader in READERS:
        items = schedule(made, reader)
        assert Counter((one.case, one.arm) for one in items) == Counter(
            (case.case, arm) for case in made.cases for arm in ARMS
        )
        assert Counter((one.case, one.round) for one in items) == Counter(
            (case.case, number) for case in made.cases for number in (1, 2, 3, 4)
        )
        assert [one.round for one in items] == sorted(one.round for one in items)


def test_each_round_has_each_arm_equally_often_for_mi_and_for_the_others() -> None:
    made = protocol(n=24, readers=READERS, wrong_share=0.25)
    truth = {one.case: one.truth for one in made.cases}
    for reader in READERS:
        for number in (1, 2, 3, 4):
            mine = [one for one in schedule(made, reader) if one.round == number]
            assert set(Counter(one.arm for one in mine).values()) == {6}
            by_truth = Counter((one.arm, truth[one.case]) for one in mine)
            assert set(by_truth.values()) == {3}


def test_a_case_meets_different_arms_with_neighbouring_readers() -> None:
    made = protocol(n=20, readers=READERS[:4])
    first = [{i.case: i.arm for i in schedule(made, r) if i.round == 1} for r in made.readers]
    for case in first[0]:
        assert {mine[case] for mine in first} == set(ARMS)


def test_the_order_is_of_the_seed_and_of_the_reader() -> None:
    made = protocol(n=20)
    assert schedule(made, "ann") == schedule(protocol(n=20), "ann")
    orders = [
        [one.case for one in schedule(of, reader) if one.round == 1]
        for of, reader in ((made, "ann"), (made, "bob"), (protocol(n=20, seed=1), "ann"))
    ]
    assert orders[0] != orders[1]
    assert orders[0] != orders[2]
    assert orders[0] != sorted(orders[0])


def test_a_stranger_has_no_order() -> None:
    with pytest.raises(ReviewError, match="not a reader"):
        schedule(protocol(), "eve")


@pytest.mark.parametrize(("share", "n"), [(0.0, 0), (0.1, 2), (0.3, 6)])
def test_planted_advice_is_wrong_and_of_both_truths(share: float, n: int) -> None:
    made = protocol(n=20, wrong_share=share)
    wrong = planted(made)
    assert len(wrong) == n
    told = {one.case: advice_on(made, one) for one in made.cases}
    for one in made.cases:
        if one.case in wrong:
            assert told[one.case].says_mi is not one.truth
            assert (told[one.case].prob >= 0.5) is not one.truth
        else:
            assert told[one.case].prob == one.prob
            assert told[one.case].says_mi is (one.prob >= 0.5)
    if n:
        assert sum(int(case) % 2 == 0 for case in wrong) == n // 2


def test_only_cases_on_which_the_model_is_right_are_planted() -> None:
    cases = tuple(StudyCase(str(k), k < 5, 0.9) for k in range(10))
    made = Protocol("s", cases, ("ann",), ("advice first",), wrong_share=0.3)
    assert {int(case) < 5 for case in planted(made)} == {True}
    assert len(planted(made)) == 2


def test_nothing_is_planted_where_nobody_is_advised() -> None:
    assert planted(protocol(n=20, arms=("alone",), wrong_share=0.3)) == frozenset()


def test_the_contrary_lies_on_the_other_side_and_turns_back() -> None:
    for threshold in (0.2, 0.5, 0.7):
        for prob in (0.0, 0.05, 0.19, 0.6999, 0.71, 0.99, 1.0):
            other = contrary(prob, threshold)
            assert (other > threshold) is (prob < threshold)
            assert contrary(other, threshold) == pytest.approx(prob)
