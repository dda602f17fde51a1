"""The table of groups: mean and spread over seeds, the ensemble, raw and recalibrated."""

import argparse
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from ecgcore.commands import study
from ecgcore.errors import ModelError
from ecgcore.models.cards import ModelKey
from ecgcore.predictions import labelled
from ecgcore.predictions.store import (
    COHORT_FILE,
    load_cohort,
    load_predictions,
    predictions_frame,
    predictions_path,
    save_predictions,
)
from ecgcore.settings import Settings
from ecgcore.study.metrics_table import evaluation_report
from tests.support.models import logits, save_card, save_pretrained

SECOND = ModelKey("cnn_bilstm", "A", 1)


@pytest.fixture(scope="module")
def folder(synthetic_catalog, tmp_path_factory):
    """Six models, and a second seed of the first."""
    made = save_pretrained(tmp_path_factory.mktemp("pretrained"), synthetic_catalog)
    save_card(made / SECOND.folder, SECOND)
    cohort = load_cohort(made)
    more = predictions_frame(SECOND, cohort.index, logits(cohort, 77))
    stored = load_predictions(predictions_path(made))
    save_predictions(pd.concat([stored, more], ignore_index=True), predictions_path(made))
    return made


@pytest.fixture
def settings(folder, synthetic_dir, tmp_path):
    return Settings(
        data_dir=None,
        local_data_dir=tmp_path / "no-ptb-xl",
        synthetic_dir=synthetic_dir,
        pretrained_dir=folder,
        runs_dir=tmp_path / "runs",
    )


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    whole = labelled.evaluate
    monkeypatch.setattr(labelled, "evaluate", lambda *a, **k: whole(*a, **k, n_boot=5))


@pytest.fixture
def report(settings):
    return evaluation_report(settings, n_boot=5)


def test_group_has_mean_and_sd_of_its_seeds_and_an_ensemble(report, folder):
    row = next(r for r in report.groups if r.test_set == "certain")
    assert row.group.name == "cnn_bilstm-A"
    aurocs = [
        r.metrics.auroc.value
        for r in report.rows
        if r.test_set == "certain" and r.model.name.startswith("cnn_bilstm-A-")
    ]
    assert len(aurocs) == 2
    assert row.mean("auroc") == pytest.approx(np.mean(aurocs))
    assert row.sd("auroc") == pytest.approx(np.std(aurocs, ddof=1))
    cohort = load_cohort(folder).query("split == 'test' and group != 'uncertain_mi'")
    wide = load_predictions(predictions_path(folder)).query(
        "arch == 'cnn_bilstm' and train_set == 'A'"
    )
    mean = wide.groupby("ecg_id")["MI"].mean().reindex(cohort.index)
    expected = roc_auc_score(cohort["group"] != "pure_normal", expit(mean))
    assert row.ensemble.auroc.value == pytest.approx(expected, abs=1e-6)


def test_platt_stands_beside_raw_and_names_its_fold(report):
    methods = {row.calibration.method for row in report.groups}
    assert methods == {"raw", "platt"}
    platt = [row for row in report.groups if row.calibration.method == "platt"]
    assert {(row.test_set, row.calibration.n) for row in platt} == {
        ("certain", 85),
        ("all", 110),
        ("uncertain", 85),
    }
    text = report.as_text()
    assert "Platt, fitted on 85 records of fold 9" in text
    assert "CNN-BiLSTM A, 2 seeds" in text
    assert "BiMamba-2 D, 1 seed " in text
    assert "BiMamba-2 D, ensemble" in text


def test_json_adds_groups_and_keeps_models(report):
    said = json.loads(json.dumps(report.as_json(), allow_nan=False))
    certain = said["test_sets"]["certain"]
    assert len(certain["models"]) == 7
    assert len(certain["groups"]) == 6 * 2
    first, last = certain["groups"][0], certain["groups"][-1]
    assert (first["seeds"], first["calibration"]) == ([0, 1], "raw")
    assert first["metrics"]["auroc"]["sd"] > 0
    assert last["metrics"]["auroc"]["sd"] is None
    assert set(first["metrics"]["brier"]["ensemble"]) == {"value", "low", "high"}
    assert last["fold_9"] == {"n": 85, "n_mi": 25}
    assert said["notes"] == []


def test_group_frame_has_a_line_for_each_metric(report):
    frame = report.group_frame()
    assert len(frame) == 6 * 3 * 2 * 8
    assert frame.query("group == 'cnn_bilstm-C'")["sd"].isna().all()


def test_only_the_chosen_recalibrations(settings):
    report = evaluation_report(settings, ["isotonic"], n_boot=0)
    assert {row.calibration.method for row in report.groups} == {"isotonic"}


def test_unknown_recalibration_is_named(settings):
    with pytest.raises(ModelError, match=r"no recalibration magic; use some of raw, temperature"):
        evaluation_report(settings, ["magic"])


def test_without_fold_9_raw_stands_and_a_note_says_why(settings, folder, tmp_path):
    other = tmp_path / "pretrained"
    for file in folder.rglob("*"):
        if file.is_file():
            target = other / file.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    cohort = load_cohort(folder).query("split != 'val'")
    cohort.reset_index().to_parquet(other / COHORT_FILE)
    report = evaluation_report(replace(settings, pretrained_dir=other), n_boot=0)
    assert {row.calibration.method for row in report.groups} == {"raw"}
    assert len(report.notes) == 3
    assert "Platt is left out of test set certain" in report.as_text()


def test_the_command_takes_recalibrations(settings):

    parser = argparse.ArgumentParser()
    study.add_evaluate_arguments(parser)
    args = parser.parse_args(["--calibration", "raw"])
    _, answer, _ = study.run_evaluate(args, settings)
    groups = answer["test_sets"]["all"]["groups"]
    assert {group["calibration"] for group in groups} == {"raw"}
