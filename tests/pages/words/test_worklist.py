"""The list behind Review: read from its address, or remembered, or all records."""

import pytest
from streamlit.testing.v1 import AppTest

from ecgcore.errors import ModelError
from ecgcore.ptbxl.search import PRESETS
from pages.shared import caches, worklist


def script() -> None:
    import streamlit as st

    from pages.shared import worklist

    if "remembered" in st.session_state:
        st.session_state["worklist"] = st.session_state["remembered"]
    st.session_state["answer"] = worklist.place(st.session_state["ecg_id"])


@pytest.fixture
def place(synthetic_catalog, monkeypatch):
    """Return a function that finds a record's place; the models disagree by the record's number."""
    monkeypatch.setattr(worklist.caches, "catalog", lambda: synthetic_catalog)
    monkeypatch.setattr(worklist.caches, "quality_table", lambda _: None)
    monkeypatch.setattr(worklist.caches, "said", lambda *_: None)
    worklist._ids.clear()

    def found(ecg_id, listed=None, remembered=None):
        app = AppTest.from_function(script)
        app.session_state["ecg_id"] = ecg_id
        if remembered is not None:
            app.session_state["remembered"] = remembered
        if listed is not None:
            app.query_params["list"] = listed
        app.run()
        assert not app.exception
        return app.session_state["answer"], [one.value for one in app.warning]

    return found


@pytest.mark.parametrize(
    ("listed", "ecg_id", "expected"),
    [
        ("7.3.9", 3, (1, 3, 7, 9, True)),
        ("7.3.9", 7, (0, 3, None, 3, True)),
        ("7.3.9", 9, (2, 3, 3, None, True)),
        ("7.3.3.99999.9", 9, (2, 3, 3, None, True)),
        ("7.3.9", 100, (99, 240, 99, 101, False)),
        (None, 1, (0, 240, None, 2, False)),
        (None, 240, (239, 240, 239, None, False)),
    ],
)
def test_neighbours_in_the_list_or_the_catalogue(place, listed, ecg_id, expected):
    assert place(ecg_id, listed) == (worklist.Place(*expected), [])


def test_a_filter_of_browse_is_a_list(place, synthetic_catalog):
    frame = synthetic_catalog.frame
    mine = frame.index[(frame["group"] == "certain_mi") & (frame["split"] == "test")].tolist()
    listed = "group=certain+MI&sort=record+number&calibration=Platt"
    here, _ = place(mine[1], listed)
    assert here == worklist.Place(1, len(mine), mine[0], mine[2], True)


def test_the_order_rests_on_the_calibrator_of_the_list(place, monkeypatch):
    asked = []
    monkeypatch.setattr(worklist.caches, "said", lambda _, chosen: asked.append(chosen.calibrator))
    place(7, "calibration=Platt")
    place(7, "calibration=nonsense")
    assert asked == ["platt", "raw"]


def test_without_predictions_the_list_is_there(place, monkeypatch):
    def fail(*_):
        raise ModelError("no file")

    monkeypatch.setattr(worklist.caches, "said", fail)
    here, told = place(7, "group=any&split=any&calibration=Platt")
    assert (here.n_records, here.chosen, told) == (240, True, [])


def test_the_last_list_is_remembered_until_the_address_has_one(place):
    assert place(3, remembered="7.3.9")[0].n_records == 3
    assert place(3, "3.4", remembered="7.3.9")[0].n_records == 2


@pytest.mark.parametrize("listed", ["99999", "nonsense", "9" * 5000, "...", "[x](http://evil)"])
def test_a_list_that_is_none_is_named(place, listed):
    here, told = place(3, listed)
    assert (here.n_records, here.chosen) == (240, False)
    assert told == [
        f"The list `{listed[:40]}` in the address is not known: it leads to no record here; all "
        "records are stepped through."
    ]


def test_records_are_written_as_they_are_read():
    assert worklist.of_records([39, 7]) == "39.7"


def test_the_first_case_is_the_first_of_browse(place, synthetic_catalog, monkeypatch):
    monkeypatch.setattr(caches, "catalog", lambda: synthetic_catalog)
    wanted = next(iter(PRESETS.values()))
    first, listed = worklist.first_case()
    group = synthetic_catalog.frame.loc[first, ["group", "split"]].tolist()
    assert group == [wanted.groups[0], wanted.splits[0]]
    assert listed == "calibration=Platt"
