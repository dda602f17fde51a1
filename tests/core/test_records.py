"""What an EcgRecord accepts."""

import dataclasses

import numpy as np
import pytest

from ecgcore.errors import RecordError
from ecgcore.records import EcgRecord


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
