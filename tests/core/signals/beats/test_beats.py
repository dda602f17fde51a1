"""Every beat of a made-up heart is found once, and the median beat is its beat."""

import numpy as np
import pytest

from ecgcore.records import EcgRecord
from ecgcore.signals.beats import beats as beats_module
from ecgcore.signals.beats.beats import Beats, find_beats, median_beat
from ecgcore.signals.beats.qrs_detector import WORK_HZ, pacing_spikes, working_signal

GAIN = np.array([0.7, 1.0, 0.3, -0.85, 0.2, 0.65, -0.6, -0.3, 0.6, 1.2, 1.3, 1.0])


def bump(t_ms: np.ndarray, on_ms: float, off_ms: float) -> np.ndarray:
    """Return a raised cosine of height 1 that is 0 outside its ends."""
    phase = (t_ms - on_ms) / (off_ms - on_ms)
    return np.where((phase > 0) & (phase < 1), 0.5 - 0.5 * np.cos(2 * np.pi * phase), 0.0)


def beat(t_ms: np.ndarray) -> np.ndarray:
    """Return P, QRS and T, ``(12, n)``."""
    qrs = bump(t_ms, -30, 30) - 0.25 * bump(t_ms, 15, 45) - 0.15 * bump(t_ms, -45, -20)
    waves = 0.12 * bump(t_ms, -200, -100) + qrs + 0.3 * bump(t_ms, 150, 400)
    return np.outer(GAIN, waves)


def wide_beat(t_ms: np.ndarray) -> np.ndarray:
    """Return an extra beat: wide, without P, T opposite to QRS, another axis."""
    waves = 1.6 * bump(t_ms, -70, 90) - 0.5 * bump(t_ms, 150, 400)
    return np.outer(GAIN[::-1], waves)


def record(
    r_s: np.ndarray,
    *,
    fs_hz: int = 500,
    duration_s: float = 10.0,
    extra_s: tuple[float, ...] = (),
    noise_mv: float = 0.005,
) -> EcgRecord:
    t_ms = np.arange(round(duration_s * fs_hz)) * 1000.0 / fs_hz
    signal = sum(beat(t_ms - 1000 * r) for r in r_s) + np.zeros((12, t_ms.size))
    signal = signal + sum(wide_beat(t_ms - 1000 * r) for r in extra_s)
    signal = signal + np.random.default_rng(0).normal(0, noise_mv, signal.shape)
    return EcgRecord("made up", signal.astype(np.float32), fs_hz, "test")


def found_once(beats: Beats, r_s: np.ndarray, tolerance_s: float = 0.03) -> bool:
    return len(beats.r_s) == len(r_s) and bool(np.all(np.abs(beats.r_s - r_s) < tolerance_s))


@pytest.mark.parametrize("rate_bpm", [30, 60, 100, 180])
@pytest.mark.parametrize("fs_hz", [100, 250, 500, 1000])
def test_every_beat_is_found_once_at_any_rate(rate_bpm: int, fs_hz: int) -> None:
    r_s = np.arange(0.4, 9.8, 60 / rate_bpm)
    if rate_bpm == 180:
        signal = record(r_s, fs_hz=fs_hz).signal
        t_ms = np.arange(signal.shape[1]) * 1000.0 / fs_hz
        signal -= sum(np.outer(GAIN, 0.12 * bump(t_ms - 1000 * r, -200, -100)) for r in r_s)
        fast = EcgRecord("fast", signal.astype(np.float32), fs_hz, "test")
        assert found_once(find_beats(fast), r_s)
    else:
        assert found_once(find_beats(record(r_s, fs_hz=fs_hz)), r_s)


def test_beats_near_the_ends_are_found() -> None:
    r_s = np.array([0.08, *np.arange(1.0, 9.5, 0.9), 9.92])
    assert found_once(find_beats(record(r_s)), r_s)


def test_a_step_at_the_very_end_is_no_beat() -> None:
    r_s = np.arange(0.5, 9.3, 0.8)
    plain = record(r_s)
    plain.signal[:, -20:] += 0.8
    assert found_once(find_beats(plain), r_s)


def with_step(plain: EcgRecord, at_s: float) -> EcgRecord:
    signal = plain.signal.copy()
    signal[:, round(at_s * plain.fs_hz) :] += 0.7 * np.sign(GAIN[::-1])[:, None].astype(np.float32)
    return EcgRecord("step", signal, plain.fs_hz, "test")


