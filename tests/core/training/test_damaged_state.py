"""Damaged rows, lines and files are left out or refused in words; nothing else is raised."""

import json
import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ecgcore.errors import JobError
from ecgcore.jobs import progress
from ecgcore.jobs.store import Job, JobStatus, JobStore
from ecgcore.training.submit import HISTORY, RunView, read_run
from pages.training.runs import STALLED_S, stalled_words

EPOCH = {"event": "epoch", **dict.fromkeys(HISTORY, 1)}


@pytest.fixture
def store(tmp_path: Path) -> JobStore:
    made = JobStore(tmp_path / "jobs.sqlite")
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        made.submit(tmp_path / name, name, "training")
    return made


def _damage(store: JobStore, column: str, value: object) -> None:
    with closing(sqlite3.connect(store.path)) as table, table:
        table.execute(f"UPDATE jobs SET {column} = ? WHERE title = 'two'", (value,))  # noqa: S608


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("status", "napping"), ("payload", "{"), ("payload", "[" * 20_000), ("payload", "[1]"),
        ("payload", "3"), ("created_at", "yesterday"), ("created_at", 1e300),
        ("created_at", float("inf")), ("started_at", "soon"), ("run_dir", b"\xff\xfe"),
    ],
)  # fmt: skip
def test_a_damaged_row_is_left_out_with_a_warning(
    store: JobStore, caplog: pytest.LogCaptureFixture, column: str, value: object
) -> None:
    _damage(store, column, value)
    assert [job.title for job in store.list()] == ["one"]
    assert "Job 2 of the table cannot be read" in caplog.text
    with pytest.raises(JobError, match="There is no job 2"):
        store.get(2)
    claimed = store.claim()
    assert claimed is not None
    assert claimed.title == "one"


def test_a_damaged_row_that_runs_keeps_nobody_waiting(store: JobStore) -> None:
    _damage(store, "status", "running")
    _damage(store, "payload", "{")
    assert store.running() is None
    claimed = store.claim()
    assert claimed is not None
    assert claimed.title == "one"


@pytest.mark.parametrize(
    "line",
    [
        "{", "[]", "3", "null", '"x"', "[" * 20_000, "\x00\xff", '{"event": ["epoch"]}', "NaN",
        '{"event": "epoch", "epoch": "first"}', json.dumps({**EPOCH, "epoch": None}),
        json.dumps({**EPOCH, "val_score": "high"}), json.dumps({**EPOCH, "epoch": float("nan")}),
        json.dumps({**EPOCH, "seconds": [1]}), '{"event": "reading"}',
        '{"event": "reading", "done": 1, "of": 0}', '{"event": "reading", "done": "a", "of": {}}',
        '{"event": "judge", "number": "two"}', '{"event": "done"}',
        '{"event": "done", "metrics": [1]}', '{"event": "done", "metrics": {"a": "b", "c": null}}',
        '{"event": "error", "message": {"a": 1}}', "1" * 5000, '{"event": "epoch"}' * 3,
    ],
)  # fmt: skip
def test_a_damaged_line_is_left_out(tmp_path: Path, line: str) -> None:
    (tmp_path / "progress.jsonl").write_bytes(f"{json.dumps(EPOCH)}\n{line}\n".encode("latin-1"))
    view = read_run(tmp_path)
    assert view.epochs_done == 1
    assert all(isinstance(value, float) for _, value in view.metrics)
    assert 0 <= view.read_share <= 1


@pytest.mark.parametrize(
    "step", ["", "[]", "[" * 20_000, '{"epoch": 1, "step": 1e999, "steps": 2}', '{"epoch": 1}']
)
def test_a_damaged_step_is_none(tmp_path: Path, step: str) -> None:
    (tmp_path / "step.json").write_text(step)
    assert (read_run(tmp_path).step, read_run(tmp_path).steps) == (0, 0)


def test_a_folder_in_the_place_of_a_log_has_no_events(tmp_path: Path) -> None:
    (tmp_path / "progress.jsonl").mkdir()
    assert progress.read(tmp_path / "progress.jsonl") == []


def test_a_run_that_writes_nothing_says_so(tmp_path: Path) -> None:
    assert read_run(tmp_path).quiet_s == 0
    log = tmp_path / "progress.jsonl"
    progress.append(log, EPOCH)
    assert read_run(tmp_path).quiet_s < 60
    written = log.stat().st_mtime - 2 * STALLED_S
    os.utime(log, (written, written))
    view = read_run(tmp_path)
    assert 2 * STALLED_S <= view.quiet_s < 2 * STALLED_S + 60
    now = datetime.now(UTC)
    job = Job(1, "training", tmp_path, "a", {}, JobStatus.RUNNING, now, now, None, None, "", False)
    assert stalled_words(job, view).startswith("No sign of progress for 20 min")
    assert stalled_words(replace(job, status=JobStatus.DONE), view) == ""
    assert stalled_words(job, RunView(None, view.history)) == ""
