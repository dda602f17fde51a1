"""The printout of a case takes its readings along, for whoever may see them."""

import pytest
import sqlalchemy as sa

from ecgcore.review.readings.reading import Reading
from ecgcore.review.readings.rounds import Place, commit
from ecgcore.review.store.log import ReviewLog
from pages.case import print_menu


@pytest.fixture
def log(tmp_path):
    opened = ReviewLog.at(sa.URL.create("sqlite", database=str(tmp_path / "runs/review.sqlite")))
    commit(opened, Place("Ward", "9", "ANNE"), Reading("MI", 80, text="Q in III"), 1)
    yield opened
    opened.engine.dispose()


def printed(open_bare, monkeypatch, *, who: str, wanted: bool):
    """Return the readings that the button of the page would print."""
    made = []
    monkeypatch.setattr(print_menu, "printout_pdf", lambda content, _paper: made.append(content))
    calls = []
    real = print_menu.partial

    def noted(function, *arguments):
        calls.append((function, arguments))
        return real(function, *arguments)

    monkeypatch.setattr(print_menu, "partial", noted)
    app = open_bare(9, **({"reader": who} if who else {}))
    app.checkbox(key="print_readings").set_value(wanted)
    calls.clear()
    app.run()
    assert not app.exception
    function, arguments = next(one for one in calls if one[0] is print_menu._pdf)
    function(*arguments)
    return app, made[-1].readings


def test_readings_and_audit_id_are_printed_when_asked_for(open_bare, monkeypatch, log):
    _, readings = printed(open_bare, monkeypatch, who="KIM", wanted=True)
    assert [one.reader for one in readings.entries] == ["ANNE"]
    assert readings.head == log.head()
    assert readings.faults == ()


@pytest.mark.parametrize(("who", "wanted"), [("KIM", False), ("", True)])
def test_none_is_printed_unasked_or_for_nobody(open_bare, monkeypatch, log, who, wanted):
    app, readings = printed(open_bare, monkeypatch, who=who, wanted=wanted)
    assert readings is None
    said = [one.value for one in app.caption]
    assert ("Without a name no reading is printed." in said) == wanted
