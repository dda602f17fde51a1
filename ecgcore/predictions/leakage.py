"""What a model has already seen of a patient: predictions of seen records are not independent."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pandas as pd

from ecgcore.errors import CatalogError
from ecgcore.models.cards import ModelEntry
from ecgcore.predictions.ensemble import Ensemble
from ecgcore.ptbxl.catalog import Catalog, CatalogEntry
from ecgcore.ptbxl.consensus import CONSENSUS_FILE, GROUP_OF, Consensus
from ecgcore.ptbxl.label_groups import GROUPS
from ecgcore.tasks.mi import AGREED, MIX, training_ids, validation_ids
from ecgcore.tasks.registry import task_named


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
    tuning_patients
        ``patient_id``s behind `validated`.
    """

    trained: frozenset[int]
    validated: frozenset[int]
    patients: frozenset[int]
    tuning_patients: frozenset[int] = frozenset()

    @classmethod
    def of(cls, records: pd.DataFrame, train_set: str, seed: int) -> "SeenInTraining":
        """Find out by the rule of the training set.

        Parameters
        ----------
        records
            A catalogue's table: ``group, split, patient_id``, indexed by ``ecg_id``.
        """
        trained = training_ids(records, train_set, seed)
        return cls._of(records, trained, validation_ids(records, train_set))

    @classmethod
    def of_task(cls, catalog: Catalog, task: str, train_set: str, seed: int) -> "SeenInTraining":
        """Find out by the rule of a training set of any task."""
        choose = task_named(task).train_set(train_set).choose
        trained, validated = (choose(catalog, split, seed) for split in ("train", "val"))
        return cls._of(catalog.frame, trained, validated)

    @classmethod
    def _of(
        cls, records: pd.DataFrame, trained: list[int], validated: list[int]
    ) -> "SeenInTraining":
        return cls(
            frozenset(trained),
            frozenset(validated),
            _patients(records, trained),
            _patients(records, validated),
        )

    def with_agreed(self, records: pd.DataFrame, agreed: Consensus) -> "SeenInTraining":
        """Add the training records that a consensus put into the study."""
        train = records[records["split"] == "train"]
        groups = agreed.of(train).map(GROUP_OF)
        more = [int(ecg_id) for ecg_id in groups.index[groups.isin(GROUPS)]]
        patients = self.patients | _patients(records, more)
        return replace(self, trained=self.trained | frozenset(more), patients=patients)

    def leakage(self, ecg_id: int, patient_id: int | None) -> str:
        """Say how the model knows a record, a key of `LEAKAGE_WORDS`.

        A record of an unknown patient is "unknown", in folds 9 and 10 too: PTB-XL's folds keep the
        recordings of a patient together, but for this record nobody can check it.
        """
        if ecg_id in self.trained:
            return "seen"
        if ecg_id in self.validated:
            return "tuned"
        if patient_id is None:
            return "unknown"
        if patient_id in self.patients:
            return "patient"
        return "patient tuned" if patient_id in self.tuning_patients else ""


def _patients(records: pd.DataFrame, ids: list[int]) -> frozenset[int]:
    return frozenset(int(patient) for patient in records.loc[ids, "patient_id"].dropna())


def leakage_of(
    ensemble: Ensemble,
    catalog: Catalog,
    entry: CatalogEntry | None,
    seen: Callable[[str, int], SeenInTraining],
) -> str | None:
    """Say how an ensemble knows a record, by the member that knows it best.

    Parameters
    ----------
    catalog, entry
        The open data set and its record; None for a recording from elsewhere.
    seen
        Looks up what stands behind a training set and seed; called only where the model was
        trained on the open data set.

    Returns
    -------
    str or None
        A key of `LEAKAGE_WORDS`; None for a recording from elsewhere.
    """
    if entry is None:
        return None
    found = {_leakage_of(member, catalog, entry, seen) for member in _members_that_differ(ensemble)}
    return next(leakage for leakage in LEAKAGE_WORDS if leakage in found)


def _members_that_differ(ensemble: Ensemble) -> tuple[ModelEntry, ...]:
    """Only the seeds of D-mix differ in their training records."""
    return ensemble.members if ensemble.train_set == MIX else ensemble.members[:1]


def _leakage_of(
    member: ModelEntry,
    catalog: Catalog,
    entry: CatalogEntry,
    seen: Callable[[str, int], SeenInTraining],
) -> str:
    if member.card.data_version == catalog.version:
        known = seen(member.key.train_set, member.key.seed)
        if member.key.train_set == AGREED:
            known = known.with_agreed(catalog.frame, _agreed(member))
        return known.leakage(entry.ecg_id, entry.patient_id)
    return "" if member.card.synthetic != catalog.synthetic else "other copy"


def _agreed(member: ModelEntry) -> Consensus:
    """Return the consensus that a run was trained on; an empty one where it was lost."""
    fingerprint = dict(member.card.recipe).get("consensus", "")
    try:
        return Consensus.load(member.folder / CONSENSUS_FILE, fingerprint)
    except CatalogError:
        return Consensus({})


LEAKAGE_WORDS = {
    "seen": "this recording was in its training data",
    "tuned": "its best epoch was chosen with this recording among others",
    "patient": "another recording of this patient was in its training data",
    "patient tuned": "its best epoch was chosen with another recording of this patient",
    "unknown": "not known: this record has no patient number, and another recording of the patient "
    "may have been in its training data (PTB-XL keeps a patient in one fold; nobody can check "
    "that here)",
    "other copy": "not known here: it was trained on another copy of the data",
    "": "no recording of this patient was in its training data",
}
"""What `leakage_of` says, in words; what weighs most comes first."""
