"""The consensuses of the store as labels."""

from __future__ import annotations

from collections.abc import Iterable

from ecgcore.ptbxl.consensus import Consensus
from ecgcore.review.readings.reading import reading_of
from ecgcore.review.store.chain import Entry


def consensus_of(entries: Iterable[Entry]) -> Consensus:
    """Return the last consensus on each record, over all studies; other cases are left out."""
    return Consensus(
        {
            int(entry.case): reading_of(entry).verdict
            for entry in entries
            if entry.kind == "consensus" and entry.case.isdecimal() and len(entry.case) < 10
        }
    )
