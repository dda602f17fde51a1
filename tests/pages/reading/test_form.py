"""The form of a reading as a component: what it sends, and what becomes of it."""

import asyncio
import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.requests import Request
from streamlit.testing.v1 import AppTest

from ecgcore.review.readings.reading import INFARCT_AGES, VERDICTS, Caliper, Reading
from ecgcore.wording.records import TERRITORIES
from pages.case.reading.statements import statements
from tests.support.paths import PROJECT
from tests.support.reviews.form import commit, form_data


def page() -> None:
    import streamlit as st

    from ecgcore.errors import ReviewError
    from pages.case.reading import reading_form

    got = st.session_state.setdefault("got", [])

    def keep(reading: object) -> None:
        if st.session_state.get("closed"):
            raise ReviewError("The store is closed.")
        got.append(reading)

    reading_form("39", keep, number=len(got) + 1, blind=not got)


@pytest.fixture
def app(synthetic_dir: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("ECG_DATA_DIR", str(synthetic_dir))
    return AppTest.from_function(page, default_timeout=30).run()


def test_a_commit_becomes_a_reading_with_all_its_parts(app: AppTest) -> None:
    caliper = {"lead": "II", "from_s": 1.0, "to_s": 1.4, "from_mv": 0.0, "to_mv": 0.0}
    commit(
        app,
        verdict="MI",
        confidence=80,
        territories=["inferior", "lateral"],
        infarct_age="old",
        statements="sr, norm SR",
        text="Q in III",
        calipers=[caliper],
    )
    assert app.session_state["got"] == [
        Reading(
            "MI",
            80,
            ("inferior", "lateral"),
            "old",
            ("SR", "NORM"),
            "Q in III",
            (Caliper("II", 1.0, 1.4),),
            12.5,
            blind=True,
        )
    ]
    assert form_data(app)["token"] == "39/2"


def test_the_second_commit_of_a_double_click_is_dropped(app: AppTest) -> None:
    first = form_data(app)["token"]
    commit(app, verdict="no MI", confidence=90)
    commit(app, token=first, verdict="no MI", confidence=90)
    assert [one.verdict for one in app.session_state["got"]] == ["no MI"]
    commit(app, verdict="uncertain", confidence=10)
    assert [one.blind for one in app.session_state["got"]] == [True, False]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"statements": "NORM XYZ"}, "“XYZ” is no SCP code"),
        ({"confidence": 101}, "The confidence is 101"),
        ({"territories": ["septal"]}, "are not all territories"),
        ({"verdict": "MI?"}, "is no verdict"),
        ({"text": "x" * 4001}, "longer than 4,000"),
        ({"calipers": [{"lead": "V9", "from_s": 0.0, "to_s": 1.0}]}, "calipers off the ECG"),
        ({"calipers": 7}, "is no reading"),
    ],
)
def test_what_is_no_reading_is_said_and_the_form_stays(
    app: AppTest, said: dict[str, object], words: str
) -> None:
    commit(app, **({"verdict": "MI", "confidence": 50} | said))
    assert words in app.error[0].value
    assert not app.session_state["got"]
    assert form_data(app) == form_data(app) | {"token": "39/1", "heard": 1}
    app.run()
    assert not app.error


def test_an_error_of_the_receiver_is_shown_and_the_same_reading_can_be_sent_again(
    app: AppTest,
) -> None:
    app.session_state["closed"] = True
    commit(app, verdict="MI", confidence=50)
    assert "The store is closed." in app.error[0].value
    app.session_state["closed"] = False
    commit(app, verdict="MI", confidence=50)
    assert len(app.session_state["got"]) == 1


def test_the_form_offers_what_a_reading_can_say_each_verdict_and_territory_by_a_key() -> None:
    html = (PROJECT / "pages" / "case" / "reading" / "form.html").read_text("utf-8")
    boxes = re.findall(r'name="(\w+)" value="([^"]+)"(?: aria-keyshortcuts="(\w)")?', html)
    found = {name: [value for one, value, _ in boxes if one == name] for name, _, _ in boxes}
    assert tuple(found["verdict"]) == VERDICTS
    assert tuple(found["territories"]) == TERRITORIES
    assert ("", *found["infarct_age"]) == INFARCT_AGES
    keys = [key for name, _, key in boxes if name in ("verdict", "territories")]
    assert keys == ["1", "2", "3", "4", "A", "I", "L", "P"]


@pytest.fixture
def ask(synthetic_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], object]:
    monkeypatch.setenv("ECG_DATA_DIR", str(synthetic_dir))

    def get(typed: str) -> object:
        request = Request({"type": "http", "query_string": f"like={typed}".encode(), "headers": []})
        with ThreadPoolExecutor(1) as pool:  # a browser test may have left its loop in this thread
            return json.loads(pool.submit(asyncio.run, statements(request)).result().body)

    return get


def test_codes_are_found_by_their_beginning_and_by_their_meaning(
    ask: Callable[[str], object],
) -> None:
    assert ["NORM", "normal ECG"] in ask("no")
    assert ask("zzzz") == []
    assert len(ask("a")) <= 8
