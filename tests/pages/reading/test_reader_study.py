"""Reader study on the page: locked at its start, silent until its end, then counted."""

import re

import pytest
import sqlalchemy as sa

from ecgcore.review.store.log import ReviewLog
from ecgcore.review.studies import run
from ecgcore.review.studies.allocation import planted, schedule
from ecgcore.review.studies.protocol import Protocol, StudyCase
from tests.support.paths import PROJECT
from tests.support.review_page import charts, errors, texts
from tests.support.reviews.studies import FAR, verdict

READERS = ("AB", "CD")
ARMS = ("alone", "advice after own read")


@pytest.fixture
def log(tmp_path):
    opened = ReviewLog.at(sa.URL.create("sqlite", database=str(tmp_path / "runs/review.sqlite")))
    yield opened
    opened.engine.dispose()


def started(log, **more) -> Protocol:
    cases = tuple(StudyCase(str(k), k <= 4, 0.9 if k <= 4 else 0.1) for k in range(1, 9))
    made = Protocol("Pilot", cases, READERS, ARMS, 0.25, days_between=0, secret="of a test", **more)
    run.start(log, made, "lead")
    return made


def on_wire(app) -> str:
    """Everything that the page sends, as text."""
    return "\n".join(str(element.proto) for element in app.main)


def test_without_a_model_the_design_says_that_nobody_could_advise(open_page, tmp_path, monkeypatch):
    monkeypatch.setenv("ECG_PRETRAINED_DIR", str(tmp_path / "none"))
    app = open_page("reader-study")
    assert not app.exception
    assert "nobody could advise" in errors(app)[0]


def test_a_design_begins_with_as_many_cases_as_there_are(open_page, monkeypatch):
    monkeypatch.setenv("ECG_PRETRAINED_DIR", str(PROJECT / "pretrained"))
    app = open_page("reader-study")
    asked = next(one for one in app.number_input if one.label == "Number of cases")
    assert (asked.value, asked.max, errors(app)) == (14, 14, [])
    assert "- 14 cases, 7 of them MI" in texts(app)
    assert "Synthetic records" in texts(app)


def test_a_reader_alone_gets_no_advice_and_after_the_own_read_gets_it(open_page, log):
    made = started(log)
    first = next(one for one in schedule(made, "AB") if one.arm == ARMS[0])
    words = {}
    for _ in range(8):
        step = run.steps(log, made, "AB", FAR)
        if step.item.arm not in words:
            app = open_page("reader-study", step="Read", study="Pilot", reader="AB")
            assert not app.exception
            words[step.item.arm] = texts(app) + "".join(one.value for one in app.info)
            assert "advises" not in on_wire(app)
        if step.item.arm == ARMS[1]:
            run.read(log, made, step.item, "AB", verdict(True), 1, FAR)
            app = open_page("reader-study", step="Read", study="Pilot", reader="AB")
            words["after"] = "".join(one.value for one in app.info)
            break
        run.read(log, made, step.item, "AB", verdict(True), 1, FAR)
    assert first.arm == "alone"
    assert "no advice" in words.get("alone", "no advice")
    assert "The model advises" in words["after"]


def test_nothing_that_is_sent_tells_which_record_is_read_or_whose_advice_is_planted(open_page, log):
    records = (111, 112, 113, 121, 122, 123)
    cases = tuple(StudyCase(str(n), n < 120, 0.9 if n < 120 else 0.1) for n in records)
    run.start(log, Protocol("Pilot", cases, READERS, ("advice first",), 0.3, days_between=0), "l")
    made = run.load(log, "Pilot")
    for _ in range(3):
        step = run.steps(log, made, "AB", FAR)
        wire = on_wire(open_page("reader-study", step="Read", study="Pilot", reader="AB"))
        assert "The model advises" in wire
        assert f"12-lead ECG of record {step.n_done + 1} of 6" in wire
        said = re.sub(r'\\"(x|y)\\":\{[^{}]*\}|\[[-0-9.,e]*\]', "", wire)  # the signal itself
        assert not re.search(rf"(?<![\d.]){step.item.case}(?![\d.])", said)
        assert made.secret not in wire
        assert made.hash not in wire
        assert "planted" not in wire
        run.read(log, made, step.item, "AB", verdict(True), 1, FAR)


def test_results_wait_for_the_end_and_then_name_figures_and_wrong_advice(open_page, log):
    made = started(log)
    for who in READERS:
        while (step := run.steps(log, made, who, FAR)).item is not None:
            truth = made.case(step.item.case).truth
            told = truth if step.item.case not in planted(made) else not truth
            said = verdict(told if step.reading == 2 else truth)
            run.read(log, made, step.item, who, said, step.reading, FAR)
    app = open_page("reader-study", step="Results", study="Pilot")
    assert "before the study has ended" in texts(app)
    assert not charts(app)
    run.end(log, made, "lead")
    app = open_page("reader-study", step="Results", study="Pilot")
    assert not app.exception
    assert "Lines" in charts(app)
    assert "The whole study as one file" in [one.label for one in app.get("download_button")]
    shown = next(one.value for one in app.table if "Followed" in one.value)
    assert shown["Followed"].tolist()[0].startswith("1.00 [")
    assert shown["Same error alone"].tolist()[0].startswith("0.00 [")


def test_an_unknown_study_in_the_address_is_named(open_page, log):
    started(log)
    app = open_page("reader-study", step="Results", study="nine")
    assert not app.exception
    assert "no such study" in app.warning[0].value


def test_nobody_is_asked_for_a_reading_before_a_study_has_started(open_page):
    app = open_page("reader-study", step="Read")
    assert "No study has started" in app.info[0].value
