"""Changes of mind, counted by hand."""

import numpy as np
import pytest

from ecgcore.stats.agreement.change import change_of_mind

BEFORE = ["MI", "MI", "no", "no", "no", "no", "MI", "no"]
AFTER_ = ["MI", "no", "MI", "MI", "no", "no", "MI", "no"]
ADVICE = ["MI", "MI", "MI", "MI", "MI", "no", "no", "no"]
TRUTH_ = ["MI", "MI", "MI", "no", "no", "no", "no", "MI"]


def test_every_share_is_that_counted_by_hand() -> None:
    found = change_of_mind(BEFORE, AFTER_, ADVICE, truth=TRUTH_)
    assert found.n == 8
    assert found.changed.value == pytest.approx(3 / 8)
    assert found.followed.value == pytest.approx(2 / 4)
    assert found.left.value == pytest.approx(1 / 4)
    assert found.mended is not None
    assert found.harmed is not None
    assert found.mended.value == pytest.approx(1 / 3)
    assert found.harmed.value == pytest.approx(2 / 5)
    assert found.changed.low < 3 / 8 < found.changed.high


def test_readings_of_one_case_count_together() -> None:
    before, after, advice = np.zeros(40), np.tile([0, 1], 20).repeat(1), np.ones(40)
    alone = change_of_mind(before, after, advice).followed
    cases = np.tile([0, 1], 20)
    together = change_of_mind(before, after, advice, cases=cases).followed
    assert alone.high - alone.low < 0.35
    assert together.low < 0.02
    assert together.high > 0.98


def test_what_nobody_could_show_is_not_defined() -> None:
    found = change_of_mind([1, 1], [1, 1], [1, 1])
    assert np.isnan(found.followed.value)
    assert found.left.value == 0
    assert found.mended is None


def test_without_readings_or_with_some_missing_nothing_is_said() -> None:
    for before, after, advice in (([], [], []), ([1], [1, 0], [1]), ([1], [1], [1, 0])):
        with pytest.raises(ValueError, match="must be"):
            change_of_mind(before, after, advice)


def test_a_share_of_all_or_none_has_an_interval_with_width() -> None:
    """Of 5 cases, Clopper and Pearson: 1 - 0.025 ** (1 / 5)."""
    found = change_of_mind([0] * 5, [1] * 5, [1] * 5)
    assert (found.changed.low, found.changed.high) == (pytest.approx(0.025 ** (1 / 5)), 1)
