"""Changed ECGs whose right shape is known: a bump for P, a triangle for QRS, a box for ST-T."""

from dataclasses import replace

import numpy as np
import pytest

from ecgcore.errors import RecordError
from ecgcore.leads import LEADS
from ecgcore.records import EcgRecord
from ecgcore.signals.beats.beats import Beats
from ecgcore.signals.measure.delineate import Fiducial
from ecgcore.signals.what_if import (
    Timing,
    WhatIf,
    change_rate,
    scale_st,
    silence_lead,
    timing_of,
)
from tests.support.measurements import measurements

FS_HZ = 500
R_S = np.arange(0.6, 10, 1.0)
TIMING = Timing(R_S, -0.04, 0.04, 0.36, -0.2)
TIMES = np.arange(10 * FS_HZ) / FS_HZ


def beats(r_s=R_S, st_mv=0.1, level_mv=0.0):
    """P of 0.1 mV, QRS of 1 mV, ST-T of `st_mv` up to 300 ms after R; lead k is k times as tall."""
    wave = np.zeros_like(TIMES)
    for r in r_s:
        t = TIMES - r
        wave += np.clip(1 - np.abs(t) / 0.03, 0, None)
        wave += 0.1 * np.exp(-((t + 0.14) ** 2) / (2 * 0.015**2))
        wave += st_mv * ((t >= 0.05) & (t < 0.3))
    return (np.arange(1, 13)[:, None] * wave + level_mv).astype(np.float32)


def at(signal, time_s, lead="I"):
    return float(signal[LEADS.index(lead), round(time_s * FS_HZ)])


def peaks_s(signal):
    lead = signal[0]
    inner = (lead[1:-1] > lead[:-2]) & (lead[1:-1] >= lead[2:]) & (lead[1:-1] > 0.7)
    return (np.flatnonzero(inner) + 1) / FS_HZ


def test_a_silent_lead_is_zero_and_no_other_changes():
    signal = beats()
    silent = silence_lead(signal, "V2")
    assert not silent[LEADS.index("V2")].any()
    others = [k for k, lead in enumerate(LEADS) if lead != "V2"]
    np.testing.assert_array_equal(silent[others], signal[others])
    assert signal[LEADS.index("V2")].any(), "the given signal stays"
    with pytest.raises(RecordError, match="'V9' is no lead"):
        silence_lead(signal, "V9")


@pytest.mark.parametrize("factor", [-1.0, 0.0, 2.0, 3.0])
@pytest.mark.parametrize("level_mv", [0.0, 0.7])
def test_st_is_so_many_times_as_far_from_its_level_and_nothing_else_changes(factor, level_mv):
    signal = beats(level_mv=level_mv)
    scaled = scale_st(signal, FS_HZ, factor, TIMING)
    for r in R_S:
        assert at(scaled, r + 0.2) == pytest.approx(level_mv + factor * 0.1, abs=1e-5)
        assert at(scaled, r + 0.2, "V6") == pytest.approx(level_mv + factor * 1.2, abs=1e-4)
    since_r = (TIMES - R_S[0]) % 1.0
    outside = (since_r <= 0.04) | (since_r >= 0.36)
    np.testing.assert_array_equal(scaled[:, outside], signal[:, outside])


def test_st_begins_and_ends_without_a_step():
    signal = beats(st_mv=0.0)
    for r in R_S:
        signal[:, (TIMES - r > 0.03) & (TIMES - r < 0.5)] = 0.1
    scaled = scale_st(signal, FS_HZ, 2.0, TIMING)
    assert at(scaled, R_S[3] + 0.05) == pytest.approx(0.15, abs=1e-4), "half way after 10 ms"
    assert at(scaled, R_S[3] + 0.34) == pytest.approx(0.15, abs=1e-4), "20 ms before its end"
    assert np.abs(np.diff(scaled - signal, axis=1)).max() < 0.1 * 0.16 + 1e-6


def test_the_end_of_t_never_reaches_into_the_next_beat():
    late = replace(TIMING, t_off_s=0.9)
    signal = beats()
    scaled = scale_st(signal, FS_HZ, 3.0, late)
    since_r = (TIMES - R_S[0]) % 1.0
    np.testing.assert_array_equal(scaled[:, since_r >= 0.8], signal[:, since_r >= 0.8])
    without_p = scale_st(signal, FS_HZ, 3.0, replace(late, p_on_s=None))
    assert at(without_p, R_S[2] + 0.86) == pytest.approx(3 * at(signal, R_S[2] + 0.86), rel=1e-3)


@pytest.mark.parametrize("rate_bpm", [40.0, 75.0, 90.0])
def test_beats_follow_at_the_new_rate_with_p_pr_and_qrs_as_they_were(rate_bpm):
    signal = beats()
    changed = change_rate(signal, FS_HZ, rate_bpm, TIMING)
    assert changed.shape == signal.shape
    found = peaks_s(changed)
    assert found[0] < 60 / rate_bpm + 1e-9
    assert np.diff(found) == pytest.approx(60 / rate_bpm, abs=0.003)
    assert len(found) == pytest.approx(10 * rate_bpm / 60, abs=1)
    assert TIMES[-1] - found[-1] < 60 / rate_bpm + 0.01, "to the very end"
    for r in found[1:-1]:
        assert at(changed, r) == pytest.approx(1.0, abs=0.05)
        assert at(changed, r - 0.14) == pytest.approx(0.1, abs=0.005), "P stays 140 ms before R"
        assert at(changed, r + 0.016) == pytest.approx(1 - 0.016 / 0.03, abs=0.06)


