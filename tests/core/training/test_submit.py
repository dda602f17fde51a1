"""Queueing a run and reading how far it has come, from whole and from damaged files."""

import dataclasses
import json
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ecgcore.errors import JobError
from ecgcore.jobs import progress
from ecgcore.jobs.store import JobStatus, JobStore
from ecgcore.jobs.supervisor import STARTED_EVENT
from ecgcore.models.architectures import ARCHITECTURES
from ecgcore.ptbxl import label_groups
from ecgcore.ptbxl.store import Recordings
from ecgcore.training import submit as submission
from ecgcore.training.spec import PROGRESS_FILE, STEP_FILE, TrainSpec
from ecgcore.training.submit import (
    expected_seconds,
    missing_ids,
    offered_archs,
    read_run,
    submit,
)

SPEC = TrainSpec("cnn_bilstm", "D-mix", 3, "anywhere", epochs=4)


class Noon(datetime):
    """A clock that stands still."""

    @classmethod
    def now(cls, tz=None):
        return cls(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


def _event(epoch: int, seconds: float = 10.0, auroc: float = 0.9) -> dict[str, object]:
    return {
        "event": "epoch",
        "epoch": epoch,
        "train_loss": 1.0 / epoch,
        "val_loss": 2.0 / epoch,
        "val_score": auroc,
        "seconds": seconds,
    }


def _run(folder: Path, *events: dict[str, object]) -> Path:
    SPEC.save(folder)
    for event in events:
        progress.append(folder / PROGRESS_FILE, event)
    return folder


def test_a_submitted_run_has_its_spec_and_waits_in_the_table(tmp_path: Path):
    store = JobStore(tmp_path / "jobs.sqlite")
    job = submit(SPEC, tmp_path / "runs", store)
    assert re.fullmatch(r"cnn_bilstm-D-mix-seed3-\d{8}-\d{6}", job.run_dir.name)
    assert job.run_dir.parent == tmp_path / "runs"
    assert TrainSpec.load(job.run_dir) == SPEC
    assert (job.kind, job.title, job.status) == (
        "training",
        "CNN-BiLSTM D-mix (seed 3)",
        JobStatus.QUEUED,
    )
    assert store.list() == (job,)


def test_runs_of_the_same_second_get_folders_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(submission, "datetime", Noon)
    store = JobStore(tmp_path / "jobs.sqlite")
    names = [submit(SPEC, tmp_path, store).run_dir.name for _ in range(3)]
    stem = "cnn_bilstm-D-mix-seed3-20261121-120000"
    assert names == [stem, f"{stem}-2", f"{stem}-3"]


def test_a_runs_folder_that_cannot_be_made_is_named(tmp_path: Path):
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(JobError, match=r"runs cannot be written .* ECG_RUNS_DIR"):
        submit(SPEC, tmp_path / "runs", JobStore(tmp_path / "jobs.sqlite"))


def test_a_queued_run_has_no_history(tmp_path: Path):
    view = read_run(_run(tmp_path))
    assert (view.epochs, view.epochs_done, view.step, view.steps) == (4, 0, 0, 0)
    assert (view.seconds_per_epoch, view.seconds_left, view.reading) == (None, None, True)
    assert list(view.history.columns) == list(submission.HISTORY)


def test_time_left_follows_from_finished_epochs_and_the_step(tmp_path: Path):
    _run(tmp_path, {"event": "job_started", "job": 1}, {"event": "start"}, _event(1, 8.0))
    progress.append(tmp_path / PROGRESS_FILE, _event(2, 12.0))
    (tmp_path / STEP_FILE).write_text('{"epoch": 3, "step": 20, "steps": 80}')
    view = read_run(tmp_path)
    assert (view.epochs_done, view.step, view.steps, view.reading) == (2, 20, 80, False)
    assert view.seconds_per_epoch == 10.0
    assert view.seconds_left == pytest.approx((4 - 2 - 0.25) * 10.0)
    assert view.history["val_loss"].tolist() == [2.0, 1.0]


@pytest.mark.parametrize(
    "step",
    ["", "{", "[1]", '{"epoch": 2}', '{"epoch": 1, "step": 9, "steps": 9}', '{"epoch": 2, "step"'],
)
def test_a_half_written_or_past_step_counts_as_none(tmp_path: Path, step: str):
    _run(tmp_path, {"event": "start"}, _event(1))
    (tmp_path / STEP_FILE).write_text(step)
    view = read_run(tmp_path)
    assert (view.step, view.steps) == (0, 0)
    assert view.seconds_left == pytest.approx(30.0)


def test_a_half_written_log_keeps_its_whole_lines(tmp_path: Path):
    _run(tmp_path, {"event": "start"}, _event(1))
    with (tmp_path / PROGRESS_FILE).open("a") as file:
        file.write(json.dumps(_event(2))[:30])
    assert read_run(tmp_path).epochs_done == 1


def test_a_resumed_run_goes_on_and_one_begun_anew_forgets(tmp_path: Path):
    _run(tmp_path, {"event": "start"}, _event(1), _event(2), {"event": "job_started"})
    assert read_run(tmp_path).reading
    for event in ({"event": "start"}, _event(3)):
        progress.append(tmp_path / PROGRESS_FILE, event)
    assert read_run(tmp_path).history["epoch"].tolist() == [1, 2, 3]
    for event in ({"event": "start"}, _event(1, auroc=0.5)):
        progress.append(tmp_path / PROGRESS_FILE, event)
    view = read_run(tmp_path)
    assert view.history["epoch"].tolist() == [1]
    assert view.history["val_score"].tolist() == [0.5]


def test_the_last_event_tells_the_result_or_the_error(tmp_path: Path):
    _run(tmp_path, {"event": "start"}, _event(1), {"event": "error", "message": "no data"})
    assert read_run(tmp_path).message == "no data"
    progress.append(tmp_path / PROGRESS_FILE, {"event": "done", "metrics": {"val_auroc": 0.97}})
    view = read_run(tmp_path)
    assert (view.message, view.metrics) == ("", (("val_auroc", 0.97),))


@pytest.mark.parametrize("content", [None, "{", '{"arch": "cnn_bilstm", "epochs": 999}'])
def test_a_run_without_a_readable_spec_can_still_be_listed(tmp_path: Path, content: str | None):
    if content is not None:
        (tmp_path / "spec.json").write_text(content)
    progress.append(tmp_path / PROGRESS_FILE, _event(1))
    view = read_run(tmp_path)
    assert (view.spec, view.epochs, view.epochs_done, view.seconds_left) == (None, 0, 1, None)


def test_missing_records_are_those_of_set_c_and_of_the_validation_fold(
    synthetic_recordings: Recordings, tmp_path: Path
):
    assert missing_ids(synthetic_recordings, "A") == []
    elsewhere = dataclasses.replace(synthetic_recordings.catalog, folder=tmp_path)
    frame = elsewhere.frame
    mi_and_normal = frame["group"].isin(label_groups.GROUPS)
    train = frame.index[mi_and_normal & (frame["split"] == "train")]
    val = frame.index[
        mi_and_normal & (frame["split"] == "val") & (frame["group"] != "uncertain_mi")
    ]
    assert missing_ids(Recordings(elsewhere), "A") == sorted([*train, *val])


def test_expected_time_is_that_of_the_performance_page():
    assert expected_seconds("cnn_bilstm", 5645, 1) == pytest.approx(12, abs=1)
    assert expected_seconds("bimamba2", 5645, 1) == pytest.approx(27, abs=1)
    assert expected_seconds("cnn_bilstm", 131, 20) == pytest.approx(5.5, abs=0.5)
    assert expected_seconds("bimamba2_large", 5645, 1) > 3600


def test_the_large_network_is_offered_beside_a_gpu_only(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    any_task = {name for name, one in ARCHITECTURES.items() if not one.tasks}
    assert any_task - set(offered_archs()) == {"bimamba2_large"}
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    assert "bimamba2_large" in offered_archs()
    assert [one for one in offered_archs("rhythm6") if one not in offered_archs()] == [
        one.name for one in ARCHITECTURES.values() if one.tasks == ("rhythm6",)
    ]


def test_a_judge_at_work_is_seen(tmp_path):
    TrainSpec("cnn_bilstm", "C", 0, "data", label_noise="prune").save(tmp_path)
    for event in ({"event": STARTED_EVENT}, {"event": "judge", "number": 3}):
        progress.append(tmp_path / PROGRESS_FILE, event)
    view = read_run(tmp_path)
    assert (view.reading, view.judge) == (False, 3)


def test_queueing_needs_no_torch():
    code = "import sys, ecgcore.training.submit; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("lost", submission.HISTORY)
def test_an_epoch_without_one_of_its_figures_is_left_out(tmp_path: Path, lost: str):
    whole = _event(2)
    half = {name: value for name, value in _event(3).items() if name != lost}
    _run(tmp_path, {"event": "start"}, _event(1), whole, half)
    assert read_run(tmp_path).history["epoch"].tolist() == [1, 2]


def test_only_epochs_have_a_history(tmp_path: Path):
    _run(tmp_path, _event(1), {**_event(2), "event": "other"})
    assert read_run(tmp_path).history["epoch"].tolist() == [1]


def test_a_score_is_read_by_its_older_name(tmp_path: Path):
    older = {name: value for name, value in _event(1).items() if name != "val_score"}
    _run(tmp_path, {**older, "val_auroc": 0.77})
    assert read_run(tmp_path).history["val_score"].tolist() == [0.77]


def test_what_is_missing_is_that_of_the_first_draw_of_a_set(
    synthetic_recordings: Recordings, monkeypatch: pytest.MonkeyPatch
):
    """Seed 0, for the scaler, the training and the validation."""
    asked = []

    class Stub:
        scaler_set = "C"

        def train_set(self, name):
            def choose(catalog, split, seed):
                asked.append((name, split, seed))
                return [1]

            return dataclasses.make_dataclass("Set", ["choose"])(choose)

    monkeypatch.setattr(submission, "task_named", lambda name: Stub())
    assert missing_ids(synthetic_recordings, "D-mix") == []
    assert asked == [("C", "train", 0), ("D-mix", "train", 0), ("D-mix", "val", 0)]


def test_time_left_is_never_negative_and_unknown_without_epochs(tmp_path: Path):
    _run(tmp_path, *[_event(k) for k in range(1, 6)])
    assert read_run(tmp_path).seconds_left == 0.0
    (tmp_path / STEP_FILE).write_text('{"epoch": 6, "step": 1, "steps": 2}')
    assert read_run(tmp_path).seconds_left == 0.0


@pytest.mark.parametrize(
    ("event", "judge", "metrics", "message"),
    [
        ({"event": "judge", "number": 2, "metrics": {"a": 1}, "message": "m"}, 2, (), ""),
        ({"event": "done", "number": 2, "metrics": {"a": 1}, "message": "m"}, 0, (("a", 1),), ""),
        ({"event": "error", "number": 2, "metrics": {"a": 1}, "message": "m"}, 0, (), "m"),
    ],
)
def test_each_last_event_tells_only_its_own(tmp_path: Path, event, judge, metrics, message):
    view = read_run(_run(tmp_path, event))
    assert (view.judge, view.metrics, view.message) == (judge, metrics, message)
    assert not view.reading


def test_a_run_begins_in_the_first_folder_that_is_free_or_its_own(tmp_path: Path):
    stem = SPEC.key.run_name
    assert submission.run_dir_of(SPEC, tmp_path) == tmp_path / stem
    other = dataclasses.replace(SPEC, epochs=5)
    other.save(tmp_path / stem)
    assert submission.run_dir_of(SPEC, tmp_path) == tmp_path / f"{stem}-2"
    other.save(tmp_path / f"{stem}-2")
    SPEC.save(tmp_path / f"{stem}-3")
    assert submission.run_dir_of(SPEC, tmp_path) == tmp_path / f"{stem}-3"
    assert submission.run_dir_of(other, tmp_path) == tmp_path / stem


@pytest.mark.parametrize(
    ("arch", "ms"),
    [("cnn_bilstm", 2.1), ("bimamba2", 4.8), ("cnn_lstm", 5.0), ("bimamba2_large", 750.0)],
)
def test_a_records_time_is_that_of_the_performance_page(arch: str, ms: float):
    assert expected_seconds(arch, 1000, 3) == pytest.approx(3 * ms)


def test_reading_tells_how_much_is_done(tmp_path):
    SPEC.save(tmp_path)
    for event in ({"event": "job_started"}, {"event": "reading", "done": 512, "of": 2048}):
        progress.append(tmp_path / PROGRESS_FILE, event)
    view = read_run(tmp_path)
    assert (view.reading, view.read_share) == (True, 0.25)
    progress.append(tmp_path / PROGRESS_FILE, {"event": "start"})
    assert (read_run(tmp_path).reading, read_run(tmp_path).read_share) == (False, 0.0)
