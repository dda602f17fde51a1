"""The thread that starts, watches and ends background jobs, one at a time.

The supervisor keeps nothing in memory: each tick reads the job table and does the next thing, so
a new supervisor goes on where a stopped or killed one left off. Of several supervisors on one
table, in one server or in many, only the holder of a file lock acts; the operating system frees
the lock when its holder dies, and another one takes over within a tick.
"""

import logging
import os
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

from ecgcore.errors import JobError
from ecgcore.jobs import progress
from ecgcore.jobs.processes import JobProcess, spawn
from ecgcore.jobs.run_lock import lock_holder, trainer_of
from ecgcore.jobs.store import Job, JobStatus, JobStore
from ecgcore.settings import PROJECT_DIR

Command = Callable[[Job], list[str]]
Commands = Mapping[str, Command]
"""The command line of a job, by its kind; raises JobError where the job's payload is no good."""

STARTED_EVENT = "job_started"
_POLL_S = 0.3
_RETRY_S = 5.0
_STOP_LIMIT_S = 30.0
_LOG_TAIL_LINES = 5
_LOG_TAIL_BYTES = 4096
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

log = logging.getLogger(__name__)


class Supervisor:
    """Runs the jobs of `store` in the background until it is stopped; jobs outlive it.

    Parameters
    ----------
    store
        The job table.
    commands
        What to start for each kind of job.
    env
        Environment of the jobs; that of this process if not given. Jobs get one thread each.
    """

    def __init__(
        self, store: JobStore, commands: Commands, env: Mapping[str, str] | None = None
    ) -> None:
        self._store = store
        self._commands = commands
        self._env = {**(os.environ if env is None else env), **_ONE_THREAD}
        self._lock = FileLock(f"{store.path}.lock", timeout=0)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to run jobs; JobError if it runs already."""
        if self._thread is not None:
            raise JobError("This supervisor is running. Stop it before starting it again.")
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="job-supervisor", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop watching; a running job goes on and is adopted by the next supervisor.

        Raises
        ------
        JobError
            If its thread hangs, as on a network folder that does not answer.
        """
        self._stopping.set()
        if self._thread is None:
            return
        self._thread.join(_STOP_LIMIT_S)
        if self._thread.is_alive():
            raise JobError(
                f"The job supervisor of {self._store.path} did not stop within "
                f"{_STOP_LIMIT_S:.0f} s. Check that its folder answers; it ends with this program."
            )
        self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _run(self) -> None:
        wait_s = 0.0
        while not self._stopping.wait(wait_s):
            try:
                if self._holds_lock():
                    self._tick()
                wait_s = _POLL_S
            except Exception:  # the thread must outlive a full disk or a locked table
                log.exception("The job table %s could not be served", self._store.path)
                wait_s = _RETRY_S
        self._lock.release()

    def _holds_lock(self) -> bool:
        with suppress(Timeout):
            if not self._lock.is_locked:
                self._lock.acquire()
        return self._lock.is_locked

    def _tick(self) -> None:
        job = self._store.running()
        if job is None:
            if (claimed := self._store.claim()) is not None:
                self._launch(claimed)
        elif job.process is None:
            self._take_up(job)
        else:
            self._watch(job, job.process)

    def _take_up(self, job: Job) -> None:
        """Adopt the process of a claim whose server died before it wrote it down, or begin anew."""
        if (orphan := trainer_of(job.run_dir)) is None:
            self._store.release(job.id)
        else:
            self._adopt(job, orphan)

    def _adopt(self, job: Job, process: JobProcess) -> None:
        self._store.mark_started(job.id, process)
        log.warning("Job %d (%s) runs as process %d, adopted", job.id, job.title, process.pid)

    def _launch(self, job: Job) -> None:
        if (orphan := trainer_of(job.run_dir)) is not None:
            self._adopt(job, orphan)
            return
        try:
            progress.append(job.progress_path, {"event": STARTED_EVENT, "job": job.id})
            process = spawn(
                self._command(job), cwd=PROJECT_DIR, log_path=job.log_path, env=self._env
            )
        except (OSError, JobError) as error:
            self._store.finish(job.id, JobStatus.FAILED, f"The job could not be started: {error}")
            return
        try:
            self._store.mark_started(job.id, process)
        except JobError:
            process.stop()
            raise
        log.info("Job %d (%s) runs as process %d", job.id, job.title, process.pid)

    def _command(self, job: Job) -> list[str]:
        if job.kind not in self._commands:
            raise JobError(
                f"This version of the project knows no jobs of the kind {job.kind!r}, only "
                f"{', '.join(sorted(self._commands))}. Update the project and resume the job."
            )
        return self._commands[job.kind](job)

    def _watch(self, job: Job, process: JobProcess) -> None:
        ended = process.stop() if job.cancel_requested else process.ended()
        if ended and not job.cancel_requested and (other := lock_holder(job.run_dir)) is not None:
            self._adopt(job, other)  # which came first, and made this one give way
        elif ended:
            status, message = _outcome(job, process.returncode)
            self._store.finish(job.id, status, message)
            log.info("Job %d (%s) is %s", job.id, job.title, status)


def _outcome(job: Job, returncode: int | None) -> tuple[JobStatus, str]:
    """Judge an ended job by its exit status, where known, and by its last event."""
    last = (progress.read(job.progress_path) or [{}])[-1]
    kind = last.get("event")
    if kind == "done" and (returncode or 0) <= 0:
        return JobStatus.DONE, ""
    if job.cancel_requested:
        return JobStatus.CANCELLED, "Cancelled on request."
    if returncode == 0:
        return JobStatus.DONE, ""
    if kind == "error":
        return JobStatus.FAILED, str(last.get("message") or _log_tail(job.log_path))
    if returncode is not None and returncode > 0:
        return JobStatus.FAILED, _log_tail(job.log_path) or f"Ended with exit status {returncode}."
    cause = "" if returncode is None else f" (signal {-returncode})"
    return JobStatus.INTERRUPTED, f"The process ended without a result{cause}. Resume the job."


def _log_tail(path: Path) -> str:
    try:
        lines = path.read_bytes()[-_LOG_TAIL_BYTES:].decode(errors="replace").splitlines()
    except FileNotFoundError:
        return ""
    return "\n".join(lines[-_LOG_TAIL_LINES:]).strip()
