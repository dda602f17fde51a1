"""The Reliability page with six made-up models and runs of a reader's own."""

import numpy as np
import pytest

from ecgcore.evaluate.calibration import expected_calibration_error
from ecgcore.models import scoreboard
from ecgcore.models.cards import ModelKey
from ecgcore.models.predictions import PREDICTIONS_FILE, predictions_frame, save_predictions
from ecgcore.ptbxl.catalog import synthetic_version
from tests.made_up_models import KEYS, predictions, ptbxl_cohort, save_card, save_pretrained

SYNTHETIC = synthetic_version()
SHIPPED = "PTB-XL 1.0.3"


@pytest.fixture
def pretrained(synthetic_catalog, tmp_path, monkeypatch):
    folder = save_pretrained(tmp_path / "pretrained", synthetic_catalog)
    monkeypatch.setenv("ECG_PRETRAINED_DIR", str(folder))
    whole = scoreboard.evaluate
    monkeypatch.setattr(scoreboard, "evaluate", lambda *a, **k: whole(*a, **k, n_boot=50))
    return folder


@pytest.fixture
def open_reliability(pretrained, open_page):
    return lambda **query: open_page("reliability.py", **query)


def charts(app):
    return app.get("plotly_chart")


def said(app):
    """All text outside the tables."""
    kinds = (app.markdown, app.caption, app.warning, app.error, app.info)
    return "\n".join(element.value for kind in kinds for element in kind)


def titles(app):
    return [m.value for m in app.markdown if " ECE **" in m.value and "How far" not in m.value]


def own_run(folder, key, cohort, data_version):
    save_card(folder, key, data_version)
    logits = np.where(cohort["group"] == "pure_normal", -9, 9).astype(np.float32)
    save_predictions(predictions_frame(key, cohort.index, logits), folder / PREDICTIONS_FILE)


def ece_of(key, groups):
    cohort = ptbxl_cohort()
    mine = predictions(cohort).query("arch == @key.arch and train_set == @key.train_set")
    logits = mine.set_index("ecg_id")["logit"].astype(float)
    chosen = cohort.index[(cohort["split"] == "test") & cohort["group"].isin(groups)]
    labels = (cohort.loc[chosen, "group"] != "pure_normal").astype(int)
    return expected_calibration_error(labels, 1 / (1 + np.exp(-logits[chosen])))


def test_first_screen_answers_for_six_models_without_any_data(open_reliability):
    app = open_reliability()
    assert not app.exception
    assert not app.error
    assert app.title[0].value == "Reliability"
    assert len(charts(app)) == 6
    shown = titles(app)
    assert [t.split("**")[1] for t in shown] == [
        f"{arch} {name} (seed 0)" for arch in ("CNN-BiLSTM", "BiMamba-2") for name in "ACD"
    ]
    for title, key in zip(shown, KEYS, strict=True):
        ece = ece_of(key, ["pure_normal", "certain_mi"])
        assert f"ECE **{ece:.3f}** · n = 971" in title
    answer = next(m.value for m in app.markdown if "How far can these" in m.value)
    gaps = [100 * ece_of(key, ["pure_normal", "certain_mi"]) for key in KEYS]
    assert f"**{min(gaps):.1f} to {max(gaps):.1f} percentage points**" in answer


def test_page_says_what_the_figures_are(open_reliability):
    words = said(open_reliability())
    for part in (
        "raw, not recalibrated",
        "95 % Clopper-Pearson",
        "One seed for each model",
        "bootstrap samples of patients",
        "threshold 0.5",
        "n = 971, 268 of them MI",
        "not our D",
    ):
        assert part in words


def test_charts_say_their_numbers_in_words(open_reliability):
    alt = charts(open_reliability())[0].proto.alt
    assert alt.startswith("Reliability of CNN-BiLSTM A (seed 0) on test set certain, ECE 0.")
    assert "observed" in alt


