"""The worklist: reasons beside cases, weights that move them, lists with a name, readers."""

import pandas as pd
import pytest
import sqlalchemy as sa
import streamlit as st

from ecgcore.ptbxl.label_groups import member_ids
from ecgcore.review.readings.reading import Reading
from ecgcore.review.readings.rounds import Place, commit, mark_seen, reveal
from ecgcore.review.store.log import ReviewLog
from ecgcore.review.worklists.assignment import reader_progress
from ecgcore.review.worklists.saved import SavedList, load_list, save_list
from ecgcore.tasks.mi import TEST_SETS
from pages.shared.classes import caches as classes
from tests.support.review_page import errors, texts


@pytest.fixture
def log(tmp_path):
    opened = ReviewLog.at(sa.URL.create("sqlite", database=str(tmp_path / "runs/review.sqlite")))
    yield opened
    opened.engine.dispose()


@pytest.fixture
def opened(monkeypatch):
    """Pages that Worklist asked for, instead of going there."""
    asked = []
    monkeypatch.setattr(
        st, "switch_page", lambda page, query_params: asked.append((page, query_params))
    )
    return asked


def shown(app):
    return app.dataframe[-1].value


def test_the_cases_of_fold_10_stand_by_score_with_their_reasons(open_page, synthetic_catalog):
    app = open_page("worklist")
    assert not app.exception
    table = shown(app)
    ids = member_ids(synthetic_catalog.frame, "test", TEST_SETS["all"])
    assert set(table["Case"]) <= set(ids)
    assert len(table) == min(50, len(ids))
    assert table["Score"].is_monotonic_decreasing
    assert "State" not in table
    likelihood = synthetic_catalog.frame["mi_likelihood"]
    for case, why in zip(table["Case"], table["Why"], strict=True):
        stated = likelihood[case]
        assert (f"label {stated:.0f} %" in why) == (stated in (15, 35, 50, 80))
    assert "tell of label and models" in texts(app)


def test_a_weight_of_the_address_moves_the_order(open_page, synthetic_catalog):
    names = ("training_sets", "architectures", "threshold", "refer", "label", "quality", "readers")
    names += ("statements",)
    only = {f"w_{name}": "0" for name in names}
    table = shown(open_page("worklist", **only))
    half = synthetic_catalog.frame["mi_likelihood"][table["Case"]].fillna(0)
    assert (abs(half - 50)).is_monotonic_increasing
    assert table["Score"].iloc[0] == pytest.approx(1 - abs(2 * half.iloc[0] / 100 - 1))


def test_everyone_in_fold_10_can_be_listed_for_what_contradicts_a_label(
    open_page, synthetic_catalog, monkeypatch
):
    frame = synthetic_catalog.frame
    everyone = frame.index[frame["split"] == "test"]
    found = pd.DataFrame({"value": 0.0, "words": ""}, index=everyone)
    suspect = int(everyone[-1])
    found.loc[suspect] = [0.9, "AFIB 97 %, not in the label"]
    monkeypatch.setattr(classes, "contradictions", lambda: found)
    app = open_page("worklist", cases="fold 10, all comers", length="200", w_statements="5")
    table = shown(app)
    assert set(table["Case"]) == set(everyone)
    assert table["Why"].iloc[0].startswith("AFIB 97 %, not in the label")
    assert table["Case"].iloc[0] == suspect
    assert "All records of fold 10" in texts(app)


def test_a_link_makes_a_list_of_its_cases(open_page, synthetic_catalog):
    first, second = (int(one) for one in synthetic_catalog.frame.index[:2])
    app = open_page("worklist", ids=f"{first},{second},999999", title="False alarms [x](y)")
    assert set(shown(app)["Case"]) == {first, second}
    assert "999999" in app.warning[0].value
    assert "False alarms \\[x](y)" in texts(app)


def test_seen_and_read_are_marked_for_the_reader(open_page, log, synthetic_catalog):
    ids = [str(one) for one in synthetic_catalog.frame.index[:3]]
    mark_seen(log, Place("Without a list", ids[0], "AB"))
    commit(log, Place("Without a list", ids[1], "AB"), Reading("MI", 80), 1)
    commit(log, Place("Without a list", ids[2], "CD"), Reading("MI", 80), 1)
    table = shown(open_page("worklist", ids=",".join(ids), reader="AB"))
    states = dict(zip(table["Case"].astype(str), table["State"], strict=True))
    assert states == {ids[0]: "seen", ids[1]: "read", ids[2]: "new"}


def test_the_shown_cases_are_saved_and_assigned(open_page, log):
    app = open_page("worklist", reader="AB", length="20")
    cases = [str(one) for one in shown(app)["Case"]]
    app.text_input(key="new_list").set_value("Doubtful").run()
    next(one for one in app.button if one.label.startswith("Save ")).click().run()
    assert not app.exception
    made = load_list(log, "Doubtful")
    assert (list(made.cases), made.mode, made.by) == (cases, "blind", "AB")
    assert "equal weights" in made.about
    assert "**Doubtful**, read blind" in texts(app)
    app.text_input(key="new_readers").set_value("CD, EF").run()
    app.number_input(key="per_case").set_value(1).run()
    next(one for one in app.button if one.label == "Assign the cases").click().run()
    dealt = [reader_progress(log.entries(study="Doubtful"), who).cases for who in ("CD", "EF")]
    assert sorted(dealt[0] + dealt[1]) == sorted(cases)
    assert "none of them yours to read" in texts(app)
    assert f"0 of {len(cases)} readings by 2 readers" in app.expander[-1].label


