"""Models on test sets: which logits meet which labels, and the report that shows them."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from ecgcore.errors import ModelError
from ecgcore.models.cards import ModelEntry, by_name, list_models
from ecgcore.predictions import labelled
from ecgcore.predictions.labelled import (
    LabelledLogits,
    cohort_of,
    data_versions,
    judge,
    stored_predictions,
)
from ecgcore.predictions.store import (
    COHORT_FILE,
    PREDICTIONS_FILE,
    load_predictions,
    predictions_frame,
    predictions_path,
    save_predictions,
)
from ecgcore.ptbxl.catalog import PTBXL_VERSION, synthetic_version
from ecgcore.settings import Settings
from ecgcore.stats.metrics import METRIC_NAMES
from ecgcore.study.metrics_table import evaluation_report
from tests.support.models import KEYS, card, predictions, ptbxl_cohort, save_card, save_pretrained

SYNTHETIC = synthetic_version()


@pytest.fixture(scope="module")
def shipped_dir(synthetic_catalog, tmp_path_factory):
    return save_pretrained(tmp_path_factory.mktemp("pretrained"), synthetic_catalog)


@pytest.fixture
def own_dir(shipped_dir, tmp_path):
    """A ``pretrained/`` whose files a test may spoil."""
    (tmp_path / COHORT_FILE).write_bytes((shipped_dir / COHORT_FILE).read_bytes())
    shutil.copytree(predictions_path(shipped_dir).parent, predictions_path(tmp_path).parent)
    return tmp_path


def entry_of(key, folder, **changes):
    return ModelEntry(folder, replace(card(key), **changes), shipped=True)


@pytest.fixture
def judge_it(shipped_dir, synthetic_recordings):
    def call(entry, test_set, data_version=PTBXL_VERSION, pretrained_dir=shipped_dir):
        return judge(
            entry,
            test_set,
            data_version,
            pretrained_dir=pretrained_dir,
            recordings=synthetic_recordings,
        )

    return call


@pytest.mark.parametrize(
    ("test_set", "n", "n_mi"), [("certain", 971, 268), ("all", 1253, 550), ("uncertain", 985, 282)]
)
def test_shipped_models_need_no_records_to_be_judged(judge_it, shipped_dir, test_set, n, n_mi):
    found = judge_it(entry_of(KEYS[3], shipped_dir), test_set)
    assert (found.ids.size, found.labels.sum()) == (n, n_mi)
    assert found.labels.shape == found.logits.shape == found.patients.shape == (n,)


def test_logits_labels_and_patients_belong_to_their_record(judge_it, shipped_dir, own_dir):
    """The file is shuffled, so that only the ids can bring things together."""
    frame = load_predictions(predictions_path(own_dir)).sample(frac=1, random_state=1)
    save_predictions(frame, predictions_path(own_dir))
    found = judge_it(entry_of(KEYS[4], own_dir), "all", pretrained_dir=own_dir)
    cohort = ptbxl_cohort()
    expected = predictions(cohort).query("arch == 'bimamba2' and train_set == 'C'")
    expected = expected.set_index("ecg_id")["MI"]
    assert (np.diff(found.ids) > 0).all()
    np.testing.assert_array_equal(found.logits, expected[found.ids])
    np.testing.assert_array_equal(
        found.labels, cohort.loc[found.ids, "group"].isin(["certain_mi", "uncertain_mi"])
    )
    np.testing.assert_array_equal(found.patients, cohort.loc[found.ids, "patient"])


def test_metrics_are_those_of_scikit_learn(judge_it, shipped_dir):
    found = judge_it(entry_of(KEYS[0], shipped_dir), "certain")
    probs = 1 / (1 + np.exp(-found.logits.astype(float)))
    called = found.logits >= 0
    metrics = found.metrics()
    assert metrics.auroc.value == pytest.approx(roc_auc_score(found.labels, probs))
    assert metrics.auprc.value == pytest.approx(average_precision_score(found.labels, probs))
    assert metrics.brier.value == pytest.approx(brier_score_loss(found.labels, probs))
    assert metrics.sensitivity.value == pytest.approx(called[found.labels == 1].mean())
    assert metrics.specificity.value == pytest.approx((~called[found.labels == 0]).mean())
    assert metrics.auroc.low < metrics.auroc.value < metrics.auroc.high


def test_threshold_moves_the_calls():
    logits = np.array([-1, 0.5, 2, 3], dtype=np.float32)
    judged = LabelledLogits(np.arange(4), np.array([0, 0, 1, 1]), logits, np.arange(4))
    assert judged.metrics().specificity.value == 0.5
    assert judged.metrics(threshold=0.8).specificity.value == 1.0


def test_patients_are_resampled_whole():
    """Copies of one patient's record carry no new information: the interval stays as wide."""
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 2
    logits = (rng.normal(size=60) + labels).astype(np.float32)
    alone = LabelledLogits(np.arange(60), labels, logits, np.arange(60)).metrics().brier
    copies = [np.repeat(a, 4) for a in (labels, logits, np.arange(60))]
    copied = LabelledLogits(np.arange(240), *copies).metrics().brier
    assert copied.high - copied.low == pytest.approx(alone.high - alone.low, rel=0.01)


