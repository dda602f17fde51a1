"""Trains what the study lacks, several processes side by side; can be stopped at any moment."""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ecgcore.errors import JobError
from ecgcore.jobs import progress
from ecgcore.jobs.processes import JobProcess, spawn
from ecgcore.settings import PROJECT_DIR
from ecgcore.study.plan import (
    PROCESS_FILE,
    Study,
    StudyRun,
    default_jobs,
    running_process,
)
from ecgcore.training.spec import SPEC_FILE
from ecgcore.training.submit import read_run

Say = Callable[[str], None]
Command = Callable[[Path, bool, int], list[str]]

LOG_FILE = "log.txt"
_POLL_S = 0.3
_ENVIRONMENT = {
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TOP_PAD_": str(256 * 2**20),
    "MALLOC_TRIM_THRESHOLD_": str(16 * 2**30),
}
"""glibc keeps the memory of a step for the next, which saves 5-8 % of its time."""


@dataclass(frozen=True, slots=True)
class StudyReport:
    """What a ``study run`` did; names of runs.

    Attributes
    ----------
    skipped
        Done before, with the same recipe and records.
    elsewhere
        Trained by another ``study run`` at the same time.
    failed
        (name, reason).
    left
        Not begun, because of ``--limit``.
    """

    trained: tuple[str, ...]
    skipped: tuple[str, ...]
    elsewhere: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]
    left: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        return {
            "trained": list(self.trained),
            "skipped": list(self.skipped),
            "elsewhere": list(self.elsewhere),
            "failed": dict(self.failed),
            "left": list(self.left),
        }

    def as_text(self) -> str:
        """One line of counts, and one for each failure."""
        parts = {
            "trained": self.trained,
            "done before": self.skipped,
            "in another study run": self.elsewhere,
            "failed": self.failed,
            "left": self.left,
        }
        counts = [f"{len(names)} {what}" for what, names in parts.items() if names]
        return "\n".join([", ".join(counts), *(f"{run}: {why}" for run, why in self.failed)])


def run_study(
    study: Study,
    runs: Sequence[StudyRun],
    *,
    jobs: int,
    env: Mapping[str, str],
    command: Command,
    limit: int | None = None,
    say: Say = lambda *_: None,
) -> StudyReport:
    """Train those of `runs` that are not done, `jobs` processes at a time, which share the cores.

    Left in any way, as by Ctrl-C, it ends the processes; their checkpoints are gone on from next
    time. A training that outlived a killed ``study run`` is watched, not started again.

    Parameters
    ----------
    env
        Environment of the processes.
    command
        Gives the command line that trains what a run folder holds, and publishes it if asked, with
        so many threads.
    limit
        At most so many trainings.
    say
        Told of every finished epoch and run.

    Raises
    ------
    JobError
        If `jobs` or `limit` is below 1, or the folder of the runs cannot be written.
    """
    for name, value in (("--jobs", jobs), ("--limit", limit)):
        if value is not None and value < 1:
            raise JobError(f"{name} is {value}; 1 or more is needed.")
    missing = [run for run in runs if not study.is_done(run)]
    say(f"{len(runs) - len(missing)} of {len(runs)} runs are done")
    _make(study.runs_dir)
    threads = max(1, default_jobs() // jobs)
    own = {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads), **_ENVIRONMENT}
    runner = _Runner(study, {**env, **own}, threads, say, command, deque(missing[:limit]))
    runner.run(jobs)
    return StudyReport(
        trained=tuple(runner.trained),
        skipped=tuple(run.key.run_name for run in runs if run not in missing),
        elsewhere=tuple(runner.elsewhere),
        failed=tuple(runner.failed),
        left=tuple(run.key.run_name for run in missing if run not in missing[:limit]),
    )


@dataclass(slots=True, eq=False)
class _Active:
    """A run in training, the lock on it, its epochs that were told, and where its log begins."""

    run: StudyRun
    folder: Path
    lock: FileLock
    process: JobProcess
    told: int
    log_from: int


