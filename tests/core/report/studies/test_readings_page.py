"""All readings of a list as one file: agreement by hand, each case to its consensus, audit."""

import json
import re

import pandas as pd
import pytest
import sqlalchemy as sa

from ecgcore.cli import main
from ecgcore.report.studies.audit import Audit
from ecgcore.report.studies.readings import readings_page
from ecgcore.review.agreement.readings_frame import COLUMNS
from ecgcore.review.case_entries import study_entries
from ecgcore.review.people.permissions import Person
from ecgcore.review.readings.adjudication import settle
from ecgcore.review.readings.reading import Reading
from ecgcore.review.readings.rounds import Place, commit, reveal
from ecgcore.review.store.log import ReviewLog

SAID = {"ann@x": ("MI", "MI", "no MI", "no MI"), "bob@x": ("MI", "no MI", "no MI", "no MI")}
LABELS = pd.DataFrame(
    [["PTB-XL label", str(case), said, (), ()] for case, said in
     enumerate(("MI", "MI", "no MI", "no MI"), 1)],
    columns=COLUMNS,
)  # fmt: skip


@pytest.fixture
def log(tmp_path, monkeypatch):
    file = tmp_path / "review.sqlite"
    monkeypatch.setenv("ECG_REVIEW_DB", str(file))
    opened = ReviewLog.at(sa.URL.create("sqlite", database=str(file)))
    for who, verdicts in SAID.items():
        for case, verdict in enumerate(verdicts, 1):
            commit(opened, Place("Ward", str(case), who), Reading(verdict, 80), 1)
            reveal(opened, Place("Ward", str(case), who))
    settle(opened, Place("Ward", "2", "jo@x"), Reading("MI", 90, text="Q in <III>"))
    yield opened
    opened.engine.dispose()


def page(log, person=None) -> str:
    found = study_entries(log.snapshot()[0], "Ward", person)
    return readings_page("Ward", found, LABELS, Audit.of(log)).decode()


def row(html: str, *cells: str) -> list[str]:
    found = [re.findall(r"<td>(.*?)</td>", one) for one in re.findall(r"<tr>(.*?)</tr>", html)]
    return next(one for one in found if one[: len(cells)] == list(cells))


def test_a_renamed_list_stands_under_its_title_and_says_where_it_was_saved(log):
    found = study_entries(log.snapshot()[0], "Ward", None)
    html = readings_page("Ward", found, LABELS, Audit.of(log), "Two wards").decode()
    assert "Readings of Two wards" in html
    assert "Saved as" in html
    assert "Saved as" not in readings_page("Ward", found, LABELS, Audit.of(log), "Ward").decode()
    assert "--study=Ward" in html


def test_agreement_cases_and_audit_by_hand(log):
    html = page(log)
    assert row(html, "Agreement of two readings")[1].startswith("0.75")  # 3 of 4 cases alike
    # bob and the label: agree on 3 of 4; by chance (1/4 * 2/4 + 3/4 * 2/4) = 0.5; kappa 0.5
    assert row(html, "bob@x", "PTB-XL label")[2:4][0] == "4"
    assert row(html, "bob@x", "PTB-XL label")[3].startswith("0.50")
    assert row(html, "ann@x", "PTB-XL label")[3].startswith("1.00")
    settled = row(html, "2", "MI")
    assert settled[1:] == [
        "MI",
        "ann@x: MI, confidence 80; bob@x: no MI, confidence 80",
        "MI, confidence 90",
        "Q in &lt;III&gt;",
    ]
    assert "1 settled by a consensus, 0 in conflict" in html
    assert "9 entries" in html
    assert f"--head {log.head().number}:{log.head().hash}" in html
    assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=", html)


def test_a_reader_gets_the_own_readings_and_a_lead_all(log):
    ann = page(log, Person("ann@x", {"Ward": frozenset({"reader"})}))
    assert "bob@x" not in ann
    assert "jo@x" not in ann
    assert "5 entries" in ann
    assert "1 rater has read here" in ann
    assert "bob@x" in page(log, Person("li", {"Ward": frozenset({"lead"})}))
    assert "ann@x" not in page(log, Person("eve", {"Other": frozenset({"lead"})}))


def test_the_command_writes_a_list(log, tmp_path, capsys, synthetic_dir):
    file = tmp_path / "ward.html"
    command = ["review", "report", str(file), "--json", "--data", str(synthetic_dir)]
    assert main([*command, "--study", "Nowhere"]) == 2
    assert "here: Ward" in json.loads(capsys.readouterr().out)["error"]
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)["study"] == "Ward"
    assert "Readings of Ward" in file.read_text()


def test_one_case_is_too_few_to_compare(log):
    for who in SAID:
        commit(log, Place("Small", "1", who), Reading("MI", 80), 1)
    found = study_entries(log.snapshot()[0], "Small", None)
    html = readings_page("Small", found, LABELS, Audit.of(log)).decode()
    assert "2 cases that two or more have read are needed" in html
    assert "of 2 cases are needed" in html
    assert "1 case</summary>" in html
