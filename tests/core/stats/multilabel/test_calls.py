"""Thresholds of each class, votes, and groups of statements."""

import numpy as np
import pytest

from ecgcore.stats.multilabel.calls import class_thresholds, grouped, voted

LABELS = np.array([[1, 0], [1, 0], [0, 0], [0, 0]])
PROBS = np.array([[0.205, 0.9], [0.3, 0.9], [0.195, 0.9], [0.1, 0.9]])


def test_the_best_threshold_of_each_class_and_a_half_where_nobody_has_it():
    for goal in ("f1", "error"):
        assert class_thresholds(LABELS, PROBS, goal).tolist() == [0.2, 0.5]


def test_goals_differ_where_a_class_is_hard():
    labels = np.array([[1], [1], [0], [0], [0], [0]])
    probs = np.array([[0.62], [0.2], [0.3], [0.3], [0.3], [0.1]])
    assert class_thresholds(labels, probs, "error") == [0.5]
    low = np.array([[1], [1], [1], [0], [0]])
    said = np.array([[0.3], [0.3], [0.6], [0.4], [0.4]])
    assert class_thresholds(low, said, "f1") == [pytest.approx(0.3)]


def test_unknown_labels_do_not_choose():
    known = np.array([[1, 1], [1, 1], [1, 1], [0, 1]], dtype=bool)
    labels = np.array([[1, 0], [1, 0], [0, 0], [1, 0]])
    assert class_thresholds(labels, PROBS, "error", known)[0] == 0.2


def test_a_vote_of_networks_keeps_the_likeliest_of_all():
    probs = np.array([
        [[0.6, 0.1, 0.2], [0.1, 0.2, 0.3]],
        [[0.6, 0.6, 0.2], [0.1, 0.2, 0.3]],
        [[0.1, 0.4, 0.2], [0.4, 0.2, 0.1]],
    ])  # fmt: skip
    assert voted(probs, [0.5, 0.5, 0.5]).tolist() == [[True, True, False], [False, False, True]]
    assert voted(probs[:1], [0.5, 0.05, 0.5])[0].tolist() == [True, True, False]
    assert voted(probs, [0.5, 0.5, 0.5], never_none=False)[1].tolist() == [False] * 3
    own = np.array([[0.5, 0.5, 0.5], [0.5, 0.5, 0.5], [0.05, 0.5, 0.15]])
    assert voted(probs, own)[0].tolist() == [True, False, False]


def test_groups_of_statements():
    probs = np.array([[0.5, 0.2, 0.9], [0.0, 1.0, 0.3]])
    groups = {"ab": ("a", "b"), "c": ("c",), "none": ()}
    names = ["a", "b", "c"]
    assert grouped(probs, names, groups, "noisy_or") == pytest.approx(
        np.array([[0.6, 0.9, 0], [1.0, 0.3, 0]])
    )
    assert grouped(probs, names, groups, "max").tolist() == [[0.5, 0.9, 0], [1.0, 0.3, 0]]
