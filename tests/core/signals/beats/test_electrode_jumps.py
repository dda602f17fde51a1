"""Levels and changes around a doubtful beat, against plain sums over the samples that are named."""

import numpy as np
import pytest

from ecgcore.signals.beats import electrode_jumps as module


def trace(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(12, 600)).cumsum(axis=1)


def test_a_jump_is_told_from_levels_of_80_ms_around_the_beat() -> None:
    """At 500 Hz from 360 and 200 ms before, 120 and 280 ms after; changes within 120 ms."""
    signal = trace()
    levels = [signal[:, first : first + 40].mean(axis=1) for first in (120, 200, 360, 440)]
    expected, change = 0.0, 0.0
    for lead, (far_before, before, after, far_after) in enumerate(zip(*levels, strict=True)):
        line_before, line_after = 2 * before - far_before, 2 * after - far_after
        expected += min(abs(line_after - line_before), abs(after - before))
        near = signal[lead, 240:360]
        change += near.max() - near.min()
    assert module._jump(signal, 300) == pytest.approx(expected / change)


def test_a_step_jumps_by_all_of_its_change_and_a_drift_by_nothing() -> None:
    step = np.zeros((12, 600))
    step[:, 300:] = 0.7
    assert module._jump(step, 300) == pytest.approx(1.0)
    assert module._jump(np.tile(np.arange(600.0), (12, 1)), 300) == pytest.approx(0.0, abs=1e-9)
    assert module._jump(np.zeros((12, 600)), 300) == 0.0


def test_near_an_end_the_last_sample_stands_for_what_is_outside() -> None:
    signal = trace()
    longer = np.pad(signal, ((0, 0), (300, 300)), mode="edge")
    for centre in (20, 590):
        assert module._jump(signal, centre) == pytest.approx(module._jump(longer, centre + 300))


def test_without_its_steepest_samples_a_beat_keeps_its_other_changes() -> None:
    """Of 119 changes from 60 samples before to 59 after, 13 around the steepest place are 0."""
    for seed in range(4):
        signal = trace(seed)
        changes = np.diff(signal[:, 240:360], axis=1)
        speed = np.convolve(np.abs(changes).sum(axis=0), np.ones(13), mode="same")
        steepest = int(speed.argmax())
        changes[:, max(steepest - 6, 0) : steepest + 7] = 0.0
        left = np.cumsum(changes, axis=1)
        expected = (left.max(axis=1) - left.min(axis=1)).sum()
        assert module._without_step(signal, 300) == pytest.approx(expected)


def test_the_steepest_place_may_lie_at_the_start() -> None:
    signal = np.zeros((12, 600))
    signal[:, 242:] = 5.0
    signal[:, 300:320] += 1.0
    assert module._without_step(signal, 300) == pytest.approx(12.0)


@pytest.mark.parametrize(
    ("jump", "left_mv", "step"),
    [(0.49, 0.0, False), (0.5, 1.4, True), (0.51, 1.49, True), (0.51, 1.5, False)],
)
def test_a_step_jumps_by_half_its_change_and_hides_less_than_three_quarters_of_a_beat(
    monkeypatch: pytest.MonkeyPatch, jump: float, left_mv: float, step: bool
) -> None:
    """The usual beats have 1, 2 and 9 mV: 2 mV is the usual one."""
    left = {300: left_mv, 100: 1.0, 200: 9.0, 400: 2.0}
    monkeypatch.setattr(module, "_jump", lambda signal, centre: jump)
    monkeypatch.setattr(module, "_without_step", lambda signal, centre: left[centre])
    assert module.is_step(np.zeros((12, 600)), 300, np.array([100, 200, 400])) is step
