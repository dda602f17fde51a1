"""The Reliability page with six made-up models, groups of seeds and runs of a reader's own."""

import numpy as np
import pandas as pd
import pytest
import streamlit as st

from ecgcore.models.cards import ModelKey
from ecgcore.predictions.store import (
    COHORT_FILE,
    PREDICTIONS_FILE,
    load_predictions,
    predictions_frame,
    predictions_path,
    save_predictions,
)
from ecgcore.ptbxl.catalog import synthetic_version
from ecgcore.stats.calibration.calibrators import CALIBRATORS
from ecgcore.stats.calibration.corp import corp
from ecgcore.stats.calibration.curve_pieces import CurvePieces
from ecgcore.stats.reliability_curve import expected_calibration_error
from ecgcore.study.strata import Stratum
from pages.reliability import bins, overview
from pages.reliability.bins import piece_words
from pages.reliability.choice import BINNINGS, CLICKED
from pages.shared import caches, evaluation_caches, plots
from tests.support.models import (
    KEYS,
    logits,
    predictions,
    ptbxl_cohort,
    save_card,
    save_pretrained,
)

SYNTHETIC = synthetic_version()
SHIPPED = "PTB-XL 1.0.3"
RAW = "Uncalibrated"


@pytest.fixture
def pretrained(synthetic_catalog, tmp_path, monkeypatch):
    folder = save_pretrained(tmp_path / "pretrained", synthetic_catalog)
    monkeypatch.setenv("ECG_PRETRAINED_DIR", str(folder))
    whole = evaluation_caches.evaluate
    monkeypatch.setattr(evaluation_caches, "evaluate", lambda *a, **k: whole(*a, **k, n_boot=50))
    return folder


@pytest.fixture
def open_reliability(pretrained, open_page):
    return lambda **query: open_page("reliability", **query)


def charts(app):
    """The small diagrams of the grid."""
    return [chart for chart in app.get("plotly_chart") if "curve_large" not in chart.proto.id]


def said(app):
    """All text outside the tables."""
    kinds = (app.markdown, app.caption, app.warning, app.error, app.info)
    return "\n".join(element.value for kind in kinds for element in kind)


def titles(app):
    return [m.value for m in app.markdown if " ECE **" in m.value and "n = " in m.value]


def second_seed(folder, key):
    """Add a seed to a group of the made-up models."""
    save_card(folder / key.folder, key)
    cohort = ptbxl_cohort()
    more = predictions_frame(key, cohort.index, logits(cohort, 77))
    stored = load_predictions(predictions_path(folder))
    save_predictions(pd.concat([stored, more], ignore_index=True), predictions_path(folder))


def own_run(folder, key, cohort, data_version):
    save_card(folder, key, data_version)
    logits = np.where(cohort["group"] == "pure_normal", -9, 9).astype(np.float32)
    save_predictions(predictions_frame(key, cohort.index, logits), folder / PREDICTIONS_FILE)


def ece_of(key, groups):
    cohort = ptbxl_cohort()
    mine = predictions(cohort).query("arch == @key.arch and train_set == @key.train_set")
    logits = mine.set_index("ecg_id")["MI"].astype(float)
    chosen = cohort.index[(cohort["split"] == "test") & cohort["group"].isin(groups)]
    labels = (cohort.loc[chosen, "group"] != "pure_normal").astype(int)
    return expected_calibration_error(labels, 1 / (1 + np.exp(-logits[chosen])))


def test_first_screen_answers_for_six_models_without_any_data(open_reliability):
    app = open_reliability(calibration=RAW)
    assert not app.exception
    assert not app.error
    assert app.title[0].value == "Reliability"
    assert len(charts(app)) == 6
    shown = titles(app)
    assert [t.split("**")[1] for t in shown] == [
        f"{arch} {name}" for arch in ("CNN-BiLSTM", "BiMamba-2") for name in "ACD"
    ]
    for title, key in zip(shown, KEYS, strict=True):
        ece = ece_of(key, ["pure_normal", "certain_mi"])
        assert f"ECE **{ece:.3f}**]" in title
        assert "one seed · n = 971" in title
    answer = next(m.value for m in app.markdown if "How far can these" in m.value)
    gaps = [100 * ece_of(key, ["pure_normal", "certain_mi"]) for key in KEYS]
    assert f"**{min(gaps):.1f} to {max(gaps):.1f} percentage points**" in answer


