"""Who may see, write and export what: two readers, two studies, two cases; pages, URLs, files.

Everybody logs in, and every answer is looked for in all that a page sends to the browser. Who may
do what by the rule itself: tests/core/review/people.
"""

import stat
import tomllib
from itertools import product
from pathlib import Path

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from ecgcore.review.case_entries import study_entries
from ecgcore.review.people.permissions import Person
from ecgcore.review.readings.reading import Reading, reading_of
from ecgcore.review.readings.rounds import Place, reveal
from ecgcore.review.readings.rounds import commit as record
from ecgcore.review.readings.transfer import backup_to, export_to
from ecgcore.review.store.log import ReviewLog
from ecgcore.review.studies import run
from ecgcore.review.studies.protocol import Protocol, StudyCase
from ecgcore.review.worklists.assignment import save
from ecgcore.review.worklists.naming import archive, rename
from ecgcore.review.worklists.saved import SavedList, save_list
from tests.pages.conftest import ROUTER
from tests.support.reviews.studies import FAR, verdict

ROLES = """
[One]
reader = ["ann@x.example", "bob@x.example"]
adjudicator = ["jo@x.example"]
lead = ["li@x.example"]
[Two]
reader = ["eve@x.example", "dan@x.example"]
adjudicator = ["kim@x.example"]
lead = ["mo@x.example"]
["Ward one"]
reader = ["ann@x.example", "bob@x.example"]
adjudicator = ["jo@x.example"]
lead = ["li@x.example"]
["Ward two"]
reader = ["eve@x.example", "dan@x.example"]
adjudicator = ["kim@x.example"]
lead = ["mo@x.example"]
"""
READERS = {"One": ("ann@x.example", "bob@x.example"), "Two": ("eve@x.example", "dan@x.example")}
JUDGES = {"One": "jo@x.example", "Two": "kim@x.example"}
LEADS = {"One": "li@x.example", "Two": "mo@x.example"}
MEMBERS = {one: {*READERS[one], JUDGES[one], LEADS[one]} for one in READERS}
WARDS = {"Ward one": READERS["One"], "Ward two": READERS["Two"]}
CASES = ("9", "12")
EVERYBODY = sorted({who for some in MEMBERS.values() for who in some} | {"stranger"})
AUTH = {
    "redirect_uri": "http://localhost/oauth2callback",
    "cookie_secret": "forty letters that nobody outside can guess",
    "client_id": "a",
    "client_secret": "b",
    "server_metadata_url": "https://id.example/.well-known/openid-configuration",
}


@pytest.fixture
def log(tmp_path):
    opened = ReviewLog.at(sa.URL.create("sqlite", database=str(tmp_path / "runs/review.sqlite")))
    for name, readers in READERS.items():
        cases = tuple(StudyCase(str(k), k <= 2, 0.9 if k <= 2 else 0.1) for k in range(1, 5))
        named = (*readers, JUDGES[name])  # the protocol names a judge too, who is no reader
        made = Protocol(name, cases, named, ("alone", "advice first"), days_between=0)
        run.start(opened, made, LEADS[name])
    for name, readers in WARDS.items():
        save_list(opened, SavedList(name, CASES, by="li@x.example"))
        for who in readers:
            save(opened, name, who, CASES, "li@x.example")
    yield opened
    opened.engine.dispose()


@pytest.fixture
def visit(open_page, log, tmp_path, monkeypatch):
    """Return a function that opens a page as somebody who has logged in."""
    (tmp_path / "roles.toml").write_text(ROLES)
    monkeypatch.setenv("ECG_ROLES", str(tmp_path / "roles.toml"))
    monkeypatch.setenv("ECG_PRETRAINED_DIR", str(tmp_path / "none"))

    def go(who: str, page: str, **query: str) -> AppTest:
        app = AppTest.from_file(str(ROUTER), default_timeout=60)
        app.secrets["auth"] = AUTH
        app.user = {"is_logged_in": True, "email": who}
        for name, value in query.items():
            app.query_params[name] = value
        app._page_hash = calc_hash(page)
        app.run()
        assert not app.exception, (who, page, query)
        return app

    return go


def wire(app: AppTest) -> str:
    return "\n".join(str(element.proto) for element in [*app.main, *app.sidebar])


