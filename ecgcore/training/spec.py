"""What to train: everything that decides the result, and nothing else."""

import json
import math
from collections.abc import Collection
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from ecgcore.errors import JobError
from ecgcore.jobs.progress import write_whole
from ecgcore.models.architectures import ARCHITECTURES
from ecgcore.models.cards import ModelKey
from ecgcore.tasks import mi
from ecgcore.tasks.registry import TASKS, task_named
from ecgcore.tasks.task import Task, TrainSet

SPEC_FILE = "spec.json"
PROGRESS_FILE = "progress.jsonl"
STEP_FILE = "step.json"
READING_EVENT = "reading"
"""In the progress file: how many recordings have been read, and how many are needed."""
SPEEDUPS = ("auto", "none", "bf16", "bf16+compile")
SCHEDULES = ("one_cycle", "plateau", "plateau_tenth", "steps")
LABEL_NOISE = ("keep", "prune")
_CHOICES: dict[str, Collection[str]] = {
    "arch": ARCHITECTURES,
    "schedule": SCHEDULES,
    "label_noise": LABEL_NOISE,
    "speedups": SPEEDUPS,
}
_LIMITS = {
    "epochs": (1, 200),
    "batch_size": (8, 512),
    "seed": (0, 2**31 - 1),
    "patience": (1, 200),
    "clip_norm": (0, 100),
    "crop": (0, 100_000),
}


def _is_a(value: object, kind: type) -> bool:
    """Whether a value of a file is of its field's kind; a whole number is a number too."""
    if isinstance(value, bool) or kind is bool:
        return isinstance(value, bool) and kind is bool
    if kind is float:
        return isinstance(value, int | float) and math.isfinite(value)
    return isinstance(value, kind)


@dataclass(frozen=True, slots=True)
class TrainSpec:
    """One training run.

    Attributes
    ----------
    train_set, task
        A training set of this task.
    data_dir
        Folder in PTB-XL's layout.
    epochs, patience
        At most, and without a better score on the validation fold.
    max_lr, weight_decay
        Peak of the schedule, and AdamW's decay.
    clip_norm
        Largest norm of a step's gradients; 0 for none, as in the published study.
    schedule
        "one_cycle"; "plateau" as in the published study: half the rate after six epochs without a
        better validation loss; "plateau_tenth" (the six abnormalities): a tenth after seven;
        "steps" (the 24 classes): a tenth after epochs 20, 40 and 60.
    amplitude, lead_dropout, time_shift
        Augmentation: each record is scaled by up to this share, each lead is blanked with this
        probability, and the record is shifted in time, circularly.
    crop
        Samples of a record that a training step sees, a window drawn anew each time; 0 for all of
        them. A network that pools over time still judges whole records.
    label_noise
        "prune" leaves out the MI records that models trained without them take for normal
        (confident learning); only for a task of one class whose labels have a certainty.
    class_weight
        True weighs the records of a class so that they count as much as all others in the loss.
    seed_exact
        True prepares signals as the published study did: a causal filter, and a scaler fitted on
        the training set itself.
    consensus
        Fingerprint of the readers' consensus behind training set C-consensus, which lies in the
        run's folder; "" for every other set.
    speedups
        How the training step is computed; "auto" takes what this machine can do and writes it down
        when the run starts. Validation and predictions are always float32.
    """

    arch: str
    train_set: str
    seed: int
    data_dir: str
    epochs: int = 16
    patience: int = 8
    batch_size: int = 64
    max_lr: float = 2e-3
    weight_decay: float = 0.05
    clip_norm: float = 1.0
    schedule: str = "one_cycle"
    amplitude: float = 0.2
    lead_dropout: float = 0.1
    time_shift: bool = True
    crop: int = 0
    class_weight: bool = True
    label_noise: str = "keep"
    seed_exact: bool = False
    speedups: str = "auto"
    task: str = mi.NAME
    consensus: str = ""

    def __post_init__(self) -> None:
        """Check every value again: a form's limits are the browser's only."""
        for one in fields(self):
            value = getattr(self, one.name)
            if isinstance(one.type, type) and not _is_a(value, one.type):
                raise JobError(f"{one.name} is {str(value)[:40]!r}, which is not possible.")
        for name, known in _CHOICES.items():
            if getattr(self, name) not in known:
                raise JobError(f"{name} {getattr(self, name)!r} is none of {', '.join(known)}.")
        self._check_task()
        for name, (low, high) in _LIMITS.items():
            if not low <= getattr(self, name) <= high:
                raise JobError(f"{name} is {getattr(self, name)}; {low} to {high} is possible.")

    def _check_task(self) -> None:
        known = {"task": tuple(TASKS)}
        if self.task in TASKS:
            known["train_set"] = TASKS[self.task].train_set_names
        for name, names in known.items():
            if getattr(self, name) not in names:
                raise JobError(f"{name} {getattr(self, name)!r} is none of {', '.join(names)}.")
        if (self.train_set == mi.AGREED) != bool(self.consensus):
            raise JobError(
                f"Training set {mi.AGREED} needs a consensus of readers, and no other set has one. "
                "Choose C, or settle a conflict on the page Adjudication first."
            )
        if self.label_noise == "prune" and not TASKS[self.task].can_prune:
            raise JobError(
                f"Confident learning leaves out doubtful records of one class; the task "
                f"{self.task} has {len(TASKS[self.task].classes)}. Choose label_noise 'keep'."
            )

    @property
    def chosen_task(self) -> Task:
        """The task itself."""
        return task_named(self.task)

    @property
    def chosen_set(self) -> TrainSet:
        """The training set itself."""
        return self.chosen_task.train_set(self.train_set)

    @property
    def key(self) -> ModelKey:
        """Identity of the model that results."""
        return ModelKey(self.arch, self.train_set, self.seed, self.task)

    @property
    def recipe(self) -> tuple[tuple[str, str], ...]:
        """Settings beside the key, as (name, value), for the model card."""
        skipped = {"arch", "train_set", "seed", "data_dir", "task"}
        skipped |= set() if self.consensus else {"consensus"}
        return tuple(
            (f.name, str(getattr(self, f.name))) for f in fields(self) if f.name not in skipped
        )

    def save(self, run_dir: Path) -> None:
        """Write ``spec.json`` into a run's folder."""
        run_dir.mkdir(parents=True, exist_ok=True)
        write_whole(run_dir / SPEC_FILE, json.dumps(asdict(self), indent=1) + "\n")

    def is_that_of(self, run_dir: Path) -> bool:
        """Whether `run_dir` holds this training; "auto" is whatever the machine chose there."""
        try:
            found = TrainSpec.load(run_dir)
        except JobError:
            return False
        speedups = found.speedups if self.speedups == "auto" else self.speedups
        return found == replace(self, speedups=speedups)

    @classmethod
    def load(cls, run_dir: Path) -> "TrainSpec":
        """Read ``spec.json``; JobError if it is missing or damaged."""
        path = run_dir / SPEC_FILE
        try:
            raw: dict[str, Any] = json.loads(path.read_text())
            return cls(**raw)
        except (OSError, ValueError, TypeError, RecursionError) as error:
            raise JobError(f"{path} is no training run ({error}). Start a new one.") from error
