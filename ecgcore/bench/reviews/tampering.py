"""Every kind of tampering with the file of a store, and whether `review verify` names it."""

import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from ecgcore.review.store.chain import Entry, Fault
from ecgcore.review.store.log import Draft, ReviewLog

_N = 12
_COLUMNS = "number, key, kind, study, case_id, reader, body, at, previous, hash"


@dataclass(frozen=True, slots=True)
class Tampering:
    """One kind, what `review verify` says of it, and whether that names the kind."""

    kind: str
    said: tuple[str, ...]
    found: bool


def tampered(folder: Path) -> tuple[Tampering, ...]:
    """Tamper with a copy of a store in every way, each alone."""
    whole = folder / "whole.sqlite"
    log = ReviewLog.at(sa.URL.create("sqlite", database=str(whole)))
    for case in range(1, _N + 1):
        log.append(Draft(f"reading/{case}", "reading", "s", str(case), "ab", {"confidence": case}))
    with log.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    log.engine.dispose()
    return tuple(_try(whole, kind, name, change) for kind, (name, change) in _KINDS.items())


def _try(
    whole: Path, kind: str, name: str, change: Callable[[sqlite3.Connection], object]
) -> Tampering:
    path = shutil.copy(whole, whole.with_name("tampered.sqlite"))
    with closing(sqlite3.connect(path)) as connection, connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (trigger,) in triggers.fetchall():
            connection.execute(f"DROP TRIGGER {trigger}")
        change(connection)
    log = ReviewLog.at(sa.URL.create("sqlite", database=str(path)))
    faults: list[Fault] = log.verify()
    log.engine.dispose()
    for file in whole.parent.glob("tampered.sqlite*"):
        file.unlink()
    return Tampering(kind, tuple(one.words for one in faults), name in {f.kind for f in faults})


def _row(connection: sqlite3.Connection, number: int) -> Entry:
    row = connection.execute(f"SELECT {_COLUMNS} FROM entries WHERE number = ?", (number,))  # noqa: S608
    return Entry(*row.fetchone())


def _add(connection: sqlite3.Connection) -> None:
    """Append a reading with a right hash, as somebody who knows the format would."""
    last = _row(connection, _N)
    new = Draft("reading/99", "reading", "s", "99", "ab", {}).entry().chained(_N + 1, last.hash)
    values = (new.number, new.key, new.kind, new.study, new.case, new.reader, new.body, new.at)
    connection.execute(
        "INSERT INTO entries VALUES (?,?,?,?,?,?,?,?,?,?)", (*values, new.previous, new.hash)
    )


def _replace(connection: sqlite3.Connection) -> None:
    """Write another body with a right hash of its own."""
    old = _row(connection, 5)
    new = Draft(old.key, "reading", "s", "5", "ab", {"confidence": 99}, old.at).entry()
    made = new.chained(5, old.previous)
    connection.execute(
        "UPDATE entries SET body = ?, hash = ? WHERE number = 5", (made.body, made.hash)
    )


def _reorder(connection: sqlite3.Connection) -> None:
    for before, after in ((4, 100), (5, 4), (100, 5)):
        connection.execute("UPDATE entries SET number = ? WHERE number = ?", (after, before))


def _swap(connection: sqlite3.Connection) -> None:
    first, second = _row(connection, 4).body, _row(connection, 8).body
    for number, body in ((4, second), (8, first)):
        connection.execute("UPDATE entries SET body = ? WHERE number = ?", (body, number))


def _run(statement: str) -> Callable[[sqlite3.Connection], object]:
    return lambda connection: connection.execute(statement)


_KINDS: Mapping[str, tuple[str, Callable[[sqlite3.Connection], object]]] = {
    "changed row": ("changed", _run("UPDATE entries SET body = '{}' WHERE number = 5")),
    "changed row with a right hash": ("changed", _replace),
    "changed reader": ("changed", _run("UPDATE entries SET reader = 'xy' WHERE number = 5")),
    "missing row": ("missing", _run("DELETE FROM entries WHERE number = 5")),
    "cut tail": ("missing", _run("DELETE FROM entries WHERE number > 9")),
    "added row with a right hash": ("added", _add),
    "reordered rows": ("reordered", _reorder),
    "swapped payloads": ("changed", _swap),
    "edited hash": (
        "changed",
        _run("UPDATE entries SET hash = replace(hash, substr(hash, 1, 4), '0000') WHERE number=5"),
    ),
    "edited head": ("changed", _run("UPDATE head SET number = 3")),
    "deleted head": ("missing", _run("DELETE FROM head")),
}
