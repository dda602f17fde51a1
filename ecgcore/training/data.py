"""Training data in memory, the shared scaler, and augmentation."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ecgcore.errors import CatalogError
from ecgcore.models.architectures import architecture
from ecgcore.models.cards import Preprocessing
from ecgcore.models.inputs import patient_inputs, prepared
from ecgcore.ptbxl.store import FS_HZ, Recordings
from ecgcore.records import FloatArray
from ecgcore.signals.filters import highpass
from ecgcore.training.spec import TrainSpec

HIGHPASS_HZ = 0.5
_BLOCK = 512


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Preprocessed records: ids, inputs ``(n, 12, 1000)`` and labels ``(n, n_classes)``.

    A training set may have soft labels between 0 and 1, and a second task: SCP statements
    ``(n, k)``, 1 where a record has them. A label that the tables do not say is NaN. A network may
    take age and sex: ``patients`` is ``(n, 5)``.
    """

    ids: list[int]
    inputs: Tensor
    labels: Tensor
    statements: Tensor | None = None
    patients: Tensor | None = None

    def only(self, chosen: Tensor) -> "Split":
        """Return the records that `chosen` ``(n,)`` marks, or names by their places."""
        rows = torch.arange(len(self.ids))[chosen]
        further = [None if one is None else one[rows] for one in (self.statements, self.patients)]
        ids = [self.ids[row] for row in rows.tolist()]
        return Split(ids, self.inputs[rows], self.labels[rows], *further)


@dataclass(frozen=True, slots=True, eq=False)
class TrainingData:
    """A training and a validation split with the preprocessing that made them."""

    train: Split
    val: Split
    preprocessing: Preprocessing


def n_to_read(recordings: Recordings, spec: TrainSpec) -> int:
    """Count the recordings that `load_training_data` reads; those of the scaler are read twice."""
    catalog, chosen = recordings.catalog, spec.chosen_set
    sets = [chosen.choose(catalog, name, spec.seed) for name in ("train", "val")]
    return sum(map(len, [_scaler_ids(recordings, spec), *sets]))


def load_training_data(
    recordings: Recordings, spec: TrainSpec, tell: Callable[[int], None] = lambda _: None
) -> TrainingData:
    """Read, filter and scale what a run needs.

    Parameters
    ----------
    tell
        A receiver of the number of recordings after each block that was read.

    Raises
    ------
    CatalogError
        If no class of the task has records with and without it in a split.
    """
    catalog, task, chosen = recordings.catalog, spec.chosen_task, spec.chosen_set
    steps = fit_preprocessing(recordings, spec, tell)
    train, val = (
        load_split(recordings, spec, chosen.choose(catalog, name, spec.seed), steps, name, tell)
        for name in ("train", "val")
    )
    targets = torch.from_numpy(task.targets(catalog, train.ids, spec.train_set))
    labels = targets.where(~train.labels.isnan(), torch.nan)
    statements = None
    if chosen.statements is not None:
        statements = torch.from_numpy(chosen.statements(catalog, train.ids))
    return TrainingData(replace(train, labels=labels, statements=statements), val, steps)


