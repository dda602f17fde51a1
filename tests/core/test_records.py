"""What an EcgRecord accepts."""

import dataclasses

import numpy as np
import pytest

from ecgcore.errors import RecordError
from ecgcore.records import EcgRecord, Gap, covering_windows, gaps_in, window, windows


def record(signal: np.ndarray, fs_hz: int = 500) -> EcgRecord:
    return EcgRecord("17", signal, fs_hz, "a test")


def test_length_and_duration() -> None:
    ecg = record(np.zeros((12, 1250), np.float32))
    assert (ecg.n_samples, ecg.duration_s) == (1250, 2.5)
    assert (ecg.synthetic, ecg.warnings) == (False, ())


def test_a_record_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        record(np.zeros((12, 10), np.float32)).fs_hz = 100


@pytest.mark.parametrize("shape", [(1000, 12), (11, 1000), (12,), (1, 12, 1000), (12, 0)])
def test_another_shape_is_refused_with_its_numbers(shape: tuple[int, ...]) -> None:
    with pytest.raises(RecordError) as caught:
        record(np.zeros(shape, np.float32))
    assert str(shape) in str(caught.value)
    assert "17" in str(caught.value)


@pytest.mark.parametrize("dtype", [np.float64, np.int16, np.float16])
def test_only_float32_is_a_signal(dtype: type) -> None:
    with pytest.raises(RecordError, match=f"is {np.dtype(dtype)}; float32"):
        record(np.zeros((12, 10), dtype))


def test_samples_that_are_not_numbers_are_counted_by_lead() -> None:
    signal = np.zeros((12, 10), np.float32)
    signal[3, 7] = np.nan
    signal[6, :3] = np.inf
    signal[6, 3] = -np.inf
    with pytest.raises(RecordError, match=r"not numbers in aVR \(1\), V1 \(4\)\. Repair"):
        record(signal)


def ramp(n_samples: int, fs_hz: int = 100) -> EcgRecord:
    return record(np.tile(np.arange(n_samples, dtype=np.float32), (12, 1)), fs_hz)


@pytest.mark.parametrize(
    ("n_samples", "fs_hz", "starts"),
    [
        (1000, 100, (0.0,)),
        (999, 100, ()),
        (3999, 100, (0.0, 10.0, 20.0)),
        (30_000, 1000, (0.0, 10.0, 20.0)),
        (2570 * 2, 257, (0.0, 10.0)),
    ],
)
def test_windows_lie_end_to_end(n_samples: int, fs_hz: int, starts: tuple[float, ...]) -> None:
    assert windows(ramp(n_samples, fs_hz)) == starts


def test_a_window_holds_its_seconds_and_says_so() -> None:
    ecg = ramp(3600)
    cut = window(ecg, 20.0, 10.0)
    assert (cut.n_samples, cut.signal[0, 0], cut.signal[11, -1]) == (1000, 2000, 2999)
    assert (cut.record_id, cut.fs_hz, cut.signal.flags.c_contiguous) == ("17", 100, True)
    assert cut.warnings == ("Seconds 20 to 30 of 36 s.",)


def test_the_whole_record_is_its_own_window() -> None:
    ecg = ramp(1000)
    assert window(ecg, 0.0, 10.0) is ecg


@pytest.mark.parametrize("start_s", [-0.01, 0.01, 26.5])
def test_a_window_beyond_the_record_is_refused(start_s: float) -> None:
    with pytest.raises(RecordError, match=r"do not lie within record 17, which lasts 10 s"):
        window(ramp(1000), start_s, 10.0)


def test_a_window_without_samples_is_refused() -> None:
    with pytest.raises(RecordError, match="A window of 0 s holds no sample at 100 Hz"):
        windows(ramp(1000), 0.0)


@pytest.mark.parametrize(
    ("n_samples", "starts"),
    [
        (1000, (0.0,)),
        (1099, (0.0,)),
        (1100, (0.0, 1.0)),  # a rest of a second is seen by a window that overlaps
        (2500, (0.0, 10.0, 15.0)),
        (3000, (0.0, 10.0, 20.0)),
        (500, (0.0,)),
    ],
)
def test_windows_that_cover_a_record(n_samples: int, starts: tuple[float, ...]) -> None:
    assert covering_windows(ramp(n_samples)) == starts


@pytest.mark.parametrize(
    ("window_s", "rest_s", "starts"),
    [(4.0, 1.0, (0.0, 4.0, 6.0)), (4.0, 2.0, (0.0, 4.0, 6.0)), (4.0, 2.1, (0.0, 4.0))],
)
def test_the_shortest_rest_that_is_seen_can_be_chosen(
    window_s: float, rest_s: float, starts: tuple[float, ...]
) -> None:
    assert covering_windows(ramp(1000), window_s, rest_s) == starts


def test_a_window_may_hold_one_sample_and_end_with_the_record() -> None:
    assert window(ramp(1000), 9.99, 0.01).signal[0].tolist() == [999.0]


def with_gap() -> EcgRecord:
    signal = np.arange(12000, dtype=np.float32).reshape(12, 1000)
    return EcgRecord("17", signal, 100, "a test", gaps=(Gap("II", 2.0, 2.5),))


def test_what_was_not_recorded_is_no_number() -> None:
    ecg = with_gap()
    lead, sample = np.nonzero(np.isnan(ecg.recorded))
    assert set(lead) == {1}
    assert sample.tolist() == list(range(200, 250))
    assert np.isfinite(ecg.signal).all()
    assert np.array_equal(ecg.recorded[1, 250:], ecg.signal[1, 250:])


def test_gaps_are_found_by_lead_and_time() -> None:
    signal = np.zeros((12, 1000))
    signal[1, 200:250] = signal[1, 990:] = signal[11, 0] = np.nan
    assert gaps_in(signal, 100) == (Gap("II", 2.0, 2.5), Gap("II", 9.9, 10.0), Gap("V6", 0.0, 0.01))


@pytest.mark.parametrize(
    ("start_s", "left"),
    [
        (0.0, (Gap("II", 2.0, 2.4),)),
        (2.2, (Gap("II", 0.0, 0.3),)),
        (2.5, ()),
        (1.0, (Gap("II", 1.0, 1.5),)),
    ],
)
def test_a_window_keeps_its_part_of_a_gap(start_s: float, left: tuple[Gap, ...]) -> None:
    cut = window(with_gap(), start_s, 2.4)
    assert [gap.lead for gap in cut.gaps] == [gap.lead for gap in left]
    for gap, wanted in zip(cut.gaps, left, strict=True):
        assert (gap.start_s, gap.end_s) == pytest.approx((wanted.start_s, wanted.end_s))
