"""One architecture on one training set over its seeds: what a claim may rest on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from ecgcore.errors import ModelError
from ecgcore.models.architectures import arch_place, arch_title, main_archs
from ecgcore.models.cards import ModelEntry
from ecgcore.predictions.labelled import LabelledLogits
from ecgcore.ptbxl.label_groups import member_ids
from ecgcore.stats.calibration import calibrators
from ecgcore.stats.calibration.calibrators import Calibrator, CalibratorName
from ecgcore.stats.metrics import Metrics, evaluate
from ecgcore.tasks import mi
from ecgcore.tasks.mi import TEST_SETS
from ecgcore.tasks.mi import labels as labels_of
from ecgcore.tasks.registry import task_named

FloatArray = NDArray[np.float64]

MAIN_SETS = (mi.CERTAIN, mi.ALL, mi.UNCERTAIN)


@dataclass(frozen=True, slots=True)
class Ensemble:
    """The shipped seeds of one architecture on one training set, or one local run.

    Attributes
    ----------
    members
        At least one model, by seed.
    """

    members: tuple[ModelEntry, ...]

    @property
    def arch(self) -> str:
        """Architecture of all members."""
        return self.members[0].key.arch

    @property
    def train_set(self) -> str:
        """Training set of all members."""
        return self.members[0].key.train_set

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds of the members, in their order."""
        return tuple(entry.key.seed for entry in self.members)

    @property
    def shipped(self) -> bool:
        """False for an local run."""
        return self.members[0].shipped

    @property
    def synthetic(self) -> bool:
        """True when it was trained on synthetic records."""
        return self.members[0].card.synthetic

    @property
    def name(self) -> str:
        """Unique name, safe in URLs: "cnn_bilstm-A"; an local run keeps the model's name."""
        return self.members[0].key.group_name if self.shipped else self.members[0].name

    @property
    def label(self) -> str:
        """Name shown to readers, such as "CNN-BiLSTM A"; local runs say so."""
        name = self.members[0].key.group_label
        return name if self.shipped else f"{name} (local run {self.members[0].run_name})"

    @property
    def title(self) -> str:
        """Name shown where the task stands above it, such as "ResNet small, trained on I"."""
        if not self.shipped:
            return self.label
        return f"{arch_title(self.arch)}, trained on {self.train_set}"

    def title_on(self, task: str) -> str:
        """Name shown on the page of a task: those of other tasks say which."""
        return self.title if self.members[0].key.task == task else self.label

    @property
    def checksum(self) -> str:
        """Changes with the weights of any member; a key for caches."""
        return "".join(entry.card.weights_sha256[:16] for entry in self.members)


def ensembles_of(entries: Iterable[ModelEntry]) -> tuple[Ensemble, ...]:
    """Group the shipped models by architecture and training set; each local run stays alone.

    The order is that of `ARCHITECTURES` and `TRAIN_SETS`, local runs last.
    """
    groups: dict[str, list[ModelEntry]] = {}
    for entry in entries:
        key = entry.key.group_name if entry.shipped else entry.name
        groups.setdefault(key, []).append(entry)
    found = [
        Ensemble(tuple(sorted(members, key=lambda entry: entry.key.seed)))
        for members in groups.values()
    ]
    return tuple(sorted(found, key=_place))


def ensemble_by_name(groups: Iterable[Ensemble], name: str) -> Ensemble:
    """Return the group of this name; ModelError if there is none."""
    known = {group.name: group for group in groups}
    if name not in known:
        raise ModelError(f"There is no model {name!r}; there are {', '.join(known) or 'none'}.")
    return known[name]