def test_page_says_what_the_figures_are(open_reliability):
    words = said(open_reliability(section="Metrics", calibration=RAW))
    for part in (
        "Probabilities are uncalibrated",
        "95 % Clopper-Pearson",
        "One seed for each ensemble",
        "bootstrap samples of patients",
        "threshold 0.5",
        "n = 971, 268 of them MI",
    ):
        assert part in words


def test_charts_say_their_numbers_in_words(open_reliability):
    alt = charts(open_reliability())[0].proto.alt
    assert alt.startswith("Reliability of CNN-BiLSTM A on test set certain, ECE 0.")
    assert "observed" in alt


def test_metrics_stand_with_their_intervals(open_reliability):
    table = open_reliability(section="Metrics").table[0].value
    assert table["Ensemble"].tolist()[0] == "CNN-BiLSTM A"
    assert list(table.columns) == [
        "Ensemble",
        "Seeds",
        "AUROC",
        "AUPRC",
        "Accuracy",
        "Sensitivity",
        "Specificity",
        "Brier",
        "ECE (equal width)",
        "ECE (equal mass)",
    ]
    figures = table.drop(columns=["Ensemble", "Seeds"]).to_numpy().ravel()
    assert len(figures) == 48
    for text in figures:
        value, low, high = (
            float(x) for x in text.replace("[", "").replace("]", "").replace(",", "").split()
        )
        assert 0 <= low <= high <= 1
        assert 0 <= value <= 1


def test_published_figures_of_the_same_test_set_only(open_reliability):
    app = open_reliability(section="Published")
    published = app.table[0].value
    assert len(published) == 9
    assert "0.9933" in published["AUROC"].tolist()
    assert 'Another "D"' in said(app)
    assert "not our D" in said(app)
    assert len(open_reliability(section="Published", test_set="all").table[0].value) == 4
    uncertain = open_reliability(section="Published", test_set="uncertain")
    assert len(uncertain.table) == 0
    assert "Nothing was published on this test set" in said(uncertain)


def test_test_sets_are_named_with_their_sizes(open_reliability):
    app = open_reliability()
    radio = app.radio(key="test_set")
    assert radio.options == ["certain", "all", "uncertain"]
    assert list(radio.proto.captions) == [
        "n = 971, 268 MI",
        "n = 1,253, 550 MI",
        "n = 985, 282 MI",
    ]
    radio.set_value("uncertain").run()
    assert all("n = 985" in title for title in titles(app))


def test_choices_come_from_the_url(open_reliability):
    app = open_reliability(
        test_set="all", bins="5", binning="equal mass", models=["cnn_bilstm-C", "bimamba2-D"]
    )
    assert [t.split("**")[1] for t in titles(app)] == [
        "CNN-BiLSTM C",
        "BiMamba-2 D",
    ]
    assert all("n = 1,253" in title for title in titles(app))
    assert "5 bins of equal mass" in said(app)
    numbers = app.dataframe[0].value
    assert numbers.groupby("Ensemble")["Records"].agg(["size", "sum"]).to_numpy().tolist() == [
        [5, 1253],
        [5, 1253],
    ]


def test_nonsense_in_the_url_is_named_and_the_page_goes_on(open_reliability):
    app = open_reliability(
        test_set="best", bins="99", models=["nonsense"], focus="nobody", bin="many"
    )
    assert not app.exception
    warnings = " ".join(warning.value for warning in app.warning)
    assert "The test set `best` in the address is not known" in warnings
    assert "The number of bins `99` in the address is not known" in warnings
    assert "The ensemble `nonsense` in the address" in warnings
    assert "The ensemble `nobody` in the address" in warnings
    assert "The bin `many` in the address is not known: choose one of these 10." in warnings
    assert len(charts(app)) == 6
    assert app.radio(key="test_set").value == "certain"
    assert app.number_input(key="bins").value == 10