@pytest.mark.parametrize("at_s", [0.95, 4.08, 4.2, 7.4])
def test_a_step_in_all_leads_between_beats_is_no_beat(at_s: float) -> None:
    r_s = np.arange(0.5, 9.3, 0.8)
    assert found_once(find_beats(with_step(record(r_s), at_s)), r_s)


@pytest.mark.parametrize("at_s", [4.4, 4.5, 4.62])
def test_a_beat_that_a_step_falls_into_is_kept(at_s: float) -> None:
    r_s = np.arange(0.5, 9.3, 0.8)
    assert found_once(find_beats(with_step(record(r_s), at_s)), r_s, 0.1)


def test_extra_beats_do_not_make_a_rhythm_irregular() -> None:
    plain = record(np.delete(np.arange(0.5, 9.5, 0.8), [4, 8]), extra_s=(3.5, 6.7))
    median = median_beat(plain, find_beats(plain))
    assert median is not None
    assert median.rr_irregularity < 0.05


def test_halves_are_medians_of_every_other_beat() -> None:
    r_s = np.arange(0.7, 9.3, 0.8)
    plain = record(r_s)
    for r in r_s[::2]:
        plain.signal[3, round((r - 0.3) * 500)] += 1.0
    median = median_beat(plain, find_beats(plain))
    assert median is not None
    assert median.halves is not None
    spike = median.halves[:, 3, median.r_index - 160 : median.r_index - 140].max(axis=1)
    assert spike[0] > 0.7
    assert spike[1] < 0.1


def test_irregular_beats_are_all_found() -> None:
    r_s = 0.5 + np.cumsum(np.random.default_rng(3).uniform(0.45, 1.3, 9))
    beats = find_beats(record(r_s))
    assert found_once(beats, r_s)
    assert beats.rr_ms == pytest.approx(1000 * np.diff(r_s), abs=8)


def test_extra_beats_have_a_kind_of_their_own() -> None:
    r_s = np.delete(np.arange(0.5, 9.5, 0.8), [4, 8])
    beats = find_beats(record(r_s, extra_s=(3.5, 6.7)))
    assert len(beats.r_s) == len(r_s) + 2
    extra = np.flatnonzero(beats.kinds)
    assert beats.kinds[extra].tolist() == [1, 1]
    assert beats.r_s[extra] == pytest.approx([3.5, 6.7], abs=0.05)


def test_flat_and_noisy_leads_do_not_matter() -> None:
    r_s = np.arange(0.5, 9.5, 0.8)
    bad = record(r_s)
    bad.signal[:5] = 0.0
    bad.signal[5] = np.random.default_rng(1).normal(0, 0.5, bad.n_samples)
    assert found_once(find_beats(bad), r_s)


@pytest.mark.parametrize("scale", [-1.0, 0.15, 4.0])
def test_polarity_and_voltage_do_not_matter(scale: float) -> None:
    r_s = np.arange(0.5, 9.5, 0.8)
    plain = record(r_s)
    other = EcgRecord("other", np.float32(scale) * plain.signal, 500, "test")
    assert found_once(find_beats(other), r_s, 0.045)


def test_leads_in_another_order_give_the_same_beats() -> None:
    plain = record(np.arange(0.5, 9.5, 0.8))
    shuffled = EcgRecord("other", plain.signal[::-1].copy(), 500, "test")
    assert find_beats(shuffled).r_s == pytest.approx(find_beats(plain).r_s, abs=0.003)


@pytest.mark.parametrize("n_samples", [1, 20, 60, 149, 400])
def test_a_very_short_or_empty_recording_has_no_beats(n_samples: int) -> None:
    flat = EcgRecord("flat", np.zeros((12, n_samples), np.float32), 500, "test")
    beats = find_beats(flat)
    assert beats.r_s.size == beats.kinds.size == beats.rr_ms.size == 0
    assert median_beat(flat, beats) is None


@pytest.mark.parametrize("seed", range(3))
def test_noise_alone_has_no_beats(seed: int) -> None:
    noise = np.random.default_rng(seed).normal(0, 0.1, (12, 5000)).astype(np.float32)
    assert find_beats(EcgRecord("noise", noise, 500, "test")).r_s.size == 0


def test_one_beat_is_found_but_has_no_median() -> None:
    single = record(np.array([1.0]), duration_s=2.0)
    beats = find_beats(single)
    assert beats.r_s == pytest.approx([1.0], abs=0.02)
    assert median_beat(single, beats) is None