@dataclass(slots=True, eq=False)
class _Runner:
    study: Study
    env: Mapping[str, str]
    threads: int
    say: Say
    command: Command
    waiting: deque[StudyRun]
    active: list[_Active] = field(default_factory=list)
    trained: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)

    def run(self, jobs: int) -> None:
        try:
            while self.waiting or self.active:
                while self.waiting and len(self.active) < jobs:
                    self._begin(self.waiting.popleft())
                self._watch()
                if self.active:
                    time.sleep(_POLL_S)
        finally:
            self._stop()

    def _begin(self, run: StudyRun) -> None:
        name = run.key.run_name
        lock = FileLock(self.study.runs_dir / f"{name}.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            self.elsewhere.append(name)
            self.say(f"{name}  is trained by another study run")
            return
        try:
            started = self._start(run, lock)
        except BaseException as error:
            lock.release()
            if not isinstance(error, OSError):
                raise
            self._fail(name, f"could not be started: {error}")
            return
        if not started:
            lock.release()

    def _start(self, run: StudyRun, lock: FileLock) -> bool:
        """Train, or adopt a training; False if the model is there already."""
        folder = self.study.run_dir(run)
        log_from = _size(folder / LOG_FILE)
        if (process := running_process(folder)) is None:
            if self._finished_before(run, folder):
                return False
            if not (folder / SPEC_FILE).exists():
                run.spec(self.study.catalog.folder).save(folder)
            process = self._spawn(folder)
        told = read_run(folder).epochs_done
        self.active.append(_Active(run, folder, lock, process, told, log_from))
        self.say(f"{run.key.run_name}  {f'goes on after epoch {told}' if told else 'begins'}")
        return True

    def _finished_before(self, run: StudyRun, folder: Path) -> bool:
        """Whether another process was faster, or a finished run was not published."""
        if not self.study.is_done(run):
            if not self.study.is_finished(run, folder):
                return False
            from ecgcore.training.run import publish  # torch, only where needed

            publish(folder, self.study.pretrained_dir)
        self._succeed(run.key.run_name)
        return True

    def _spawn(self, folder: Path) -> JobProcess:
        process = spawn(
            self.command(folder, self.study.published, self.threads),
            cwd=PROJECT_DIR,
            log_path=folder / LOG_FILE,
            env=self.env,
        )
        mark = {"pid": process.pid, "started": process.started}
        try:
            progress.append(folder / PROCESS_FILE, mark)
        except BaseException:
            process.stop()
            raise
        return process

    def _watch(self) -> None:
        for one in list(self.active):
            ended = one.process.ended()
            self._tell_epochs(one)
            if ended:
                self.active.remove(one)
                self._judge(one)
                one.lock.release()

    def _tell_epochs(self, one: _Active) -> None:
        view = read_run(one.folder)
        for epoch in view.history[view.history["epoch"] > one.told].itertuples():
            self.say(
                f"{one.run.key.run_name}  epoch {epoch.epoch}/{view.epochs}  "
                f"val AUROC {epoch.val_score:.4f}  {epoch.seconds:.0f} s"
            )
        one.told = view.epochs_done

    def _judge(self, one: _Active) -> None:
        name = one.run.key.run_name
        if self.study.is_done(one.run):
            self._succeed(name)
        else:
            self._fail(name, _reason(one))

    def _succeed(self, name: str) -> None:
        self.trained.append(name)
        self.say(f"{name}  done")

    def _fail(self, name: str, reason: str) -> None:
        self.failed.append((name, reason))
        self.say(f"{name}  failed: {reason}")

    def _stop(self) -> None:
        for one in self.active:
            one.process.stop()
            one.lock.release()
        self.active.clear()


def _reason(one: _Active) -> str:
    """Return the last line of the log, else how the process ended."""
    with suppress(OSError):
        log = (one.folder / LOG_FILE).read_bytes()[one.log_from :]
        if lines := log.decode(errors="replace").strip().splitlines():
            return lines[-1]
    code = one.process.returncode
    return "ended without a result" if code is None else f"ended with exit status {code}"


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise JobError(
            f"{folder} cannot be written ({error.strerror}). Make it writable or choose another "
            "folder with ECG_RUNS_DIR."
        ) from error
