"""Each limit of the signal quality, just within and just beyond it."""

import numpy as np
import pytest

from ecgcore.leads import LEADS
from ecgcore.records import EcgRecord
from ecgcore.signals import quality as module
from ecgcore.signals.clipping import limited
from ecgcore.signals.quality import Problem, Quality, assess

ZERO = np.zeros((12, 1000), np.float32)


def record(signal: np.ndarray, fs_hz: int = 100) -> EcgRecord:
    return EcgRecord("x", signal.astype(np.float32), fs_hz, "test")


def lively(seconds: int = 10, span_mv: float = 0.5, fs_hz: int = 100) -> np.ndarray:
    """Return leads that jump up and down by this much at every sample."""
    row = np.arange(seconds * fs_hz) % 2 * span_mv
    return np.tile(row, (12, 1)).astype(np.float32)


@pytest.mark.parametrize(("n_still", "flat"), [(69, False), (70, True)])
def test_a_lead_is_flat_from_seven_tenths_of_a_second_on(n_still: int, flat: bool) -> None:
    """Seventy differences of 0 at 100 Hz."""
    signal = lively()
    signal[3, 200 : 201 + n_still] = 0.0
    signal[3, [199, 201 + n_still]] = 0.5
    assert module._flat(record(signal)) == (
        {3: Problem("flat", "flat for 0.7 s", True)} if flat else {}
    )


@pytest.mark.parametrize(
    ("span_mv", "rest_mv", "seconds", "flat"),
    [
        (0.5, 0.029, 2, True),
        (0.5, 0.031, 2, False),
        (0.5, 0.029, 1, False),
        (0.21, 0.029, 2, True),
        (0.19, 0.029, 2, False),  # the others do not beat either
    ],
)
def test_a_lead_that_rests_for_two_seconds_while_others_beat_is_nearly_flat(
    span_mv: float, rest_mv: float, seconds: int, flat: bool
) -> None:
    signal = lively(span_mv=span_mv)
    signal[3, 300 : 300 + 100 * seconds] *= rest_mv / span_mv
    found = module._flat(record(signal))
    words = f"nearly flat for {seconds} s (within 0.03 mV)"
    assert found == ({3: Problem("flat", words, True)} if flat else {})


def test_whole_seconds_are_counted_at_any_rate() -> None:
    signal = lively(5, fs_hz=250)[:, :1200]
    signal[7, 250:1000] *= 0.01
    assert module._nearly_flat_s(record(signal, 250)).tolist() == [0] * 7 + [3] + [0] * 4


def plateaus(*parts: tuple[float, float, int], step_mv: float = 0.001) -> np.ndarray:
    """Return a lead at 500 Hz around 0 mV with plateaus: height, steps up to it, samples."""
    row = [0.0] * 1000 + [step_mv] + [0.0] * 1000
    for height, slope, n in parts:
        fall = [height - k * slope for k in range(1, round(height / slope))]
        row += [*fall[::-1], *[height] * n, *fall, *[0.0] * 500]
    return np.array(row + [0.0] * 500, np.float32)


@pytest.mark.parametrize(
    ("parts", "cut"),
    [
        # one plateau of 0.1 s, 1.5 mV away, whatever its slope
        ([(1.5, 0.01, 50)], True),
        ([(1.5, 0.01, 49)], False),
        ([(1.49, 0.01, 50)], False),
        ([(1.5, 0.01, 9), (1.5, 0.01, 50), (1.5, 0.01, 9)], True),
        # six samples with steep edges: 10 mV/s are 0.02 mV a sample
        ([(0.42, 0.021, 6)], True),
        ([(0.418, 0.019, 6)], False),
        ([(0.42, 0.021, 5)], False),
        ([(0.42, 0.021, 3), (0.42, 0.021, 3)], True),
        ([(0.42, 0.021, 3), (0.42, 0.021, 2)], False),
        ([(0.42, 0.021, 5), (0.42, 0.021, 1)], False),  # a single sample is no plateau
        ([(0.315, 0.021, 6)], True),
        ([(0.294, 0.021, 6)], False),  # too near to the lead's median
        ([(0.42, 0.021, 6), (0.42, 0.014, 9)], True),  # of those with slow edges none counts
    ],
)
def test_what_looks_cut_off(parts: list[tuple[float, float, int]], cut: bool) -> None:
    row = plateaus(*parts)
    assert module._at_rail(row, row.max(), 500) is cut
    assert module._at_rail(-row, (-row).min(), 500) is cut