@dataclass(frozen=True, slots=True, eq=False)
class LabelledEnsemble:
    """A group on one set of records, ``n`` records and ``s`` seeds.

    Attributes
    ----------
    ids, labels, patients
        ``(n,)``; label 1 is MI; patients are the units of resampling.
    seed_logits
        ``(s, n)`` in the order of `Ensemble.members`.
    """

    ids: NDArray[np.int64]
    labels: NDArray[np.int64]
    patients: NDArray[np.int64]
    seed_logits: FloatArray

    @classmethod
    def of(cls, members: Sequence[LabelledLogits]) -> "LabelledEnsemble":
        """Stack the seeds, which must be judged on the same records."""
        first = members[0]
        logits = np.stack([member.logits.astype(np.float64) for member in members])
        return cls(first.ids, first.labels, first.patients, logits)

    @classmethod
    def from_table(
        cls, group: Ensemble, table: pd.DataFrame, cohort: pd.DataFrame, test_set: str, split: str
    ) -> "LabelledEnsemble":
        """Look the seeds up in a table of stored logits, all at once.

        Parameters
        ----------
        table
            Logits as `ecgcore.predictions.store.wide_predictions` gives them.
        cohort
            As `ecgcore.predictions.store.cohort_frame` gives it.

        Raises
        ------
        ModelError
            If the set is empty or a prediction is missing.
        """
        ids = member_ids(cohort, split, TEST_SETS[test_set])
        if not ids:
            raise ModelError(
                f"There is no {split} record of the set {test_set!r}; choose another data set."
            )
        found = table.reindex(index=ids, columns=[entry.name for entry in group.members])
        if missing := int(found.isna().any(axis=1).sum()):
            raise ModelError(
                f"{missing} of {len(ids)} {split} records have no prediction by every seed of "
                f"{group.label}. Run 'python3.11 -m ecgcore predict-all'."
            )
        return cls(
            np.asarray(ids, dtype=np.int64),
            labels_of(cohort, ids),
            cohort.loc[ids, "patient"].to_numpy(dtype=np.int64),
            found.to_numpy(dtype=np.float64).T,
        )

    @property
    def logits(self) -> FloatArray:
        """``(n,)`` logits of the ensemble: the mean over seeds."""
        mean: FloatArray = self.seed_logits.mean(axis=0)
        return mean

    def at(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> "LabelledEnsemble":
        """Keep some records, by mask or by row."""
        return LabelledEnsemble(
            self.ids[rows], self.labels[rows], self.patients[rows], self.seed_logits[:, rows]
        )

    def only(self, ids: Iterable[int]) -> "LabelledEnsemble":
        """Keep the records with these ``ecg_id``s."""
        return self.at(np.isin(self.ids, list(ids)))


@dataclass(frozen=True, slots=True, eq=False)
class EnsembleCalibrator:
    """A calibrator of every seed, and one of the ensemble, fitted on the validation fold.

    Attributes
    ----------
    rule
        The test set whose rule chose the records of fold 9.
    n, n_mi
        Records that it was fitted on, and those labelled MI.
    """

    method: CalibratorName
    rule: str
    n: int
    n_mi: int
    seeds: tuple[Calibrator, ...]
    ensemble: Calibrator

    @classmethod
    def fit(
        cls, method: CalibratorName, rule: str, validation: LabelledEnsemble
    ) -> "EnsembleCalibrator":
        """Fit on the validation fold.

        Raises
        ------
        ModelError
            If the records cannot calibrate, such as where one class is missing.
        """
        labels = validation.labels
        try:
            seeds = tuple(calibrators.fit(method, labels, x) for x in validation.seed_logits)
            ensemble = calibrators.fit(method, labels, validation.logits)
        except ValueError as error:
            raise ModelError(
                f"The {len(labels):,} records of the validation fold cannot calibrate this model "
                f"({error}). Choose “Uncalibrated”."
            ) from error
        return cls(method, rule, len(labels), int(labels.sum()), seeds, ensemble)

    @classmethod
    def raw(cls, n_seeds: int, rule: str) -> "EnsembleCalibrator":
        """Leave the probabilities as they are, which needs no record: `n` is 0."""
        nothing = calibrators.fit("raw", [], [])
        return cls("raw", rule, 0, 0, (nothing,) * n_seeds, nothing)

    def seed_probs(self, seed_logits: FloatArray) -> FloatArray:
        """Probability of MI by each seed, ``(s, ...)`` to the same shape."""
        pairs = zip(self.seeds, seed_logits, strict=True)
        return np.stack([np.asarray(one.apply(logits)) for one, logits in pairs])

    def probs(self, seed_logits: FloatArray) -> FloatArray:
        """Probability of MI by the ensemble, ``(s, n)`` to ``(n,)``."""
        mean = np.asarray(seed_logits).mean(axis=0)
        return np.asarray(self.ensemble.apply(mean), dtype=np.float64)

    def metrics(self, judged: LabelledEnsemble, threshold: float = 0.5) -> Metrics:
        """All figures of the ensemble, with 95 % bootstrap intervals over patients."""
        probs = self.probs(judged.seed_logits)
        return evaluate(judged.labels, probs, threshold=threshold, clusters=judged.patients)


def is_main(ensemble: Ensemble) -> bool:
    """Say whether it is one of the study's six: both architectures on A, C and D."""
    return ensemble.shipped and ensemble.arch in main_archs() and ensemble.train_set in MAIN_SETS


def main_ensembles(ensembles: Iterable[Ensemble]) -> list[Ensemble]:
    """Return the study's main ensembles; all where none of them is there."""
    given = list(ensembles)
    return [one for one in given if is_main(one)] or given


def disagreement(probs: ArrayLike) -> FloatArray:
    """Return how far ensembles disagree: highest minus lowest probability of MI.

    Parameters
    ----------
    probs
        ``(k, ...)`` of the `main_ensembles`.

    Examples
    --------
    >>> float(disagreement([0.25, 0.5, 0.75]))
    0.5
    """
    return np.asarray(np.ptp(np.asarray(probs, dtype=np.float64), axis=0))


def study_names(offered: Iterable[Ensemble]) -> list[str]:
    """Name the shipped ensembles on the study's training sets; without any, all."""
    given = list(offered)
    study = [one.name for one in given if one.shipped and one.train_set in mi.STUDY_SETS]
    return study or [one.name for one in given]


def shipped_twin(ensemble: Ensemble, ensembles: Iterable[Ensemble]) -> Ensemble | None:
    """Return the shipped ensemble on the same training set, of the same architecture if any."""
    twins = [one for one in ensembles if one.shipped and one.train_set == ensemble.train_set]
    return min(twins, key=lambda one: one.arch != ensemble.arch, default=None)


def telling_record(own: LabelledEnsemble, twin: LabelledEnsemble | None = None) -> int:
    """Return the MI record on which an ensemble's probability differs most from its twin's.

    Parameters
    ----------
    own
        On records of which at least one is labelled MI.
    twin
        Another ensemble on the same records; without it, the record of which `own` is least sure.
    """
    probs = expit(own.logits)
    gap = -np.abs(probs - 0.5) if twin is None else np.abs(probs - expit(twin.logits))
    return int(own.ids[np.where(own.labels == 1, gap, -np.inf).argmax()])


def trained_on(ensemble: Ensemble) -> str:
    """Say in words what an ensemble was trained on, with numbers from its card."""
    card, n_seeds = ensemble.members[0].card, len(ensemble.members)
    key = ensemble.members[0].key
    words = task_named(key.task).train_set(key.train_set).words
    if key.task == mi.NAME:
        words += ", with normals"
    seeds = f"seed {ensemble.seeds[0]}" if n_seeds == 1 else f"{n_seeds} seeds"
    return (
        f"{words}: {card.n_train:,} records, {card.n_train_mi:,} MI ({card.data_version}, {seeds})"
    )


def _place(group: Ensemble) -> tuple[bool, int, int, str]:
    sets = task_named(group.members[0].key.task).train_set_names
    place = sets.index(group.train_set)
    return (not group.shipped, arch_place(group.arch), place, group.name)
