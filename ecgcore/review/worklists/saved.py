"""Worklists with a name, kept in the store; the name is that of the study whose cases they are."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from ecgcore.errors import ReviewError
from ecgcore.review.readings.rounds import Mode
from ecgcore.review.store.chain import Entry
from ecgcore.review.store.log import Draft, Receipt, ReviewLog

LONGEST_NAME = 40
MOST_CASES = 2000
WITHOUT_LIST = "Without a list"
TEACHING = "Teaching"
RESERVED = (WITHOUT_LIST, TEACHING)
"""Studies of the readings of cases that are on no saved list: blind first, and open."""
NAMING = "list naming"
"""Kind of the entries that say what a list is called now."""
_KIND = "list"


@dataclass(frozen=True, slots=True)
class SavedList:
    """Cases to read, under a name.

    Attributes
    ----------
    name
        Also the study in which its readings are kept.
    cases
        In their order, each once.
    mode
        Whether label, report and models are hidden until a reader commits.
    about
        What the cases were chosen by, in words.
    by
        Who saved it.

    Examples
    --------
    >>> made = SavedList("Doubtful", ("39", "7"))
    >>> made == SavedList.from_body(made.as_body())
    True
    """

    name: str
    cases: tuple[str, ...] = field(default=())
    mode: Mode = "blind"
    about: str = ""
    by: str = ""

    def __post_init__(self) -> None:
        for wrong in _wrongs(self):
            raise ReviewError(wrong)

    def as_body(self) -> dict[str, Any]:
        """Return it as an entry of the store holds it."""
        return asdict(self)

    @classmethod
    def from_body(cls, body: str | dict[str, Any]) -> SavedList:
        """Read it from an entry of the store.

        Raises
        ------
        ReviewError
            If it is no list.
        """
        try:
            said = dict(json.loads(body) if isinstance(body, str) else body)
            said = {one.name: said[one.name] for one in fields(cls)}
            return cls(**said | {"cases": tuple(map(str, said["cases"]))})
        except (ValueError, TypeError, KeyError) as error:
            raise ReviewError(f"“{str(body)[:60]}” is no worklist ({error}).") from error


def is_name(text: str) -> bool:
    """Say whether a list can be called so."""
    return 0 < len(text) <= LONGEST_NAME and text.isprintable() and text == text.strip()


def _wrongs(one: SavedList) -> list[str]:
    """List what no worklist can be, in words."""
    name, n = one.name, len(one.cases)
    rules = {
        f"Give the list a name of 1 to {LONGEST_NAME} characters.": is_name(name),
        f"The name “{name[:20]}” stands for cases that are on no list. Choose another one.": (
            name.casefold() not in map(str.casefold, RESERVED)
        ),
        f"The list has {n:,} cases; 1 to {MOST_CASES:,} are possible.": 0 < n <= MOST_CASES,
        "A case is on the list twice.": len(set(one.cases)) == n,
        f"“{one.mode}” is no mode; a list is read blind or open.": one.mode in ("blind", "open"),
    }
    return [words for words, fine in rules.items() if not fine]


def save_list(log: ReviewLog, made: SavedList) -> Receipt:
    """Record a list, once; who saves the same again gets what is there.

    Raises
    ------
    ReviewError
        If the name stands for another list or study, or another list is or was called so.
    """
    others = [one for one in log.entries(kinds=[NAMING]) if one.study != made.name]
    if made.name.casefold() in {json.loads(one.body)["title"].casefold() for one in others}:
        raise ReviewError(f"There is a list “{made.name}” already. Choose another name.")
    if made.name not in saved_lists(log) and log.entries(study=made.name):
        raise ReviewError(f"There is a study “{made.name}” already. Choose another name.")
    receipt = log.append(Draft(f"list/{made.name}", _KIND, made.name, "", "", made.as_body()))
    before = SavedList.from_body(receipt.entry.body)
    if (before.cases, before.mode) != (made.cases, made.mode):
        raise ReviewError(
            f"There is a list “{made.name}” already, with {len(before.cases):,} cases. "
            "Choose another name."
        )
    return receipt


def saved_lists(log: ReviewLog) -> dict[str, SavedList]:
    """Return all lists by name, the last saved first."""
    entries: list[Entry] = log.entries(kinds=[_KIND])
    return {entry.study: SavedList.from_body(entry.body) for entry in reversed(entries)}


def load_list(log: ReviewLog, name: str) -> SavedList:
    """Return a list; ReviewError if there is none of this name."""
    found = log.entries(study=name, kinds=[_KIND])
    if not found:
        raise ReviewError(f"There is no list “{name[:LONGEST_NAME]}”. Choose one on Worklist.")
    return SavedList.from_body(found[0].body)
