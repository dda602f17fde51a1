"""Browse as a reader sees it: views, filters, counts, the URL, and the way to a case."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from ecgcore.predictions.decision import DecisionSettings
from ecgcore.ptbxl.catalog import Catalog
from pages.shared import caches

Open = Callable[..., AppTest]


def summary(app: AppTest) -> str:
    return next(text.value for text in app.markdown if "records:" in text.value)


def captions(app: AppTest) -> str:
    return " ".join(text.value for text in app.caption)


def press(app: AppTest, name: str) -> AppTest:
    return next(button for button in app.button if name in button.label).click().run()


def said_of(apart: dict[int, float]) -> pd.DataFrame:
    """What two models say: one nothing, the other the disagreement."""
    probs = pd.DataFrame({"cnn_bilstm-A": 0.0, "bimamba2-D": pd.Series(apart)})
    return probs.assign(verdict="refer")


def box(app: AppTest, label: str) -> Any:
    return next(one for one in app.text_input if one.label == label)


@pytest.fixture
def disagreement(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the models disagree the more, the higher the record's number."""
    said = said_of({ecg_id: ecg_id / 240 for ecg_id in range(1, 241)})
    monkeypatch.setattr(caches, "said", lambda _version, _method: said)


def test_first_view_is_the_ambiguous_test_cases(
    open_page: Open, disagreement: None, synthetic_catalog: Catalog
) -> None:
    app = open_page("browse")
    assert not app.exception
    frame = synthetic_catalog.frame
    mine = frame[(frame["group"] == "uncertain_mi") & (frame["split"] == "test")]
    table = app.dataframe[0].value
    assert table["ecg_id"].tolist() == sorted(mine.index, reverse=True)
    assert summary(app).startswith(f"**{len(mine)}** of 240 records: uncertain MI **{len(mine)}**")
    assert "no shipped model was trained on these records" in captions(app)
    assert next(b.label for b in app.button if b.icon) == "**Ambiguous MI**"


