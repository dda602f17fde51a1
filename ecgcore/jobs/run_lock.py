"""One trainer for each run folder: a lock inside it, held by the trainer itself, and who holds it.

The system frees the lock when its holder dies, however it dies.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from ecgcore.errors import JobError
from ecgcore.jobs.processes import RUN_DIR_MARK, JobProcess, this_process

LOCK_FILE = "run.lock"
HOLDER_FILE = "trainer.json"


@contextmanager
def run_lock(run_dir: Path) -> Iterator[None]:
    """Hold a run folder; nothing is read or written in it before.

    Raises
    ------
    JobError
        If another process holds it; the message names it.
    """
    lock = FileLock(run_dir / LOCK_FILE, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        holder = lock_holder(run_dir)
        who = f"process {holder.pid}" if holder else "another process"
        raise JobError(
            f"{run_dir} is being trained by {who}. Wait until that has ended, or end it first."
        ) from error
    except OSError as error:
        raise JobError(
            f"{run_dir} cannot be written ({error.strerror}). Make it writable or free space."
        ) from error
    try:
        process = this_process()
        mark = json.dumps({"pid": process.pid, "started": process.started})
        with suppress(OSError):  # a full disk keeps nobody from training a moment longer
            (run_dir / HOLDER_FILE).write_text(mark)
        yield
    finally:
        with suppress(OSError):
            (run_dir / HOLDER_FILE).unlink(missing_ok=True)
        lock.release()


def lock_holder(run_dir: Path) -> JobProcess | None:
    """Return the process that holds a run folder's lock, if it is alive."""
    try:
        raw = json.loads((run_dir / HOLDER_FILE).read_text())
        process = JobProcess(int(raw["pid"]), float(raw["started"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    if process.ended() or not _is_locked(run_dir):
        return None
    return process


def trainer_of(run_dir: Path) -> JobProcess | None:
    """Return the process that works in a run folder, also one that has not come to its lock yet."""
    return lock_holder(run_dir) or _marked(run_dir)


def _is_locked(run_dir: Path) -> bool:
    lock = FileLock(run_dir / LOCK_FILE, timeout=0)
    try:
        with lock:
            return False
    except Timeout:
        return True
    except OSError:
        return False


def _marked(run_dir: Path) -> JobProcess | None:
    """Return the first process that was started for a run folder, by its environment."""
    wanted, found = str(run_dir), []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(RUN_DIR_MARK) == wanted:
                found.append(process)
    pids = {process.pid for process in found}
    for process in found:
        with suppress(psutil.Error):
            if process.ppid() not in pids:  # the others are its children
                return JobProcess.of(process.pid)
    return None
