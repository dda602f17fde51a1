"""Calibration error and coverage of each class, on numbers worked out by hand."""

import numpy as np
import pytest

from ecgcore.predictions.labelled import LabelledClasses
from ecgcore.study.neighbours.calibration import calibration_error, class_calibration


def labelled(labels: list[int], logits: list[float], rare: list[int]) -> LabelledClasses:
    n = len(labels)
    return LabelledClasses(
        ids=np.arange(n),
        labels=np.array([labels, rare]).T,
        logits=np.array([logits, logits]).T,
        patients=np.arange(n),
        classes=("MI", "rare"),
        known=np.ones((n, 2), dtype=bool),
    )


def test_the_error_of_two_bins_is_weighed_by_their_records() -> None:
    labels, probs = np.array([0, 0, 1, 1]), np.array([0.12, 0.14, 0.16, 0.95])
    expected = (3 * abs(0.14 - 1 / 3) + abs(0.95 - 1)) / 4
    assert calibration_error(labels, probs) == pytest.approx(expected)
    assert np.isnan(calibration_error(labels, np.full(4, np.nan)))


def test_coverage_counts_the_records_with_the_class_that_the_set_holds() -> None:
    rng = np.random.default_rng(0)
    labels = [1] * 40 + [0] * 40
    logits = np.concatenate([rng.normal(2, 1, 40), rng.normal(-2, 1, 40)]).tolist()
    fold9 = labelled(labels, logits, [0] * 79 + [1])
    test = labelled([1, 1, 1, 0], [3.0, 3.0, -9.0, 9.0], [0, 0, 0, 0])
    common, rare = class_calibration(fold9, test)
    assert (common.name, common.n_fold9) == ("MI", 40)
    assert common.coverage is not None
    assert (common.coverage.hits, common.coverage.n) == (2, 3)
    held = common.as_json()["coverage"]
    assert (held["target"], held["held"], held["n"]) == (0.9, 2, 3)
    assert held["value"] == pytest.approx(2 / 3)
    assert held["low"] < 2 / 3 < held["high"]
    assert 0 < common.ece_uncalibrated < 1
    assert (rare.n_fold9, rare.coverage, rare.as_json()["coverage"]) == (1, None, None)
