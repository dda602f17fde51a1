"""Readings, consensus and audit id of a case, for the sheets behind its ECG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ecgcore.report.flow import Block, Column, heading, paragraph, table
from ecgcore.review.case_entries import shown_entries
from ecgcore.review.people.permissions import Person
from ecgcore.review.readings.reading import reading_of
from ecgcore.review.store.chain import Entry, Fault, Head, faults
from ecgcore.wording.numbers import counted


@dataclass(frozen=True, slots=True)
class CaseReadings:
    """What the store holds of a case.

    Attributes
    ----------
    entries
        Readings and consensus, by number.
    head
        Number and hash of the last entry of the whole store: its audit id.
    faults
        What is not as it was recorded, of the whole store.
    n_hidden
        Entries of the case that whoever prints may not see.
    """

    entries: tuple[Entry, ...]
    head: Head
    faults: tuple[Fault, ...] = ()
    n_hidden: int = 0

    @classmethod
    def of(
        cls, entries: Sequence[Entry], head: Head | None, case: str, person: Person | None = None
    ) -> CaseReadings:
        """Take what a person may see of a case out of a snapshot of the store, verified whole.

        Parameters
        ----------
        person
            Who prints; None for whoever works at the machine itself.
        """
        mine = shown_entries(entries, case, person)
        return cls(mine.shown, head or Head(), tuple(faults(entries, head)), mine.n_hidden)


def readings_blocks(said: CaseReadings | None, width: float) -> list[Block]:
    """Write the readings and how to check them; nothing where nobody asked for them."""
    if said is None:
        return []
    title = heading("Readings and consensus")
    more = [] if not said.n_hidden else [paragraph(_hidden_words(said.n_hidden), width)]
    if not said.entries:
        words = "No reading of this case is to be shown." if more else _NONE
        return [title, paragraph(words, width), *more]
    columns = [Column("Entry", 12, right=True), Column("", 18), Column("Reader", 20)]
    columns += [Column("When (UTC)", 28), Column("Study", 30), Column("Reading", 60)]
    rows = [_row(entry) for entry in said.entries]
    whole = "whole" if not said.faults else f"NOT whole: {said.faults[0].words}"
    audit = f"Audit id {said.head.number}:{said.head.hash}. The chain of the store is {whole}."
    hashes = [(str(one.number), one.hash) for one in said.entries]
    return [
        title,
        *table(columns, rows, width),
        *more,
        paragraph(audit, width),
        *table([Column("Entry", 12, right=True), Column("SHA-256", 120)], hashes, width),
    ]


_NONE = "The store holds no reading of this case."


def _hidden_words(n: int) -> str:
    return (
        f"{counted(n, 'further entry', 'further entries')} of this case cannot be shown to whoever "
        "printed this, or belong to a reader study that has not ended."
    )


def _row(entry: Entry) -> tuple[str, ...]:
    said = reading_of(entry)
    when = entry.at[:16].replace("T", " ")
    kind = "consensus" if entry.kind == "consensus" else "blind" if said.blind else "open"
    words = ". ".join(part for part in (said.words, said.text) if part)
    return str(entry.number), kind, entry.reader, when, entry.study, words
