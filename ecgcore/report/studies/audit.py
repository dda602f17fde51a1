"""Where a report's readings come from, and how to check that nothing was changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ecgcore.report.web import Block, Words
from ecgcore.review.store.chain import Fault, Head, faults
from ecgcore.review.store.log import ReviewLog


@dataclass(frozen=True, slots=True)
class Audit:
    """The store at the moment of a report.

    Attributes
    ----------
    head
        Number and hash of the last entry of the whole store.
    faults
        What is not as it was recorded.
    """

    head: Head
    faults: tuple[Fault, ...] = ()

    @classmethod
    def of(cls, log: ReviewLog) -> Audit:
        """Verify the whole store."""
        entries, head = log.snapshot()
        return cls(head or Head(), tuple(faults(entries, head)))

    @property
    def id(self) -> str:
        """Number and hash of the last entry, as ``review verify --head`` takes them."""
        return f"{self.head.number}:{self.head.hash}"

    @property
    def blocks(self) -> Iterator[Block]:
        """Say whether the chain is whole, and how to hold it against this report."""
        if self.faults:
            yield Words(f"The chain of the store is **NOT whole**: {self.faults[0].words}")
        else:
            yield Words("The chain of the store was whole when this report was made.")
        yield Words(
            "That nothing before it was changed since then, this command says: "
            f"`python3.11 -m ecgcore review verify --head {self.id}`"
        )