@pytest.mark.parametrize(("slope", "cut"), [(0.035, False), (0.042, True)])
def test_edges_are_four_times_as_steep_as_the_converters_step(slope: float, cut: bool) -> None:
    """A step of 0.01 mV asks for 0.04 mV."""
    row = plateaus((0.42, slope, 6), step_mv=0.01)
    assert module._at_rail(row, row.max(), 500) is cut


@pytest.mark.parametrize("at_start", [True, False])
def test_a_plateau_at_an_end_of_the_recording_has_one_edge(at_start: bool) -> None:
    row = np.zeros(500, np.float32)
    row[250] = 0.001
    row[-6:] = 0.5
    row = row[::-1] if at_start else row
    assert module._at_rail(row, np.float32(0.5), 500) is False, "the plateau's own step is 0"
    row[[0, -1]] = 0.0
    assert module._at_rail(row, np.float32(0.5), 500) is False, "five samples"


def test_both_rails_and_all_samples_there_are_named() -> None:
    up, down = plateaus((0.42, 0.021, 6), (0.42, 0.021, 4)), -plateaus((0.63, 0.021, 7))
    signal = np.zeros((12, up.size + down.size), np.float32)
    signal[2, : up.size] = up
    signal[3] = np.concatenate([up, down])
    found = module._clipped(signal, 500)
    assert set(found) == {2, 3}
    assert found[2] == Problem("clipped", "cut off at 0.4 mV (10 samples)", True)
    words = found[3].words
    assert words == "cut off at −0.6 mV and 0.4 mV (17 samples)"


@pytest.mark.parametrize(
    ("lead", "weights"),
    [("III", (-1, 1)), ("aVR", (-0.5, -0.5)), ("aVL", (1, -0.5)), ("aVF", (-0.5, 1))],
)
@pytest.mark.parametrize(
    ("gap_mv", "share", "problem"),
    [
        (0.101, 0.26, True),
        (0.099, 0.26, False),
        (0.101, 0.24, False),
        (1.001, 0.001, True),
        (0.999, 0.001, False),
    ],
)
def test_a_derived_lead_contradicts_i_and_ii(
    lead: str, weights: tuple[float, float], gap_mv: float, share: float, problem: bool
) -> None:
    """An offset leaves the beats as they are, so that the lead is still read."""
    draw = np.random.default_rng(0).normal(0, 0.2, (2, 1000))
    rows = {"I": (1, 0), "II": (0, 1), "III": (-1, 1), "aVR": (-0.5, -0.5), "aVL": (1, -0.5)}
    signal = ZERO.copy()
    for k, name in enumerate(LEADS[:6]):
        signal[k] = np.array(rows.get(name, (-0.5, 1))) @ draw
    signal[LEADS.index(lead), : round(1000 * share)] += gap_mv
    found = module._contradictions(signal, 100, {})
    assert set(found) == ({LEADS.index(lead)} if problem else set())
    for one in found.values():
        assert one.words.startswith("resembles but differs from")
        assert (one.severe, one.words[-7:]) == (False, f"{gap_mv:.2f} mV")
    for missing in (0, 1):
        assert module._contradictions(signal, 100, {missing: Problem("missing", "", True)}) == {}


def wave(lag_deg: float, height_mv: float, hz: float = 5.0) -> np.ndarray:
    return height_mv * np.sin(2 * np.pi * hz * np.arange(5000) / 500 - np.deg2rad(lag_deg))


