"""Adjudication on the page: a conflict, its readings, and its consensus."""

import pytest
import sqlalchemy as sa

from ecgcore.review.readings.reading import Reading
from ecgcore.review.readings.rounds import Place, commit
from ecgcore.review.store.log import ReviewLog
from tests.support.review_page import errors, press, texts
from tests.support.reviews.form import commit as send


@pytest.fixture
def log(tmp_path):
    opened = ReviewLog.at(sa.URL.create("sqlite", database=str(tmp_path / "runs/review.sqlite")))
    for case in ("9", "12", "99999"):
        commit(opened, Place("Ward [7]", case, "ANNE"), Reading("MI", 80, ("inferior",)), 1)
        commit(opened, Place("Ward [7]", case, "BOBO"), Reading("no MI", 60, text="*T* only"), 1)
    yield opened
    opened.engine.dispose()


def on_wire(app):
    return "\n".join(str(element.proto) for element in app.main)


def test_without_a_reader_nothing_is_shown(open_page, log):
    app = open_page("adjudication")
    assert "Say who settles" in app.info[0].value
    assert "ANNE" not in on_wire(app)


def test_a_reader_of_the_cases_settles_none_of_them(open_page, log):
    app = open_page("adjudication", reader="ANNE")
    assert "No conflict is yours to settle. 3 conflicts wait" in app.info[0].value


def test_names_are_sent_only_where_they_are_asked_for(open_page, log):
    app = open_page("adjudication", reader="KIM")
    assert not app.exception
    said = texts(app)
    assert "**Record 9** · conflict 1 of 2" in said
    assert "**Reader 1:** MI, confidence 80, inferior" in said
    assert "**Reader 2:** no MI, confidence 60" in said
    assert "ANNE" not in on_wire(app)
    assert "1 conflict not shown" in "".join(one.value for one in app.caption)
    app.toggle[0].set_value(True).run()
    assert "**ANNE:** MI, confidence 80, inferior" in texts(app)


def test_a_consensus_needs_reasons_and_then_the_next_conflict_is_shown(open_page, log):
    app = open_page("adjudication", reader="KIM")
    send(app, verdict="MI", confidence=90)
    assert "needs its reasons" in errors(app)[0]
    send(app, verdict="MI", confidence=90, text="Q in III and aVF")
    assert not app.exception
    (entry,) = log.entries(kinds=["consensus"])
    assert (entry.study, entry.case, entry.reader) == ("Ward [7]", "9", "KIM")
    assert "**Record 12** · conflict 1 of 1" in texts(app)
    assert app.expander[0].label == "Settled: 1"
    table = app.dataframe[0].value
    assert table.iloc[0][["Record", "Consensus", "Reasons", "By"]].tolist() == [
        *("9", "MI, confidence 90", "Q in III and aVF", "KIM")
    ]


def test_next_and_the_address_lead_to_another_conflict(open_page, log):
    app = open_page("adjudication", reader="KIM")
    press(app, "Next")
    assert "**Record 12** · conflict 2 of 2" in texts(app)
    app = open_page("adjudication", reader="KIM", case="777")
    assert "The case `777` in the address is not known" in app.warning[0].value


def test_readings_of_a_running_reader_study_are_not_shown(open_page, log):
    from ecgcore.review.studies import run
    from tests.support.reviews.studies import protocol

    made = protocol(readers=("ANNE", "BOBO"), name="Box")
    run.start(log, made, "lead")
    for who, said in (("ANNE", "MI"), ("BOBO", "no MI")):
        commit(log, Place(made.study(made.arms[0]), "20", who), Reading(said, 80), 1)
    app = open_page("adjudication", reader="KIM")
    assert "conflict 1 of 2" in texts(app)
