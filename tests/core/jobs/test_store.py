import sqlite3
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import psutil
import pytest

from ecgcore.errors import JobError
from ecgcore.jobs.processes import JobProcess, spawn
from ecgcore.jobs.store import Job, JobStatus, JobStore
from tests.support.waiting import wait_for

pytestmark = pytest.mark.timeout(60)

PROCESS = JobProcess(4711, 12.25)
VERSION_1 = """
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
);
CREATE UNIQUE INDEX one_running ON jobs (status) WHERE status = 'running';
PRAGMA user_version = 1;
"""
"""The table as the version before kinds of jobs wrote it."""


@pytest.fixture
def store(tmp_path: Path) -> JobStore:
    return JobStore(tmp_path / "runs" / "jobs.sqlite3")


def submit(store: JobStore, name: str = "run") -> Job:
    folder = store.path.parent / name
    folder.mkdir()
    return store.submit(folder, f"Title of {name}", "training")


def test_a_new_job_is_queued_and_found_again(store: JobStore):
    job = submit(store)
    assert (job.status, job.title, job.message) == (JobStatus.QUEUED, "Title of run", "")
    assert (job.kind, job.payload) == ("training", {})
    assert (job.started_at, job.finished_at, job.process) == (None,) * 3
    assert job.log_path == store.path.parent / "run" / "log.txt"
    assert JobStore(store.path).get(job.id) == job


def test_the_list_begins_with_the_newest(store: JobStore):
    jobs = [submit(store, name) for name in "abc"]
    assert store.list() == tuple(reversed(jobs))


def test_the_list_may_be_of_one_kind_whose_payload_comes_back(store: JobStore):
    training = submit(store)
    (store.path.parent / "audit").mkdir()
    payload = {"sets": ["certain", "all"], "share": 0.5}
    audit = store.submit(store.path.parent / "audit", "An audit", "audit", payload)
    assert audit.payload == payload
    assert store.list("audit") == (audit,)
    assert store.list("training") == (training,)
    assert store.list("sweep") == ()
    assert store.list() == (audit, training)
    assert hash(audit) != hash(training)


def test_unknown_jobs_and_missing_folders_are_refused(store: JobStore):
    with pytest.raises(JobError, match="no job 7"):
        store.get(7)
    with pytest.raises(JobError, match="no job 7"):
        store.request_cancel(7)
    with pytest.raises(JobError, match="no job 7"):
        store.resume(7)
    with pytest.raises(JobError, match="does not exist"):
        store.submit(store.path.parent / "missing", "x", "training")


def test_a_run_folder_has_one_job(store: JobStore):
    job = submit(store)
    with pytest.raises(JobError, match="already has a job"):
        store.submit(job.run_dir, "again", "audit")


def test_one_job_runs_at_a_time_and_the_oldest_first(store: JobStore):
    first, second = submit(store, "first"), submit(store, "second")
    claimed = store.claim()
    assert claimed is not None
    assert (claimed.id, claimed.status) == (first.id, JobStatus.RUNNING)
    assert store.claim() is None
    assert store.running() == claimed
    store.finish(first.id, JobStatus.DONE)
    assert store.running() is None
    claimed = store.claim()
    assert claimed is not None
    assert claimed.id == second.id


def test_eight_threads_claim_each_job_once(store: JobStore):
    jobs = [submit(store, str(number)) for number in range(12)]
    barrier = Barrier(8)

    def work(_: int) -> list[int]:
        barrier.wait()
        mine: list[int] = []
        while any(job.status in ("queued", "running") for job in store.list()):
            if (job := store.claim()) is not None:
                mine.append(job.id)
                store.finish(job.id, JobStatus.DONE)
        return mine

    with ThreadPoolExecutor(8) as pool:
        claims = [job_id for mine in pool.map(work, range(8)) for job_id in mine]
    assert Counter(claims) == {job.id: 1 for job in jobs}


def test_the_table_itself_refuses_a_second_running_job(store: JobStore):
    submit(store, "a")
    submit(store, "b")
    with (
        closing(sqlite3.connect(store.path)) as connection,
        pytest.raises(sqlite3.IntegrityError),
    ):
        connection.execute("UPDATE jobs SET status = 'running'")


def test_cancel_ends_a_queued_job_at_once_and_only_marks_a_running_one(store: JobStore):
    running, queued = submit(store, "running"), submit(store, "queued")
    store.claim()
    cancelled = store.request_cancel(queued.id)
    assert cancelled.status == JobStatus.CANCELLED
    assert cancelled.finished_at is not None
    marked = store.request_cancel(running.id)
    assert (marked.status, marked.cancel_requested) == (JobStatus.RUNNING, True)
    assert marked.finished_at is None


def test_cancel_and_finish_leave_an_ended_job_alone(store: JobStore):
    job = submit(store)
    store.claim()
    store.finish(job.id, JobStatus.FAILED, "no disk")
    ended = store.get(job.id)
    assert (ended.status, ended.message) == (JobStatus.FAILED, "no disk")
    assert store.request_cancel(job.id) == ended
    store.finish(job.id, JobStatus.DONE)
    assert store.get(job.id) == ended


