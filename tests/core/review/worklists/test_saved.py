"""Lists with a name: kept once, read back, and who may do what with their cases."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from ecgcore.errors import ReviewError
from ecgcore.review.people.permissions import Person
from ecgcore.review.readings.reading import Reading
from ecgcore.review.readings.rounds import Place, commit, mark_seen, reveal
from ecgcore.review.store.log import ReviewLog
from ecgcore.review.worklists.access import (
    COUNTED,
    may_open,
    readings_for,
    targets,
    to_read,
    turn_of,
)
from ecgcore.review.worklists.assignment import readers_progress, save
from ecgcore.review.worklists.saved import SavedList, load_list, save_list, saved_lists

MADE = SavedList("Doubtful", ("39", "7", "12"), "blind", "fold 10, equal weights", "li")


@pytest.fixture
def log(tmp_path: Path):
    opened = ReviewLog.at(sa.URL.create("sqlite", database=str(tmp_path / "r.sqlite")))
    yield opened
    opened.engine.dispose()


def test_a_list_is_kept_once_and_another_one_of_its_name_is_refused(log: ReviewLog) -> None:
    assert save_list(log, MADE).new
    assert not save_list(log, MADE).new
    save_list(log, SavedList("Later", ("1",), "open"))
    assert load_list(log, "Doubtful") == MADE
    assert list(saved_lists(log)) == ["Later", "Doubtful"]
    with pytest.raises(ReviewError, match="“Doubtful” already, with 3 cases"):
        save_list(log, SavedList("Doubtful", ("39",)))
    with pytest.raises(ReviewError, match="no list “Nowhere”"):
        load_list(log, "Nowhere")


def test_a_list_takes_no_name_of_a_study_that_has_readings(log: ReviewLog) -> None:
    commit(log, Place("Pilot", "1", "ann"), Reading("MI", 80), 1)
    with pytest.raises(ReviewError, match="study “Pilot” already"):
        save_list(log, SavedList("Pilot", ("1",)))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": ""}, "1 to 40 characters"),
        ({"name": "x" * 41}, "1 to 40 characters"),
        ({"name": "without A LIST"}, "on no list"),
        ({"cases": ()}, "has 0 cases"),
        ({"cases": tuple(map(str, range(2001)))}, "2,001 cases"),
        ({"cases": ("1", "1")}, "twice"),
        ({"mode": "shut"}, "“shut” is no mode"),
    ],
)
def test_what_is_no_list_is_refused(wrong: dict, words: str) -> None:
    with pytest.raises(ReviewError, match=words):
        SavedList(**{"name": "a", "cases": ("1",)} | wrong)


def test_everybody_reads_a_list_that_nobody_was_assigned_to() -> None:
    assert to_read(["1", "2"], {}, "ann") == ("1", "2")
    assert to_read(["1", "2"], {"bob": ("2", "1")}, "bob") == ("2", "1")
    assert to_read(["1", "2"], {"bob": ("2",)}, "ann") == ()


def test_a_turn_and_the_targets_say_who_reads_has_read_and_was_shown(log: ReviewLog) -> None:
    save(log, "s", "ann", ["3", "1"], by="li")
    save(log, "s", "bob", ["1"], by="li")
    mark_seen(log, Place("s", "3", "ann"))
    commit(log, Place("s", "1", "ann"), Reading("MI", 80, seconds=30), 1)
    reveal(log, Place("s", "1", "ann"))
    commit(log, Place("s", "1", "bob"), Reading("MI", 80, seconds=50), 1)
    turn = turn_of(log, "s", ["1", "2", "3"], "ann")
    assert turn.progress.cases == ("3", "1")
    assert (turn.progress.seen, turn.progress.done) == ({"1", "3"}, {"1"})
    assert turn.progress.seconds == 30
    found = targets("s", ["1", "3"], log.entries(study="s"), turn.dealt, "ann", "blind")
    assert (found["1"].assigned, found["3"].assigned) == ({"ann", "bob"}, {"ann"})
    assert (found["1"].readers, found["1"].revealed) == ({"ann", "bob"}, {"ann"})
    assert found["3"].readers == frozenset()
    alone = targets("t", ["1"], [], {}, "eve", "open")
    assert (alone["1"].assigned, alone["1"].mode) == ({"eve"}, "open")


def test_the_median_time_is_that_of_first_readings(log: ReviewLog) -> None:
    for case, seconds in (("1", 10), ("2", 20), ("3", 60)):
        commit(log, Place("s", case, "ann"), Reading("MI", 80, seconds=seconds), 1)
    reveal(log, Place("s", "1", "ann"))
    commit(log, Place("s", "1", "ann"), Reading("no MI", 80, seconds=500), 2)
    assert readers_progress(log.entries(study="s"))["ann"].seconds == 20


def test_who_has_no_role_in_a_study_has_no_part_in_it() -> None:
    reader = Person("ann", {"s": frozenset({"reader"})})
    assert (may_open(reader, "s"), may_open(reader, "t")) == (True, False)


def test_readings_are_known_to_who_leads_and_has_read_the_case(log: ReviewLog) -> None:
    save_list(log, SavedList("dealt", ("1", "2", "3")))
    save(log, "dealt", "ann", ["1", "2"], by="li")
    save(log, "dealt", "bob", ["1", "2", "3"], by="li")
    for case in ("1", "2", "3"):
        commit(log, Place("dealt", case, "bob"), Reading("MI", 80), 1)
    commit(log, Place("dealt", "1", "ann"), Reading("no MI", 80), 1)
    commit(log, Place("Pilot · alone", "1", "bob"), Reading("MI", 80), 1)
    commit(log, Place("Without a list", "3", "eve"), Reading("MI", 80), 1)
    entries = log.entries(kinds=COUNTED)

    def known(person: Person) -> list[tuple[str, str, str]]:
        return [(one.study, one.case, one.reader) for one in readings_for(entries, person)]

    everything = [("dealt", case, "bob") for case in "123"] + [("dealt", "1", "ann")]
    loose = [("Without a list", "3", "eve")]
    assert known(Person("li", {"*": frozenset({"lead"})})) == everything + loose
    ann = known(Person("ann", {"*": frozenset({"lead", "reader"})}))
    assert ann == [one for one in everything if one[1] != "2"] + loose
    assert known(Person("bob", {"dealt": frozenset({"reader"})})) == []


def test_a_list_that_nobody_was_assigned_to_is_still_to_be_read_by_all(log: ReviewLog) -> None:
    save_list(log, SavedList("free", ("1",)))
    commit(log, Place("free", "1", "bob"), Reading("MI", 80), 1)
    entries = log.entries(kinds=COUNTED)
    assert readings_for(entries, Person("ann", {"*": frozenset({"lead"})})) == []
    commit(log, Place("free", "1", "ann"), Reading("MI", 80), 1)
    entries = log.entries(kinds=COUNTED)
    assert len(readings_for(entries, Person("ann", {"*": frozenset({"lead"})}))) == 2
