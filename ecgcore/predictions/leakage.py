"""What a model has already seen of a patient: opinions on seen records are not independent."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from ecgcore.ptbxl.catalog import Catalog, CatalogEntry
from ecgcore.tasks.mi import training_ids, validation_ids


@dataclass(frozen=True, slots=True)
class SeenInTraining:
    """Records and patients behind one trained model.

    Attributes
    ----------
    trained
        ``ecg_id``s of its training set.
    validated
        ``ecg_id``s on which its best epoch was chosen.
    patients
        ``patient_id``s of its training set.
    """

    trained: frozenset[int]
    validated: frozenset[int]
    patients: frozenset[int]

    @classmethod
    def of(cls, records: pd.DataFrame, train_set: str, seed: int) -> "SeenInTraining":
        """Find out by the rule of the training set.

        Parameters
        ----------
        records
            A catalogue's table: ``group, split, patient_id``, indexed by ``ecg_id``.
        """
        trained = training_ids(records, train_set, seed)
        patients = records.loc[trained, "patient_id"].dropna()
        return cls(
            frozenset(trained),
            frozenset(validation_ids(records, train_set)),
            frozenset(int(patient) for patient in patients),
        )

    def mark(self, ecg_id: int, patient_id: int | None) -> str:
        """Say in one word how the model knows a record: "seen", "tuned", "patient" or ""."""
        if ecg_id in self.trained:
            return "seen"
        if ecg_id in self.validated:
            return "tuned"
        return "patient" if patient_id in self.patients else ""


def leakage_of(
    catalog: Catalog,
    entry: CatalogEntry,
    data_version: str,
    *,
    synthetic: bool,
    exposure: Callable[[], SeenInTraining],
) -> str:
    """Say in one word how a model knows a record, also where it was trained on other data.

    Parameters
    ----------
    catalog, entry
        The open data set and its record.
    data_version, synthetic
        The data that the model was trained on, as its card says.
    exposure
        Looks the training set up; called only where that data is the open one.

    Returns
    -------
    str
        A key of `LEAKAGE_WORDS`.
    """
    if data_version == catalog.version:
        return exposure().mark(entry.ecg_id, entry.patient_id)
    return "" if synthetic != catalog.synthetic else "unknown"


LEAKAGE_WORDS = {
    "seen": "this recording was in its training data",
    "tuned": "its best epoch was chosen with this recording among others",
    "patient": "another recording of this patient was in its training data",
    "unknown": "not known here: it was trained on another copy of the data",
    "": "no recording of this patient was in its training data",
}
"""Marks of `SeenInTraining.mark` in words, the ones that weigh most first."""