@pytest.mark.parametrize(
    ("lag_deg", "height_mv", "hz", "severe"),
    [
        (61, 0.2, 5.0, True),  # the correlation of two sines is the cosine of their lag
        (59, 0.2, 5.0, False),
        (180, 0.055, 5.0, True),  # the sine of 0.11 mV is above 0.1 mV for a quarter of the time
        (180, 0.050, 5.0, False),
        (180, 0.2, 0.2, False),  # slow: wander
        (180, 0.2, 150.0, False),  # fast: noise
    ],
)
def test_a_lead_that_does_not_resemble_i_and_ii_in_its_beats_is_not_read(
    lag_deg: float, height_mv: float, hz: float, severe: bool
) -> None:
    """Of a sine's magnitudes a quarter lies above cos(45/2 degrees) = 0.92 of its height."""
    expected = wave(0, height_mv, hz)
    assert module._unlike(wave(lag_deg, height_mv, hz), expected, 500) is severe
    assert module._unlike(wave(0, 4 * height_mv, hz), expected, 500) is False, "alike, only larger"


@pytest.mark.parametrize(
    ("heights", "cut"),
    [
        ((0.9, 0.8, 0.85, 0.95), True),
        ((0.9, 0.8), True),
        ((0.9,), False),  # one beat may be as flat by nature
        ((0.9, 0.9, 0.9, 0.9), False),  # a simulator's beats
    ],
)
def test_a_limiter_cuts_different_beats_at_one_value(heights: tuple[float, ...], cut: bool) -> None:
    row = np.zeros(1000, np.float32)
    for k, height in enumerate(heights):
        for beside, share in ((-2, 0.4), (-1, 0.8), (0, 1.0), (1, 0.95), (2, 0.5)):
            row[100 + 80 * k + beside] = height * share
    cut_off = np.minimum(row, np.float32(0.7))
    assert limited(cut_off, cut_off.max(), 100) is cut
    assert limited(-cut_off, -cut_off.max(), 100) is cut
    assert limited(row, row.max(), 100) is False, "nothing is cut off"


def test_a_limiter_is_told_from_a_small_wave_a_coarse_converter_and_a_short_touch() -> None:
    def beats(top: float, n: int, step: float) -> np.ndarray:
        row = np.zeros(2000, np.float32)
        for at, beside in ((100, top / 2), (300, top / 3), (500, top / 4)):
            row[at - 1], row[at : at + n], row[at + n] = beside, top, top - step
        return row

    assert limited(beats(0.4, 2, 0.2), np.float32(0.4), 100) is True
    assert limited(beats(0.09, 2, 0.05), np.float32(0.09), 100) is False, "below 0.1 mV"
    assert limited(beats(0.4, 1, 0.2), np.float32(0.4), 100) is False, "3 samples"
    assert limited(beats(0.4, 3, 0.2), np.float32(0.4), 500) is False, "9 of 10 samples"
    assert limited(beats(0.4, 4, 0.2), np.float32(0.4), 500) is True
    assert limited(beats(0.4, 2, 0.002), np.float32(0.4), 100) is False, "one step below"


@pytest.mark.parametrize(("sd_mv", "found"), [(0.015, False), (0.030, True)])
@pytest.mark.parametrize("fs_hz", [100, 250, 500, 1000])
def test_white_noise_counts_alike_at_every_rate(fs_hz: int, sd_mv: float, found: bool) -> None:
    signal = np.zeros((12, 10 * fs_hz), np.float32)
    signal[7] = 1.0 * (np.arange(10 * fs_hz) % fs_hz < 0.02 * fs_hz)
    signal[7] += np.random.default_rng(0).normal(0, sd_mv, 10 * fs_hz)
    kinds = [problem.kind for problem in assess(record(signal, fs_hz)).leads[7]]
    assert ("noise" in kinds) is found


