"""Blind reading: nothing of the answers leaves the server before the commit; then all of it."""

import re

import pytest
import sqlalchemy as sa

from ecgcore.review.readings.reading import Reading
from ecgcore.review.readings.rounds import Place, progress, reveal
from ecgcore.review.readings.rounds import commit as record
from ecgcore.review.store.log import ReviewLog
from ecgcore.review.worklists.assignment import save
from ecgcore.review.worklists.saved import SavedList, save_list
from tests.support.review_page import errors, press, texts
from tests.support.reviews.answers import found_on, secrets_of
from tests.support.reviews.form import commit, form_data

CASES = ("9", "10", "12")


@pytest.fixture
def log(tmp_path):
    opened = ReviewLog.at(sa.URL.create("sqlite", database=str(tmp_path / "runs/review.sqlite")))
    yield opened
    opened.engine.dispose()


@pytest.fixture
def two(log):
    return save_list(log, SavedList("Two", CASES, by="li"))


def on_wire(app) -> str:
    """Everything that the page sends, as text."""
    return "\n".join(str(element.proto) for element in [*app.main, *app.sidebar])


def place(case="9", who="AB", study="Two"):
    return Place(study, case, who)


def test_before_the_commit_nothing_of_the_answers_is_sent_and_after_it_all(
    open_page, log, two, synthetic_catalog
):
    secrets = secrets_of(synthetic_catalog.entry(9))
    app = open_page("reading", list="Two", case="9", reader="AB")
    assert not app.exception
    assert found_on(on_wire(app), secrets) == []
    commit(app, verdict="MI", confidence=80, seconds=12.5)
    assert progress(log, place()).readings == (Reading("MI", 80, seconds=12.5, blind=True),)
    assert progress(log, place()).revealed
    kinds = {kind for kind, _ in found_on(on_wire(app), secrets)}
    assert kinds == {kind for kind, _ in secrets}
    assert "MI, confidence 80" in texts(app)


def test_the_printout_with_readings_is_offered_after_the_answers_alone(open_page, log, two):
    app = open_page("reading", list="Two", case="9", reader="AB")
    assert not app.get("download_button")
    commit(app, verdict="MI", confidence=80)
    app.checkbox(key="print_readings").set_value(True).run()
    assert not app.exception
    assert [one.label for one in app.get("download_button")] == [
        "PDF with measurements",
        "PNG of the ECG",
    ]
    assert "Without a name no reading is printed." not in texts(app)


def test_nobody_reads_before_saying_who_it_is(open_page, two):
    app = open_page("reading", list="Two", case="9")
    assert "Say who reads" in app.info[0].value
    assert not app.get("bidi_component") or "reading" not in str(app.get("bidi_component"))
    assert not app.get("plotly_chart")


def test_a_list_is_read_case_by_case_and_ends(open_page, log, two):
    app = open_page("reading", list="Two", reader="AB", then="go to the next case")
    for number, case in enumerate(CASES, 1):
        assert f"case {number} of 3 · {number - 1} of 3 read" in texts(app)
        commit(app, verdict="no MI", confidence=90)
        assert len(progress(log, place(case)).readings) == 1
    assert "Every case of this list is read." in app.success[0].value
    assert not progress(log, place("9")).revealed
    assert "**Label**" not in texts(app), "the answers are shown when they are asked for"
    press(app, "Show the answers")
    assert "**Label**" in texts(app)
    assert progress(log, place("12")).revealed


def test_next_case_leads_on_after_the_answers(open_page, log, two):
    app = open_page("reading", list="Two", case="10", reader="AB")
    commit(app, verdict="uncertain", confidence=40)
    press(app, "Next case")
    assert "case 3 of 3" in texts(app)
    assert app.query_params["place"] in ("3", ["3"])
    assert "case" not in app.query_params


def test_a_resent_commit_is_one_reading_and_another_mind_a_second(open_page, log, two):
    app = open_page("reading", list="Two", case="9", reader="AB")
    first = form_data(app)["token"]
    commit(app, verdict="MI", confidence=80)
    with pytest.raises(AssertionError, match="no form"):
        form_data(app)
    press(app, "Change my reading")
    commit(app, token=first, verdict="MI", confidence=80)
    assert len(progress(log, place()).readings) == 1
    commit(app, verdict="no MI", confidence=60)
    found = progress(log, place()).readings
    assert [(one.verdict, one.blind) for one in found] == [("MI", True), ("no MI", False)]
    assert progress(log, place()).changed_mind
    assert "no MI, confidence 60" in texts(app)


def test_a_second_window_cannot_read_a_case_again_otherwise(open_page, log, two):
    app = open_page("reading", list="Two", case="9", reader="AB")
    record(log, place(), Reading("no MI", 90), 1)
    commit(app, verdict="MI", confidence=80)
    assert "is read already: no MI, confidence 90" in errors(app)[0]
    assert len(progress(log, place()).readings) == 1


def test_a_case_that_somebody_else_is_to_read_is_closed(open_page, log, two):
    save(log, "Two", "CD", list(CASES), by="li")
    app = open_page("reading", list="Two", case="9", reader="AB")
    assert "No case of “Two” is assigned to AB" in app.info[0].value
    assert not app.get("plotly_chart")
    assert not open_page("reading", list="Two", case="9", reader="CD").info


def test_other_readers_are_shown_after_the_own_reading_only(open_page, log, two):
    record(log, place(who="Quist"), Reading("uncertain", 35, territories=("lateral",)), 1)
    app = open_page("reading", list="Two", case="9", reader="AB")
    assert "Quist" not in on_wire(app)
    commit(app, verdict="MI", confidence=80)
    assert "- Quist: uncertain, confidence 35, lateral" in texts(app)