def test_disagreement_follows_the_switch(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def said(_version: str, chosen: DecisionSettings) -> pd.DataFrame:
        asked.append(chosen.calibrator)
        return said_of(
            {k: (k if chosen.calibrator == "raw" else 240 - k) / 240 for k in range(1, 241)}
        )

    monkeypatch.setattr(caches, "said", said)
    raw = open_page("browse", calibration="Uncalibrated").dataframe[0].value["ecg_id"].tolist()
    app = open_page("browse")
    assert asked == ["raw", "platt"]
    assert app.dataframe[0].value["ecg_id"].tolist() == raw[::-1]


def test_synthetic_records_are_marked_with_the_way_to_real_ones(open_page: Open) -> None:
    app = open_page("browse")
    assert any("Synthetic records" in text.value for text in app.markdown)
    assert "python3.11 -m ecgcore data fetch --set test" in captions(app)


def test_one_click_shows_all_and_one_leads_back(open_page: Open, disagreement: None) -> None:
    app = press(open_page("browse"), "All records")
    assert summary(app).startswith("**240** of 240")
    assert app.dataframe[0].value["ecg_id"].tolist() == list(range(1, 241))
    assert app.query_params == {"group": "any", "split": "any", "sort": "record number"}
    app = press(app, "Ambiguous MI")
    assert app.query_params == {}
    assert not summary(app).startswith("**240**")


def test_counts_follow_a_filter_at_once(
    open_page: Open, disagreement: None, synthetic_catalog: Catalog
) -> None:
    app = press(open_page("browse"), "All records")
    app.multiselect(key="territory").select("lateral").run()
    lateral = synthetic_catalog.frame[synthetic_catalog.frame["territory"] == "lateral"]
    certain = (lateral["group"] == "certain_mi").sum()
    assert summary(app).startswith(f"**{len(lateral)}** of 240")
    assert f"certain MI **{certain}**" in summary(app)
    assert app.multiselect(key="likelihood").label == "Likelihood of lateral MI"


def test_url_holds_the_filters(open_page: Open, synthetic_catalog: Catalog) -> None:
    app = open_page(
        "browse",
        group="any",
        split="any",
        code="IMI: inferior myocardial infarction",
        likelihood="15 %, doubtful",
        sort="record number",
    )
    codes = synthetic_catalog.codes
    mine = codes[(codes["code"] == "IMI") & (codes["likelihood"] == 15)]
    table = app.dataframe[0].value
    assert table["ecg_id"].tolist() == sorted(mine["ecg_id"])
    assert set(table["likelihood"]) == {" 15 %, doubtful"}
    assert app.multiselect(key="likelihood").label == "Likelihood of IMI"


def test_stale_values_in_the_url_are_named(open_page: Open) -> None:
    app = open_page("browse", group="nonsense", sex="7", age="old", sort="-1", disagreement="no")
    assert not app.exception
    assert app.selectbox(key="group").value == "uncertain_mi"
    assert app.slider(key="age").value == (0, 90)
    told = [warning.value for warning in app.warning]
    assert told == [
        "The label group `nonsense` in the address is not known: choose uncertain MI, certain MI, "
        "normal, other, any.",
        "The disagreement `no` in the address is not known: the usual one is shown.",
        "The sex `7` in the address is not known: choose male, female, unknown.",
        "The age `old` in the address is not known: the usual one is shown.",
        "The sort `-1` in the address is not known: choose disagreement first, least likely first, "
        "most likely first, predicted first, record number.",
    ]


def test_a_class_of_any_task_stands_beside_its_label(
    open_page: Open, disagreement: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    probs = pd.Series({ecg_id: ecg_id / 240 for ecg_id in range(1, 241)})
    asked: list[tuple[str, str]] = []

    def class_probs(task: str, name: str) -> pd.Series:
        asked.append((task, name))
        return probs

    monkeypatch.setattr("pages.shared.worklist.class_probs", class_probs)
    assert open_page("browse").selectbox(key="predicted").options == ["any"], "no answers ship"
    monkeypatch.setattr("pages.browse.filters.has_answers", lambda task: task == "mi_all_comers")
    link = {"predicted": "MI (MI among all comers)", "predicted_from": "90"}
    app = open_page("browse", group="any", split="any", sort="predicted first", **link)
    assert not app.exception
    assert set(asked) == {("mi_all_comers", "MI")}
    table = app.dataframe[0].value
    assert table["ecg_id"].tolist() == list(range(240, 215, -1))
    assert table["predicted"].iloc[0] == pytest.approx(100)
    groups = caches.catalog().frame["group"].loc[table["ecg_id"]]
    assert (
        table["stated"].tolist()
        == groups.str.endswith("_mi").map({True: "yes", False: "no"}).tolist()
    )
    assert "MI predicted: by CNN-BiLSTM, trained on" in captions(app)
    assert any(one.label == "More filters: 3 changed" for one in app.expander)


def test_an_old_link_to_normal_records_still_finds_them(
    open_page: Open, disagreement: None
) -> None:
    app = open_page("browse", group="pure normal")
    assert app.selectbox(key="group").value == "pure_normal"
    assert summary(app).count("normal **12**") == 1
    assert not app.warning


def test_nothing_found_says_what_to_do(open_page: Open) -> None:
    app = open_page("browse", group="normal", territory="inferior")
    assert summary(app).startswith("**0** of 240")
    assert "Remove a filter" in app.info[0].value
    assert not app.dataframe


def test_unknown_values_can_be_asked_for(open_page: Open) -> None:
    app = press(open_page("browse"), "All records")
    app.checkbox(key="age_unknown").check().run()
    assert summary(app).startswith("**0** of 240")
    assert "unknown" in app.multiselect(key="validated").options
    assert "unknown" in app.selectbox(key="split").options


def test_missing_predictions_leave_the_list_usable(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECG_PRETRAINED_DIR", str(tmp_path / "none"))
    app = open_page("browse")
    assert "mi-synthetic.parquet does not exist" in app.error[0].value
    assert "the order is by record number" in captions(app)
    ids = app.dataframe[0].value["ecg_id"].tolist()
    assert ids == sorted(ids)


def test_signal_quality_is_a_filter_and_a_column(open_page: Open, disagreement: None) -> None:
    app = open_page("browse", group="any", split="any", signal="noise", sort="record number")
    table = app.dataframe[0].value
    assert 0 < len(table) < 240
    assert table["signal"].str.contains("noise").all()
    app.multiselect(key="signal").set_value(["none"]).run()
    assert set(app.dataframe[0].value["signal"]) == {""}
    app.multiselect(key="signal").set_value([]).run()
    assert "signal" not in app.dataframe[0].value


def test_without_a_table_of_quality_the_filter_says_why(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECG_PRETRAINED_DIR", str(tmp_path / "none"))
    app = open_page("browse", signal="noise")
    assert not app.exception
    widget = app.multiselect(key="signal")
    assert widget.disabled
    assert "quality-synthetic.parquet does not exist" in widget.help


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, str]]]:
    """Pages that Browse asked for, instead of going there."""
    import streamlit

    asked: list[tuple[str, dict[str, str]]] = []
    monkeypatch.setattr(
        streamlit, "switch_page", lambda page, query_params: asked.append((page, query_params))
    )
    return asked


def test_a_row_opens_its_case_with_the_list_in_the_address(
    open_page: Open, disagreement: None, opened: list[tuple[str, dict[str, str]]]
) -> None:
    app = open_page("browse", group="any", calibration="Beta")
    ids = app.dataframe[0].value["ecg_id"].tolist()
    app.session_state["cases"] = {"selection": {"rows": [1], "columns": [], "cells": []}}
    app.run()
    listed = "group=any&calibration=Beta"
    assert opened == [("review/page.py", {"record": str(ids[1]), "list": listed})]


def test_a_record_number_opens_directly(
    open_page: Open, opened: list[tuple[str, dict[str, str]]]
) -> None:
    app = open_page("browse")
    box(app, "Record number").input(" 12 ")
    press(app, "Open")
    ((page, asked),) = opened
    assert (page, asked["record"]) == ("review/page.py", "12")


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("99999", "There is no record 99999"),
        ("x1", "“x1” is not a record number. Enter a number, e.g. 1."),
        ("9" * 5000, "is not a record number"),
        ("", "Enter a number"),
    ],
)
def test_a_wrong_number_is_explained_and_the_list_stays(
    open_page: Open, opened: list[tuple[str, dict[str, str]]], typed: str, message: str
) -> None:
    app = open_page("browse")
    box(app, "Record number").input(typed)
    press(app, "Open")
    assert message in app.error[0].value
    assert opened == []
    assert len(app.dataframe) == 1