def test_the_median_beat_is_the_beat_on_a_wandering_baseline() -> None:
    r_s = np.arange(0.7, 9.3, 0.8)
    wandering = record(r_s, extra_s=(4.3,))
    wandering.signal[:] += np.sin(np.arange(wandering.n_samples) / 900).astype(np.float32)
    median = median_beat(wandering, find_beats(wandering))
    assert median is not None
    inside = (median.times_ms() > -150) & (median.times_ms() < 400)
    expected = beat(median.times_ms()[inside].astype(float))
    assert np.abs(median.signal[:, inside] - expected).max() < 0.09
    assert median.n_beats == len(r_s)
    assert median.fs_hz == 500
    assert median.times_ms()[median.r_index] == 0


def test_pacing_spikes_are_found_and_not_taken_for_beats() -> None:
    r_s = np.arange(0.7, 9.3, 0.8)
    paced = record(r_s)
    for r in r_s:
        paced.signal[:, round((r - 0.1) * 500) : round((r - 0.1) * 500) + 2] += 1.0
        paced.signal[:, round((r - 0.25) * 500) : round((r - 0.25) * 500) + 2] += 1.0
    beats = find_beats(paced)
    assert found_once(beats, r_s)
    assert pacing_spikes(working_signal(paced)).size == 2 * len(r_s)
    median = median_beat(paced, beats)
    assert median is not None
    assert median.pacing_ms == pytest.approx(-100, abs=6)


@pytest.mark.parametrize("n_samples", [151, 175, 200, 300, 700])
@pytest.mark.parametrize("start", [0, 180, 240, 330])
def test_a_piece_of_any_length_gives_beats_in_order(n_samples: int, start: int) -> None:
    piece = record(np.arange(0.5, 9.5, 0.8)).signal[:, start : start + n_samples].copy()
    short = EcgRecord("piece", piece, 500, "test")
    beats = find_beats(short)
    assert len(beats.r_s) == len(beats.kinds) <= 3
    assert np.all(np.diff(beats.r_s) > 0.17)
    assert np.all((beats.r_s >= 0) & (beats.r_s < short.duration_s))


def test_the_pacing_delay_is_that_of_the_last_spike_before_each_r() -> None:
    """An atrial spike comes 60 samples before each R, a ventricular one 20, 25 and 30."""
    r = np.array([1000, 2000, 3000])
    spikes = np.sort(np.concatenate([r - 60, r - [20, 25, 30]]))
    assert beats_module._pacing_ms(spikes, r) == pytest.approx(-25 * 1000 / WORK_HZ)
    assert beats_module._pacing_ms(spikes[:3], r) == pytest.approx(-40 * 1000 / WORK_HZ)
    assert beats_module._pacing_ms(spikes[:2], r) is None
    assert beats_module._pacing_ms(r - 200, r) is None
    assert beats_module._pacing_ms(spikes[:0], r) is None


def kept(r: list[int], kinds: list[int], n: int = 5000) -> list[int]:
    """Return which beats are kept on a flat trace, where nothing is an electrode's jump."""
    return beats_module._kept(np.array(r), np.array(kinds), np.zeros((12, n))).tolist()


def test_beats_of_the_usual_shape_may_be_20_ms_from_an_end_and_others_100_ms() -> None:
    """At 500 Hz: 10 and 50 samples; the last sample is 4999."""
    assert kept([9, 500, 1000, 4990], [0, 0, 0, 0]) == [1, 2]
    assert kept([10, 500, 1000, 4989], [0, 0, 0, 0]) == [0, 1, 2, 3]
    assert kept([49, 500, 1000, 4950], [1, 0, 0, 2]) == [1, 2]
    assert kept([50, 500, 1000, 4949], [1, 0, 0, 2]) == [0, 1, 2, 3]


def test_of_two_beats_within_170_ms_the_one_of_the_more_frequent_shape_is_kept() -> None:
    assert kept([1000, 1084, 2000, 3000], [1, 0, 0, 1]) == [1, 2, 3]
    assert kept([1000, 1084, 2000, 3000], [0, 1, 0, 1]) == [0, 2, 3]
    assert kept([1000, 1085, 2000, 3000], [0, 1, 0, 1]) == [0, 1, 2, 3]


def beats_at(rr_ms: list[float], kinds: list[int] | None = None) -> Beats:
    r_s = np.cumsum([0.5, *rr_ms]) / 1000
    return Beats(r_s, np.array(kinds or [0] * r_s.size))


