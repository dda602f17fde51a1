"""Who reads which cases, kept in the store, and how far that is."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ecgcore.errors import ReviewError
from ecgcore.review.store.chain import Entry
from ecgcore.review.store.log import Draft, Receipt, ReviewLog


def assigned(
    cases: Sequence[str], readers: Sequence[str], per_case: int, seed: int = 0
) -> dict[str, list[str]]:
    """Deal each case to so many readers; nobody gets more than one case more than another.

    Returns
    -------
    dict
        The cases of each reader, in an order of their own, so that nobody's tiredness falls on the
        same cases.

    Raises
    ------
    ReviewError
        If there are too few readers, or a name is there twice.

    Examples
    --------
    >>> dealt = assigned(["1", "2", "3"], ["ann", "bob", "eve"], per_case=2)
    >>> sorted(len(mine) for mine in dealt.values())
    [2, 2, 2]
    """
    if not 1 <= per_case <= len(readers):
        raise ReviewError(f"{per_case} readers a case of {len(readers)}; 1 to all are possible.")
    if len(set(readers)) < len(readers) or len(set(cases)) < len(cases):
        raise ReviewError("A reader or a case is there twice.")
    chance = random.Random(seed)
    dealt: dict[str, list[str]] = {reader: [] for reader in readers}
    for case in chance.sample(list(cases), len(cases)):
        least = sorted(readers, key=lambda reader: (len(dealt[reader]), chance.random()))
        for reader in least[:per_case]:
            dealt[reader].append(case)
    return {reader: chance.sample(mine, len(mine)) for reader, mine in dealt.items()}


def save(log: ReviewLog, study: str, reader: str, cases: Sequence[str], by: str) -> Receipt:
    """Record a reader's cases; what was recorded last counts, and the same list again is one."""
    before = [one for one in log.entries(study=study, reader=reader) if one.kind == "assignment"]
    if before and _cases(before[-1]) == tuple(cases):
        return Receipt(before[-1], new=False)
    key = f"assignment/{study}/{reader}/{len(before) + 1}"
    return log.append(Draft(key, "assignment", study, "", reader, {"cases": list(cases), "by": by}))


@dataclass(frozen=True, slots=True)
class ReaderProgress:
    """How far a reader is with the cases of a study.

    Attributes
    ----------
    cases
        In the order in which they are to be read.
    done, seen
        Those that were read, and those that were opened.
    """

    cases: tuple[str, ...]
    done: frozenset[str]
    seen: frozenset[str]

    @property
    def words(self) -> str:
        """The progress in words."""
        return f"{sum(case in self.done for case in self.cases)} of {len(self.cases)} read"

    def following(self, case: str = "") -> str | None:
        """Return the next case to read after one, from the top again at the end; None if done."""
        here = self.cases.index(case) + 1 if case in self.cases else 0
        left = [*self.cases[here:], *self.cases[:here]]
        return next((one for one in left if one not in self.done), None)


def reader_progress(entries: Iterable[Entry], reader: str) -> ReaderProgress:
    """Return how far a reader is, from the entries of one study."""
    cases: tuple[str, ...] = ()
    found: dict[str, set[str]] = {"reading": set(), "seen": set()}
    for entry in entries:
        if entry.reader != reader:
            continue
        if entry.kind == "assignment":
            cases = _cases(entry)
        elif entry.kind in found:
            found[entry.kind].add(entry.case)
    done = frozenset(found["reading"])
    return ReaderProgress(cases, done, frozenset(found["seen"]) | done)


def _cases(entry: Entry) -> tuple[str, ...]:
    return tuple(json.loads(entry.body)["cases"])
