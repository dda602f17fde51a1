"""Every kind of problem is found where it was put, and nowhere else."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ecgcore.leads import LEADS
from ecgcore.ptbxl.store import Recordings
from ecgcore.records import EcgRecord
from ecgcore.signals.quality import (
    KIND_NAMES,
    Problem,
    Quality,
    assess,
    lead_notes,
    longest_flat_s,
)

V2 = LEADS.index("V2")


def beats(fs_hz: int = 100, duration_s: float = 10.0) -> np.ndarray:
    """Twelve clean leads that obey Einthoven: P, QRS and T as bells, 75 beats a minute."""
    t = np.arange(round(duration_s * fs_hz)) / fs_hz
    phase = (t + 0.3) % 0.8 - 0.3
    bells = [(0.1, -0.16, 0.03), (1.0, 0.0, 0.012), (-0.2, 0.03, 0.01), (0.3, 0.25, 0.05)]
    wave = sum(a * np.exp(-(((phase - m) / w) ** 2) / 2) for a, m, w in bells)
    limb = np.array([0.7, 1.0, 0.3, -0.85, 0.2, 0.65])
    return np.outer([*limb, -0.6, -0.3, 0.6, 1.2, 1.3, 1.0], wave).astype(np.float32)


def quality(signal: np.ndarray, fs_hz: int = 100) -> Quality:
    return assess(EcgRecord("x", signal.astype(np.float32), fs_hz, "test"))


def kinds(found: Quality) -> dict[str, list[str]]:
    return {
        lead: [problem.kind for problem in problems]
        for lead, problems in zip(LEADS, found.leads, strict=True)
        if problems
    }


def only(found: Quality, lead: str) -> Problem:
    assert set(kinds(found)) == {lead}
    (problem,) = found.leads[LEADS.index(lead)]
    return problem


@pytest.mark.parametrize("fs_hz", [100, 250, 257, 500, 1000])
@pytest.mark.parametrize("duration_s", [3, 10, 31.7])
def test_a_clean_recording_has_no_problem(fs_hz: int, duration_s: float) -> None:
    assert quality(beats(fs_hz, duration_s), fs_hz) == Quality(((),) * 12)


def test_the_longest_stretch_without_change_is_found_in_each_lead() -> None:
    signal = np.random.default_rng(0).normal(size=(12, 1000)).astype(np.float32)
    signal[3] = 0.0
    signal[5, 200:351] = signal[5, 200]
    signal[5, 500:520] = 0.0
    found = longest_flat_s(EcgRecord("x", signal, 100, "test"))
    assert found[3] == pytest.approx(9.99)
    assert found[5] == pytest.approx(1.5)
    assert (np.delete(found, [3, 5]) == 0).all()


def test_a_lead_that_stands_still_is_flat() -> None:
    signal = beats()
    signal[V2, 300:421] = 0.01
    assert only(quality(signal), "V2") == Problem("flat", "flat for 1.2 s", True)


def test_a_lead_that_hardly_moves_while_others_beat_is_flat() -> None:
    signal = beats()
    signal[V2] = np.random.default_rng(0).uniform(-0.01, 0.01, 1000)
    problem = only(quality(signal), "V2")
    assert problem == Problem("flat", "nearly flat for 10 s (within 0.03 mV)", True)


def test_a_pause_of_the_heart_is_not_flat() -> None:
    signal = beats()
    signal[:, 305:750] = np.random.default_rng(0).normal(0, 0.002, (12, 445))
    assert kinds(quality(signal)) == {}


@pytest.mark.parametrize("value", [0.0, -3.0])
def test_a_constant_lead_is_missing_and_nothing_else(value: float) -> None:
    signal = beats()
    signal[V2] = value
    problem = only(quality(signal), "V2")
    assert (problem.kind, problem.severe) == ("missing", True)
    assert f"{value:.2f} mV".replace("-", "−") in problem.words


@pytest.mark.parametrize("fs_hz", [100, 500])
def test_limb_leads_that_contradict_i_and_ii(fs_hz: int) -> None:
    signal = beats(fs_hz)
    signal[LEADS.index("aVF")] += 0.3
    problem = only(quality(signal, fs_hz), "aVF")
    assert (problem.kind, problem.severe) == ("contradiction", False)
    assert "II − I / 2 by up to 0.30 mV" in problem.words
    signal[LEADS.index("aVF")] *= -1
    assert only(quality(signal, fs_hz), "aVF").severe


@pytest.mark.parametrize("fs_hz", [250, 500])
def test_a_cut_off_qrs_is_clipped(fs_hz: int) -> None:
    signal = beats(fs_hz)
    signal[9] = np.minimum(signal[9], np.float32(0.6))
    problem = only(quality(signal, fs_hz), "V4")
    assert problem.kind == "clipped"
    assert problem.words.startswith("cut off at 0.6 mV")


def test_a_coarse_step_of_the_converter_is_not_clipped() -> None:
    signal = np.round(beats(500) / 0.025) * 0.025
    found = [kind for lead in kinds(quality(signal, 500)).values() for kind in lead]
    assert "clipped" not in found


@pytest.mark.parametrize("fs_hz", [100, 500])
def test_noise_is_found_throughout_and_as_a_burst(fs_hz: int) -> None:
    t = np.arange(10 * fs_hz) / fs_hz
    hum = 0.05 * np.sin(2 * np.pi * 29 * t)
    throughout, burst = beats(fs_hz), beats(fs_hz)
    throughout[V2] += hum
    burst[V2] += hum * ((t >= 4) & (t < 5))
    assert only(quality(throughout, fs_hz), "V2").words == "noise 0.035 mV RMS"
    assert "in second 5" in only(quality(burst, fs_hz), "V2").words


def test_noise_that_drowns_the_qrs_is_severe() -> None:
    signal = beats()
    signal[V2] += np.random.default_rng(0).normal(0, 0.2, 1000)
    found = quality(signal).leads[V2]
    assert [problem.severe for problem in found if problem.kind == "noise"] == [True]


@pytest.mark.parametrize(
    ("drift", "words"),
    [
        (lambda t: 0.75 * np.sin(2 * np.pi * 0.1 * t), "baseline wanders by 1.5 mV"),
        (lambda t: 0.8 * (t > 5), "baseline shifts by 0.8 mV"),
        (lambda t: -9.8 + 0 * t, "baseline at −9.8 mV"),
    ],
)
@pytest.mark.parametrize("fs_hz", [100, 500])
def test_baseline(drift: Callable, words: str, fs_hz: int) -> None:
    signal = beats(fs_hz)
    signal[V2] += drift(np.arange(10 * fs_hz) / fs_hz)
    problem = only(quality(signal, fs_hz), "V2")
    assert problem.kind == "baseline"
    assert problem.words.startswith(words)


@pytest.mark.parametrize("hz", [50, 60])
@pytest.mark.parametrize("fs_hz", [250, 257, 500, 1000])
def test_mains_is_told_by_its_frequency(hz: int, fs_hz: int) -> None:
    signal = beats(fs_hz)
    signal[V2] += 0.06 * np.sin(2 * np.pi * (hz + 0.05) * np.arange(10 * fs_hz) / fs_hz)
    assert only(quality(signal, fs_hz), "V2") == Problem("mains", f"mains {hz} Hz, 0.06 mV", False)


def test_mains_is_not_claimed_at_100_hz() -> None:
    signal = beats()
    signal[V2] += 0.06 * np.cos(np.pi * np.arange(1000))
    assert "mains" not in kinds(quality(signal)).get("V2", [])


@settings(deadline=None, max_examples=60)
@given(
    signal=hnp.arrays(
        np.float32,
        st.integers(1, 700).map(lambda n: (12, n)),
        elements=st.floats(-30, 30, width=32),
        fill=st.sampled_from([np.float32(0), np.float32(0.5)]),
    ),
    fs_hz=st.sampled_from([100, 160, 257, 500]),
)
def test_any_signal_is_assessed(signal: np.ndarray, fs_hz: int) -> None:
    found = quality(signal, fs_hz)
    assert len(found.leads) == 12
    assert {p.kind for problems in found.leads for p in problems} <= set(KIND_NAMES)
    assert bool(found.swap) == bool(found.swap_key)


def test_synthetic_records_are_mostly_clean(synthetic_recordings: Recordings) -> None:
    found = [assess(synthetic_recordings.read(ecg_id)) for ecg_id in range(1, 61)]
    assert sum(q == Quality(((),) * 12) for q in found) >= 40
    assert not any(q.swap for q in found)


def test_half_a_lead_lost_is_flat_for_that_long(synthetic_recordings: Recordings) -> None:
    record = synthetic_recordings.read(1)
    signal = record.signal.copy()
    signal[V2, :500] = 0
    assert "flat for 5.0 s" in [p.words for p in assess(replace(record, signal=signal)).leads[V2]]


def test_a_lead_with_two_problems_of_a_kind_names_it_once() -> None:
    noise = Problem("noise", "noise", severe=False)
    flat = Problem("flat", "flat", severe=True)
    found = Quality(((noise, flat, noise), *((),) * 11))
    assert lead_notes(found) == {"I": "flat lead, noise"}


def test_a_lead_with_many_problems_names_the_worst_and_counts_the_rest() -> None:
    problems = tuple(Problem(k, k, severe=k == "flat") for k in ("noise", "baseline", "flat"))
    found = Quality((problems, *((),) * 11))
    assert lead_notes(found) == {"I": "flat lead, 2 more"}


def test_problems_in_plain_values_begin_with_the_swap() -> None:
    bad = (Problem("flat", "flat for 2.0 s", True),)
    poor = (Problem("noise", "noise 0.02 mV", False),)
    found = Quality((bad, poor, (), *((bad,) * 5), *(((),) * 4)), "LA/RA swapped?", "LA/RA")
    assert found.unreadable == ("I", "aVR", "aVL", "aVF", "V1", "V2")
    assert not found.readable
    said = found.as_json()
    assert said["readable"] is False
    assert said["problems"][:3] == ["LA/RA swapped?", "I: flat for 2.0 s", "II: noise 0.02 mV"]
    assert len(said["problems"]) == 8
    assert Quality(((),) * 12).as_json() == {"readable": True, "problems": []}
