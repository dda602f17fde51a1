"""Who the reader is, as pages ask for it."""

import pytest
from streamlit.testing.v1 import AppTest


def page() -> None:
    import streamlit as st

    from pages.shared.reader import draw_reader

    who = draw_reader()
    st.text("nobody" if who is None else f"{who.name} {sorted(who.roles['*'])}")


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_function(page, default_timeout=30)


def test_nobody_reads_until_initials_are_given_and_the_field_says_that_it_is_no_log_in(app):
    app.run()
    assert app.text[0].value == "nobody"
    assert "no log-in" in app.caption[0].value
    app.text_input[0].set_value(" AB ").run()
    assert app.text[0].value == "AB ['adjudicator', 'lead', 'reader']"


def test_the_address_names_the_reader(app):
    app.query_params["reader"] = "CD"
    app.run()
    assert app.text[0].value.startswith("CD ")


def test_a_name_in_the_address_that_is_none_is_refused(app):
    app.query_params["reader"] = "x" * 21
    app.run()
    assert app.text[0].value == "nobody"
    assert "1 to 20 characters" in app.error[0].value


def test_the_initials_stay_on_the_way_to_another_page_until_they_are_taken_out(open_page):
    app = open_page("worklist", reader="AB")
    app.query_params.pop("reader", None)
    app.switch_page("adjudication/page.py").run()
    assert app.text_input(key="reader").value == "AB"
    app.text_input(key="reader").set_value("").run()
    app.switch_page("worklist/page.py").run()
    assert app.text_input(key="reader").value == ""
