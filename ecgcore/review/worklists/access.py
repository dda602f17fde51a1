"""What each case of a list is for a person: who is to read it, who has, who saw the answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ecgcore.review.people.permissions import ROLES, Person, Target
from ecgcore.review.readings.rounds import Mode
from ecgcore.review.store.chain import Entry
from ecgcore.review.store.log import ReviewLog
from ecgcore.review.worklists.assignment import (
    ReaderProgress,
    reader_progress,
    readers_progress,
)
from ecgcore.review.worklists.saved import RESERVED, SavedList

Dealt = Mapping[str, tuple[str, ...]]
"""The cases of each reader to whom some were assigned; none where all are everybody's."""


def may_open(person: Person, study: str) -> bool:
    """Say whether a person takes part in a study in any role."""
    return any(person.has(role, study) for role in ROLES)


def to_read(cases: Iterable[str], dealt: Dealt, who: str) -> tuple[str, ...]:
    """Return the cases that a person is to read, in that person's order.

    Examples
    --------
    >>> to_read(["1", "2"], {}, "ann"), to_read(["1", "2"], {"bob": ("2",)}, "ann")
    (('1', '2'), ())
    """
    return dealt.get(who, ()) if dealt else tuple(cases)


def dealt_in(progress: Mapping[str, ReaderProgress]) -> Dealt:
    """Return what was assigned, from how far everybody is."""
    return {who: one.cases for who, one in progress.items() if one.cases}


def targets(
    study: str, cases: Iterable[str], entries: Iterable[Entry], dealt: Dealt, who: str, mode: Mode
) -> dict[str, Target]:
    """Return what permissions need to know of each case.

    Parameters
    ----------
    entries
        Of the study, at least those of the cases.
    who
        Reads every case of a list that nobody was assigned to.
    """
    wanted = tuple(cases)
    sets: dict[str, dict[str, set[str]]] = {
        kind: defaultdict(set) for kind in ("reading", "reveal", "assigned")
    }
    for entry in entries:
        if entry.kind in ("reading", "reveal"):
            sets[entry.kind][entry.case].add(entry.reader)
    for name, mine in dealt.items() or [(who, wanted)]:
        for case in mine:
            sets["assigned"][case].add(name)
    return {
        case: Target(
            study,
            assigned=frozenset(sets["assigned"][case]),
            readers=frozenset(sets["reading"][case]),
            revealed=frozenset(sets["reveal"][case]),
            mode=mode,
        )
        for case in wanted
    }


@dataclass(frozen=True, slots=True)
class Turn:
    """A list as one reader works through it.

    Attributes
    ----------
    progress
        Of the reader; its cases are all that the reader is to read.
    dealt
        Who reads what.
    """

    progress: ReaderProgress
    dealt: Dealt


def turn_of(log: ReviewLog, study: str, cases: Iterable[str], who: str) -> Turn:
    """Return where a reader is; of readings, only the reader's own are looked at."""
    dealt = dealt_in(readers_progress(log.entries(study=study, kinds=["assignment"])))
    found = reader_progress(log.entries(study=study, reader=who), who)
    return Turn(replace(found, cases=to_read(cases, dealt, who)), dealt)


COUNTED = ("list", "assignment", "reading", "consensus")
"""Kinds of entries that `readings_for` needs."""


def readings_for(entries: Iterable[Entry], person: Person) -> list[Entry]:
    """Keep the readings and consensuses that a person who leads may know of.

    Those of reader studies are left out, for nobody is to see them before the end; so are those of
    a case that the person is still to read somewhere.

    Parameters
    ----------
    entries
        Of all studies, of the kinds of `COUNTED`.
    """
    by_study: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_study[entry.study].append(entry)
    mine = {study: some for study, some in by_study.items() if _is_list(study, some)}
    unread = {case for some in mine.values() for case in _still_to_read(some, person.name)}
    return [
        entry
        for study, some in mine.items()
        if person.has("lead", study)
        for entry in some
        if entry.kind in ("reading", "consensus") and entry.case not in unread
    ]


def _is_list(study: str, entries: list[Entry]) -> bool:
    return study in RESERVED or any(one.kind == "list" for one in entries)


def _still_to_read(entries: list[Entry], who: str) -> set[str]:
    """Return the cases of a list that somebody is to read and has not."""
    saved = next((one for one in entries if one.kind == "list"), None)
    if saved is None:
        return set()
    dealt = dealt_in(readers_progress(one for one in entries if one.kind == "assignment"))
    read = {one.case for one in entries if one.kind == "reading" and one.reader == who}
    return {*to_read(SavedList.from_body(saved.body).cases, dealt, who)} - read
