"""The recording under review: one of the open data set, or the reader's own; readable or not."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from ecgcore.errors import RecordError
from ecgcore.ptbxl.catalog import CatalogEntry
from ecgcore.records import EcgRecord


@dataclass(frozen=True, slots=True, eq=False)
class ReadableCase:
    """One recording and what is known about it.

    Attributes
    ----------
    key
        Tells the recording apart in every cache.
    entry
        What the tables say about it; None for the reader's own recording.
    record, display
        As the models and as the eyes see it: at 500 Hz where that is on this disk.
    """

    key: str
    entry: CatalogEntry | None
    record: EcgRecord
    display: EcgRecord

    @property
    def name(self) -> str:
        """Name for a heading and for a file."""
        return f"Record {self.entry.ecg_id}" if self.entry else self.key.partition("/")[2]

    def called(self, name: str) -> ReadableCase:
        """Return it under a name that does not tell which record it is, for a blind reading."""
        return replace(self, display=replace(self.display, record_id=name))


@dataclass(frozen=True, slots=True, eq=False)
class UnreadableCase:
    """A record of the data set whose signal cannot be read, and why."""

    entry: CatalogEntry
    problem: RecordError


Case = ReadableCase | UnreadableCase


def from_record(record: EcgRecord, start_s: float = 0.0) -> ReadableCase:
    """Open the reader's own recording, or a window of it."""
    digest = hashlib.sha256(record.signal.tobytes()).hexdigest()[:16]
    who = f" of {record.patient.words}" if record.patient.words else ""
    key = f"own {digest} {record.fs_hz} Hz{who} from {start_s:g} s/{record.record_id}"
    return ReadableCase(key, None, record, record)
