"""Each step of the delineation at its limits, on traces whose answer is counted by hand.

A sample lasts 2 ms and R is sample 250 of 700, so that the beat goes from -500 to 898 ms.
"""

from types import SimpleNamespace

import numpy as np
import pytest

from ecgcore.signals.beats.beats import MedianBeat
from ecgcore.signals.measure import delineate as module
from ecgcore.signals.measure import scene as scene_module
from ecgcore.signals.measure.fiducials import Fiducial

R, N = 250, 700


def beat_of(signal: np.ndarray, **about: object) -> MedianBeat:
    return MedianBeat(signal.astype(np.float32), 500, R, 10, **about)


def scene_of(signal: np.ndarray, rr_ms: float = 1000.0, **about: object) -> scene_module.Scene:
    return scene_module.Scene(beat_of(signal, **about), rr_ms)


FLAT = np.zeros((12, N))
SCENE = scene_of(FLAT)


def at(time_ms: float) -> int:
    """Return the sample of a time."""
    return R + round(time_ms / 2)


def test_times_and_samples_are_counted_from_r_and_held_inside_the_beat() -> None:
    assert [SCENE.at(ms) for ms in (0, 2, -2, 3.1, -500, -600, 898, 1200)] == [
        250, 251, 249, 252, 0, 0, 699, 699,
    ]  # fmt: skip
    assert [SCENE.time_ms(k) for k in (250, 251, 0, 250.5)] == [0, 2, -500, 1]


def test_noisy_leads_count_less_for_the_speed() -> None:
    """Straight lines of 0.1 to 1.2 mV/s; a lead twice as noisy as allowed has half the weight."""
    slopes = 0.1 * np.arange(1, 13) * np.where(np.arange(12) % 2, 1, -1)
    signal = np.outer(slopes, np.arange(N) / 500)
    noise = np.full(12, 0.01, np.float32)
    noise[[10, 11]] = 0.03, 0.015
    scene = scene_of(signal, noise_mv=noise)
    weights = np.ones(12)
    weights[10] = 0.5
    expected = np.average(np.abs(slopes), weights=weights)
    assert scene.speed(12.0)[R] == pytest.approx(expected, rel=1e-4)


def test_the_error_of_a_lead_is_a_microvolt_or_more() -> None:
    noise = np.r_[0.0, 0.0009, 0.0011, np.full(9, 0.02)].astype(np.float32)
    assert scene_module._error_mv(beat_of(FLAT, noise_mv=noise))[:4] == pytest.approx(
        [0.001, 0.001, 0.0011, 0.02]
    )
    assert scene_module._error_mv(beat_of(FLAT)) == pytest.approx(np.full(12, 0.001))


def test_a_pacing_spike_is_bridged_before_anything_is_measured() -> None:
    signal = FLAT.copy()
    signal[:, at(-80) : at(-76)] = 5.0
    assert not scene_of(signal, pacing_ms=-80.0).signal.any()
    assert scene_of(signal).signal.any()