def test_more_readers_a_case_than_there_are_is_said(open_page, log):
    save_list(log, SavedList("Two", ("9", "10"), by="li"))
    app = open_page("worklist", saved="Two", reader="AB")
    app.text_input(key="new_readers").set_value("CD").run()
    next(one for one in app.button if one.label == "Assign the cases").click().run()
    assert "2 readers a case of 1" in errors(app)[0]


def test_a_saved_list_hides_reasons_until_its_reader_has_seen_the_answers(open_page, log):
    save_list(log, SavedList("Two", ("9", "10"), "blind", "fold 10", "li"))
    app = open_page("worklist", saved="Two", reader="AB")
    assert list(shown(app)) == ["Case", "State"]
    assert "label" not in str(app.dataframe[-1].value)
    commit(log, Place("Two", "9", "AB"), Reading("MI", 80), 1)
    assert list(shown(open_page("worklist", saved="Two", reader="AB"))) == ["Case", "State"]
    reveal(log, Place("Two", "9", "AB"))
    table = shown(open_page("worklist", saved="Two", reader="AB")).set_index("Case")
    assert list(table) == ["Record", "State", "Score", "Why"]
    assert table["Record"].isna().to_dict() == {1: False, 2: True}
    assert table.loc[1, "Record"] == 9
    assert table.loc[1, "Score"] >= 0
    assert table["Score"].isna().to_dict() == {1: False, 2: True}
    assert table.loc[2, "Why"] == ""


def test_a_list_that_is_read_blind_names_its_cases_by_place(open_page, log, opened):
    save_list(log, SavedList("Two", ("9", "10"), "blind", "fold 10", "li"))
    save_list(log, SavedList("Open", ("9", "10"), "open", "fold 10", "li"))
    app = open_page("worklist", saved="Two", reader="AB")
    assert shown(app)["Case"].tolist() == [1, 2]
    click(app, "Read next")
    assert opened == [("reading/page.py", {"list": "Two", "place": "1"})]
    app = open_page("worklist", saved="Open", reader="AB")
    assert shown(app)["Case"].tolist() == [9, 10]
    click(app, "Read next")
    assert opened[-1] == ("reading/page.py", {"list": "Open", "case": "9"})


def click(app, label):
    return next(one for one in app.button if one.label == label).click().run()


def test_who_leads_a_list_renames_and_archives_it(open_page, log):
    save_list(log, SavedList("Two", ("9", "10"), by="li"))
    save_list(log, SavedList("Three", ("9",), by="li"))
    app = open_page("worklist", saved="Two", reader="AB")
    app.text_input(key="title Two").set_value("Ward 3").run()
    click(app, "Rename")
    assert "**Ward 3**, read blind" in texts(app)
    assert "as “Two”" in texts(app)
    assert app.selectbox(key="saved").options == ["not saved", "Three", "Ward 3"]
    click(app, "Archive")
    assert app.selectbox(key="saved").options == ["not saved", "Three", "Archived: Ward 3"]
    assert app.query_params["saved"] == "Two"

    app = open_page("worklist", reader="AB")
    assert app.selectbox(key="saved").options == ["not saved", "Three"]
    app.toggle(key="archived").set_value(True).run()
    assert "Archived: Ward 3" in app.selectbox(key="saved").options
    app.selectbox(key="saved").set_value("Two").run()
    click(app, "Take out of the archive")
    assert app.selectbox(key="saved").options == ["not saved", "Three", "Ward 3"]
    commit(log, Place("Two", "9", "AB"), Reading("MI", 80), 1)
    assert "Ward 3" in open_page("agreement", reader="EF").selectbox(key="study").options
    assert "**Ward 3**, read blind" in texts(open_page("reading", list="Two", reader="CD"))


def test_a_name_that_is_taken_is_said_and_changes_nothing(open_page, log):
    save_list(log, SavedList("Two", ("9", "10"), by="li"))
    save_list(log, SavedList("Three", ("9",), by="li"))
    app = open_page("worklist", saved="Two", reader="AB")
    app.text_input(key="title Two").set_value("three").run()
    click(app, "Rename")
    assert "There is a list “three” already" in errors(app)[0]
    assert "**Two**, read blind" in texts(app)


def test_nobody_sees_a_list_before_saying_who_it_is(open_page, log):
    save_list(log, SavedList("Two", ("9", "10")))
    app = open_page("worklist", saved="Two")
    assert "Say who you are" in app.info[0].value
    assert not app.dataframe


def test_an_unknown_list_in_the_address_is_named(open_page, log):
    save_list(log, SavedList("Two", ("9", "10")))
    app = open_page("worklist", saved="Nine")
    assert "`Nine`" in app.warning[0].value
    assert len(shown(app))
