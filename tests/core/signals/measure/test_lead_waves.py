"""Amplitudes of one lead at their limits; a sample lasts 2 ms and R is sample 200."""

from dataclasses import replace

import numpy as np
import pytest

from ecgcore.leads import LEADS
from ecgcore.signals.beats.beats import MedianBeat
from ecgcore.signals.measure import lead_waves as module
from ecgcore.signals.measure.fiducials import Fiducial, Fiducials
from ecgcore.signals.measure.lead_waves import BeatInTime, is_flat, measure_lead

R, N = 200, 500
FOUND = Fiducials(
    *(Fiducial(ms, 0.9) for ms in (-200.0, -150.0, -100.0)),
    qrs_on=Fiducial(-40.0, 1.0),
    qrs_off=Fiducial(60.0, 0.8),
    t_peak=Fiducial(280.0, 0.7),
    t_off=Fiducial(360.0, 0.6),
)


def beat_of(trace: np.ndarray, **about: object) -> MedianBeat:
    return MedianBeat(np.tile(trace, (12, 1)).astype(np.float32), 500, R, 10, **about)


def scene_of(trace: np.ndarray, found: Fiducials = FOUND, **about: object) -> BeatInTime:
    scene = BeatInTime.of(beat_of(trace, **about), found)
    assert scene is not None
    return scene


def at(time_ms: float) -> int:
    return R + round(time_ms / 2)


def test_zero_is_the_median_from_16_to_4_ms_before_qrs() -> None:
    """Seven samples, four of 0.25 mV; one of the 9 mV beside them would turn the median."""
    trace = np.full(N, 9.0)
    trace[at(-56) : at(-48)] = 0.25
    assert scene_of(trace).signal[0, 0] == pytest.approx(8.75)
    trace[at(-48) : at(-42)] = 0.25
    trace[at(-56) : at(-50)] = 9.0
    assert scene_of(trace).signal[0, 0] == pytest.approx(8.75)


@pytest.mark.parametrize("name", ["qrs_on", "qrs_off"])
def test_without_both_ends_of_qrs_nothing_is_measured(name: str) -> None:
    assert BeatInTime.of(beat_of(np.ones(N)), replace(FOUND, **{name: Fiducial(None, 0.0)})) is None


@pytest.mark.parametrize(
    ("peak", "off", "t_on"),
    [
        (280.0, 360.0, 200.0),
        (230.0, 360.0, 100.0),
        (231.0, 360.0, 102.0),
        (None, 360.0, None),
        (280.0, None, None),
    ],
)
def test_t_begins_as_far_before_its_peak_as_it_ends_after_but_40_ms_behind_j(
    peak: float | None, off: float | None, t_on: float | None
) -> None:
    found = replace(FOUND, t_peak=Fiducial(peak, 0.7), t_off=Fiducial(off, 0.6))
    assert scene_of(np.ones(N), found).t_on_ms == t_on


@pytest.mark.parametrize(
    ("first_ms", "last_ms", "samples"),
    [
        (-4, 4, [198, 199, 200, 201, 202]),
        (0.9, 3.1, [200, 201, 202]),
        (10, 0, [205]),
        (-900, -398, [0, 1]),
        (596, 900, [498, 499]),
        (700, 900, [499]),
    ],
)
def test_a_piece_goes_from_sample_to_sample_and_has_one_at_least(
    first_ms: float, last_ms: float, samples: list[int]
) -> None:
    scene = replace(scene_of(np.ones(N)), signal=np.tile(np.arange(float(N)), (12, 1)))
    assert scene.between(first_ms, last_ms)[3].tolist() == samples


def test_a_beat_holds_its_first_and_last_sample_and_what_is_between() -> None:
    scene = scene_of(np.ones(N))
    assert [scene.holds(ms) for ms in (-400.0, -400.1, 598.0, 598.1)] == [True, False] * 2


@pytest.mark.parametrize(("height", "flat"), [(0.0099, True), (0.0101, False)])
def test_a_lead_that_moves_by_less_than_a_hundredth_of_a_millivolt_is_flat(
    height: float, flat: bool
) -> None:
    beat = beat_of(np.where(np.arange(N) == 210, height, 0.0))
    assert is_flat(beat, "V3") is flat
    beat.signal[LEADS.index("V3")] = np.arange(N)
    assert not is_flat(beat, "V3")


@pytest.mark.parametrize(
    ("noise_mv", "trust"), [(0.0, 1.0), (0.0125, 0.75), (0.025, 0.5), (0.05, 0.0), (0.9, 0.0)]
)
def test_all_trust_is_lost_where_twice_the_error_is_a_millimetre(
    noise_mv: float, trust: float
) -> None:
    noise = np.zeros(12, np.float32)
    noise[4] = noise_mv
    assert module._trust(beat_of(np.ones(N), noise_mv=noise), 4) == pytest.approx(trust)
    assert module._trust(beat_of(np.ones(N)), 4) == 1.0


