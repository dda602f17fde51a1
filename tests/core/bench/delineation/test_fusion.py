"""The rule that makes global times of marks in single leads."""

import numpy as np
import pytest

from ecgcore.bench.delineation.fusion import COLUMNS, FusedBeats, dominant_beats, fuse
from ecgcore.records import EcgRecord

NAN = float("nan")


def record(kinds: str = "aaa", fs_hz: int = 500) -> EcgRecord:
    """One beat each second from 1 s on; "a" is upright and narrow, "b" inverted and wide."""
    at = np.arange((len(kinds) + 1) * fs_hz) / fs_hz
    trace = sum(
        (1.0 if kind == "a" else -1.5)
        * np.exp(-0.5 * ((at - k - 1) / (0.015 if kind == "a" else 0.04)) ** 2)
        for k, kind in enumerate(kinds)
    )
    return EcgRecord("made", np.tile(trace, (12, 1)).astype(np.float32), fs_hz, "test")


def beat(r_s: float, qrs_on: float = -0.04, qrs_off: float = 0.05) -> list[float]:
    """A row with a QRS around R, P and T not marked."""
    return [NAN, NAN, r_s + qrs_on, r_s, r_s + qrs_off, NAN]


def leads(*rows_of_each: list[list[float]]) -> list[np.ndarray]:
    return [np.array(rows).reshape(-1, len(COLUMNS)) for rows in rows_of_each]


def test_a_wave_lasts_as_long_as_it_is_marked_in_three_leads() -> None:
    marks = leads(*[[beat(1.0, -0.04 - k / 1000, 0.05 + k / 1000)] for k in range(12)])
    found = fuse(marks, record("a"))
    assert found.r_s == pytest.approx([1.0])
    assert found.typical_ms("qrs_on") == pytest.approx(-49)
    assert found.typical_ms("qrs_off") == pytest.approx(59)
    assert found.typical_ms("qrs") == pytest.approx(108)
    assert found.typical_ms("qrs_half") == pytest.approx(102), (
        "sixth of twelve: 46 before, 56 after"
    )
    assert np.isnan(FusedBeats(found.times_s, found.dominant).typical_ms("qrs_half"))


def test_marks_far_from_the_other_leads_do_not_count() -> None:
    near, far = [beat(1.0, -0.079)], [beat(1.0, -0.081)]
    marks = leads(*[[beat(1.0)]] * 7, *[near] * 2, *[far] * 3)
    assert fuse(marks, record("a")).typical_ms("qrs_on") == pytest.approx(-40)
    marks = leads(*[[beat(1.0)]] * 7, *[near] * 3, *[far] * 2)
    assert fuse(marks, record("a")).typical_ms("qrs_on") == pytest.approx(-79)


@pytest.mark.parametrize(("n_marked", "known"), [(2, False), (3, True)])
def test_a_global_time_needs_three_leads(n_marked: int, known: bool) -> None:
    with_p = [0.8, 0.9, *beat(1.0)[2:]]
    marks = leads(*[[with_p]] * n_marked, *[[beat(1.0)]] * (12 - n_marked))
    assert np.isfinite(fuse(marks, record("a")).typical_ms("p_on")) == known


@pytest.mark.parametrize(("n_leads", "n_beats"), [(5, 0), (6, 1)])
def test_a_beat_needs_half_of_the_leads(n_leads: int, n_beats: int) -> None:
    marks = leads(*[[beat(1.0)]] * n_leads, *[[]] * (12 - n_leads))
    assert len(fuse(marks, record("a")).r_s) == n_beats


def test_a_lead_with_two_marks_gives_the_one_near_the_others() -> None:
    marks = leads(*[[beat(1.0)]] * 11, [beat(0.93), beat(1.0)])
    found = fuse(marks, record("a"))
    assert found.r_s == pytest.approx([1.0])
    assert found.typical_ms("qrs_on") == pytest.approx(-40)


def test_a_value_that_most_dominant_beats_lack_is_not_given() -> None:
    with_p = [1.8, 1.9, *beat(2.0)[2:]]
    one = leads(*[[beat(1.0), with_p, beat(3.0)]] * 12)
    assert np.isnan(fuse(one, record()).typical_ms("p_on"))
    two = leads(*[[beat(1.0), with_p]] * 12)
    assert fuse(two, record("aa")).typical_ms("p_on") == pytest.approx(-200)


def test_only_the_dominant_shape_counts() -> None:
    assert dominant_beats(record("abaa"), np.array([1.0, 2.0, 3.0, 4.0])).tolist() == [
        True,
        False,
        True,
        True,
    ]
    marks = leads(*[[beat(1.0), beat(2.0, -0.09), beat(3.0)]] * 12)
    assert fuse(marks, record("aba")).typical_ms("qrs_on") == pytest.approx(-40)


def test_shapes_are_alike_though_r_is_marked_unevenly() -> None:
    assert dominant_beats(record("aaa"), np.array([1.0, 2.02, 2.99])).all()


def test_no_marks_make_no_beats() -> None:
    found = fuse(leads(*[[]] * 12), record("a"))
    assert len(found.r_s) == 0
    assert np.isnan(found.typical_ms("qrs"))
