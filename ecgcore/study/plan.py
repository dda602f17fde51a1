"""The study's trainings: which, in what order, and how far each has come; no torch needed."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from statistics import median
from typing import Any

from ecgcore.errors import JobError, ModelError
from ecgcore.jobs import progress
from ecgcore.jobs.processes import JobProcess, find_process
from ecgcore.jobs.run_lock import trainer_of
from ecgcore.models.architectures import BIMAMBA2, CNN_BILSTM, CNN_LSTM, Architecture, Recipe
from ecgcore.models.cards import WEIGHTS_FILE, ModelCard, ModelKey, file_sha256
from ecgcore.ptbxl import label_groups
from ecgcore.ptbxl.catalog import Catalog, open_catalog
from ecgcore.settings import Settings
from ecgcore.study.neighbours.runs import NEIGHBOURS
from ecgcore.tasks import mi
from ecgcore.tasks.registry import task_named
from ecgcore.training.spec import TrainSpec
from ecgcore.training.submit import RunView, expected_seconds, read_run, run_dir_of

PROCESS_FILE = "processes.jsonl"
"""Which process trains a run: one line for each, so that a later ``study run`` finds it."""

_LONGER: Recipe = {"epochs": 40, "patience": 40}
_SEEDS = {mi.CERTAIN: 5, mi.ALL: 5, mi.UNCERTAIN: 5, mi.MIX: 3}
_PLAN: tuple[tuple[Architecture, Recipe, Mapping[str, int]], ...] = (
    (CNN_BILSTM, {}, _SEEDS),
    (CNN_BILSTM, _LONGER, {mi.MULTI: 5}),
    (BIMAMBA2, {}, _SEEDS),
    (CNN_LSTM, {}, {mi.CERTAIN: 3, mi.ALL: 3, mi.UNCERTAIN: 3}),
)
"""Architecture, what differs from its recipe, and the number of seeds for each training set."""


@dataclass(frozen=True, slots=True)
class StudyRun:
    """One training of the study; `recipe` holds what differs from the defaults."""

    arch: str
    train_set: str
    seed: int
    recipe: Recipe = field(default_factory=dict)
    task: str = mi.NAME

    @property
    def key(self) -> ModelKey:
        """Identity of the model that results."""
        return ModelKey(self.arch, self.train_set, self.seed, self.task)

    @property
    def names(self) -> tuple[str, ...]:
        """What ``--only`` may call it.

        Examples
        --------
        >>> StudyRun("cnn_bilstm", "A", 0).names
        ('cnn_bilstm', 'cnn_bilstm-A', 'cnn_bilstm-A-0', 'cnn_bilstm-A-seed0')
        >>> StudyRun("cnn_bilstm", "all", 0, task="subclasses").names[:2]
        ('subclasses', 'subclasses-cnn_bilstm')
        """
        arch = self.arch if self.task == mi.NAME else f"{self.task}-{self.arch}"
        task = () if self.task == mi.NAME else (self.task,)
        return *task, arch, self.key.group_name, self.key.name, self.key.run_name

    def spec(self, data_dir: Path) -> TrainSpec:
        """Return the whole recipe, for the recordings in `data_dir`."""
        return TrainSpec(
            self.arch, self.train_set, self.seed, str(data_dir), task=self.task, **self.recipe
        )


STUDY: tuple[StudyRun, ...] = tuple(
    sorted(
        (
            StudyRun(one.name, train_set, seed, {**one.recipe, **one.study_recipe, **more})
            for one, more, sets in _PLAN
            for train_set, n_seeds in sets.items()
            for seed in range(n_seeds)
        ),
        key=lambda run: run.seed,
    )
)
"""The study's own runs in the order of training: one that is stopped early has whole seeds."""

RUNS: tuple[StudyRun, ...] = (
    *STUDY,
    *(
        StudyRun(one.arch.name, one.train_set, seed, one.recipe, one.task.name)
        for one in NEIGHBOURS
        for seed in range(*one.seeds)
    ),
)
"""All runs in the order of training, the study's own first."""


def chosen_runs(only: Sequence[str]) -> tuple[StudyRun, ...]:
    """Return the runs that `only` names, in the order of training; all where it is empty.

    Raises
    ------
    JobError
        If a name fits no run.
    """
    known = {name for run in RUNS for name in run.names}
    if unknown := [name for name in only if name not in known]:
        raise JobError(
            f"The study has no run {', '.join(unknown)}. Name an architecture, a training set and "
            f"a seed, such as {' or '.join(RUNS[0].names[:3])}, or a task, such as {RUNS[-1].task}."
        )
    return tuple(run for run in RUNS if not only or set(only).intersection(run.names))


