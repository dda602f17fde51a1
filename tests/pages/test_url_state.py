"""One page's choices: kept over a visit to a case, put into the URL, named where unknown."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.shared import url_state

STATE = url_state.PageState("toy", bound={"colour": url_state.Bound()}, written=("models",))


@pytest.fixture
def browser(monkeypatch):
    """Stand-ins for the URL and the session, and whether the page was run again."""

    class Params(dict):
        def get_all(self, name):
            return list(self.get(name, []))

    params, session, reruns = Params(), {}, []
    monkeypatch.setattr(st, "query_params", params)
    monkeypatch.setattr(st, "session_state", session)
    monkeypatch.setattr(st, "rerun", lambda: reruns.append(1))
    return params, session, reruns


def test_choices_come_back_once_where_the_url_holds_none(browser):
    params, session, reruns = browser
    session["colour"], params["models"] = "red", ["a", "b"]
    STATE.keep()
    params.clear()
    del session["colour"]
    STATE.restore()
    assert (session["colour"], params["models"], len(reruns)) == ("red", ["a", "b"], 1)
    params.clear()
    STATE.restore()
    assert (params, len(reruns)) == ({}, 1)


@pytest.mark.parametrize("asked", ["colour", "models"])
def test_a_link_with_choices_of_its_own_wins(browser, asked):
    params, session, reruns = browser
    session["colour"] = "red"
    STATE.keep()
    session["colour"] = "blue"
    params[asked] = ["green"]
    STATE.restore()
    assert (session["colour"], params, reruns) == ("blue", {asked: ["green"]}, [])


def test_a_page_that_was_never_left_is_not_run_again(browser):
    STATE.restore()
    assert browser == ({}, {}, [])


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("a", ["a"]),
        (["b", "a"], ["b", "a"]),
        (["d", "c"], None),
        ([], None),
        ("", None),
        (None, None),
    ],
)
def test_a_choice_goes_into_the_url_unless_it_is_the_default(browser, value, written):
    params, session, _ = browser
    params["models"] = ["old"]
    session["box"] = value
    url_state.writer("models", "box", default=["c", "d"])()
    assert params.get("models") == written


def test_a_former_value_leads_to_its_present_name_at_first_only(browser):
    params, session, _ = browser
    params["colour"] = "crimson"
    url_state.follow_renamed("colour", {"crimson": "red"})
    assert session == {"colour": "red"}
    session["colour"] = "blue"
    url_state.follow_renamed("colour", {"crimson": "red"})
    assert session == {"colour": "blue"}


def page() -> None:
    from pages.shared.url_state import warn_of_unknown

    warn_of_unknown("test_set", ["certain", "all"])
    warn_of_unknown("bins", [str(n) for n in range(2, 51)], what="number of bins")
    warn_of_unknown("part", ["a"], what="subgroup", advice="all of it is shown.")


def test_unknown_values_are_named_short_and_without_markdown():
    app = AppTest.from_function(page)
    app.query_params["test_set"] = ["certain", "[x](http://evil)`b`\n" + "y" * 99]
    app.query_params["bins"] = ["99"]
    app.query_params["part"] = ["b"]
    told = [warning.value for warning in app.run().warning]
    assert told == [
        "The test set `[x](http://evil)'b' " + "y" * 20 + "` in the address is not known: choose "
        "certain, all.",
        "The number of bins `99` in the address is not known: the usual one is shown.",
        "The subgroup `b` in the address is not known: all of it is shown.",
    ]


@pytest.mark.parametrize(
    ("of_widget", "of_url", "left", "n_reruns"),
    [
        ("", "toy6", "Six toys", 1),
        ("toy6", "toy6", "Six toys", 1),
        ("", "Six toys", "Six toys", 0),
        ("Six toys", "toy6", "toy6", 0),
        ("", "toy7", "toy7", 0),
    ],
)
def test_a_name_of_the_commands_becomes_the_title(browser, of_widget, of_url, left, n_reruns):
    params, session, reruns = browser
    session["toy"], params["toy"] = of_widget, of_url
    url_state.follow_names("toy", {"Six toys": "toy6"})
    assert (params["toy"], len(reruns)) == (left, n_reruns)
