"""The steps of the QRS detector on signals whose answer is known by hand, at 500 Hz."""

import numpy as np
import pytest

from ecgcore.signals.beats import qrs_detector as module
from ecgcore.signals.beats.qrs_detector import limited, pacing_spikes, without_spikes


def test_a_spike_is_bridged_from_4_ms_before_to_10_ms_after_it() -> None:
    signal = np.tile(np.arange(40.0), (12, 1))
    damaged = signal.copy()
    damaged[:, 19:25] += 100.0  # 2 ms before to 8 ms after sample 20
    assert without_spikes(damaged, np.array([20])) == pytest.approx(signal)
    damaged[:, 25] += 1.0
    bridged = without_spikes(damaged, np.array([20]))
    assert bridged[0, 18:26] == pytest.approx(18 + np.arange(8) * 8 / 7)
    damaged[:, 17] += 1.0
    assert without_spikes(damaged, np.array([20]))[0, 17] == 18.0


@pytest.mark.parametrize(("each_mv", "found"), [(0.05, False), (0.06, False), (0.075, True)])
def test_a_pacing_spike_jumps_by_eight_tenths_of_a_millivolt_over_all_leads(
    each_mv: float, found: bool
) -> None:
    signal = np.zeros((12, 400))
    signal[:, 200] = each_mv
    spikes = pacing_spikes(signal)
    assert bool(spikes.size) is found
    assert np.abs(spikes - 199.5).max(initial=0.5) == 0.5


@pytest.mark.parametrize(("noise", "found"), [(0.14, True), (0.19, False)])
def test_a_spike_comes_out_of_a_trace_that_is_six_times_as_quiet(noise: float, found: bool) -> None:
    """The jump of 1 mV over all leads follows jumps of one sixth of it, or a little more."""
    signal = np.zeros((12, 400))
    signal[0, 180:200] = np.arange(20) * noise
    signal[0, 200:] = signal[0, 199] + 1.0
    assert (200 - 1 in pacing_spikes(signal)) is found


@pytest.mark.parametrize(("seconds", "n_blocks"), [(1.0, 1), (4.19, 1), (4.2, 2), (10.0, 4)])
def test_blocks_last_two_seconds_and_a_tenth(seconds: float, n_blocks: int) -> None:
    assert len(module._block_peaks(np.zeros(round(seconds * 500)))) == n_blocks


def test_a_lead_is_clipped_at_one_and_a_half_of_its_usual_peak() -> None:
    """Three blocks with peaks of 1, 2 and 50: the usual one is 2."""
    signal = np.zeros((12, 3 * 1050))
    signal[:, [100, 1200, 2300, 2400]] = [1.0, -2.0, 50.0, -50.0]
    found = limited(signal)
    assert found[:, [100, 1200, 2300, 2400]] == pytest.approx(
        np.tile([1.0, -2.0, 3.0, -3.0], (12, 1))
    )


def test_the_usual_peak_is_that_of_most_blocks_and_never_below_half_of_it() -> None:
    activity = np.zeros(4 * 1050)
    activity[[100, 1200, 2300, 3400]] = [1.0, 1.0, 1.0, 9.0]
    assert module._usual_peak(activity) == pytest.approx(1.0)
    assert module._usual_peak(np.zeros(1000)) == pytest.approx(1e-9)


@pytest.mark.parametrize(("before", "found"), [(3, True), (4, False), (14, False), (15, True)])
def test_the_trace_must_be_quiet_from_28_to_8_ms_before_a_spike(before: int, found: bool) -> None:
    signal = np.zeros((12, 400))
    signal[0, 200:] += 1.0
    signal[0, 200 - before :] += 0.2  # more than a sixth of the spike
    assert (199 in pacing_spikes(signal)) is found


@pytest.mark.parametrize(
    ("after", "jump", "found"),
    [(3, 0.45, True), (4, 0.45, False), (14, 0.45, False), (15, 0.45, True), (9, 0.38, True)],
)
def test_from_8_to_28_ms_after_a_spike_no_jump_is_over_two_fifths_of_it(
    after: int, jump: float, found: bool
) -> None:
    signal = np.zeros((12, 400))
    signal[0, 200:] += 1.0
    signal[0, 200 + after :] += jump
    assert (199 in pacing_spikes(signal)) is found


def test_of_two_jumps_within_6_ms_the_larger_one_is_the_spike() -> None:
    signal = np.zeros((12, 400))
    signal[0, 200:] += 0.9
    signal[0, 203:] -= 1.0
    assert pacing_spikes(signal).tolist() == [202]


@pytest.mark.parametrize(("at", "found"), [(8, False), (9, True), (389, True), (390, False)])
def test_a_spike_needs_a_quiet_trace_on_both_sides(at: int, found: bool) -> None:
    signal = np.zeros((12, 400))
    signal[0, at + 1 :] = 1.0
    assert pacing_spikes(signal).tolist() == [at] * found


