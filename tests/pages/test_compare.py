"""The Compare page with made-up groups: three seeds of one architecture, one seed of the other."""

import numpy as np
import pandas as pd
import pytest

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
from ecgcore.study.outside.table import OutsidePart
from pages.compare import outside
from pages.shared import evaluation_caches
from tests.support.models import predictions, ptbxl_cohort, save_card, save_pretrained

SYNTHETIC = synthetic_version()
SHIPPED = "PTB-XL 1.0.3"
RAW = "Uncalibrated"
SEEDED = [ModelKey("cnn_bilstm", name, seed) for name in ("A", "C", "D") for seed in range(3)]
SHIFT = {"A": -3.0, "C": 0.0, "D": 0.0}
VIEWS = [
    "Pairs",
    "Calibrators",
    "Published claims",
    "Confusion matrix",
    "Shortcuts",
    "Outside the study",
]


def logits(cohort: pd.DataFrame, key: ModelKey) -> np.ndarray:
    """Networks on A miss uncertain MI; those on C and D are the same. Seeds are nearly alike."""
    mean = cohort["group"].map({"pure_normal": -3.0, "certain_mi": 3.0}).fillna(1.0).to_numpy()
    mean = mean + np.where(cohort["group"] == "uncertain_mi", SHIFT[key.train_set], 0)
    noise = np.random.default_rng(1).normal(0, 2.0, len(cohort))
    own = np.random.default_rng(2 + key.seed).normal(0, 0.1, len(cohort))
    return (mean + noise + own).astype(np.float32)


def save(cohort, path):
    frames = [predictions_frame(key, cohort.index, logits(cohort, key)) for key in SEEDED]
    others = predictions(cohort).query("arch == 'bimamba2'")
    save_predictions(pd.concat([*frames, others], ignore_index=True), path)


@pytest.fixture
def pretrained(synthetic_catalog, tmp_path, monkeypatch):
    folder = save_pretrained(tmp_path / "pretrained", synthetic_catalog)
    for key in SEEDED:
        if key.seed:
            save_card(folder / key.folder, key)
    save(ptbxl_cohort(), predictions_path(folder))
    save(synthetic_catalog.frame, predictions_path(folder, synthetic=True))
    monkeypatch.setenv("ECG_PRETRAINED_DIR", str(folder))
    monkeypatch.setattr(evaluation_caches, "N_BOOT", 200)
    return folder


@pytest.fixture
def open_compare(pretrained, open_page):
    def open_it(**query):
        app = open_page("compare", **query)
        assert not app.exception
        return app

    return open_it


def said(app):
    kinds = (app.markdown, app.caption, app.warning, app.error, app.info)
    return "\n".join(element.value for kind in kinds for element in kind)


def answer(app):
    return next(m.value for m in app.markdown if m.value.startswith("**Which training"))


def charts(app):
    return app.get("plotly_chart")


def test_first_screen_answers_only_what_the_intervals_support(open_compare):
    app = open_compare()
    assert not app.error
    told = answer(app)
    assert "certain MI against normal (n\N{NO-BREAK SPACE}= 971, 268 MI)" in told
    assert "**CNN-BiLSTM**: none of the 3 pairs differs clearly" in told
    assert "**BiMamba-2**: no verdict: one trained network" in told
    assert len(charts(app)) == 2


def test_another_test_set_changes_the_answer(open_compare):
    app = open_compare()
    app.radio(key="test_set").set_value("all").run()
    told = answer(app)
    assert "n\N{NO-BREAK SPACE}= 1,253, 550 MI" in told
    assert "**C** is better than **A**" in told
    assert "**D** is better than **A**" in told
    assert "no clear difference in 1 of 3 pairs" in told


def test_every_test_set_is_told_beside_the_ranking(open_compare):
    text = said(open_compare(test_set="certain", architecture="CNN-BiLSTM"))
    assert "- **certain** (n = 971): CNN-BiLSTM: no clear difference" in text
    assert "- **all** (n = 1,253): CNN-BiLSTM: C better than A, D better than A" in text
    assert "- **uncertain** (n = 985): CNN-BiLSTM: C better than A, D better than A" in text


