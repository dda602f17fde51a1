"""Parts of the Retrain page: words, tables and the choice of the run that is shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from ecgcore.errors import EcgError, JobError
from ecgcore.jobs.store import Job, JobStatus
from ecgcore.models.cards import ModelEntry
from ecgcore.predictions.ensemble import (
    Ensemble,
    LabelledEnsemble,
    ensemble_by_name,
    shipped_twin,
    study_names,
    telling_record,
)
from ecgcore.ptbxl import synthetic
from ecgcore.tasks import mi
from ecgcore.tasks.registry import task_named
from ecgcore.training.spec import TrainSpec
from ecgcore.training.submit import N_JUDGES, RunView, read_run
from ecgcore.wording.jobs import STATUSES
from ecgcore.wording.numbers import duration
from pages.case.labels import METHODS
from pages.shared import caches, evaluation_caches
from pages.shared.errors import without_folders

if TYPE_CHECKING:
    from pages.shared.widgets import BadgeColor

ACTIVE = (JobStatus.QUEUED, JobStatus.RUNNING)
STALLED_S = 600.0
"""Evaluating a model on the test sets, the longest silence of a run, takes a few minutes."""

RESUMABLE = (JobStatus.INTERRUPTED, JobStatus.FAILED, JobStatus.CANCELLED)
COLORS: dict[JobStatus, BadgeColor] = {
    JobStatus.QUEUED: "gray",
    JobStatus.RUNNING: "blue",
    JobStatus.DONE: "green",
    JobStatus.FAILED: "red",
    JobStatus.CANCELLED: "orange",
    JobStatus.INTERRUPTED: "orange",
}
"""Colour of each status."""

SYNTHETIC_WORDS = (
    "SYNTHETIC recordings: no patient stands behind them. A run shows how training works; its "
    "result says nothing about patients."
)
NO_SUPERVISOR_S = 10
_URL = "job"


def chosen_job(jobs: Sequence[Job]) -> Job | None:
    """Return the job of the URL, else the one under way, else the newest; None without any.

    The table that chooses cannot be bound to the URL, so it is read and written here.

    Raises
    ------
    JobError
        If the URL names a job that is not in the table.
    """
    asked = st.query_params.get(_URL)
    if asked is None:
        under_way = [job for job in jobs if job.status in ACTIVE]
        return next(reversed(under_way or list(jobs[:1])), None)
    for job in jobs:
        if str(job.id) == asked:
            return job
    raise JobError(f"There is no run {asked[:20]!r} here. Choose one from the list of runs below.")


def show_job(job: Job) -> None:
    """Put a job into the URL, so that a reload and a bookmark find it again."""
    if st.query_params.get(_URL) != str(job.id):
        st.query_params[_URL] = str(job.id)


def show_picked(key: str, ids: Sequence[int]) -> None:
    """Put the job whose row was clicked into the URL."""
    if rows := st.session_state[key].selection.rows:
        st.query_params[_URL] = str(ids[rows[0]])


def progress_words(job: Job, view: RunView) -> tuple[float, str]:
    """Share of the work that is done, 0 to 1, and what is going on in words."""
    share = (view.epochs_done + _in_epoch(view)) / max(view.epochs, 1)
    if job.status == JobStatus.QUEUED:
        return share, _waiting(job)
    if job.cancel_requested:
        return share, "Stopping …"
    if view.reading:
        return share, reading_words(job, view)
    if view.judge:
        return share, f"Looking for doubtful MI records: judge {view.judge} of {N_JUDGES} learns …"
    if view.epochs_done >= view.epochs:
        return 1.0, "Evaluating the model on the test sets …"
    batch = f", batch {view.step} of {view.steps}" if view.steps else ""
    left = view.seconds_left
    time_left = "" if left is None else f" · at most {duration(left)} left"
    return share, f"Epoch {view.epochs_done + 1} of {view.epochs}{batch}{time_left}"


def stalled_words(job: Job, view: RunView) -> str:
    """Say that a run gives no sign of life; empty while it does."""
    if job.status != JobStatus.RUNNING or view.quiet_s < STALLED_S:
        return ""
    return (
        f"No sign of progress for {duration(view.quiet_s)}. Cancel the run and resume it: it goes "
        "on after its last finished epoch."
    )


def reading_words(job: Job, view: RunView) -> str:
    """Say how far the reading is, how long it has taken and how long it may still take."""
    begun = job.started_at or job.created_at
    so_far = (datetime.now(UTC) - begun).total_seconds()
    words = f"Reading the recordings: {duration(so_far)} so far"
    if not view.read_share:
        return words
    left = so_far * (1 / view.read_share - 1)
    return f"{words}, {100 * view.read_share:.0f} % · about {duration(left)} left"


def _in_epoch(view: RunView) -> float:
    return view.step / view.steps if view.steps else 0.0


def _waiting(job: Job) -> str:
    store = caches.job_store()
    if (running := store.running()) is not None and running.id != job.id:
        return f"Waiting for run {running.id} to end"
    waited = (datetime.now(UTC) - job.created_at).total_seconds()
    if waited < NO_SUPERVISOR_S:
        return "Waiting to be started …"
    return (
        "Waiting, and nothing runs: this dashboard was started without its job service. "
        "Start it with `streamlit run app.py`."
    )


def stopped_words(view: RunView) -> str:
    """Say from where a stopped run would go on."""
    if not view.epochs_done:
        return "No epoch was finished; resuming starts from the beginning."
    return (
        f"{view.epochs_done} of {view.epochs} epochs are kept; resuming goes on after them and "
        "gives the same model as a run without interruption."
    )


def best_words(view: RunView) -> str:
    """Give the best epoch so far with its validation score; empty before the first epoch."""
    if view.history.empty:
        return ""
    best = view.history.loc[view.history["val_score"].idxmax()]
    return f"{best['val_score']:.3f} (epoch {int(best['epoch'])})"


def score_of(view: RunView) -> str:
    """Name the score that chooses the epoch."""
    return (view.spec.chosen_task if view.spec else task_named(mi.NAME)).score.words


def curves_alt(view: RunView) -> str:
    """Say what the curves show."""
    if view.history.empty:
        return f"Loss and {score_of(view)} by epoch, still empty"
    return (
        f"Loss and {score_of(view)} over {view.epochs_done} epochs; best validation "
        f"{score_of(view)} {best_words(view)}"
    )


def model_of(job: Job) -> ModelEntry | None:
    """Return the finished model of a job."""
    return next((entry for entry in caches.models(task=None) if entry.folder == job.run_dir), None)


def result_table(entry: ModelEntry) -> pd.DataFrame:
    """AUROC of a finished model on each test set, with its size and interval."""
    if entry.key.task != mi.NAME:
        return class_table(entry)
    version = entry.card.data_version
    rows = []
    for name in mi.TEST_SETS:
        try:
            found = caches.metrics(entry, name, version)
        except EcgError as error:
            rows.append((name, "", without_folders(str(error))))
            continue
        rows.append((name, f"{found.n:,} ({found.n_mi:,} MI)", found.auroc.text()))
    return pd.DataFrame(rows, columns=["Test set", "Records", "AUROC [95 % interval]"])


def class_table(entry: ModelEntry) -> pd.DataFrame:
    """AUROC of each class on the first test set of a task, and their mean, with intervals.

    The labels are those of the data that is open; without them the reason stands in the table.
    """
    test_set = task_named(entry.key.task).test_sets[0]
    if entry.card.data_version != caches.catalog().version:
        words = f"{entry.card.data_version} is not open"
        return pd.DataFrame([(test_set.name, words)], columns=["Test set", "AUROC"])
    try:
        found = evaluation_caches.class_figures(entry, test_set.name)
    except EcgError as error:
        return pd.DataFrame(
            [(test_set.name, without_folders(str(error)))], columns=["Test set", "AUROC"]
        )
    rows = [(one.name, f"{one.n_positive:,}", one.auroc.text()) for one in found.classes]
    rows.append((f"mean, {test_set.words}", f"{found.n:,}", found.macro_auroc.text()))
    return pd.DataFrame(rows, columns=["Class", "Records", "AUROC [95 % interval]"])


def card_words(entry: ModelEntry) -> str:
    """Say what a finished model was trained on and which epoch it is."""
    card, task = entry.card, task_named(entry.key.task)
    train_set = task.train_set(card.key.train_set)
    n_mi = f", {card.n_train_mi:,} MI" if mi.CLASS in task.classes else ""
    return (
        f"Trained on {card.data_version}, set {train_set.name} ({train_set.words}): "
        f"{card.n_train:,} records{n_mi}. Weights of epoch {card.best_epoch} of {card.epochs_run}, "
        f"chosen by the {task.score.words} on {card.n_val:,} validation records, "
        f"{dict(card.metrics)[f'val_{task.score.name}']:.3f}."
    )


def reliability_query(entry: ModelEntry) -> list[tuple[str, str]]:
    """Query that shows a model on Reliability beside the shipped ones of its architecture."""
    ensembles = caches.ensembles()
    own = ensemble_by_name(ensembles, entry.name)
    names = study_names(one for one in ensembles if one.shipped)
    alike = [one.name for one in ensembles if one.name in names and one.arch == own.arch]
    beside = [("models", name) for name in [*(alike or names), own.name]]
    return [("data_set", entry.card.data_version), *beside, ("focus", own.label)]


def review_query(entry: ModelEntry) -> dict[str, str]:
    """Query that opens the ambiguous record on which a model differs most from the shipped one."""
    query = {"model": entry.name, "method": METHODS["gradcam"]}
    try:
        return {"record": str(_telling(entry)), **query}
    except EcgError:  # Review opens its usual record
        return query


def _telling(entry: ModelEntry) -> int:
    """Find the uncertain MI of fold 10 on which a model and its shipped twin differ most."""
    ensembles, version = caches.ensembles(), entry.card.data_version
    own = ensemble_by_name(ensembles, entry.name)
    judged = caches.labelled_ensemble(own, "uncertain", version)
    return telling_record(judged, _twin_of(own, version))


def _twin_of(own: Ensemble, version: str) -> LabelledEnsemble | None:
    twin = shipped_twin(own, caches.ensembles())
    if twin is None:
        return None
    try:
        return caches.labelled_ensemble(twin, "uncertain", version)
    except EcgError:  # no predictions of it on this data set
        return None


def runs_table(jobs: Sequence[Job]) -> pd.DataFrame:
    """All runs, newest first."""
    return pd.DataFrame([_run_row(job, read_run(job.run_dir)) for job in jobs])


def _run_row(job: Job, view: RunView) -> dict[str, object]:
    return {
        "Run": job.id,
        "Model": job.title,
        "Data": _data_words(view.spec),
        "Status": STATUSES[job.status],
        "Epochs": f"{view.epochs_done} of {view.epochs}",
        "Task": (view.spec.chosen_task if view.spec else task_named(mi.NAME)).title,
        "Best validation score": best_words(view),
        "Queued": job.created_at,
        "Training took": "" if view.minutes is None else duration(60 * view.minutes),
    }


def _data_words(spec: TrainSpec | None) -> str:
    if spec is None:
        return "unknown"
    folder = Path(spec.data_dir)
    return "synthetic" if synthetic.is_synthetic(folder) else folder.name
