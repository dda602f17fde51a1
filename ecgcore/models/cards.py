"""Model cards: what was trained, on what, how, and how to feed it; no torch needed."""

import hashlib
import json
import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ecgcore.errors import ModelError
from ecgcore.leads import LEADS
from ecgcore.manifest import FileState, manifest_state, renew, state_of, verified
from ecgcore.models.architectures import arch_place, arch_title
from ecgcore.records import FloatArray
from ecgcore.signals.block_highpass import highpass_block
from ecgcore.tasks import mi
from ecgcore.tasks.registry import TASKS

CARD_FILE = "card.json"
WEIGHTS_FILE = "weights.safetensors"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, order=True)
class ModelKey:
    """Identity of a trained model; names leave the study's own task unsaid."""

    arch: str
    train_set: str
    seed: int
    task: str = mi.NAME

    @property
    def group_label(self) -> str:
        """Name of all seeds shown to readers, such as "CNN-BiLSTM A"."""
        arch = arch_title(self.arch)
        if self.task == mi.NAME:
            return f"{arch} {self.train_set}"
        title = TASKS[self.task].title if self.task in TASKS else self.task
        return f"{arch} {title}, {self.train_set}"

    @property
    def label(self) -> str:
        """Name shown to readers, such as "CNN-BiLSTM A (seed 0)"."""
        return f"{self.group_label} (seed {self.seed})"

    @property
    def group_name(self) -> str:
        """Name of all seeds, safe in URLs, such as "cnn_bilstm-A"."""
        name = f"{self.arch}-{self.train_set}"
        return name if self.task == mi.NAME else f"{self.task}-{name}"

    @property
    def name(self) -> str:
        """Name of the model among those that ship, safe in URLs, such as "cnn_bilstm-A-0"."""
        return f"{self.group_name}-{self.seed}"

    @property
    def identity(self) -> dict[str, str | int]:
        """Plain values for ``--json``; the task is that of the whole answer."""
        return {"arch": self.arch, "train_set": self.train_set, "seed": self.seed}

    @property
    def run_name(self) -> str:
        """Start of the name of a run's folder."""
        return f"{self.group_name}-seed{self.seed}"

    @property
    def folder(self) -> Path:
        """Folder below ``pretrained/``."""
        return Path(self.task) / f"{self.arch}-{self.train_set}" / f"seed-{self.seed}"


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """From millivolts to model input: rate, length, high-pass, a mean and deviation for each lead.

    Attributes
    ----------
    mean_mv, std_mv
        Twelve values each, fitted once on training set C after the high-pass.
    fs_hz, n_samples
        Rate and length that the network was trained on; a recording is brought to both.
    """

    highpass_hz: float
    zero_phase: bool
    mean_mv: tuple[float, ...]
    std_mv: tuple[float, ...]
    fs_hz: int = 100
    n_samples: int = 1000

    def __post_init__(self) -> None:
        """Refuse a scaler that would broadcast wrongly or divide by zero, and a length of none."""
        if not len(self.mean_mv) == len(self.std_mv) == len(LEADS) or not min(self.std_mv) > 0:
            raise ModelError(
                f"The scaler has {len(self.mean_mv)} means and the deviations {self.std_mv} mV; "
                f"{len(LEADS)} of each and deviations above 0 are needed. Train again."
            )
        if not (self.fs_hz > 0 and self.n_samples > 0):
            raise ModelError(
                f"The card asks for {self.n_samples} samples at {self.fs_hz} Hz; both must be "
                "above 0. Train again."
            )

    @property
    def duration_s(self) -> float:
        """Length of a network's input in seconds."""
        return self.n_samples / self.fs_hz

    def apply(self, signals: FloatArray) -> FloatArray:
        """Filter and scale ``(..., 12, n_samples)`` in mV; returns float32 without unit."""
        filtered = highpass_block(
            signals, self.fs_hz, cutoff_hz=self.highpass_hz, zero_phase=self.zero_phase
        )
        mean = np.asarray(self.mean_mv, dtype=np.float32)[:, None]
        std = np.asarray(self.std_mv, dtype=np.float32)[:, None]
        return (filtered - mean) / std


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Provenance of one trained model.

    Attributes
    ----------
    data_version, data_fingerprint
        The data set, and the fingerprint of the training records' ids.
    n_train_mi
        Training records with a class of the name MI, to whatever degree.
    recipe
        Every setting of the training, as (name, value).
    best_epoch, epochs_run
        Counted from 1; the weights are those of the best epoch on the validation fold.
    metrics
        (name, value) on the validation fold and on the test sets, and of the training itself.
    weights_sha256
        Checksum that the weights file must have.
    """

    key: ModelKey
    n_parameters: int
    data_version: str
    data_fingerprint: str
    n_train: int
    n_train_mi: int
    n_val: int
    preprocessing: Preprocessing
    recipe: tuple[tuple[str, str], ...]
    epochs_run: int
    best_epoch: int
    metrics: tuple[tuple[str, float], ...]
    weights_sha256: str
    code_version: str
    created: str

    @property
    def synthetic(self) -> bool:
        """True when it was trained on synthetic records."""
        return self.data_version.startswith("synthetic")

    def save(self, folder: Path) -> None:
        """Write ``card.json``."""
        part = folder / f"{CARD_FILE}.part"
        part.write_text(json.dumps(asdict(self), indent=1) + "\n")
        part.replace(folder / CARD_FILE)
        renew(folder / CARD_FILE)

    @classmethod
    def load(cls, folder: Path) -> "ModelCard":
        """Read ``card.json`` of a model's folder.

        Raises
        ------
        ModelError
            If the card cannot be read or is not a card.
        """
        path = folder / CARD_FILE
        try:
            return cls._from_json(json.loads(verified(path).read_text()))
        except OSError as error:
            raise ModelError(
                f"{path} cannot be read ({error.strerror}); {folder.name} is no model."
            ) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(
                f"{path} is not a model card ({error}). Restore it or train again."
            ) from error

    @classmethod
    def _from_json(cls, raw: dict[str, Any]) -> "ModelCard":
        prep = raw.pop("preprocessing")
        prep["mean_mv"], prep["std_mv"] = tuple(prep["mean_mv"]), tuple(prep["std_mv"])
        key = ModelKey(**raw.pop("key"))
        if key.task not in TASKS:
            raise ValueError(f"unknown task {key.task!r}")
        if key.train_set not in TASKS[key.task].train_set_names:
            raise ValueError(f"unknown training set {key.train_set!r}")
        return cls(
            key=key,
            preprocessing=Preprocessing(**prep),
            recipe=tuple((str(name), str(value)) for name, value in raw.pop("recipe")),
            metrics=tuple((str(name), float(value)) for name, value in raw.pop("metrics")),
            **raw,
        )


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A trained model on disk."""

    folder: Path
    card: ModelCard
    shipped: bool

    @property
    def key(self) -> ModelKey:
        """Identity of the model."""
        return self.card.key

    @property
    def name(self) -> str:
        """Unique name, safe in URLs: "cnn_bilstm-A-0", with the run's folder for local runs."""
        return self.key.name if self.shipped else f"{self.key.name}@{self.folder.name}"

    @property
    def label(self) -> str:
        """Name shown to readers; local runs say so."""
        return self.key.label if self.shipped else f"{self.key.label}, local run {self.run_name}"

    @property
    def run_name(self) -> str:
        """Folder of an local run without the model's key, which names it already."""
        return self.folder.name.removeprefix(self.key.run_name).strip("-") or self.folder.name


