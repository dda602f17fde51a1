"""Several tasks: Retrain offers and lists all; pages about MI show models of MI only."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from ecgcore.jobs.store import JobStatus, JobStore
from ecgcore.models.cards import ModelKey, list_models
from ecgcore.predictions.store import PREDICTIONS_FILE, predictions_frame, save_predictions
from ecgcore.training.run import run_training
from ecgcore.training.spec import TrainSpec
from tests.support.models import card, save_pretrained
from tests.support.tasks import toy_task

FIVE = ModelKey("cnn_bilstm", "all", 0, "superclasses")


@pytest.fixture
def store(tmp_path: Path) -> JobStore:
    return JobStore(tmp_path / "runs" / "jobs.sqlite")


def button(app: AppTest, label: str):
    return next(one for one in app.button if one.label == label)


def text(app: AppTest) -> str:
    shown = (app.markdown, app.caption, app.warning, app.error, app.info, app.header)
    return "\n".join(element.value for group in shown for element in group)


def test_a_new_task_is_offered_queued_trained_and_shown(
    open_page, store: JobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    toy_task.register(monkeypatch)
    app = open_page("retrain")
    assert list(app.selectbox(key="retrain_task").options) == [
        "MI against normal",
        "MI among all comers",
        "Five superclasses",
        "71 SCP statements",
        "23 diagnostic subclasses",
        "24 challenge classes",
        "Six abnormalities",
        "Toy of the tests",
    ]
    app.selectbox(key="retrain_task").set_value("toy")
    app.run()
    sets = app.radio(key="retrain_set_toy")
    assert list(sets.options) == ["**even**: records with an even number"]
    (caption,) = sets.proto.captions
    assert caption.endswith(" well")
    assert "retrain_prune" not in [toggle.key for toggle in app.toggle]
    app.number_input(key="retrain_epochs").set_value(1)
    app.run()
    button(app, "Start training").click()
    app.run()
    assert not app.exception
    (job,) = store.list()
    spec = TrainSpec.load(job.run_dir)
    assert (spec.task, spec.train_set, spec.class_weight) == ("toy", "even", False)
    assert job.title == "CNN-BiLSTM Toy of the tests, even (seed 0)"
    run_training(job.run_dir)
    store.claim()
    store.finish(job.id, JobStatus.DONE)
    app = open_page("retrain", job=str(job.id))
    assert not app.exception
    assert "set even (records with an even number)" in text(app)
    assert "chosen by the macro AUROC" in text(app)
    table = app.table[0].value
    assert table["Class"].tolist() == ["SICK", "SURE", "mean, records with an even number"]
    runs = app.dataframe[0].value
    assert runs["Task"].tolist() == ["Toy of the tests"]
    assert runs["Best validation score"].tolist()[0].endswith("(epoch 1)")
    assert not app.get("page_link"), "Review and Reliability are about MI"


def test_a_model_of_another_task_changes_no_page_about_mi(
    open_page, synthetic_catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    pretrained = save_pretrained(tmp_path / "pretrained", synthetic_catalog)
    monkeypatch.setenv("ECG_PRETRAINED_DIR", str(pretrained))
    pages = ("browse", "review", "compare", "reliability", "about")
    before = {page: shown(open_page(page)) for page in pages}
    assert tasks(open_page("compare")) == ["MI against normal"]
    save_untrained_five(pretrained / FIVE.folder)
    shutil.copytree(pretrained / FIVE.folder, tmp_path / "runs" / "mine")
    ids = list(synthetic_catalog.frame.index)
    frame = predictions_frame(FIVE, ids, np.zeros((len(ids), 5), dtype=np.float32))
    save_predictions(frame, tmp_path / "runs" / "mine" / PREDICTIONS_FILE)
    save_predictions(frame, pretrained / "predictions" / "superclasses.parquet")
    assert len(list_models(pretrained, tmp_path / "runs", "superclasses")) == 2
    assert {page: shown(open_page(page)) for page in pages} == before
    for page in ("compare", "reliability"):
        assert tasks(open_page(page)) == ["MI against normal", "Five superclasses"]


def save_untrained_five(folder: Path) -> None:
    folder.mkdir(parents=True)
    replace(card(FIVE, "synthetic set 1"), metrics=(("val_macro_auroc", 0.5),)).save(folder)


def shown(app: AppTest) -> tuple[str, list[list[str]], int]:
    """What a reader sees of a page, its task aside: words, choices, and the number of tables."""
    assert not app.exception
    options = [list(box.options) for box in app.selectbox if box.key != "task"]
    return text(app), options, len(app.dataframe) + len(app.table)


def tasks(app: AppTest) -> list[str]:
    """The tasks that a page about results offers."""
    return list(app.selectbox(key="task").options)


def test_the_task_lives_in_the_address(open_page, store: JobStore):
    app = open_page("retrain", task="Five superclasses")
    assert app.selectbox(key="retrain_task").value == "superclasses"
    app.selectbox(key="retrain_task").set_value("mi")
    app.run()
    assert "MI against normal" in app.query_params["task"]
    stale = open_page("retrain", task="nonsense")
    assert any("The task `nonsense`" in one.value for one in stale.warning)
    assert stale.selectbox(key="retrain_task").value == "mi"