class RunState(StrEnum):
    """How far one training is; the value is shown to readers."""

    DONE = "done"
    RUNNING = "running"
    STOPPED = "stopped"
    STALE = "stale"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class RunStatus:
    """One row of ``study status``.

    Attributes
    ----------
    epoch, epochs
        Finished, and at most.
    val_auroc
        Of the finished model, else the best so far; None before the first epoch. Of several
        classes it is the mean.
    minutes
        Time of training until now; None where neither this machine nor the card knows it.
    seconds_left
        Expected on one process, at most, for a training may stop before its last epoch.
    note
        Why the run stopped, where it said so.
    """

    run: str
    state: RunState
    epoch: int
    epochs: int
    val_auroc: float | None
    minutes: float | None
    seconds_left: float
    note: str = ""

    @property
    def state_words(self) -> str:
        """State with its epoch, such as "running epoch 3/16"."""
        if self.state == RunState.RUNNING:
            return f"running epoch {min(self.epoch + 1, self.epochs)}/{self.epochs}"
        if self.state == RunState.STOPPED:
            return f"stopped at epoch {self.epoch}/{self.epochs}"
        return self.state.value


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """The study's runs on one data set, and the folders of their files.

    Attributes
    ----------
    runs_dir
        Parent of one folder for each run.
    """

    catalog: Catalog
    runs_dir: Path
    pretrained_dir: Path

    @classmethod
    def open(cls, settings: Settings) -> "Study":
        """Open the data set.

        Raises
        ------
        JobError
            If only the synthetic set is there and nobody asked for it.
        """
        catalog = open_catalog(settings)
        if catalog.synthetic and settings.data_dir is None:
            raise JobError(
                "PTB-XL is not here, and the study is not trained on synthetic records. Run "
                "'python3.11 -m ecgcore data fetch --set full', or name its folder with --data."
            )
        return cls(catalog, settings.runs_dir / "study", settings.pretrained_dir)

    @property
    def published(self) -> bool:
        """False on synthetic records: their models stay in the folders of their runs."""
        return not self.catalog.synthetic

    def run_dir(self, run: StudyRun) -> Path:
        """Folder of a run with exactly this recipe and data folder, or of one to begin."""
        return run_dir_of(run.spec(self.catalog.folder), self.runs_dir)

    def target(self, run: StudyRun) -> Path:
        """Folder in which the finished model is looked for."""
        if self.published:
            return self.pretrained_dir / run.key.folder
        return self.run_dir(run)

    def is_finished(self, run: StudyRun, folder: Path) -> bool:
        """Whether `folder` holds a whole model of this recipe, trained on these records."""
        try:
            card = ModelCard.load(folder)
            weights = file_sha256(folder / WEIGHTS_FILE)
        except (ModelError, OSError):
            return False
        ids = self._train_ids(run)
        return (
            card.key == run.key
            and _same_recipe(run.spec(self.catalog.folder), card)
            and card.data_version == self.catalog.version
            and card.data_fingerprint == label_groups.fingerprint(ids)
            and card.weights_sha256 == weights
        )

    def is_done(self, run: StudyRun) -> bool:
        """Whether nothing is left to do for this run."""
        return self.is_finished(run, self.target(run))

    def n_train(self, run: StudyRun) -> int:
        """Count the records that a run is trained on."""
        return len(self._train_ids(run))

    def _train_ids(self, run: StudyRun) -> list[int]:
        return _train_ids(self.catalog, run.task, run.train_set, run.seed)

    def status(self, runs: Sequence[StudyRun] = RUNS) -> tuple[RunStatus, ...]:
        """Read how far every run is, also while it is trained by another process."""
        views = [read_run(self.run_dir(run)) for run in runs]
        rates = self._seconds_per_record(runs, views)
        return tuple(self._row(run, view, rates) for run, view in zip(runs, views, strict=True))

    def _row(self, run: StudyRun, view: RunView, rates: Mapping[str, float]) -> RunStatus:
        spec = run.spec(self.catalog.folder)
        state = self._state(run, view)
        done = state == RunState.DONE
        epoch_s = self.n_train(run) * rates.get(run.arch, expected_seconds(run.arch, 1, 1))
        under_way = view.step / view.steps if view.steps else 0.0
        left = 0.0 if done else max(0.0, spec.epochs - view.epochs_done - under_way)
        said = dict(ModelCard.load(self.target(run)).metrics) if done else {}
        return RunStatus(
            run=run.key.run_name,
            state=state,
            epoch=view.epochs_done,
            epochs=spec.epochs,
            val_auroc=said.get(f"val_{task_named(run.task).score.name}", view.best_score),
            minutes=said.get("train_minutes", view.minutes),
            seconds_left=left * epoch_s,
            note="" if done else view.message,
        )

    def _state(self, run: StudyRun, view: RunView) -> RunState:
        if running_process(self.run_dir(run)) is not None:
            return RunState.RUNNING
        if self.is_done(run):
            return RunState.DONE
        if view.epochs_done or view.message:
            return RunState.STOPPED
        exists = (self.target(run) / WEIGHTS_FILE).exists()
        return RunState.STALE if exists else RunState.WAITING

    def _seconds_per_record(
        self, runs: Iterable[StudyRun], views: Iterable[RunView]
    ) -> dict[str, float]:
        """Time of a record in one epoch as measured here, by architecture."""
        measured: dict[str, list[float]] = {}
        for run, view in zip(runs, views, strict=True):
            if view.seconds_per_epoch is not None:
                rate = view.seconds_per_epoch / self.n_train(run)
                measured.setdefault(run.arch, []).append(rate)
        return {arch: median(rates) for arch, rates in measured.items()}