def test_chosen_models_go_into_the_url(open_reliability):
    app = open_reliability()
    box = app.multiselect(key="reliability_models")
    box.set_value(["cnn_bilstm-A"]).run()
    assert len(charts(app)) == 1
    assert app.query_params["models"] == "cnn_bilstm-A"
    app.multiselect(key="reliability_models").set_value([]).run()
    assert not app.exception
    assert "choose one" in app.info[0].value


def test_synthetic_set_is_marked(open_reliability):
    app = open_reliability(data_set=SYNTHETIC, test_set="all", section="Published")
    assert "SYNTHETIC" in app.warning[0].value
    assert len(charts(app)) == 6
    assert all("n = 26" in title for title in titles(app))
    assert "Nothing was published" in said(app)


def test_own_run_stands_beside_the_shipped_model(open_reliability, tmp_path):
    own_run(tmp_path / "runs" / "mine", KEYS[1], ptbxl_cohort(), SHIPPED)
    name = "cnn_bilstm-C-0@mine"
    assert len(charts(open_reliability())) == 6
    app = open_reliability(models=["cnn_bilstm-C", name], section="Metrics", calibration=RAW)
    assert len(titles(app)) == 2
    assert "local run mine" in titles(app)[1]
    assert "ECE **0.000**" in titles(app)[1]
    metrics = app.table[0].value.set_index("Ensemble")["AUROC"]
    assert metrics["CNN-BiLSTM C (local run mine)"].startswith("1.000 [1.000")


def test_own_run_on_synthetic_records_is_offered_there_only(
    open_reliability, synthetic_catalog, tmp_path
):
    own_run(tmp_path / "runs" / "mine", KEYS[0], synthetic_catalog.frame, SYNTHETIC)
    name = "cnn_bilstm-A-0@mine"
    app = open_reliability(data_set=SYNTHETIC, models=[name])
    assert "local run mine" in titles(app)[0]
    assert "trained on synthetic records" in titles(app)[0]
    elsewhere = open_reliability(models=[name])
    assert f"The ensemble `{name}` in the address is not known" in elsewhere.warning[0].value
    assert len(charts(elsewhere)) == 6


def test_damaged_run_does_not_hide_the_others(open_reliability, tmp_path):
    own_run(tmp_path / "runs" / "mine", KEYS[2], ptbxl_cohort(), SHIPPED)
    (tmp_path / "runs" / "mine" / PREDICTIONS_FILE).write_bytes(b"no parquet")
    app = open_reliability(models=["cnn_bilstm-D", "cnn_bilstm-D-0@mine"], section="Metrics")
    assert not app.exception
    assert "local run mine" in app.error[0].value
    assert "damaged" in app.error[0].value
    assert len(charts(app)) == 1
    assert app.table[0].value["Ensemble"].tolist() == ["CNN-BiLSTM D"]


def test_missing_file_is_named_once_for_all_models(open_reliability, pretrained):
    predictions_path(pretrained).unlink()
    app = open_reliability(calibration=RAW)
    assert not app.exception
    (error,) = app.error
    assert "mi.parquet does not exist" in error.value
    assert "CNN-BiLSTM A" in error.value
    assert "BiMamba-2 D" in error.value
    app.radio(key="data_set").set_value(SYNTHETIC).run()
    assert not app.error
    assert len(charts(app)) == 6


def test_numbers_can_be_downloaded(open_reliability):
    app = open_reliability()
    assert len(app.get("download_button")) == 1
    shown = app.dataframe[0].value
    assert list(shown.columns) == [
        "Ensemble",
        "Bin",
        "From",
        "To",
        "Records",
        "MI among them",
        "Mean predicted probability",
        "Observed MI fraction",
        "95 % interval from",
        "95 % interval to",
    ]
    assert set(shown.groupby("Ensemble")["Records"].sum()) == {971}
    assert set(shown.groupby("Ensemble")["MI among them"].sum()) == {268}


