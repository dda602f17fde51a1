"""A reader study as one file: what was found, by whom, and how to check it, without a network."""

import json
import re

import pytest
import sqlalchemy as sa

from ecgcore.cli import main
from ecgcore.report.studies.audit import Audit
from ecgcore.report.studies.reader_study import reader_study_page
from ecgcore.review.store.log import ReviewLog
from ecgcore.review.studies import run
from ecgcore.review.studies.allocation import planted
from ecgcore.review.studies.outcome import StudyData
from tests.support.reviews.studies import FAR, protocol, verdict


@pytest.fixture
def log(tmp_path, monkeypatch):
    file = tmp_path / "review.sqlite"
    monkeypatch.setenv("ECG_REVIEW_DB", str(file))
    opened = ReviewLog.at(sa.URL.create("sqlite", database=str(file)))
    yield opened
    opened.engine.dispose()


@pytest.fixture
def made(log):
    """Ann is always right; Bob is right alone and follows every advice."""
    plan = protocol(
        n=12, readers=("ann@x", "bob@x"), arms=("alone", "advice first"), wrong_share=0.25
    )
    run.start(log, plan, "li")
    for who in plan.readers:
        while (step := run.steps(log, plan, who, FAR)).item is not None:
            case, item = plan.case(step.item.case), step.item
            advised = item.arm != "alone" and who == "bob@x"
            wrong = advised and (item.case in planted(plan) or case.case == "111")
            run.read(log, plan, item, who, verdict(case.truth != wrong), step.reading, FAR)
    return plan


def page(log, made, called=None) -> str:
    data = StudyData.of(made, run.readings_of(log, made))
    names = called or {who: who for who in made.readers}
    return reader_study_page(data, names, Audit.of(log)).decode()


def rows(html: str, *cells: str) -> list[list[str]]:
    found = [re.findall(r"<td>(.*?)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", html)]
    return [row for row in found if row[: len(cells)] == list(cells)]


def test_figures_harm_and_planted_advice_are_there_by_hand(log, made):
    run.end(log, made, "li")
    html = page(log, made)
    # 6 MI, 6 not; one MI and two others planted, and the model is wrong on the last one, not MI
    wrong = planted(made)
    n_mi, n_no = (sum(made.case(one).truth is truth for one in wrong) for truth in (True, False))
    assert len(wrong) == 3
    (bob,) = rows(html, "bob@x", "Sensitivity", "advice first")
    assert bob[3:5] == ["1.000", f"{(6 - n_mi) / 6:.3f}"]
    (bob,) = rows(html, "bob@x", "Specificity", "advice first")
    assert bob[4] == f"{(6 - n_no - 1) / 6:.3f}"
    (ann,) = rows(html, "ann@x", "AUC", "advice first")
    assert ann[3:5] == ["1.000", "1.000"]
    assert ann[6] == "no clear difference"
    (followed,) = rows(html, "advice first")[-1:]
    assert followed[1].startswith("0.50 [")  # of 6 readings with planted advice bob follows 3
    assert followed[4:] == ["6", "3"]
    assert f"Cases with planted advice: {', '.join(sorted(wrong, key=int))}." in html
    assert len(re.findall("planted</td>", html)) == 3


def test_every_reading_the_protocol_and_the_audit_are_there_and_nothing_is_fetched(log, made):
    run.end(log, made, "li")
    html = page(log, made)
    assert "48 readings" in html
    assert made.hash in html
    assert made.secret in html
    head = log.head()
    assert f"review verify --head {head.number}:{head.hash}" in html
    assert "was whole when this report was made" in html
    assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=", html)


def test_names_are_those_that_whoever_gets_it_may_know(log, made):
    html = page(log, made, {"ann@x": "ann@x", "bob@x": "Reader 2"})
    assert "bob@x" not in html
    assert "Reader 2" in html


def test_a_broken_chain_is_said(log, made):
    with log.engine.begin() as connection:
        connection.execute(sa.text("DROP TRIGGER entries_no_update"))
        connection.execute(sa.text("UPDATE entries SET at = 'x' WHERE number = 2"))
    assert "NOT whole" in page(log, made)


def test_what_cannot_be_compared_is_said(log):
    alone = protocol(n=4, arms=("alone",))
    run.start(log, alone, "li")
    assert "cannot be compared: 0 readers" in page(log, alone)


def test_the_command_writes_an_ended_study_and_no_other(log, made, tmp_path, capsys):
    file = tmp_path / "study.html"

    def asked(*more: str) -> tuple[int, dict]:
        status = main(["review", "report", str(file), *more, "--json"])
        return status, json.loads(capsys.readouterr().out)

    status, said = asked("--study", "pilot")
    assert status == 2
    assert "has not ended" in said["error"]
    status, said = asked()
    assert "none has ended, and no list was read" in said["error"]
    assert not file.exists()
    run.end(log, made, "li")
    status, said = asked()
    assert (status, said["study"]) == (0, "pilot")
    assert "Reader study pilot" in file.read_text()
    assert said["head"] == f"{log.head().number}:{log.head().hash}"
    status, said = asked()
    assert "is there already" in said["error"]
    status = main(["review", "report", str(tmp_path / "a.pdf"), "--json"])
    assert "ends with .html" in json.loads(capsys.readouterr().out)["error"]
    assert status == 2