def test_very_large_logits_are_probabilities():
    logits = np.array([-1e4, 0, 1e4], dtype=np.float32)
    probs = LabelledLogits(np.arange(3), np.array([0, 1, 1]), logits, np.arange(3)).probs
    assert probs.tolist() == [0.0, 0.5, 1.0]


def test_synthetic_set_is_judged_from_its_own_file(judge_it, shipped_dir, synthetic_catalog):
    found = judge_it(entry_of(KEYS[5], shipped_dir), "all", SYNTHETIC)
    frame = load_predictions(predictions_path(shipped_dir, synthetic=True))
    mine = frame.query("arch == 'bimamba2' and train_set == 'D'").set_index("ecg_id")["MI"]
    np.testing.assert_array_equal(found.logits, mine[found.ids])
    assert set(synthetic_catalog.frame.loc[found.ids, "split"]) == {"test"}


def test_data_versions(synthetic_recordings, shipped_dir):
    assert data_versions(synthetic_recordings) == (PTBXL_VERSION, SYNTHETIC)
    same = replace(synthetic_recordings.catalog, version=PTBXL_VERSION)
    assert data_versions(replace(synthetic_recordings, catalog=same)) == (PTBXL_VERSION,)
    with pytest.raises(ModelError, match=r"elsewhere is not open.*--data"):
        cohort_of("elsewhere", shipped_dir, synthetic_recordings)