@pytest.mark.parametrize("status", ["interrupted", "failed", "cancelled"])
def test_an_ended_job_resumes_as_if_new(store: JobStore, status: str):
    job = submit(store)
    store.claim()
    store.mark_started(job.id, PROCESS)
    store.request_cancel(job.id)
    store.finish(job.id, JobStatus(status), "why")
    assert store.resume(job.id) == job
    assert store.get(job.id) == job


def test_a_queued_running_or_done_job_does_not_resume(store: JobStore):
    job = submit(store)
    with pytest.raises(JobError, match="is queued"):
        store.resume(job.id)
    store.claim()
    with pytest.raises(JobError, match="is running"):
        store.resume(job.id)
    store.finish(job.id, JobStatus.DONE)
    with pytest.raises(JobError, match="is done"):
        store.resume(job.id)


def test_release_puts_back_only_a_job_without_a_process(store: JobStore):
    job = submit(store)
    store.claim()
    store.release(job.id)
    assert store.get(job.id) == job
    store.claim()
    store.mark_started(job.id, PROCESS)
    store.release(job.id)
    kept = store.get(job.id)
    assert (kept.status, kept.process) == (JobStatus.RUNNING, PROCESS)


def test_release_of_a_cancelled_job_ends_it(store: JobStore):
    job = submit(store)
    store.claim()
    store.request_cancel(job.id)
    store.release(job.id)
    assert store.get(job.id).status == JobStatus.CANCELLED


def test_many_threads_can_make_the_table_at_once(tmp_path: Path):
    barrier = Barrier(8)

    def make(_: int) -> JobStore:
        barrier.wait()
        return JobStore(tmp_path / "jobs.sqlite3")

    with ThreadPoolExecutor(8) as pool:
        stores = list(pool.map(make, range(8)))
    assert [store.list() for store in stores] == [()] * 8
    with closing(sqlite3.connect(stores[0].path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def version_1(path: Path, *rows: dict[str, object]) -> None:
    """Write a table of the old version."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(VERSION_1)
        for row in rows:
            names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
            connection.execute(f"INSERT INTO jobs ({names}) VALUES ({marks})", row)  # noqa: S608


def test_rows_of_the_old_version_are_kept(tmp_path: Path):
    ended = {"started_at": 2.0, "finished_at": 3.5, "pid": 4711, "pid_started": "8915"}
    version_1(
        tmp_path / "jobs.sqlite3",
        {"id": 3, "run_dir": "/runs/a", "title": "first", "created_at": 1.0, "status": "failed"}
        | ended
        | {"message": "NaN loss", "cancel_requested": 1},
        {"id": 5, "run_dir": "/runs/b", "title": "second", "created_at": 4.0},
    )
    store = JobStore(tmp_path / "jobs.sqlite3")
    second, first = store.list("training")
    assert (first.id, first.run_dir, first.title) == (3, Path("/runs/a"), "first")
    assert (first.kind, first.payload) == ("training", {})
    assert first.finished_at is not None
    times = (first.created_at.timestamp(), first.finished_at.timestamp())
    assert (first.status, first.message, times) == (JobStatus.FAILED, "NaN loss", (1.0, 3.5))
    assert (first.process, first.cancel_requested) == (JobProcess(4711, None), True)
    assert (second.id, second.title, second.status) == (5, "second", JobStatus.QUEUED)
    assert second.process is None
    assert submit(store, "new").id == 6
    assert JobStore(store.path).list() == store.list()


@pytest.mark.parametrize("mine", [True, False])
def test_a_process_of_the_old_version_is_adopted_only_if_it_works_in_that_folder(
    tmp_path: Path, mine: bool
):
    folder = tmp_path / "run"
    command = [sys.executable, "-c", "import time; time.sleep(60)", str(folder if mine else "x")]
    process = spawn(command, cwd=tmp_path, log_path=tmp_path / "log.txt", env={})
    wait_for(psutil.Process(process.pid).cmdline)  # empty for a moment after the start
    row = {"run_dir": str(folder), "title": "", "created_at": 1.0, "status": "running"}
    version_1(tmp_path / "jobs.sqlite3", row | {"pid": process.pid, "pid_started": "8915"})
    try:
        running = JobStore(tmp_path / "jobs.sqlite3").running()
        assert running is not None
        assert running.process == (process if mine else JobProcess(process.pid, None))
        assert running.process.ended() is not mine
    finally:
        process.stop()


def test_a_newer_table_and_a_damaged_one_are_refused(store: JobStore, tmp_path: Path):
    newer = JobStore(tmp_path / "newer.sqlite3").path
    with closing(sqlite3.connect(newer)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(JobError, match=r"job table .* version 99; .* version 2\. .*ECG_RUNS_DIR"):
        JobStore(newer)
    store.path.write_text("no database " * 200)
    with pytest.raises(JobError, match=r"job table .* Move the file away"):
        store.list()