def test_white_noise_is_its_standard_deviation_at_high_rates_only() -> None:
    signal = np.random.default_rng(0).normal(-9.8, 0.05, (12, 5000)).astype(np.float32)
    level = module._white_noise(signal, 500)
    assert level is not None
    assert level.shape == (12, 10)
    assert level.mean() == pytest.approx(0.046, abs=0.002), "the third of ten tenths is lower"
    at_s = np.arange(5000) / 500
    mains = np.tile(np.sin(2 * np.pi * 50 * at_s), (12, 1)).astype(np.float32)
    assert np.abs(module._white_noise(mains, 500)[:, 1:-1]).max() < 0.05
    assert module._white_noise(signal, 100) is None


def test_noise_is_what_lies_between_20_and_40_hz() -> None:
    """A windowed filter of 31 taps halves what is at its limits."""
    band = module._NOISE_BAND
    gain = {
        hz: abs(np.sum(band * np.exp(-2j * np.pi * hz / 100 * np.arange(band.size))))
        for hz in (10, 20, 30, 40, 50)
    }
    assert band.size == 31
    assert gain == pytest.approx({10: 0.0, 20: 0.5, 30: 1.0, 40: 0.5, 50: 0.0}, abs=0.02)


def noise(monkeypatch: pytest.MonkeyPatch, levels: np.ndarray, qrs_mv: float = 1.0) -> dict:
    """Return what is found in V2 with RMS of `levels` in tenths of seconds."""
    fast = ZERO[:, : 10 * levels.size].copy()
    fast[7] = np.repeat(levels, 10) * np.tile([1, -1], 5 * levels.size)
    monkeypatch.setattr(module, "correlate1d", lambda slow, band, axis: fast)
    slow = np.zeros_like(fast)
    slow[:, ::50] = qrs_mv / 2
    slow[:, 25::50] = -qrs_mv / 2
    return module._noise(slow)


@pytest.mark.parametrize(
    ("n_noisy", "level", "words"),
    [
        (8, 0.0151, "noise 0.015 mV RMS"),
        (8, 0.0149, None),
        (7, 0.0151, None),  # three tenths of each second are quiet
    ],
)
def test_noise_is_the_rms_in_the_quiet_quarter_of_a_second(
    monkeypatch: pytest.MonkeyPatch, n_noisy: int, level: float, words: str | None
) -> None:
    levels = np.tile([level] * n_noisy + [0.0] * (10 - n_noisy), 10)
    found = noise(monkeypatch, levels)
    assert found == ({7: Problem("noise", words, False)} if words else {})


def test_noise_in_less_than_half_of_the_seconds_is_a_burst(monkeypatch: pytest.MonkeyPatch) -> None:
    levels = np.zeros(100)
    levels[20:60] = 0.02
    levels[30:40] = 0.04
    assert noise(monkeypatch, levels)[7].words == "noise 0.040 mV RMS in second 4"
    levels[60:80] = 0.02
    assert noise(monkeypatch, levels)[7].words == "noise 0.020 mV RMS"


@pytest.mark.parametrize(("qrs_mv", "severe"), [(0.71, True), (0.73, False)])
def test_noise_of_a_third_of_the_height_is_severe(
    monkeypatch: pytest.MonkeyPatch, qrs_mv: float, severe: bool
) -> None:
    """Noise of 0.04 mV RMS is 0.24 mV from peak to peak."""
    assert noise(monkeypatch, np.full(100, 0.04), qrs_mv)[7].severe is severe


def baseline(row: np.ndarray) -> Problem | None:
    signal = ZERO[:, : row.size].copy()
    signal[7] = row
    found = module._baseline(signal)
    assert set(found) <= {7}
    return found.get(7)


