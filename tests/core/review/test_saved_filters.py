"""Filters with names: nobody's is overwritten, and a bad file is told in words."""

import sqlite3

import pytest

from ecgcore.errors import ReviewError
from ecgcore.review.saved_filters import SavedFilters


def test_filters_are_kept_for_the_next_reader(tmp_path):
    mine = SavedFilters.open(tmp_path)
    mine.add("  Lateral,   doubtful ", "territory=lateral")
    mine.add("Another", "")
    assert SavedFilters.open(tmp_path).all() == {
        "Another": "",
        "Lateral, doubtful": "territory=lateral",
    }


def test_a_name_that_is_taken_stays_with_its_owner(tmp_path):
    saved = SavedFilters.open(tmp_path)
    saved.add("Lateral", "territory=lateral")
    with pytest.raises(ReviewError, match=r"“LATERAL” is already saved\. Choose another name"):
        saved.add("LATERAL", "sex=male")
    assert saved.all() == {"Lateral": "territory=lateral"}


@pytest.mark.parametrize(("name", "n"), [("", 0), ("  ", 0), ("x" * 41, 41)])
def test_a_name_has_a_length(tmp_path, name, n):
    saved = SavedFilters.open(tmp_path)
    with pytest.raises(ReviewError, match=f"has {n} characters. Enter one with 1 to 40"):
        saved.add(name, "")
    saved.add("x" * 40, "")
    assert list(saved.all()) == ["x" * 40]


def test_one_is_removed_and_the_others_stay(tmp_path):
    saved = SavedFilters.open(tmp_path)
    saved.add("a", "1")
    saved.add("b", "2")
    saved.remove("a")
    saved.remove("never there")
    assert saved.all() == {"b": "2"}


def test_a_file_that_is_no_table_is_told(tmp_path):
    (tmp_path / "filters.sqlite").write_bytes(b"no table at all" * 100)
    with pytest.raises(ReviewError, match=r"list of filters .* cannot be used"):
        SavedFilters.open(tmp_path)


def test_the_file_says_when_a_filter_was_saved(tmp_path):
    SavedFilters.open(tmp_path).add("a", "")
    with sqlite3.connect(tmp_path / "filters.sqlite") as connection:
        (saved_at,) = connection.execute("SELECT saved_at FROM filters").fetchone()
    connection.close()
    assert saved_at.startswith("20")