def test_change_of_the_data_set_drops_a_run_that_does_not_fit(open_reliability, tmp_path):
    own_run(tmp_path / "runs" / "mine", KEYS[1], ptbxl_cohort(), SHIPPED)
    app = open_reliability(models=["cnn_bilstm-A", "cnn_bilstm-C-0@mine"])
    assert len(charts(app)) == 2
    app.radio(key="data_set").set_value(SYNTHETIC).run()
    assert not app.exception
    assert [title.split("**")[1] for title in titles(app)] == ["CNN-BiLSTM A"]


def test_run_on_the_mix_has_a_column_of_its_own(open_reliability, tmp_path):
    mix = ModelKey("cnn_bilstm", "D-mix", 3)
    own_run(tmp_path / "runs" / "mixed", mix, ptbxl_cohort(), SHIPPED)
    app = open_reliability(models=["cnn_bilstm-A", "cnn_bilstm-D-mix-3@mixed"])
    assert not app.exception
    assert "**D-mix**: half certain, half uncertain MI" in said(app)
    assert "CNN-BiLSTM D-mix (local run mixed)" in titles(app)[1]


def test_without_any_model_the_page_leads_to_training(open_page, pretrained):
    for card in pretrained.glob("*/*/seed-0/card.json"):
        card.unlink()
    app = open_page("reliability")
    assert not app.exception
    assert "No ensemble to show" in app.info[0].value
    assert not charts(app)


def test_unreadable_labels_leave_the_other_data_set(open_reliability, pretrained):
    (pretrained / "cohort.parquet").write_bytes(b"no parquet")
    app = open_reliability(calibration=RAW)
    assert not app.exception
    assert "cohort.parquet cannot be read" in app.error[0].value
    app.radio(key="data_set").set_value(SYNTHETIC).run()
    assert not app.error
    assert len(charts(app)) == 6


def test_seeds_stand_behind_their_ensemble_with_mean_and_sd(open_reliability, pretrained):
    second_seed(pretrained, ModelKey("cnn_bilstm", "A", 1))
    app = open_reliability(models=["cnn_bilstm-A", "cnn_bilstm-C"])
    first, second = titles(app)
    assert "2 seeds 0." in first
    assert " ± 0." in first
    assert "one seed" in second
    assert "The curve is that of the ensemble" in said(app)
    assert "single seeds" in charts(app)[0].proto.spec
    assert "single seeds" not in charts(app)[1].proto.spec


def test_every_number_obeys_the_calibration_switch(open_reliability):
    raw = open_reliability(calibration=RAW)
    platt = open_reliability()
    assert "Probabilities are calibrated (Platt)" in said(platt)
    assert "the study's 110 records of fold 9 with all labels (50 of them MI)" in said(platt)
    assert titles(raw) != titles(platt)
    numbers = [app.dataframe[0].value["Mean predicted probability"] for app in (raw, platt)]
    assert not numbers[0].equals(numbers[1])


def test_recalibration_without_fold_9_says_so_and_raw_works(open_reliability, pretrained):
    cohort = ptbxl_cohort()
    cohort[cohort["split"] != "val"].reset_index().to_parquet(pretrained / COHORT_FILE)
    app = open_reliability(calibration="Beta")
    assert not app.exception
    assert "no val record" in app.error[0].value
    assert "Choose Uncalibrated in the decision settings" in app.error[0].value
    st.cache_data.clear()
    raw = open_reliability(section="Decisions", calibration=RAW)
    assert len(titles(raw)) == 6
    assert "no val record" in raw.error[0].value
    assert "call MI from a probability of" in said(raw)


def test_curve_without_bins_gives_miscalibration(open_reliability):
    app = open_reliability(binning="bin-free (CORP)", models=["cnn_bilstm-A"])
    assert not app.exception
    assert app.number_input(key="bins").disabled
    assert "MCB **0." in said(app)
    assert "level stretches" in said(app)
    assert app.selectbox(key="reliability_bin").label == "Level stretch"


