"""Queue a training run, and read how far one has come; no torch needed."""

import json
import math
import shutil
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd

from ecgcore.errors import JobError
from ecgcore.jobs import progress
from ecgcore.jobs.store import Job, JobStore
from ecgcore.jobs.supervisor import STARTED_EVENT
from ecgcore.models.architectures import ARCHITECTURES, architecture
from ecgcore.ptbxl.consensus import CONSENSUS_FILE, Consensus
from ecgcore.ptbxl.store import Recordings
from ecgcore.tasks import mi
from ecgcore.tasks.registry import task_named
from ecgcore.training.spec import (
    PROGRESS_FILE,
    READING_EVENT,
    SPEC_FILE,
    STEP_FILE,
    TrainSpec,
)

JOB_KIND = "training"
"""Kind of a training in the job table."""

HISTORY = ("epoch", "train_loss", "val_loss", "val_score", "seconds")
_OLDER_SCORE = "val_auroc"
"""What an event called ``val_score`` before there were tasks."""

N_JUDGES = 4
"""Models that judge the training records where doubtful ones are to be left out."""


@dataclass(frozen=True, slots=True, eq=False)
class RunView:
    """How far a run has come.

    Attributes
    ----------
    spec
        What is trained; None if ``spec.json`` is missing or damaged.
    history
        One row for each finished epoch, with the columns `HISTORY`.
    reading, read_share
        True until the latest process has read the recordings, and how much of that is done.
    judge
        Which of the `N_JUDGES` models that look for doubtful records learns now, from 1; else 0.
    step, steps
        Batches done in the epoch that is under way, and their number; 0 where unknown.
    metrics
        (name, value) of the finished model; empty until then.
    message
        Why the run stopped, if its last event was an error.
    quiet_s
        How long the run has written nothing; 0 before its first sign of life.
    """

    spec: TrainSpec | None
    history: pd.DataFrame
    reading: bool = True
    read_share: float = 0.0
    judge: int = 0
    step: int = 0
    steps: int = 0
    metrics: tuple[tuple[str, float], ...] = field(default=())
    message: str = ""
    quiet_s: float = 0.0

    @property
    def epochs(self) -> int:
        """Epochs at most; 0 where unknown."""
        return self.spec.epochs if self.spec else 0

    @property
    def epochs_done(self) -> int:
        """Finished epochs."""
        return _epochs_done(self.history)

    @property
    def seconds_per_epoch(self) -> float | None:
        """Median wall time of the finished epochs; None before the first."""
        return None if self.history.empty else float(self.history["seconds"].median())

    @property
    def minutes(self) -> float | None:
        """Wall time of the finished epochs; None before the first."""
        return None if self.history.empty else float(self.history["seconds"].sum() / 60)

    @property
    def best_score(self) -> float | None:
        """Best score on the validation fold so far; None before the first epoch."""
        return None if self.history.empty else float(self.history["val_score"].max())

    @property
    def seconds_left(self) -> float | None:
        """Time until the last epoch, at most, for the training may stop before; None if unknown."""
        if self.spec is None or self.seconds_per_epoch is None:
            return None
        under_way = self.step / self.steps if self.steps else 0.0
        return max(0.0, self.spec.epochs - self.epochs_done - under_way) * self.seconds_per_epoch


def submit(
    spec: TrainSpec, runs_dir: Path, store: JobStore, consensus: Consensus | None = None
) -> Job:
    """Queue a training in a new run folder.

    Parameters
    ----------
    consensus
        That of the spec's fingerprint, where it has one; it is kept in the folder.

    Raises
    ------
    JobError
        If the folder cannot be made.
    """
    stem = f"{spec.key.run_name}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    try:
        run_dir = _new_folder(runs_dir, stem)
        if consensus is not None:
            consensus.save(run_dir / CONSENSUS_FILE)
        spec.save(run_dir)
    except OSError as error:
        raise JobError(
            f"{runs_dir} cannot be written ({error.strerror}). Make it writable or choose another "
            "folder with ECG_RUNS_DIR."
        ) from error
    return store.submit(run_dir, spec.key.label, JOB_KIND)


def run_dir_of(spec: TrainSpec, runs_dir: Path) -> Path:
    """Return the folder of a run with exactly this spec, or one to begin it in."""
    for number in count(1):
        suffix = "" if number == 1 else f"-{number}"
        folder = runs_dir / f"{spec.key.run_name}{suffix}"
        if not (folder / SPEC_FILE).exists() or spec.is_that_of(folder):
            break
    return folder


