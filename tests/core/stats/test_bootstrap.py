"""Bootstrap copies: whole patients, each drawn as often as the next."""

import numpy as np
import pytest

from ecgcore.stats.bootstrap import resampled, unit_index


def test_whole_patients_are_drawn():
    units = np.array([0, 0, 1, 2, 2, 2])
    (weights,) = resampled(units, 500, 0)
    assert (weights[:, 0] == weights[:, 1]).all()
    assert (weights[:, 3:] == weights[:, 3:4]).all()
    assert (weights[:, [0, 2, 3]].sum(axis=1) == 3).all()
    assert weights[:, [0, 2, 3]].mean(axis=0) == pytest.approx([1, 1, 1], abs=0.15)


def test_large_samples_are_drawn_in_parts():
    parts = list(resampled(np.arange(100_000), 5, 0))
    assert [part.shape for part in parts] == [(2, 100_000), (2, 100_000), (1, 100_000)]
    assert all((part.sum(axis=1) == 100_000).all() for part in parts)


def test_without_patients_every_record_is_a_unit():
    assert unit_index(None, 3).tolist() == [0, 1, 2]
    assert unit_index(["b", "a", "b"], 3).tolist() == [1, 0, 1]


def test_a_record_without_a_patient_is_refused():
    with pytest.raises(ValueError, match=r"clusters \(2,\) must name a patient for each of the 3"):
        unit_index([1, 2], 3)
    with pytest.raises(ValueError, match="must name a patient"):
        unit_index([1.0, float("nan")], 2)