def test_bootstrap_band_replaces_the_whiskers(open_reliability):
    app = open_reliability(band="bootstrap of patients", models=["cnn_bilstm-A"])
    assert "95 % of bootstrap samples" in charts(app)[0].proto.spec
    assert "Clopper-Pearson intervals" not in said(app)


def test_a_bin_of_records_elsewhere_is_listed_but_not_opened(open_reliability):
    app = open_reliability(bin="10", focus="CNN-BiLSTM C")
    assert "synthetic" in " ".join(info.value for info in app.info)
    assert "data fetch" in " ".join(info.value for info in app.info)
    assert [button.label for button in app.button] == []
    cases = app.dataframe[1].value
    numbers = app.dataframe[0].value.query("Ensemble == 'CNN-BiLSTM C' and Bin == 10").iloc[0]
    assert len(cases) == numbers["Records"]
    assert (cases["Label"] != "normal").sum() == numbers["MI among them"]
    assert cases["Probability"].is_monotonic_decreasing
    assert cases["Probability"].between(0.9, 1).all()


def test_a_bin_opens_in_review_as_the_reader_s_list(open_reliability):
    app = open_reliability(data_set=SYNTHETIC, test_set="all", models=["cnn_bilstm-A"])
    box = app.selectbox(key="reliability_bin")
    assert box.value is None
    names = app.dataframe[0].value
    fullest = int(names["Records"].argmax())
    box.select_index(fullest).run()
    assert app.query_params["bin"] == str(fullest + 1)
    cases = app.dataframe[1].value
    assert len(cases) == names["Records"].max()
    assert {"Likelihood of MI", "Territory", "Age", "Sex"} <= set(cases)
    next(button for button in app.button if button.label == "Open in Review").click().run()
    assert not app.exception
    assert app.title[0].value == "Review"
    assert app.query_params["list"] == ".".join(map(str, cases["Record"]))


def test_an_empty_bin_says_so(open_reliability):
    app = open_reliability(data_set=SYNTHETIC, bins="50", bin="25", models=["cnn_bilstm-A"])
    assert not app.exception
    assert "No record lies in this bin" in " ".join(info.value for info in app.info)


def test_a_click_chooses_model_and_bin(monkeypatch):
    state = {"curve_x": {"selection": {"points": [{"customdata": [3.0, 0.4]}]}}}
    monkeypatch.setattr(overview.st, "session_state", state)
    chosen = []
    monkeypatch.setattr(overview, "set_bin", chosen.append)
    overview.take_click("curve_x", "CNN-BiLSTM C")
    assert (state["focus"], state.pop(CLICKED), chosen) == ("CNN-BiLSTM C", 3, [3])
    state["curve_x"]["selection"]["points"] = []
    overview.take_click("curve_x", "other")
    assert (state["focus"], chosen) == ("CNN-BiLSTM C", [3])
    assert CLICKED not in state


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ((0.0, 0.1), "0.0 to 0.1"),
        ((0.02, 0.04), "0.02 to 0.04"),
        ((0.0123456, 0.9), "0.0 to 0.9"),
        ((0.0123, 0.0373), "0.012 to 0.037"),
        ((0.00012, 0.00034), "0.00012 to 0.00034"),
    ],
)
def test_limits_have_as_many_digits_as_tell_them_apart(limits, words):
    assert piece_words(*limits) == words


def test_level_stretches_hold_every_record_once():
    rng = np.random.default_rng(3)
    probs = np.round(rng.uniform(size=120), 2)
    labels = (rng.uniform(size=120) < probs).astype(int)
    pieces = CurvePieces.of_corp(corp(labels, probs, n_boot=0), probs)
    assert sorted(np.concatenate(pieces.rows).tolist()) == list(range(120))
    for row, members in zip(pieces.table.itertuples(), pieces.rows, strict=True):
        assert (len(members), labels[members].sum()) == (row.n, row.n_mi)
        assert row.mean_prob == pytest.approx(probs[members].mean())
        assert row.low <= row.observed <= row.high


