"""Who reads which cases, kept in the store, and how far that is."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

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
    seconds
        Median time of a first reading; None before the first.
    """

    cases: tuple[str, ...] = ()
    done: frozenset[str] = frozenset()
    seen: frozenset[str] = frozenset()
    seconds: float | None = None

    @property
    def n_done(self) -> int:
        """How many of the cases are read."""
        return sum(case in self.done for case in self.cases)

    @property
    def words(self) -> str:
        """The progress in words."""
        return f"{self.n_done} of {len(self.cases)} read"

    def following(self, case: str = "") -> str | None:
        """Return the next case to read after one, from the top again at the end; None if done."""
        here = self.cases.index(case) + 1 if case in self.cases else 0
        left = [*self.cases[here:], *self.cases[:here]]
        return next((one for one in left if one not in self.done), None)


def reader_progress(entries: Iterable[Entry], reader: str) -> ReaderProgress:
    """Return how far a reader is, from the entries of one study."""
    mine = (entry for entry in entries if entry.reader == reader)
    return readers_progress(mine).get(reader, ReaderProgress())


def readers_progress(entries: Iterable[Entry]) -> dict[str, ReaderProgress]:
    """Return how far everybody is with whom the entries of one study deal, by name."""
    cases: dict[str, tuple[str, ...]] = {}
    seen: dict[str, set[str]] = defaultdict(set)
    took: dict[str, dict[str, float]] = defaultdict(dict)
    for entry in entries:
        if entry.kind == "assignment":
            cases[entry.reader] = _cases(entry)
        elif entry.kind == "reading":
            took[entry.reader].setdefault(entry.case, _seconds(entry))
        elif entry.kind == "seen":
            seen[entry.reader].add(entry.case)
    return {
        who: ReaderProgress(
            cases.get(who, ()),
            frozenset(took[who]),
            frozenset(seen[who]) | frozenset(took[who]),
            median(took[who].values()) if took[who] else None,
        )
        for who in dict.fromkeys([*cases, *seen, *took])
    }


def _cases(entry: Entry) -> tuple[str, ...]:
    return tuple(json.loads(entry.body)["cases"])


def _seconds(entry: Entry) -> float:
    return float(json.loads(entry.body).get("seconds", 0))
