"""Groups beside each other: the same numbers as their parts, and the published claims."""

import json

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from ecgcore.cli import main
from ecgcore.errors import ModelError
from ecgcore.predictions.store import COHORT_FILE, load_cohort, load_predictions, predictions_path
from ecgcore.settings import Settings
from ecgcore.study.comparison_table import comparison_report
from tests.support.models import save_pretrained


@pytest.fixture(scope="module")
def folder(synthetic_catalog, tmp_path_factory):
    return save_pretrained(tmp_path_factory.mktemp("pretrained"), synthetic_catalog)


@pytest.fixture
def settings(folder, synthetic_dir, tmp_path):
    return Settings(
        data_dir=None,
        local_data_dir=tmp_path / "no-ptb-xl",
        synthetic_dir=synthetic_dir,
        pretrained_dir=folder,
        runs_dir=tmp_path / "runs",
    )


def test_standings_and_pairs(settings, folder):
    report = comparison_report(settings, "all", n_boot=5)
    assert (report.data_version, report.n, report.n_mi) == ("PTB-XL 1.0.3", 1253, 550)
    assert [one.name for one in report.standings] == [
        *("cnn_bilstm-A", "cnn_bilstm-C", "cnn_bilstm-D"),
        *("bimamba2-A", "bimamba2-C", "bimamba2-D"),
    ]
    assert len(report.comparisons) == len(report.delong) == 15
    assert {one.verdict for one in report.comparisons} == {"too few seeds"}
    cohort = load_cohort(folder).query("split == 'test'")
    stored = load_predictions(predictions_path(folder))
    mine = stored[(stored["arch"] == "bimamba2") & (stored["train_set"] == "C")]
    logits = mine.set_index("ecg_id")["MI"].loc[cohort.index]
    auroc = roc_auc_score(cohort["group"] != "pure_normal", logits)
    assert report.standings[4].mean.value == pytest.approx(auroc)
    first = report.delong.iloc[0]
    assert first["value"] == pytest.approx(
        report.standings[0].mean.value - report.standings[1].mean.value
    )
    assert (report.delong["p_holm"] >= report.delong["p"]).all()


def test_recalibration_keeps_order_and_changes_the_brier_score(settings):
    def means(method, metric):
        report = comparison_report(settings, "certain", method, metric, n_boot=2)
        return np.array([one.mean.value for one in report.standings])

    np.testing.assert_allclose(means("platt", "auroc"), means("raw", "auroc"))
    assert (means("platt", "brier") != means("raw", "brier")).all()


def test_every_claim_is_judged_with_what_is_there(settings):
    report = comparison_report(settings, n_boot=2)
    verdicts = [one.verdict for one in report.claims]
    assert set(verdicts) <= {"not shown", "cannot be judged"}  # one seed each, and no D-mix
    assert "cannot be judged" in verdicts


def test_one_group_has_nobody_beside_it(settings, folder, tmp_path, synthetic_dir):
    for name in (COHORT_FILE, "predictions/mi.parquet", "mi/cnn_bilstm-A/seed-0/card.json"):
        (tmp_path / "one" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "one" / name).write_bytes((folder / name).read_bytes())
    alone = Settings(None, tmp_path / "no", synthetic_dir, tmp_path / "one", tmp_path / "runs")
    with pytest.raises(ModelError, match="1 groups of models are shipped; two can be compared"):
        comparison_report(alone)


def test_command_prints_both_ways(folder, synthetic_dir, monkeypatch, capsys):
    monkeypatch.setenv("ECG_PRETRAINED_DIR", str(folder))
    command = ["compare", "--test-set", "uncertain", "--metric", "ece_width"]
    assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["n"], found["calibration"]) == (985, "raw")
    assert found["comparisons"][0]["metric"] == "ece_width"
    assert found["comparisons"][0]["seeds_low"] is None
    assert main(command) == 0
    assert "Published claims, ours by uncalibrated probabilities:" in capsys.readouterr().out