@pytest.mark.parametrize(("rate_bpm", "shrinks"), [(48.0, False), (72.0, True)])
def test_qt_follows_the_cube_root_of_rr(rate_bpm, shrinks):
    changed = change_rate(beats(), FS_HZ, rate_bpm, TIMING)
    r = peaks_s(changed)[3]
    ratio = (60 / rate_bpm) ** (1 / 3)
    end = (0.4 * ratio - 0.08) / 0.32 * 0.26 + 0.04  # 300 ms after R: 260 of 320 ms after J
    assert at(changed, r + end - 0.01) == pytest.approx(0.1, abs=0.02)
    assert at(changed, r + end + 0.01) == pytest.approx(0.0, abs=0.02)
    assert (end < 0.3) is shrinks


def test_the_rate_it_has_leaves_the_recording_as_it_is():
    signal = beats(level_mv=0.3)
    same = change_rate(signal, FS_HZ, 60.0, TIMING)
    inside = (R_S[0] < TIMES) & (R_S[-1] - 0.05 > TIMES)
    np.testing.assert_allclose(same[:, inside], signal[:, inside], atol=1e-3)


def test_wander_keeps_its_own_time_and_beats_join_without_a_step():
    wander = 0.5 * np.sin(2 * np.pi * TIMES / 10)
    signal = (beats(st_mv=0.0) + wander).astype(np.float32)
    changed = change_rate(signal, FS_HZ, 100.0, TIMING)
    between = changed[0][np.abs((TIMES - peaks_s(changed)[0] + 0.2) % 0.6) < 0.01]
    expected = wander[np.abs((TIMES - peaks_s(changed)[0] + 0.2) % 0.6) < 0.01]
    np.testing.assert_allclose(between, expected, atol=0.06)
    assert np.abs(np.diff(changed[0])).max() < 0.1, "as steep as QRS, and no steeper"


def test_irregular_beats_stay_irregular():
    r_s = np.array([0.6, 1.4, 2.6, 3.4, 4.6, 5.4, 6.6, 7.4, 8.6, 9.4])
    changed = change_rate(beats(r_s), FS_HZ, 72.0, replace(TIMING, r_s=r_s))
    mean = 8.8 / 9
    steps = np.diff(peaks_s(changed))
    shorter, longer = (rr * (60 / 72) / mean for rr in (0.8, 1.2))
    assert {round(float(step), 2) for step in steps} == {round(shorter, 2), round(longer, 2)}


def test_a_rate_without_room_names_the_fastest_that_has_it():
    # of 1 s, 240 ms are P, PR and QRS; 35 % of the other 760 ms stay: 506 ms or 118.6 bpm
    with pytest.raises(RecordError) as refused:
        change_rate(beats(), FS_HZ, 120.0, TIMING)
    assert "At 120 bpm there is no room left" in str(refused.value)
    assert "At most 118 bpm" in str(refused.value)
    assert change_rate(beats(), FS_HZ, 118.0, TIMING).shape == (12, 5000)


@pytest.mark.parametrize(
    "call",
    [
        lambda: scale_st(beats(), FS_HZ, 9.0, TIMING),
        lambda: scale_st(beats(), FS_HZ, float("nan"), TIMING),
        lambda: change_rate(beats(), FS_HZ, 300.0, TIMING),
        lambda: change_rate(beats(), FS_HZ, 10.0, TIMING),
    ],
)
def test_impossible_values_are_refused_with_the_limits(call):
    with pytest.raises(RecordError, match=r"not possible. Choose (−1 to 3|30 to 200)\."):
        call()


def test_timing_is_that_of_the_measurements():
    timing = timing_of(measurements())
    assert (timing.qrs_on_s, timing.qrs_off_s, timing.t_off_s) == (-0.045, 0.047, 0.347)
    assert timing.p_on_s == -0.17
    assert timing_of(measurements(marks={"p_on": Fiducial(None, 0.0, "no P")})).p_on_s is None
    with pytest.raises(RecordError, match="the end of T was not found"):
        timing_of(measurements(marks={"t_off": Fiducial(None, 0.0, "flat")}))
    few = replace(measurements(), beats=Beats(np.array([1.0, 2.0]), np.zeros(2, np.int64)))
    with pytest.raises(RecordError, match="from 3 beats on; 2 were found"):
        timing_of(few)


def test_all_changes_are_made_and_said():
    made = replace(measurements(), beats=Beats(R_S, np.zeros(len(R_S), np.int64)))
    record = EcgRecord("7", beats(), FS_HZ, "PTB-XL")
    wish = WhatIf("V2", 2.0, 75.0)
    assert wish.words == "V2 silent · ST-T × 2 · rate 75 bpm"
    changed = wish.apply(record, made)
    assert changed.source == "PTB-XL, modified by you"
    assert not changed.signal[LEADS.index("V2")].any()
    r = peaks_s(changed.signal)
    assert np.diff(r) == pytest.approx(0.8, abs=0.003)
    assert at(changed.signal, r[2] + 0.15) == pytest.approx(0.2, abs=0.01)
    assert WhatIf().words == ""
    assert WhatIf(st_factor=0.5).words == "ST-T × 0.5"
    assert WhatIf(st_factor=-1.0).words == "ST-T × −1"
    np.testing.assert_array_equal(WhatIf().apply(record, made).signal, record.signal)


def test_a_lead_can_be_silenced_where_no_beat_was_found():
    none = replace(measurements(beat=False), fiducials=None)
    record = EcgRecord("7", beats(), FS_HZ, "PTB-XL")
    assert not WhatIf("I").apply(record, none).signal[0].any()
