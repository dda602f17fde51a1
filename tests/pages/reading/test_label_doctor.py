"""Label doctor on the page: figures at the limit, and the records that contradict it."""

import pytest

from tests.support.review_page import charts, errors, press


def frames(app):
    return [one.value for one in app.dataframe]


def figures(app):
    table = app.table[0].value.set_index("Limit")
    return table.rename(index=lambda one: one.replace("\N{NO-BREAK SPACE}", " "))


def test_it_opens_with_a_statement_that_the_data_makes_and_says_how_well_it_fits(open_page):
    app = open_page("label-doctor")
    assert not app.exception
    assert not errors(app)
    assert app.pills[0].value == "SBRAD"
    assert any("**Sinus bradycardia** (SBRAD) fits a limit" in one.value for one in app.markdown)
    assert figures(app).loc["Published: 60 bpm", "Kappa"].startswith("1.00")
    assert len(charts(app)) == 1


@pytest.fixture
def strict(open_page):
    """Tachycardia from 110 on: some of the records so stated are slower."""
    return open_page("label-doctor", statement="STACH", limit="110.0")


def test_a_stricter_limit_from_the_address_loses_records_which_are_listed(strict):
    table = frames(strict)[0]
    assert "Yours: 110 bpm" in figures(strict).index
    assert set(table["Label"]) == {"STACH"}
    rates = table["Measured heart rate"].str.removesuffix(" bpm").astype(int)
    assert rates.max() <= 110
    assert rates.is_monotonic_increasing  # the farthest off first
    n = int(figures(strict).loc["Yours: 110 bpm", "Differ"])
    assert n == len(table) > 0


def test_another_statement_begins_at_its_published_limit(strict):
    strict.pills[0].set_value("SBRAD").run()
    assert not strict.exception
    assert strict.slider[0].value == 60


def test_the_axis_of_synthetic_records_is_said_not_to_be_stated(open_page):
    app = open_page("label-doctor", statement="LAD")
    assert "states no heart axis" in errors(app)[0]


@pytest.mark.parametrize("limit", ["999", "x", "-5"])
def test_a_limit_that_cannot_be_chosen_leaves_the_published_one(open_page, limit):
    app = open_page("label-doctor", statement="STACH", limit=limit)
    assert not app.exception
    assert app.slider[0].value == 100


def test_the_contradictions_go_into_the_worklist(strict):
    records = frames(strict)[0]["Record"].tolist()
    press(strict, "Into the worklist")
    assert not strict.exception
    assert strict.title[0].value == "Worklist"
    assert strict.query_params["ids"] == ",".join(map(str, records))
    assert strict.query_params["title"] == "STACH, stated, not measured"
