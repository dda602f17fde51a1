"""A wave that comes twice in a beat is seen, one that comes once or in another shape is not."""

import numpy as np
import pytest

from ecgcore.signals.measure import flutter as module
from ecgcore.signals.measure.flutter import Rest, repeats

T_MS = np.arange(-700.0, 700.0, 2.0)
GAIN = np.array([0.7, 1.0, 0.3, -0.85, 0.2, 0.65, -0.6, -0.3, 0.6, 1.2, 1.3, 1.0])
REST = Rest(after_t=-500.0, after_qrs=50.0, rr_ms=900.0)


def at(time_ms: float) -> int:
    return int(np.clip(round((time_ms + 700.0) / 2.0), 0, T_MS.size - 1))


def wave(peak_ms: float, gain: np.ndarray = GAIN) -> np.ndarray:
    return np.outer(gain, np.exp(-(((T_MS - peak_ms) / 25.0) ** 2)))


def seen(signal: np.ndarray, rest: Rest = REST) -> bool:
    return repeats(signal, at, (-200.0, -100.0), rest)


@pytest.mark.parametrize("earlier_ms", [180.0, 240.0, 300.0])
def test_a_wave_before_the_wave_repeats_it(earlier_ms: float) -> None:
    assert seen(wave(-150) + wave(-150 - earlier_ms))


@pytest.mark.parametrize(("later_ms", "repeated"), [(180.0, True), (240.0, True), (330.0, False)])
def test_a_wave_between_the_wave_and_qrs_repeats_it(later_ms: float, repeated: bool) -> None:
    signal = wave(-400) + wave(-400 + later_ms)
    assert repeats(signal, at, (-450.0, -350.0), REST._replace(after_t=-500.0)) is repeated
    early = REST._replace(before_qrs=-430.0 + later_ms)
    assert not repeats(signal, at, (-450.0, -350.0), early)


def test_a_wave_half_an_rr_later_repeats_it() -> None:
    assert seen(wave(-150) + wave(75), REST._replace(rr_ms=450.0))
    assert not seen(wave(-150) + wave(75))


def test_one_wave_or_unlike_waves_or_what_is_in_t_do_not_repeat() -> None:
    assert not seen(wave(-150))
    assert not seen(wave(-150) + wave(-390, np.roll(GAIN, 3)))
    assert not seen(wave(-150) + wave(-390, 0.3 * GAIN))
    assert not seen(wave(-150) + wave(-390), REST._replace(after_t=-330.0))


@pytest.mark.parametrize(
    ("earlier_ms", "repeated"), [(135, False), (152, True), (316, True), (345, False)]
)
def test_flutter_waves_come_every_150_to_320_ms(earlier_ms: float, repeated: bool) -> None:
    assert seen(wave(-150) + wave(-150 - earlier_ms), REST._replace(after_t=-620.0)) is repeated


@pytest.mark.parametrize(("shown_ms", "repeated"), [(50, False), (62, True)])
def test_sixty_ms_of_both_waves_must_be_seen(shown_ms: float, repeated: bool) -> None:
    """The end of T, 240 ms before the part of the wave that is shown."""
    rest = REST._replace(after_t=-100.0 - shown_ms - 240.0)
    narrow = [np.exp(-(((T_MS - peak_ms) / 15.0) ** 2)) for peak_ms in (-140, -380)]
    assert seen(np.outer(GAIN, sum(narrow)), rest) is repeated


@pytest.mark.parametrize(("off_ms", "repeated"), [(20, True), (36, False)])
def test_a_later_wave_lies_near_the_middle_of_rr(off_ms: float, repeated: bool) -> None:
    rest = REST._replace(rr_ms=2 * (232.0 - off_ms))
    assert seen(wave(-150) + wave(-150 + 232), rest) is repeated


def test_the_likeness_is_the_correlation_without_each_leads_level() -> None:
    draw = np.random.default_rng(0)
    one = draw.normal(size=(12, 40)) + draw.normal(size=(12, 1))
    other = 0.5 * one + draw.normal(size=(12, 40)) + draw.normal(0, 9, (12, 1))
    expected = np.corrcoef(
        *((x - x.mean(axis=1)[:, None]).ravel() for x in (one, other))
    )[0, 1]  # fmt: skip
    assert module._likeness(one, other) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("factor", "alike"), [(0.51, 1.0), (0.49, 0.0), (1.99, 1.0), (2.01, 0.0), (1.0, 1.0)]
)
def test_waves_of_less_than_half_or_more_than_twice_the_height_are_not_alike(
    factor: float, alike: float
) -> None:
    one = np.random.default_rng(0).normal(size=(12, 40))
    assert module._likeness(one, factor * one) == pytest.approx(alike)


@pytest.mark.parametrize(("n", "alike"), [(39, 1.0), (38, 0.0), (40, 1.0), (41, 1.0)])
def test_a_wave_that_is_cut_off_by_two_samples_is_not_compared(n: int, alike: float) -> None:
    one = np.random.default_rng(0).normal(size=(12, 50))
    assert module._likeness(one[:, :40], one[:, :n]) == pytest.approx(alike)


@pytest.mark.parametrize(("likeness", "repeated"), [(0.87, False), (0.89, True)])
def test_a_correlation_over_088_is_a_repetition(likeness: float, repeated: bool) -> None:
    """The earlier wave is partly in leads where the wave itself is not."""
    one = np.zeros(12)
    one[0] = 1.0
    other = np.zeros(12)
    other[:2] = likeness, np.sqrt(1 - likeness**2)
    assert seen(wave(-150, one) + wave(-390, other)) is repeated


@pytest.mark.parametrize(("after_qrs", "repeated"), [(60.0, True), (75.0, False)])
def test_of_a_later_wave_sixty_ms_must_stand_behind_qrs(after_qrs: float, repeated: bool) -> None:
    """The wave from -200 to -100 ms comes again from 34 to 134 ms, of which 60 ms follow 74 ms."""
    rest = Rest(after_t=-300.0, after_qrs=after_qrs, rr_ms=468.0)
    assert seen(wave(-130) + wave(-130 + 234), rest) is repeated


def test_shifts_are_tried_every_6_ms() -> None:
    assert module._FLUTTER_MS.tolist() == list(range(150, 321, 6))