def fit_preprocessing(
    recordings: Recordings, spec: TrainSpec, tell: Callable[[int], None] = lambda _: None
) -> Preprocessing:
    """Fit one mean and one deviation for each lead: on the task's scaler set.

    With ``seed_exact`` the scaler is fitted on the training set itself, after a causal filter.
    """
    zero_phase, ids = not spec.seed_exact, _scaler_ids(recordings, spec)
    n_missing = len(ids) - len(recordings.available(ids))
    if n_missing or not ids:
        raise CatalogError(
            f"{n_missing:,} of the {len(ids):,} training records of set {_scaler_set(spec)}, on "
            f"which the scaler is fitted, are not in {recordings.catalog.folder}. "
            "Run 'python3.11 -m ecgcore data fetch --set study'."
        )
    total, squares, count = np.zeros(12), np.zeros(12), 0
    for block in _blocks(recordings, ids, zero_phase=zero_phase):
        total += block.sum(axis=(0, 2), dtype=np.float64)
        squares += np.square(block, dtype=np.float64).sum(axis=(0, 2))
        count += block.shape[0] * block.shape[2]
        tell(len(block))
    mean = total / count
    std = np.sqrt(squares / count - mean**2)
    return Preprocessing(
        HIGHPASS_HZ,
        zero_phase=zero_phase,
        mean_mv=tuple(float(round(value, 6)) for value in mean),
        std_mv=tuple(float(round(value, 6)) for value in std),
        fs_hz=architecture(spec.arch).fs_hz,
        n_samples=architecture(spec.arch).n_samples,
    )


def _scaler_set(spec: TrainSpec) -> str:
    return spec.train_set if spec.seed_exact else spec.chosen_task.scaler_set


def _scaler_ids(recordings: Recordings, spec: TrainSpec) -> list[int]:
    chosen = spec.chosen_task.train_set(_scaler_set(spec))
    return chosen.choose(recordings.catalog, "train", spec.seed)


def augment(inputs: Tensor, spec: TrainSpec, generator: torch.Generator) -> Tensor:
    """Crop or shift in time, scale and drop leads of a batch ``(n, 12, n_samples)``.

    Returns a new tensor, ``(n, 12, crop)`` where the spec asks for windows.
    """
    n, leads, length = inputs.shape
    window = min(spec.crop, length) or length
    starts = length - window + 1 if spec.crop else length if spec.time_shift else 1
    shift = torch.randint(starts, (n, 1), generator=generator)
    source = (torch.arange(window) + shift) % length
    shifted = inputs.gather(2, source[:, None].expand(n, leads, window))
    scale = 1 + spec.amplitude * (2 * torch.rand(n, 1, 1, generator=generator) - 1)
    keep = torch.rand(n, leads, 1, generator=generator) >= spec.lead_dropout
    return shifted * scale * keep


def load_split(
    recordings: Recordings,
    spec: TrainSpec,
    ids: list[int],
    steps: Preprocessing,
    name: str,
    tell: Callable[[int], None] = lambda _: None,
) -> Split:
    """Read and prepare some records with their labels.

    Parameters
    ----------
    steps
        Fitted before, by `fit_preprocessing`.
    name
        Of the split, for the error.
    tell
        A receiver of the number of recordings after each block that was read.

    Raises
    ------
    CatalogError
        If no class of the task has records with and without it.
    """
    task, catalog = spec.chosen_task, recordings.catalog
    labels = task.label_rule(catalog, ids)
    if not any(0 < n < len(ids) for n in labels.sum(axis=0)):
        raise CatalogError(
            f"The {name} split of {catalog.version} has {task.counts(labels)} records; "
            "records with a class and records without it are needed."
        )
    blocks = []
    for start in range(0, len(ids), _BLOCK):
        blocks.append(prepared(recordings.signals(ids[start : start + _BLOCK]), FS_HZ, steps))
        tell(len(blocks[-1]))
    inputs = np.concatenate(blocks)
    known = torch.from_numpy(task.known(catalog, ids))
    said = torch.from_numpy(labels).float().where(known, torch.nan)
    patients = None
    if architecture(spec.arch).takes_patient:
        patients = torch.from_numpy(patient_inputs(map(catalog.patient, ids)))
    return Split(ids, torch.from_numpy(inputs), said, patients=patients)


def _blocks(recordings: Recordings, ids: list[int], *, zero_phase: bool) -> Iterator[FloatArray]:
    for start in range(0, len(ids), _BLOCK):
        signals = recordings.signals(ids[start : start + _BLOCK])
        yield highpass(signals, FS_HZ, cutoff_hz=HIGHPASS_HZ, zero_phase=zero_phase)
