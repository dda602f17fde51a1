"""A task is one entry in one list: then it trains, is listed, predicts and is evaluated."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from ecgcore.cli import main
from ecgcore.errors import JobError
from ecgcore.models.cards import ModelCard, ModelKey, list_models
from ecgcore.predictions import predict_all as predict_all_module
from ecgcore.predictions.predict_all import predict_all
from ecgcore.predictions.store import load_predictions, logits_of_model, predictions_path
from ecgcore.ptbxl import store
from ecgcore.ptbxl.store import Recordings
from ecgcore.settings import Settings
from ecgcore.tasks.registry import TASKS
from ecgcore.training.data import load_training_data
from ecgcore.training.run import publish
from ecgcore.training.spec import SPEC_FILE, TrainSpec
from tests.support.tasks import toy_task


@pytest.fixture
def folders(tmp_path: Path, synthetic_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in ("pretrained", "runs"):
        monkeypatch.setenv(f"ECG_{name.upper()}_DIR", str(tmp_path / name))
    return Settings.from_env(str(synthetic_dir))


def answer(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict:
    assert main([*map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def train(capsys, data: Path, task: str, train_set: str, *more: object) -> Path:
    arguments = ["--task", task, "--arch", "cnn_bilstm", "--set", train_set, "--epochs", 1]
    found = answer(capsys, "train", "--data", data, *arguments, *more)
    return Path(found["folder"])


@pytest.mark.parametrize(("task", "train_set"), [("toy", "even"), ("superclasses", "soft")])
def test_a_task_trains_is_listed_predicts_and_is_evaluated(
    folders: Settings, synthetic_recordings: Recordings, monkeypatch, capsys, task, train_set
):
    toy_task.register(monkeypatch)
    chosen, catalog = TASKS[task], synthetic_recordings.catalog
    run_dir = train(capsys, folders.data_dir, task, train_set)
    assert run_dir == folders.runs_dir / f"{task}-cnn_bilstm-{train_set}-seed0"

    (entry,) = list_models(folders.pretrained_dir, folders.runs_dir, task)
    assert entry.key == ModelKey("cnn_bilstm", train_set, 0, task)
    assert (entry.card.n_train, entry.card.epochs_run) == (
        len(chosen.train_sets[-1].choose(catalog, "train", 0)),
        1,
    )
    assert {"val_macro_auroc", f"test_{chosen.test_sets[0].name}_macro_auroc"} <= dict(
        entry.card.metrics
    ).keys()
    assert list_models(folders.pretrained_dir, folders.runs_dir) == (), "no model of MI"

    stored = logits_of_model(load_predictions(run_dir / "predictions.parquet", task), entry.key)
    assert list(stored.columns) == list(chosen.classes)
    assert list(stored.index) == chosen.judged_ids(catalog)
    record = int(stored.index[0])
    said = answer(capsys, "predict", "--task", task, "--data", folders.data_dir, record)
    (model,) = said["models"]
    assert model["logits"] == pytest.approx(stored.loc[record].to_dict(), abs=1e-5)
    assert model["probs"] == pytest.approx(
        {name: 1 / (1 + np.exp(-logit)) for name, logit in model["logits"].items()}
    )

    report = answer(capsys, "evaluate", "--task", task, "--data", folders.data_dir)
    assert (report["task"], report["classes"]) == (task, list(chosen.classes))
    found = report["test_sets"][chosen.test_sets[0].name]
    ids = chosen.test_sets[0].choose(catalog, "test")
    truth, (model,) = chosen.label_rule(catalog, ids), found["models"]
    assert found["n"] == len(ids)
    both = [k for k in range(len(chosen.classes)) if 0 < truth[:, k].sum() < len(ids)]
    aurocs = [roc_auc_score(truth[:, k], stored.loc[ids].to_numpy()[:, k]) for k in both]
    for k, auroc in zip(both, aurocs, strict=True):
        one = model["classes"][chosen.classes[k]]
        assert one["n_positive"] == truth[:, k].sum()
        assert one["auroc"]["value"] == pytest.approx(auroc)
        assert one["auroc"]["low"] <= auroc <= one["auroc"]["high"]
    assert model["macro_auroc"]["mean"] == pytest.approx(np.mean(aurocs))
    assert model["macro_auroc"]["ensemble"]["value"] == pytest.approx(np.mean(aurocs))
    assert (model["macro_auroc"]["sd"], model["seeds"], model["train_set"]) == (
        None,
        [0],
        train_set,
    )
    absent = [name for k, name in enumerate(chosen.classes) if k not in both]
    assert all(model["classes"][name]["auroc"]["value"] is None for name in absent)


def test_shipped_models_of_two_tasks_have_two_files(
    folders: Settings, untrained_dir: Path, synthetic_recordings: Recordings, monkeypatch, capsys
):
    toy_task.register(monkeypatch)
    run_dir = train(capsys, folders.data_dir, "toy", "even")
    shutil.copytree(untrained_dir / "mi" / "cnn_lstm-A", folders.pretrained_dir / "mi/cnn_lstm-A")
    card = ModelCard.load(run_dir)
    shutil.copytree(run_dir, folders.pretrained_dir / card.key.folder)
    version = synthetic_recordings.catalog.version
    monkeypatch.setattr(store, "PTBXL_VERSION", version)
    monkeypatch.setattr(predict_all_module.synthetic, "ensure", lambda _: folders.data_dir)
    report = predict_all(folders, quiet=True)
    assert (report.n_models, report.n_kept) == (2, 0)
    assert [Path(one).name for one in report.files] == ["mi.parquet", "toy.parquet"]
    own = load_predictions(run_dir / "predictions.parquet", "toy").set_index("ecg_id")
    all_of_them = len(synthetic_recordings.catalog.frame)
    for task, columns, n in (("mi", ["MI"], all_of_them), ("toy", ["SICK", "SURE"], len(own))):
        for synthetic in (False, True):
            path = predictions_path(folders.pretrained_dir, task, synthetic=synthetic)
            frame = pd.read_parquet(path)
            assert list(frame.columns) == ["ecg_id", "arch", "train_set", "seed", *columns]
            assert len(frame) == n
    shipped = load_predictions(predictions_path(folders.pretrained_dir, "toy"), "toy")
    shipped = shipped.set_index("ecg_id").loc[own.index]
    assert own[["SICK", "SURE"]].to_numpy() == pytest.approx(
        shipped[["SICK", "SURE"]].to_numpy(), abs=1e-5
    )
    assert predict_all(folders, quiet=True).n_kept == 2


def test_what_a_task_teaches_reaches_the_network(synthetic_recordings: Recordings):
    spec = TrainSpec("cnn_bilstm", "soft", 0, "unused", task="superclasses")
    data, task = load_training_data(synthetic_recordings, spec), TASKS["superclasses"]
    catalog = synthetic_recordings.catalog
    assert np.array_equal(data.train.labels, task.targets(catalog, data.train.ids, "soft"))
    assert np.array_equal(data.val.labels, task.label_rule(catalog, data.val.ids))
    assert set(data.train.labels.unique().tolist()) > {0.0, 1.0}
    hard = TrainSpec("cnn_bilstm", "all", 0, "unused", task="superclasses")
    assert set(load_training_data(synthetic_recordings, hard).train.labels.unique().tolist()) == {
        0.0,
        1.0,
    }


def test_confident_learning_says_for_which_tasks_it_is():
    with pytest.raises(JobError, match=r"one class; the task superclasses has 5\. Choose label_no"):
        TrainSpec("cnn_bilstm", "all", 0, "", task="superclasses", label_noise="prune")
    assert TrainSpec("cnn_bilstm", "C", 0, "", label_noise="prune").label_noise == "prune"


@pytest.mark.parametrize(
    ("task", "train_set", "words"),
    [
        ("sleep", "A", "task 'sleep' is none of mi, mi_all_comers, superclasses, statements71"),
        ("superclasses", "A", "train_set 'A' is none of all, soft"),
    ],
)
def test_a_spec_of_an_unknown_task_or_set_is_refused(task: str, train_set: str, words: str):
    with pytest.raises(JobError, match=words):
        TrainSpec("cnn_bilstm", train_set, 0, "", task=task)


def test_a_spec_from_before_tasks_is_of_mi(tmp_path: Path):
    spec = TrainSpec("cnn_bilstm", "A", 0, "/data")
    spec.save(tmp_path)
    raw = json.loads((tmp_path / SPEC_FILE).read_text())
    assert raw.pop("task") == "mi"
    (tmp_path / SPEC_FILE).write_text(json.dumps(raw))
    assert TrainSpec.load(tmp_path) == spec


def test_a_task_without_a_model_says_how_to_get_one(folders: Settings, capsys):
    for command in (["evaluate"], ["predict", 2]):
        arguments = [*command, "--task", "superclasses", "--data", folders.data_dir]
        assert main([*map(str, arguments)]) == 2
        assert "There is no model of the task superclasses" in capsys.readouterr().err


def test_published_models_lie_below_their_task(tmp_path: Path, untrained_entries):
    card = untrained_entries["cnn_bilstm"].card
    for key in (card.key, ModelKey("cnn_bilstm", "all", 3, "superclasses")):
        run_dir = tmp_path / key.run_name
        run_dir.mkdir()
        ModelCard.save(ModelCard(**{**_fields(card), "key": key}), run_dir)
        (run_dir / "weights.safetensors").write_bytes(b"w")
        assert publish(run_dir, tmp_path / "p") == tmp_path / "p" / key.folder
    assert (tmp_path / "p/superclasses/cnn_bilstm-all/seed-3/card.json").exists()


def _fields(card: ModelCard) -> dict:
    return {name: getattr(card, name) for name in card.__slots__}
