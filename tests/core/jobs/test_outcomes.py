"""How an ended job is judged, and when the supervisor looks again."""

import logging
from pathlib import Path
from types import SimpleNamespace

import pytest

from ecgcore.jobs import progress, supervisor
from ecgcore.jobs.store import JobStatus, JobStore
from ecgcore.jobs.supervisor import Supervisor

DONE, EPOCH = {"event": "done"}, {"event": "epoch"}
ERROR = {"event": "error", "message": "NaN loss"}
LOST = "The process ended without a result"


def outcome(
    folder: Path, event: dict | None, returncode: int | None, *, cancel: bool = False, log: str = ""
) -> tuple[str, str]:
    job = SimpleNamespace(
        progress_path=folder / "progress.jsonl",
        log_path=folder / "log.txt",
        cancel_requested=cancel,
    )
    if event is not None:
        progress.append(job.progress_path, {"event": "epoch"})
        progress.append(job.progress_path, event)
    if log:
        job.log_path.write_text(log)
    status, message = supervisor._outcome(job, returncode)
    return status.value, message


@pytest.mark.parametrize(
    ("event", "returncode", "cancel", "expected"),
    [
        (DONE, 0, False, ("done", "")),
        (DONE, None, False, ("done", "")),
        (DONE, -9, True, ("done", "")),  # it was done before it was ended
        (DONE, 1, False, ("failed", "Ended with exit status 1.")),
        (DONE, 1, True, ("cancelled", "Cancelled on request.")),
        (EPOCH, 0, True, ("cancelled", "Cancelled on request.")),
        (EPOCH, 0, False, ("done", "")),
        (None, 0, False, ("done", "")),
        (ERROR, 0, False, ("done", "")),
        (ERROR, 1, False, ("failed", "NaN loss")),
        (ERROR, None, False, ("failed", "NaN loss")),
        (EPOCH, 1, False, ("failed", "Ended with exit status 1.")),
        (EPOCH, -15, False, ("interrupted", f"{LOST} (signal 15). Resume the job.")),
        (EPOCH, None, False, ("interrupted", f"{LOST}. Resume the job.")),
        (None, None, False, ("interrupted", f"{LOST}. Resume the job.")),
    ],
)  # fmt: skip
def test_an_ended_job_is_judged_by_its_exit_and_its_last_event(
    tmp_path: Path, event: dict | None, returncode: int | None, cancel: bool, expected: tuple
) -> None:
    assert outcome(tmp_path, event, returncode, cancel=cancel) == expected


def test_a_failure_is_told_by_the_last_five_lines_of_the_log(tmp_path: Path) -> None:
    log = "\n".join(f"line {k}" for k in range(1, 9)) + "\n"
    assert outcome(tmp_path, EPOCH, 1, log=log) == (
        "failed",
        "line 4\nline 5\nline 6\nline 7\nline 8",
    )
    no_words = {"event": "error", "message": ""}
    assert outcome(tmp_path, no_words, 1, log=log)[1].startswith("line 4")


def test_no_more_than_the_last_4096_bytes_of_a_log_are_read(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text("x" * 5000)
    assert supervisor._log_tail(tmp_path / "log.txt") == "x" * 4096
    assert supervisor._log_tail(tmp_path / "none.txt") == ""


def waits(monkeypatch: pytest.MonkeyPatch, store: JobStore, ticks: list[object]) -> list[float]:
    """Return how long the supervisor waits before each of these ticks, and before it ends."""
    found: list[float] = []
    watcher = Supervisor(store, {})

    def wait(seconds: float) -> bool:
        found.append(seconds)
        return len(found) > len(ticks)

    def tick() -> None:
        answer = ticks[len(found) - 1]
        if isinstance(answer, Exception):
            raise answer

    monkeypatch.setattr(watcher._stopping, "wait", wait)
    monkeypatch.setattr(watcher, "_tick", tick)
    watcher._run()
    return found


def test_after_an_error_the_next_look_comes_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(supervisor, "_POLL_S", 0.3)
    store = JobStore(tmp_path / "jobs.sqlite3")
    with caplog.at_level(logging.ERROR):
        found = waits(monkeypatch, store, [None, OSError("disk full"), None])
    assert found == [0.0, 0.3, supervisor._RETRY_S, 0.3]
    assert supervisor._RETRY_S > 0.3
    assert "could not be served" in caplog.text


def test_jobs_get_one_thread_each_and_the_environment_that_is_given(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "jobs.sqlite3")
    given = Supervisor(store, {}, {"A": "1", "OMP_NUM_THREADS": "8"})._env
    assert given == {"A": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    assert "PATH" in Supervisor(store, {})._env


def test_a_job_is_only_watched_once_it_has_a_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = JobStore(tmp_path / "jobs.sqlite3")
    folder = tmp_path / "run"
    folder.mkdir()
    job = store.submit(folder, "a run", "training")
    watcher = Supervisor(store, {})
    launched: list[int] = []
    monkeypatch.setattr(watcher, "_launch", lambda job: launched.append(job.id))
    watcher._tick()
    assert launched == [job.id]
    watcher._tick()
    assert store.get(job.id).status == JobStatus.QUEUED, "a claim without a process is given back"
    assert launched == [job.id]
