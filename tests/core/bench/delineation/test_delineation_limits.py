"""Limits and goals of the comparison with LUDB, just within and just beyond."""

import numpy as np
import pytest

from ecgcore.bench.delineation import delineation, fusion
from ecgcore.records import EcgRecord


def test_goals_are_those_of_the_standard_and_of_this_project() -> None:
    assert (delineation.R_GOAL, delineation.QRS_GOAL_MS, delineation.MATCH_S) == (0.995, 10.0, 0.15)


def test_tolerances_are_those_of_the_cse_referees() -> None:
    """Two standard deviations: Eur Heart J 1985;6:815-825."""
    assert {name: delineation.TOLERANCE_MS[name] for name in delineation.POINTS} == {
        "p_on": 10.2, "p_off": 12.7, "qrs_on": 6.5, "qrs_off": 11.6, "t_off": 30.6,
    }  # fmt: skip


@pytest.mark.parametrize(("apart", "n"), [(0.149, 1), (0.150, 1), (0.151, 0)])
def test_beats_up_to_150_ms_apart_are_one(apart: float, n: int) -> None:
    assert len(delineation.matches(np.array([0.0]), np.array([apart]))[0]) == n


def test_beats_up_to_150_ms_outside_the_annotated_span_count() -> None:
    reference = np.array([1.0, 2.0])
    found = np.array([0.84, 0.86, 2.0, 2.14, 2.16])
    assert delineation._r_counts(reference, found) == (2, 2, 3)


@pytest.mark.parametrize(("hits", "low"), [(199, False), (198, True)])
def test_a_recording_is_below_the_goal_under_995_in_a_thousand(hits: int, low: bool) -> None:
    reference = np.arange(200.0)
    pair = (
        delineation.Answer(reference, reference, np.zeros(8)),
        delineation.Answer(reference[:hits], reference[:hits], np.zeros(8)),
    )
    found = delineation._r_peaks(["7"], [pair])
    assert found.below == ("7",) * low
    assert (found.sensitivity, found.precision) == (hits / 200, 1.0)


@pytest.mark.parametrize(
    ("errors", "within"), [([6.5, -6.5, 6.6, float("nan")], 0.5), ([0.0], 1.0)]
)
def test_an_error_at_the_tolerance_is_within_it(errors: list[float], within: float) -> None:
    row = delineation._row("qrs_on", np.zeros(len(errors)), np.array(errors))
    assert row.within == within
    assert row.failures == int(np.isnan(errors).sum())
    assert (row.sd_ms is None) is (len(errors) == 1)


def fused(*kinds: float, fs_hz: int = 500) -> tuple[EcgRecord, np.ndarray]:
    """Return a beat each second; a kind is how much of its lead I stands in lead II instead."""
    at = np.arange((len(kinds) + 1) * fs_hz) / fs_hz
    signal = np.zeros((12, at.size))
    for k, turned in enumerate(kinds):
        bell = np.exp(-0.5 * ((at - k - 1) / 0.02) ** 2)
        signal[0] += np.sqrt(1 - turned**2) * bell
        signal[1] += turned * bell
    return EcgRecord("x", signal.astype(np.float32), fs_hz, "test"), np.arange(1.0, len(kinds) + 1)


@pytest.mark.parametrize(("cosine", "alike"), [(0.86, True), (0.84, False)])
def test_beats_of_a_reference_are_alike_from_a_correlation_of_085_on(
    cosine: float, alike: bool
) -> None:
    record, r_s = fused(0.0, 0.0, float(np.sqrt(1 - cosine**2)))
    assert fusion.dominant_beats(record, r_s).tolist() == [True, True, alike]


@pytest.mark.parametrize(("off_s", "alike"), [(0.03, True), (0.06, False)])
def test_r_may_be_marked_30_ms_off(off_s: float, alike: bool) -> None:
    record, r_s = fused(0.0, 0.0, 0.0)
    assert fusion.dominant_beats(record, r_s + np.array([0.0, 0.0, off_s])).tolist() == [
        True,
        True,
        alike,
    ]


@pytest.mark.parametrize(("apart_s", "n_beats"), [(0.119, 1), (0.121, 2)])
def test_marks_up_to_120_ms_apart_are_of_one_beat(apart_s: float, n_beats: int) -> None:
    rows = [np.full((1, 6), np.nan) for _ in range(12)]
    for k, row in enumerate(rows):
        row[0, 3] = 1.0 + (apart_s if k >= 6 else 0.0)
    assert len(fusion._clusters(rows)) == n_beats