def test_a_blind_list_stays_blind_whatever_the_address_says(open_page, two, synthetic_catalog):
    app = open_page("reading", list="Two", case="9", reader="AB", mode="open")
    assert "read blind" in app.warning[0].value
    assert found_on(on_wire(app), secrets_of(synthetic_catalog.entry(9))) == []


def test_open_mode_shows_the_answers_at_once_and_keeps_its_readings_apart(
    open_page, log, synthetic_catalog
):
    app = open_page("reading", ids="9.10", reader="AB", mode="open")
    secrets = secrets_of(synthetic_catalog.entry(9))
    assert {kind for kind, _ in found_on(on_wire(app), secrets)} == {kind for kind, _ in secrets}
    commit(app, verdict="MI", confidence=80)
    assert [one.blind for one in progress(log, place(study="Teaching")).readings] == [False]
    assert not progress(log, place(study="Without a list")).readings


def test_cases_without_a_list_are_read_blind(open_page, log, synthetic_catalog):
    app = open_page("reading", ids="9.10", title="Doubtful", reader="AB")
    assert "**Doubtful**, read blind · case 1 of 2" in texts(app)
    assert found_on(on_wire(app), secrets_of(synthetic_catalog.entry(9))) == []
    commit(app, verdict="MI", confidence=80)
    assert progress(log, place(study="Without a list")).readings


@pytest.mark.parametrize(
    ("query", "words"),
    [({}, "No case to read is named"), ({"list": "Nowhere"}, "no list “Nowhere”")],
)
def test_an_address_that_leads_nowhere_is_explained(open_page, query, words):
    app = open_page("reading", **query, reader="AB")
    assert not app.exception
    assert words in errors(app)[0]
    assert app.get("page_link")[0].proto.label == "Open Worklist"


def test_a_case_that_is_not_on_the_list_is_named_and_the_next_one_shown(open_page, two):
    app = open_page("reading", list="Two", case="77", reader="AB")
    assert "`77`" in app.warning[0].value
    assert "case 1 of 3" in texts(app)
    for asked in ("0", "4", "x", "9" * 20):
        app = open_page("reading", list="Two", place=asked, reader="AB")
        assert f"`{asked}`" in app.warning[0].value
        assert "case 1 of 3" in texts(app)


def test_no_record_number_is_sent_to_a_blind_reader_of_a_saved_list(open_page, log, two):
    assert (CASES[1], "case 2 of 3") == ("10", "case 2 of 3")
    for query in ({"case": "10"}, {"place": "2"}):
        app = open_page("reading", list="Two", reader="AB", **query)
        assert "case 2 of 3" in texts(app)
        assert dict(app.query_params).get("place") in ("2", ["2"])
        assert "case" not in app.query_params
        (sheet,) = app.get("plotly_chart")
        assert sheet.proto.alt == "12-lead ECG of record 2 of 3, Two, 10 s, without overlay"
        assert '"uirevision":"2 of 3, Two ' in sheet.proto.spec
        assert re.fullmatch(r"[0-9a-f]{64}/1", form_data(app)["token"])
    tokens = {
        form_data(open_page("reading", list="Two", reader=who, place=str(k)))["token"]
        for who in ("AB", "CD")
        for k in (1, 2, 3)
    }
    assert len(tokens) == 6
    app = open_page("reading", ids="9,10", reader="AB", case="10")
    assert app.query_params["case"] in ("10", ["10"]), "the numbers of a teacher's link stay"


def test_a_place_is_that_of_the_readers_own_order(open_page, log, two):
    save(log, "Two", "AB", ["12", "9"], "li")
    app = open_page("reading", list="Two", reader="AB", place="1")
    commit(app, verdict="MI", confidence=80)
    assert len(progress(log, place("12")).readings) == 1
    assert "Record 12 ·" in texts(app), "after the reading its number is told"


def test_opening_a_case_marks_it_seen(open_page, log, two):
    open_page("reading", list="Two", case="10", reader="AB")
    open_page("reading", list="Two", case="10", reader="AB")
    assert [one.case for one in log.entries(study="Two", kinds=["seen"])] == ["10"]


def test_a_reveal_without_a_reading_shows_nothing(open_page, log, two):
    with pytest.raises(Exception, match="Commit your reading"):
        reveal(log, place())


def test_the_menu_leads_back_to_the_case_that_was_on_screen(open_page, two):
    app = open_page("reading", list="Two", case="10", reader="AB")
    app.switch_page("about/page.py").run()
    for name in ("list", "case", "place"):
        app.query_params.pop(name, None)
    app.switch_page("reading/page.py").run()
    assert not app.exception
    assert "case 2 of 3" in texts(app)
    assert app.query_params["list"] in ("Two", ["Two"])


@pytest.mark.parametrize("elsewhere", ["worklist", "review"])
def test_what_was_shown_elsewhere_is_not_read_blind(open_page, log, two, elsewhere):
    query = {"ids": "9,10"} if elsewhere == "worklist" else {"record": "9"}
    app = open_page(elsewhere, reader="AB", **query)
    for name in query:
        app.query_params.pop(name, None)
    app.query_params.update({"list": "Two", "case": "9", "reader": "AB"})
    app.switch_page("reading/page.py").run()
    assert "not counted as blind" in texts(app)
    commit(app, verdict="MI", confidence=80)
    assert [one.blind for one in progress(log, place()).readings] == [False]
