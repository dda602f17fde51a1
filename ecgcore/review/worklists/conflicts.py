"""The queue of conflicts over all studies, and who may settle which."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Set
from dataclasses import dataclass, replace

from ecgcore.review.people.permissions import Person, Target, allowed
from ecgcore.review.readings.adjudication import CaseReadings, by_case
from ecgcore.review.store.chain import Entry

KINDS = ("reading", "consensus", "reveal", "assignment")
"""Kinds of entries that say what is in conflict and who may settle it."""


@dataclass(frozen=True, slots=True)
class Dispute:
    """A case of one study that its readers disagree on, or did until it was settled.

    Attributes
    ----------
    target
        What permissions need to know; its `readers` are those of the case in any study.
    by, at
        Who settled it and when, ISO 8601 in UTC; "" while nobody has.
    """

    study: str
    said: CaseReadings
    target: Target
    by: str = ""
    at: str = ""

    @property
    def case(self) -> str:
        """Number of the case."""
        return self.said.case


def disputes(entries: Iterable[Entry], closed: Set[str] = frozenset()) -> list[Dispute]:
    """List all conflicts, open and settled, in the order of the cases' first readings.

    Parameters
    ----------
    entries
        Of all studies, of the kinds of `KINDS`: who read a case in one study settles it in none.
    closed
        Studies whose readings nobody is to see yet.
    """
    by_study: dict[str, list[Entry]] = defaultdict(list)
    readers: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        by_study[entry.study].append(entry)
        if entry.kind == "reading":
            readers[entry.case].add(entry.reader)
    return [
        replace(one, target=replace(one.target, readers=frozenset(readers[one.case])))
        for study, mine in by_study.items()
        if study not in closed
        for one in _of_study(study, mine)
    ]


def to_settle(found: Iterable[Dispute], person: Person) -> list[Dispute]:
    """Return the conflicts that a person may settle."""
    return [one for one in found if allowed(person, "settle", one.target)]


def settled(found: Iterable[Dispute], person: Person) -> list[Dispute]:
    """Return the settled conflicts of the studies whose readings a person may see, newest first."""
    mine = [
        one
        for one in found
        if one.by and (one.by == person.name or allowed(person, "see reading", one.target))
    ]
    return sorted(mine, key=lambda one: one.at, reverse=True)


def _of_study(study: str, entries: list[Entry]) -> list[Dispute]:
    assigned, revealed = defaultdict(set), defaultdict(set)
    dealt: dict[str, list[str]] = {}
    ends: dict[str, Entry] = {}
    for entry in entries:
        if entry.kind == "assignment":
            dealt[entry.reader] = json.loads(entry.body)["cases"]
        elif entry.kind == "reveal":
            revealed[entry.case].add(entry.reader)
        elif entry.kind == "consensus":
            ends[entry.case] = entry
    for who, cases in dealt.items():
        for case in cases:
            assigned[case].add(who)
    made = []
    for case, said in by_case(entries).items():
        if not (said.in_conflict or said.consensus):
            continue
        target = Target(
            study,
            assigned=frozenset(assigned[case]),
            revealed=frozenset(revealed[case]),
            in_conflict=said.in_conflict,
        )
        end = ends.get(case)
        made.append(Dispute(study, said, target, end.reader if end else "", end.at if end else ""))
    return made
