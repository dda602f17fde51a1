"""The mean of a map over beats, with impulses at known moments of each beat."""

import numpy as np
import pytest

from ecgcore.explain.beat_map import beat_map
from ecgcore.signals.beats.beats import Beats
from tests.support.predictions import attribution

R_S = np.array([1.0, 2.0, 3.0, 4.0])
USUAL = np.zeros(4, np.int64)


def impulses(after_r_s, values, lead=7):
    scores = np.zeros((12, 1000), np.float32)
    for r, value in zip(R_S, values, strict=True):
        scores[lead, round(100 * (r + after_r_s))] = value
    return attribution(scores)


def test_what_returns_with_each_beat_stands_at_its_moment():
    made = beat_map(impulses(0.1, [1, 2, 3, 6]), Beats(R_S, USUAL))
    lead, step = np.argwhere(made.scores)[0]
    assert (lead, np.count_nonzero(made.scores), made.n_beats) == (7, 1, 4)
    assert made.scores[lead, step] == pytest.approx(3.0)
    assert made.edges_ms[step] <= 100 < made.edges_ms[step + 1]
    assert made.edges_ms[0] == -400
    assert np.diff(made.edges_ms) == pytest.approx(20)


def test_only_beats_of_the_usual_shape_count():
    made = beat_map(impulses(0.1, [1, 2, 3, 6]), Beats(R_S, np.array([0, 1, 0, 1])))
    assert made.scores.max() == pytest.approx(2.0)
    assert made.n_beats == 2


def test_a_moment_counts_for_the_nearest_beat_only():
    made = beat_map(impulses(0.65, [4, 0, 0, 0]), Beats(R_S, USUAL))
    assert made.scores.sum() == pytest.approx(1.0)
    step = int(made.scores[7].argmax())
    assert made.edges_ms[step] <= -345 < made.edges_ms[step + 1]


def test_there_is_no_mean_without_beats_and_a_curve_stays_one():
    assert beat_map(impulses(0.1, [1] * 4), Beats(np.zeros(0), np.zeros(0, np.int64))) is None
    curve = attribution(np.ones((1, 1000), np.float32), "gradcam")
    made = beat_map(curve, Beats(R_S, USUAL))
    assert made.scores.shape == (1, 50)
    assert not made.signed
