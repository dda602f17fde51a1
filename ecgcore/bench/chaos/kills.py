"""Kills at random moments, of trainer, server or both; stops, a full disk, a false clock."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import psutil

from ecgcore.jobs import progress
from ecgcore.jobs.processes import RUN_DIR_MARK
from ecgcore.jobs.run_lock import trainer_of
from ecgcore.jobs.store import Job, JobStatus, JobStore
from ecgcore.models.architectures import ARCHITECTURES
from ecgcore.models.cards import WEIGHTS_FILE, file_sha256
from ecgcore.settings import PROJECT_DIR
from ecgcore.tasks import mi
from ecgcore.tasks.registry import task_named
from ecgcore.training.spec import PROGRESS_FILE, TrainSpec
from ecgcore.training.submit import JOB_KIND

KINDS = ("trainer", "server", "both", "stopped trainer", "full disk", "false clock")
_OF_SERVER = {"server", "both", "false clock"}
LIMIT_S = 300.0
"""Without a word of progress a training is stuck; a busy machine may take long over all of it."""

_HARMS = (2, 6)
"""In one training: at least, and fewer than."""

_SERVER = """
import sys, time
from pathlib import Path
from ecgcore.commands.jobs import JOB_COMMANDS
from ecgcore.jobs.store import JobStore
from ecgcore.jobs.supervisor import Supervisor
with Supervisor(JobStore(Path(sys.argv[1])), JOB_COMMANDS):
    while True:
        time.sleep(1)
"""
_LIMITED = """
import os, resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
os.execv(sys.argv[2], sys.argv[2:])
"""

Command = Callable[..., list[str]]


@dataclass(frozen=True, slots=True)
class Bed:
    """What every trial needs: a short training, and the weights that it has to end with.

    Attributes
    ----------
    train
        Gives the command line that trains what a folder holds.
    n_harms
        How many harms were done in all trials, by kind.
    """

    folder: Path
    spec: TrainSpec
    train: Command
    weights: str
    n_harms: Counter[str]

    @classmethod
    def make(cls, folder: Path, data_dir: Path, train: Command, n_harms: Counter[str]) -> "Bed":
        """Train once without a disturbance."""
        arch = next(iter(ARCHITECTURES))
        train_set = task_named(mi.NAME).train_set_names[0]
        spec = TrainSpec(arch, train_set, 0, str(data_dir), epochs=4, batch_size=64)
        run_dir = folder / "unbroken"
        replace(spec, speedups="none").save(run_dir)
        subprocess.run(train(run_dir), check=True, capture_output=True, cwd=PROJECT_DIR)
        return cls(folder, replace(spec, speedups="none"), train, _weights(run_dir), n_harms)


def try_kill(bed: Bed, kind: str, number: int, rng: np.random.Generator) -> str:
    """Disturb one training at random moments; returns what was lost, "" if nothing."""
    folder = bed.folder / f"trial-{number}"
    run_dir = folder / "run"
    bed.spec.save(run_dir)
    if kind == "full disk":
        return _try_full_disk(bed, run_dir, rng)
    store = JobStore(folder / "jobs.sqlite")
    job = store.submit(run_dir, "chaos", JOB_KIND)
    server, most = _serve(store), 0
    harms, seen, silent_since = int(rng.integers(*_HARMS)), b"", time.monotonic()
    try:
        while (job := store.get(job.id)).status != JobStatus.DONE:
            if (said := _said(run_dir)) != seen:
                seen, silent_since = said, time.monotonic()
            if time.monotonic() - silent_since > LIMIT_S:
                return f"stuck, {job.status}, trainer {trainer_of(run_dir)}: {job.message}"
            if job.status in (JobStatus.FAILED, JobStatus.INTERRUPTED):
                store.resume(job.id)
            time.sleep(float(rng.uniform(0.05, 3.0)))
            most = max(most, _n_trainers(run_dir))
            if harms and (kind in _OF_SERVER or trainer_of(run_dir) is not None):
                harms -= 1
                bed.n_harms[kind] += 1
                server = _disturb(kind, store, job, server)
    finally:
        server.kill()
        server.wait()
        if (left := trainer_of(run_dir)) is not None:
            left.stop()
    return _lost(bed, run_dir, most)


def _said(run_dir: Path) -> bytes:
    path = run_dir / PROGRESS_FILE
    return path.read_bytes() if path.exists() else b""


def _disturb(
    kind: str, store: JobStore, job: Job, server: subprocess.Popen[bytes]
) -> subprocess.Popen[bytes]:
    """Do one harm, and what a person would do then: start the server again."""
    trainer = trainer_of(job.run_dir)
    if kind in ("server", "both"):
        server.kill()
        server.wait()
    if trainer is not None and kind in ("trainer", "both"):
        with suppress(ProcessLookupError):
            os.kill(trainer.pid, signal.SIGKILL)
    if trainer is not None and kind == "stopped trainer":
        with suppress(ProcessLookupError):
            os.kill(trainer.pid, signal.SIGSTOP)
            time.sleep(1.0)
            os.kill(trainer.pid, signal.SIGCONT)
    if kind == "false clock":
        with closing(sqlite3.connect(store.path, timeout=10)) as table, table:
            table.execute("UPDATE jobs SET created_at = created_at - 4e8, started_at = 4e9")
        server.kill()
        server.wait()
    return _serve(store) if server.poll() is not None else server


def _try_full_disk(bed: Bed, run_dir: Path, rng: np.random.Generator) -> str:
    """Let no file of the trainer grow beyond a size, then let it go on."""
    bed.n_harms["full disk"] += 1
    command = bed.train(run_dir)
    most = str(int(rng.choice([2_000, 200_000, 2_000_000])))
    limited = subprocess.run(
        [sys.executable, "-c", _LIMITED, most, *command],
        check=False, capture_output=True, text=True, cwd=PROJECT_DIR,
    )  # fmt: skip
    words = limited.stderr + limited.stdout
    if "Traceback" in words or (limited.returncode not in (0, 2)):
        return f"status {limited.returncode}: {words.strip()[-200:]}"
    subprocess.run(command, check=False, capture_output=True, cwd=PROJECT_DIR)
    return _lost(bed, run_dir, 1)


def _serve(store: JobStore) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", _SERVER, str(store.path)],
        cwd=PROJECT_DIR, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _n_trainers(run_dir: Path) -> int:
    """Count the processes that were started for a run folder, without their children."""
    pids, parents = set(), {}
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.environ().get(RUN_DIR_MARK) == str(run_dir):
                pids.add(process.pid)
                parents[process.pid] = process.ppid()
    return sum(parents[pid] not in pids for pid in pids)


def _lost(bed: Bed, run_dir: Path, most: int) -> str:
    if most > 1:
        return f"{most} trainers at once"
    events = progress.read(run_dir / PROGRESS_FILE)
    epochs = [event["epoch"] for event in events if event.get("event") == "epoch"]
    if epochs != sorted(set(epochs)) or events[-1].get("event") != "done":
        return f"epochs {json.dumps(epochs)}, then {events[-1:]}"[:200]
    return "" if _weights(run_dir) == bed.weights else "other weights"


def _weights(run_dir: Path) -> str:
    path = run_dir / WEIGHTS_FILE
    return file_sha256(path) if path.exists() else "none"
