"""Every record by every model: what is kept, what is predicted again, stop and go on."""

import dataclasses
import shutil

import numpy as np
import pandas as pd
import pytest

from ecgcore.cli import main
from ecgcore.errors import CatalogError, ModelError
from ecgcore.models.cards import ModelCard
from ecgcore.models.predictor import Predictor, predict, predict_batches, predict_many
from ecgcore.models.registry import build, save_weights
from ecgcore.predictions import predict_all as predict_all_module
from ecgcore.predictions.predict_all import WEIGHTS_KEY, predict_all, stored_ids
from ecgcore.predictions.store import (
    COHORT_FILE,
    load_predictions,
    predictions_path,
    save_predictions,
)
from ecgcore.ptbxl import store
from ecgcore.settings import Settings
from ecgcore.tasks.registry import TASKS

VERSION = "small (7 records)"


@pytest.fixture
def small(synthetic_recordings, tmp_path):
    """Seven records of the synthetic set in a folder of their own."""
    source, folder = synthetic_recordings.catalog.folder, tmp_path / "small"
    folder.mkdir()
    shutil.copy(source / "scp_statements.csv", folder)
    table = pd.read_csv(source / "ptbxl_database.csv").head(7)
    table.to_csv(folder / "ptbxl_database.csv", index=False)
    for name in table["filename_lr"]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        for suffix in (".hea", ".dat"):
            shutil.copy(source / f"{name}{suffix}", folder / f"{name}{suffix}")
    return folder


@pytest.fixture
def folders(untrained_dir, small, tmp_path, monkeypatch):
    monkeypatch.setattr(predict_all_module.synthetic, "ensure", lambda folder: folder)
    monkeypatch.setattr(store, "PTBXL_VERSION", VERSION)
    monkeypatch.setattr(predict_all_module, "_BLOCK", 3)
    return Settings(
        data_dir=small,
        local_data_dir=tmp_path / "none",
        synthetic_dir=small,
        pretrained_dir=shutil.copytree(untrained_dir, tmp_path / "pretrained"),
        runs_dir=tmp_path / "runs",
    )


@pytest.fixture
def asked(monkeypatch):
    """Names of the models that predicted, and how many records, in order."""
    calls = []

    def counting(predictors, signals, patients):
        calls.append((tuple(p.entry.key.arch for p in predictors), len(signals)))
        return predict_many(predictors, signals, patients=patients)

    monkeypatch.setattr(predict_all_module, "predict_many", counting)
    return calls


def retrained(folder):
    """Put other weights, with a card that fits, into a model's folder."""
    card = ModelCard.load(folder)
    sha = save_weights(build(card.key.arch), folder)
    dataclasses.replace(card, weights_sha256=sha).save(folder)


def stored(folders):
    return load_predictions(predictions_path(folders.pretrained_dir))


def test_other_data_are_refused(folders, monkeypatch):
    monkeypatch.setattr(store, "PTBXL_VERSION", "PTB-XL 1.0.3")
    with pytest.raises(CatalogError, match=r"small \(7 records\) is open.*PTB-XL 1.0.3.*--data"):
        predict_all(folders)
    assert not (predictions_path(folders.pretrained_dir)).exists()


def test_no_models(folders):
    shutil.rmtree(folders.pretrained_dir)
    with pytest.raises(ModelError, match="There is no model in"):
        predict_all(folders, quiet=True)


@pytest.mark.parametrize("jobs", [1, 3])
def test_every_record_by_every_model(folders, synthetic_recordings, untrained_entries, jobs):
    ids = list(synthetic_recordings.catalog.frame.index[:7])
    report = predict_all(folders, jobs=jobs, quiet=True)
    n_models = len(untrained_entries)
    assert (report.n_models, report.n_records, report.n_kept) == (n_models, 7, 0)
    frame = pd.read_parquet(*report.files)
    assert list(frame.columns) == ["ecg_id", "arch", "train_set", "seed", "MI"]
    assert len(frame) == n_models * 7
    for arch, mine in frame.groupby("arch"):
        assert list(mine["ecg_id"]) == ids
        last = synthetic_recordings.read(int(ids[-1]))
        expected = predict([Predictor.open(untrained_entries[arch])], last)[0][0].logit
        assert mine["MI"].iloc[-1] == pytest.approx(expected, rel=1e-5, abs=1e-6)
    synthetic = pd.read_parquet(predictions_path(folders.pretrained_dir, synthetic=True))
    pd.testing.assert_frame_equal(synthetic, frame)
    assert (folders.pretrained_dir / COHORT_FILE).exists()
    assert not (folders.runs_dir / "predict-all").exists()