def test_a_leads_slope_counts_in_parts_of_its_peak_third_largest_over_the_leads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ten leads peak at 4, one at 8 and one at 0.2, which counts as a quarter of 4."""
    slopes = np.zeros((12, N))
    slopes[:, 100] = 4.0
    slopes[0, 100], slopes[11, 100] = 8.0, 0.2
    slopes[0, 110], slopes[1, 110], slopes[2, 110], slopes[11, 110] = 7.2, 3.2, 2.0, 0.2
    slopes[:, 130] = 99.0
    monkeypatch.setattr(scene_module.Scene, "_slopes", lambda scene, width: slopes)
    found = SCENE.share_of_peak(12.0, 90, 120)
    assert found.size == 31
    assert found[20] == pytest.approx(0.5)  # shares of 0.9, 0.8, 0.5 and 0.2
    assert found[10] == pytest.approx(1.0)


def falling(first: int, step: int, slope: float = 0.1) -> np.ndarray:
    """Return a speed of 10 at a sample that falls from there in one direction to 0."""
    along = (np.arange(N) - first) * step
    return np.where(along >= 0, np.maximum(10.0 - slope * along, 0.0), 3.0)


@pytest.mark.parametrize("step", [1, -1])
def test_a_hump_ends_at_a_share_of_its_height(step: int) -> None:
    """It falls by 0.1 a sample: to 2 after 80, to 4/3 after 86.7 and to 3 after 70 samples."""
    speed = falling(300, step)
    found = scene_module.edge(SCENE, speed, 300, 300 + 120 * step, scene_module.Edge(0.2, -5.0))
    assert found.time_ms == pytest.approx(SCENE.time_ms(300 + 80 * step) - 5.0)
    assert found.confidence == pytest.approx(1.2 - (100 / 6 * 2) / 60)


def test_the_share_is_counted_from_the_quietest_sample_up_to_the_given_top() -> None:
    """It falls from 10 to the quiet level of 5: 0.2 of the way up to 20 lies at 8."""
    speed = falling(300, 1)
    found = scene_module.edge(SCENE, speed, 300, 350, scene_module.Edge(0.2, 0.0), 20.0)
    assert found.time_ms == pytest.approx(SCENE.time_ms(320))


def test_an_end_may_lie_at_the_first_sample_of_the_beat() -> None:
    found = scene_module.edge(SCENE, falling(100, -1), 100, 0, scene_module.Edge(0.001, 0.0))
    assert found.time_ms == pytest.approx(SCENE.time_ms(0.1))


@pytest.mark.parametrize(("slope", "confidence"), [(1.0, 1.0), (0.08, 0.5056), (0.02, 0.1)])
def test_a_slow_end_is_less_sure(slope: float, confidence: float) -> None:
    """From 2/3 to 3/2 of the share it takes 5/3 / slope samples: at 0.08 1.2 - 41.7 / 60."""
    found = scene_module.edge(SCENE, falling(100, 1, slope), 100, 690, scene_module.Edge(0.2, 0.0))
    assert found.confidence == pytest.approx(confidence, abs=0.001)


@pytest.mark.parametrize(
    ("path", "limit", "valley", "n"),
    [
        ([5, 4, 3, 2, 1], 2.5, 0.0, 2.5),
        ([5, 4, 3, 2, 1], 2.0, 0.0, 3.0),
        ([5, 4, 3, 2, 1], 0.5, 0.0, 4.0),  # it never sinks so low: the last sample
        ([5, 4, 3, 4, 1], 2.0, 3.5, 2.0),  # it rises from a valley
        ([5, 4, 3, 4, 1], 2.0, 3.0, 3.0 + 2 / 3),  # a valley of 3 is not below 3
        ([5, 4, 3, 3, 1], 2.0, 3.5, 3.5),  # it does not rise
        ([1, 2, 3], 1.5, 0.0, 0.0),
    ],
)
def test_the_way_to_a_limit_or_a_valley(
    path: list[float], limit: float, valley: float, n: float
) -> None:
    assert scene_module._way(np.array(path, dtype=float), limit, valley) == pytest.approx(n)


class Edges(list):
    """Stands in for `edge`: notes what is asked for and answers with the hump's time."""

    def __call__(self, scene, speed, hump, stop, edge, top=None) -> Fiducial:
        self.append((hump, stop, edge, top))
        return Fiducial(scene.time_ms(hump), 0.9)


@pytest.fixture
def edges(monkeypatch: pytest.MonkeyPatch) -> Edges:
    found = Edges()
    monkeypatch.setattr(module, "edge", found)
    return found