def read_run(run_dir: Path) -> RunView:
    """Read a run's folder at any moment, also while it is written or after it was killed."""
    try:
        spec = TrainSpec.load(run_dir)
    except JobError:
        spec = None
    events = progress.read(run_dir / PROGRESS_FILE)
    last = events[-1] if events else {}
    kind = last.get("event")
    history = _history(events)
    step, steps = _step(run_dir / STEP_FILE, _epochs_done(history) + 1)
    return RunView(
        spec=spec,
        history=history,
        reading=kind in (None, STARTED_EVENT, READING_EVENT),
        read_share=_share(last) if kind == READING_EVENT else 0.0,
        judge=int(_number(last.get("number"))) if kind == "judge" else 0,
        step=step,
        steps=steps,
        metrics=_metrics(last.get("metrics")) if kind == "done" else (),
        message=str(last.get("message", "")) if kind == "error" else "",
        quiet_s=_quiet_s(run_dir),
    )


def _quiet_s(run_dir: Path) -> float:
    """Return the age of what a run wrote last."""
    written = []
    for name in (PROGRESS_FILE, STEP_FILE):
        with suppress(OSError):
            written.append((run_dir / name).stat().st_mtime)
    return max(0.0, time.time() - max(written)) if written else 0.0


def missing_ids(recordings: Recordings, train_set: str, task: str = mi.NAME) -> list[int]:
    """List the records that a training needs and this disk lacks, also those for the scaler."""
    catalog, chosen = recordings.catalog, task_named(task)
    mine = chosen.train_set(train_set)
    needed = {
        *chosen.train_set(chosen.scaler_set).choose(catalog, "train", 0),
        *mine.choose(catalog, "train", 0),
        *mine.choose(catalog, "val", 0),
    }
    return sorted(needed.difference(recordings.available(sorted(needed))))


def offered_archs(task: str = mi.NAME) -> tuple[str, ...]:
    """Architectures for a task that this machine can train in reasonable time."""
    gpu = shutil.which("nvidia-smi") is not None
    return tuple(
        one.name
        for one in ARCHITECTURES.values()
        if (gpu or not one.needs_gpu) and (not one.tasks or task in one.tasks)
    )


def expected_seconds(arch: str, n_records: int, epochs: int) -> float:
    """Duration of a training of `epochs` on one thread of the machine of docs/performance.md."""
    return architecture(arch).ms_per_record * n_records * epochs / 1000


def _new_folder(runs_dir: Path, stem: str) -> Path:
    folder, number = runs_dir / stem, 1
    while True:
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            number += 1
            folder = runs_dir / f"{stem}-{number}"


def _history(events: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Keep one row per epoch; an epoch run again replaces itself and all later ones."""
    rows: list[dict[str, Any]] = []
    for raw in events:
        event = {"val_score": raw.get(_OLDER_SCORE), **raw} if _OLDER_SCORE in raw else raw
        if event.get("event") == "epoch" and all(_is_number(event.get(name)) for name in HISTORY):
            rows = [row for row in rows if row["epoch"] < event["epoch"]]
            rows.append({name: event[name] for name in HISTORY})
    return pd.DataFrame(rows, columns=list(HISTORY))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _number(value: object) -> float:
    return float(value) if _is_number(value) else 0.0  # type: ignore[arg-type]


def _share(event: Mapping[str, Any]) -> float:
    whole = _number(event.get("of"))
    return min(1.0, max(0.0, _number(event.get("done")) / whole)) if whole > 0 else 0.0


def _metrics(found: object) -> tuple[tuple[str, float], ...]:
    """Return the figures of a log's last line, without what is none."""
    pairs = found.items() if isinstance(found, dict) else ()
    return tuple((str(name), float(value)) for name, value in pairs if _is_number(value))


def _epochs_done(history: pd.DataFrame) -> int:
    return 0 if history.empty else int(history["epoch"].iloc[-1])


def _step(path: Path, epoch: int) -> tuple[int, int]:
    """Step and number of steps, if the file tells of `epoch`."""
    try:
        raw = json.loads(path.read_text())
        found = (int(raw["step"]), int(raw["steps"])) if raw["epoch"] == epoch else (0, 0)
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return 0, 0
    return found
