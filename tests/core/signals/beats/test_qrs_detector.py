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