def faked(
    monkeypatch: pytest.MonkeyPatch,
    speeds: dict[float, float],
    shares: dict[float, float] | None = None,
    **about: object,
) -> scene_module.Scene:
    """Return a scene with speeds at some times (elsewhere 0.1) and shares of the leads' peaks."""
    speed, share = np.full(N, 0.1), np.zeros(N)
    for time_ms, height in speeds.items():
        speed[at(time_ms)] = height
    for time_ms, height in (shares or {}).items():
        share[at(time_ms)] = height
    monkeypatch.setattr(scene_module.Scene, "speed", lambda scene, width: speed)
    monkeypatch.setattr(
        scene_module.Scene, "share_of_peak", lambda scene, width, low, high: share[low : high + 1]
    )
    rr_ms = about.pop("rr_ms", 1000.0)
    return scene_of(FLAT, rr_ms, **about)


def qrs_ends(scene: scene_module.Scene) -> tuple[Fiducial, Fiducial]:
    """Return start and end of QRS in three leads."""
    shape = module._qrs(scene)
    assert shape is not None
    return shape.ends(scene, module._QRS_ON, module._QRS_OFF)


@pytest.mark.parametrize(
    ("speeds", "first", "last"),
    [
        ({-40: 1.0, 0: 10.0, 30: 4.0}, 0, 30),
        ({-120: 3.1, 0: 10.0, 120: 3.1}, -120, 120),
        ({-122: 9.0, 0: 10.0, 122: 9.0}, 0, 0),
        ({-40: 2.9, 0: 10.0, 30: 2.9}, 0, 0),  # under three tenths of the fastest
        ({-40: 3.1, 0: 10.0, 30: 3.1}, -40, 30),
    ],
)
def test_qrs_goes_from_its_first_to_its_last_fast_sample(
    monkeypatch: pytest.MonkeyPatch,
    edges: Edges,
    speeds: dict[float, float],
    first: float,
    last: float,
) -> None:
    qrs_ends(faked(monkeypatch, speeds))
    (hump, stop, rule, top), (hump_off, _, rule_off, top_off) = edges
    assert (hump, hump_off) == (at(first), at(last))
    assert (stop, rule, rule_off) == (at(-170), module._QRS_ON, module._QRS_OFF)
    assert top == top_off == 10.0


@pytest.mark.parametrize(("top", "found"), [(0.99, False), (1.0, True)])
def test_a_qrs_complex_has_a_mean_speed_of_one_millivolt_a_second(
    monkeypatch: pytest.MonkeyPatch, edges: Edges, top: float, found: bool
) -> None:
    assert (module._qrs(faked(monkeypatch, {0: top})) is not None) is found


@pytest.mark.parametrize(
    ("share", "time_ms", "rr_ms", "last"),
    [
        (0.36, 90, 1000, 90),
        (0.34, 90, 1000, 0),
        (0.36, 120, 1000, 120),
        (0.36, 122, 1000, 0),
        (0.36, 90, 500, 90),  # 0.18 RR is 90 ms
        (0.36, 92, 500, 0),
    ],
)
def test_a_late_r_wave_in_three_leads_is_qrs(
    monkeypatch: pytest.MonkeyPatch,
    edges: Edges,
    share: float,
    time_ms: float,
    rr_ms: float,
    last: float,
) -> None:
    qrs_ends(faked(monkeypatch, {0: 10.0}, {time_ms: share}, rr_ms=rr_ms))
    assert edges[1][0] == at(last)


@pytest.mark.parametrize(("quiet_ms", "stop_ms"), [(74, 74), (60, 60), (76, 2)])
def test_qrs_ends_before_the_slowest_sample_of_the_next_75_ms(
    monkeypatch: pytest.MonkeyPatch, edges: Edges, quiet_ms: float, stop_ms: float
) -> None:
    """75 ms are 37 or 38 samples; of equal ones the first is taken."""
    qrs_ends(faked(monkeypatch, {0: 10.0, quiet_ms: 0.05}))
    assert edges[1][1] == at(stop_ms)