def test_own_run_is_judged_by_its_own_file_on_its_own_data(tmp_path, judge_it):
    key = KEYS[1]
    own = ModelEntry(save_card(tmp_path / "run", key), card(key), shipped=False)
    assert stored_predictions(own, PTBXL_VERSION, tmp_path) is None
    cohort = ptbxl_cohort()
    logits = np.arange(len(cohort), dtype=np.float32)
    save_predictions(predictions_frame(key, cohort.index, logits), own.folder / PREDICTIONS_FILE)
    assert stored_predictions(own, PTBXL_VERSION, tmp_path) == own.folder / PREDICTIONS_FILE
    assert stored_predictions(own, SYNTHETIC, tmp_path) is None
    found = judge_it(own, "certain")
    np.testing.assert_array_equal(found.logits, (found.ids - 1000) // 3)


def test_without_predictions_the_records_are_asked(monkeypatch, judge_it, tmp_path):
    from ecgcore.models import predictor

    asked = {}

    def fake(chosen, signals, patients):
        asked.update(chosen=chosen, shape=signals.shape, told=patients.shape)
        return np.zeros((len(signals), 1), dtype=np.float32)

    monkeypatch.setattr(predictor, "predict_batches", fake)
    monkeypatch.setattr(predictor.Predictor, "open", lambda entry: entry.name)
    own = ModelEntry(tmp_path / "run", card(KEYS[0], SYNTHETIC), shipped=False)
    found = judge_it(own, "certain", SYNTHETIC)
    assert asked == {"chosen": own.name, "shape": ((n := found.ids.size), 12, 1000), "told": (n, 5)}
    assert (found.logits == 0).all()


def test_records_of_another_data_set_are_never_asked(judge_it, tmp_path):
    """Synthetic records have numbers that PTB-XL has too."""
    own = ModelEntry(tmp_path / "run", card(KEYS[0]), shipped=False)
    with pytest.raises(ModelError, match=f"{SYNTHETIC} is open.*--data"):
        judge_it(own, "certain")


def test_missing_file_is_named(judge_it, own_dir):
    (predictions_path(own_dir)).unlink()
    with pytest.raises(ModelError, match=r"mi\.parquet does not exist"):
        judge_it(entry_of(KEYS[0], own_dir), "certain", pretrained_dir=own_dir)


def test_missing_predictions_are_counted(judge_it, own_dir):
    frame = load_predictions(predictions_path(own_dir))
    first_test_records = ptbxl_cohort().index[:3]
    save_predictions(
        frame[(frame["train_set"] != "A") | ~frame["ecg_id"].isin(first_test_records)],
        predictions_path(own_dir),
    )
    with pytest.raises(ModelError, match=r"3 of 971 test records .* CNN-BiLSTM A \(seed 0\)"):
        judge_it(entry_of(KEYS[0], own_dir), "certain", pretrained_dir=own_dir)
    assert judge_it(entry_of(KEYS[1], own_dir), "certain", pretrained_dir=own_dir).ids.size == 971


def test_unknown_model_has_no_predictions(judge_it, own_dir):
    other = entry_of(replace(KEYS[0], seed=7), own_dir)
    with pytest.raises(ModelError, match=r"971 of 971 .*seed 7"):
        judge_it(other, "certain", pretrained_dir=own_dir)


def test_record_predicted_twice_is_refused(judge_it, own_dir):
    frame = load_predictions(predictions_path(own_dir))
    save_predictions(pd.concat([frame, frame.head(1)]), predictions_path(own_dir))
    with pytest.raises(ModelError, match=r"CNN-BiLSTM A \(seed 0\) name a record twice"):
        judge_it(entry_of(KEYS[0], own_dir), "certain", pretrained_dir=own_dir)


def test_empty_test_set_is_refused(judge_it, own_dir):
    cohort = ptbxl_cohort()
    cohort[cohort["split"] == "train"].reset_index().to_parquet(own_dir / COHORT_FILE)
    with pytest.raises(ModelError, match=r"no test record of the set 'uncertain'"):
        judge_it(entry_of(KEYS[0], own_dir), "uncertain", pretrained_dir=own_dir)


@pytest.fixture
def settings(shipped_dir, synthetic_dir, tmp_path):
    return Settings(
        data_dir=None,
        local_data_dir=tmp_path / "no-ptb-xl",
        synthetic_dir=synthetic_dir,
        pretrained_dir=shipped_dir,
        runs_dir=tmp_path / "runs",
    )


@pytest.fixture
def quick(monkeypatch):
    """Intervals from 20 bootstrap samples; the report's form is tested, not its intervals."""
    whole = labelled.evaluate
    monkeypatch.setattr(labelled, "evaluate", lambda *a, **k: whole(*a, **k, n_boot=20))


@pytest.mark.usefixtures("quick")
def test_report_judges_every_model_on_every_test_set(settings):
    report = evaluation_report(settings)
    frame = report.frame()
    assert report.data_version == PTBXL_VERSION
    assert len(frame) == 6 * 3 * len(METRIC_NAMES)
    assert frame.groupby("test_set")["n"].unique().map(list).to_dict() == {
        "certain": [971],
        "all": [1253],
        "uncertain": [985],
    }
    as_json = json.loads(json.dumps(report.as_json(), allow_nan=False))
    certain = as_json["test_sets"]["certain"]
    assert (certain["n"], certain["n_mi"], len(certain["models"])) == (971, 268, 6)
    assert len(certain["published"]) == 9
    assert certain["models"][0]["auroc"]["value"] == pytest.approx(
        frame.query("test_set == 'certain' and metric == 'auroc'")["value"].iloc[0]
    )
    text = report.as_text()
    assert "PTB-XL 1.0.3, test set uncertain: n = 985, MI = 282" in text
    assert all(entry.label in text for entry in {row.model for row in report.rows})


@pytest.mark.usefixtures("quick")
def test_report_on_chosen_data_judges_it(settings, synthetic_dir):
    report = evaluation_report(replace(settings, data_dir=synthetic_dir))
    assert report.data_version == SYNTHETIC
    assert {row.metrics.n for row in report.rows} == {19, 26}
    published = report.as_json()["test_sets"]["all"]["published"]
    assert published == []


@pytest.mark.usefixtures("quick")
def test_report_leaves_out_runs_on_other_data(settings):
    save_card(settings.runs_dir / "mine", KEYS[0], SYNTHETIC)
    rows = evaluation_report(settings).rows
    assert len(rows) == 18
    assert all(row.model.shipped for row in rows)


def test_report_without_models_says_so(settings, tmp_path):
    with pytest.raises(ModelError, match=r"no model in .*nothing"):
        evaluation_report(replace(settings, pretrained_dir=tmp_path / "nothing"))


def test_made_up_models_are_listed(shipped_dir, tmp_path):
    entries = list_models(shipped_dir, tmp_path)
    assert [entry.key for entry in entries] == KEYS
    assert by_name(entries, "bimamba2-D-0").key == KEYS[5]
