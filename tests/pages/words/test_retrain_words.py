"""Sentences of Retrain."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from ecgcore.jobs.store import Job, JobStatus, JobStore
from ecgcore.tasks.mi import MI
from ecgcore.training.spec import TrainSpec
from ecgcore.training.submit import HISTORY, RunView, submit
from ecgcore.wording.jobs import STATUSES
from pages.training import form, runs

SPEC = TrainSpec("bimamba2", "C", 5, "/data", epochs=5)


def view(*aurocs: float, **more: object) -> RunView:
    """A run of five epochs with these validation AUROCs so far, 60 s each."""
    rows = [(k + 1, 0.5, 0.6, auroc, 60.0) for k, auroc in enumerate(aurocs)]
    start = {"reading": False, "spec": SPEC, "history": pd.DataFrame(rows, columns=list(HISTORY))}
    return RunView(**{**start, **more})


class Store:
    """A job table with at most one running job."""

    def __init__(self, job: Job | None = None) -> None:
        self.job = job

    def running(self) -> Job | None:
        return self.job


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A run that is under way."""
    queued = submit(SPEC, tmp_path / "runs", JobStore(tmp_path / "jobs.sqlite"))
    return replace(queued, status=JobStatus.RUNNING)


@pytest.mark.parametrize(
    ("state", "share", "words"),
    [
        (view(judge=3), 0.0, "Looking for doubtful MI records: judge 3 of 4 learns …"),
        (view(), 0.0, "Epoch 1 of 5"),
        (view(step=5, steps=10), 0.1, "Epoch 1 of 5, batch 5 of 10"),
        (view(0.8, 0.9, step=5, steps=10), 0.5, "Epoch 3 of 5, batch 5 of 10 · at most 2 min left"),
        (view(0.8, 0.9, 0.9, 0.9), 0.8, "Epoch 5 of 5 · at most 1 min left"),
        (view(0.8, 0.9, 0.9, 0.9, 0.9), 1.0, "Evaluating the model on the test sets …"),
    ],
)
def test_progress_in_words(job: Job, state: RunView, share: float, words: str) -> None:
    assert runs.progress_words(job, state) == (pytest.approx(share), words)


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.0, "Reading the recordings: 2 min so far"),
        (0.25, "Reading the recordings: 2 min so far, 25 % · about 6 min left"),
    ],
)
def test_reading_has_a_clock(job: Job, share: float, words: str) -> None:
    begun = replace(job, started_at=datetime.now(UTC) - timedelta(minutes=2))
    assert runs.progress_words(begun, view(reading=True, read_share=share)) == (0.0, words)


def test_a_run_that_was_asked_to_stop_says_so_first(job: Job) -> None:
    stopping = replace(job, cancel_requested=True)
    assert runs.progress_words(stopping, view(reading=True))[1] == "Stopping …"


@pytest.mark.parametrize(
    ("waited_s", "words"),
    [(9.0, "Waiting to be started …"), (11.0, "Waiting, and nothing runs: this dashboard was")],
)
def test_a_run_that_nobody_starts_says_why(
    job: Job, monkeypatch: pytest.MonkeyPatch, waited_s: float, words: str
) -> None:
    monkeypatch.setattr(runs.caches, "job_store", Store)
    created = datetime.now(UTC) - timedelta(seconds=waited_s)
    queued = replace(job, status=JobStatus.QUEUED, created_at=created)
    assert runs.progress_words(queued, view())[1].startswith(words)


def test_a_run_waits_for_another_never_for_itself(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued = replace(job, status=JobStatus.QUEUED)
    monkeypatch.setattr(runs.caches, "job_store", lambda: Store(replace(job, id=7)))
    assert runs.progress_words(queued, view())[1] == "Waiting for run 7 to end"
    monkeypatch.setattr(runs.caches, "job_store", lambda: Store(queued))
    assert runs.progress_words(queued, view())[1] == "Waiting to be started …"


def test_what_a_stopped_run_keeps() -> None:
    assert runs.stopped_words(view()).startswith("No epoch was finished")
    assert runs.stopped_words(view(0.8)).startswith("1 of 5 epochs are kept")


def test_the_best_epoch_is_the_one_of_highest_auroc() -> None:
    assert runs.best_words(view()) == ""
    assert runs.best_words(view(0.8, 0.912, 0.9)) == "0.912 (epoch 2)"
    assert runs.curves_alt(view()) == "Loss and AUROC by epoch, still empty"
    assert runs.curves_alt(view(0.8, 0.912, 0.9)) == (
        "Loss and AUROC over 3 epochs; best validation AUROC 0.912 (epoch 2)"
    )


def test_every_status_has_its_word_and_look() -> None:
    assert set(STATUSES) == set(runs.COLORS) == set(JobStatus)
    assert set(runs.ACTIVE) | set(runs.RESUMABLE) | {JobStatus.DONE} == set(JobStatus)


def test_missing_recordings_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(form.caches, "n_missing", lambda *_: 0)
    assert form.missing_words("C") == ""
    monkeypatch.setattr(form.caches, "n_missing", lambda *_: 1)
    assert "not on this disk (1)" in form.missing_words("C")


def test_the_duration_is_a_range_that_says_when_it_is_shorter(
    monkeypatch: pytest.MonkeyPatch, synthetic_catalog
) -> None:
    monkeypatch.setattr(form.caches, "catalog", lambda: synthetic_catalog)
    monkeypatch.setattr(form, "expected_seconds", lambda *_: 40.0)
    assert form.time_words(SPEC) == (
        f"About 1½ to 4 minutes, less if validation stops improving for {SPEC.patience} epochs. "
        "Runs queue one after another and continue if you close the page."
    )
    assert form.set_caption(MI, MI.train_set("A"), 0) == "43 MI, 88 normal"
