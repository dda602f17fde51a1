"""Planted evidence whose size and place are known: on a flat line, and on boxes for ST-T."""

from dataclasses import replace

import numpy as np
import pytest

from ecgcore.errors import RecordError
from ecgcore.leads import LEADS
from ecgcore.signals.beat_timing import Timing
from ecgcore.signals.planted import KINDS, Plant, planted_where
from ecgcore.signals.what_if import WhatIf
from tests.support.measurements import measurements
from tests.support.toys import record_of

FS_HZ = 500
R_S = np.arange(0.6, 10, 1.0)
TIMING = Timing(R_S, -0.04, 0.04, 0.36, -0.2)
FLAT = np.zeros((12, 5000), np.float32)


def at(signal, seconds, lead="V2"):
    return float(signal[LEADS.index(lead), round(seconds * FS_HZ)])


def planted(kind, size_mv, beats=(), leads=("V2", "V3"), signal=FLAT):
    return Plant(kind, size_mv, leads, beats).apply(signal, FS_HZ, TIMING)


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_chosen_leads_and_beats_change(kind):
    changed = planted(kind, KINDS[kind].usual_mv, beats=(3,))
    rows = [LEADS.index(lead) for lead in ("V2", "V3")]
    assert not np.delete(changed, rows, axis=0).any()
    times = np.flatnonzero(changed[rows[0]]) / FS_HZ
    assert 2.0 < times.min() < times.max() < 3.2, "between the middles of the pauses around 2.6 s"
    assert np.ptp(changed[rows[0]] - changed[rows[1]]) == 0


@pytest.mark.parametrize("size_mv", [0.2, -0.3])
def test_st_is_shifted_by_its_size_from_20_ms_after_j_to_half_way(size_mv):
    changed = planted("st", size_mv)
    for r in R_S:
        assert at(changed, r + 0.04) == pytest.approx(0)
        assert at(changed, r + 0.05) == pytest.approx(size_mv / 2, abs=1e-3)
        for after in (0.06, 0.12, 0.198):
            assert at(changed, r + after) == pytest.approx(size_mv, abs=1e-3)
        assert at(changed, r + 0.36) == pytest.approx(0, abs=1e-6)


def test_a_q_wave_is_40_ms_wide_and_as_deep_as_its_size():
    changed = planted("q", 0.4)
    for r in R_S:
        assert at(changed, r - 0.02) == pytest.approx(-0.4, abs=1e-3)
        assert at(changed, r - 0.042) == at(changed, r + 0.002) == 0
    assert changed.max() == 0


@pytest.mark.parametrize("up_mv", [0.3, -0.3])
def test_t_points_the_other_way_and_has_the_chosen_size(up_mv):
    signal = FLAT.copy()
    times = np.arange(5000) / FS_HZ
    for r in R_S:
        signal += up_mv * np.exp(-(((times - r - 0.24) / 0.04) ** 2)).astype(np.float32)
    changed = planted("t", 0.5, signal=signal)
    middle = (0.04 + 0.3 * 0.32 + 0.36) / 2
    for r in R_S:
        assert at(changed, r + middle) == pytest.approx(-0.5 * np.sign(up_mv), abs=0.01)
        assert at(changed, r + 0.1) == at(signal, r + 0.1)


def test_a_spike_stands_20_ms_before_qrs_and_is_one_sample_at_100_hz():
    changed = planted("spike", 2.0)
    for r in R_S:
        assert at(changed, r - 0.06) == 2.0
    assert np.count_nonzero(changed) == 2 * len(R_S) * 2
    coarse = Plant("spike", 2.0, ("V2",)).apply(FLAT[:, :1000], 100, TIMING)
    assert np.flatnonzero(coarse[7]).tolist() == [round(100 * (r - 0.06)) for r in R_S]


@pytest.mark.parametrize("fs_hz", [100, 500])
def test_mains_noise_has_its_amplitude_at_every_rate(fs_hz):
    n = 10 * fs_hz
    changed = Plant("mains", 0.1, ("II",)).apply(FLAT[:, :n], fs_hz, TIMING)[1]
    assert changed.max() == pytest.approx(0.1, abs=1e-6)
    assert changed.min() == pytest.approx(-0.1, abs=0.01)
    strongest = np.fft.rfftfreq(n, 1 / fs_hz)[np.abs(np.fft.rfft(changed)).argmax()]
    assert strongest == 50


def test_words_say_what_is_planted_and_where():
    assert Plant("st", -0.2, ("V1", "V2", "V3")).words == "ST shift −0.20 mV in V1-V3"
    assert Plant("q", 0.4, ("II", "aVF"), (2,)).words == "Q wave 0.40 mV in II, aVF, beat 2"
    assert Plant("q", 0.4, ("V6",), (2, 4)).words.endswith("in V6, beats 2, 4")


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        (("p", 0.2, ("V2",)), "'p' cannot be planted. Choose st, q, t, spike, mains."),
        (("st", 0.2, ("V9",)), "The leads to plant in are V9. Choose from I, II"),
        (("st", 0.2, ()), "The leads to plant in are none."),
        (("q", 9.0, ("V2",)), "A size of 9.00 mV is not possible for a Q wave. Choose 0.05 to"),
        (("q", float("nan"), ("V2",)), "A size of nan mV is not possible"),
    ],
)
def test_what_cannot_be_planted_is_named(plant, words):
    with pytest.raises(RecordError) as refused:
        Plant(*plant)
    assert words in str(refused.value)


@pytest.mark.parametrize("beat", [0, 11])
def test_a_beat_that_is_not_there_is_named(beat):
    with pytest.raises(RecordError, match=f"no beat {beat}: 10 beats were found. Choose 1 to 10"):
        planted("st", 0.2, beats=(beat,))


def test_planted_is_what_differs_by_a_fifth_of_the_largest_change():
    without = np.zeros((12, 4), np.float32)
    with_it = without.copy()
    with_it[2] = [0, 0.1, -1.0, 0.3]
    where = planted_where(without, with_it)
    assert where[2].tolist() == [False, False, True, True]
    assert where.sum() == 2
    assert not planted_where(without, without).any()


def test_a_what_if_plants_before_it_changes_the_rate_and_knows_the_places():
    measured = measurements()
    record = record_of(np.zeros((12, 1000)), 100)
    plant = Plant("st", 0.2, ("V2",), (2,))
    changed = WhatIf(plant=plant).apply(record, measured)
    where = WhatIf(plant=plant).planted_where(record, measured)
    r_s = measured.beats.r_s[1]
    assert changed.signal[7, round(100 * (r_s + 0.1))] == pytest.approx(0.2, abs=1e-3)
    assert where[7, round(100 * (r_s + 0.1))]
    assert not np.delete(where, 7, axis=0).any()
    faster = replace(WhatIf(plant=plant), rate_bpm=100.0).planted_where(record, measured)
    assert np.flatnonzero(faster[7]).min() != np.flatnonzero(where[7]).min()
    assert WhatIf().planted_where(record, measured) is None
    assert WhatIf(st_factor=2.0, plant=plant).words == "ST-T × 2 · ST shift +0.20 mV in V2, beat 2"