def test_only_a_model_with_new_weights_is_predicted_again(folders, asked):
    predict_all(folders, quiet=True)
    before = stored(folders)
    retrained(folders.pretrained_dir / "mi" / "bimamba2-A" / "seed-0")
    asked.clear()
    report = predict_all(folders, quiet=True)
    assert report.n_kept == report.n_models - 1
    assert {archs for archs, _ in asked if "bimamba2" in archs} == {("bimamba2",)}
    merged = before.merge(stored(folders), on=["arch", "ecg_id"])
    same = merged["MI_x"] == merged["MI_y"]
    assert same[merged["arch"] == "cnn_bilstm"].all()
    assert not same[merged["arch"] == "bimamba2"].any()
    sha = ModelCard.load(folders.pretrained_dir / "mi" / "bimamba2-A" / "seed-0").weights_sha256
    assert stored(folders).attrs[WEIGHTS_KEY]["bimamba2-A-0"] == sha
    assert predict_all(folders, quiet=True).n_kept == report.n_models


def test_a_model_that_is_gone_leaves_the_file(folders):
    predict_all(folders, quiet=True)
    shutil.rmtree(folders.pretrained_dir / "mi" / "bimamba2-A")
    predict_all(folders, quiet=True)
    assert "bimamba2" not in set(stored(folders)["arch"])
    assert "bimamba2-A-0" not in stored(folders).attrs[WEIGHTS_KEY]


@pytest.mark.parametrize("change", ["logits", "records", "no sums"])
def test_what_does_not_fit_is_predicted_again(folders, change):
    predict_all(folders, quiet=True)
    right = stored(folders)
    wrong = right.copy()
    if change == "logits":  # as after a change of the filter
        wrong["MI"] += np.float32(0.01)
    elif change == "records":
        wrong = wrong[wrong["ecg_id"] != wrong["ecg_id"].iloc[2]]
    else:
        wrong.attrs = {}
    save_predictions(wrong, predictions_path(folders.pretrained_dir))
    assert predict_all(folders, quiet=True).n_kept == 0
    pd.testing.assert_frame_equal(stored(folders), right)


def test_a_stopped_command_goes_on(folders, monkeypatch, asked):
    counting = predict_all_module.predict_many

    def stopped(predictors, signals, patients):
        if len(asked) == 5:
            raise KeyboardInterrupt
        return counting(predictors, signals, patients)

    monkeypatch.setattr(predict_all_module, "predict_many", stopped)
    with pytest.raises(KeyboardInterrupt):
        predict_all(folders, quiet=True)
    assert not (predictions_path(folders.pretrained_dir)).exists()
    monkeypatch.setattr(predict_all_module, "predict_many", counting)
    n_before = len(asked)
    predict_all(folders, quiet=True)
    blocks = [n for archs, n in asked[n_before:] if len(archs) > 1]
    assert blocks == [1], "the synthetic file was whole, two of its companion's three blocks too"
    expected = load_predictions(predictions_path(folders.pretrained_dir, synthetic=True))
    pd.testing.assert_frame_equal(stored(folders), expected)


def test_models_of_two_preprocessings_see_their_own_inputs(untrained_entries, synthetic_recordings):
    entry = untrained_entries["cnn_bilstm"]
    steps = dataclasses.replace(entry.card.preprocessing, zero_phase=False)
    causal = dataclasses.replace(entry, card=dataclasses.replace(entry.card, preprocessing=steps))
    three = [Predictor.open(e) for e in (entry, causal, entry)]
    signals = synthetic_recordings.signals(synthetic_recordings.catalog.frame.index[:4].tolist())
    together = predict_many(three, signals)
    assert together.shape == (3, 4, 1)
    for row, predictor in zip(together, three, strict=True):
        np.testing.assert_array_equal(row, predict_batches(predictor, signals))
    assert np.abs(together[0] - together[1]).min() > 0


def test_the_command_line_checks_jobs(folders, capsys):
    assert main(["predict-all", "--jobs", "0", "--data", str(folders.data_dir)]) == 2
    assert "--jobs is 0; 1 or more is needed." in capsys.readouterr().err


def test_a_task_of_one_class_stores_every_record_and_one_of_several_its_judged_ones(
    synthetic_recordings,
):
    catalog = synthetic_recordings.catalog
    judged = catalog.frame.index[catalog.frame["split"].isin(["val", "test"])]
    for one in ("mi", "mi_all_comers"):
        assert stored_ids(catalog, TASKS[one]) == list(range(1, 241))
    for several in ("superclasses", "statements71"):
        assert stored_ids(catalog, TASKS[several]) == sorted(judged)
    assert 0 < len(judged) < 240
