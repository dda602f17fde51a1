"""What a person may be shown of readings, under the names that the person may know."""

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
    """Readings and consensuses of a case or a study.

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
    found = [
        entry
        for study in dict.fromkeys(one.study for one in mine)
        for entry in study_entries(entries, study, person).shown
        if entry.case == case
    ]
    return CaseEntries(tuple(sorted(found, key=lambda one: one.number)), len(mine) - len(found))


def study_entries(entries: Sequence[Entry], study: str, person: Person | None) -> CaseEntries:
    """Choose those of a study, by the same rules."""
    closed = run.closed_arms(one for one in entries if one.kind in run.KINDS)
    known = [one for one in entries if one.study == study and one.kind in KINDS]
    mine = tuple(one for one in known if one.kind in READINGS)
    if study in closed:
        return CaseEntries((), len(mine))
    if person is None:
        return CaseEntries(mine)
    seen = [one for one in visible(known, study, person) if one.kind in READINGS]
    n_hidden = len(mine) - len(seen)
    if allowed(person, "see names", Target(study)):
        return CaseEntries(tuple(seen), n_hidden)
    others = [who for who in dict.fromkeys(one.reader for one in seen) if who != person.name]
    called = {who: f"Reader {place}" for place, who in enumerate(others, 1)}
    renamed = (replace(one, reader=called.get(one.reader, one.reader)) for one in seen)
    return CaseEntries(tuple(renamed), n_hidden)
