"""One way to open a SQLite file that threads and processes share; its errors come in words."""

import errno
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ecgcore.errors import EcgError

Migration = Callable[[sqlite3.Connection], None]

_BUSY_TIMEOUT_S = 10.0
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}
_HELD = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


@dataclass(frozen=True, slots=True)
class Database:
    """The tables in one SQLite file, kept in WAL mode; readers and a writer do not wait.

    Attributes
    ----------
    path
        The file; its folder is made by `prepare`.
    name
        What it is to a reader, such as "job table".
    migrations
        Step n brings a file of version n to version n + 1; a new file has version 0. The steps that
        a file lacks run in one transaction, without foreign keys, so that tables can be rebuilt.
    error
        Raised, in words, where the file cannot be used.
    setting
        Variable by which another folder is chosen, such as "ECG_RUNS_DIR".

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> def notes(connection: sqlite3.Connection) -> None:
    ...     connection.execute("CREATE TABLE notes (text TEXT NOT NULL)")
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "notes.sqlite"
    ...     database = Database(path, "table of notes", [notes], EcgError, "ECG_RUNS_DIR")
    ...     database.prepare()
    ...     with database.transaction() as connection:
    ...         _ = connection.execute("INSERT INTO notes VALUES ('Q waves')")
    ...     with database.connect() as connection:
    ...         connection.execute("SELECT text FROM notes").fetchone()["text"]
    'Q waves'
    """

    path: Path
    name: str
    migrations: Sequence[Migration]
    error: type[EcgError]
    setting: str

    def prepare(self) -> None:
        """Make the file, or bring it to the newest version; several processes may do so at once."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            code = sqlite3.SQLITE_FULL if full else sqlite3.SQLITE_CANTOPEN
            raise self._in_words(error, code) from error
        with self.connect(foreign_keys=False) as connection, connection:
            _use_wal(connection)
            connection.execute("BEGIN IMMEDIATE")
            self._migrate(connection)

    @contextmanager
    def connect(self, *, foreign_keys: bool = True) -> Iterator[sqlite3.Connection]:
        """Open a connection that commits each statement by itself, and close it at the end.

        Raises
        ------
        EcgError
            Of the kind `error`: the file is damaged, held by another program or cannot be written,
            or the disk is full. A breach of a constraint stays a `sqlite3.IntegrityError`.
        """
        try:
            with closing(self._open()) as connection:
                connection.row_factory = sqlite3.Row
                connection.execute(f"PRAGMA foreign_keys = {foreign_keys:d}")
                yield connection
        except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
            raise
        except sqlite3.DatabaseError as error:
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
            raise self._in_words(error, code & 0xFF) from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Open a connection whose statements count together, or not at all after an exception."""
        with self.connect() as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=_BUSY_TIMEOUT_S, isolation_level=None)

    def _migrate(self, connection: sqlite3.Connection) -> None:
        version, newest = (
            connection.execute("PRAGMA user_version").fetchone()[0],
            len(self.migrations),
        )
        if not 0 <= version <= newest:
            raise self.error(
                f"The {self.name} {self.path} has version {version}; this project knows version "
                f"{newest}. Update the project or choose another folder with {self.setting}."
            )
        for migrate in self.migrations[version:]:
            migrate(connection)
        connection.execute(f"PRAGMA user_version = {newest}")

    def _in_words(self, error: Exception, code: int) -> EcgError:
        return self.error(
            f"The {self.name} {self.path} cannot be used ({error}). {self._advice(code)}"
        )

    def _advice(self, code: int) -> str:
        """Say what to do about a primary result code of SQLite."""
        if code in _DAMAGED:
            return "Move the file away and start again; a new one is made then."
        if code in _HELD:
            return "Another program holds it; wait until it is done, or end it."
        if code == sqlite3.SQLITE_FULL:
            return f"The disk is full: free space, or choose another folder with {self.setting}."
        return f"Make its folder writable or choose another one with {self.setting}."


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to WAL; SQLite ignores the busy timeout when two connections switch at once."""
    deadline = time.monotonic() + _BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