def test_error_over_the_number_of_bins_has_its_numbers(open_reliability):
    app = open_reliability(section="Number of bins", models=["cnn_bilstm-A"], bins="20")
    numbers = app.dataframe[1].value
    assert numbers["Bins"].tolist() == list(range(2, 51))
    assert f"with the chosen 20 it is {numbers.set_index('Bins')['ECE'][20]:.3f}" in said(app)
    parts = app.table[0].value.iloc[0]
    brier, mcb, dsc, unc = (float(x) for x in parts.iloc[1:])
    assert brier == pytest.approx(mcb - dsc + unc, abs=2e-4)
    assert set(BINNINGS) == {"equal width", "equal mass"}


def test_every_recalibration_stands_beside_raw(open_reliability):
    app = open_reliability(section="Calibrators", focus="BiMamba-2 C")
    table = app.table[0].value
    assert table["Probabilities"].tolist() == [
        CALIBRATORS["raw"],
        "Temperature",
        "Platt",
        "Beta",
        "Isotonic",
        "Venn-Abers",
    ]
    assert table["Fitted"][1].startswith("T = ")
    assert "fitted on fold 9 by this test set's rule (85 records, 25 of them MI)" in said(app)
    assert "**BiMamba-2 C**" in said(app)
    assert "A slope and an offset" in said(app)


def test_a_link_from_before_the_section_was_renamed_still_works(open_reliability):
    app = open_reliability(section="Recalibration")
    assert not app.warning
    assert "A slope and an offset" in said(app)


def test_parts_of_the_records_need_the_tables(open_reliability):
    elsewhere = open_reliability(section="Who it fails")
    assert "stand in the tables of the data set" in " ".join(i.value for i in elsewhere.info)
    app = open_reliability(section="Who it fails", data_set=SYNTHETIC)
    assert not app.exception
    assert "No subgroup of this test set holds 10 MI" in " ".join(i.value for i in app.info)


def test_each_part_compares_predicted_and_observed(open_reliability, monkeypatch):
    def halves(data_version, test_set):
        frame = caches.catalog().frame
        test = frame[(frame["split"] == "test") & (frame["group"] != "other")]
        is_mi = test["group"] != "pure_normal"
        ids = test.index.to_numpy(np.int64)
        return (Stratum("sex", "sex-all", "all of them", ids, int(is_mi.sum()), True),)

    monkeypatch.setattr(evaluation_caches, "strata", halves)
    app = open_reliability(section="Who it fails", data_set=SYNTHETIC, test_set="all")
    (row,) = app.dataframe[1].value.to_dict("records")
    assert (row["Divided by"], row["Subgroup"], row["Records"]) == ("Sex", "all of them", 26)
    assert row["Observed MI fraction"] == pytest.approx(row["MI among them"] / 26)
    assert row["95 % interval from"] < row["Observed MI fraction"] < row["95 % interval to"]
    share = row["Observed MI fraction"]
    both = share * row["Mean predicted, MI records"]
    both += (1 - share) * row["Mean predicted, normal records"]
    assert both == pytest.approx(row["Mean predicted probability"])


def test_decisions_say_what_the_dials_mean(open_reliability):
    app = open_reliability(section="Decisions", cost="4", prevalence="20", models=["cnn_bilstm-A"])
    assert "a missed MI is as bad as 4 false alarms, call MI from a probability of **20.0 %**" in (
        said(app)
    )
    costs = app.table[0].value.set_index("Ensemble")
    assert costs.loc["Calling everybody", "Cost, in false alarms"] == "80.0"
    assert costs.loc["Calling nobody", "Cost, in false alarms"] == "80.0"
    found, missed = (
        float(costs.loc["CNN-BiLSTM A", name].split("\xa0")[0])
        for name in ("MI found", "MI missed")
    )
    assert found + missed == pytest.approx(20, abs=0.11)
    assert "110 records of fold 9, 50 MI, all labels, PTB-XL 1.0.3" in said(app)