@pytest.mark.parametrize(
    ("rr_ms", "kinds", "irregularity"),
    [
        ([1000, 1100, 900, 1000], None, 0.1),  # changes 100, 200, 100; median RR 1000
        ([1000, 1100, 900], None, 0.15),
        ([1000, 1100], None, 0.0),  # three intervals are needed
        ([1000, 600, 1400, 1000, 1100, 900], [0, 0, 1, 0, 0, 0, 0], 0.1),
        ([500, 900, 1000, 1100, 900], [1, 0, 0, 0, 0, 0], 100 / 950),
    ],
)
def test_irregularity_is_the_usual_change_between_beats_of_the_dominant_shape(
    rr_ms: list[float], kinds: list[int] | None, irregularity: float
) -> None:
    found = beats_module._rr_irregularity(beats_at(rr_ms, kinds))
    assert found == pytest.approx(irregularity)


@pytest.mark.parametrize(
    ("offset", "near"), [(-80, False), (-79, True), (9, True), (10, False), (0, True)]
)
def test_a_spike_belongs_to_a_beat_from_160_ms_before_to_20_ms_after_r(
    offset: int, near: bool
) -> None:
    r = np.array([1000, 2000, 3000])
    found = beats_module._pacing_ms(r + offset, r)
    assert found == (pytest.approx(2 * offset) if near else None)


@pytest.mark.parametrize(
    ("kinds", "found"),
    [
        ([0, 1, 2], 3),  # fewer than four beats are not asked for a common shape
        ([0, 1, 2, 3], 0),
        ([0, 0, 1, 2], 4),
        ([0, 0, *range(1, 9)], 10),  # a fifth of ten
        ([0, 0, *range(1, 10)], 0),
        ([0, 0, 0, *range(1, 13)], 15),
        ([0, 0, 0, *range(1, 14)], 0),
    ],
)
def test_from_four_beats_on_a_fifth_and_two_of_them_have_one_shape(
    monkeypatch: pytest.MonkeyPatch, kinds: list[int], found: int
) -> None:
    r = 500 + 250 * np.arange(len(kinds))
    monkeypatch.setattr(beats_module, "detect_qrs", lambda signal: r)
    monkeypatch.setattr(
        beats_module, "group_by_shape", lambda smooth, centres: (np.array(kinds), r)
    )
    monkeypatch.setattr(beats_module, "is_step", lambda *about: False)
    plain = EcgRecord("made up", np.zeros((12, 5000), np.float32), 500, "test")
    assert find_beats(plain).r_s.size == found


def test_kinds_of_beats_that_were_dropped_leave_no_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    r, kinds = np.array([500, 1000, 3, 1500]), np.array([0, 0, 1, 2])
    monkeypatch.setattr(beats_module, "detect_qrs", lambda signal: r)
    monkeypatch.setattr(beats_module, "group_by_shape", lambda smooth, centres: (kinds, r))
    monkeypatch.setattr(beats_module, "is_step", lambda *about: False)
    found = find_beats(EcgRecord("made up", np.zeros((12, 5000), np.float32), 500, "test"))
    assert found.kinds.tolist() == [0, 0, 1]
    assert found.r_s.tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(("n_samples", "searched"), [(149, False), (150, True)])
def test_recordings_shorter_than_three_tenths_of_a_second_are_not_searched(
    monkeypatch: pytest.MonkeyPatch, n_samples: int, searched: bool
) -> None:
    asked = []
    monkeypatch.setattr(
        beats_module, "detect_qrs", lambda signal: asked.append(1) or np.zeros(0, np.int64)
    )
    find_beats(EcgRecord("short", np.ones((12, n_samples), np.float32), 500, "test"))
    assert bool(asked) is searched


def test_only_a_shape_that_occurs_once_may_be_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def is_step(signal: np.ndarray, centre: int, usual: np.ndarray) -> bool:
        asked.append((centre, usual.tolist()))
        return True

    monkeypatch.setattr(beats_module, "is_step", is_step)
    assert kept([500, 1000, 1500, 2000, 2500], [0, 1, 0, 2, 2]) == [0, 2, 3, 4]
    assert asked == [(1000, [500, 1500])]


def test_a_median_beat_needs_two_beats_of_the_dominant_shape() -> None:
    plain = record(np.arange(0.7, 9.3, 0.8))
    two = Beats(np.array([1.5, 3.1, 4.7]), np.array([0, 1, 0]))
    found = median_beat(plain, two)
    assert found is not None
    assert found.n_beats == 2
    assert median_beat(plain, Beats(two.r_s, np.array([0, 1, 2]))) is None
    assert found.times_ms()[[0, -1]] == pytest.approx(
        [-2.0 * found.r_index, 2.0 * (found.signal.shape[1] - 1 - found.r_index)]
    )