def test_a_band_keeps_its_middle_and_halves_what_is_at_its_limits() -> None:
    """Forward and backward a Butterworth band-pass of order 2 leaves 1 / (1 + x^4)."""
    at = np.arange(20_000) / 500
    low, high = (np.tan(np.pi * hz / 500) for hz in (5.0, 25.0))
    for hz in (2.0, 5.0, 11.0, 25.0, 60.0):
        here = np.tan(np.pi * hz / 500)
        x = (here**2 - low * high) / (here * (high - low))
        kept = module.band(np.sin(2 * np.pi * hz * at)[None, :], 5.0, 25.0)[0, 5000:15_000]
        assert np.sqrt(2 * np.mean(kept**2)) == pytest.approx(1 / (1 + x**4), rel=0.01), hz


def test_a_band_of_a_recording_shorter_than_a_second_is_continued_as_far_as_it_goes() -> None:
    assert np.isfinite(module.band(np.ones((12, 300)), 5.0, 25.0)).all()


def slopes(*leads: tuple[float, float], n: int = 6300) -> np.ndarray:
    """Return leads with a steady slope and a faster one for 80 ms every second, in mV/s."""
    signal = np.zeros((12, n))
    for lead, (rest, fast) in enumerate(leads):
        slope = np.full(n, rest)
        for start in range(250, n - 100, 500):
            slope[start : start + 41] = fast
        signal[lead] = np.cumsum(slope) / 500
    return signal


@pytest.mark.parametrize(
    ("leads", "weights"),
    [
        (((1.0, 4.0),), (2.5,)),
        (((1.0, 4.0), (2.0, 6.0)), (2.5, 1.5)),
        (((1.0, 4.0), (0.01, 0.14)), (2.5, 0.0)),  # under 0.15 mV/s nothing beats
        (((1.0, 4.0), (0.04, 0.16)), (2.5, 2.5)),
        (((1.0, 4.0), (0.001, 0.18)), (2.5, 7.5)),  # a rest under 0.02 mV/s is 0.02
        (((1.0, 4.0), (1.0, 20.0)), (2.5, 8.0)),  # no lead counts for more than 8
        (((1.0, 4.0), (4.0, 5.6)), (2.5, 0.0)),  # too little stands out
    ],
)
def test_leads_count_by_how_far_their_peaks_stand_out(
    monkeypatch: pytest.MonkeyPatch,
    leads: tuple[tuple[float, float], ...],
    weights: tuple[float, ...],
) -> None:
    asked = []
    monkeypatch.setattr(module, "band", lambda signal, *hz: asked.append(hz) or signal)
    activity = module.qrs_activity(slopes(*leads))
    assert asked == [(5.0, 25.0)]
    shares = [rest / fast for rest, fast in leads]
    assert activity.max() == pytest.approx(1.0, abs=0.02)
    assert np.median(activity) == pytest.approx(np.average(shares, weights=weights), abs=0.003)


def test_a_burst_in_one_lead_counts_one_and_a_half_times_and_flat_leads_have_no_activity(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "band", lambda signal, *hz: signal)
    signal = slopes((1.0, 4.0))
    signal[0, 3000:3100] += np.arange(100.0)
    signal[0, 3100:] += 100.0
    assert module.qrs_activity(signal).max() == pytest.approx(1.5)
    assert not module.qrs_activity(np.zeros((12, 3000))).any()


def detected(
    monkeypatch: pytest.MonkeyPatch, heights: dict[int, float], *, rest: float = 0.0
) -> list[int]:
    """Return what is found in an activity of triangles of 61 samples."""
    n = 10 * 500
    activity = np.full(n, rest)
    for at, height in heights.items():
        for offset in range(-30, 31):
            activity[at + offset] = max(rest, height * (1 - abs(offset) / 31))
    monkeypatch.setattr(module, "qrs_activity", lambda signal: activity)
    return module.detect_qrs(np.zeros((12, n))).tolist()


BEATS = dict.fromkeys(range(250, 5000, 500), 1.0)


@pytest.mark.parametrize(("rest", "found"), [(0.49, 10), (0.51, 0)])
def test_qrs_complexes_are_twice_as_high_as_the_quiet_quarter(
    monkeypatch: pytest.MonkeyPatch, rest: float, found: int
) -> None:
    assert len(detected(monkeypatch, BEATS, rest=rest)) == found


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({2250: 0.41}, list(BEATS)),
        ({2250: 0.39}, list(BEATS)),  # overdue: a beat is missing there
        ({2250: 0.26}, list(BEATS)),
        ({2250: 0.24}, [at for at in BEATS if at != 2250]),
        ({2000: 0.39}, list(BEATS)),  # no beat is due between two
        ({2480: 0.41}, [*list(BEATS)[:5], 2480, *list(BEATS)[5:]]),
    ],
)
def test_a_peak_of_four_tenths_is_a_beat_and_of_a_quarter_where_one_is_overdue(
    monkeypatch: pytest.MonkeyPatch, changed: dict[int, float], expected: list[int]
) -> None:
    assert detected(monkeypatch, BEATS | changed) == expected