@pytest.mark.parametrize(
    ("spike_ms", "moved"), [(-80, False), (-78, True), (0, True), (18, True), (20, False)]
)
def test_a_paced_qrs_begins_with_its_spike(
    monkeypatch: pytest.MonkeyPatch, edges: Edges, spike_ms: float, moved: bool
) -> None:
    """The onset of -20 ms lies less than 60 ms after and less than 40 ms before the spike."""
    scene = faked(monkeypatch, {-20: 10.0, 0: 10.0}, pacing_ms=float(spike_ms))
    found = qrs_ends(scene)
    expected = (spike_ms, "from the pacing spike") if moved else (-20, "")
    assert (found[0].time_ms, found[0].reason) == expected
    assert found[0].confidence == 0.9


def peaks(**heights: float) -> np.ndarray:
    speed = np.zeros(200)
    for name, height in heights.items():
        speed[int(name[1:])] = height
    return speed


@pytest.mark.parametrize(
    ("speed", "found"),
    [
        (peaks(s50=1.0, s80=4.0, s120=1.0), (80, 80)),
        (peaks(s50=2.0, s80=4.0, s120=2.0), (50, 120)),
        (peaks(s50=1.9, s80=4.0, s120=2.0), (80, 120)),
        (peaks(s40=3.0, s80=4.0, s120=3.0), (40, 120)),  # 40 samples away
        (peaks(s39=3.0, s80=4.0, s121=3.0), (80, 80)),
        (peaks(s10=9.0, s80=4.0, s190=9.0), (80, 80)),  # outside, or at the very ends
        (peaks(s21=1.0, s189=1.0), (21, 21)),
        (peaks(s60=2.0, s61=2.0, s62=2.0), (62, 62)),  # a level top counts once, at its end
        (peaks(), None),
    ],
)
def test_humps_are_peaks_of_half_the_largest_within_reach(
    speed: np.ndarray, found: tuple[int, int] | None
) -> None:
    assert scene_module.outer_humps(speed, 10, 190, 0.5, 40.0) == found


QRS = (Fiducial(-40.0, 1.0), Fiducial(50.0, 1.0))


def test_a_usual_p_begins_within_200_ms_before_qrs(
    monkeypatch: pytest.MonkeyPatch, edges: Edges
) -> None:
    asked = []
    monkeypatch.setattr(
        module, "outer_humps", lambda speed, *about: asked.append(about) or (170, 180)
    )
    monkeypatch.setattr(module, "stands_out", lambda scene, low, high: 3.0)
    assert module._likely_p_on_ms(SCENE, -40.0) == SCENE.time_ms(170)
    assert asked == [(at(-240), at(-46), 0.35, 65.0)]
    assert edges == [(170, at(-240), module._P_ON, None)]
    monkeypatch.setattr(module, "stands_out", lambda scene, low, high: 2.99)
    assert module._likely_p_on_ms(SCENE, -40.0) == -40.0


@pytest.mark.parametrize(("on_ms", "asked"), [(-442.0, 26), (-444.0, 0)])
def test_a_usual_p_needs_26_samples_of_room(
    monkeypatch: pytest.MonkeyPatch, edges: Edges, on_ms: float, asked: int
) -> None:
    """The beat begins at -500 ms."""
    monkeypatch.setattr(module, "outer_humps", lambda speed, low, high, *about: (low, low))
    monkeypatch.setattr(module, "stands_out", lambda scene, low, high: 9.0)
    found = module._likely_p_on_ms(SCENE, on_ms)
    assert found == (-500.0 if asked else on_ms)


