"""The log of entries: they are appended and read, never changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from ecgcore.errors import ReviewError
from ecgcore.review.store.chain import Entry, Fault, Head, faults
from ecgcore.review.store.database import in_words, open_engine, store_url, writing
from ecgcore.review.store.tables import ENTRIES, HEAD
from ecgcore.settings import Settings

_LONGEST_NAME = 80
_LONGEST_BODY = 200_000


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry to be.

    Attributes
    ----------
    key
        What it is the one entry of: a second draft with this key is the first one again.
    body
        What is said, for JSON.
    at
        ISO 8601 in UTC; now where it is "".
    """

    key: str
    kind: str
    study: str
    case: str
    reader: str
    body: Mapping[str, Any]
    at: str = ""

    def entry(self) -> Entry:
        """Return it as an entry without a place in the chain.

        Raises
        ------
        ReviewError
            If a name is no line of up to 80 characters, or the body is far too long.
        """
        for name in (self.kind, self.study, self.case, self.reader):
            if len(name) > _LONGEST_NAME or not (name.isprintable() and name == name.strip()):
                raise ReviewError(f"“{name[:20]}” is no name of up to {_LONGEST_NAME} characters.")
        body = json.dumps(self.body, sort_keys=True, allow_nan=False)
        if len(body) > _LONGEST_BODY:
            raise ReviewError(f"The entry has {len(body):,} characters; {_LONGEST_BODY:,} fit.")
        at = self.at or datetime.now(UTC).isoformat(timespec="milliseconds")
        names = (self.key, self.kind, self.study, self.case, self.reader)
        return Entry(0, *names, body, at, "", "")


@dataclass(frozen=True, slots=True)
class Receipt:
    """The entry that a draft became, and whether it was not there before."""

    entry: Entry
    new: bool


@dataclass(frozen=True, slots=True, eq=False)
class ReviewLog:
    """All entries in one database, for all threads and processes of this machine.

    Every method raises `ReviewError` where the database cannot be used.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     log = ReviewLog.at(sa.make_url(f"sqlite:///{folder}/review.sqlite"))
    ...     draft = Draft("reading/s/39/ab/1", "reading", "s", "39", "ab", {"verdict": "MI"})
    ...     first, again = log.append(draft), log.append(draft)
    ...     found = (first.new, again.new, log.head().number, log.verify())
    ...     log.engine.dispose()
    >>> found
    (True, False, 1, [])
    """

    engine: sa.Engine

    @classmethod
    def open(cls, settings: Settings) -> ReviewLog:
        """Open the store that the settings name, made on first use."""
        return cls.at(store_url(settings))

    @classmethod
    def at(cls, url: sa.URL) -> ReviewLog:
        """Open the store at an address."""
        return cls(open_engine(url))

    def append(self, draft: Draft) -> Receipt:
        """Record a draft, or return the entry that has its key already."""
        return self.append_all([draft.entry()])[0]

    def append_all(self, entries: Iterable[Entry], *, strict: bool = False) -> list[Receipt]:
        """Record all at once or, after an error, none; their places in the chain are new.

        Parameters
        ----------
        strict
            Raise ReviewError where an entry that is there says something else.
        """
        with in_words(self.engine.url), writing(self.engine) as connection:
            head = _head(connection, hold=True)
            if head is None:
                raise ReviewError("The head of the store is missing; see `review verify`.")
            receipts = []
            for entry in entries:
                known = connection.execute(sa.select(ENTRIES).where(ENTRIES.c.key == entry.key))
                if row := known.one_or_none():
                    receipts.append(Receipt(Entry(*row), new=False))
                    if strict and Entry(*row).chained(0, "") != entry.chained(0, ""):
                        raise ReviewError(f"{Entry(*row).name} is there already, but says else.")
                    continue
                chained = entry.chained(head.number + 1, head.hash)
                connection.execute(sa.insert(ENTRIES).values(astuple(chained)))
                head = Head(chained.number, chained.hash)
                receipts.append(Receipt(chained, new=True))
            connection.execute(sa.update(HEAD).values(number=head.number, hash=head.hash))
        return receipts

    def copy(self, entries: Sequence[Entry], head: Head) -> None:
        """Record entries with their places and hashes; the store must be empty."""
        with in_words(self.engine.url), writing(self.engine) as connection:
            if _head(connection, hold=True) != Head():
                raise ReviewError("The store has entries already; a copy needs an empty one.")
            if entries:
                names = ENTRIES.columns.keys()
                rows = [dict(zip(names, astuple(one), strict=True)) for one in entries]
                connection.execute(sa.insert(ENTRIES), rows)
            connection.execute(sa.update(HEAD).values(number=head.number, hash=head.hash))

    def entries(
        self,
        *,
        study: str | None = None,
        case: str | None = None,
        reader: str | None = None,
        kinds: Sequence[str] = (),
    ) -> list[Entry]:
        """Return the entries that fit, by number."""
        wanted = {ENTRIES.c.study: study, ENTRIES.c.case_id: case, ENTRIES.c.reader: reader}
        query = sa.select(ENTRIES).order_by(ENTRIES.c.number)
        query = query.where(*[column == one for column, one in wanted.items() if one is not None])
        if kinds:
            query = query.where(ENTRIES.c.kind.in_(kinds))
        with in_words(self.engine.url), self.engine.connect() as connection:
            return [Entry(*row) for row in connection.execute(query)]

    def head(self) -> Head:
        """Return number and hash of the last entry."""
        with in_words(self.engine.url), self.engine.connect() as connection:
            return _head(connection) or Head()

    def snapshot(self) -> tuple[list[Entry], Head | None]:
        """Return all entries and the head as they are at one moment, whoever writes meanwhile."""
        with in_words(self.engine.url), self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            rows = connection.execute(sa.select(ENTRIES).order_by(ENTRIES.c.number)).all()
            return [Entry(*row) for row in rows], _head(connection)

    def verify(self) -> list[Fault]:
        """Find every changed, missing, added or reordered entry."""
        return faults(*self.snapshot())


def _head(connection: sa.Connection, *, hold: bool = False) -> Head | None:
    """Read the head; `hold` lets no other connection append before this one is done."""
    query = sa.select(HEAD.c.number, HEAD.c.hash)
    row = connection.execute(query.with_for_update() if hold else query).one_or_none()
    return Head(*row) if row else None
