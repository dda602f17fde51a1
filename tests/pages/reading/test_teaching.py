"""Teaching: nothing of the answer before the commit, all of it after, and again after days."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from ecgcore.review.readings.reading import Reading
from ecgcore.review.store.log import Draft, ReviewLog
from tests.support.review_page import errors, press, texts
from tests.support.reviews.answers import found_on, secrets_of
from tests.support.reviews.form import commit, form_data

NOW = datetime.now(UTC)


@pytest.fixture
def log(tmp_path):
    opened = ReviewLog.at(sa.URL.create("sqlite", database=str(tmp_path / "runs/review.sqlite")))
    yield opened
    opened.engine.dispose()


@pytest.fixture
def three(synthetic_catalog) -> dict[str, str]:
    """A certain MI, a normal one and an uncertain MI of the test fold."""
    frame = synthetic_catalog.frame
    test = frame[frame["split"] == "test"]
    groups = ("certain_mi", "pure_normal", "uncertain_mi")
    return {one: str(test.index[test["group"] == one][0]) for one in groups}


@pytest.fixture
def learn(open_page, log, three, tmp_path, monkeypatch):
    monkeypatch.setenv("ECG_PRETRAINED_DIR", str(tmp_path / "none"))

    def go(**query: str):
        app = open_page("teaching", ids=".".join(three.values()), **{"reader": "AB"} | query)
        assert not app.exception
        return app

    return go


def wire(app) -> str:
    return "\n".join(str(element.proto) for element in [*app.main, *app.sidebar])


def said(log, case: str, verdict: str, days_ago: float, number: int = 1) -> None:
    at = (NOW - timedelta(days=days_ago)).isoformat()
    body = Reading(verdict, 80).as_body() | {"number": number}
    key = f"reading/Teaching/{case}/AB/{number}"
    log.append(Draft(key, "reading", "Teaching", case, "AB", body, at))
    log.append(Draft(f"reveal/Teaching/{case}/AB", "reveal", "Teaching", case, "AB", {}, at))


def test_nothing_of_the_answer_is_sent_before_the_commit_and_all_after(
    learn, log, three, synthetic_catalog, monkeypatch
):
    monkeypatch.delenv("ECG_PRETRAINED_DIR")
    entry = synthetic_catalog.entry(int(three["certain_mi"]))
    hidden = secrets_of(entry)
    app = learn()
    sent = re.sub(r"ids=[\d.]*", "", wire(app))  # the link of the set
    assert found_on(sent, hidden) == []
    assert f"12-lead ECG of record case 1, {10} s" in sent
    commit(app, verdict="no MI", confidence=90, seconds=7)
    assert not app.exception
    assert "The label says MI" in errors(app)[0]
    assert {kind for kind, _ in found_on(wire(app), hidden)} == {kind for kind, _ in hidden}
    assert "MI 100 %" in texts(app)
    (kept,) = log.entries(kinds=["reading"])
    assert (kept.study, kept.case, kept.reader) == ("Teaching", three["certain_mi"], "AB")
    assert '"blind": true' in kept.body
    press(app, "Next case")
    assert "Case 2 of 3" in texts(app)
    assert form_data(app)["token"] == "teaching/2/1"


def test_a_label_that_is_not_certain_makes_no_answer_wrong(learn, three):
    app = learn(case="3")
    commit(app, verdict="MI", confidence=90)
    assert "nobody knows" in app.info[0].value
    assert not errors(app)
    app = learn(view="Results")
    assert "Read some cases with a certain label" in app.info[0].value
    assert "1 case read without a certain label" in texts(app)


def test_what_was_wrong_comes_back_after_a_day_and_what_was_right_does_not(learn, log, three):
    said(log, three["certain_mi"], "no MI", 1.1)
    said(log, three["pure_normal"], "no MI", 0.5)
    said(log, three["uncertain_mi"], "MI", 9)
    app = learn()
    assert "3 of 3 read, 1 due again" in texts(app)
    assert "Case 1 of 3" in texts(app)
    commit(app, verdict="MI", confidence=80)
    assert "The label says MI, too" in app.success[0].value
    assert [one.study for one in log.entries(kinds=["reading"], case=three["certain_mi"])] == (
        ["Teaching"] * 2
    )
    assert "Every case that is due has been read." in [one.value for one in app.success]


def test_a_retest_asks_for_every_case_after_seven_days_and_says_its_result(learn, log, three):
    said(log, three["certain_mi"], "no MI", 8)
    said(log, three["pure_normal"], "no MI", 3)
    app = learn(retest="true")
    assert "Case 1 of 3 · retest" in texts(app)
    commit(app, verdict="MI", confidence=100)
    app = learn(retest="true")
    assert "The retest opens on" in app.info[0].value
    app = learn(view="Results")
    shown = next(one.value for one in app.table if "Reading" in one.value)
    # (0.1 - 1)^2 at first, (1 - 1)^2 then; one patient, so no interval
    assert shown["Brier score"].tolist() == ["0.810", "0.000"]
    assert "Retest minus first: -0.810" in texts(app).replace("−", "-")


def test_the_score_stands_beside_the_models_on_the_same_cases(
    learn, log, three, monkeypatch, synthetic_catalog
):
    import pandas as pd

    said(log, three["certain_mi"], "MI", 1)
    said(log, three["pure_normal"], "MI", 1)
    ids = [int(three[one]) for one in ("certain_mi", "pure_normal")]
    table = pd.DataFrame({"cnn_bilstm-C": [0.8, 0.4], "verdict": ["", ""]}, index=ids)
    monkeypatch.setattr("pages.shared.caches.said", lambda *_: table)
    monkeypatch.setattr(
        "pages.teaching.results.ensemble_by_name", lambda *_: type("E", (), {"label": "C"})
    )
    app = learn(view="Results")
    shown = next(one.value for one in app.table if "Who" in one.value)
    assert shown["Who"].tolist() == ["You", "C"]
    # ((0.9 - 1)^2 + (0.9 - 0)^2) / 2 and ((0.8 - 1)^2 + 0.4^2) / 2
    assert [one.split()[0] for one in shown["Brier score"]] == ["0.4100", "0.1000"]
    assert shown["You minus it"].tolist()[1].startswith("0.3100")
    assert "The same 2 cases" in texts(app)


def test_a_set_is_made_shared_and_named_by_its_link(learn, open_page, log):
    app = open_page("teaching", reader="AB")
    press(app, "Make the set")
    assert not app.exception
    ids = "".join(app.query_params["ids"]).split(".")
    assert len(ids) == 20
    link = next(one.value for one in app.code)
    assert f"ids={'.'.join(ids)}" in link
    assert "reader" not in link


def test_a_link_to_records_that_are_not_here_says_so(open_page, log):
    app = open_page("teaching", ids="999999")
    assert "None of the cases of this link" in errors(app)[0]
    app = open_page("teaching", ids="x'<b>.1", title="<b>*t*")
    assert not app.exception
    assert "<b>" not in texts(app).replace(r"\<b>", "")