@pytest.fixture
def p_scene(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What `_p_wave` asks of its helpers, which answer as is set here."""
    asked = SimpleNamespace(
        window=[], size=9.0, returns=1.0, repeats=False, ends=(-200.0, -150.0, -100.0), rest=[],
    )  # fmt: skip

    def ends(scene, low, high):
        asked.window.append((low, high))
        return None if asked.ends is None else tuple(Fiducial(ms, 0.9) for ms in asked.ends)

    def repeats(smooth, at, wave_ms, rest):
        asked.rest.append((wave_ms, rest))
        return asked.repeats

    monkeypatch.setattr(module, "_p_ends", ends)
    monkeypatch.setattr(module, "stands_out", lambda scene, low, high: asked.size)
    monkeypatch.setattr(module, "_returns", lambda scene, on, off: asked.returns)
    monkeypatch.setattr(module, "repeats", repeats)
    return asked


T_OFF = Fiducial(400.0, 1.0)


def p_wave(t_off: Fiducial = T_OFF, rr_ms: float = 1000.0, **about: object) -> tuple:
    return module._p_wave(scene_of(FLAT, rr_ms, **about), QRS, t_off)


@pytest.mark.parametrize(
    ("t_off", "rr_ms", "low_ms"),
    [
        (T_OFF, 1000.0, -390.0),  # 350 ms before QRS
        (T_OFF, 600.0, -200.0),  # from the end of the last T
        (Fiducial(None, 0.0), 500.0, -300.0),  # which ends at 0.4 RR where it is not known
    ],
)
def test_p_is_looked_for_between_the_last_t_and_qrs(
    p_scene: SimpleNamespace, t_off: Fiducial, rr_ms: float, low_ms: float
) -> None:
    p_wave(t_off, rr_ms)
    assert p_scene.window == [(at(low_ms), at(-46))]


@pytest.mark.parametrize(("rr_ms", "room"), [(496.0, True), (494.0, False)])
def test_p_needs_25_samples_of_room(p_scene: SimpleNamespace, rr_ms: float, room: bool) -> None:
    found = p_wave(rr_ms=rr_ms)
    assert ("no room" in found[0].reason) is not room


@pytest.mark.parametrize(
    ("size", "irregularity", "found"),
    [(2.9, 0.0, False), (3.0, 0.0, True), (9.0, 0.04, True)],
)
def test_a_p_wave_stands_out_by_three_standard_errors(
    p_scene: SimpleNamespace, size: float, irregularity: float, found: bool
) -> None:
    p_scene.size = size
    assert (p_wave(rr_irregularity=irregularity)[0].time_ms is not None) is found
    p_scene.ends = None
    assert p_wave()[0].time_ms is None


@pytest.mark.parametrize(
    ("about", "on_ms", "found"),
    [
        # the search begins at -390 ms
        ({"rr_irregularity": 0.051}, -372.0, False),
        ({"rr_irregularity": 0.051}, -370.0, True),
        ({"rr_irregularity": 0.05}, -372.0, True),
        ({"pacing_ms": -150.0}, -372.0, False),
    ],
)
def test_in_an_uneven_or_paced_rhythm_what_begins_with_the_search_is_the_last_t(
    p_scene: SimpleNamespace, about: dict, on_ms: float, found: bool
) -> None:
    p_scene.ends = (on_ms, on_ms + 50, on_ms + 100)
    assert (p_wave(**about)[0].time_ms is not None) is found


@pytest.mark.parametrize(
    ("ends", "reason"),
    [
        ((-124.0, -80.0, -60.0), "too short and too near"),  # 64 ms, 84 ms before QRS
        ((-125.0, -80.0, -62.0), ""),  # 85 ms before QRS
        ((-124.0, -80.0, -59.0), ""),  # 65 ms
        ((-300.0, -280.0, -256.0), "too short for a P wave (44 ms)"),
        ((-300.0, -280.0, -255.0), ""),
        ((-300.0, -280.0, -85.0), ""),
        ((-300.0, -280.0, -84.0), "too long for a P wave (216 ms)"),
    ],
)
def test_a_p_wave_lasts_45_to_215_ms(
    p_scene: SimpleNamespace, ends: tuple[float, ...], reason: str
) -> None:
    p_scene.ends = ends
    found = p_wave()
    assert (found[0].time_ms is None) is bool(reason)
    assert reason in found[0].reason


@pytest.mark.parametrize(
    ("about", "returns", "found"),
    [
        ({}, 0.59, False),
        ({}, 0.6, True),
        ({"rr_irregularity": 0.1}, 0.6, True),
        ({"rr_irregularity": 0.11}, 0.89, False),
        ({"rr_irregularity": 0.11}, 0.9, True),
        ({"pacing_ms": -150.0}, 0.79, False),
        ({"pacing_ms": -150.0}, 0.8, True),
    ],
)
def test_a_p_wave_returns_in_the_other_half_of_the_beats(
    p_scene: SimpleNamespace, about: dict, returns: float, found: bool
) -> None:
    p_scene.returns = returns
    assert (p_wave(**about)[0].time_ms is not None) is found


@pytest.mark.parametrize(
    ("spread", "returns", "size", "doubtful"),
    [
        (0.091, 0.89, 9.0, True),
        (0.091, 0.9, 9.0, False),
        (0.091, 0.9, 4.9, True),
        (0.09, 0.7, 4.9, False),
    ],
)
def test_where_rr_varies_a_wave_that_hardly_returns_is_doubted(
    p_scene: SimpleNamespace, spread: float, returns: float, size: float, doubtful: bool
) -> None:
    p_scene.returns, p_scene.size = returns, size
    on = p_wave(rr_spread=spread)[0]
    assert on.time_ms is not None
    assert ("an f wave may pass for it" in on.reason) is doubtful
    assert (on.confidence < 0.4) is doubtful


@pytest.mark.parametrize(
    ("t_off", "after_t"),
    [(T_OFF, -590.0), (Fiducial(500.0, 1.0), -550.0)],  # usual T: 440 ms at 60 bpm
)
def test_flutter_is_looked_for_20_ms_before_the_end_of_the_last_t(
    p_scene: SimpleNamespace, t_off: Fiducial, after_t: float
) -> None:
    """Either where T ended or where it usually does, whichever is earlier, and 30 ms later."""
    p_scene.repeats = True
    assert p_wave(t_off)[0].reason == "atrial flutter likely: the atrial wave repeats"
    [(wave_ms, rest)] = p_scene.rest
    assert wave_ms == (-210.0, -90.0)
    assert rest == pytest.approx((after_t if t_off is T_OFF else -550.0, 55.0, 1000.0, -45.0))


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ({"rr_irregularity": 0.11}, "atrial fibrillation"),
        ({"rr_irregularity": 0.1}, "no P wave that returns"),
        ({"rr_irregularity": 0.1, "pacing_ms": -80.0}, "ventricular pacing"),
        ({"rr_irregularity": 0.11, "pacing_ms": -80.0}, "atrial fibrillation"),
    ],
)
def test_the_reason_for_no_p_wave(about: dict, words: str) -> None:
    assert words in module._why_no_p(scene_of(FLAT, **about))


@pytest.mark.parametrize(
    ("long_ms", "tall", "expected", "confidence"),
    [
        (175.0, True, 175.0, 0.9),
        (176.0, True, 80.0, 0.54),  # six tenths of the confidence where humps are left out
        (176.0, False, 176.0, 0.54),
    ],
)
def test_p_over_175_ms_is_measured_from_its_tallest_humps_alone(
    monkeypatch: pytest.MonkeyPatch, long_ms: float, tall: bool, expected: float, confidence: float
) -> None:
    def between(scene, low, high, share):
        off = {0.35: long_ms, 0.6: 80.0}[share]
        if share == 0.6 and not tall:
            return None
        return tuple(Fiducial(ms - 300.0, 0.9) for ms in (0.0, off / 2, off))

    monkeypatch.setattr(module, "_between_humps", between)
    found = module._p_ends(SCENE, 50, 200)
    assert found is not None
    assert found[2].time_ms == expected - 300.0
    assert found[0].confidence == pytest.approx(confidence)
    assert ("hard to tell" in found[1].reason) is (confidence < 0.9)


def test_p_begins_at_its_first_hump_ends_at_its_last_and_peaks_between_them(
    monkeypatch: pytest.MonkeyPatch, edges: Edges
) -> None:
    asked = []
    monkeypatch.setattr(
        module, "outer_humps", lambda speed, *about: asked.append(about) or (100, 140)
    )
    signal = FLAT.copy()
    signal[::2], signal[1::2] = np.exp(-(((np.arange(N) - 120) / 8) ** 2)), 0.0
    signal[:, 180:] = 4.0
    found = module._between_humps(scene_of(signal), 60, 200, 0.35)
    assert asked == [(60, 200, 0.35, 65.0)]
    assert [edge[:3] for edge in edges] == [(100, 60, module._P_ON), (140, 200, module._P_OFF)]
    assert found is not None
    assert found[1] == Fiducial(SCENE.time_ms(120), 0.9)
    monkeypatch.setattr(module, "outer_humps", lambda *about: None)
    assert module._between_humps(SCENE, 60, 200, 0.35) is None


def test_a_line_goes_through_the_means_of_the_first_and_last_five_samples() -> None:
    draw = np.random.default_rng(0).normal(size=(12, 31))
    first, last = draw[:, :5].mean(axis=1), draw[:, 26:].mean(axis=1)
    for k in range(31):
        line = first + (last - first) * k / 30
        assert scene_module.above_line(draw)[:, k] == pytest.approx(draw[:, k] - line)


def test_the_size_of_a_wave_is_in_standard_errors_and_no_lead_counts_for_more_than_30() -> None:
    """Slow bells of 0.02 mV in six leads and 1 mV in one: 2 and 100 errors of 0.01 mV."""
    bell = np.exp(-(((np.arange(N) - 150) / 40) ** 2))
    signal = FLAT.copy()
    signal[:6] = 0.02 * bell
    signal[6] = -1.0 * bell
    scene = scene_of(signal, noise_mv=np.full(12, 0.01, np.float32))
    smooth = 40 / np.sqrt(40**2 + 2 * 4**2)  # a bell of 4 samples widens and lowers it
    expected = np.sqrt((6 * (2 * smooth) ** 2 + 30**2) / 12)
    assert scene_module.stands_out(scene, 10, 290) == pytest.approx(expected, rel=0.01)


def test_a_wave_returns_as_far_as_both_halves_agree() -> None:
    """Bells in other leads of the halves: they share three of five leads each."""
    bell = np.exp(-(((np.arange(N) - 175) / 6) ** 2))
    halves = np.zeros((2, 12, N))
    halves[0, :5], halves[1, 2:7] = 0.1 * bell, 0.3 * bell
    halves[:, 11, at(-88) :] = 5.0  # what lies 12 ms behind the wave does not count
    halves[0, 11, : at(-230)] = 9.0
    scene = scene_of(FLAT, halves=halves.astype(np.float32))
    on, off = Fiducial(-190.0, 1.0), Fiducial(-120.0, 1.0)
    assert module._returns(scene, on, off) == pytest.approx(0.6, abs=0.02)
    lost = Fiducial(None, 0.0)
    assert module._returns(scene, lost, off) == module._returns(scene, on, lost) == 1.0
    assert module._returns(SCENE, on, off) == 1.0


def test_ends_are_found_with_the_limits_that_were_set_on_ludb() -> None:
    """A second copy: other limits need `bench delineation` anew, whose table they made."""
    rules = [module._QRS_ON, module._QRS_OFF, module._P_ON, module._P_OFF]
    rules += [module._HALF_ON, module._HALF_OFF]
    assert [tuple(rule) for rule in rules] == [
        (0.08, -4.5, 0.0), (0.045, -7.5, 0.0), (0.30, -5.0, 0.4), (0.18, -6.5, 0.4),
        (0.15, -5.0, 0.0), (0.045, -15.5, 0.0),
    ]  # fmt: skip
    assert (module._QRS_SMOOTH_MS, scene_module.P_SMOOTH_MS) == (12.0, 8.0)
