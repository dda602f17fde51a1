"""Every cache of the dashboard, each bounded; pages ask here and nowhere else.

Modules that need torch are imported inside the functions that use them, so that Browse and
Reliability open without waiting for it.
"""

from __future__ import annotations

import importlib
import threading
from typing import TYPE_CHECKING

import streamlit as st

from ecgcore.errors import ModelError
from ecgcore.evaluate.calibration import ReliabilityCurve, Strategy, reliability_curve
from ecgcore.jobs.store import JobStore
from ecgcore.models import cards, scoreboard
from ecgcore.models.cards import ModelEntry
from ecgcore.models.predictions import load_predictions, prob_spread
from ecgcore.ptbxl.catalog import Catalog, open_catalog
from ecgcore.ptbxl.exposure import Exposure
from ecgcore.ptbxl.quality_table import load_quality, shipped_quality
from ecgcore.ptbxl.store import Recordings, open_recordings
from ecgcore.settings import Settings
from ecgcore.signals.measure import Measurements, measure
from ecgcore.signals.quality import Quality, assess
from ecgcore.training.submit import missing_ids

if TYPE_CHECKING:
    import pandas as pd

    from ecgcore.evaluate.metrics import Metrics
    from ecgcore.explain.attribution import Attribution
    from ecgcore.models.predictor import Prediction, Predictor
    from ecgcore.models.scoreboard import Judged
    from ecgcore.records import EcgRecord
    from pages._ui.case import Case


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
    import torch

    torch.set_num_threads(1)  # sessions share the cores; waiting threads of torch would spin
    importlib.import_module("ecgcore.explain.methods")


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


def n_missing(train_set: str) -> int:
    """How many recordings a training on this set lacks on this disk."""
    return _n_missing(str(catalog().folder), train_set)


def models() -> tuple[ModelEntry, ...]:
    """Shipped models and finished runs, read anew, so that a new run needs no restart."""
    return cards.list_models(settings().pretrained_dir, settings().runs_dir)


def model(name: str) -> ModelEntry:
    """Find the model of this name; ModelError if there is none."""
    return cards.by_name(models(), name)


@st.cache_data(max_entries=256, show_spinner=False)
def read_record(ecg_id: int) -> EcgRecord:
    """One recording as the models see it, at 100 Hz; RecordError if it cannot be read."""
    return recordings().read(ecg_id)


@st.cache_data(max_entries=64, show_spinner=False)
def read_display(ecg_id: int) -> EcgRecord:
    """One recording at its best rate; RecordError if it cannot be read."""
    return recordings().read_display(ecg_id)


def measurements(case: Case) -> Measurements:
    """Rate, intervals, axes and amplitudes of a readable case."""
    return _measurements(case.key, case.display)


def quality(case: Case) -> Quality:
    """Signal quality of a readable case."""
    return _quality(case.key, case.display)


def predictor(entry: ModelEntry) -> Predictor:
    """Load a model, shared by all readers; ModelError if it is damaged."""
    return _predictor(entry.name, entry.card.weights_sha256)


def opinion(case: Case, entry: ModelEntry) -> tuple[Prediction, tuple[str, ...]]:
    """One model's opinion on a readable case, with warnings; ModelError or RecordError without."""
    return _opinion(case.key, entry.name, entry.card.weights_sha256, case.record)


def stored_logits(ecg_id: int) -> pd.Series[float]:
    """Read the shipped models' stored logits for a record, indexed by (arch, set, seed)."""
    return _stored_logits(catalog().version, ecg_id)


@st.cache_resource(max_entries=64, show_spinner="Looking up the training data …")
def exposure(data_version: str, train_set: str, seed: int) -> Exposure:
    """Find the open data's records behind a training set; immutable, shared by all readers."""
    return Exposure.of(catalog().frame, train_set, seed)


def attribution(case: Case, entry: ModelEntry, method: str) -> Attribution:
    """Explain one model on a readable case; ModelError or RecordError if that cannot be done."""
    return _attribution(case.key, entry.name, entry.card.weights_sha256, method, case.record)


@st.cache_data(max_entries=4, show_spinner="Reading the models' predictions …")
def spread(data_version: str) -> pd.Series[float] | None:
    """Disagreement of the shipped models by ``ecg_id``; None where nothing is predicted."""
    path = scoreboard.shipped_predictions(data_version, settings().pretrained_dir)
    return prob_spread(load_predictions(path)) if path is not None else None


