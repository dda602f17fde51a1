"""The database of the store: SQLite, or PostgreSQL where ``ECG_REVIEW_DB`` names one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError

from ecgcore.errors import ReviewError
from ecgcore.settings import Settings
from ecgcore.sqlite import Database

NEWEST = "0002"
"""Version of the tables that this project knows."""

_SETTING = "ECG_REVIEW_DB"
_BUSY_TIMEOUT_S = 30.0
_POOL_SIZE = 5
_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 4_720_017
"""Number under which PostgreSQL keeps the lock of a migration."""


def store_url(settings: Settings) -> sa.URL:
    """Return where readings are kept: what ``ECG_REVIEW_DB`` says, else a file among the runs.

    Raises
    ------
    ReviewError
        If it names no SQLite file and no PostgreSQL database.
    """
    chosen = settings.review_db
    if "://" not in chosen:
        file = (
            Path(chosen).expanduser().resolve() if chosen else settings.runs_dir / "review.sqlite"
        )
        return sa.URL.create("sqlite", database=str(file))
    try:
        url = sa.make_url(chosen.replace("postgres://", "postgresql://", 1))
    except (ArgumentError, ValueError) as error:
        raise ReviewError(f"{_SETTING} is no address of a database. {_ADVICE}") from error
    kind = url.get_backend_name()
    if kind == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if kind == "sqlite" and url.database not in (None, "", ":memory:"):
        return url
    raise ReviewError(f"{_SETTING} names “{kind}” without a file that it knows. {_ADVICE}")


_ADVICE = "Give a file such as review.sqlite, or postgresql://USER:PASSWORD@HOST/DATABASE."


def open_engine(url: sa.URL) -> sa.Engine:
    """Open the database and bring its tables to the newest version.

    Raises
    ------
    ReviewError
        If it cannot be reached or used, or is of a newer version.
    """
    if url.get_backend_name() == "sqlite":
        keep_private(Path(str(url.database)))
        Database(Path(str(url.database)), "store of readings", (), ReviewError, _SETTING).prepare()
        engine = sa.create_engine(
            url, pool_size=_POOL_SIZE, connect_args={"timeout": _BUSY_TIMEOUT_S}
        )
        sa.event.listen(engine, "connect", _leave_transactions_to_us)
        sa.event.listen(engine, "begin", _begin)
    else:
        engine = sa.create_engine(url, pool_size=_POOL_SIZE, pool_pre_ping=True)
    try:
        with in_words(url), writing(engine) as connection:
            _migrate(connection)
    except BaseException:
        engine.dispose()
        raise
    return engine


def keep_private(file: Path) -> None:
    """Make a file that only the user of this process can read, where it is not there yet.

    What SQLite puts beside it has the same rights.
    """
    with suppress(OSError):  # a folder that is missing or closed is named by whoever opens the file
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600, exist_ok=True)


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open a transaction that writes: on SQLite it waits for its turn at its beginning."""
    with engine.execution_options(writes=True).begin() as connection:
        yield connection


@contextmanager
def in_words(url: sa.URL) -> Iterator[None]:
    """Turn an error of the database into a `ReviewError`; a breach of a constraint stays one."""
    try:
        yield
    except IntegrityError:
        raise
    except SQLAlchemyError as error:
        said = str(getattr(error, "orig", None) or error).strip().splitlines() or [""]
        raise ReviewError(
            f"The store of readings {url.render_as_string(hide_password=True)} cannot be used "
            f"({said[0]}). Is it running, whole and writable? {_SETTING} chooses another one."
        ) from error


def _leave_transactions_to_us(connection: sqlite3.Connection, _record: Any) -> None:  # noqa: ANN401
    connection.isolation_level = None
    connection.execute("PRAGMA synchronous = FULL")


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _migrate(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    if version(connection) == NEWEST:
        return
    from alembic import command
    from alembic.util import CommandError

    try:
        command.upgrade(alembic_config(connection), "head")
    except CommandError as error:
        raise ReviewError(
            f"The store of readings has version {version(connection)}; this project knows version "
            f"{NEWEST}. Update the project, or choose another store with {_SETTING}."
        ) from error


def version(connection: sa.Connection) -> str:
    """Return the version of the tables, "" before they are made."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return ""
    return str(
        connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() or ""
    )


def alembic_config(connection: sa.Connection) -> Any:  # noqa: ANN401 - Alembic loads when needed
    """Return the settings with which Alembic works on an open connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
