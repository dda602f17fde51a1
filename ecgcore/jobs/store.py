"""The table of background jobs: SQLite, safe for many threads and server processes."""

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from ecgcore.errors import JobError

_VERSION = 1
_BUSY_TIMEOUT_S = 10.0

# The partial index is the limit of one running job at a time, over all threads and processes.
_MIGRATION = (
    """
    CREATE TABLE jobs (
        id INTEGER PRIMARY KEY,
        run_dir TEXT NOT NULL UNIQUE,
        title TEXT NOT NULL,
        status TEXT NOT NULL DEFAULT 'queued',
        created_at REAL NOT NULL,
        started_at REAL,
        finished_at REAL,
        pid INTEGER,
        pid_started TEXT,
        message TEXT NOT NULL DEFAULT '',
        cancel_requested INTEGER NOT NULL DEFAULT 0
    )
    """,
    "CREATE UNIQUE INDEX one_running ON jobs (status) WHERE status = 'running'",
    f"PRAGMA user_version = {_VERSION}",
)


class JobStatus(StrEnum):
    """Where a job stands; an interrupted one lost its process without a result."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Job:
    """One row of the job table.

    Attributes
    ----------
    id
        Number of the job, ascending in order of submission.
    run_dir
        Absolute folder with what to do (``spec.json``), ``progress.jsonl`` and ``log.txt``.
    title
        Name shown to the reader.
    status
        Where it stands.
    created_at, started_at, finished_at
        Times in UTC; the last two belong to the latest start.
    pid, pid_started
        Process number and an opaque mark of its start time, which together name one process.
    message
        Why it failed, was cancelled or was interrupted; empty otherwise.
    cancel_requested
        True once a reader asked to stop it.
    """

    id: int
    run_dir: Path
    title: str
    status: JobStatus
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    pid: int | None
    pid_started: str | None
    message: str
    cancel_requested: bool

    @property
    def progress_path(self) -> Path:
        """Event log of the run."""
        return self.run_dir / "progress.jsonl"

    @property
    def log_path(self) -> Path:
        """Everything that the process printed."""
        return self.run_dir / "log.txt"


class JobStore:
    """Jobs in the SQLite file `path`; every call opens a connection of its own.

    At most one job is ``running`` at a time, over all threads and server processes.

    Raises
    ------
    JobError
        The file is no job table, cannot be written, is held by another program, or a newer version
        of the project wrote it. Every method may raise it later for the same reasons.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path).resolve()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._migrate()
        except (OSError, sqlite3.DatabaseError) as error:
            raise self._unusable(error) from error

    def submit(self, run_dir: Path, title: str) -> Job:
        """Queue a job; JobError if `run_dir` is missing or already has one."""
        folder = Path(run_dir).resolve()
        if not folder.is_dir():
            raise JobError(f"The run folder {folder} does not exist. Create it before queueing.")
        try:
            return self._rows(
                "INSERT INTO jobs (run_dir, title, created_at) VALUES (?, ?, ?) RETURNING *",
                str(folder), title, _now(),
            )[0]  # fmt: skip
        except sqlite3.IntegrityError as error:
            raise JobError(
                f"The run folder {folder} already has a job. Resume that job or use a new folder."
            ) from error

    def get(self, job_id: int) -> Job:
        """Return one job; JobError if it is unknown."""
        if found := self._rows("SELECT * FROM jobs WHERE id = ?", job_id):
            return found[0]
        raise JobError(f"There is no job {job_id}. Choose one from the list of jobs.")

    def list(self) -> tuple[Job, ...]:
        """Return all jobs, newest first."""
        return self._rows("SELECT * FROM jobs ORDER BY id DESC")

    def running(self) -> Job | None:
        """Return the job that is running, if any."""
        return _first(self._rows("SELECT * FROM jobs WHERE status = 'running'"))

    def claim(self) -> Job | None:
        """Turn the oldest queued job into the running one, unless a job is running already."""
        return _first(
            self._rows(
                "UPDATE jobs SET status = 'running', started_at = ? WHERE id = ("
                " SELECT id FROM jobs WHERE status = 'queued'"
                " AND NOT EXISTS (SELECT 1 FROM jobs WHERE status = 'running')"
                " ORDER BY id LIMIT 1) RETURNING *",
                _now(),
            )
        )

    def mark_started(self, job_id: int, pid: int, pid_started: str) -> None:
        """Note the process of a claimed job."""
        self._rows(
            "UPDATE jobs SET pid = ?, pid_started = ? WHERE id = ? AND status = 'running'",
            pid, pid_started, job_id,
        )  # fmt: skip

    def release(self, job_id: int) -> None:
        """Queue a claimed job again that never got a process, or drop it if cancelled."""
        self._rows(
            "UPDATE jobs SET started_at = NULL,"
            " status = CASE WHEN cancel_requested THEN 'cancelled' ELSE 'queued' END,"
            " finished_at = CASE WHEN cancel_requested THEN ? END"
            " WHERE id = ? AND status = 'running' AND pid IS NULL",
            _now(), job_id,
        )  # fmt: skip

    def finish(self, job_id: int, status: JobStatus, message: str = "") -> None:
        """Close a running job with its outcome; a job that is not running stays as it is."""
        self._rows(
            "UPDATE jobs SET status = ?, message = ?, finished_at = ?"
            " WHERE id = ? AND status = 'running'",
            status, message, _now(), job_id,
        )  # fmt: skip

    def request_cancel(self, job_id: int) -> Job:
        """Cancel a queued job at once, ask to stop a running one, leave an ended one alone."""
        self._rows(
            "UPDATE jobs SET cancel_requested = 1,"
            " finished_at = CASE status WHEN 'queued' THEN ? END,"
            " status = CASE status WHEN 'queued' THEN 'cancelled' ELSE status END"
            " WHERE id = ? AND status IN ('queued', 'running')",
            _now(), job_id,
        )  # fmt: skip
        return self.get(job_id)

    def resume(self, job_id: int) -> Job:
        """Queue an interrupted, failed or cancelled job again; JobError for any other."""
        queued = self._rows(
            "UPDATE jobs SET status = 'queued', started_at = NULL, finished_at = NULL, pid = NULL,"
            " pid_started = NULL, message = '', cancel_requested = 0"
            " WHERE id = ? AND status IN ('interrupted', 'failed', 'cancelled') RETURNING *",
            job_id,
        )
        if queued:
            return queued[0]
        raise JobError(
            f"Job {job_id} is {self.get(job_id).status}; only an interrupted, failed or cancelled "
            "job can be resumed."
        )

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=_BUSY_TIMEOUT_S, isolation_level=None)
        connection.row_factory = sqlite3.Row
        return connection

    def _rows(self, statement: str, *values: object) -> tuple[Job, ...]:
        try:
            with closing(self._connect()) as connection:
                return tuple(map(_job, connection.execute(statement, values).fetchall()))
        except sqlite3.IntegrityError:
            raise
        except sqlite3.DatabaseError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> JobError:
        damaged = type(error) is sqlite3.DatabaseError  # its kinds are locks and folders
        advice = (
            "Move the file away and start the dashboard again; a new table is made then."
            if damaged
            else "Make its folder writable or choose another one with ECG_RUNS_DIR; if the table "
            "is locked, wait for the program that holds it."
        )
        return JobError(f"The job table {self.path} cannot be used ({error}). {advice}")

    def _migrate(self) -> None:
        with closing(self._connect()) as connection:
            _use_wal(connection)
            connection.execute("BEGIN IMMEDIATE")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > _VERSION:
                raise JobError(
                    f"The job table {self.path} has version {version}; this project knows "
                    f"version {_VERSION}. Update the project or choose another folder for runs."
                )
            if version < _VERSION:
                for statement in _MIGRATION:
                    connection.execute(statement)
            connection.execute("COMMIT")


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


def _now() -> float:
    return datetime.now(UTC).timestamp()


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _first(jobs: Sequence[Job]) -> Job | None:
    return jobs[0] if jobs else None


def _job(row: sqlite3.Row) -> Job:
    return Job(
        id=row["id"],
        run_dir=Path(row["run_dir"]),
        title=row["title"],
        status=JobStatus(row["status"]),
        created_at=datetime.fromtimestamp(row["created_at"], UTC),
        started_at=_time(row["started_at"]),
        finished_at=_time(row["finished_at"]),
        pid=row["pid"],
        pid_started=row["pid_started"],
        message=row["message"],
        cancel_requested=bool(row["cancel_requested"]),
    )