@dataclass(frozen=True, slots=True)
class StudyStatus:
    """Every run of the study, and when all will be there with `jobs` processes side by side."""

    data_version: str
    jobs: int
    rows: tuple[RunStatus, ...]

    @property
    def hours_left(self) -> float:
        """Expected time until the last run ends, at most."""
        each = [row.seconds_left for row in self.rows]
        return max(sum(each) / self.jobs, max(each, default=0.0)) / 3600

    @property
    def counts(self) -> dict[str, int]:
        """Number of runs by state."""
        return {
            state.value: sum(row.state == state for row in self.rows)
            for state in RunState
            if any(row.state == state for row in self.rows)
        }

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        names = ("run", "state", "epoch", "epochs", "val_auroc", "minutes", "seconds_left", "note")
        return {
            "data_version": self.data_version,
            "jobs": self.jobs,
            "counts": self.counts,
            "hours_left": self.hours_left,
            "runs": [{name: getattr(row, name) for name in names} for row in self.rows],
        }

    def as_text(self) -> str:
        """Lay out a table with the totals below it."""
        width = max([26, *(len(row.run) + 2 for row in self.rows)])
        lines = [f"{'run':{width}}{'state':24}{'val AUROC':>10}{'minutes':>9}{'left':>7}"]
        for row in self.rows:
            auroc = "" if row.val_auroc is None else f"{row.val_auroc:.4f}"
            minutes = "" if row.minutes is None else f"{row.minutes:.1f}"
            left = f"{row.seconds_left / 60:.0f}" if row.seconds_left else ""
            line = f"{row.run:{width}}{row.state_words:24}{auroc:>10}{minutes:>9}{left:>7}"
            line = f"{line}  {row.note}"
            lines.append(line.rstrip())
        totals = ", ".join(f"{n} {state}" for state, n in self.counts.items())
        left = f"at most {self.hours_left:.1f} h left with {self.jobs} processes"
        return "\n".join([*lines, f"{self.data_version}: {totals}; {left}"])


def study_status(study: Study, runs: Sequence[StudyRun], jobs: int) -> StudyStatus:
    """Read how far `runs` are."""
    return StudyStatus(study.catalog.version, jobs, study.status(runs))


def default_jobs() -> int:
    """Return the number of cores."""
    return os.cpu_count() or 1


def running_process(run_dir: Path) -> JobProcess | None:
    """Return the process that trains in `run_dir` now, whoever started it."""
    events = progress.read(run_dir / PROCESS_FILE)
    if not events:
        return trainer_of(run_dir)
    try:
        pid, started = int(events[-1]["pid"]), events[-1]["started"]
    except (KeyError, TypeError, ValueError):
        return trainer_of(run_dir)
    if isinstance(started, str):  # an older version's mark, which differed between systems
        return find_process(pid, run_dir)
    process = JobProcess(pid, started)
    return trainer_of(run_dir) if process.ended() else process


@lru_cache(maxsize=256)
def _train_ids(catalog: Catalog, task: str, train_set: str, seed: int) -> list[int]:
    return task_named(task).train_set(train_set).choose(catalog, "train", seed)


def _same_recipe(wanted: TrainSpec, card: ModelCard) -> bool:
    """Compare all settings; "auto" is whatever the machine chose and wrote down.

    A card that is older than a setting was trained with its default.
    """
    key = wanted.key
    defaults = dict(TrainSpec(key.arch, key.train_set, key.seed, "", task=key.task).recipe)
    found, needed = defaults | dict(card.recipe), dict(wanted.recipe)
    if wanted.speedups == "auto":
        found["speedups"] = needed["speedups"]
    return found == needed
