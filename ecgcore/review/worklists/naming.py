"""What a saved list is called and whether it is put away; each change is an entry of its own.

The name under which a list was saved stays that of its study: readings and links keep to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ecgcore.errors import ReviewError
from ecgcore.review.store.chain import Entry
from ecgcore.review.store.log import Draft, Receipt, ReviewLog
from ecgcore.review.worklists.saved import LONGEST_NAME, NAMING, is_name, saved_lists


@dataclass(frozen=True, slots=True)
class Naming:
    """How a list is shown.

    Attributes
    ----------
    title
        What it is called now.
    archived
        Whether it is left out where lists are offered; links still open it.
    """

    title: str
    archived: bool = False


def namings(log: ReviewLog) -> dict[str, Naming]:
    """Return how every saved list is shown, by the name under which it was saved."""
    return _namings(saved_lists(log), log.entries(kinds=[NAMING]))


def _namings(names: Iterable[str], entries: Iterable[Entry]) -> dict[str, Naming]:
    last = {entry.study: json.loads(entry.body) for entry in entries}
    return {
        name: Naming(last[name]["title"], last[name]["archived"]) if name in last else Naming(name)
        for name in names
    }


def rename(log: ReviewLog, name: str, title: str, by: str) -> Receipt | None:
    """Call a list otherwise; None where it is called so already.

    Raises
    ------
    ReviewError
        If there is no such list, the title is none, or it is the name or title of another list.
    """
    known = namings(log)
    before = _known(known, name)
    if not is_name(title):
        raise ReviewError(f"Give the list a name of 1 to {LONGEST_NAME} characters.")
    taken = {word.casefold() for one in known if one != name for word in (one, known[one].title)}
    if title.casefold() in taken:
        raise ReviewError(f"There is a list “{title}” already. Choose another name.")
    return _record(log, name, before, Naming(title, before.archived), by)


def archive(log: ReviewLog, name: str, by: str, *, archived: bool = True) -> Receipt | None:
    """Put a list away, or take it out again; None where it is so already.

    Raises
    ------
    ReviewError
        If there is no such list.
    """
    before = _known(namings(log), name)
    return _record(log, name, before, Naming(before.title, archived), by)


def _known(known: Mapping[str, Naming], name: str) -> Naming:
    if name not in known:
        raise ReviewError(f"There is no list “{name[:LONGEST_NAME]}”. Choose one on Worklist.")
    return known[name]


def _record(log: ReviewLog, name: str, before: Naming, after: Naming, by: str) -> Receipt | None:
    if after == before:
        return None
    number = 1 + len(log.entries(study=name, kinds=[NAMING]))
    body = {"title": after.title, "archived": after.archived}
    receipt = log.append(Draft(f"{NAMING}/{name}/{number}", NAMING, name, "", by, body))
    if not receipt.new and json.loads(receipt.entry.body) != body:
        raise ReviewError(f"Somebody changed “{before.title}” at the same moment. Look again.")
    return receipt
