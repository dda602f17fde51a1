"""Formulas against numbers worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgcore.signals.measure import intervals


@pytest.mark.parametrize(
    ("formula", "at_640", "at_1210"),
    [
        # QT 400 ms: 400 / 0.8; 400 / 0.861774; 400 + 154 * 0.36; 400 + 1.75 * (93.75 - 60)
        # and for RR 1210 ms: 400 / 1.1; 400 / 1.065602; 400 - 154 * 0.21; 400 + 1.75 * -10.4132
        (intervals.qtc_bazett, 500.0, 363.636),
        (intervals.qtc_fridericia, 464.159, 375.375),
        (intervals.qtc_framingham, 455.44, 367.66),
        (intervals.qtc_hodges, 459.0625, 381.777),
    ],
)
def test_qt_is_corrected_as_published(formula, at_640: float, at_1210: float) -> None:
    assert formula(400.0, 640.0) == pytest.approx(at_640, abs=0.01)
    assert formula(400.0, 1210.0) == pytest.approx(at_1210, abs=0.01)


@pytest.mark.parametrize(
    "formula",
    [
        intervals.qtc_bazett,
        intervals.qtc_fridericia,
        intervals.qtc_framingham,
        intervals.qtc_hodges,
    ],
)
@given(qt=st.floats(200, 700))
def test_no_formula_changes_qt_at_60_bpm(formula, qt: float) -> None:
    assert formula(qt, 1000.0) == pytest.approx(qt)


@given(angle=st.floats(-179.9, 180.0), size=st.floats(0.01, 10))
def test_an_axis_is_that_of_the_vector_which_the_leads_see(angle: float, size: float) -> None:
    from math import cos, radians

    lead_i = size * cos(radians(angle))
    lead_ii, lead_iii = (size * cos(radians(angle - at)) for at in (60, 120))
    lead_avf = (lead_ii + lead_iii) / 2
    assert intervals.axis_deg(lead_i, lead_avf) == pytest.approx(angle, abs=1e-6)
    assert intervals.frontal_size(lead_i, lead_avf) == pytest.approx(size)


def test_the_opposite_of_lead_i_is_plus_180() -> None:
    assert intervals.axis_deg(-1.0, -0.0) == 180.0
    assert intervals.axis_deg(-1.0, 0.0) == 180.0
