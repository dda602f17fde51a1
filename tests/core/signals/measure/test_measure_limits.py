"""Rate, QTc and axes at the limits of their confidence."""

from dataclasses import replace

import numpy as np
import pytest

from ecgcore.signals.beats.beats import Beats, MedianBeat
from ecgcore.signals.measure import measure as module
from ecgcore.signals.measure.fiducials import Fiducial, Fiducials
from ecgcore.signals.measure.lead_waves import BeatInTime
from ecgcore.signals.measure.measurements import Measured

R, N = 200, 500
FOUND = Fiducials(
    Fiducial(-200.0, 0.9),
    Fiducial(-150.0, 0.9),
    Fiducial(-100.0, 0.95),
    Fiducial(-40.0, 1.0),
    Fiducial(60.0, 1.0),
    Fiducial(280.0, 0.97),
    Fiducial(360.0, 0.96),
)


def beats_of(*rr_ms: float) -> Beats:
    r_s = np.cumsum([0.3, *rr_ms]) / 1000.0
    return Beats(r_s, np.zeros(r_s.size, dtype=np.int64))


@pytest.mark.parametrize(
    ("rr_ms", "confidence", "reason", "spread"),
    [
        ((800.0,), 1 / 3, "from 1 RR interval", None),
        ((800.0, 1000.0), 2 / 3, "from 2 RR intervals", 141.42),
        ((900.0, 900.0, 930.0), 1.0, "", 17.32),
        ((900.0,) * 5, 1.0, "", 0.0),
    ],
)
def test_a_rate_is_sure_from_three_intervals_on(
    rr_ms: tuple[float, ...], confidence: float, reason: str, spread: float | None
) -> None:
    rate, sd = module._rhythm(beats_of(*rr_ms))
    assert rate.value == pytest.approx(60_000 / np.mean(rr_ms))
    assert rate.confidence == pytest.approx(confidence)
    assert rate.reason == reason
    if spread is None:
        assert (sd.value, sd.confidence, sd.reason) == (None, 0.0, "2 RR intervals are needed")
    else:
        assert sd.value == pytest.approx(spread, abs=0.01)
        assert (sd.confidence, sd.reason) == (pytest.approx(confidence), reason)


def test_without_a_beat_there_is_no_rate_and_with_one_there_are_too_few() -> None:
    none = Beats(np.zeros(0), np.zeros(0, dtype=np.int64))
    assert {one.reason for one in module._rhythm(none)} == {"no beats were found"}
    assert "too few beats: 1 found" in module._rhythm(beats_of())[0].reason


@pytest.mark.parametrize(
    ("rr_ms", "words"),
    [
        ((900.0, 1100.0, 1000.0), ""),  # a spread of 100 ms about a mean of 1000 ms
        ((899.0, 1101.0, 1000.0), "irregular: RR 899 to 1101 ms"),
        ((500.0, 1500.0), "irregular: RR 500 to 1500 ms"),
        ((500.0,), ""),
    ],
)
def test_a_spread_over_a_tenth_of_rr_is_irregular(rr_ms: tuple[float, ...], words: str) -> None:
    assert module._irregular(beats_of(*rr_ms)) == words


@pytest.mark.parametrize(
    ("rr_ms", "far"),
    [
        (500.0, ""),
        (499.0, "not reliable at 120 bpm"),
        (1500.0, ""),
        (1501.0, "not reliable at 40 bpm"),
    ],
)
@pytest.mark.parametrize("irregular", [False, True])
def test_each_doubt_leaves_four_tenths_of_the_confidence_of_qtc(
    rr_ms: float, far: str, irregular: bool
) -> None:
    rr = (rr_ms / 2, 1.5 * rr_ms) if irregular else (rr_ms, rr_ms)
    qt = Measured("qt_ms", "QT interval", "ms", 400.0, 0.9, "T runs into U")
    for found in module._qtc(qt, beats_of(*rr), rr_ms):
        assert found.confidence == pytest.approx(0.9 * 0.4 ** (bool(far) + irregular))
        doubts = [far] * bool(far)
        doubts += [f"irregular: RR {rr[0]:.0f} to {rr[1]:.0f} ms"] * irregular
        assert found.reason == "; ".join([*doubts, "T runs into U"])


def test_without_qt_there_is_no_qtc() -> None:
    found = module._qtc(Measured("qt_ms", "QT", "ms", None, 0.0, "no T"), beats_of(900.0), 900.0)
    assert [(one.value, one.confidence, one.reason) for one in found] == [(None, 0.0, "no T")] * 4


