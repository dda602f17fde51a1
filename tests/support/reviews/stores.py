"""Databases for the tests of the store of readings: a SQLite file, or one of PostgreSQL's."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from ecgcore.review.store.database import store_url
from ecgcore.review.store.log import Draft
from ecgcore.settings import Settings

SERVER = os.environ.get("ECG_TEST_POSTGRES", "")
KINDS = [
    "sqlite",
    pytest.param(
        "postgresql",
        marks=pytest.mark.skipif(not SERVER, reason="ECG_TEST_POSTGRES names no server"),
    ),
]


@contextmanager
def fresh_url(kind: str, folder: Path) -> Iterator[sa.URL]:
    """Lend the address of an empty database."""
    if kind == "sqlite":
        yield sa.URL.create("sqlite", database=str(folder / "review.sqlite"))
        return
    here = store_url(Settings(None, folder, folder, folder, folder, SERVER))
    engine = sa.create_engine(here, isolation_level="AUTOCOMMIT")
    name = f"ecg_{uuid4().hex}"
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    yield here.set(database=name)
    with engine.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


def draft(case: int | str, reader: str = "ab", **body: object) -> Draft:
    """A first reading of a case."""
    said = {"verdict": "MI", **body}
    return Draft(f"reading/s/{case}/{reader}/1", "reading", "s", str(case), reader, said)