def test_filters_come_back_after_a_case(
    open_page: Open, disagreement: None, opened: list[tuple[str, dict[str, str]]]
) -> None:
    app = press(open_page("browse"), "Certain MI")
    certain = summary(app)
    app.session_state["cases"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.run()
    app.session_state["group"] = "any"
    del app.session_state["cases"]
    app.query_params.clear()  # as the browser's Back button leads here
    assert summary(app.run()) == certain


def test_a_list_in_the_address_shows_its_filter(open_page: Open, disagreement: None) -> None:
    app = open_page("browse", list="group=certain+MI&disagreement=30&calibration=Platt", record="9")
    assert app.selectbox(key="group").value == "certain_mi"
    assert app.slider(key="disagreement").value == 30
    assert "list" not in app.query_params
    assert "record" not in app.query_params


def test_models_that_disagree_do_so_by_a_threshold(open_page: Open, disagreement: None) -> None:
    app = press(open_page("browse"), "Models disagree")
    assert app.slider(key="disagreement").value == 50
    ids = app.dataframe[0].value["ecg_id"]
    assert ids.min() >= 120
    app.slider(key="disagreement").set_value(90).run()
    assert app.dataframe[0].value["ecg_id"].tolist() == [ecg_id for ecg_id in ids if ecg_id >= 216]


def test_words_of_the_report_are_searched_in_both_languages(open_page: Open) -> None:
    app = press(open_page("browse"), "All records")
    n_all = len(app.dataframe[0].value)
    app.text_input(key="words").input("infarct INFERIOR").run()
    reports = app.dataframe[0].value["report"].str.lower()
    assert 0 < len(reports) < n_all
    assert "between" not in app.dataframe[0].value, "it makes room for the report"
    assert reports.str.contains("inferior").all()


def test_the_list_says_who_says_what(open_page: Open, disagreement: None) -> None:
    table = open_page("browse").dataframe[0].value
    row = table.iloc[0]
    assert row["A"].strip() == "0"
    assert row["D"].strip() == f"{100 * row['ecg_id'] / 240:.0f}"
    assert (row["verdict"], row["between"]) == ("refer", "BiMamba-2 D, CNN-BiLSTM A")
    assert row["disagreement"] == pytest.approx(100 * row["ecg_id"] / 240)


def test_the_list_is_a_file_of_all_rows(open_page: Open, disagreement: None) -> None:
    app = press(open_page("browse"), "All records")
    (button,) = app.get("download_button")
    assert button.proto.label == "List as CSV"


def test_filters_are_saved_by_name_and_come_back(open_page: Open, disagreement: None) -> None:
    app = press(open_page("browse", territory="lateral", group="any"), "Certain MI")
    certain = summary(app)
    box(app, "Save the current filters as").input("Mine")
    press(app, "Save")
    app = press(app, "All records")
    assert summary(app) != certain
    assert summary(press(app, "Mine")) == certain
    box(app, "Save the current filters as").input("mine")
    press(app, "Save")
    assert "“mine” is already saved" in app.error[0].value
    press(app, "Remove")
    assert not [button for button in app.button if button.label == "Mine"]


def test_a_list_with_records_outside_the_study_says_what_the_models_know(
    open_page: Open, disagreement: None
) -> None:
    app = open_page("browse", group="other", split="any")
    assert "These models know only MI and strictly normal ECGs." in captions(app)
    assert set(app.dataframe[0].value["verdict"]) == {"(refer)"}
    app = open_page("browse")
    assert "These models know only" not in captions(app)