def test_of_an_error_the_lower_mean_is_called_better(open_compare):
    app = open_compare(test_set="all", metric="Brier score", architecture="CNN-BiLSTM")
    assert "**C** is better than **A**" in answer(app)
    pairs = app.table[0].value
    verdicts = dict(zip(pairs["Difference"], pairs["Verdict"], strict=True))
    assert verdicts == {
        "A − C": "C is better",
        "A − D": "D is better",
        "C − D": "no clear difference",
    }
    assert "p (Holm)" in pairs


def test_one_seed_gives_no_verdict_in_the_table(open_compare):
    pairs = open_compare(architecture="BiMamba-2").table[0].value
    assert set(pairs["Verdict"]) == {"no verdict: too few seeds"}
    assert set(pairs["p (Holm)"]) == {"not defined"}


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_opens_from_its_link_with_tables_to_download(open_compare, view):
    app = open_compare(view=view, test_set="all", calibration="Platt", metric="ECE")
    assert not app.error
    assert app.segmented_control(key="view").value == view
    if view not in ("Shortcuts", "Outside the study"):  # these need the tables
        assert len(app.get("download_button")) >= 2


WHOLE = "Numbers: AUROC of every ensemble on each set of records"


@pytest.mark.parametrize(
    ("view", "opened", "words"),
    [
        (
            "Pairs",
            [
                "Numbers of the table",
                "DeLong’s test of the ensembles, all 15 differences (it knows nothing of seeds; no "
                "verdict rests on it)",
                "DeLong: covariance matrix of the ensembles' AUROCs",
            ],
            "Intervals and p from 200 paired bootstrap samples",
        ),
        (
            "Calibrators",
            ["Numbers"],
            "Platt, fitted on fold 9 by this test set's rule, moves the ECE of these 6",
        ),
        (
            "Published claims",
            [
                "Numbers: each pair of each claim",
                "Table as CSV",
                "Why ours and the published figures differ",
            ],
            "**Published figures beside ours** (n = 971, uncalibrated probabilities)",
        ),
        ("Confusion matrix", ["Numbers"], "**CNN-BiLSTM A**, MI from **0.500** on (threshold 0.5)"),
    ],
)
def test_every_view_shows_its_words_and_tables(open_compare, view, opened, words):
    app = open_compare(view=view)
    assert [expander.label for expander in app.expander] == [WHOLE, *opened]
    assert words in said(app)
    if view == "Pairs":
        assert app.dataframe[-1].value.columns[0] == "Covariance x 10⁶"
    if view == "Published claims":
        assert "Of 10 published claims, with our networks: **" in said(app)


def test_a_threshold_without_fold_9_says_so(open_compare, pretrained):
    cohort = ptbxl_cohort()
    cohort[cohort["split"] != "val"].reset_index().to_parquet(pretrained / COHORT_FILE)
    app = open_compare(view="Confusion matrix", mi_from="sensitivity 90 %", calibration=RAW)
    assert "fold 9, which are not at hand" in app.error[0].value
    assert len(charts(app)) == 2


def test_links_from_before_the_views_were_renamed_still_work(open_compare):
    app = open_compare(view="Raw and recalibrated", architecture="both")
    assert not app.warning
    assert app.segmented_control(key="view").value == "Calibrators"
    app.segmented_control(key="view").set_value("Shortcuts").run()
    assert app.segmented_control(key="view").value == "Shortcuts"


def test_claims_are_judged_by_our_own_numbers(open_compare):
    app = open_compare(view="Published claims")
    claims = app.table[0].value.set_index("Published claim")
    turned = next(text for text in claims.index if text.startswith("With uncertain MI in the test"))
    assert "not shown" in claims.loc[turned, "Verdict"]
    mix = next(text for text in claims.index if "worst calibrated CNN" in text)
    assert "cannot be judged" in claims.loc[mix, "Verdict"]
    assert "A 0.9933, C 0.9928, D-mix 0.9891" in set(claims["Published"])
    assert "0.9906" in " ".join(claims.index)
    assert len(app.table) == 2


def test_recalibration_is_shown_from_raw_to_the_chosen_calibrator(open_compare):
    app = open_compare(view="Calibrators", calibration="Beta")
    table = app.dataframe[-1].value
    assert table["Probabilities"].tolist() == [CALIBRATORS["raw"], "Beta"] * 6
    raw, beta = (
        table[table["Probabilities"] == name]["Slope"] for name in (CALIBRATORS["raw"], "Beta")
    )
    assert not np.allclose(raw, beta)
    assert "Platt stands here" in said(open_compare(view="Calibrators", calibration=RAW))


