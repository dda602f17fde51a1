"""Readings out of the store, into it, and a copy of the whole store while it is in use."""

from __future__ import annotations

import os
from pathlib import Path

import sqlalchemy as sa

from ecgcore.errors import ReviewError
from ecgcore.review.readings.files import WRITERS, check_suffix, from_csv, from_fhir, from_jsonl
from ecgcore.review.store.chain import Head
from ecgcore.review.store.database import keep_private
from ecgcore.review.store.log import ReviewLog
from ecgcore.review.store.secrets import copy_all


def export_to(log: ReviewLog, path: Path) -> int:
    """Write the store to a new file, in the format of its suffix; return how many entries it had.

    Raises
    ------
    ReviewError
        If the file is there already or its name says no format.
    """
    suffix = check_suffix(path)
    entries, head = log.snapshot()
    text = WRITERS[suffix](entries, head or Head())
    with new_file(path) as part:
        part.write_bytes(text.encode())
    return len(entries)


def import_from(log: ReviewLog, path: Path) -> tuple[int, int]:
    """Add what the store lacks; return how many entries were new and how many known.

    The chain of a JSONL file goes into an empty store as it is; else entries get new places.

    Raises
    ------
    ReviewError
        If the file holds no readings, its chain is not whole, or an entry of the store says
        something else; nothing is added then.
    """
    suffix, text = check_suffix(path), _text(path)
    if suffix != ".jsonl":
        drafts = from_csv(text) if suffix == ".csv" else from_fhir(text)
        entries = [draft.entry() for draft in drafts]
    else:
        entries, head = from_jsonl(text)
        if log.head() == Head():
            log.copy(entries, head)
            return len(entries), 0
    receipts = log.append_all(entries, strict=True)
    new = sum(one.new for one in receipts)
    return new, len(receipts) - new


def backup_to(log: ReviewLog, path: Path) -> Head:
    """Copy the store as it is at one moment into a new SQLite file; return its head.

    Raises
    ------
    ReviewError
        If the file is there already, or the copy has a fault, which is named.
    """
    entries, head = log.snapshot()
    with new_file(path) as part:
        copy = ReviewLog.at(sa.URL.create("sqlite", database=str(part)))
        copy.copy(entries, head or Head())
        copy_all(log, copy)
        found = copy.verify()
        with copy.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        copy.engine.dispose()
    if found or head is None:
        words = found[0].words if found else "the head of the chain is missing."
        raise ReviewError(f"The store was copied to {path.name}, but it has a fault: {words}")
    return head


class new_file:  # noqa: N801 - used as a function
    """Lend a path beside `path` that takes its name at the end, or vanishes after an error.

    Raises
    ------
    ReviewError
        If there is a file of this name already.
    """

    def __init__(self, path: Path) -> None:
        if path.exists():
            raise ReviewError(f"{path} is there already. Choose another name.")
        self.path, self.part = path, path.with_name(f".{path.name}.{os.getpid()}.part")

    def __enter__(self) -> Path:
        keep_private(self.part)
        return self.part

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.part.rename(self.path)
        self.part.unlink(missing_ok=True)


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise ReviewError(f"{path.name} is no text in UTF-8 ({error}).") from error
