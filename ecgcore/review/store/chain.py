"""The chain of entries: each hash covers the entry and the hash before it.

Whoever can rewrite the whole file can also compute the whole chain anew. Against that helps a head
that was noted elsewhere, such as in a backup or in a paper (``review verify --head``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Literal

GENESIS = "0" * 64
"""What stands before the first entry."""

FaultKind = Literal["changed", "missing", "added", "reordered"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was recorded, in its place in the chain.

    Attributes
    ----------
    number
        1 for the first.
    key
        What it is the one entry of, such as the first reading of a case by a reader.
    kind
        "reading", "consensus", ...
    study, case, reader
        Where it belongs; "" where that says nothing.
    body
        What was said, a JSON object.
    at
        When, ISO 8601 in UTC.
    previous, hash
        Of the entry before and of this one.
    """

    number: int
    key: str
    kind: str
    study: str
    case: str
    reader: str
    body: str
    at: str
    previous: str
    hash: str

    def chained(self, number: int, previous: str) -> Entry:
        """Return the entry at the end of another chain."""
        moved = replace(self, number=number, previous=previous)
        return replace(moved, hash=moved.computed_hash())

    def computed_hash(self) -> str:
        """Return the hash that the entry should have; "" where a part of it is no text."""
        parts = [self.previous, self.key, self.kind, self.study, self.case, self.reader]
        parts += [self.body, self.at]
        if not all(isinstance(part, str) for part in parts):
            return ""
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    @property
    def sound(self) -> bool:
        """Whether the entry is as it was when its hash was made."""
        return self.hash == self.computed_hash()

    @property
    def name(self) -> str:
        """The entry in words."""
        whose = " ".join(str(part) for part in (self.kind, self.case, self.reader) if part)
        return f"entry {self.number} ({whose})"


@dataclass(frozen=True, slots=True)
class Head:
    """Number and hash of the last entry."""

    number: int = 0
    hash: str = GENESIS


@dataclass(frozen=True, slots=True)
class Fault:
    """An entry that is not as it was recorded.

    Attributes
    ----------
    number
        Of the entry; of the first one where several in a row are missing.
    """

    kind: FaultKind
    number: int
    words: str


_START = Entry(0, "", "", "", "", "", "", "", "", GENESIS)


def faults(entries: Sequence[Entry], head: Head | None) -> list[Fault]:
    """Find every changed, missing, added or reordered entry.

    Parameters
    ----------
    entries
        All, by number.
    head
        As stored beside them; None where it is lost.
    """
    if head is None:
        return [Fault("missing", 0, "the head of the chain is missing."), *_walk(entries, None)]
    found = list(_walk(entries, head))
    last = entries[-1] if entries else _START
    if head.hash not in {entry.hash for entry in (_START, *entries)}:
        if last.number < head.number:
            found.append(_missing(last.number + 1, head.number))
        elif last.sound:
            found.append(_replaced(last))
    elif not found and last.number != head.number:
        found.append(Fault("changed", 0, "the head of the chain was changed."))
    return found


def _walk(entries: Sequence[Entry], head: Head | None) -> Iterator[Fault]:
    known = {GENESIS} | {entry.hash for entry in entries}
    named = {entry.previous for entry in entries} | ({head.hash} if head else set())
    too_few = head is not None and len(entries) < head.number
    before, trusted, ended, expected = _START, True, False, 1
    for entry, after in zip_longest(entries, entries[1:]):
        gap = entry.number > expected
        if gap:
            yield _missing(expected, entry.number - 1)
        expected = entry.number + 1
        ended = ended or (head is not None and before.hash == head.hash)
        proper = entry.sound and entry.hash in named
        if ended and (not proper or entry.previous == before.hash):
            yield Fault("added", entry.number, f"{entry.name} was added after the last entry.")
            before = entry
            continue
        spare = after is not None and after.sound and after.previous == before.hash
        if spare and not proper:
            yield Fault("added", entry.number, f"{entry.name} was added between two entries.")
            continue
        if not entry.sound:
            yield Fault("changed", entry.number, f"{entry.name} was changed.")
        elif entry.previous != before.hash and not gap:
            if entry.previous in known:
                words = f"{entry.name} does not follow the entry that it was recorded after."
                yield Fault("reordered", entry.number, words)
            elif too_few:
                words = f"an entry is missing before {entry.name}."
                yield Fault("missing", entry.number, words)
            elif trusted:
                yield _replaced(before)
        before, trusted = entry, entry.sound


def _missing(first: int, last: int) -> Fault:
    if first == last:
        return Fault("missing", first, f"entry {first} is missing.")
    return Fault("missing", first, f"entries {first} to {last} are missing.")


def _replaced(entry: Entry) -> Fault:
    return Fault("changed", entry.number, f"{entry.name} was replaced by another one.")