def test_cells_of_the_matrix_hold_every_record_and_list_theirs(open_compare):
    app = open_compare(view="Confusion matrix", test_set="uncertain")
    cells = {b.key: b for b in app.button if b.key and b.key.startswith("cell_")}
    counts = {key: int(b.label.split("**")[1].replace(",", "")) for key, b in cells.items()}
    assert sum(counts.values()) == 985
    assert counts["cell_tp"] + counts["cell_fn"] == 282
    cells["cell_fp"].click().run()
    assert app.query_params["cell"] == "fp"
    listed = app.dataframe[-1].value
    assert len(listed) == counts["cell_fp"]
    assert (listed["Probability"] >= 0.5).all()
    assert listed["Probability"].is_monotonic_decreasing
    assert set(listed["Label"]) == {"normal"}


def test_cases_of_a_closed_data_set_are_listed_and_the_page_says_why(open_compare):
    app = open_compare(view="Confusion matrix")
    assert "python3.11 -m ecgcore data fetch" in app.info[0].value
    assert len(app.dataframe[-1].value) > 0
    assert "Open in Review" not in [b.label for b in app.button]


def test_cases_of_the_open_data_set_open_in_review(open_compare):
    app = open_compare(view="Confusion matrix", data_set=SYNTHETIC, test_set="all", cell="tn")
    listed = app.dataframe[-1].value["Record"].tolist()
    next(b for b in app.button if b.label == "Open in Review").click().run()
    assert app.query_params["list"] == ".".join(map(str, listed))
    assert app.title[0].value == "Review"


def test_a_threshold_for_sensitivity_comes_from_fold_9(open_compare):
    app = open_compare(view="Confusion matrix", mi_from="sensitivity 99 %", test_set="all")
    half = open_compare(view="Confusion matrix", test_set="all")
    found = [int(a.button(key="cell_tp").label.split("**")[1]) for a in (app, half)]
    assert found[0] > found[1]
    assert "for 99 % sensitivity in fold 9" in said(app)


def test_parts_need_the_tables_and_say_how_to_get_them(open_compare):
    app = open_compare(part="likelihood-15")
    box = app.selectbox(key="compare_part")
    assert box.disabled
    assert "data fetch" in box.options[0]
    assert "likelihood-15" in app.warning[0].value
    assert "data fetch" in app.warning[0].value
    shortcuts = open_compare(view="Shortcuts")
    assert "data fetch" in shortcuts.info[0].value


def test_parts_of_the_open_data_set_can_be_chosen(open_compare):
    app = open_compare(data_set=SYNTHETIC, test_set="all")
    box = app.selectbox(key="compare_part")
    assert not box.disabled
    name = next(part.name for part in evaluation_caches.strata(SYNTHETIC, "all"))
    chosen = open_compare(data_set=SYNTHETIC, test_set="all", part=name)
    assert not chosen.error
    assert chosen.selectbox(key="compare_part").value == name
    assert "SYNTHETIC" in chosen.warning[0].value


def test_nonsense_in_the_url_is_named_and_the_page_goes_on(open_compare):
    app = open_compare(
        test_set="best", metric="luck", view="Moon", extra="nobody", cell="xx", matrix="none"
    )
    told = "\n".join(w.value for w in app.warning)
    for value in ("best", "luck", "Moon", "nobody"):
        assert f"`{value}`" in told
    assert "n\N{NO-BREAK SPACE}= 971" in answer(app)
    matrix = open_compare(view="Confusion matrix", matrix="none", cell="xx")
    assert "`none`" in matrix.warning[0].value
    assert "MI missed" in said(matrix)


def test_an_own_run_is_offered_and_not_shown_at_first(open_compare, tmp_path):
    key, cohort = ModelKey("cnn_bilstm", "C", 7), ptbxl_cohort()
    folder = tmp_path / "runs" / "mine"
    save_card(folder, key, SHIPPED)
    save_predictions(
        predictions_frame(key, cohort.index, logits(cohort, key)), folder / PREDICTIONS_FILE
    )
    name = "cnn_bilstm-C-7@mine"
    plain = open_compare()
    assert "local run" not in " ".join(plain.table[0].value["Difference"])
    box = plain.multiselect(key="compare_extra")
    assert box.value == []
    app = open_compare(extra=name, architecture="CNN-BiLSTM")
    assert "A − C (mine)" in set(app.table[0].value["Difference"])
    assert "(mine)" not in answer(app)