def has_form(app: AppTest) -> bool:
    return any(one.proto.id.endswith("-reading") for one in app.get("bidi_component"))


def labels(app: AppTest) -> list[str]:
    return [one.label for one in app.button]


def finish(log: ReviewLog, name: str) -> Protocol:
    made = run.load(log, name)
    for who in made.readers:
        while (step := run.steps(log, made, who, FAR)).item is not None:
            says = made.case(step.item.case).truth == (who in ("ann@x.example", "eve@x.example"))
            run.read(log, made, step.item, who, verdict(says), step.reading, FAR)
    return made


def test_a_study_is_read_by_its_readers_and_seen_by_those_who_take_part(visit):
    for who, study in product(EVERYBODY, MEMBERS):
        app = visit(who, "reader-study", step="Read", study=study)
        offered = app.selectbox(key="study").options if who != "stranger" else []
        assert (study in offered) == (who in MEMBERS[study]), (who, study)
        if who in MEMBERS[study]:
            assert has_form(app) == (who in READERS[study]), (who, study)
        else:
            said = [one.value for one in (*app.warning, *app.info)]
            assert any("no such study" in one or "No study has started" in one for one in said)


def test_progress_is_seen_and_a_study_is_ended_by_its_lead_alone(visit, log):
    for who, study in product(EVERYBODY, MEMBERS):
        app = visit(who, "reader-study", step="Results", study=study)
        sent = wire(app)
        seen = {one for one in READERS[study] if one != who and one in sent}
        assert seen == (set(READERS[study]) if who == LEADS[study] else set()), (who, study)
        if who in MEMBERS[study]:  # else another study is shown
            assert ("End the study" in labels(app)) == (who == LEADS[study]), (who, study)


def test_results_are_closed_to_all_before_the_end_and_to_the_other_study_after_it(visit, log):
    made = finish(log, "One")
    for who in EVERYBODY:
        sent = wire(visit(who, "reader-study", step="Results", study="One"))
        assert "Sensitivity" not in sent
        assert made.secret not in sent
    run.end(log, made, "li@x.example")
    for who in EVERYBODY:
        sent = wire(visit(who, "reader-study", step="Results", study="One"))
        assert ("Sensitivity" in sent) == (who in MEMBERS["One"]), who
        assert (made.secret in sent) == (who in MEMBERS["One"]), who
        named = {one for one in READERS["One"] if one != who and one in sent}
        assert named == (set(READERS["One"]) if who == "li@x.example" else set()), who


def test_a_list_is_read_by_whom_it_was_given_to_whatever_the_url_says(visit):
    for who, ward, case in product(EVERYBODY, WARDS, CASES):
        app = visit(who, "reading", list=ward, case=case, reader=WARDS[ward][0])
        assert has_form(app) == (who in WARDS[ward]), (who, ward, case)
        assert bool(app.get("plotly_chart")) == (who in WARDS[ward]), (who, ward, case)


def test_a_list_is_named_and_put_away_by_its_lead_alone(visit, log):
    wards = {"Ward one": "One", "Ward two": "Two"}
    rename(log, "Ward one", "Upstairs", "li@x.example")
    archive(log, "Ward two", "mo@x.example")
    for who, (ward, study) in product(EVERYBODY, wards.items()):
        app = visit(who, "worklist", saved=ward)
        assert ("Rename" in labels(app)) == (who == LEADS[study]), (who, ward)
        assert ("Archive" in labels(app)) == (who == LEADS[study] and ward == "Ward one")
        offered = {one.removeprefix("Archived: ") for one in app.selectbox(key="saved").options}
        assert ("Upstairs" in offered) == (who in MEMBERS["One"]), who
        assert ("Upstairs" in wire(app)) == (who in MEMBERS["One"]), who
        offered = visit(who, "worklist").get("selectbox")
        named = {option for one in offered for option in one.options if option in ("Ward two",)}
        assert not named, who


def test_a_conflict_is_shown_to_the_adjudicators_of_its_study(visit, log):
    for ward, readers in WARDS.items():
        for case, (who, said) in product(CASES, zip(readers, ("MI", "no MI"), strict=True)):
            record(log, Place(ward, case, who), Reading(said, 80, text=f"{ward} by {who}"), 1)
    settles = {JUDGES["One"]: "Ward one", JUDGES["Two"]: "Ward two"}
    for who in EVERYBODY:
        app = visit(who, "adjudication", names="true")
        sent = wire(app)
        assert has_form(app) == (who in settles), who
        for ward in WARDS:
            assert (f"{ward} by" in sent) == (settles.get(who) == ward), (who, ward)


