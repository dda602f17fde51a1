"""Every model on every test set: stored predictions where they exist, fresh ones otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from ecgcore.errors import ModelError
from ecgcore.models.cards import ModelEntry
from ecgcore.models.inputs import patient_inputs
from ecgcore.predictions.store import (
    PREDICTIONS_FILE,
    cohort_frame,
    load_cohort,
    load_predictions,
    logits_of_model,
    shipped_file,
)
from ecgcore.ptbxl import label_groups
from ecgcore.ptbxl.catalog import PTBXL_VERSION, Catalog, synthetic_version
from ecgcore.ptbxl.store import Recordings
from ecgcore.stats.metrics import Metrics, evaluate
from ecgcore.stats.per_class import PerClassFigures, per_class_figures
from ecgcore.tasks import mi as mi_task
from ecgcore.tasks.registry import task_named
from ecgcore.tasks.task import Task

if TYPE_CHECKING:
    from ecgcore.models.predictor import Predictor


@dataclass(frozen=True, slots=True, eq=False)
class LabelledLogits:
    """One model on one test set: all arrays ``(n,)`` in the order of `ids`.

    ``labels`` is 1 for MI; ``patients`` numbers the patients, the units of resampling.
    """

    ids: NDArray[np.int64]
    labels: NDArray[np.int64]
    logits: NDArray[np.float32]
    patients: NDArray[np.int64]

    @property
    def probs(self) -> NDArray[np.float64]:
        """Uncalibrated probabilities of MI."""
        probs: NDArray[np.float64] = expit(self.logits.astype(np.float64))
        return probs

    def metrics(self, threshold: float = 0.5) -> Metrics:
        """All figures with 95 % bootstrap intervals over patients."""
        return evaluate(self.labels, self.probs, threshold=threshold, clusters=self.patients)


def data_versions(recordings: Recordings) -> tuple[str, ...]:
    """Name the data sets that models can be judged on: the shipped one and the one that is open."""
    return tuple(dict.fromkeys((PTBXL_VERSION, recordings.catalog.version)))


def cohort_of(data_version: str, pretrained_dir: Path, recordings: Recordings) -> pd.DataFrame:
    """Labels of a data set: ``group, split, patient``, indexed by ``ecg_id``."""
    if recordings.catalog.version == data_version:
        return cohort_frame(recordings.catalog)
    if data_version == PTBXL_VERSION:
        return load_cohort(pretrained_dir)
    raise ModelError(f"{data_version} is not open; choose its folder with --data or ECG_DATA_DIR.")


def stored_predictions(entry: ModelEntry, data_version: str, pretrained_dir: Path) -> Path | None:
    """File that holds a model's predictions for a data set, or None."""
    if not entry.shipped:
        own = entry.folder / PREDICTIONS_FILE
        return own if entry.card.data_version == data_version and own.exists() else None
    return shipped_predictions(data_version, pretrained_dir, entry.key.task)


def shipped_predictions(
    data_version: str, pretrained_dir: Path, task: str = mi_task.NAME
) -> Path | None:
    """File that holds the shipped models' predictions for a data set, or None."""
    files = {
        PTBXL_VERSION: shipped_file(pretrained_dir, task),
        synthetic_version(): shipped_file(pretrained_dir, task, synthetic=True),
    }
    return files.get(data_version)


def judge(
    entry: ModelEntry,
    test_set: str,
    data_version: str,
    *,
    pretrained_dir: Path,
    recordings: Recordings,
    predictor: "Predictor | None" = None,
    split: str = "test",
) -> LabelledLogits:
    """Put a model's logits beside the labels of a test set.

    Parameters
    ----------
    test_set
        "certain", "all" or "uncertain".
    split
        "test", or "val" for the records of the validation fold by the same rule.
    predictor
        Used where no prediction is stored; opened when needed.

    Raises
    ------
    ModelError
        If the test set is empty, or predictions are missing for records of it.
    """
    cohort = cohort_of(data_version, pretrained_dir, recordings)
    ids = label_groups.member_ids(cohort, split, mi_task.TEST_SETS[test_set])
    if not ids:
        raise ModelError(
            f"{data_version} has no {split} record of the set {test_set!r}; choose another data "
            "set."
        )
    logits = _logits(entry, predictor, ids, data_version, pretrained_dir, recordings)
    return LabelledLogits(
        np.asarray(ids, dtype=np.int64),
        mi_task.labels(cohort, ids),
        logits[:, 0],
        cohort.loc[ids, "patient"].to_numpy(dtype=np.int64),
    )


