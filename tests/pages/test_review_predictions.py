"""The predictions of a case: the switch, seeds, threshold, verdict and links to a seed."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecgcore.models.cards import ModelKey
from ecgcore.predictions.store import (
    COHORT_FILE,
    predictions_frame,
    predictions_path,
    save_predictions,
)
from tests.support.models import save_card
from tests.support.review_page import table, texts

TABLE = "Predictions as a table"
SETS = ("A", "C", "D", "D-mix")
KEYS = [
    ModelKey(arch, name, seed)
    for arch in ("cnn_bilstm", "bimamba2")
    for name in SETS
    for seed in range(2)
]


@pytest.fixture
def seeds(tmp_path: Path, synthetic_catalog) -> Path:
    """Two seeds for each of eight groups: cards, fold 9 of PTB-XL, and logits of record 2."""
    folder = tmp_path / "pretrained"
    ids = np.arange(1, 241)
    labels = ids % 2
    cohort = pd.DataFrame(
        {
            "group": np.where(labels, "uncertain_mi", "pure_normal"),
            "split": "val",
            "patient": ids.astype(np.int32),
        },
        index=pd.Index(ids, name="ecg_id"),
    )
    folder.mkdir()
    cohort.reset_index().to_parquet(folder / COHORT_FILE)
    fold9, shown = [], []
    draw = np.random.default_rng(0)
    for key in KEYS:
        save_card(folder / key.folder, key)
        fold9.append(predictions_frame(key, ids, draw.normal(4 * labels - 2, 2).astype(np.float32)))
        logit = np.float32(5 - 2 * SETS.index(key.train_set) + key.seed)
        shown.append(predictions_frame(key, [2], np.array([logit])))
    save_predictions(pd.concat(fold9), predictions_path(folder))
    save_predictions(pd.concat(shown), predictions_path(folder, synthetic=True))
    return folder


def logits_of(name):
    start = 5 - 2 * SETS.index(name)
    return start, start + 1


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_ensembles_with_their_seeds_and_the_rest_a_click_away(open_review, seeds):
    app = open_review(2, pretrained=seeds, details=TABLE, calibration="Uncalibrated")
    shown = table(app, "Probability of MI").set_index("Ensemble")
    assert list(shown.index[:4]) == [f"CNN-BiLSTM {name}" for name in SETS]
    low, high = logits_of("C")
    ensemble = 100 * sigmoid((low + high) / 2)
    assert shown["Probability of MI"]["CNN-BiLSTM C"] == f"{ensemble:.1f} %"
    assert shown["Seeds, lowest to highest"]["CNN-BiLSTM C"] == (
        f"{100 * sigmoid(low):.1f} to {100 * sigmoid(high):.1f} % (2)"
    )
    assert "Uncalibrated" not in shown
    assert not any(column.startswith("MI at") for column in shown)
    main, others = (
        chart.proto for chart in app.get("plotly_chart") if chart.proto.alt.startswith("Prob")
    )
    assert "D-mix" not in main.alt
    assert others.alt.count("D-mix") == 2
    assert "2 more ensembles: D-mix" in [expander.label for expander in app.expander]
    assert "Uncalibrated." in texts(app)


def test_the_switch_calibrates_and_says_on_what(open_review, seeds):
    app = open_review(2, pretrained=seeds, details=TABLE, calibration="Venn-Abers")
    shown = table(app, "Probability of MI").set_index("Ensemble")
    assert shown["Uncalibrated"]["CNN-BiLSTM C"] == f"{100 * sigmoid(3.5):.1f} %"
    assert " to " in shown["Probability of MI"]["CNN-BiLSTM C"]
    assert shown["Probability of MI"]["CNN-BiLSTM C"] != shown["Uncalibrated"]["CNN-BiLSTM C"]
    said = texts(app)
    assert "Calibrated (Venn-Abers) on 240 records of fold 9, 120 MI" in said


def test_there_is_one_verdict_and_it_needs_all_main_ensembles(open_review, seeds):
    app = open_review(2, pretrained=seeds)
    assert [one.value for one in app.header if "Verdict" in one.value] == [
        "Verdict :red-background[MI]"
    ]
    said = texts(app)
    assert "All 6 ensembles say MI." in said
    assert "These models know only" not in said
    for word in ("ensembles say MI at", "call MI", "is called at"):
        assert word not in said


def test_more_coverage_refers_more_and_is_kept_in_the_url(open_review, seeds):
    app = open_review(2, pretrained=seeds, details=TABLE)
    sure = (table(app, "Ensemble")["Verdict at 90 % coverage"] == "refer").sum()
    app = open_review(2, pretrained=seeds, details=TABLE, coverage="99 %")
    verdicts = table(app, "Ensemble")["Verdict at 99 % coverage"]
    assert (verdicts == "refer").sum() > sure
    assert app.query_params["coverage"] == "99 %"
    assert "Verdict :orange-background[refer]" in [one.value for one in app.header]


def test_a_sensitivity_gives_each_ensemble_its_threshold(open_review, seeds):
    app = open_review(2, pretrained=seeds, details=TABLE, mi_from="sensitivity 90 %")
    calls = table(app, "Ensemble")["MI at 90 % sensitivity"]
    assert calls.str.match(r"(yes|no) \(from \d+\.\d %\)$").all()
    assert calls.nunique() > 4
    main = next(c.proto for c in app.get("plotly_chart") if c.proto.alt.startswith("Prob"))
    assert "MI is called at 90 % sensitivity by 6 of 6." in texts(app)
    shapes = json.loads(main.spec)["layout"]["shapes"]
    assert len({shape["x0"] for shape in shapes}) == 6


def settings_label(app):
    """What the one control of the decision settings says while it is closed."""
    (menu,) = [
        block.proto.popover
        for block in app.get("popover")
        if block.proto.popover.icon == ":material/tune:"
    ]
    return menu.label


def test_stale_choices_in_the_url_are_named_and_the_usual_ones_hold(open_review, seeds):
    app = open_review(2, pretrained=seeds, calibration="Plato", coverage="7 %", mi_from="never")
    assert [warning.value.partition(" in the address")[0] for warning in app.warning] == [
        "The calibrator `Plato`",
        "The threshold `never`",
        "The target coverage `7 %`",
    ]
    assert settings_label(app) == "Calibrated (Platt) · verdicts at 90 % coverage"


def test_one_control_says_what_is_set_and_stays_on_every_page(open_review, seeds):
    app = open_review(2, pretrained=seeds)
    app.segmented_control(key="calibration").set_value("Uncalibrated").run()
    app.segmented_control(key="coverage").set_value("95 %").run()
    app.segmented_control(key="mi_from").set_value("sensitivity 90 %").run()
    for page in ("about/page.py", "training/page.py", "browse/page.py", "review/page.py"):
        app.switch_page(page).run()
        assert not app.exception
        said = "Uncalibrated · verdicts at 95 % coverage · MI from 90 % sensitivity"
        assert settings_label(app) == said


@pytest.mark.parametrize(
    ("former", "key", "value"),
    [
        ({"threshold": "95 % sensitivity"}, "mi_from", "sensitivity 95 %"),
        ({"wished": "80 %"}, "mi_from", "sensitivity 80 %"),
        ({"promise": "99 %"}, "coverage", "99 %"),
        ({"calibration": "Raw"}, "calibration", "Uncalibrated"),
    ],
)
def test_older_links_to_compare_and_reliability_keep_their_meaning(
    open_page, former, key, value, monkeypatch, tmp_path
):
    monkeypatch.setenv("ECG_PRETRAINED_DIR", str(tmp_path / "none"))
    app = open_page("about", **former)
    assert app.segmented_control(key=key).value == value
    assert not any("in the address" in warning.value for warning in app.warning)


@pytest.mark.parametrize("link", ["BiMamba-2 D (seed 1)", "bimamba2-D-1"])
def test_a_link_that_names_a_seed_opens_that_seed(open_review, seeds, link):
    app = open_review(2, pretrained=seeds, model=link)
    assert app.selectbox(key="model").value == "bimamba2-D"
    assert app.selectbox(key="seed").value == "seed 1"
    assert not app.warning
    app.selectbox(key="model").set_value("cnn_bilstm-A").run()
    assert app.selectbox(key="model").value == "cnn_bilstm-A"


def test_without_fold_9_probabilities_stay_uncalibrated_and_the_page_says_why(open_review, seeds):
    predictions_path(seeds).unlink()
    app = open_review(2, pretrained=seeds, details=TABLE)
    shown = table(app, "Probability of MI").set_index("Ensemble")["Probability of MI"]
    assert shown["CNN-BiLSTM C"] == f"{100 * sigmoid(3.5):.1f} %"
    assert "Uncalibrated: " in texts(app)
    assert "mi.parquet does not exist" in texts(app)
    assert not any("Verdict" in one.value for one in app.header)


def test_outside_the_study_a_plain_line_stands_above_a_grey_verdict(
    open_review, seeds, synthetic_catalog
):
    groups = synthetic_catalog.frame["group"]
    app = open_review(groups.index[groups == "other"][0], pretrained=seeds)
    assert "**Outside what these models know.**] These models know only MI and" in texts(app)
