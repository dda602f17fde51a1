"""The table of background jobs: SQLite, safe for many threads and server processes."""

import json
import logging
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from ecgcore.errors import JobError
from ecgcore.jobs.processes import JobProcess, find_process
from ecgcore.sqlite import Database


def _make_table(connection: sqlite3.Connection) -> None:
    """Make version 1; its partial index limits all threads and processes to one running job."""
    connection.execute(
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
        """
    )
    connection.execute("CREATE UNIQUE INDEX one_running ON jobs (status) WHERE status = 'running'")


def _add_kinds(connection: sqlite3.Connection) -> None:
    """Make version 2: kinds of jobs, and start times of processes that all systems state alike.

    A mark of version 1 was read from /proc, ps or PowerShell; its process is looked for anew.
    """
    for column in (
        "kind TEXT NOT NULL DEFAULT 'training'",
        "payload TEXT NOT NULL DEFAULT '{}'",
        "process_started REAL",
    ):
        connection.execute(f"ALTER TABLE jobs ADD COLUMN {column}")
    running = "SELECT id, pid, run_dir FROM jobs WHERE status = 'running' AND pid IS NOT NULL"
    for job_id, pid, run_dir in connection.execute(running).fetchall():
        process = find_process(pid, Path(run_dir))
        connection.execute(
            "UPDATE jobs SET process_started = ? WHERE id = ?",
            (process and process.started, job_id),
        )
    connection.execute("ALTER TABLE jobs DROP COLUMN pid_started")


log = logging.getLogger(__name__)

_MIGRATIONS = (_make_table, _add_kinds)


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
    kind
        What sort of work it is, such as "training"; decides the command.
    run_dir
        Absolute folder of what it reads and writes, with ``progress.jsonl`` and ``log.txt``.
    title
        Name shown to the reader.
    payload
        Details for its command, as plain JSON values; what a training does is in ``spec.json``.
    status
        Where it stands.
    created_at, started_at, finished_at
        Times in UTC; the last two belong to the latest start.
    process
        Its latest process; None before the first start.
    message
        Why it failed, was cancelled or was interrupted; empty otherwise.
    cancel_requested
        True once a reader asked to stop it.
    """

    id: int
    kind: str
    run_dir: Path
    title: str
    payload: Mapping[str, Any] = field(hash=False)
    status: JobStatus
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    process: JobProcess | None
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
        self._database = Database(self.path, "job table", _MIGRATIONS, JobError, "ECG_RUNS_DIR")
        self._database.prepare()

    def submit(
        self, run_dir: Path, title: str, kind: str, payload: Mapping[str, Any] | None = None
    ) -> Job:
        """Queue a job; JobError if `run_dir` is missing or already has one."""
        folder = Path(run_dir).resolve()
        if not folder.is_dir():
            raise JobError(f"The run folder {folder} does not exist. Create it before queueing.")
        try:
            return self._rows(
                "INSERT INTO jobs (kind, run_dir, title, payload, created_at)"
                " VALUES (?, ?, ?, ?, ?) RETURNING *",
                kind, str(folder), title, json.dumps(dict(payload or {})), _now(),
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

    def list(self, kind: str | None = None) -> tuple[Job, ...]:
        """Return all jobs, or those of one kind, newest first."""
        return self._rows(
            "SELECT * FROM jobs WHERE kind = coalesce(?, kind) ORDER BY id DESC", kind
        )

    def running(self) -> Job | None:
        """Return the job that is running, if any."""
        running = "SELECT * FROM jobs WHERE status = 'running'"
        if not (jobs := self._rows(running)):
            self._close_unreadable()
        return _first(jobs)

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

    def mark_started(self, job_id: int, process: JobProcess) -> None:
        """Note the process of a claimed job."""
        self._rows(
            "UPDATE jobs SET pid = ?, process_started = ? WHERE id = ? AND status = 'running'",
            process.pid, process.started, job_id,
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
            " process_started = NULL, message = '', cancel_requested = 0"
            " WHERE id = ? AND status IN ('interrupted', 'failed', 'cancelled') RETURNING *",
            job_id,
        )
        if queued:
            return queued[0]
        raise JobError(
            f"Job {job_id} is {self.get(job_id).status}; only an interrupted, failed or cancelled "
            "job can be resumed."
        )

    def _close_unreadable(self) -> None:
        """Let no row that cannot be read keep all others from running."""
        self._rows(
            "UPDATE jobs SET status = 'failed', message = ? WHERE status = 'running'"
            " AND NOT (typeof(id) = 'integer' AND json_valid(payload) AND typeof(run_dir) = 'text'"
            " AND typeof(created_at) IN ('real', 'integer'))",
            "This row of the job table was damaged.",
        )

    def _rows(self, statement: str, *values: object) -> tuple[Job, ...]:
        with self._database.connect() as connection:
            rows = connection.execute(statement, values).fetchall()
        jobs = [_job_or_none(row) for row in rows]
        return tuple(job for job in jobs if job is not None)


def _now() -> float:
    return datetime.now(UTC).timestamp()


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _first(jobs: Sequence[Job]) -> Job | None:
    return jobs[0] if jobs else None


def _job_or_none(row: sqlite3.Row) -> Job | None:
    """Read a row; one that no version wrote is left out with a warning."""
    try:
        return _job(row)
    except (ValueError, TypeError, IndexError, OverflowError, OSError, RecursionError) as error:
        number = row["id"] if "id" in row.keys() else "?"  # noqa: SIM118 - a Row is no mapping
        log.warning("Job %s of the table cannot be read (%s); it is left out", number, error)
        return None


def _job(row: sqlite3.Row) -> Job:
    return Job(
        id=row["id"],
        kind=row["kind"],
        run_dir=Path(row["run_dir"]),
        title=row["title"],
        payload=dict(json.loads(row["payload"])),
        status=JobStatus(row["status"]),
        created_at=datetime.fromtimestamp(row["created_at"], UTC),
        started_at=_time(row["started_at"]),
        finished_at=_time(row["finished_at"]),
        process=None if row["pid"] is None else JobProcess(row["pid"], row["process_started"]),
        message=row["message"],
        cancel_requested=bool(row["cancel_requested"]),
    )
