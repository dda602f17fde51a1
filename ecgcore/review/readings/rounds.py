"""Reading blind first: commit, then see label and models, then, after a change of mind, again.

What a case hides is not to be sent to the browser before `may_see_answers` says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ecgcore.errors import ReviewError
from ecgcore.review.readings.reading import Reading, reading_of
from ecgcore.review.store.chain import Entry
from ecgcore.review.store.log import Draft, Receipt, ReviewLog

Mode = Literal["blind", "open"]
"""Whether label, report, models and overlays are hidden until the reader commits."""


@dataclass(frozen=True, slots=True)
class Place:
    """A case as one reader meets it in one study."""

    study: str
    case: str
    reader: str

    def key(self, kind: str, number: int | None = None) -> str:
        """Return what an entry of this kind is the one entry of."""
        parts = (kind, self.study, self.case, self.reader, *([] if number is None else [number]))
        return "/".join(str(part).replace("%", "%25").replace("/", "%2F") for part in parts)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a reader is with a case.

    Attributes
    ----------
    readings
        In their order; the first one is the blinded one of a blind study.
    revealed
        Whether the answers were shown.
    """

    readings: tuple[Reading, ...] = ()
    revealed: bool = False

    @property
    def changed_mind(self) -> bool:
        """Whether the last verdict is another one than the first."""
        return bool(self.readings) and self.readings[0].verdict != self.readings[-1].verdict


def progress(log: ReviewLog, place: Place) -> Progress:
    """Return how far the reader is."""
    entries = log.entries(study=place.study, case=place.case, reader=place.reader)
    return progress_in(entries)


def progress_in(entries: list[Entry]) -> Progress:
    """Return how far the reader of these entries on one case is."""
    readings = tuple(reading_of(entry) for entry in entries if entry.kind == "reading")
    return Progress(readings, any(entry.kind == "reveal" for entry in entries))


def may_see_answers(found: Progress, mode: Mode) -> bool:
    """Say whether label, report, models and overlays may leave the server."""
    return mode == "open" or (bool(found.readings) and found.revealed)


def commit(log: ReviewLog, place: Place, reading: Reading, number: int) -> Receipt:
    """Record the reading with this number, 1 for the first.

    Parameters
    ----------
    number
        As it was when the form was shown: so a double click, a resent request and a second window
        are one reading.

    Raises
    ------
    ReviewError
        If an earlier reading is missing, the answers were not shown between two, the reader
        settled the case, or the reading with this number says something else.
    """
    entries = log.entries(study=place.study, case=place.case)
    mine = progress_in([entry for entry in entries if entry.reader == place.reader])
    if any(one.kind == "consensus" and one.reader == place.reader for one in entries):
        raise ReviewError(f"You settled case {place.case}, so you cannot read it.")
    if number < 1 or number > len(mine.readings) + 1:
        raise ReviewError(
            f"Reading {number} of case {place.case} cannot come before an earlier one."
        )
    if number == len(mine.readings) + 1 > 1 and not mine.revealed:
        raise ReviewError(f"Case {place.case} is read. See the answers before you read it again.")
    receipt = log.append(_draft(place, "reading", reading, number))
    if not receipt.new and not reading_of(receipt.entry).says_the_same(reading):
        raise ReviewError(
            f"Case {place.case} is read already: {reading_of(receipt.entry).words}. "
            "A change of mind is a second reading, after the answers."
        )
    return receipt


def reveal(log: ReviewLog, place: Place) -> Receipt:
    """Record that the answers are shown from now on.

    Raises
    ------
    ReviewError
        If the reader has not committed a reading.
    """
    if not progress(log, place).readings:
        raise ReviewError(f"Commit your reading of case {place.case} first.")
    return log.append(_draft(place, "reveal"))


def mark_seen(log: ReviewLog, place: Place) -> Receipt:
    """Record that the reader opened the case; the first time counts."""
    return log.append(_draft(place, "seen"))


def _draft(
    place: Place, kind: str, reading: Reading | None = None, number: int | None = None
) -> Draft:
    body = {} if reading is None else reading.as_body() | {"number": number}
    return Draft(place.key(kind, number), kind, place.study, place.case, place.reader, body)
