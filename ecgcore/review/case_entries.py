"""What a person may be shown of a case's readings, under the names that the person may know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ecgcore.review.agreement.visible import KINDS, visible
from ecgcore.review.people.permissions import Person, Target, allowed
from ecgcore.review.readings.files import READINGS
from ecgcore.review.store.chain import Entry
from ecgcore.review.studies import run


@dataclass(frozen=True, slots=True)
class CaseEntries:
    """Readings and consensuses of a case.

    Attributes
    ----------
    shown
        By number; others are called "Reader 2" where the person may not know their names.
    n_hidden
        How many more the store holds that the person may not see.
    """

    shown: tuple[Entry, ...]
    n_hidden: int = 0


def shown_entries(entries: Sequence[Entry], case: str, person: Person | None) -> CaseEntries:
    """Choose from all entries of the store those of a case that may be shown.

    Parameters
    ----------
    person
        None for whoever works at the machine itself; then all but the arms of running reader
        studies, which nobody sees before the end.
    """
    mine = [one for one in entries if one.case == case and one.kind in READINGS]
    closed = run.closed_arms(one for one in entries if one.kind in run.KINDS)
    found: list[Entry] = []
    for study in dict.fromkeys(one.study for one in mine if one.study not in closed):
        if person is None:
            found += [one for one in mine if one.study == study]
        else:
            found += _of_study(entries, study, case, person)
    return CaseEntries(tuple(sorted(found, key=lambda one: one.number)), len(mine) - len(found))


def _of_study(entries: Sequence[Entry], study: str, case: str, person: Person) -> list[Entry]:
    known = [one for one in entries if one.study == study and one.kind in KINDS]
    seen = [one for one in visible(known, study, person) if one.case == case]
    if allowed(person, "see names", Target(study)):
        return seen
    others = [who for who in dict.fromkeys(one.reader for one in seen) if who != person.name]
    called = {who: f"Reader {place}" for place, who in enumerate(others, 1)}
    return [replace(one, reader=called.get(one.reader, one.reader)) for one in seen]
