"""An ensemble of any task on labelled records, as a whole or one class at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecgcore.errors import ModelError
from ecgcore.predictions.ensemble import Ensemble, FloatArray, LabelledEnsemble
from ecgcore.predictions.labelled import stored_predictions
from ecgcore.predictions.store import load_predictions, logits_of_model
from ecgcore.ptbxl.catalog import Catalog
from ecgcore.tasks.registry import task_named


@dataclass(frozen=True, slots=True, eq=False)
class EvaluatedClasses:
    """An ensemble of ``s`` seeds and ``k`` classes on ``n`` records.

    Attributes
    ----------
    ids, patients
        ``(n,)``; a record of an unknown patient is a patient of its own.
    labels
        ``(n, k)`` of 0 and 1.
    known
        ``(n, k)``: whether a label is known at all.
    seed_logits
        ``(s, n, k)``.
    """

    classes: tuple[str, ...]
    ids: NDArray[np.int64]
    patients: NDArray[np.int64]
    labels: NDArray[np.int64]
    known: NDArray[np.bool_]
    seed_logits: FloatArray

    @property
    def logits(self) -> FloatArray:
        """``(n, k)`` logits of the ensemble: the mean over seeds."""
        mean: FloatArray = self.seed_logits.mean(axis=0)
        return mean

    def joined(self, other: EvaluatedClasses) -> EvaluatedClasses:
        """Return the records of both, of the same ensemble."""
        mine, theirs = self, other
        return EvaluatedClasses(
            mine.classes,
            np.concatenate([mine.ids, theirs.ids]),
            np.concatenate([mine.patients, theirs.patients]),
            np.concatenate([mine.labels, theirs.labels]),
            np.concatenate([mine.known, theirs.known]),
            np.concatenate([mine.seed_logits, theirs.seed_logits], axis=1),
        )

    def only(self, ids: Iterable[int]) -> EvaluatedClasses:
        """Keep the records with these ``ecg_id``s."""
        rows = np.isin(self.ids, list(ids))
        return EvaluatedClasses(
            self.classes,
            self.ids[rows],
            self.patients[rows],
            self.labels[rows],
            self.known[rows],
            self.seed_logits[:, rows],
        )

    def of_class(self, name: str) -> LabelledEnsemble:
        """Return one class on the records whose label is known."""
        k = self.classes.index(name)
        rows = self.known[:, k]
        whole = LabelledEnsemble(
            self.ids, self.labels[:, k], self.patients, self.seed_logits[:, :, k]
        )
        return whole.at(rows)


def evaluate_classes(
    ensemble: Ensemble, test_set: str, catalog: Catalog, pretrained_dir: Path, split: str = "test"
) -> EvaluatedClasses:
    """Put the stored logits of an ensemble beside the labels of a test set of its task.

    Parameters
    ----------
    catalog
        Whose labels count: that of the open data set, or `shipped_labels`.
    split
        "test", or "val" for the records of the same rule in fold 9.

    Raises
    ------
    ModelError
        If the test set is empty, the labels cannot be told from the catalogue, or predictions are
        missing.
    """
    task = task_named(ensemble.members[0].key.task)
    try:
        ids = task.test_set(test_set).choose(catalog, split)
        labels, known = task.label_rule(catalog, ids), task.known(catalog, ids)
    except KeyError as error:
        raise ModelError(f"{task.title}: labels need PTB-XL's own tables ({error}).") from error
    if not ids:
        raise ModelError(f"{catalog.version} has no {split} record of the set {test_set!r}.")
    return EvaluatedClasses(
        task.classes,
        np.asarray(ids, dtype=np.int64),
        catalog.patient_numbers(ids),
        labels,
        known,
        _stored(ensemble, ids, catalog.version, pretrained_dir),
    )


def _stored(ensemble: Ensemble, ids: list[int], version: str, pretrained_dir: Path) -> FloatArray:
    path = stored_predictions(ensemble.members[0], version, pretrained_dir)
    if path is None:
        raise ModelError(f"No predictions by {ensemble.label} for {version} are stored.")
    table = load_predictions(path, ensemble.members[0].key.task)
    return stored_logits(ensemble, table, ids)


def stored_logits(ensemble: Ensemble, table: pd.DataFrame, ids: list[int]) -> FloatArray:
    """Look the logits ``(s, n, k)`` of all seeds up; ModelError if one is missing."""
    found = [logits_of_model(table, one.key).reindex(ids).to_numpy() for one in ensemble.members]
    logits = np.stack(found).astype(np.float64)
    if np.isnan(logits).any():
        raise ModelError(
            f"Some of {len(ids):,} records have no prediction by every seed of {ensemble.label}. "
            "Run 'python3.11 -m ecgcore predict-all'."
        )
    return logits
