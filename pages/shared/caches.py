"""The caches of the dashboard, each bounded; those of Compare and Reliability add to them.

Modules that need torch are imported inside the functions that use them, so that Browse and
Reliability open without waiting for it.
"""

from __future__ import annotations

import importlib
import logging
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from ecgcore.errors import ModelError
from ecgcore.jobs.store import JobStore
from ecgcore.models import cards
from ecgcore.models.cards import ModelEntry
from ecgcore.predictions import labelled
from ecgcore.predictions.decision import RECORDS, DecisionRule, DecisionSettings
from ecgcore.predictions.ensemble import (
    Ensemble,
    EnsembleCalibrator,
    LabelledEnsemble,
    ensemble_by_name,
    ensembles_of,
    main_ensembles,
)
from ecgcore.predictions.leakage import SeenInTraining
from ecgcore.predictions.store import load_predictions, wide_predictions
from ecgcore.ptbxl.catalog import PTBXL_VERSION, Catalog, open_catalog
from ecgcore.ptbxl.quality_table import QUALITY, load_quality, void_ids
from ecgcore.ptbxl.store import Recordings, open_recordings
from ecgcore.review.case_list import predictions_of, withhold
from ecgcore.settings import Settings
from ecgcore.signals.measure.measure import Measurements, measure
from ecgcore.signals.quality import Quality, assess
from ecgcore.stats.calibration.calibrators import CalibratorName
from ecgcore.tasks import mi
from ecgcore.training.submit import missing_ids

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from ecgcore.models.predictor import Prediction, Predictor
    from ecgcore.predictions.labelled import LabelledLogits
    from ecgcore.records import EcgRecord
    from ecgcore.stats.metrics import Metrics
    from pages.shared.case import ReadableCase


def settings() -> Settings:
    """Folders of this server."""
    return Settings.from_env()


@st.cache_resource(max_entries=1, show_spinner=False)
def warm_up() -> threading.Thread:
    """Import torch and captum beside the first page, so that the first case opens at once."""
    thread = threading.Thread(target=_import_torch, daemon=True)
    thread.start()
    return thread


def _import_torch() -> None:
    importlib.import_module("ecgcore.report.printout")  # 2 ways into Matplotlib break both
    importlib.import_module("ecgcore.explain.methods")
    from ecgcore.threads import limit_library_threads

    limit_library_threads(1)  # sessions share the cores


@st.cache_resource(max_entries=2, show_spinner="Opening the recordings …")
def recordings() -> Recordings:
    """Open the data set, shared by all readers."""
    return open_recordings(open_catalog(settings()))


def catalog() -> Catalog:
    """Tables of the open data set."""
    return recordings().catalog


def job_store() -> JobStore:
    """Open the job table."""
    return JobStore(settings().runs_dir / "jobs.sqlite")


def n_missing(train_set: str, task: str = mi.NAME) -> int:
    """How many recordings a training on this set lacks on this disk."""
    return _n_missing(str(catalog().folder), train_set, task)


def models(task: str | None = mi.NAME) -> tuple[ModelEntry, ...]:
    """Shipped models and finished runs of a task, or of all tasks (None).

    They are read anew, so that a new run needs no restart.
    """
    return cards.list_models(settings().pretrained_dir, settings().runs_dir, task)


def model(name: str) -> ModelEntry:
    """Find the model of this name, of any task; ModelError if there is none."""
    return cards.by_name(models(None), name)


@st.cache_data(max_entries=256, show_spinner=False)
def read_record(ecg_id: int) -> EcgRecord:
    """One recording as the models see it, at 100 Hz; RecordError if it cannot be read."""
    return recordings().read(ecg_id)


@st.cache_data(max_entries=64, show_spinner=False)
def read_display(ecg_id: int) -> EcgRecord:
    """One recording at its best rate; RecordError if it cannot be read."""
    return recordings().read_display(ecg_id)


def measurements(case: ReadableCase) -> Measurements:
    """Rate, intervals, axes and amplitudes of a case."""
    return _measurements(case.key, case.display)


def quality(case: ReadableCase) -> Quality:
    """Signal quality of a case."""
    return _quality(case.key, case.display)


def ensembles() -> tuple[Ensemble, ...]:
    """Shipped models grouped over their seeds, then local runs."""
    return ensembles_of(models())


def labelled_ensemble(
    ensemble: Ensemble, test_set: str, data_version: str, split: str = "test"
) -> LabelledEnsemble:
    """Logits beside the labels of a test set, or of its rule in fold 9 ("val")."""
    return _labelled_ensemble(ensemble.name, ensemble.checksum, test_set, data_version, split)


def fold9_version(ensemble: Ensemble) -> str:
    """Name the data set whose fold 9 everything about an ensemble is fitted on.

    It is PTB-XL, also where another data set is open; for a local run, the data set that it was
    trained on.
    """
    return PTBXL_VERSION if ensemble.shipped else ensemble.members[0].card.data_version


