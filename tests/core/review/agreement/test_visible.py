"""Whose readings count for whom."""

from ecgcore.review.agreement.visible import visible
from ecgcore.review.people.permissions import Person, alone
from ecgcore.review.readings.reading import Reading
from ecgcore.review.store.log import Draft


def entry(kind, reader, case, **body):
    said = Reading("MI", 80).as_body() if kind in ("reading", "consensus") else body
    return Draft(f"{kind}/s/{case}/{reader}", kind, "s", case, reader, said).entry()


READ = [entry("reading", who, case) for who in ("ann", "bob") for case in ("1", "2")]
REVEALED = [*READ, entry("reveal", "ann", "1"), entry("consensus", "kim", "1")]
DEALT = [entry("assignment", who, "", cases=["1", "2", "3"]) for who in ("ann", "bob", "lead")]


def seen(entries, person):
    found = [(one.kind, one.reader, one.case) for one in visible(entries, "s", person)]
    return [one for one in found if one[0] != "reveal"]


def person(name, *roles):
    return Person(name, {"s": frozenset(roles)})


def test_a_lead_who_reads_nothing_sees_all():
    assert len(seen(REVEALED, person("lead", "lead"))) == 5
    assert len(seen(REVEALED, alone("boss"))) == 5


def test_a_reader_sees_the_own_readings_whose_answers_were_shown():
    assert seen([*REVEALED, *DEALT], person("ann", "reader")) == [("reading", "ann", "1")]
    assert seen([*REVEALED, *DEALT], person("bob", "reader")) == []


def test_a_lead_who_is_still_to_read_a_case_sees_nothing_of_it():
    both = person("lead", "lead", "reader")
    assert seen([*REVEALED, *DEALT], both) == []
    after = [entry("reading", "lead", "1"), entry("reveal", "lead", "1")]
    mine = seen([*REVEALED, *DEALT, *after], both)
    assert {case for _, _, case in mine} == {"1"}
    assert len(mine) == 4


def test_who_has_read_one_case_of_a_list_without_assignments_is_to_read_all():
    assert seen(REVEALED, alone("bob")) == []
    assert {case for _, _, case in seen(REVEALED, alone("ann"))} == {"1"}


def test_strangers_see_nothing():
    assert seen(REVEALED, Person("eve", {"t": frozenset({"lead"})})) == []
