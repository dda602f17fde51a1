"""How measured values are written."""

from dataclasses import replace

import numpy as np
import pytest

from ecgcore.signals.beats.beats import Beats
from ecgcore.signals.measure.fiducials import Fiducial
from ecgcore.signals.measure.measurements import LeadMeasured, Measured, value_text
from tests.support.measurements import measurements


@pytest.mark.parametrize(
    ("value", "confidence", "doubtful"),
    [(1.0, 0.49, True), (1.0, 0.5, False), (None, 0.0, False), (0.0, 0.3, True)],
)
def test_a_value_is_doubtful_below_half_confidence(
    value: float | None, confidence: float, doubtful: bool
) -> None:
    assert Measured("x", "X", "ms", value, confidence).doubtful is doubtful


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.126, "mV", "0.13"),
        (-0.126, "mV", "−0.13"),
        (-0.004, "mV", "0.00"),
        (391.6, "ms", "392"),
        (-0.4, "°", "0"),
        (-12.0, "°", "−12"),
        (-100.0, "°", "−100"),
        (63.4, "bpm", "63"),
    ],
)
def test_voltages_have_two_decimals_the_rest_none_and_zero_no_minus(
    value: float, unit: str, text: str
) -> None:
    assert value_text(value, unit) == text
    assert Measured("x", "X", unit, value, 1.0).text == text


def test_json_has_four_decimals_and_two_of_the_confidence() -> None:
    found = Measured("x", "X", "mV", 0.123456, 0.98765, "why").as_json()
    assert found == {
        "label": "X", "unit": "mV", "value": 0.1235, "confidence": 0.99, "reason": "why",
    }  # fmt: skip
    assert Measured("x", "X", "mV", None, 0.0).as_json()["value"] is None


def test_json_of_fiducials_has_one_decimal() -> None:
    marks = {"p_on": Fiducial(-170.26, 0.9876), "t_off": Fiducial(None, 0.0, "lost")}
    found = measurements(marks=marks).as_json()
    assert found["fiducials"]["p_on"] == {"time_ms": -170.3, "confidence": 0.99, "reason": ""}
    assert found["fiducials"]["t_off"] == {"time_ms": None, "confidence": 0.0, "reason": "lost"}
    assert (found["n_beats"], found["n_median_beats"]) == (10, 10)
    none = measurements(beat=False).as_json()
    assert (none["fiducials"], none["n_median_beats"]) == ({}, 0)


@pytest.mark.parametrize(
    ("kinds", "notes"),
    [
        ([0] * 10, ("Median of 10 of 10 beats.",)),
        (
            [0] * 9 + [2],
            ("Median of 10 of 10 beats.", "1 beat of another shape is left out of it."),
        ),
        (
            [0] * 8 + [1, 2],
            ("Median of 10 of 10 beats.", "2 beats of another shape are left out of it."),
        ),
    ],
)
def test_beats_of_another_shape_are_counted(kinds: list[int], notes: tuple[str, ...]) -> None:
    found = replace(measurements(), beats=Beats(np.arange(10.0), np.array(kinds)))
    assert found.notes == notes


def test_without_a_median_beat_that_is_the_note() -> None:
    (note,) = measurements(beat=False).notes
    assert note == "No median beat: 10 beats found, 2 of one shape are needed."


def test_a_leads_line_has_its_lowest_confidence_and_each_reason_once() -> None:
    values = (
        Measured("q_mv", "Q", "mV", 0.5, 0.9, "noise"),
        Measured("r_mv", "R", "mV", None, 0.4, "noise"),
        Measured("s_mv", "S", "mV", -0.5, 0.7, "late"),
    )
    found = replace(measurements(), leads=(LeadMeasured("V1", values),))
    (line,) = found.lead_frame().to_numpy().tolist()
    assert line == ["V1", "0.50", "–", "−0.50", "40 %", "noise; late"]
    assert list(found.lead_frame()) == ["Lead", "Q (mV)", "R (mV)", "S (mV)", "Confidence", "Note"]


def test_a_lead_has_no_value_of_another_name() -> None:
    with pytest.raises(KeyError, match="p_mv is not measured; there are q_mv, r_mv"):
        measurements().leads[0].value("p_mv")