@pytest.mark.parametrize("name", ["qrs_on", "t_off"])
def test_an_interval_without_one_end_says_why_that_end_is_lost(name: str) -> None:
    doubted = {end: Fiducial(1.0, 0.5, "unclear") for end in ("qrs_on", "t_off")}
    lost = replace(FOUND, **(doubted | {name: Fiducial(None, 0.0, "lost")}))
    found = module._interval("qt_ms", lost)
    assert (found.value, found.confidence, found.reason) == (None, 0.0, "lost")
    both = module._interval("qt_ms", replace(FOUND, **doubted))
    assert (both.value, both.confidence, both.reason) == (0.0, 0.475, "unclear"), "0.95 of it"


def scene_of(i: np.ndarray, avf: np.ndarray, found: Fiducials = FOUND) -> BeatInTime:
    signal = np.ones((12, N), np.float32) * np.arange(N, dtype=np.float32)
    signal[0], signal[5] = i, avf
    scene = BeatInTime.of(MedianBeat(signal, 500, R, 10), found)
    assert scene is not None
    return scene


def qrs(positive_mv: float, negative_mv: float) -> np.ndarray:
    """Return QRS of 51 samples: 25 up and 26 down, as means over the whole."""
    trace = np.zeros(N)
    trace[R - 20 : R + 5] = positive_mv * 51 / 25
    trace[R + 5 : R + 31] = -negative_mv * 51 / 26
    return trace


def axis(trace: np.ndarray) -> Measured:
    scene = scene_of(trace, np.where(np.arange(N) == 0, 1.0, 0.0))
    return module._axis(scene, "axis_qrs_deg", scene.qrs_on_ms, FOUND.qrs_on, FOUND.qrs_off)


@pytest.mark.parametrize(
    ("up", "down", "confidence"),
    [
        (0.0099, 0.0, None),  # a mean of 0.01 mV is needed
        (0.0101, 0.0, 0.505),  # and of 0.02 mV for full confidence
        (0.0150, 0.0, 0.75),
        (0.0200, 0.0, 1.0),
        (0.549, 0.451, None),  # areas that cancel to less than a tenth
        (0.551, 0.449, 0.204),  # and to a half for full confidence
        (0.449, 0.551, 0.204),
        (0.70, 0.30, 0.8),
        (0.76, 0.24, 1.0),
    ],
)
def test_an_axis_needs_areas_that_are_large_and_do_not_cancel(
    up: float, down: float, confidence: float | None
) -> None:
    found = axis(qrs(up, down))
    if confidence is None:
        assert (found.value, found.confidence) == (None, 0.0)
        assert found.reason.startswith("indeterminate")
    else:
        assert found.value == (0.0 if up > down else 180.0)
        assert found.confidence == pytest.approx(confidence, abs=1e-4)
        assert found.reason == ("the net areas in I and aVF are small" if confidence < 0.5 else "")


def test_an_axis_is_as_sure_as_the_ends_of_its_wave_and_names_each_doubt_once() -> None:
    scene = scene_of(qrs(0.5, 0.0), qrs(0.5, 0.0))
    first, last = Fiducial(-40.0, 0.7, "one"), Fiducial(60.0, 0.6, "two")
    found = module._axis(scene, "axis_qrs_deg", -40.0, first, last)
    assert (found.confidence, found.reason) == (0.6, "one; two")
    same = module._axis(scene, "axis_qrs_deg", -40.0, replace(first, reason="two"), last)
    assert same.reason == "two"


@pytest.mark.parametrize(
    ("flat", "words"), [(("I",), "lead I is flat"), (("I", "aVF"), "lead I and aVF is flat")]
)
def test_an_axis_needs_leads_i_and_avf(flat: tuple[str, ...], words: str) -> None:
    i, avf = (np.zeros(N) if lead in flat else qrs(0.5, 0.0) for lead in ("I", "aVF"))
    found = module._axes(scene_of(i, avf), FOUND)
    assert [one.reason for one in found] == [words] * 3


def test_an_axis_without_a_start_or_an_end_says_why() -> None:
    scene = scene_of(qrs(0.5, 0.0), qrs(0.5, 0.0))
    lost, late = Fiducial(None, 0.0, ""), Fiducial(None, 0.0, "no end")
    assert (
        module._axis(scene, "axis_t_deg", None, Fiducial(None, 0.0, "no T"), late).reason == "no T"
    )
    assert module._axis(scene, "axis_t_deg", 100.0, lost, late).reason == "no end"
    assert [one.value for one in module._axes(None, replace(FOUND, qrs_on=late))] == [None] * 3


def test_only_under_p_a_line_is_taken_off() -> None:
    """On a tilt of both leads P has no area of its own but QRS has."""
    tilt = np.linspace(-1.0, 1.0, N)
    bump = np.where((np.arange(N) > 110) & (np.arange(N) < 140), 0.2, 0.0)
    p, whole, t = module._axes(scene_of(tilt + bump, tilt - bump), FOUND)
    assert p.value == pytest.approx(-49.1, abs=0.1)  # atan2(-2 / sqrt 3, 1)
    assert whole.value == pytest.approx(49.1, abs=0.1)
    assert t.value == pytest.approx(49.1, abs=0.1)
