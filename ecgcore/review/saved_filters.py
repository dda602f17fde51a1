"""Filters with names, kept on this machine for all its readers."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from ecgcore.errors import ReviewError
from ecgcore.sqlite import Database

LONGEST_NAME = 40


def _make_table(connection: sqlite3.Connection) -> None:
    connection.execute(
        """
        CREATE TABLE filters (
            name TEXT PRIMARY KEY COLLATE NOCASE,
            query TEXT NOT NULL,
            saved_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
        )
        """
    )


@dataclass(frozen=True, slots=True)
class SavedFilters:
    """The table of saved filters in one SQLite file; a name is given once and never overwritten.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     saved = SavedFilters.open(Path(folder))
    ...     saved.add("Lateral, doubtful", "territory=lateral")
    ...     saved.all()
    {'Lateral, doubtful': 'territory=lateral'}
    """

    database: Database

    @classmethod
    def open(cls, runs_dir: Path) -> SavedFilters:
        """Open the table, made on first use.

        Raises
        ------
        ReviewError
            If the file cannot be used. Every method may raise it later for the same reason.
        """
        path = runs_dir / "filters.sqlite"
        database = Database(path, "list of filters", (_make_table,), ReviewError, "ECG_RUNS_DIR")
        database.prepare()
        return cls(database)

    def all(self) -> dict[str, str]:
        """Return the query of each filter by its name, in the order of names."""
        with self.database.connect() as connection:
            rows = connection.execute("SELECT name, query FROM filters ORDER BY name").fetchall()
        return {row["name"]: row["query"] for row in rows}

    def add(self, name: str, query: str) -> None:
        """Keep a filter under a new name.

        Raises
        ------
        ReviewError
            If there is no name, it is too long, or a filter has it already.
        """
        name = " ".join(name.split())
        if not 0 < len(name) <= LONGEST_NAME:
            raise ReviewError(
                f"The name has {len(name)} characters. Enter one with 1 to {LONGEST_NAME}."
            )
        try:
            with self.database.connect() as connection:
                connection.execute("INSERT INTO filters (name, query) VALUES (?, ?)", (name, query))
        except sqlite3.IntegrityError as error:
            raise ReviewError(f"“{name}” is already saved. Choose another name.") from error

    def remove(self, name: str) -> None:
        """Forget a filter; one that is not there is no error."""
        with self.database.connect() as connection:
            connection.execute("DELETE FROM filters WHERE name = ?", (name,))