@pytest.mark.parametrize(
    ("section", "n_charts", "n_expanders", "words"),
    [
        ("Bins and cases", 7, 1, "labelled MI. Predicted 0."),
        ("Number of bins", 7, 3, "The calibration error depends on how the bins are cut."),
        ("Calibrators", 7, 2, "Each fitted on fold 9 by this test set's rule (85 records,"),
        ("Decisions", 9, 4, "CNN-BiLSTM C then finds **"),
        ("Metrics", 6, 2, "n = 971, 268 of them MI"),
        ("Published", 6, 2, "n = 971; without intervals, one trained network each"),
    ],
)
def test_every_section_shows_its_words_and_tables(
    open_reliability, section, n_charts, n_expanders, words
):
    app = open_reliability(section=section, bin="10", focus="CNN-BiLSTM C")
    assert len(app.get("plotly_chart")) == n_charts
    assert len(app.expander) == n_expanders
    assert words in said(app)


def test_a_target_coverage_that_fold_9_is_too_small_for_is_named(open_reliability):
    app = open_reliability(section="Decisions", coverage="99 %", models=["cnn_bilstm-A"])
    assert "too few normal and MI records for 99 %" in app.warning[0].value
    conformal = next(
        f.value for f in app.dataframe if "like neither, of all" in set(f.value.get("Share", []))
    )
    assert conformal.set_index("Share").loc["referred, of all", "Value"] == 1


def test_thresholds_reach_their_target_on_fold_9(open_reliability):
    app = open_reliability(section="Decisions", mi_from="sensitivity 80 %", models=["cnn_bilstm-A"])
    table = next(f.value for f in app.dataframe if "Threshold" in f.value and len(f.value) == 1)
    row = table.iloc[0]
    assert row["Sensitivity on fold 9"] >= 0.8
    assert row["from"] <= row["Sensitivity"] <= row["to"]


def test_only_the_open_section_is_computed(open_reliability, monkeypatch):
    def not_asked(*_):
        raise AssertionError

    monkeypatch.setattr(bins, "ece_by_bins", not_asked)
    monkeypatch.setattr(evaluation_caches, "evaluate", not_asked)
    monkeypatch.setattr(evaluation_caches, "compare_calibrators", not_asked)
    assert not open_reliability().exception


def test_a_click_on_a_dot_opens_its_list_once(open_reliability):
    app = open_reliability(section="Metrics", data_set=SYNTHETIC, focus="CNN-BiLSTM A")
    shown = len(app.dataframe)
    app.session_state[CLICKED] = 0  # as `take_click` writes it
    app.run()
    assert not app.exception
    (listed,) = [one for one in app.dataframe if one.key == "clicked_cases"]
    assert len(app.dataframe) == shown + 1
    assert (listed.value["Probability"] <= 0.1).all()
    app.run()
    assert len(app.dataframe) == shown


def test_the_report_holds_every_section(open_reliability, monkeypatch):
    written = []
    whole = plots.web_page
    monkeypatch.setattr(plots, "web_page", lambda *a: written.append(whole(*a)) or written[-1])
    app = open_reliability(data_set=SHIPPED, models=["cnn_bilstm-A", "cnn_bilstm-C"])
    assert not written
    app.session_state["report"] = True
    assert not app.run().exception
    html = written[0].decode()
    for title in (
        *("Predicted and observed", "Metrics", "Calibrators of CNN-BiLSTM A"),
        *("Who CNN-BiLSTM A fails", "Decisions", "Published"),
    ):
        assert f"<h2>{title}</h2>" in html
    assert "<tr><th>Test set</th><td>certain: n = 971, 268 MI (fold 10)</td></tr>" in html
    assert "No subgroup of this test set can be shown with the open data." in html
    assert "<code>python3.11 -m ecgcore evaluate</code>" in html
    assert html.count("<figure ") == 2
