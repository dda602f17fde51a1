"""Which readings of a study a person may compare."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from ecgcore.review.people.permissions import Person, Target, allowed
from ecgcore.review.store.chain import Entry

KINDS = ("reading", "consensus", "reveal", "assignment")
"""Kinds of entries that are needed."""


def visible(entries: Iterable[Entry], study: str, person: Person) -> list[Entry]:
    """Return readings, reveals and consensuses of a study that a person may see, with the answers.

    A lead sees all but, of cases to read, those not read yet; a reader the own readings whose
    answers were shown. Where no cases are assigned, whoever has read one is to read all.

    Parameters
    ----------
    entries
        Of this study, of the kinds of `KINDS`.
    """
    everything = list(entries)
    target = _targets(study, everything, person)
    return [
        entry
        for entry in everything
        if entry.kind in ("reading", "reveal", "consensus")
        and allowed(person, "see reading", replace(target[entry.case], owner=entry.reader))
        and allowed(person, "see answers", target[entry.case])
    ]


def consensus_for(entries: Iterable[Entry], person: Person) -> list[Entry]:
    """Return the consensuses that a person may know as labels: the own, and where answers may be.

    Parameters
    ----------
    entries
        Of all studies, of the kinds of `KINDS`.
    """
    by_study: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_study[entry.study].append(entry)
    known = {
        entry.number
        for study, mine in by_study.items()
        for target in [_targets(study, mine, person)]
        for entry in mine
        if entry.kind == "consensus"
        and (entry.reader == person.name or allowed(person, "see answers", target[entry.case]))
    }
    return [one for mine in by_study.values() for one in mine if one.number in known]


def _targets(study: str, entries: list[Entry], person: Person) -> dict[str, Target]:
    assigned, readers, revealed = defaultdict(set), defaultdict(set), defaultdict(set)
    dealt: dict[str, list[str]] = {}
    for entry in entries:
        if entry.kind == "assignment":
            dealt[entry.reader] = json.loads(entry.body)["cases"]
        elif entry.kind == "reading":
            readers[entry.case].add(entry.reader)
        elif entry.kind == "reveal":
            revealed[entry.case].add(entry.reader)
    for who, mine in dealt.items():
        for case in mine:
            assigned[case].add(who)
    cases = {entry.case for entry in entries if entry.case}
    if not dealt and any(person.name in some for some in readers.values()):
        for case in cases:
            assigned[case].add(person.name)
    return {
        case: Target(
            study,
            assigned=frozenset(assigned[case]),
            readers=frozenset(readers[case]),
            revealed=frozenset(revealed[case]),
        )
        for case in cases
    }