def test_two_beats_are_too_few_to_say_that_one_is_overdue(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_usual_peak", lambda activity: np.ones(activity.size))
    monkeypatch.setattr(module, "_STANDING_OUT", 0.0)
    assert detected(monkeypatch, {500: 1.0, 1500: 0.3, 4000: 1.0}) == [500, 4000]
    assert detected(monkeypatch, {500: 1.0, 1500: 1.0, 2500: 1.0, 3500: 0.3, 4500: 1.0}) == [
        500, 1500, 2500, 3500, 4500,
    ]  # fmt: skip
    assert detected(monkeypatch, {500: 1.0, 1000: 1.0, 2000: 0.3, 3000: 1.0}) == [
        500, 1000, 2000, 3000,
    ]  # fmt: skip


def test_of_two_peaks_within_200_ms_the_higher_one_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert detected(monkeypatch, BEATS | {2349: 0.9}) == list(BEATS)
    assert 2350 in detected(monkeypatch, BEATS | {2350: 0.9})


@pytest.mark.parametrize(
    ("certain", "inside", "outside"),
    [
        # RR 1000, so that 350 from either side and over 1500 between two are asked for
        ([0, 1000, 2000, 4000, 5000], [2351, 3000, 3649], [500, 2350, 3650, 4500]),
        ([0, 1000, 2000, 3500, 4500], [], [2750]),
        ([0, 1000, 2000, 3502, 4500], [2751], []),
        ([1000, 2000, 3000], [], [400, 3900]),
    ],
)
def test_a_beat_is_overdue_after_one_and_a_half_rr(
    certain: list[int], inside: list[int], outside: list[int]
) -> None:
    found = module._in_gap(np.array([*inside, *outside]), np.array(certain))
    assert found.tolist() == [True] * len(inside) + [False] * len(outside)


@pytest.mark.parametrize(
    ("gap", "first", "second", "kept"),
    [
        (199, 1.0, 0.59, [0]),  # T: within 400 ms and under six tenths
        (199, 1.0, 0.6, [0, 1]),
        (200, 1.0, 0.59, [0, 1]),
        (139, 0.74, 1.0, [1]),  # P: within 280 ms and under three quarters
        (139, 0.75, 1.0, [0, 1]),
        (140, 0.74, 1.0, [0, 1]),
    ],
)
def test_flat_peaks_beside_a_qrs_complex_are_its_t_or_p(
    gap: int, first: float, second: float, kept: list[int]
) -> None:
    peaks, activity = np.array([50, 50 + gap]), np.zeros(400)
    activity[peaks] = first, second
    assert module._drop_t_waves(peaks, activity).tolist() == peaks[kept].tolist()


def test_the_usual_peak_follows_slow_changes_but_not_below_half_of_the_whole() -> None:
    """Twenty blocks: ten of height 4, then ten of 1; half of the median over all is 1.25."""
    activity = np.zeros(20 * 1050)
    activity[np.arange(20) * 1050 + 500] = [4.0] * 10 + [1.0] * 10
    usual = module._usual_peak(activity)
    assert usual[[0, 3000, -1]] == pytest.approx([4.0, 4.0, 1.25])
    middle = [525 + 1050 * k for k in range(20)]
    assert usual[middle] == pytest.approx([4.0] * 10 + [1.25] * 10)
    assert usual[525 + 1050 * 9 + 420] == pytest.approx(4.0 - 0.4 * 2.75)


@pytest.mark.parametrize(("n_blocks", "first"), [(9, 1.0), (10, 3.0)])
def test_up_to_nine_blocks_have_one_usual_peak(n_blocks: int, first: float) -> None:
    activity = np.zeros(n_blocks * 1050)
    heights = [3.0] * 4 + [1.0] * (n_blocks - 4)
    activity[np.arange(n_blocks) * 1050 + 500] = heights
    assert module._usual_peak(activity)[0] == pytest.approx(first)
    assert module._usual_peak(activity)[-1] == pytest.approx(1.0)


def test_nine_neighbouring_blocks_say_what_is_usual() -> None:
    """Five of the nine blocks around block 11 are 2, four of those around block 12."""
    heights = [1.0] * 7 + [2.0] * 5 + [1.0] * 8
    activity = np.zeros(20 * 1050)
    activity[np.arange(20) * 1050 + 500] = heights
    usual = module._usual_peak(activity)
    assert usual[525 + 1050 * 11] == pytest.approx(2.0)
    assert usual[525 + 1050 * 12] == pytest.approx(1.0)
