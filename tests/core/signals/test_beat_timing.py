"""Which wave and which beat a moment belongs to, with waves at known places."""

from dataclasses import replace

import numpy as np
import pytest

from ecgcore.signals.beat_timing import WAVES, Timing, beat_of, timing_of, wave_of
from ecgcore.signals.measure.delineate import Fiducial
from tests.support.measurements import measurements

TIMING = Timing(np.array([1.0, 2.0, 3.2]), -0.04, 0.04, 0.36, -0.2, 0.24)
BETWEEN = len(WAVES)


@pytest.mark.parametrize(
    ("after_r", "wave"),
    [
        (-0.21, None),
        (-0.19, "P"),
        (-0.05, "P"),
        (-0.03, "QRS"),
        (0.03, "QRS"),
        (0.05, "ST"),
        (0.13, "ST"),
        (0.15, "T"),
        (0.35, "T"),
        (0.37, None),
    ],
)
def test_each_moment_lies_in_its_wave(after_r, wave):
    expected = BETWEEN if wave is None else WAVES.index(wave)
    assert wave_of(TIMING, TIMING.r_s + after_r).tolist() == [expected] * 3


def test_st_ends_half_way_to_the_peak_of_t_or_to_its_end():
    assert TIMING.t_on_s == pytest.approx(0.14)
    assert replace(TIMING, t_peak_s=None).t_on_s == pytest.approx(0.2)
    assert replace(TIMING, t_peak_s=0.9).t_on_s == pytest.approx(0.2), "a peak beyond the end"
    assert replace(TIMING, t_peak_s=0.0).t_on_s == pytest.approx(0.04), "a peak before J"


def test_there_is_no_p_without_its_start_and_qrs_goes_before_t():
    without = replace(TIMING, p_on_s=None)
    assert wave_of(without, without.r_s - 0.1).tolist() == [BETWEEN] * 3
    fast = Timing(np.array([1.0, 1.34]), -0.04, 0.04, 0.36, -0.2, 0.24)
    assert wave_of(fast, np.array([1.34, 1.29])).tolist() == [WAVES.index("QRS"), WAVES.index("T")]


def test_a_moment_belongs_to_the_beat_with_the_nearest_r():
    times = np.array([0.0, 1.0, 1.49, 1.51, 2.59, 2.61, 9.0])
    assert beat_of(TIMING, times).tolist() == [0, 0, 0, 1, 1, 2, 2]


def test_the_peak_of_t_comes_from_the_measurements():
    assert timing_of(measurements()).t_peak_s == 0.23
    assert timing_of(measurements(marks={"t_peak": Fiducial(None, 0.0, "flat")})).t_peak_s is None
