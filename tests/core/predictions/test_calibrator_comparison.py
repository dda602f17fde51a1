"""Every recalibration of one group, judged on records that it was not fitted on."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import brier_score_loss, log_loss

from ecgcore.errors import ModelError
from ecgcore.predictions.calibrator_comparison import compare_calibrators, lines_frame
from ecgcore.predictions.ensemble import LabelledEnsemble
from ecgcore.stats.calibration.calibrators import CALIBRATORS


def judged(seed, n=600, shift=1.5):
    """Logits that are too high by `shift`; two seeds."""
    rng = np.random.default_rng(seed)
    true = rng.normal(0, 2, n)
    labels = (rng.uniform(size=n) < expit(true)).astype(np.int64)
    seeds = true + shift + rng.normal(0, 0.1, (2, n))
    ids = np.arange(n)
    return LabelledEnsemble(ids, labels, ids // 2, seeds)


@pytest.fixture(scope="module")
def lines():
    return compare_calibrators(judged(0), judged(1), n_boot=40)


def test_every_method_stands_once_and_names_its_fit(lines):
    assert [line.method for line in lines] == list(CALIBRATORS)
    assert [line.label for line in lines] == list(CALIBRATORS.values())
    assert {line.fitted.n for line in lines} == {600}


def test_an_offset_is_seen_and_removed_by_an_intercept_only(lines):
    by = {line.method: line for line in lines}
    assert by["raw"].line.in_the_large.high < -1
    assert by["temperature"].line.in_the_large.high < -0.5
    assert by["platt"].line.in_the_large.low < 0.3
    assert by["platt"].line.in_the_large.high > -0.3
    assert by["platt"].ece.value < by["raw"].ece.value / 2
    assert dict(by["platt"].fitted.parameters())["intercept"] == pytest.approx(-1.5, abs=0.4)


def test_scores_agree_with_scikit_learn(lines):
    test = judged(1)
    for line in lines:
        probs = line.fitted.apply(test.logits)
        assert line.brier.value == pytest.approx(brier_score_loss(test.labels, probs))
        assert line.log_loss.value == pytest.approx(log_loss(test.labels, probs))
        assert line.brier.low <= line.brier.value <= line.brier.high


def test_the_frame_has_every_figure_with_its_interval(lines):
    frame = lines_frame(lines)
    assert frame["method"].tolist() == list(CALIBRATORS)
    assert frame["n_fold_9"].eq(600).all()
    assert (frame["slope_low"] <= frame["slope"]).all()
    assert frame.set_index("method")["fitted"]["platt"].startswith("slope = ")


def test_one_class_cannot_calibrate():
    validation = judged(0)
    only = validation.at(validation.labels == 1)
    with pytest.raises(ModelError, match=r"cannot calibrate this model .*Choose another test set"):
        compare_calibrators(only, judged(1), n_boot=0)
