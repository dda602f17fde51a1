"""The one way to open a SQLite file: shared by processes, migrated, with errors in words."""

import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import pytest

from ecgcore import sqlite
from ecgcore.errors import EcgError, JobError
from ecgcore.sqlite import Database
from tests.support.paths import PROJECT

pytestmark = pytest.mark.timeout(60)

COUNT_200_TIMES = """
import sys
from pathlib import Path
from ecgcore.errors import JobError
from ecgcore.sqlite import Database
database = Database(Path(sys.argv[1]), "table of counts", [lambda connection: [
    connection.execute("CREATE TABLE counts (n INTEGER)"),
    connection.execute("INSERT INTO counts VALUES (0)"),
]], JobError, "ECG_RUNS_DIR")
database.prepare()
for _ in range(200):
    with database.transaction() as connection:
        n = connection.execute("SELECT n FROM counts").fetchone()["n"]
        connection.execute("UPDATE counts SET n = ?", (n + 1,))
"""


def make_notes(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE readers (id INTEGER PRIMARY KEY)")
    connection.execute(
        "CREATE TABLE notes (text TEXT NOT NULL, reader INTEGER"
        " REFERENCES readers ON DELETE CASCADE)"
    )


def rebuild_readers(connection: sqlite3.Connection) -> None:
    """Change a column as SQLite's manual says: a new table, copy, drop, rename."""
    connection.execute("CREATE TABLE new (id INTEGER PRIMARY KEY, initials TEXT NOT NULL)")
    connection.execute("INSERT INTO new SELECT id, '?' FROM readers")
    connection.execute("DROP TABLE readers")
    connection.execute("ALTER TABLE new RENAME TO readers")


def breaks(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM notes")
    raise RuntimeError("in the middle of a step")


def opened(path: Path, *migrations: sqlite.Migration) -> Database:
    database = Database(path, "table of notes", migrations, JobError, "ECG_RUNS_DIR")
    database.prepare()
    return database


@pytest.fixture
def notes(tmp_path: Path) -> Database:
    database = opened(tmp_path / "new" / "notes.sqlite", make_notes)
    with database.connect() as connection:
        connection.execute("INSERT INTO readers VALUES (1)")
        connection.execute("INSERT INTO notes VALUES ('Q waves', 1)")
    return database


def run(database: Database, *statements: str) -> None:
    with database.connect() as connection:
        for statement in statements:
            connection.execute(statement)


def texts(database: Database) -> list[str]:
    with database.connect() as connection:
        return [row["text"] for row in connection.execute("SELECT text FROM notes")]


def test_two_processes_write_and_none_is_lost(tmp_path: Path):
    command = [sys.executable, "-c", COUNT_200_TIMES, str(tmp_path / "counts.sqlite")]
    writers = [subprocess.Popen(command, cwd=PROJECT) for _ in range(2)]
    assert [writer.wait(timeout=50) for writer in writers] == [0, 0]
    with closing(sqlite3.connect(tmp_path / "counts.sqlite")) as connection:
        assert connection.execute("SELECT n FROM counts").fetchall() == [(400,)]
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_eight_threads_make_one_file(tmp_path: Path):
    barrier = Barrier(8)

    def make(_: int) -> Database:
        barrier.wait(timeout=20)
        return opened(tmp_path / "notes.sqlite", make_notes)

    with ThreadPoolExecutor(8) as pool:
        assert [texts(one) for one in pool.map(make, range(8))] == [[]] * 8


def test_a_transaction_counts_whole_or_not_at_all(notes: Database):
    def add_two(second: str | None) -> None:
        with notes.transaction() as connection:
            for text in ("ST elevation", second):
                connection.execute("INSERT INTO notes VALUES (?, 1)", (text,))

    with pytest.raises(sqlite3.IntegrityError, match="NOT NULL"):
        add_two(None)
    assert texts(notes) == ["Q waves"]
    add_two("LVH")
    assert texts(notes) == ["Q waves", "ST elevation", "LVH"]


def test_a_connection_is_closed_and_holds_to_foreign_keys(notes: Database):
    with notes.connect() as connection, pytest.raises(sqlite3.IntegrityError):
        connection.execute("INSERT INTO notes VALUES ('LVH', 7)")
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")
    with notes.connect() as connection:
        connection.execute("DELETE FROM readers")
    assert texts(notes) == []


def test_a_file_gets_the_steps_that_it_lacks_once_and_loses_no_rows(notes: Database):
    for _ in range(2):
        newer = opened(notes.path, make_notes, rebuild_readers)
        with newer.connect() as connection:
            assert tuple(connection.execute("SELECT * FROM readers").fetchone()) == (1, "?")
            assert connection.execute("PRAGMA user_version").fetchone()[0] == 2
        assert texts(newer) == ["Q waves"], "the rebuilt table took its notes along"


def test_a_step_that_breaks_leaves_the_file_as_it_was(notes: Database):
    with pytest.raises(RuntimeError, match="middle of a step"):
        opened(notes.path, make_notes, rebuild_readers, breaks)
    assert texts(opened(notes.path, make_notes)) == ["Q waves"]


@pytest.mark.parametrize("version", [2, 99, -1])
def test_a_newer_file_is_refused_and_not_touched(notes: Database, version: int):
    with closing(sqlite3.connect(notes.path)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
    words = rf"table of notes .* version {version}; .* version 1\. Update .* ECG_RUNS_DIR"
    with pytest.raises(JobError, match=words):
        opened(notes.path, make_notes)
    with closing(sqlite3.connect(notes.path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (version,)


def overwrite(path: Path) -> None:
    path.write_bytes(b"no database " * 1000)


def cut_pages(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))


def drop_tables(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE notes")


def spoil_text(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE notes SET text = CAST(X'C328' AS TEXT)")


@pytest.mark.parametrize("damage", [overwrite, cut_pages, drop_tables, spoil_text])
def test_a_damaged_file_is_named_with_what_to_do(notes: Database, damage):
    with closing(sqlite3.connect(notes.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    damage(notes.path)
    with pytest.raises(JobError, match=r"notes\.sqlite cannot be used .* Move the file away"):
        texts(notes)


def test_a_full_disk_is_told_and_what_was_there_stays(notes: Database):
    with pytest.raises(JobError, match="The disk is full: free space"):
        run(notes, "PRAGMA max_page_count = 6", "UPDATE notes SET text = hex(zeroblob(100000))")
    assert texts(notes) == ["Q waves"]


def test_a_file_that_cannot_be_written_is_told(notes: Database):
    with pytest.raises(JobError, match="Make its folder writable"):
        run(notes, "PRAGMA query_only = 1", "DELETE FROM notes")


def test_a_folder_in_the_way_is_told(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(JobError, match=r"file.notes\.sqlite cannot .* Make its folder writable"):
        opened(tmp_path / "file" / "notes.sqlite", make_notes)
    (tmp_path / "folder").mkdir()
    with pytest.raises(JobError, match="Make its folder writable"):
        opened(tmp_path / "folder", make_notes)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_a_read_only_folder_is_told(notes: Database):
    notes.path.parent.chmod(0o500)
    try:
        with pytest.raises(JobError, match="Make its folder writable"):
            opened(notes.path.with_name("other.sqlite"), make_notes)
    finally:
        notes.path.parent.chmod(0o700)


def test_a_full_disk_under_a_new_folder_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "mkdir", full)
    with pytest.raises(JobError, match="The disk is full: free space"):
        opened(tmp_path / "new" / "notes.sqlite", make_notes)


def test_a_file_that_another_program_holds_is_told(
    notes: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sqlite, "_BUSY_TIMEOUT_S", 0.05)
    with closing(sqlite3.connect(notes.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert texts(notes) == ["Q waves"], "readers do not wait"
        with pytest.raises(JobError, match="Another program holds it"):
            run(notes, "DELETE FROM notes")


def test_a_writer_that_read_an_older_state_is_told_to_wait(notes: Database):
    """SQLite tells this as SQLITE_BUSY_SNAPSHOT, one of its extended codes."""

    def read_then_write() -> None:
        with notes.connect() as connection:
            connection.execute("BEGIN")
            connection.execute("SELECT * FROM notes").fetchall()
            run(notes, "INSERT INTO notes VALUES ('LVH', 1)")
            connection.execute("DELETE FROM notes")

    with pytest.raises(JobError, match="Another program holds it"):
        read_then_write()
    assert texts(notes) == ["Q waves", "LVH"]


def test_a_mistake_in_the_caller_is_not_called_damage(notes: Database):
    with pytest.raises(sqlite3.ProgrammingError):
        run(notes, "SELECT ?")
    assert issubclass(JobError, EcgError)