@st.cache_data(max_entries=4, show_spinner="Reading the signals' quality …")
def quality_table(data_version: str) -> pd.DataFrame | None:
    """Signal quality of every record by ``ecg_id``; None where no table ships."""
    path = shipped_quality(data_version, settings().pretrained_dir)
    return load_quality(path, data_version) if path is not None else None


@st.cache_data(max_entries=4, show_spinner="Counting the test sets …")
def test_counts(data_version: str) -> dict[str, int]:
    """Test records in each group of the cohort."""
    cohort = scoreboard.cohort_of(data_version, settings().pretrained_dir, recordings())
    groups = cohort.loc[cohort["split"] == "test", "group"]
    return {str(group): int(n) for group, n in groups.value_counts().items()}


def judged(entry: ModelEntry, test_set: str, data_version: str) -> Judged:
    """One model's logits beside the labels of a test set."""
    return _judged(entry.name, entry.card.weights_sha256, test_set, data_version)


def metrics(entry: ModelEntry, test_set: str, data_version: str) -> Metrics:
    """Figures of one model on a test set, with bootstrap intervals."""
    return _metrics(entry.name, entry.card.weights_sha256, test_set, data_version)


def curve(
    entry: ModelEntry, test_set: str, data_version: str, n_bins: int, strategy: Strategy
) -> ReliabilityCurve:
    """Reliability curve of one model on a test set."""
    mine = judged(entry, test_set, data_version)
    return reliability_curve(mine.labels, mine.probs, n_bins, strategy)


@st.cache_data(max_entries=256, show_spinner="Reading the stored predictions …")
def _stored_logits(data_version: str, ecg_id: int) -> pd.Series[float]:
    path = scoreboard.shipped_predictions(data_version, settings().pretrained_dir)
    if path is None:
        raise ModelError(f"No predictions for {data_version} ship with the project.")
    frame = load_predictions(path)
    return frame[frame["ecg_id"] == ecg_id].set_index(["arch", "train_set", "seed"])["logit"]


@st.cache_data(max_entries=8, ttl=30, show_spinner="Looking for the recordings …")
def _n_missing(folder: str, train_set: str) -> int:
    return len(missing_ids(recordings(), train_set))


@st.cache_resource(max_entries=24, show_spinner="Loading the models …")
def _predictor(name: str, checksum: str) -> Predictor:
    from ecgcore.models.predictor import Predictor

    return Predictor.open(model(name))


@st.cache_data(max_entries=2048, show_spinner=False)
def _opinion(
    key: str, name: str, checksum: str, _record: EcgRecord
) -> tuple[Prediction, tuple[str, ...]]:
    from ecgcore.models.predictor import predict

    predictions, warnings = predict([_predictor(name, checksum)], _record)
    return predictions[0], warnings


@st.cache_data(max_entries=128, show_spinner="Explaining …")
def _attribution(
    key: str, name: str, checksum: str, method: str, _record: EcgRecord
) -> Attribution:
    from ecgcore.explain.methods import explain

    return explain(_predictor(name, checksum), _record, method)


@st.cache_data(max_entries=256, show_spinner=False)
def _measurements(key: str, _record: EcgRecord) -> Measurements:
    return measure(_record)


@st.cache_data(max_entries=256, show_spinner=False)
def _quality(key: str, _record: EcgRecord) -> Quality:
    return assess(_record)


@st.cache_data(max_entries=256, show_spinner="Reading the predictions …")
def _judged(name: str, checksum: str, test_set: str, data_version: str) -> Judged:
    entry = model(name)
    stored = scoreboard.stored_predictions(entry, data_version, settings().pretrained_dir)
    return scoreboard.judge(
        entry,
        test_set,
        data_version,
        pretrained_dir=settings().pretrained_dir,
        recordings=recordings(),
        predictor=None if stored is not None else _predictor(name, checksum),
    )


@st.cache_data(max_entries=256, show_spinner="Drawing bootstrap samples …")
def _metrics(name: str, checksum: str, test_set: str, data_version: str) -> Metrics:
    return _judged(name, checksum, test_set, data_version).metrics()
