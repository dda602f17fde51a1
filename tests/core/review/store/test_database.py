"""Where the store is, and how its tables come to the newest version."""

import multiprocessing
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.command import upgrade
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from ecgcore.errors import ReviewError
from ecgcore.review.store.database import (
    NEWEST,
    alembic_config,
    open_engine,
    store_url,
    version,
    writing,
)
from ecgcore.review.store.log import ReviewLog
from ecgcore.review.store.tables import METADATA
from ecgcore.settings import Settings
from tests.support.reviews.stores import KINDS, draft, fresh_url

SERVER = "postgresql+psycopg://me:***@host/readings"


def chosen(folder: Path, name: str) -> str:
    return str(store_url(Settings(None, folder, folder, folder, folder / "runs", name)))


def test_where_readings_are_kept(tmp_path: Path) -> None:
    assert chosen(tmp_path, "") == f"sqlite:///{tmp_path}/runs/review.sqlite"
    assert chosen(tmp_path, str(tmp_path / "a b.db")) == f"sqlite:///{tmp_path}/a b.db"
    assert chosen(tmp_path, "sqlite:///r.db") == "sqlite:///r.db"
    for scheme in ("postgresql", "postgres", "postgresql+psycopg2"):
        assert chosen(tmp_path, f"{scheme}://me:secret@host/readings") == SERVER


@pytest.mark.parametrize(
    "name",
    ["mysql://h/d", "sqlite://", "sqlite:///:memory:", "://", "postgresql://me:secret@h:x/d"],
)
def test_what_is_no_store_is_refused_and_no_password_shown(tmp_path: Path, name: str) -> None:
    with pytest.raises(ReviewError, match="ECG_REVIEW_DB") as error:
        chosen(tmp_path, name)
    assert "secret" not in str(error.value)


def test_a_server_that_is_not_there_is_said_in_words_without_the_password() -> None:
    url = sa.make_url("postgresql+psycopg://me:secret@127.0.0.1:9/d?connect_timeout=2")
    with pytest.raises(ReviewError, match=r"me:\*\*\*@127\.0\.0\.1:9/d") as error:
        ReviewLog.at(url)
    assert "secret" not in str(error.value)


def test_a_file_that_is_no_database_is_said_in_words(tmp_path: Path) -> None:
    file = tmp_path / "r.sqlite"
    file.write_bytes(b"no database" * 1000)
    with pytest.raises(ReviewError, match=r"store of readings .* cannot be used"):
        ReviewLog.at(sa.URL.create("sqlite", database=str(file)))


def test_sqlite_writes_ahead_and_waits_for_the_disk(tmp_path: Path) -> None:
    with fresh_url("sqlite", tmp_path) as url:
        engine = open_engine(url)
        with engine.connect() as connection:
            assert connection.execute(sa.text("PRAGMA journal_mode")).scalar() == "wal"
            assert connection.execute(sa.text("PRAGMA synchronous")).scalar() == 2
        engine.dispose()


def test_the_newest_step_is_the_one_that_the_project_knows(tmp_path: Path) -> None:
    with fresh_url("sqlite", tmp_path) as url:
        engine = open_engine(url)
        with engine.connect() as connection:
            script = ScriptDirectory.from_config(alembic_config(connection))
            assert script.get_current_head() == NEWEST == version(connection)
        engine.dispose()


def test_the_steps_make_the_tables_that_the_code_describes(url: sa.URL) -> None:
    engine = open_engine(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    engine.dispose()


def earlier_versions() -> list[str]:
    steps = ScriptDirectory(str(Path(open_engine.__code__.co_filename).parent / "migrations"))
    return ["base", *(step.revision for step in reversed(list(steps.walk_revisions())))]


@pytest.mark.parametrize("earlier", earlier_versions())
def test_a_store_of_any_earlier_version_comes_to_the_newest(url: sa.URL, earlier: str) -> None:
    if url.get_backend_name() == "sqlite":
        sqlite3.connect(str(url.database)).close()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        if earlier != "base":
            upgrade(alembic_config(connection), earlier)
    engine.dispose()
    log = ReviewLog.at(url)
    log.append(draft(1))
    with log.engine.connect() as connection:
        assert version(connection) == NEWEST
    assert log.verify() == []
    log.engine.dispose()


def test_a_store_of_a_newer_version_is_left_alone(url: sa.URL) -> None:
    log = ReviewLog.at(url)
    with writing(log.engine) as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    log.engine.dispose()
    with pytest.raises(ReviewError, match="has version 9999; this project knows"):
        ReviewLog.at(url)


def _open_and_append(address: str, reader: str) -> None:
    log = ReviewLog.at(sa.make_url(address))
    log.append(draft(1, reader))


@pytest.mark.parametrize("kind", KINDS)
def test_processes_that_open_a_new_store_at_once_agree(kind: str, tmp_path: Path) -> None:
    with fresh_url(kind, tmp_path) as url:
        spawn = multiprocessing.get_context("spawn")
        address = url.render_as_string(hide_password=False)
        children = [spawn.Process(target=_open_and_append, args=(address, r)) for r in ("a", "b")]
        for child in children:
            child.start()
        for child in children:
            child.join(60)
        assert [child.exitcode for child in children] == [0, 0]
        log = ReviewLog.at(url)
        assert {one.reader for one in log.entries()} == {"a", "b"}
        assert log.verify() == []
        log.engine.dispose()