AT_S = np.arange(1000) / 100


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (0.59 * (AT_S >= 5), None),
        (0.61 * (AT_S >= 5), ("baseline shifts by 0.6 mV", False)),
        (3.01 * (AT_S >= 5), ("baseline shifts by 3.0 mV", True)),
        (2.99 * (AT_S >= 5), ("baseline shifts by 3.0 mV", False)),
        # a slope over the 9.4 s between the first and the last median
        (0.99 * (AT_S - 5) / 9.4, None),
        (1.02 * (AT_S - 5) / 9.4, ("baseline wanders by 1.0 mV", False)),
        (3.02 * (AT_S - 5) / 9.4, ("baseline wanders by 3.0 mV", True)),
        (np.full(1000, 1.99), None),
        (np.full(1000, -2.01), ("baseline at −2.0 mV", False)),
        (np.full(1000, 2.01), ("baseline at 2.0 mV", False)),
        (5.0 * ((AT_S >= 5) & (AT_S < 5.26)), None),  # a wave of less than half of 0.6 s
        (0.7 * np.clip((AT_S - 5) / 0.9, 0, 1), None),  # 0.54 mV in 0.7 s
        (0.85 * np.clip((AT_S - 5) / 0.9, 0, 1), ("baseline shifts by 0.7 mV", False)),
    ],
)
def test_the_baseline_is_the_running_median_over_six_tenths_of_a_second(
    row: np.ndarray, problem: tuple[str, bool] | None
) -> None:
    found = baseline(row)
    assert (
        found and (found.words.partition(" at 5")[0].partition(" at 4")[0], found.severe)
    ) == problem


@pytest.mark.parametrize("start_s", [2.0, 5.0, 8.0])
def test_a_shift_is_where_the_middle_of_its_slope_lies(start_s: float) -> None:
    """A slope of 0.7 s, told to a tenth of a second."""
    found = baseline(np.clip((AT_S - start_s) / 0.7, 0, 1))
    assert found is not None
    words, _, at = found.words.partition(" at ")
    assert words == "baseline shifts by 1.0 mV"
    assert float(at.removesuffix(" s")) == pytest.approx(start_s + 0.35, abs=0.06)


@pytest.mark.parametrize("at_s", [2.04, 5.0, 7.56])
@pytest.mark.parametrize("sign", [1, -1])
def test_an_electrode_jump_between_beats_is_told_where_it_is(at_s: float, sign: int) -> None:
    beats = np.exp(-(((AT_S % 0.8 - 0.4) / 0.015) ** 2)) + 0.3 * np.exp(
        -(((AT_S % 0.8 - 0.7) / 0.04) ** 2)
    )
    found = baseline(beats + sign * (at_s <= AT_S))
    assert found is not None
    assert float(found.words.split()[-2]) == pytest.approx(at_s, abs=0.11)


def sines(*parts: tuple[float, float], fs_hz: int = 500, share: float = 1.0) -> dict:
    """Return what is found in V2 with sines of a frequency and amplitude."""
    at_s = np.arange(10 * fs_hz) / fs_hz
    signal = np.zeros((12, at_s.size), np.float32)
    for hz, mv in parts:
        signal[7] += mv * np.sin(2 * np.pi * hz * at_s)
    signal[7, round(share * at_s.size) :] = 0.0
    return module._mains(signal, fs_hz)


@pytest.mark.parametrize("hz", [50, 60])
@pytest.mark.parametrize(
    ("mv", "severe"), [(0.0195, None), (0.0205, False), (0.099, False), (0.101, True)]
)
def test_mains_is_a_line_of_a_fiftieth_of_a_millivolt(
    hz: int, mv: float, severe: bool | None
) -> None:
    found = sines((hz, mv))
    words = f"mains {hz} Hz, {mv:.2f} mV"
    assert found == ({} if severe is None else {7: Problem("mains", words, severe)})


