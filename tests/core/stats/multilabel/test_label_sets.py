"""Figures of label sets against scikit-learn, and the challenge's metric as its script has it."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, hamming_loss, recall_score

from ecgcore.stats.multilabel.label_sets import NAMES, Rewards, label_set_figures

RNG = np.random.default_rng(0)
LABELS = RNG.random((200, 5)) < [0.6, 0.3, 0.1, 0.05, 0.2]
CALLS = LABELS ^ (RNG.random((200, 5)) < 0.15)
WEIGHTS = 0.5 + 0.5 * np.eye(5) + 0.02 * np.abs(np.subtract.outer(range(5), range(5)))


def official(labels, calls, weights, normal) -> float:
    """The challenge's script, record by record and class by class."""

    def score(outputs):
        total = 0.0
        for truth, said in zip(labels, outputs, strict=True):
            share = max(sum(a or b for a, b in zip(truth, said, strict=True)), 1)
            total += sum(
                weights[j, k] / share
                for j in range(len(truth))
                for k in range(len(said))
                if truth[j] and said[k]
            )
        return total

    nothing = np.zeros_like(calls)
    nothing[:, normal] = True
    inactive = score(nothing)
    return (score(calls) - inactive) / (score(labels) - inactive)


def test_figures_are_those_of_scikit_learn():
    found = label_set_figures(LABELS, CALLS, n_boot=0)
    assert found.n == 200
    assert found.hamming.value == pytest.approx(hamming_loss(LABELS, CALLS))
    assert found.subset_accuracy.value == pytest.approx(accuracy_score(LABELS, CALLS))
    assert found.micro_f1.value == pytest.approx(f1_score(LABELS, CALLS, average="micro"))
    assert found.macro_f1.value == pytest.approx(f1_score(LABELS, CALLS, average="macro"))
    assert found.sensitivity.value == pytest.approx(recall_score(LABELS, CALLS, average="macro"))
    assert found.specificity.value == pytest.approx(recall_score(~LABELS, ~CALLS, average="macro"))
    assert np.isnan(found.challenge.value)
    assert np.isnan(found.hamming.low)


def test_the_challenges_metric_is_that_of_its_script():
    found = label_set_figures(LABELS, CALLS, rewards=Rewards(WEIGHTS, 1), n_boot=0)
    assert found.challenge.value == pytest.approx(official(LABELS, CALLS, WEIGHTS, 1))
    perfect = label_set_figures(LABELS, LABELS, rewards=Rewards(WEIGHTS, 1), n_boot=0)
    assert perfect.challenge.value == 1
    normal = np.zeros_like(CALLS)
    normal[:, 1] = True
    assert label_set_figures(
        LABELS, normal, rewards=Rewards(WEIGHTS, 1), n_boot=0
    ).challenge.value == pytest.approx(0)


def test_a_class_that_nobody_has_counts_in_no_mean_but_a_call_of_it_is_wrong():
    labels = np.column_stack([LABELS[:, 0], np.zeros(200, bool)])
    calls = np.column_stack([LABELS[:, 0], np.arange(200) < 20])
    found = label_set_figures(labels, calls, n_boot=0)
    assert (found.macro_f1.value, found.sensitivity.value) == (1, 1)
    assert found.hamming.value == pytest.approx(20 / 400)
    assert found.subset_accuracy.value == pytest.approx(0.9)


def test_what_nobody_knows_counts_for_nothing():
    known = np.ones_like(LABELS)
    known[:, 4] = False
    found = label_set_figures(LABELS, CALLS, known=known, n_boot=0)
    assert found.hamming.value == pytest.approx(hamming_loss(LABELS[:, :4], CALLS[:, :4]))
    assert found.subset_accuracy.value == accuracy_score(LABELS[:, :4], CALLS[:, :4])


def test_whole_patients_are_resampled():
    one_patient = label_set_figures(LABELS, CALLS, clusters=np.zeros(200), n_boot=20)
    for name in set(NAMES) - {"challenge"}:
        made = getattr(one_patient, name)
        assert made.low == pytest.approx(made.value) == pytest.approx(made.high)
    many = label_set_figures(LABELS, CALLS, clusters=np.arange(200), n_boot=200)
    assert many.hamming.low < many.hamming.value < many.hamming.high
    assert many == label_set_figures(LABELS, CALLS, n_boot=200) or np.isnan(many.challenge.value)


def test_shapes_must_agree():
    with pytest.raises(ValueError, match="one shape"):
        label_set_figures(LABELS, CALLS[:, :4])