def test_metrics_stand_with_their_intervals(open_reliability):
    table = open_reliability().table[0].value
    assert table["Model"].tolist()[0] == "CNN-BiLSTM A (seed 0)"
    assert list(table.columns) == [
        "Model",
        "AUROC",
        "AUPRC",
        "Accuracy",
        "Sensitivity",
        "Specificity",
        "Brier",
        "ECE (equal width)",
        "ECE (equal mass)",
    ]
    figures = table.drop(columns="Model").to_numpy().ravel()
    assert len(figures) == 48
    for text in figures:
        value, low, high = (
            float(x) for x in text.replace("[", "").replace("]", "").replace(",", "").split()
        )
        assert 0 <= low <= high <= 1
        assert 0 <= value <= 1


def test_published_figures_of_the_same_test_set_only(open_reliability):
    app = open_reliability()
    published = app.table[1].value
    assert len(published) == 9
    assert "0.9933" in published["AUROC"].tolist()
    assert 'Another "D"' in said(app)
    assert len(open_reliability(test_set="all").table[1].value) == 4
    uncertain = open_reliability(test_set="uncertain")
    assert len(uncertain.table) == 1
    assert "Nothing was published on this test set" in said(uncertain)


def test_test_sets_are_named_with_their_sizes(open_reliability):
    app = open_reliability()
    radio = app.radio(key="test_set")
    assert radio.options == ["certain", "all", "uncertain"]
    assert list(radio.proto.captions) == [
        "703 normal + 268 certain MI = 971",
        "703 normal + 268 certain MI + 282 uncertain MI = 1,253",
        "703 normal + 282 uncertain MI = 985",
    ]
    radio.set_value("uncertain").run()
    assert all("n = 985" in title for title in titles(app))


def test_choices_come_from_the_url(open_reliability):
    app = open_reliability(
        test_set="all", bins="5", binning="equal mass", models=["cnn_bilstm-C-0", "bimamba2-D-0"]
    )
    assert [t.split("**")[1] for t in titles(app)] == [
        "CNN-BiLSTM C (seed 0)",
        "BiMamba-2 D (seed 0)",
    ]
    assert all("n = 1,253" in title for title in titles(app))
    assert "5 bins of equal mass" in said(app)
    numbers = app.dataframe[0].value
    assert len(numbers) == 5
    assert numbers["Records"].sum() == 1253


def test_nonsense_in_the_url_is_named_and_the_page_goes_on(open_reliability):
    app = open_reliability(test_set="best", bins="7", models=["nonsense"])
    assert not app.exception
    assert "There is no model 'nonsense'" in app.warning[0].value
    assert len(charts(app)) == 6
    assert app.radio(key="test_set").value == "certain"
    assert app.selectbox(key="bins").value == 10


def test_chosen_models_go_into_the_url(open_reliability):
    app = open_reliability()
    box = app.multiselect(key="reliability_models")
    box.set_value(["cnn_bilstm-A-0"]).run()
    assert len(charts(app)) == 1
    assert app.query_params["models"] == "cnn_bilstm-A-0"
    app.multiselect(key="reliability_models").set_value([]).run()
    assert not app.exception
    assert "choose one" in app.info[0].value


def test_synthetic_set_is_marked(open_reliability):
    app = open_reliability(data_set=SYNTHETIC, test_set="all")
    assert "SYNTHETIC" in app.warning[0].value
    assert len(charts(app)) == 6
    assert all("n = 26" in title for title in titles(app))
    assert "Nothing was published" in said(app)


def test_own_run_stands_beside_the_shipped_model(open_reliability, tmp_path):
    own_run(tmp_path / "runs" / "mine", KEYS[1], ptbxl_cohort(), SHIPPED)
    name = "cnn_bilstm-C-0@mine"
    assert len(charts(open_reliability())) == 6
    app = open_reliability(models=["cnn_bilstm-C-0", name])
    assert len(titles(app)) == 2
    assert "own run mine" in titles(app)[1]
    assert "ECE **0.000** · n = 971" in titles(app)[1]
    metrics = app.table[0].value.set_index("Model")["AUROC"]
    assert metrics["CNN-BiLSTM C (seed 0), own run mine"].startswith("1.000 [1.000")


