"""Retrain: the form, the job table and a run's progress, as a reader sees them."""

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from ecgcore.jobs import progress
from ecgcore.jobs.processes import JobProcess
from ecgcore.jobs.store import Job, JobStatus, JobStore
from ecgcore.models.architectures import ARCHITECTURES
from ecgcore.ptbxl.store import Recordings
from ecgcore.tasks import mi as mi_task
from ecgcore.training.spec import PROGRESS_FILE, STEP_FILE, TrainSpec
from ecgcore.training.submit import submit
from pages.shared import caches
from tests.support.models import save_pretrained
from tests.support.review_page import save_finished
from tests.support.toys import TOY

Open = Callable[..., AppTest]


@pytest.fixture
def runs_dir(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def store(runs_dir: Path) -> JobStore:
    return JobStore(runs_dir / "jobs.sqlite")


@pytest.fixture
def queued(runs_dir: Path, store: JobStore, synthetic_dir: Path) -> Job:
    """A run of four epochs that waits."""
    spec = TrainSpec("bimamba2", "C", 5, str(synthetic_dir), epochs=4)
    return submit(spec, runs_dir, store)


def _epoch(job: Job, epoch: int, auroc: float) -> None:
    values = {"train_loss": 0.5, "val_loss": 0.6, "val_auroc": auroc, "seconds": 60.0}
    progress.append(job.run_dir / PROGRESS_FILE, {"event": "epoch", "epoch": epoch, **values})


def _started(job: Job, store: JobStore) -> None:
    store.claim()
    store.mark_started(job.id, JobProcess(1, None))
    for event in ("job_started", "start"):
        progress.append(job.run_dir / PROGRESS_FILE, {"event": event})


def _text(app: AppTest) -> str:
    shown = (app.markdown, app.caption, app.warning, app.error, app.info, app.header)
    return "\n".join(element.value for group in shown for element in group)


def _progress(app: AppTest) -> str:
    return "\n".join(element.proto.text for element in app.get("progress"))


def _button(app: AppTest, label: str):
    return next(button for button in app.button if button.label == label)


def test_the_form_says_what_each_set_holds_and_how_long_it_takes(open_page: Open):
    app = open_page("retrain")
    assert not app.exception
    assert "SYNTHETIC" in app.warning[0].value
    assert "says nothing about patients" in app.warning[0].value
    assert list(app.radio(key="retrain_set_mi").options) == [
        "**A**: certain MI only",
        "**C**: all MI, certain and uncertain",
        "**D**: uncertain MI only",
        "**D-mix**: half certain, half uncertain MI",
        "**C-soft**: all MI, each weighted by its likelihood (50 % counts as half an MI)",
        "**C-multi**: all MI, and the SCP statements as a second task",
    ]
    captions = list(app.radio(key="retrain_set_mi").proto.captions)
    assert captions == [
        "43 MI, 88 normal",
        "87 MI, 88 normal",
        "44 MI, 88 normal",
        "44 MI, 88 normal",
        "87 MI, 88 normal",
        "87 MI, 88 normal",
    ]
    assert "Runs queue one after another and continue if you close the page." in _text(app)
    assert "No run yet" in _text(app)
    asked = [node.label for node in app._tree if node.type in ("button", "selectbox", "radio")]
    assert asked[-4:] == ["Start training", "Task", "Architecture", "Training set"]
    epochs, seed = (app.number_input(key=f"retrain_{name}") for name in ("epochs", "seed"))
    assert (epochs.min, epochs.max, epochs.value) == (1, 200, 16)
    assert (seed.min, seed.max, seed.value) == (0, 2_147_483_647, 0)


def test_the_studys_network_is_trained_by_its_own_recipe(open_page: Open, store: JobStore):
    app = open_page("retrain")
    app.selectbox(key="retrain_arch").set_value("cnn_lstm")
    app.radio(key="retrain_set_mi").set_value("C")
    app.run()
    app.toggle(key="retrain_prune").set_value(True)
    app.run()
    _button(app, "Start training").click()
    app.run()
    assert not app.exception
    (job,) = store.list()
    spec = TrainSpec.load(job.run_dir)
    assert (spec.schedule, spec.seed_exact, spec.batch_size) == ("plateau", True, 32)
    assert (spec.epochs, spec.label_noise) == (16, "prune")


def test_start_queues_what_was_chosen_and_shows_it(open_page: Open, store: JobStore):
    app = open_page("retrain")
    app.selectbox(key="retrain_arch").set_value("bimamba2")
    app.radio(key="retrain_set_mi").set_value("D-mix")
    app.number_input(key="retrain_seed").set_value(7)
    app.number_input(key="retrain_epochs").set_value(3)
    app.run()
    _button(app, "Start training").click()
    app.run()
    assert not app.exception
    (job,) = store.list()
    spec = TrainSpec.load(job.run_dir)
    assert (spec.arch, spec.train_set, spec.seed, spec.epochs) == ("bimamba2", "D-mix", 7, 3)
    assert job.status == JobStatus.QUEUED
    assert app.query_params["job"] == "1"
    assert "Run 1: BiMamba-2 D-mix (seed 7)" in _text(app)
    assert _progress(app) == "Waiting to be started …"


def test_the_url_finds_a_run_again_with_its_curves_and_time_left(
    open_page: Open, store: JobStore, queued: Job
):
    _started(queued, store)
    _epoch(queued, 1, 0.8)
    _epoch(queued, 2, 0.91)
    (queued.run_dir / STEP_FILE).write_text('{"epoch": 3, "step": 5, "steps": 10}')
    app = open_page("retrain", job="1")
    assert not app.exception
    assert _progress(app) == "Epoch 3 of 4, batch 5 of 10 · at most 2 min left"
    assert [element.proto.value for element in app.get("progress")] == [62]
    assert "training" in _text(app)
    assert len(app.get("plotly_chart")) == 1
    table = app.dataframe[0].value
    assert table["Best validation score"].tolist() == ["0.910 (epoch 2)"]
    assert table["Status"].tolist() == ["training"]
    assert table["Data"].tolist() == ["synthetic"]


def test_cancel_and_resume(open_page: Open, store: JobStore, queued: Job):
    app = open_page("retrain", job="1")
    _epoch(queued, 1, 0.8)
    _button(app, "Cancel").click()
    app.run()
    assert store.get(1).status == JobStatus.CANCELLED
    assert "1 of 4 epochs are kept" in _text(app)
    _button(app, "Resume").click()
    app.run()
    assert store.get(1).status == JobStatus.QUEUED
    assert "Cancel" in [button.label for button in app.button]


def test_a_running_job_that_was_asked_to_stop_says_so(
    open_page: Open, store: JobStore, queued: Job
):
    _started(queued, store)
    app = open_page("retrain")
    _button(app, "Cancel").click()
    app.run()
    assert store.get(1).cancel_requested
    assert _progress(app) == "Stopping …"
    assert _button(app, "Cancel").disabled


def test_a_failed_run_gives_its_reason(open_page: Open, store: JobStore, queued: Job):
    _started(queued, store)
    store.finish(1, JobStatus.FAILED, "The train split has 0 MI records.")
    app = open_page("retrain")
    assert "The train split has 0 MI records." in app.error[0].value
    assert "Resume" in [button.label for button in app.button]


def test_a_run_that_waits_names_the_one_before_it(
    open_page: Open, store: JobStore, queued: Job, runs_dir: Path
):
    _started(queued, store)
    submit(TrainSpec.load(queued.run_dir), runs_dir, store)
    assert _progress(open_page("retrain", job="2")) == "Waiting for run 1 to end"
    assert "Run 1:" in _text(open_page("retrain"))  # the one under way, without a choice


def test_an_unknown_run_in_the_url_is_named_and_the_list_stays(
    open_page: Open, store: JobStore, queued: Job
):
    app = open_page("retrain", job="99")
    assert not app.exception
    assert "There is no run '99' here" in app.error[0].value
    assert app.dataframe[0].value["Run"].tolist() == [1]


def test_missing_recordings_stop_the_start_and_say_what_to_download(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(caches, "n_missing", lambda *_: 8072)
    app = open_page("retrain")
    assert _button(app, "Start training").disabled
    assert "not on this disk (8,072)" in _text(app)
    assert "data fetch --set study" in _text(app)


@pytest.fixture
def finished(runs_dir: Path, store: JobStore, synthetic_recordings: Recordings) -> Job:
    """A run on D that came to its end."""
    folder = str(synthetic_recordings.catalog.folder)
    job = submit(TrainSpec("cnn_bilstm", "D", 0, folder, epochs=1), runs_dir, store)
    _started(job, store)
    save_finished(job.run_dir, synthetic_recordings)
    store.finish(job.id, JobStatus.DONE)
    return job


def _links(app: AppTest) -> list[dict[str, list[str]]]:
    return [parse_qs(link.proto.query_string) for link in app.get("page_link")]


def test_a_finished_run_shows_its_result_and_leads_to_the_other_pages(
    open_page: Open, finished: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("ECG_PRETRAINED_DIR", str(tmp_path / "no shipped models"))
    app = open_page("retrain")
    assert not app.exception
    assert "set D (uncertain MI only): 132 records, 44 MI" in _text(app)
    assert "Synthetic records" in _text(app)
    table = app.table[0].value
    assert table["Records"].tolist() == ["19 (7 MI)", "26 (14 MI)", "19 (7 MI)"]
    assert all("[" in value for value in table["AUROC [95 % interval]"])
    name = f"cnn_bilstm-D-0@{finished.run_dir.name}"
    review, reliability = _links(app)
    assert reliability["models"] == [name]
    assert reliability["data_set"] == ["synthetic set 1"]
    opened = open_page("review", **{key: values[0] for key, values in review.items()})
    assert not opened.exception
    assert not opened.error
    assert opened.selectbox(key="model").value == name


def test_a_finished_run_stands_beside_the_shipped_models_of_its_architecture(
    open_page: Open,
    finished: Job,
    synthetic_recordings: Recordings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    shipped = save_pretrained(tmp_path / "shipped", synthetic_recordings.catalog)
    monkeypatch.setenv("ECG_PRETRAINED_DIR", str(shipped))
    review, reliability = _links(open_page("retrain"))
    label = "CNN-BiLSTM D (local run " + finished.run_dir.name.removeprefix("cnn_bilstm-D-seed0-")
    opened = open_page("reliability", **reliability)
    assert [said.value for said in opened.warning if "SYNTHETIC" not in said.value] == []
    assert not opened.error
    focus = opened.selectbox(key="focus")
    assert focus.options[:3] == ["CNN-BiLSTM A", "CNN-BiLSTM C", "CNN-BiLSTM D"]
    assert focus.value.startswith(label)
    ids = mi_task.test_ids(synthetic_recordings.catalog.frame, "uncertain")
    groups = synthetic_recordings.catalog.frame["group"]
    assert groups[int(review["record"][0])] == "uncertain_mi"
    assert int(review["record"][0]) in ids
    case = open_page("review", **{key: values[0] for key, values in review.items()})
    assert not case.exception
    titles = [said.value for said in case.markdown]
    assert any(said.startswith(f"**{label}") for said in titles), "its own chart names the run"
    drawn = [
        json.dumps(json.loads(chart.proto.spec), ensure_ascii=False)
        for chart in case.get("plotly_chart")
    ]
    local, main = (
        [place for place, text in enumerate(drawn) if words in text]
        for words in ("CNN-BiLSTM · D (local)", "CNN-BiLSTM · A")
    )
    assert local < main


def test_a_new_architecture_is_offered_with_its_recipe(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(ARCHITECTURES, TOY.name, TOY)
    app = open_page("retrain")
    chosen = app.selectbox(key="retrain_arch")
    assert chosen.options[-1] == "Toy network"
    chosen.select("Toy network").run()
    _button(app, "Start training").click().run()
    assert not app.exception
    (queued,) = caches.settings().runs_dir.glob("toy-*/spec.json")
    assert TrainSpec.load(queued.parent).batch_size == 16