def test_readings_are_compared_and_exported_by_who_takes_part(visit, log):
    for ward, readers in WARDS.items():
        for case, (who, said) in product(CASES, zip(readers, ("MI", "no MI"), strict=True)):
            record(log, Place(ward, case, who), Reading(said, 80, text=f"{ward} by {who}"), 1)
            reveal(log, Place(ward, case, who))
    wards = {"Ward one": MEMBERS["One"], "Ward two": MEMBERS["Two"]}
    for who, ward in product(EVERYBODY, WARDS):
        app = visit(who, "agreement", study=ward)
        offered = app.selectbox(key="study").options
        assert (ward in offered) == (who in wards[ward]), (who, ward)
        may_take = "Study as one file" in [one.label for one in app.get("download_button")]
        assert may_take == (who not in (*JUDGES.values(), "stranger")), who
        taken = readings_of(log, ward, who)
        own = {f"{ward} by {who}"} if who in WARDS[ward] else set()
        every = {f"{ward} by {one}" for one in WARDS[ward]}
        assert taken == (every if who == LEADS[ward_study(ward)] else own), (who, ward)


def ward_study(ward: str) -> str:
    return {"Ward one": "One", "Ward two": "Two"}[ward]


def readings_of(log: ReviewLog, ward: str, who: str) -> set[str]:
    """What the file of a list would hold for somebody."""
    file = tomllib.loads(ROLES)
    roles = {
        name: frozenset(role for role, them in lists.items() if who in them)
        for name, lists in file.items()
    }
    found = study_entries(log.snapshot()[0], ward, Person(who, roles)).shown
    return {reading_of(one).text for one in found}


def test_agreement_is_of_all_for_the_lead_and_of_the_own_readings_for_whom_saw_answers(visit, log):
    for ward, readers in WARDS.items():
        for case, who in product(CASES, readers):
            record(log, Place(ward, case, who), Reading("MI", 80), 1)
        reveal(log, Place(ward, CASES[0], readers[0]))
    leads = {LEADS["One"]: "Ward one", LEADS["Two"]: "Ward two"}
    own = {readers[0]: ward for ward, readers in WARDS.items()}
    for who, (ward, readers) in product(EVERYBODY, WARDS.items()):
        app = visit(who, "agreement", study=ward, view="Pairs")
        named = {one for one in readers if one != who and one in wire(app)}
        assert named == (set(readers) if leads.get(who) == ward else set()), (who, ward)
        n = [one.value["n"].iloc[0] for one in app.table]
        if ward in (leads.get(who), own.get(who)):
            assert n == ["2" if who in leads else "1"], (who, ward)
        elif who not in leads and who not in own:
            assert not n, (who, ward)


def test_nobody_who_has_not_logged_in_sees_anything(visit, open_page):
    for page in ("reader-study", "reading", "adjudication", "agreement", "worklist", "review"):
        app = AppTest.from_file(str(ROUTER), default_timeout=60)
        app.secrets["auth"] = AUTH
        app.user = {"is_logged_in": False}
        app.query_params["reader"] = "ann@x.example"
        app._page_hash = calc_hash(page)
        app.run()
        assert labels(app)[-1] == "Log in", page
        assert "One" not in wire(app), page
        assert not has_form(app), page


def test_files_of_the_store_are_for_the_user_of_the_server_alone(log, tmp_path: Path) -> None:
    export_to(log, tmp_path / "out/all.jsonl")
    export_to(log, tmp_path / "out/all.csv")
    backup_to(log, tmp_path / "out/copy.sqlite")
    files = [*(tmp_path / "runs").glob("review.sqlite*"), *(tmp_path / "out").iterdir()]
    assert {one.name for one in files} >= {"review.sqlite", "all.jsonl", "all.csv", "copy.sqlite"}
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    secret = run.load(log, "One").secret
    for name in ("all.jsonl", "all.csv"):
        assert secret not in (tmp_path / "out" / name).read_text()
