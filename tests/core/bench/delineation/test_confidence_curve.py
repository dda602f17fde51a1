"""Stated confidence is compared with the share of values within tolerance."""

import numpy as np
import pytest

from ecgcore.bench.delineation.confidence_curve import confidence_curve
from ecgcore.bench.delineation.delineation import NAMES, TOLERANCE_MS
from ecgcore.signals.measure.confidence import CLEAR, MEASURED_BY, stated

NAN = float("nan")


def test_values_of_one_confidence_are_counted_together() -> None:
    errors = np.array([[1.0], [-12.0], [10.0], [NAN], [4.0]])
    said = [np.array([c]) for c in (0.9, 0.86, 0.95, 0.9, 0.2)]
    low, high = confidence_curve(errors, said, {"pr": 10.0})
    assert (low.n, low.within, low.stated) == (1, 1.0, pytest.approx(0.2))
    assert (high.n, high.within) == (3, pytest.approx(2 / 3))
    assert high.stated == pytest.approx(0.9033, abs=1e-3)
    assert high.text == "confidence 90%: 67% of 3 within 10.0 ms"


def test_a_method_that_states_nothing_has_no_curve() -> None:
    assert confidence_curve(np.zeros((1, 1)), [None], {"pr": 10.0}) == ()


def test_every_row_has_a_tolerance_and_a_confidence_in_the_same_order() -> None:
    assert list(TOLERANCE_MS) == list(NAMES)
    assert set(NAMES) <= set(CLEAR)
    assert set(MEASURED_BY.values()) <= set(CLEAR)


def test_half_as_clear_is_half_as_sure() -> None:
    assert stated("qrs_half", 1.0) == 0.86
    assert stated("qrs_half", 0.5) == pytest.approx(0.43)
