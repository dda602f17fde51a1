"""Lists are called otherwise and put away; what was saved stays as it was."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from ecgcore.errors import ReviewError
from ecgcore.review.store.log import ReviewLog
from ecgcore.review.worklists.naming import Naming, archive, namings, rename
from ecgcore.review.worklists.saved import SavedList, load_list, save_list

MADE = SavedList("Doubtful", ("39", "7"), by="li")


@pytest.fixture
def log(tmp_path: Path):
    opened = ReviewLog.at(sa.URL.create("sqlite", database=str(tmp_path / "r.sqlite")))
    save_list(opened, MADE)
    save_list(opened, SavedList("Other", ("1",)))
    yield opened
    opened.engine.dispose()


def test_a_list_is_shown_as_it_was_named_last_and_each_change_is_an_entry(log: ReviewLog) -> None:
    assert namings(log) == {"Other": Naming("Other"), "Doubtful": Naming("Doubtful")}
    rename(log, "Doubtful", "Ward 3", "li")
    archive(log, "Doubtful", "mo")
    rename(log, "Doubtful", "Doubtful", "li")
    assert namings(log)["Doubtful"] == Naming("Doubtful", archived=True)
    archive(log, "Doubtful", "mo", archived=False)
    assert namings(log) == {"Other": Naming("Other"), "Doubtful": Naming("Doubtful")}
    changes = log.entries(study="Doubtful", kinds=["list naming"])
    assert [one.reader for one in changes] == ["li", "mo", "li", "mo"]
    assert load_list(log, "Doubtful") == MADE
    assert log.verify() == []


def test_the_same_again_is_no_entry(log: ReviewLog) -> None:
    assert rename(log, "Doubtful", "Doubtful", "li") is None
    assert archive(log, "Doubtful", "li", archived=False) is None
    rename(log, "Doubtful", "Ward 3", "li")
    before = log.head()
    assert rename(log, "Doubtful", "Ward 3", "li") is None
    assert log.head() == before


@pytest.mark.parametrize("title", ["", " a", "x" * 41, "a\nb"])
def test_what_is_no_name_is_refused(log: ReviewLog, title: str) -> None:
    with pytest.raises(ReviewError, match="1 to 40 characters"):
        rename(log, "Doubtful", title, "li")


def test_no_two_lists_are_called_alike(log: ReviewLog) -> None:
    with pytest.raises(ReviewError, match="“OTHER” already"):
        rename(log, "Doubtful", "OTHER", "li")
    rename(log, "Other", "Ward 3", "li")
    for taken in ("ward 3", "Other"):
        with pytest.raises(ReviewError, match="already"):
            rename(log, "Doubtful", taken, "li")
    with pytest.raises(ReviewError, match="list “Ward 3” already"):
        save_list(log, SavedList("Ward 3", ("5",)))


@pytest.mark.parametrize("name", ["Nowhere", "Without a list"])
def test_only_saved_lists_have_a_naming(log: ReviewLog, name: str) -> None:
    for change in (lambda: rename(log, name, "x", "li"), lambda: archive(log, name, "li")):
        with pytest.raises(ReviewError, match=f"no list “{name}”"):
            change()
