"""Browse as a reader sees it: views, filters, counts, the URL, and the way to a case."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from ecgcore.ptbxl.catalog import Catalog
from pages.shared import caches, worklist

Open = Callable[..., AppTest]


def summary(app: AppTest) -> str:
    return next(text.value for text in app.markdown if "records:" in text.value)


def captions(app: AppTest) -> str:
    return " ".join(text.value for text in app.caption)


def press(app: AppTest, name: str) -> AppTest:
    return next(button for button in app.button if name in button.label).click().run()


@pytest.fixture
def disagreement(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the models disagree the more, the higher the record's number."""
    numbers = pd.Series({ecg_id: ecg_id / 240 for ecg_id in range(1, 241)})
    monkeypatch.setattr(caches, "disagreement", lambda _version, _method: numbers)


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

    def disagreement(_version: str, method: str) -> pd.Series:
        asked.append(method)
        return pd.Series({k: (k if method == "raw" else 240 - k) / 240 for k in range(1, 241)})

    monkeypatch.setattr(caches, "disagreement", disagreement)
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


def test_stale_values_in_the_url_are_ignored(open_page: Open) -> None:
    app = open_page("browse", group="nonsense", sex="7", age="old", sort="-1")
    assert not app.exception
    assert app.selectbox(key="group").value == "uncertain_mi"
    assert app.slider(key="age").value == (0, 90)


def test_an_old_link_to_normal_records_still_finds_them(
    open_page: Open, disagreement: None
) -> None:
    app = open_page("browse", group="pure normal")
    assert app.selectbox(key="group").value == "pure_normal"
    assert set(app.dataframe[0].value["group"]) == {"normal"}
    assert summary(app).count("normal **12**") == 1


def test_nothing_found_says_what_to_do(open_page: Open) -> None:
    app = open_page("browse", group="normal", territory="inferior")
    assert summary(app).startswith("**0** of 240")
    assert "Take a filter away" in app.info[0].value
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
    assert "mi-synthetic.parquet does not exist" in app.warning[0].value
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


@pytest.mark.parametrize(
    "selection", [{"rows": [1], "cells": []}, {"rows": [], "cells": [(1, "diagnoses")]}]
)
def test_a_row_opens_its_case_and_keeps_the_list(
    open_page: Open,
    disagreement: None,
    opened: list[tuple[str, dict[str, str]]],
    selection: dict[str, list],
) -> None:
    app = open_page("browse")
    ids = app.dataframe[0].value["ecg_id"].tolist()
    app.session_state["cases"] = {"selection": {"columns": [], **selection}}
    app.run()
    assert opened == [("review/page.py", {"record": str(ids[1])})]
    assert app.session_state["worklist_ids"] == ids


def test_a_record_number_opens_directly(
    open_page: Open, opened: list[tuple[str, dict[str, str]]]
) -> None:
    app = open_page("browse")
    app.text_input[0].input(" 12 ")
    press(app, "Open")
    assert opened == [("review/page.py", {"record": "12"})]


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
    app.text_input[0].input(typed)
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


def queue_script() -> None:
    import streamlit as st

    from pages.shared import worklist

    if "ids" in st.session_state:
        worklist.set_ids(st.session_state["ids"])
    ecg_id = st.session_state["ecg_id"]
    st.session_state["answer"] = (
        worklist.neighbours(ecg_id),
        worklist.position(ecg_id),
        worklist.from_browse(ecg_id),
    )


@pytest.mark.parametrize(
    ("ids", "ecg_id", "answer"),
    [
        ([7, 3, 9], 3, ((7, 9), (1, 3), True)),
        ([7, 3, 9], 7, ((None, 3), (0, 3), True)),
        ([7, 3, 9], 9, ((3, None), (2, 3), True)),
        ([7, 3, 9], 100, ((99, 101), (99, 240), False)),
        (None, 1, ((None, 2), (0, 240), False)),
        (None, 240, ((239, None), (239, 240), False)),
    ],
)
def test_neighbours_in_the_readers_list_or_the_catalogue(
    synthetic_catalog: Catalog,
    monkeypatch: pytest.MonkeyPatch,
    ids: list[int] | None,
    ecg_id: int,
    answer: tuple[object, ...],
) -> None:
    monkeypatch.setattr(worklist.caches, "catalog", lambda: synthetic_catalog)
    app = AppTest.from_function(queue_script)
    app.session_state["ecg_id"] = ecg_id
    if ids is not None:
        app.session_state["ids"] = ids
    app.run()
    assert not app.exception
    assert app.session_state["answer"] == answer
