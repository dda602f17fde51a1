"""The first screen: a name, a sentence, three doors and a case; old links lead on."""

from pathlib import Path

import pytest
import streamlit

from ecgcore.ptbxl.search import PRESETS, search
from pages.shared import caches


def links(app):
    return {link.proto.label: link.proto for link in app.get("page_link")}


def test_the_first_screen_says_what_this_is_and_has_three_doors(open_page, synthetic_catalog):
    app = open_page("home")
    assert not app.exception
    assert app.title[0].value == "ECG trust review"
    doors = links(app)
    assert [label for label in doors if label.startswith("**")] == [
        "**Read an ambiguous case**",
        "**See what label certainty does**",
        "**Train a model yourself**",
    ]
    assert [said.value for said in app.caption][-3:] == [
        "Calipers, six models and their reasons.",
        "Certain, all or uncertain: models side by side.",
        "Choose the labels, start, and watch it learn.",
    ]
    pages = {label: link.page for label, link in doors.items()}
    assert pages["**See what label certainty does**"] == "compare"
    assert pages["**Train a model yourself**"] == "retrain"
    assert pages["**Read an ambiguous case**"] == pages["Read this case"] == "review"


def test_the_case_is_the_first_ambiguous_one_with_its_list(open_page, synthetic_catalog):
    app = open_page("home")
    found = search(synthetic_catalog, PRESETS["Ambiguous MI"])
    query = links(app)["**Read an ambiguous case**"].query_string
    first = int(query.split("record=")[1].split("&")[0])
    assert first in found.index
    assert "list=calibration%3DPlatt" in query
    text = " ".join(one.value for one in app.markdown)
    assert f"Record {first} ·" in text
    assert "Models trained on certain MI only (A) say **" in text
    assert "Models trained on uncertain MI only (D) say **" in text
    assert "Synthetic records" in text
    assert len(app.get("plotly_chart")) == 2


def test_without_models_no_frame_is_empty(open_page, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("ECG_PRETRAINED_DIR", str(tmp_path / "none"))
    app = open_page("home")
    assert not app.exception
    assert not app.error
    assert len(app.get("plotly_chart")) == 1


def test_without_the_recording_what_is_stored_is_shown(open_page, monkeypatch):
    from ecgcore.errors import RecordError

    def unreadable(_):
        raise RecordError("not on this disk")

    monkeypatch.setattr(caches, "read_record", unreadable)
    app = open_page("home")
    assert not app.exception
    assert len(app.get("plotly_chart")) == 1


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ({"group": "normal"}, [("group", ["normal"])]),
        ({"sort": "record number", "calibration": "Beta"},
         [("sort", ["record number"]), ("calibration", ["Beta"])]),
        ({"list": "group=any"}, [("list", ["group=any"])]),
    ],
)  # fmt: skip
def test_an_old_link_to_browse_leads_there(open_page, monkeypatch, query, asked):
    went = []
    monkeypatch.setattr(
        streamlit, "switch_page", lambda page, query_params: went.append((page, query_params))
    )
    open_page("home", **query)
    assert went == [("browse/page.py", asked)]
