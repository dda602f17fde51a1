"""What of a case's readings is shown: two readers, two studies, and one that still runs."""

import pytest
import sqlalchemy as sa

from ecgcore.review.case_entries import shown_entries
from ecgcore.review.people.permissions import Person, alone
from ecgcore.review.readings.adjudication import settle
from ecgcore.review.readings.reading import Reading
from ecgcore.review.readings.rounds import Place, commit, reveal
from ecgcore.review.store.log import ReviewLog
from ecgcore.review.studies import run
from tests.support.reviews.studies import FAR, protocol, verdict

ROLES = {"ann": "reader", "bob": "reader", "jo": "adjudicator", "li": "lead"}


def person(name: str, study: str = "One") -> Person:
    return Person(name, {study: frozenset({ROLES[name]})})


@pytest.fixture
def log(tmp_path):
    opened = ReviewLog.at(sa.URL.create("sqlite", database=str(tmp_path / "review.sqlite")))
    for study in ("One", "Two"):
        for who, said in (("ann", "MI"), ("bob", "no MI")):
            commit(opened, Place(study, "100", who), Reading(said, 80), 1)
        reveal(opened, Place(study, "100", "ann"))
    commit(opened, Place("One", "101", "ann"), Reading("MI", 70), 1)
    yield opened
    opened.engine.dispose()


def seen(log, who, case="100"):
    entries, _ = log.snapshot()
    found = shown_entries(entries, case, who)
    return [(one.study, one.reader) for one in found.shown], found.n_hidden


def test_a_reader_sees_the_own_reading_of_the_own_study_once_its_answer_was_shown(log):
    assert seen(log, person("ann")) == ([("One", "ann")], 3)
    assert seen(log, person("bob")) == ([], 4), "bob has not seen the answers"


def test_a_lead_sees_the_study_by_name_and_no_other_one(log):
    assert seen(log, person("li")) == ([("One", "ann"), ("One", "bob")], 2)
    assert seen(log, person("li", "Two")) == ([("Two", "ann"), ("Two", "bob")], 2)


def test_a_stranger_sees_nothing_and_whoever_owns_the_machine_all(log):
    assert seen(log, Person("eve")) == ([], 4)
    assert len(seen(log, alone("XY"))[0]) == 4
    assert len(seen(log, None)[0]) == 4


def test_an_adjudicator_sees_the_readings_without_names(log):
    settle(log, Place("One", "100", "jo"), Reading("MI", 90, text="Q waves"))
    shown, hidden = seen(log, person("jo"))
    assert [who for _, who in shown if who in ("ann", "bob")] == []
    assert len(shown) + hidden == 5


def test_arms_of_a_study_that_runs_are_shown_to_nobody_before_its_end(log):
    run.start(log, protocol(n=4, arms=("alone",)), "li")
    made = run.load(log, "pilot")
    for who in made.readers:
        while (step := run.steps(log, made, who, FAR)).item is not None:
            run.read(log, made, step.item, who, verdict(True), 1, FAR)
    for who in (None, alone("XY"), Person("li", {"pilot": frozenset({"lead"})})):
        assert "pilot · alone" not in {study for study, _ in seen(log, who)[0]}
    run.end(log, made, "li")
    assert "pilot · alone" in {study for study, _ in seen(log, None)[0]}
