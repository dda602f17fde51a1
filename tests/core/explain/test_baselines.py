"""What an ECG is compared with."""

import numpy as np
import pytest

from ecgcore.explain.maps.asked import seen
from ecgcore.explain.maps.baselines import (
    BASELINES,
    MEAN_RR_S,
    baseline_signal,
    mean_normal_beat,
    normal_beats,
)
from ecgcore.leads import LEADS
from ecgcore.models.cards import Preprocessing
from ecgcore.records import EcgRecord
from ecgcore.signals.beats.beats import Beats, find_beats

STEPS = Preprocessing(0.5, True, (0.01,) * 12, (0.2,) * 12)


@pytest.fixture(scope="module")
def record(synthetic_recordings):
    return synthetic_recordings.read(int(synthetic_recordings.catalog.frame.index[0]))


def test_the_mean_beat_is_that_of_a_normal_heart():
    at, beat = mean_normal_beat()
    assert beat.shape == (len(LEADS), at.size)
    at_r = dict(zip(LEADS, beat[:, np.argmin(np.abs(at))], strict=True))
    assert at_r["II"] > 0.5
    assert at_r["V1"] < -0.3
    assert at_r["aVR"] < -0.5
    assert np.allclose(beat[:, [0, -1]], 0)
    np.testing.assert_allclose(beat[0] + beat[2], beat[1], atol=5e-3)


def test_beats_stand_where_those_of_the_record_are_and_reach_its_ends():
    """At the usual distance nothing is stretched: each R is the template's, before R 1 too."""
    times = np.arange(1000) / 100
    r_s = np.array([1.0, 1.87, 2.74, 3.61])
    made = normal_beats(r_s, times)
    at, beat = mean_normal_beat()
    peak = beat[:, np.argmin(np.abs(at))]
    for r in (*r_s, 1.0 - MEAN_RR_S, 3.61 + MEAN_RR_S):
        np.testing.assert_allclose(made[:, round(r * 100)], peak, atol=0.01)
    assert not made[:, 600:].any()


def test_t_comes_later_after_a_long_interval():
    times = np.arange(2000) / 100

    def t_peak_s(rr_s):
        made = normal_beats(np.arange(1, 19, rr_s), times)[LEADS.index("V3")]
        after = made[120:170]
        return 0.2 + np.argmax(after) / 100

    assert t_peak_s(1.4) - t_peak_s(0.87) == pytest.approx(
        (np.sqrt(1.4 / 0.87) - 1) * (t_peak_s(0.87) - 0.06), abs=0.02
    )


def test_without_beats_the_flat_line_takes_its_place():
    flat = EcgRecord("x", np.zeros((12, 1000), np.float32), 100, "test")
    signal, kind = baseline_signal(flat, "normal_beat", find_beats(flat))
    assert kind == "zero"
    assert not signal.any()


def test_the_slow_part_keeps_the_level_and_loses_qrs(record):
    slow, kind = baseline_signal(record, "low_pass", Beats(np.zeros(0), np.zeros(0, np.int64)))
    assert kind == "low_pass"
    assert slow.mean() == pytest.approx(record.signal.mean(), abs=0.02)
    assert np.abs(slow).max() < 0.5 * np.abs(record.signal).max()


@pytest.mark.parametrize("kind", BASELINES)
def test_networks_see_it_filtered_and_scaled_as_the_record(record, kind):
    found = seen(record, STEPS, kind)
    beats = find_beats(record)
    expected = STEPS.apply(baseline_signal(record, kind, beats)[0])
    if kind == "zero":
        expected = np.zeros_like(expected)
    np.testing.assert_array_equal(found.baseline[0].numpy(), expected)
    np.testing.assert_array_equal(found.inputs[0].numpy(), STEPS.apply(record.signal))
    assert found.baseline_kind == kind
