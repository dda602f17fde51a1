"""What if: a changed ECG is drawn, marked and judged as if it were the record."""

import base64
import json

import numpy as np
import pytest
import streamlit as st

from ecgcore.explain.planted import Finding
from ecgcore.leads import LEADS
from ecgcore.ptbxl.catalog import load_catalog
from ecgcore.ptbxl.store import open_recordings
from pages.case.attribution.planted import answer_words
from pages.case.what_if import moves_words
from tests.support.predictions import prediction
from tests.support.review_page import charts, ecg, errors, table, texts, traces, write_signal

TAB = "What if"


def modified(app):
    chart = next(c.proto for c in app.get("plotly_chart") if "modified by you" in c.proto.alt)
    return chart.alt, json.loads(chart.spec)


def cells(app, column):
    return [cell.replace("\N{NO-BREAK SPACE}", " ") for cell in table(app, "After")[column]]


def test_nothing_is_changed_at_first(open_review):
    app = open_review(3, details=TAB)
    assert "Choose a change to see the probabilities move." in [i.value for i in app.info]
    assert set(charts(app)) == {"12-lead", "Probability"}


def test_a_silent_lead_is_drawn_and_judged_as_if_the_record_were_so(open_review, own_data):
    signal = open_recordings(load_catalog(own_data)).read(3).signal.round(3)
    write_signal(own_data, 3, signal)
    app = open_review(3, data_dir=own_data, details=TAB, silent="V2")
    alt, figure = modified(app)
    assert alt == "ECG modified by you, 12 leads: V2 silent"
    flat = traces(figure)["V2"]["y"]
    assert np.ptp(np.frombuffer(base64.b64decode(flat["bdata"]), flat["dtype"])) == 0
    badges = [mark["text"] for mark in figure["layout"]["annotations"]]
    assert "<b>MODIFIED BY YOU</b> · V2 silent" in badges
    assert not any("MODIFIED" in mark["text"] for mark in ecg(app)["layout"]["annotations"])
    before, after = cells(app, "Before"), cells(app, "After")
    assert len(after) == 6

    signal[LEADS.index("V2")] = 0
    write_signal(own_data, 3, signal)
    st.cache_data.clear()
    st.cache_resource.clear()
    silent = open_review(3, data_dir=own_data, details=TAB, silent="V3")
    assert cells(silent, "Before") == after != before


def test_a_wish_that_cannot_be_met_is_explained(open_review):
    app = open_review(3, details=TAB, rate="150 bpm")
    (problem,) = errors(app)
    assert problem.startswith("At 150 bpm there is no room left between QRS and P. At most ")


def test_choices_live_in_the_url_and_unknown_ones_are_named(open_review):
    app = open_review(3, details=TAB, st="twice", rate="fast", silent="V9")
    assert [w.value.partition(":")[0] for w in app.warning] == [
        "The silent lead `V9` in the address is not known",
        "The rate `fast` in the address is not known",
    ]
    assert "**ST-T × 2**" in texts(app)
    app.selectbox(key="silent").set_value("aVF").run()
    assert "**aVF silent · ST-T × 2**" in texts(app)


@pytest.mark.parametrize(
    ("moves", "words"),
    [
        ((0.001, -0.004), "no ensemble moves by a point."),
        ((0.12, 0.12), "every ensemble moves by +12 points."),
        ((-0.3, 0.05), "the ensembles move by −30 to +5 points."),
    ],
)
def test_the_range_of_the_moves_is_said(moves, words):
    assert moves_words([(prediction(0.5), prediction(0.5 + move)) for move in moves]) == words


def test_planted_evidence_is_drawn_judged_and_sought_by_the_map(open_review):
    app = open_review(3, details=TAB, plant="ST shift", size_st="0.4", plant_leads="V2")
    assert not errors(app)
    alt, figure = modified(app)
    assert alt == "ECG modified by you, 12 leads: ST shift +0.40 mV in V2"
    assert "overlay" in traces(figure), "the map is drawn, though no overlay was chosen"
    assert "The strongest moment of the map lies **" in texts(app)
    assert "AUROC of the map **" in texts(app)
    assert cells(app, "Before") != cells(app, "After")
    app.multiselect(key="plant_beats").set_value(["1"]).run()
    assert modified(app)[0].endswith("ST shift +0.40 mV in V2, beat 1")


def test_without_a_lead_nothing_is_planted_and_stale_evidence_is_named(open_review):
    app = open_review(3, details=TAB, plant="pacing spike")
    app.multiselect(key="plant_leads").set_value([]).run()
    assert "Choose at least one lead to plant in." in [i.value for i in app.info]
    app = open_review(3, details=TAB, plant="a stone")
    assert "The evidence to plant `a stone` in the address is not known" in app.warning[0].value


@pytest.mark.parametrize(
    ("auroc", "hit", "words"),
    [
        (0.97, True, "lies **inside** what was planted (10 %"),
        (0.5, False, "lies **outside** what was planted (10 %"),
        (float("nan"), True, "AUROC of the map **not defined**"),
    ],
)
def test_the_answer_of_a_map_is_said(auroc, hit, words):
    assert words in answer_words(Finding(auroc, hit, 0.1), Finding(0.6, True, 0.1))


def test_both_scores_are_said():
    said = answer_words(Finding(0.97, True, 0.1), Finding(0.991, True, 0.1))
    assert "of the map **0.97**, of what changed in it **0.99**" in said