def fold9(ensemble: Ensemble) -> LabelledEnsemble:
    """Give the records of fold 9 that an ensemble's rule is fitted on; ModelError without."""
    return labelled_ensemble(ensemble, RECORDS, fold9_version(ensemble), "val")


def calibrator(ensemble: Ensemble, name: CalibratorName) -> EnsembleCalibrator:
    """Give an ensemble's calibrator, the same on every page: fitted on fold 9 with all labels."""
    return test_set_calibrator(ensemble, name, fold9_version(ensemble), RECORDS)


def test_set_calibrator(
    ensemble: Ensemble, name: CalibratorName, data_version: str, test_set: str
) -> EnsembleCalibrator:
    """Give a calibrator fitted on the fold-9 records of a test set's rule, to be compared."""
    return _calibrator(ensemble.name, ensemble.checksum, name, data_version, test_set)


def decision_rule(ensemble: Ensemble, chosen: DecisionSettings) -> DecisionRule:
    """Give the rule of an ensemble, the same on every page.

    Raises
    ------
    ModelError
        If a calibrator or a target sensitivity is asked for and fold 9 is missing.
    """
    return _decision_rule(ensemble.name, ensemble.checksum, chosen)


def ensemble_logits(
    case: ReadableCase, ensemble: Ensemble
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Logits ``(s,)`` of an ensemble's seeds on a case, stored or predicted now, with warnings.

    Raises
    ------
    ModelError
        If a model is damaged.
    RecordError
        If the recording does not fit the models.
    """
    if (stored := stored_case_logits(case, ensemble)) is not None:
        return stored, ()
    made = predictions(case, ensemble.members)
    warnings = tuple(dict.fromkeys(text for one in made for text in one.warnings))
    return np.array([one.logit for one in made]), warnings


def stored_case_logits(case: ReadableCase, ensemble: Ensemble) -> NDArray[np.float64] | None:
    """Read the shipped logits ``(s,)`` of a case, if it is an open record with any."""
    if case.entry is None or not ensemble.shipped:
        return None
    return stored_ensemble_logits(case.entry.ecg_id, ensemble)


def stored_ensemble_logits(
    ecg_id: int | NDArray[np.int64], ensemble: Ensemble
) -> NDArray[np.float64] | None:
    """Read the shipped logits, ``(s,)`` or ``(s, n)``, of an ensemble on open records, if any."""
    try:
        table = _stored_table(catalog().version)
    except ModelError:  # no file of predictions, which the models themselves do not need
        return None
    names = [entry.name for entry in ensemble.members]
    if table is None:
        return None
    find = table.index.get_loc if np.ndim(ecg_id) == 0 else table.index.get_indexer
    try:
        columns = [table.columns.get_loc(name) for name in names]
        rows = np.asarray(find(ecg_id))
    except KeyError:
        return None
    if (rows < 0).any():
        return None
    return np.asarray(table.to_numpy()[rows][..., columns].T, dtype=np.float64)


def predictions(case: ReadableCase, entries: Sequence[ModelEntry]) -> list[Prediction]:
    """Predictions of a case by several models; those not asked before answer two at a time.

    Raises
    ------
    ModelError
        If a model is damaged.
    RecordError
        If the recording does not fit the models.
    """
    from ecgcore.models.predictor import predict

    known = _predictions(case.key)
    names = {entry: (entry.name, entry.card.weights_sha256) for entry in entries}
    if new := [predictor(entry) for entry in entries if names[entry] not in known]:
        known |= {names[one.model]: one for one in predict(new, case.record)[0]}
    return [known[names[entry]] for entry in entries]


@st.cache_resource(max_entries=64, show_spinner="Looking up the training data …")
def seen_in_training(data_version: str, train_set: str, seed: int) -> SeenInTraining:
    """Find the open data's records behind a training set; immutable, shared by all readers."""
    return SeenInTraining.of(catalog().frame, train_set, seed)


def predictor(entry: ModelEntry) -> Predictor:
    """Load a model, shared by all readers; ModelError if it is damaged."""
    return _predictor(entry.name, entry.card.weights_sha256)


@st.cache_data(max_entries=12, show_spinner="Reading the models' predictions …")
def said(data_version: str, chosen: DecisionSettings) -> pd.DataFrame | None:
    """Apply `predictions_of` to every record that may have a verdict; None without any."""
    table = _stored_table(data_version)
    if table is None:
        return None
    stored = [
        one
        for one in ensembles()
        if one.shipped and {entry.name for entry in one.members} <= set(table.columns)
    ]
    rules = [decision_rule(one, chosen) for one in main_ensembles(stored)]
    return withhold(predictions_of(table, rules), void_ids(data_version, settings().pretrained_dir))


@st.cache_data(max_entries=4, show_spinner="Reading the signals' quality …")
def quality_table(data_version: str) -> pd.DataFrame | None:
    """Signal quality of every record by ``ecg_id``; None where no table ships."""
    path = QUALITY.path(data_version, settings().pretrained_dir)
    return load_quality(path, data_version) if path is not None else None


def label_groups(data_version: str) -> pd.Series[str]:
    """Label group of each record of the cohort, by ``ecg_id``."""
    return _cohort(data_version)["group"]


@st.cache_data(max_entries=4, show_spinner="Counting the test sets …")
def test_counts(data_version: str) -> dict[str, int]:
    """Test records in each group of the cohort."""
    cohort = _cohort(data_version)
    groups = cohort.loc[cohort["split"] == "test", "group"]
    return {str(group): int(n) for group, n in groups.value_counts().items()}


def metrics(entry: ModelEntry, test_set: str, data_version: str) -> Metrics:
    """Figures of one model on a test set, with bootstrap intervals."""
    return _metrics(entry.name, entry.card.weights_sha256, test_set, data_version)


@st.cache_resource(max_entries=2, show_spinner="Reading the stored predictions …")
def _stored_table(data_version: str) -> pd.DataFrame | None:
    """Logits by ``ecg_id`` with a column for each shipped model; None where nothing ships."""
    path = labelled.shipped_predictions(data_version, settings().pretrained_dir)
    return wide_predictions(load_predictions(path)) if path is not None else None


@st.cache_resource(max_entries=4, show_spinner="Reading the labels …")
def _cohort(data_version: str) -> pd.DataFrame:
    """Labels of a data set; shared by all readers, so that nobody may write into it."""
    return labelled.cohort_of(data_version, settings().pretrained_dir, recordings())


@st.cache_data(max_entries=8, ttl=30, show_spinner="Looking for the recordings …")
def _n_missing(folder: str, train_set: str, task: str) -> int:
    return len(missing_ids(recordings(), train_set, task))


@st.cache_resource(max_entries=96, show_spinner="Loading the models …")
def _predictor(name: str, checksum: str) -> Predictor:
    from ecgcore.models.predictor import Predictor

    return Predictor.open(model(name))


@st.cache_resource(max_entries=128, show_spinner=False)
def _predictions(key: str) -> dict[tuple[str, str], Prediction]:
    """Keep what was predicted of a recording, by the name and the checksum of the model."""
    return {}


@st.cache_data(max_entries=256, show_spinner=False)
def _measurements(key: str, _record: EcgRecord) -> Measurements:
    return measure(_record)


@st.cache_data(max_entries=256, show_spinner=False)
def _quality(key: str, _record: EcgRecord) -> Quality:
    return assess(_record)


@st.cache_data(max_entries=256, show_spinner="Reading the predictions …")
def _judged(
    name: str, checksum: str, test_set: str, data_version: str, split: str = "test"
) -> LabelledLogits:
    entry = model(name)
    stored = labelled.stored_predictions(entry, data_version, settings().pretrained_dir)
    return labelled.judge(
        entry,
        test_set,
        data_version,
        pretrained_dir=settings().pretrained_dir,
        recordings=recordings(),
        predictor=None if stored is not None else _predictor(name, checksum),
        split=split,
    )


@st.cache_data(max_entries=256, show_spinner="Reading the predictions …")
def _labelled_ensemble(
    name: str, checksum: str, test_set: str, data_version: str, split: str
) -> LabelledEnsemble:
    ensemble = ensemble_by_name(ensembles(), name)
    table = _stored_table(data_version) if ensemble.shipped else None
    if table is not None:
        cohort = _cohort(data_version)
        return LabelledEnsemble.from_table(ensemble, table, cohort, test_set, split)
    return LabelledEnsemble.of(
        [
            _judged(entry.name, entry.card.weights_sha256, test_set, data_version, split)
            for entry in ensemble.members
        ]
    )


@st.cache_resource(max_entries=256, show_spinner="Fitting the calibrator …")
def _calibrator(
    ensemble: str, checksum: str, name: CalibratorName, data_version: str, test_set: str
) -> EnsembleCalibrator:
    if name == "raw":
        n_seeds = len(ensemble_by_name(ensembles(), ensemble).members)
        return EnsembleCalibrator.raw(n_seeds, test_set)
    validation = _labelled_ensemble(ensemble, checksum, test_set, data_version, "val")
    return EnsembleCalibrator.fit(name, test_set, validation)


@st.cache_resource(max_entries=512, show_spinner="Reading fold 9 …")
def _decision_rule(name: str, checksum: str, chosen: DecisionSettings) -> DecisionRule:
    ensemble, records = ensemble_by_name(ensembles(), name), None
    fitted = calibrator(ensemble, chosen.calibrator)
    try:
        records = fold9(ensemble)
    except ModelError as error:
        logging.getLogger(__name__).warning("no verdicts by %s: %s", ensemble.label, error)
    return DecisionRule.fit(ensemble, chosen, fitted, records)


@st.cache_data(max_entries=256, show_spinner="Drawing bootstrap samples …")
def _metrics(name: str, checksum: str, test_set: str, data_version: str) -> Metrics:
    return _judged(name, checksum, test_set, data_version).metrics()
