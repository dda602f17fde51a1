"""The queue of conflicts: who may settle which, over all studies."""

import pytest

from ecgcore.review.people.permissions import Person, alone
from ecgcore.review.readings.adjudication import settle
from ecgcore.review.readings.reading import Reading
from ecgcore.review.readings.rounds import Place, commit
from ecgcore.review.worklists.assignment import save
from ecgcore.review.worklists.conflicts import KINDS, disputes, settled, to_settle

MI, NO = Reading("MI", 80), Reading("no MI", 70)


@pytest.fixture
def log(tmp_path):
    import sqlalchemy as sa

    from ecgcore.review.store.log import ReviewLog

    opened = ReviewLog.at(sa.URL.create("sqlite", database=str(tmp_path / "review.sqlite")))
    for study, case, reader, said in (
        ("s", "1", "ann", MI),
        ("s", "1", "bob", NO),
        ("s", "2", "ann", MI),
        ("s", "2", "bob", MI),
        ("s", "3", "ann", NO),
        ("s", "3", "bob", MI),
        ("t", "3", "jo", MI),
        ("t", "4", "ann", MI),
        ("t", "4", "bob", NO),
    ):
        commit(opened, Place(study, case, reader), said, 1)
    yield opened
    opened.engine.dispose()


def cases(found):
    return [(one.study, one.case) for one in found]


def all_of(log, closed=frozenset()):
    return disputes(log.entries(kinds=KINDS), closed)


def adjudicator(name, *studies):
    return Person(name, {study: frozenset({"adjudicator"}) for study in studies})


def test_who_read_a_case_in_any_study_settles_it_in_none(log):
    assert cases(all_of(log)) == [("s", "1"), ("s", "3"), ("t", "4")]
    assert cases(to_settle(all_of(log), alone("kim"))) == [("s", "1"), ("s", "3"), ("t", "4")]
    assert cases(to_settle(all_of(log), alone("jo"))) == [("s", "1"), ("t", "4")]
    assert to_settle(all_of(log), alone("ann")) == []


def test_only_adjudicators_of_the_study_settle_and_nobody_to_whom_the_case_is_assigned(log):
    assert cases(to_settle(all_of(log), adjudicator("kim", "t"))) == [("t", "4")]
    assert to_settle(all_of(log), Person("kim", {"s": frozenset({"reader"})})) == []
    both = Person("kim", {"s": frozenset({"reader", "adjudicator"})})
    save(log, "s", "kim", ["1"], "lead")
    assert cases(to_settle(all_of(log), both)) == [("s", "3")]


def test_readings_of_a_closed_study_are_nobodys_business(log):
    assert cases(all_of(log, {"s"})) == [("t", "4")]


def test_a_settled_conflict_leaves_the_queue_and_is_listed_with_who_and_when(log):
    settle(log, Place("s", "1", "kim"), Reading("MI", 90, text="Q in III"))
    found = all_of(log)
    assert cases(to_settle(found, alone("kim"))) == [("s", "3"), ("t", "4")]
    (mine,) = settled(found, adjudicator("kim", "s"))
    assert (mine.case, mine.by, mine.said.reason) == ("1", "kim", "1 MI, 1 no MI")
    assert mine.at.startswith("20")
    assert settled(found, adjudicator("eve", "s")) == []
    assert cases(settled(found, alone("lead"))) == [("s", "1")]