@pytest.fixture
def trained_again(pretrained):
    """The published study's own network, three seeds on A, C and D."""
    keys = [ModelKey("cnn_lstm", name, seed) for name in ("A", "C", "D") for seed in range(3)]
    cohort, path = ptbxl_cohort(), predictions_path(pretrained)
    for key in keys:
        save_card(pretrained / key.folder, key)
    frames = [predictions_frame(key, cohort.index, logits(cohort, key)) for key in keys]
    save_predictions(pd.concat([load_predictions(path), *frames], ignore_index=True), path)


def test_the_studys_own_network_stands_alone_and_answers_its_claims(trained_again, open_compare):
    app = open_compare(architecture="CNN-LSTM (study)", view="Published claims", test_set="all")
    told = answer(app)
    assert "- **CNN-LSTM (study)**: **C** is better than **A**" in told
    assert "BiLSTM" not in told
    again = app.table[1].value
    assert len(again) == 3
    assert set(again["Verdict"].str.extract(r"\[(.*)\]")[0]) <= {
        "not shown",
        "disagrees",
        "disagrees in one pair alone",
    }
    figures = app.table[2].value.set_index("Trained on")
    assert figures.loc["A", "AUROC, trained again"].startswith("0.")
    assert figures.loc["A", "AUROC, published"] == "0.9663"


def test_the_studys_own_network_is_not_drawn_twice(trained_again, open_compare):
    app = open_compare(architecture="CNN-LSTM (study)", extra="cnn_lstm-A")
    assert not app.error
    assert "of the 3 pairs" in answer(app)


def test_without_it_there_is_no_such_choice(open_compare):
    assert "CNN-LSTM (study)" not in open_compare().get("button_group")[0].options


def test_a_damaged_run_does_not_hide_the_others(open_compare, tmp_path):
    key = ModelKey("cnn_bilstm", "C", 7)
    folder = tmp_path / "runs" / "mine"
    save_card(folder, key, SHIPPED)
    (folder / PREDICTIONS_FILE).write_bytes(b"no parquet")
    app = open_compare(extra="cnn_bilstm-C-7@mine")
    assert "damaged" in app.error[0].value
    assert len(charts(app)) == 2


def test_without_any_network_the_page_leads_to_training(pretrained, open_page):
    for card in pretrained.rglob("card.json"):
        card.unlink()
    app = open_page("compare")
    assert not app.exception
    assert "No ensemble to show" in app.info[0].value


def test_unreadable_labels_are_said_once(pretrained, open_page):
    (pretrained / COHORT_FILE).write_bytes(b"no parquet")
    app = open_page("compare")
    assert not app.exception
    assert "cohort.parquet cannot be read" in app.error[0].value


def test_outside_the_study_says_what_it_needs(open_compare):
    app = open_compare(view="Outside the study")
    assert "This table reads the SCP statements" in said(app)
    assert "data fetch --set test" in said(app)
    app = open_compare(view="Outside the study", data_set=SYNTHETIC)
    assert "The open data set has no record outside the study" in said(app)


def test_a_statement_outside_the_study_leads_to_its_records(open_page, pretrained):
    open_page("about")  # the data set is the synthetic one from here on
    part = OutsidePart(("IMI", "LMI"), "either", np.arange(2), 2)
    app = open_page("browse", **outside.browse_query(part))
    assert not app.exception
    assert app.multiselect(key="code").value == ["IMI", "LMI"]
    assert app.selectbox(key="group").value == "other"
    assert app.selectbox(key="split").value == "test"


def test_the_report_holds_every_section_with_its_settings(open_compare):
    app = open_compare(test_set="all", metric="Brier score", architecture="CNN-BiLSTM")
    assert "report_html" not in [button.key for button in app.get("download_button")]
    app.session_state["report"] = True
    app.run()
    assert not app.exception
    offered = next(one for one in app.get("download_button") if one.key == "report_html")
    assert offered.label.startswith("Download HTML (4.")
