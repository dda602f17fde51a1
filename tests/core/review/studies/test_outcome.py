"""Results by hand: readers that answer by rule, so that every figure can be counted."""

import pytest

from ecgcore.errors import ReviewError
from ecgcore.review.readings.reading import Reading
from ecgcore.review.studies.allocation import planted
from ecgcore.review.studies.outcome import StudyData, following, gain, harm, power_table
from ecgcore.stats.metrics import Estimate
from tests.support.reviews.studies import entries_of, protocol, verdict

AFTER = "advice after own read"
ARMS = ("alone", "advice first", AFTER)


def right_alone_else_as_told(who, case, item, advice) -> Reading:
    """Ann follows every advice; Bob none."""
    follows = advice is not None and who == "ann"
    return verdict(advice.says_mi if follows else case.truth)


def study(answer=right_alone_else_as_told, readers=None, **more) -> StudyData:
    made = protocol(**{"n": 20, "arms": ARMS, "wrong_share": 0.2} | more)
    return StudyData.of(made, entries_of(made, answer, readers))


def test_a_reader_who_follows_wrong_advice_is_harmed_and_the_other_is_not() -> None:
    data = study()
    assert data.complete == ("ann", "bob")
    found = data.analysis("sensitivity")
    # 10 MI, 2 of the 4 planted among them: Ann calls 8 of 10
    assert found.values.tolist() == [[1.0, 1.0], [0.8, 1.0], [0.8, 1.0]]
    ann, bob = gain(found, 1, 0), gain(found, 1, 1)
    assert (ann.value, bob.value) == (pytest.approx(-0.2), 0.0)
    assert gain(found, 1).value == pytest.approx(-0.1)
    # specificity: 2 planted and the model's own error of 10 without MI
    assert data.analysis("specificity").values[:, 0].tolist() == pytest.approx([1, 0.7, 0.7])


def test_followed_wrong_advice_is_counted_beside_the_same_error_alone() -> None:
    first, after = following(study())
    assert (first.arm, after.arm) == ("advice first", AFTER)
    for one in (first, after):
        assert (one.n, one.n_cases) == (8, 4)
        assert one.followed.value == 0.5
        assert one.alone.value == 0.0
        assert one.added.value == 0.5
    assert first.change is None
    assert after.change.followed.value == 0.5
    assert after.change.n == 8


def test_a_study_of_the_own_read_alone_compares_it_with_the_read_after_advice() -> None:
    data = study(arms=(AFTER,))
    assert data.protocol.treatments == ("alone", AFTER)
    assert len(data.readings) == 2 * 20 * 2
    assert data.analysis("sensitivity").values.tolist() == [[1.0, 1.0], [0.8, 1.0]]
    (one,) = following(data)
    assert (one.alone.value, one.added.value) == (0.0, 0.5)


def test_a_rating_is_the_probability_that_the_reader_gave() -> None:
    said = {True: Reading("MI", 60), False: Reading("not readable")}
    data = study(lambda _who, case, *_: said[case.truth], arms=("alone", "advice first"))
    ratings = data.readings.groupby("truth")["rating"].unique()
    assert ratings[True].tolist() == [pytest.approx(0.8)]
    assert ratings[False].tolist() == [0.5]
    assert data.n_not_readable == 40
    assert not data.readings.loc[~data.readings["truth"].astype(bool), "calls_mi"].any()


def test_uncertain_follows_no_advice() -> None:
    data = study(lambda *_: Reading("uncertain", 0), arms=("alone", "advice first"))
    (one,) = following(data)
    assert one.followed.value == 0.0
    assert one.followed.high > 0.3


def test_who_has_not_read_everything_is_left_out_and_said() -> None:
    data = study(readers=["ann"])
    assert data.complete == ("ann",)
    with pytest.raises(ReviewError, match="1 readers have read everything"):
        data.analysis("auc")
    assert following(data)[0].n == 4


def test_without_a_second_treatment_there_is_nothing_to_compare() -> None:
    with pytest.raises(ReviewError, match="in 1 arms"):
        study(arms=("advice first",)).analysis("auc")


def test_a_study_without_any_reading_has_empty_tables() -> None:
    made = protocol(wrong_share=0.3)
    data = StudyData.of(made, [])
    assert data.complete == ()
    assert [one.n for one in following(data)] == [0, 0, 0]
    assert planted(made)


def test_harm_is_said_only_where_the_interval_supports_it() -> None:
    assert harm(Estimate(0.1, 0.01, 0.2)) == "better"
    assert harm(Estimate(-0.1, -0.2, 0.0)) == "no clear difference"


def test_power_grows_with_readers_and_with_cases() -> None:
    table = power_table(study().analysis("sensitivity"), 0.1)
    assert table.shape == (4, 4)
    assert (table.diff().dropna() >= 0).all().all()
    assert (table.diff(axis=1).dropna(axis=1) >= 0).all().all()
