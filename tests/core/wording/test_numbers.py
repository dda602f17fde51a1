"""Numbers as readers see them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgcore.wording.numbers import (
    counted,
    duration,
    number,
    percent,
    percent_range,
    points,
    rough_duration,
    signed,
)


@pytest.mark.parametrize(
    ("prob", "one_digit", "whole"),
    [
        (0.0, "< 0.1 %", "< 1 %"),
        (0.0004, "< 0.1 %", "< 1 %"),
        (0.0006, "0.1 %", "< 1 %"),
        (0.006, "0.6 %", "1 %"),
        (0.5, "50.0 %", "50 %"),
        (0.994, "99.4 %", "99 %"),
        (0.9994, "99.9 %", "> 99 %"),
        (0.9996, "> 99.9 %", "> 99 %"),
        (1.0, "> 99.9 %", "> 99 %"),
    ],
)
def test_no_probability_is_written_as_certain(prob: float, one_digit: str, whole: str) -> None:
    assert percent(prob) == one_digit
    assert percent(prob, 0) == whole


@given(st.floats(0, 1), st.integers(0, 3))
def test_a_plain_number_is_the_probability_rounded(prob: float, digits: int) -> None:
    words = percent(prob, digits)
    assert words.endswith(" %")
    if words[0] not in "<>":
        assert abs(float(words[:-2]) - 100 * prob) <= 0.5 * 10**-digits + 1e-9


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(0.02, 0.97, "2 to 97 %"), (0.0, 1.0, "< 1 to > 99 %"), (0.5, 0.504, "50 %")],
)
def test_a_range_says_the_unit_once(low: float, high: float, words: str) -> None:
    assert percent_range(low, high, 0) == words


def test_one_of_a_thing_has_no_plural() -> None:
    assert [points(p) for p in (0.0, 0.01, 0.91)] == ["0 points", "1 point", "91 points"]
    assert [counted(n, "group") for n in (0, 1, 1253)] == ["0 groups", "1 group", "1,253 groups"]
    assert counted(2, "loss", "losses") == "2 losses"


def test_signs_are_true_ones_and_zero_has_none() -> None:
    assert [number(x, 1) for x in (-12.34, -0.04, 0.0, 3.0)] == ["−12.3", "0.0", "0.0", "3.0"]
    assert [signed(x, 3) for x in (-0.0027, 0.0027)] == ["−0.003", "+0.003"]


def test_durations() -> None:
    words = [duration(s) for s in (0.2, 45, 61, 480, 3599, 4800, 7 * 3600)]
    assert words == ["1 s", "45 s", "1 min", "8 min", "1 h 00 min", "1 h 20 min", "7 h 00 min"]


@pytest.mark.parametrize(
    ("low_s", "high_s", "words"),
    [
        (1, 20, "½ minute"),
        (24, 72, "½ to 1 minute"),
        (30, 90, "½ to 1½ minutes"),
        (200, 600, "3½ to 10 minutes"),
        (600, 1800, "10 to 30 minutes"),
        (2400, 7200, "½ to 2 hours"),
    ],
)
def test_rough_durations(low_s: float, high_s: float, words: str) -> None:
    assert rough_duration(low_s, high_s) == words