def test_own_run_on_synthetic_records_is_offered_there_only(
    open_reliability, synthetic_catalog, tmp_path
):
    own_run(tmp_path / "runs" / "mine", KEYS[0], synthetic_catalog.frame, SYNTHETIC)
    name = "cnn_bilstm-A-0@mine"
    app = open_reliability(data_set=SYNTHETIC, models=[name])
    assert "own run mine" in titles(app)[0]
    assert "trained on synthetic records" in titles(app)[0]
    elsewhere = open_reliability(models=[name])
    assert f"There is no model '{name}' for this data set" in elsewhere.warning[0].value
    assert len(charts(elsewhere)) == 6


def test_damaged_run_does_not_hide_the_others(open_reliability, tmp_path):
    own_run(tmp_path / "runs" / "mine", KEYS[2], ptbxl_cohort(), SHIPPED)
    (tmp_path / "runs" / "mine" / PREDICTIONS_FILE).write_bytes(b"no parquet")
    app = open_reliability(models=["cnn_bilstm-D-0", "cnn_bilstm-D-0@mine"])
    assert not app.exception
    assert "own run mine" in app.error[0].value
    assert "damaged" in app.error[0].value
    assert len(charts(app)) == 1
    assert app.table[0].value["Model"].tolist() == ["CNN-BiLSTM D (seed 0)"]


def test_missing_file_is_named_once_for_all_models(open_reliability, pretrained):
    (pretrained / PREDICTIONS_FILE).unlink()
    app = open_reliability()
    assert not app.exception
    (error,) = app.error
    assert "predictions.parquet does not exist" in error.value
    assert "CNN-BiLSTM A (seed 0)" in error.value
    assert "BiMamba-2 D (seed 0)" in error.value
    app.radio(key="data_set").set_value(SYNTHETIC).run()
    assert not app.error
    assert len(charts(app)) == 6


def test_numbers_can_be_downloaded(open_reliability):
    app = open_reliability()
    assert len(app.get("download_button")) == 6
    shown = app.dataframe[0].value
    assert list(shown.columns) == [
        "From",
        "To",
        "Records",
        "MI among them",
        "Mean predicted probability",
        "Observed MI fraction",
        "95 % interval from",
        "95 % interval to",
    ]
    assert shown["Records"].sum() == 971
    assert shown["MI among them"].sum() == 268


def test_change_of_the_data_set_drops_a_run_that_does_not_fit(open_reliability, tmp_path):
    own_run(tmp_path / "runs" / "mine", KEYS[1], ptbxl_cohort(), SHIPPED)
    app = open_reliability(models=["cnn_bilstm-A-0", "cnn_bilstm-C-0@mine"])
    assert len(charts(app)) == 2
    app.radio(key="data_set").set_value(SYNTHETIC).run()
    assert not app.exception
    assert [title.split("**")[1] for title in titles(app)] == ["CNN-BiLSTM A (seed 0)"]


def test_run_on_the_mix_has_a_column_of_its_own(open_reliability, tmp_path):
    mix = ModelKey("cnn_bilstm", "D-mix", 3)
    own_run(tmp_path / "runs" / "mixed", mix, ptbxl_cohort(), SHIPPED)
    app = open_reliability(models=["cnn_bilstm-A-0", "cnn_bilstm-D-mix-3@mixed"])
    assert not app.exception
    assert "**D-mix**: trained on half certain, half uncertain MI" in said(app)
    assert "CNN-BiLSTM D-mix (seed 3), own run mixed" in titles(app)[1]


def test_without_any_model_the_page_leads_to_training(open_page, pretrained):
    for card in pretrained.glob("*/seed-0/card.json"):
        card.unlink()
    app = open_page("reliability.py")
    assert not app.exception
    assert "No model to show" in app.info[0].value
    assert not charts(app)


def test_unreadable_labels_leave_the_other_data_set(open_reliability, pretrained):
    (pretrained / "cohort.parquet").write_bytes(b"no parquet")
    app = open_reliability()
    assert not app.exception
    assert "cohort.parquet cannot be read" in app.error[0].value
    app.radio(key="data_set").set_value(SYNTHETIC).run()
    assert not app.error
    assert len(charts(app)) == 6
