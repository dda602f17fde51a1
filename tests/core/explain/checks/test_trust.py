"""The badge of a map, from its checks."""

import pytest

from ecgcore.explain.checks.limits import LIMITS
from ecgcore.explain.trust import Check, Checks


def check(name, value, good=None, bad=None):
    return Check(name, f"About {name}", "how", value, good, bad, reason=f"{name} is bad.")


@pytest.mark.parametrize(
    ("value", "level"),
    [(0.9, "trust"), (0.8, "trust"), (0.79, "caution"), (0.6, "caution"), (0.59, "do not trust")],
)
def test_more_is_better_where_good_lies_above_bad(value, level):
    assert check("a", value, 0.8, 0.6).level == level


@pytest.mark.parametrize(
    ("value", "level"), [(0.1, "trust"), (0.2, "trust"), (0.3, "caution"), (0.6, "do not trust")]
)
def test_less_is_better_where_good_lies_below_bad(value, level):
    assert check("a", value, 0.2, 0.5).level == level


@pytest.mark.parametrize(
    ("unit", "written", "limits"),
    [
        ("", "0.95", "trust from 0.90, do not trust below 0.50"),
        ("%", "95.0 %", "trust from 90 %, do not trust below 50 %"),
        ("of 20", "19 of 20", "trust from 18 of 20, do not trust below 10 of 20"),
    ],
)
def test_numbers_and_limits_are_written_in_the_units_of_the_check(unit, written, limits):
    one = Check("a", "A", "how", 0.95, 0.9, 0.5, unit)
    assert (one.text, one.limits) == (written, limits)
    turned = Check("a", "A", "how", 0.95, 0.5, 0.9, unit)
    assert turned.limits.startswith("trust up to ")


def test_the_worst_check_makes_the_badge_and_gives_the_reason():
    found = Checks((check("a", 0.9, 0.8, 0.6), check("b", 0.7, 0.8, 0.6), check("c", 0.1)))
    assert (found.badge, found.reason) == ("caution", "b is bad.")
    found = Checks((check("a", 0.1, 0.8, 0.6), check("b", 0.7, 0.8, 0.6)))
    assert (found.badge, found.reason) == ("do not trust", "a is bad.")
    assert found.as_json()["checks"]["b"]["level"] == "caution"


def test_all_good_names_the_numbers():
    found = Checks((check("a", 0.9, 0.8, 0.6), check("b", 0.95, 0.8, 0.6)))
    assert found.badge == "trust"
    assert found.reason == "Every check that decides is passed: about a 0.90, about b 0.95."


def test_without_any_number_nothing_speaks_for_a_map():
    found = Checks((check("a", None, 0.8, 0.6), check("b", 3.0)))
    assert found.badge == "caution"
    assert "nothing speaks for this map" in found.reason
    assert found.check("a").text == "–"
    with pytest.raises(StopIteration):
        found.check("z")


def test_limits_are_named_after_their_checks_and_leave_room_for_caution():
    for name, limit in LIMITS.items():
        assert limit.name == name
        assert limit.value is None
        assert limit.good is None or limit.good != limit.bad
