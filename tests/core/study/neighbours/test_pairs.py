"""Paired differences of means over classes, and what is said of them."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from ecgcore.stats.metrics import Estimate
from ecgcore.study.neighbours.pairs import Pair, pairs_of
from tests.core.study.neighbours.test_answers import judged

RNG = np.random.default_rng(2)
LABELS = (RNG.random((300, 2)) < 0.3).astype(int)
GOOD = np.clip(0.5 + 0.4 * (LABELS - 0.5) + RNG.normal(0, 0.1, LABELS.shape), 0.01, 0.99)
WEAK = np.clip(0.5 + 0.1 * (LABELS - 0.5) + RNG.normal(0, 0.2, LABELS.shape), 0.01, 0.99)


def test_a_difference_is_that_of_the_means_and_its_interval_is_paired():
    (found,) = pairs_of({"good": judged(GOOD, LABELS), "weak": judged(WEAK, LABELS)}, 200)

    def mean(score, probs):
        return np.mean([score(LABELS[:, i], probs[:, i]) for i in range(2)])

    for made, score in (
        (found.macro_auroc, roc_auc_score), (found.macro_auprc, average_precision_score),
    ):  # fmt: skip
        assert made.value == pytest.approx(mean(score, GOOD) - mean(score, WEAK))
        assert made.low < made.value < made.high
    assert found.verdict == "good is higher"
    (same,) = pairs_of({"one": judged(GOOD, LABELS), "again": judged(GOOD, LABELS)}, 50)
    assert same.macro_auroc == Estimate(0, 0, 0), "the same copies for both"
    assert same.verdict == "no clear difference"


def test_no_interval_no_winner():
    inside, below = Estimate(0.01, -0.01, 0.03), Estimate(-0.02, -0.03, -0.01)
    assert Pair("a", "b", inside, below).verdict == "no clear difference"
    assert Pair("a", "b", below, inside).verdict == "b is higher"
