"""Conflicts between readers, and the consensus that settles one; never by a reader of the case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ecgcore.errors import ReviewError
from ecgcore.review.readings.reading import Reading, reading_of
from ecgcore.review.readings.rounds import Place
from ecgcore.review.store.chain import Entry
from ecgcore.review.store.log import Draft, Receipt, ReviewLog


@dataclass(frozen=True, slots=True)
class CaseReadings:
    """What was said about one case of one study.

    Attributes
    ----------
    readers
        Those who read it, in the order of their first readings.
    readings
        Their last readings.
    consensus
        What settled it, or None.
    """

    case: str
    readers: tuple[str, ...]
    readings: tuple[Reading, ...]
    consensus: Reading | None = None

    @property
    def in_conflict(self) -> bool:
        """Whether the readers' verdicts differ and nothing has settled that."""
        return self.consensus is None and len({one.verdict for one in self.readings}) > 1

    @property
    def reason(self) -> str:
        """The conflict in words, as "1 MI, 2 no MI"."""
        said = [one.verdict for one in self.readings]
        return ", ".join(f"{said.count(verdict)} {verdict}" for verdict in dict.fromkeys(said))

    def shown(self, *, names: bool) -> tuple[tuple[str, Reading], ...]:
        """Return the readings with the readers' names, or as "Reader 1", "Reader 2"."""
        called = self.readers if names else [f"Reader {n}" for n in range(1, len(self.readers) + 1)]
        return tuple(zip(called, self.readings, strict=True))


def by_case(entries: Iterable[Entry]) -> dict[str, CaseReadings]:
    """Sort the entries of one study by case, in the order of their first entries."""
    last: dict[str, dict[str, Reading]] = {}
    settled: dict[str, Reading] = {}
    for entry in entries:
        if entry.kind == "reading":
            last.setdefault(entry.case, {})[entry.reader] = reading_of(entry)
        elif entry.kind == "consensus":
            settled[entry.case] = reading_of(entry)
    return {
        case: CaseReadings(case, tuple(said), tuple(said.values()), settled.get(case))
        for case, said in last.items()
    }


def conflicts_for(entries: Iterable[Entry], adjudicator: str) -> list[CaseReadings]:
    """List the conflicts that a person may settle: those on cases that the person has not read."""
    return [
        one
        for one in by_case(entries).values()
        if one.in_conflict and adjudicator not in one.readers
    ]


def settle(log: ReviewLog, place: Place, consensus: Reading) -> Receipt:
    """Record a consensus, once a case; `place` names the adjudicator, the text holds the reasons.

    Raises
    ------
    ReviewError
        If the adjudicator has read the case in any study, there is no conflict, no reason is given,
        or the case was settled otherwise.
    """
    entries = log.entries(case=place.case)
    if any(one.kind == "reading" and one.reader == place.reader for one in entries):
        raise ReviewError(f"You have read case {place.case}, so another person must settle it.")
    if not consensus.text.strip():
        raise ReviewError("A consensus needs its reasons.")
    found = by_case(one for one in entries if one.study == place.study).get(place.case)
    if found is None or not (found.in_conflict or found.consensus):
        raise ReviewError(f"The readers of case {place.case} do not disagree.")
    body = replace(consensus, blind=False).as_body()
    key = replace(place, reader="").key("consensus")
    receipt = log.append(Draft(key, "consensus", place.study, place.case, place.reader, body))
    same = reading_of(receipt.entry).says_the_same(Reading.from_body(body))
    if not receipt.new and not (same and receipt.entry.reader == place.reader):
        raise ReviewError(f"Case {place.case} is settled: {reading_of(receipt.entry).words}.")
    return receipt
