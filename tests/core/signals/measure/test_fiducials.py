"""Intervals that hardly any heart has are kept, but doubted where the doubt belongs."""

from dataclasses import fields, replace

import pytest

from ecgcore.signals.measure.fiducials import Fiducial, Fiducials, with_doubts

TIMES = {"p_on": -200, "p_peak": -150, "p_off": -90, "qrs_on": -40, "qrs_off": 50} | {
    "t_peak": 280,
    "t_off": 350,
    "qrs_half_on": -35,
    "qrs_half_off": 45,
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
        ("qrs_half_off", 205.0, {"qrs_off", "qrs_half_off"}, "QRS duration of 240 ms"),
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
    found = with_doubts(replace(PLAIN, t_off=lost, qrs_half_off=Fiducial(205.0, 1.0)), 1000.0, 3)
    assert found.t_off == lost
    assert found.qrs_off.confidence == pytest.approx(0.3)
    assert "3 beats only" in found.qrs_off.reason
    assert "240 ms" in found.qrs_off.reason


@pytest.mark.parametrize(
    ("first", "last", "span_ms", "usual"),
    [
        ("p_on", "p_off", 50.0, True),
        ("p_on", "p_off", 49.0, False),
        ("p_on", "p_off", 170.0, True),
        ("p_on", "p_off", 171.0, False),
        ("p_on", "qrs_on", 80.0, True),
        ("p_on", "qrs_on", 79.0, False),
        ("p_on", "qrs_on", 350.0, True),
        ("p_on", "qrs_on", 351.0, False),
        ("qrs_half_on", "qrs_half_off", 60.0, True),
        ("qrs_half_on", "qrs_half_off", 59.0, False),
        ("qrs_half_on", "qrs_half_off", 200.0, True),
        ("qrs_half_on", "qrs_half_off", 201.0, False),
        ("qrs_on", "t_off", 300.0, True),
        ("qrs_on", "t_off", 299.0, False),
        ("qrs_on", "t_off", 600.0, True),
        ("qrs_on", "t_off", 601.0, False),
    ],
)
def test_an_interval_at_its_limit_is_usual_and_one_beyond_is_not(
    first: str, last: str, span_ms: float, usual: bool
) -> None:
    """The other intervals have no end and are not judged."""
    lost = Fiducial(None, 0.0, "lost")
    start = -400.0 if first == "p_on" else -40.0
    ends = {first: Fiducial(start, 1.0), last: Fiducial(start + span_ms, 1.0)}
    found = with_doubts(Fiducials(**(dict.fromkeys(TIMES, lost) | ends)), 1000.0, 10)
    assert getattr(found, last).confidence == (1.0 if usual or last == "qrs_on" else 0.4)
    assert (getattr(found, first).reason == "") is (usual or first.startswith("qrs"))


def test_qt_is_divided_by_the_cube_root_of_rr_and_the_others_are_not() -> None:
    """At RR 512 ms the cube root is 0.8: 390 ms are 487.5 ms; at 8 s it is 2: 195 ms."""
    assert with_doubts(PLAIN, 512.0, 10) == PLAIN
    reason = with_doubts(PLAIN, 8000.0, 10).t_off.reason
    assert reason == "doubtful: QTc Fridericia of 195 ms is outside 300 to 600 ms"


@pytest.mark.parametrize(("n_beats", "share"), [(2, 0.5), (3, 0.75), (4, 1.0), (5, 1.0)])
def test_fewer_than_four_beats_leave_as_many_quarters_of_the_confidence(
    n_beats: int, share: float
) -> None:
    found = with_doubts(PLAIN, 1000.0, n_beats)
    for field in fields(found):
        point = getattr(found, field.name)
        assert point.confidence == share
        assert point.reason == ("" if share == 1.0 else f"from {n_beats} beats only")
