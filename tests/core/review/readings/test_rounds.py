"""Blind first: commit, answers, second reading; a double click is one reading."""

from dataclasses import replace

import pytest

from ecgcore.errors import ReviewError
from ecgcore.review.readings.adjudication import settle
from ecgcore.review.readings.reading import Reading
from ecgcore.review.readings.rounds import (
    Place,
    Progress,
    commit,
    mark_seen,
    may_see_answers,
    progress,
    reveal,
)
from ecgcore.review.store.log import ReviewLog

HERE = Place("s", "39", "ann")
FIRST = Reading("MI", 60, ("inferior",), seconds=12.0)
SECOND = Reading("no MI", 90, blind=False)


def test_from_the_blind_reading_to_a_change_of_mind(log: ReviewLog) -> None:
    mark_seen(log, HERE)
    assert progress(log, HERE) == Progress()
    with pytest.raises(ReviewError, match="Commit your reading of case 39 first"):
        reveal(log, HERE)
    assert commit(log, HERE, FIRST, 1).new
    assert not may_see_answers(progress(log, HERE), "blind")
    with pytest.raises(ReviewError, match="See the answers before you read it again"):
        commit(log, HERE, SECOND, 2)
    reveal(log, HERE)
    assert may_see_answers(progress(log, HERE), "blind")
    assert not progress(log, HERE).changed_mind
    assert commit(log, HERE, SECOND, 2).new
    found = progress(log, HERE)
    assert found.readings == (FIRST, SECOND)
    assert found.changed_mind
    assert [one.kind for one in log.entries()] == ["seen", "reading", "reveal", "reading"]


def test_nothing_is_shown_before_a_reading_but_in_open_mode() -> None:
    assert not may_see_answers(Progress(), "blind")
    assert not may_see_answers(Progress(revealed=True), "blind")
    assert not may_see_answers(Progress((FIRST,)), "blind")
    assert may_see_answers(Progress(), "open")


def test_a_double_click_is_one_reading_but_another_verdict_is_no_double_click(
    log: ReviewLog,
) -> None:
    first = commit(log, HERE, FIRST, 1)
    again = commit(log, HERE, replace(FIRST, seconds=12.4), 1)
    assert (again.new, again.entry) == (False, first.entry)
    with pytest.raises(ReviewError, match=r"read already: MI, confidence 60, inferior\. A change"):
        commit(log, HERE, SECOND, 1)
    reveal(log, HERE)
    assert not reveal(log, HERE).new
    assert not commit(log, HERE, FIRST, 1).new
    assert len(log.entries(kinds=["reading"])) == 1


@pytest.mark.parametrize("number", [0, 2, 7])
def test_a_reading_has_its_turn(log: ReviewLog, number: int) -> None:
    with pytest.raises(ReviewError, match="cannot come before"):
        commit(log, HERE, FIRST, number)


def test_readers_cases_and_studies_are_apart(log: ReviewLog) -> None:
    commit(log, HERE, FIRST, 1)
    reveal(log, HERE)
    for other in (Place("s", "39", "bob"), Place("s", "40", "ann"), Place("t", "39", "ann")):
        assert progress(log, other) == Progress()
        with pytest.raises(ReviewError, match="Commit your reading"):
            reveal(log, other)


def test_names_with_strokes_make_no_other_key() -> None:
    assert Place("a/b", "c", "d").key("reading", 1) != Place("a", "b/c", "d").key("reading", 1)
    assert Place("a%2Fb", "c", "d").key("seen") != Place("a/b", "c", "d").key("seen")


def test_whoever_settled_a_case_cannot_read_it(log: ReviewLog) -> None:
    commit(log, HERE, FIRST, 1)
    commit(log, replace(HERE, reader="bob"), SECOND, 1)
    settle(log, replace(HERE, reader="jo"), Reading("MI", 80, text="Q waves"))
    with pytest.raises(ReviewError, match="You settled case 39"):
        commit(log, replace(HERE, reader="jo"), FIRST, 1)