def list_models(
    pretrained_dir: Path, runs_dir: Path, task: str | None = mi.NAME
) -> tuple[ModelEntry, ...]:
    """List all shipped models, then all finished runs, by key; damaged cards are logged.

    Shipped models are looked for in ``<task>/<arch>-<set>/seed-<n>/``, and in the older
    ``<arch>-<set>/seed-<n>/`` where the former does not exist.

    Parameters
    ----------
    task
        Name of the models' task; None for the models of all tasks.
    """
    pattern, seal = f"seed-*/{CARD_FILE}", manifest_state(pretrained_dir)
    homes = pretrained_dir.glob(f"{task or '*'}/*/{pattern}")
    shipped = _entries(homes, task, seal, shipped=True)
    older = _entries(pretrained_dir.glob(f"*/{pattern}"), task, seal, shipped=True)
    known = {entry.key for entry in shipped}
    shipped += [entry for entry in older if entry.key not in known]
    own = _entries(runs_dir.glob(f"*/{CARD_FILE}"), task, None, shipped=False)
    return *sorted(shipped, key=_place), *sorted(own, key=_place)


def by_name(entries: Iterable[ModelEntry], name: str) -> ModelEntry:
    """Return the model of this name; ModelError if there is none."""
    known = {entry.name: entry for entry in entries}
    if name not in known:
        raise ModelError(f"There is no model {name!r}; there are {', '.join(known) or 'none'}.")
    return known[name]


def find_model(key: ModelKey, pretrained_dir: Path, runs_dir: Path) -> ModelEntry:
    """Return the model with this key, shipped ones first.

    Raises
    ------
    ModelError
        If there is none.
    """
    entries = list_models(pretrained_dir, runs_dir, key.task)
    for entry in entries:
        if entry.key == key:
            return entry
    known = ", ".join(sorted({entry.name for entry in entries})) or "none at all"
    raise ModelError(f"There is no model {key.label}; there are {known}.")


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _entries(
    paths: Iterable[Path], task: str | None, seal: FileState | None, *, shipped: bool
) -> list[ModelEntry]:
    entries = []
    for path in paths:
        try:
            entry = ModelEntry(path.parent, _loaded(path.parent, state_of(path), seal), shipped)
        except ModelError as error:
            log.warning("left out: %s", error)
            continue
        if task in (None, entry.key.task):
            entries.append(entry)
    return entries


@lru_cache(maxsize=512)
def _loaded(folder: Path, _card: FileState | None, _seal: FileState | None) -> ModelCard:
    """Read a card once, until it or the manifest changes; pages ask for all at every step."""
    return ModelCard.load(folder)


def _place(entry: ModelEntry) -> tuple[bool, str, int, ModelKey, str]:
    """Order by task, the study's own first, then by architecture, training set and seed."""
    key = entry.key
    return key.task != mi.NAME, key.task, arch_place(key.arch), key, entry.name
