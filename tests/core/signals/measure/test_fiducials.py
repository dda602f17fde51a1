"""Intervals that hardly any heart has are kept, but doubted where the doubt belongs."""

from dataclasses import fields, replace

import pytest

from ecgcore.signals.measure.fiducials import Fiducial, Fiducials, with_doubts

TIMES = {"p_on": -200, "p_peak": -150, "p_off": -90, "qrs_on": -40, "qrs_off": 50} | {
    "t_peak": 280,
    "t_off": 350,
}
PLAIN = Fiducials(**{name: Fiducial(float(at), 1.0) for name, at in TIMES.items()})


def doubted(found: Fiducials) -> set[str]:
    return {field.name for field in fields(found) if getattr(found, field.name).reason}


def test_a_usual_beat_is_left_as_it_is() -> None:
    assert with_doubts(PLAIN, 1000.0, 10) == PLAIN


@pytest.mark.parametrize(
    ("name", "time_ms", "expected", "words"),
    [
        ("p_off", -10.0, {"p_on", "p_peak", "p_off"}, "P duration of 190 ms"),
        ("p_on", -105.0, {"p_on", "p_peak", "p_off"}, "PR interval of 65 ms"),
        ("qrs_off", 200.0, {"qrs_off"}, "QRS duration of 240 ms"),
        ("t_off", 600.0, {"t_peak", "t_off"}, "QTc Fridericia of 640 ms"),
    ],
)
def test_an_unusual_interval_halves_the_confidence_and_is_named(
    name: str, time_ms: float, expected: set[str], words: str
) -> None:
    found = with_doubts(replace(PLAIN, **{name: Fiducial(time_ms, 0.8)}), 1000.0, 10)
    assert doubted(found) == expected
    point = getattr(found, name)
    assert point.time_ms == time_ms
    assert point.confidence <= 0.4
    assert words in point.reason


def test_qt_is_judged_at_its_rate() -> None:
    assert "t_off" in doubted(with_doubts(PLAIN, 2600.0, 10))


def test_lost_points_are_not_doubted() -> None:
    lost = Fiducial(None, 0.0, "lost")
    found = with_doubts(replace(PLAIN, t_off=lost, qrs_off=Fiducial(200.0, 1.0)), 1000.0, 3)
    assert found.t_off == lost
    assert found.qrs_off.confidence == pytest.approx(0.3)
    assert "3 beats only" in found.qrs_off.reason
    assert "240 ms" in found.qrs_off.reason