@pytest.mark.parametrize(("hz", "beside_hz"), [(50, 35), (50, 65), (60, 45), (60, 75)])
@pytest.mark.parametrize(("part", "found"), [(0.32, True), (0.35, False)])
def test_mains_stands_three_times_above_what_lies_15_hz_beside_it(
    hz: int, beside_hz: int, part: float, found: bool
) -> None:
    assert bool(sines((hz, 0.05), (beside_hz, part * 0.05))) is found


@pytest.mark.parametrize(("share", "found"), [(0.80, True), (0.70, False)])
def test_mains_is_there_in_the_quiet_quarter_of_the_windows_too(share: float, found: bool) -> None:
    assert bool(sines((50, 0.05), share=share)) is found


@pytest.mark.parametrize(("other", "words"), [(0.03, "mains 50 Hz"), (0.09, "mains 60 Hz")])
def test_of_two_lines_the_larger_one_is_the_mains(other: float, words: str) -> None:
    assert sines((50, 0.05), (60, other))[7].words.startswith(words)


@pytest.mark.parametrize(("fs_hz", "found"), [(159, False), (160, True)])
def test_mains_is_looked_for_from_160_hz_on(fs_hz: int, found: bool) -> None:
    assert bool(sines((60, 0.06), fs_hz=fs_hz)) is found


@pytest.mark.parametrize(("n_samples", "asked"), [(199, False), (200, True)])
def test_noise_baseline_and_swaps_need_two_seconds(
    monkeypatch: pytest.MonkeyPatch, n_samples: int, asked: bool
) -> None:
    calls = []
    for name in ("_noise", "_baseline", "suspected_swap"):
        monkeypatch.setattr(
            module,
            name,
            lambda *_, name=name: calls.append(name) or ({} if name[0] == "_" else None),
        )
    monkeypatch.setattr(module, "_clipped", lambda signal, fs_hz: {})
    signal = np.random.default_rng(0).normal(0, 0.01, (12, n_samples))
    assess(record(signal))
    assert calls == (["_noise", "_baseline", "suspected_swap"] if asked else [])


@pytest.mark.parametrize(("severe", "unreadable"), [(True, {4}), (False, set())])
def test_a_swap_is_looked_for_with_the_leads_that_should_not_be_read(
    monkeypatch: pytest.MonkeyPatch, severe: bool, unreadable: set[int]
) -> None:
    asked = []
    monkeypatch.setattr(module, "suspected_swap", lambda slow, bad: asked.append(bad))
    monkeypatch.setattr(module, "_noise", lambda slow, white: {4: Problem("noise", "n", severe)})
    for name in ("_flat", "_baseline"):
        monkeypatch.setattr(module, name, lambda record: {})
    monkeypatch.setattr(module, "_clipped", lambda signal, fs_hz: {})
    assess(record(np.random.default_rng(0).normal(0, 0.01, (12, 1000))))
    assert asked == [unreadable]


@pytest.mark.parametrize(
    ("kinds", "note"),
    [
        (("noise", "baseline"), "noise, baseline wander"),  # 22 letters
        (("noise", "mains", "clipped"), "noise, mains, clipped"),
        (("contradiction",), "contradictory limb lead"),
        (("flat", "baseline"), "flat lead, 1 more"),  # would have 26
        (("mains", "noise", "flat", "missing"), "mains, 3 more"),
    ],
)
def test_a_note_has_24_letters_at_most(kinds: tuple[str, ...], note: str) -> None:
    problems = tuple(Problem(kind, kind, severe=False) for kind in kinds)
    assert module.lead_notes(Quality((problems, *((),) * 11))) == {"I": note}


def test_a_note_of_exactly_24_letters_is_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(module.KIND_NAMES, "noise", "n" * 24)
    monkeypatch.setitem(module.KIND_NAMES, "mains", "m" * 12)
    monkeypatch.setitem(module.KIND_NAMES, "flat", "f" * 11)
    assert module._note((Problem("noise", "", False),)) == "n" * 24
    two = module._note((Problem("mains", "", False), Problem("flat", "", False)))
    assert two == "m" * 12 + ", 1 more"