@pytest.mark.parametrize(
    ("trace", "fs_hz", "waves"),
    [
        ([0.02, 0.02, 0.02], 500, [0.02]),
        ([0.019, 0.019, 0.019], 500, []),
        ([0.1, 0.3, 0.2, -0.4, -0.1, -0.2], 500, [0.3, -0.4]),  # three samples last 6 ms
        ([0.1, 0.3, 0.2, -0.4, -0.1], 500, [0.3]),
        ([0.3, -0.4], 250, []),
        ([0.3, 0.3, -0.4, -0.4], 250, [0.3, -0.4]),
        ([0.3, 0.1, 0.1, -0.01, 0.4, 0.1, 0.1], 500, [0.4]),  # a small dip parts no wave
        ([0.4, 0.1, 0.1, -0.01, 0.3, 0.1, 0.1], 500, [0.4]),
        ([-0.3, -0.1, -0.1, 0.01, -0.4, -0.1, -0.1], 500, [-0.4]),
        ([0.3, 0.1, 0.1, -0.2, -0.3, -0.2, 0.1, 0.1, 0.1], 500, [0.3, -0.3, 0.1]),
    ],
)
def test_waves_are_high_and_long_enough(trace: list[float], fs_hz: int, waves: list[float]) -> None:
    assert module._deflections(np.array(trace), 0.02, fs_hz) == pytest.approx(waves)


@pytest.mark.parametrize(
    ("waves", "q", "r", "s"),
    [
        ([], 0, 0, 0),
        ([-0.3, -0.5], -0.5, 0, 0),
        ([-0.1, 1.0, -0.3, 0.4, -0.6], -0.1, 1.0, -0.6),
        ([-0.1, 0.2, -0.3, 1.0, -0.2], -0.1, 0.2, -0.3),  # R is a fifth of the largest
        ([-0.1, 0.19, -0.3, 1.0, -0.2], -0.3, 1.0, -0.2),
        ([0.5], 0, 0.5, 0),
    ],
)
def test_r_is_the_first_upward_wave_of_a_fifth_of_the_largest(
    waves: list[float], q: float, r: float, s: float
) -> None:
    assert module._q_r_s(waves) == (q, r, s)


def test_waves_of_qrs_are_three_errors_high_and_a_fiftieth_of_a_millivolt() -> None:
    """R' is -0.1 mV deep from 20 to 40 ms."""
    trace = np.zeros(N)
    trace[at(-20) : at(20)], trace[at(20) : at(40)] = 1.0, -0.1
    for noise, depth in ((0.033, -0.1), (0.034, 0.0)):
        scene = scene_of(trace, noise_mv=np.full(12, noise, np.float32))
        found = {one.name: one for one in module._qrs(scene, 0, 0.9)}
        assert found["s_mv"].value == pytest.approx(depth)
        assert found["r_mv"].value == pytest.approx(1.0)
        assert found["r_mv"].confidence == 0.8
    trace[at(20) : at(40)] = -0.021
    assert module._qrs(scene_of(trace), 0, 0.3)[2].value == pytest.approx(-0.021)
    assert module._qrs(scene_of(trace), 0, 0.3)[2].confidence == 0.3
    trace[at(20) : at(40)] = -0.019
    assert module._qrs(scene_of(trace), 0, 0.9)[2].value == 0.0


def test_only_a_complex_without_r_is_called_qs() -> None:
    depth = np.zeros(N)
    depth[at(-20) : at(20)] = -1.0
    assert measure_lead(scene_of(depth), "II").value("q_mv").reason == "QS complex"
    height = measure_lead(scene_of(-depth), "II")
    assert [height.value(name).reason for name in ("q_mv", "r_mv", "s_mv")] == [""] * 3
    depth[at(-40) : at(-20)] = 0.5
    assert measure_lead(scene_of(depth), "II").value("q_mv").reason == ""


def test_st_is_the_mean_over_eight_milliseconds() -> None:
    """Samples of -1 mV stand on both sides of those from 4 ms before to 4 ms after."""
    for name, after in (("st_j_mv", 0), ("st_j40_mv", 40), ("st_j60_mv", 60), ("st_j80_mv", 80)):
        trace = np.zeros(N)
        trace[at(60 + after - 6) : at(60 + after + 8)] = -1.0
        trace[at(60 + after - 4) : at(60 + after + 6)] = [0.1, 0.2, 0.3, 0.4, 0.6]
        found = module._st(scene_of(trace), 0, name, after, 0.9)
        assert found.value == pytest.approx(0.32)
        assert (found.confidence, found.reason) == (0.8, "")


@pytest.mark.parametrize(("peak_ms", "late"), [(139.0, True), (140.0, False), (None, False)])
def test_st_behind_the_peak_of_t_is_doubtful(peak_ms: float | None, late: bool) -> None:
    scene = scene_of(np.ones(N), replace(FOUND, t_peak=Fiducial(peak_ms, 0.7)))
    found = module._st(scene, 0, "st_j80_mv", 80.0, 0.9)
    assert found.confidence == pytest.approx(0.32 if late else 0.8)
    assert found.reason == ("J+80 comes after the peak of T" if late else "")


def test_t_is_its_largest_deflection_between_its_ends() -> None:
    trace = np.zeros(N)
    trace[at(198)], trace[at(362)] = -9.0, 9.0
    trace[at(200)], trace[at(300)], trace[at(360)] = 0.3, -0.5, 0.4
    found = module._t(scene_of(trace), 0, 0.9)
    assert (found.value, found.confidence) == (pytest.approx(-0.5), 0.7)
    assert module._t(scene_of(trace), 0, 0.4).confidence == 0.4
    for lost in (
        replace(FOUND, t_peak=Fiducial(None, 0.0, "no peak")),
        replace(FOUND, t_off=Fiducial(None, 0.0, "no end")),
    ):
        found = module._t(scene_of(trace, lost), 0, 0.9)
        assert (found.value, found.confidence) == (None, 0.0)
        assert found.reason in ("no peak", "no end")
