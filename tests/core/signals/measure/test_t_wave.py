"""The end of T where it was put: with U waves, offsets, f waves and noise; and what weighs it."""

import numpy as np
import pytest

from ecgcore.signals.beats.beats import MedianBeat
from ecgcore.signals.measure import t_wave as module
from ecgcore.signals.measure.delineate import delineate
from ecgcore.signals.measure.fiducials import Fiducial
from ecgcore.signals.measure.scene import Scene

R, N, FS = 300, 700, 500
AT_MS = (np.arange(N) - R) * 2.0
GAINS = np.linspace(0.4, 1.0, 12) * np.where(np.arange(12) % 5 == 3, -1, 1)
T_END_MS = 360.0


def bell(centre_ms: float, width_ms: float) -> np.ndarray:
    return np.exp(-0.5 * ((AT_MS - centre_ms) / width_ms) ** 2)


def half_cosine(start_ms: float, peak_ms: float, end_ms: float) -> np.ndarray:
    """A wave that is 0 before its start and after its end."""
    up = np.clip((AT_MS - start_ms) / (peak_ms - start_ms), 0, 1)
    down = np.clip((end_ms - AT_MS) / (end_ms - peak_ms), 0, 1)
    return 0.5 - 0.5 * np.cos(np.pi * np.minimum(up, down))


def beat(t_mv: float = 0.3, other: np.ndarray | float = 0.0, error_mv: float = 0.004) -> MedianBeat:
    """P, QRS of 90 ms and a T that ends at `T_END_MS`, in twelve leads of different height."""
    heart = 0.1 * bell(-150, 20) + 1.0 * bell(0, 12) - 0.2 * bell(25, 8)
    signal = np.outer(GAINS, heart + t_mv * half_cosine(120, 260, T_END_MS)) + other
    return MedianBeat(
        signal.astype(np.float32), FS, R, 10, np.full(12, error_mv, np.float32),
        halves=np.stack([signal, signal]).astype(np.float32),
    )  # fmt: skip


def t_off(made: MedianBeat, rr_ms: float = 1000.0) -> Fiducial:
    return delineate(made, rr_ms).t_off


def test_t_ends_where_it_was_put() -> None:
    assert t_off(beat()).time_ms == pytest.approx(T_END_MS, abs=12)
    assert t_off(beat(t_mv=-0.3)).time_ms == pytest.approx(T_END_MS, abs=12)


@pytest.mark.parametrize("share", [0.2, 0.4, 0.55])
def test_a_u_wave_is_not_the_end_of_t(share: float) -> None:
    u_wave = np.outer(GAINS, share * 0.3 * half_cosine(380, 440, 500))
    assert t_off(beat(other=u_wave)).time_ms == pytest.approx(T_END_MS, abs=20)


@pytest.mark.parametrize("offset_mv", [-0.5, 0.5])
def test_the_offset_of_a_lead_does_not_move_a_low_t(offset_mv: float) -> None:
    """The limb leads drift by the offset from one beat to the next."""
    drift = np.zeros((12, N))
    drift[:6] = offset_mv * AT_MS / 1000
    assert t_off(beat(0.1, drift)).time_ms == pytest.approx(T_END_MS, abs=15)


def test_waves_of_two_leads_alone_are_no_t() -> None:
    """Waves at 6 Hz in II and V1, as of the atria, beside a low T."""
    waves = np.zeros((12, N))
    waves[[1, 6]] = 0.06 * np.sin(2 * np.pi * 6 * AT_MS / 1000)
    found = t_off(beat(0.12, waves))
    assert found.time_ms == pytest.approx(T_END_MS, abs=20) or found.confidence < 0.5


def test_two_equal_humps_are_doubted() -> None:
    """Two T waves one after the other, each as likely: the choice is told as a doubt."""
    twin = np.outer(GAINS, 0.3 * half_cosine(340, 430, 530))
    found = t_off(beat(other=twin), rr_ms=1250.0)
    assert found.confidence < 0.5
    assert "T may also end elsewhere" in found.reason


def test_tangent_and_area_of_a_straight_fall() -> None:
    """From 1 at sample 100 straight down to 0 at sample 150."""
    lead = np.interp(np.arange(400), [50, 100, 150], [0.0, 1.0, 0.0])
    assert module._tangent(lead, 100, 210) == pytest.approx(150, abs=1)
    assert module._area(lead, 100, 230) == pytest.approx(150, abs=9)
    assert np.isnan(module._tangent(np.arange(400.0), 100, 210))


def test_the_median_of_leads_goes_by_their_weight() -> None:
    values = np.array([400.0, 300.0, np.nan, 310.0])
    assert module._weighted_median(values, np.array([9.0, 1.0, 50.0, 1.0])) == 400.0
    assert module._weighted_median(values, np.array([1.0, 9.0, 50.0, 1.0])) == 300.0
    assert np.isnan(module._weighted_median(np.array([np.nan]), np.ones(1)))


def test_of_close_candidates_the_tallest_counts() -> None:
    times, height = np.array([300.0, 308.0, 321.0]), np.array([0.5, 1.0, 0.4])
    assert module._apart(times, height) == [1, 2]


def test_candidates_say_height_and_what_came_before() -> None:
    scene = Scene(beat(), 1000.0)
    found = module.candidates(scene, -40.0, scene.at(90.0), scene.at(600.0))
    assert found is not None
    heights = np.exp(found.features[:, 0])
    assert heights.max() == pytest.approx(1.0)
    assert np.exp(found.features[0, 5]) == pytest.approx(0.05)
    assert np.exp(found.features[1:, 5]) == pytest.approx(np.maximum.accumulate(heights)[:-1])
    assert found.shares.sum() == pytest.approx(1.0)
    assert module.candidates(Scene(beat(0.0), 1000.0), -40.0, 400, 400) is None


def test_what_differs_between_the_halves_does_not_return() -> None:
    made = beat()
    mixed = np.stack([made.signal, -made.signal])
    other = MedianBeat(made.signal, FS, R, 10, made.noise_mv, halves=mixed)
    window = R + 130, R + 180
    assert module._returns(Scene(made, 1000.0), *window) == pytest.approx(1.0)
    assert module._returns(Scene(other, 1000.0), *window) == pytest.approx(-1.0)