@dataclass(frozen=True, slots=True, eq=False)
class LabelledClasses:
    """One model on one test set of any task, ``n`` records.

    Attributes
    ----------
    ids, patients
        ``(n,)``; records of unknown patients are patients of their own.
    labels, logits
        ``(n, n_classes)``.
    classes
        Their names.
    known
        ``(n, n_classes)``, False where the tables do not say whether a record has a class.
    """

    ids: NDArray[np.int64]
    labels: NDArray[np.int64]
    logits: NDArray[np.floating[Any]]
    patients: NDArray[np.int64]
    classes: tuple[str, ...]
    known: NDArray[np.bool_]

    @property
    def probs(self) -> NDArray[np.float64]:
        """Uncalibrated probability of each class, ``(n, n_classes)``."""
        probs: NDArray[np.float64] = expit(self.logits.astype(np.float64))
        return probs

    def figures(self, n_boot: int = 1000) -> PerClassFigures:
        """Figures of each class and their means, with 95 % bootstrap intervals over patients."""
        return per_class_figures(
            self.labels,
            self.probs,
            self.classes,
            known=self.known,
            clusters=self.patients,
            n_boot=n_boot,
        )


def judge_classes(
    entry: ModelEntry,
    test_set: str,
    *,
    pretrained_dir: Path,
    recordings: Recordings,
    split: str = "test",
) -> LabelledClasses:
    """Put a model's logits of all classes beside the labels of a test set of its task.

    The labels are those of the data set that is open.

    Raises
    ------
    ModelError
        If the test set is empty, or predictions are missing for records of it.
    """
    labelled = labelled_classes(task_named(entry.key.task), test_set, recordings.catalog, split)
    logits = class_logits(
        entry, labelled.ids.tolist(), pretrained_dir=pretrained_dir, recordings=recordings
    )
    return replace(labelled, logits=logits)


def class_logits(
    entry: ModelEntry, ids: Sequence[int], *, pretrained_dir: Path, recordings: Recordings
) -> NDArray[np.float32]:
    """Return a model's logits ``(n, n_classes)`` of records that are open, stored or fresh ones.

    Raises
    ------
    ModelError
        If predictions are missing for some of them.
    """
    return _logits(entry, None, ids, recordings.catalog.version, pretrained_dir, recordings)


def labelled_classes(task: Task, test_set: str, catalog: Catalog, split: str) -> LabelledClasses:
    """Return the labels of a test set of any task, with logits of zero.

    Raises
    ------
    ModelError
        If the test set is empty.
    """
    ids = task.test_set(test_set).choose(catalog, split)
    if not ids:
        raise ModelError(
            f"{catalog.version} has no {split} record of the set {test_set!r}; choose another "
            "data set."
        )
    return LabelledClasses(
        np.asarray(ids, dtype=np.int64),
        task.label_rule(catalog, ids),
        np.zeros((len(ids), len(task.classes)), dtype=np.float32),
        catalog.patient_numbers(ids),
        task.classes,
        task.known(catalog, ids),
    )


def _logits(
    entry: ModelEntry,
    predictor: "Predictor | None",
    ids: Sequence[int],
    data_version: str,
    pretrained_dir: Path,
    recordings: Recordings,
) -> NDArray[np.float32]:
    """Return logits ``(n, n_classes)``, stored ones where there are any."""
    stored = stored_predictions(entry, data_version, pretrained_dir)
    if stored is None:
        _require_open(entry, data_version, recordings)
        return _fresh(entry, predictor, ids, recordings)
    frame = load_predictions(stored, entry.key.task)
    return _aligned(logits_of_model(frame, entry.key), ids, entry)


def _require_open(entry: ModelEntry, data_version: str, recordings: Recordings) -> None:
    if recordings.catalog.version != data_version:
        raise ModelError(
            f"No predictions by {entry.label} for {data_version} are stored, and "
            f"{recordings.catalog.version} is open. Choose the folder of {data_version} with "
            "--data or ECG_DATA_DIR."
        )


def _fresh(
    entry: ModelEntry, predictor: "Predictor | None", ids: Sequence[int], recordings: Recordings
) -> NDArray[np.float32]:
    from ecgcore.models.predictor import Predictor, predict_batches  # torch, only where needed

    patients = patient_inputs(map(recordings.catalog.patient, ids))
    return predict_batches(
        predictor or Predictor.open(entry), recordings.signals(ids), patients=patients
    )


def _aligned(stored: pd.DataFrame, ids: Sequence[int], entry: ModelEntry) -> NDArray[np.float32]:
    if stored.index.has_duplicates:
        raise ModelError(
            f"The stored predictions of {entry.label} name a record twice. Restore that file."
        )
    logits = stored.reindex(ids)
    if missing := int(logits.isna().any(axis=1).sum()):
        raise ModelError(
            f"{missing} of {len(ids)} test records have no prediction by "
            f"{entry.label}. Run 'python3.11 -m ecgcore predict-all'."
        )
    return np.asarray(logits, dtype=np.float32)
