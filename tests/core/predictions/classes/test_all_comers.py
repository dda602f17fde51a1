"""MI among all comers from the statements, and the choice of the ensemble by fold 9."""

from pathlib import Path

import numpy as np
import pytest

from ecgcore.models.cards import ModelEntry, ModelKey
from ecgcore.predictions.classes.all_comers import MiScore, leading_ensemble, scores_of
from ecgcore.predictions.classes.evaluated import EvaluatedClasses
from ecgcore.predictions.ensemble import Ensemble
from ecgcore.predictions.leakage import SeenInTraining
from tests.support.models import card


def of_task(task: str, train_set: str, arch: str = "cnn_bilstm") -> Ensemble:
    key = ModelKey(arch, train_set, 0, task)
    return Ensemble((ModelEntry(Path("none"), card(key), shipped=True),))


def test_the_networks_of_the_task_are_read_as_they_are_and_others_by_their_mi_statements():
    own, other = MiScore(of_task("mi_all_comers", "C+")), MiScore(of_task("statements71", "all"))
    assert (own.by_statements, other.by_statements) == (False, True)
    assert own.logits([[2.0], [3.0]]).tolist() == [2.0, 3.0]
    assert other.logits(np.full((2, 71), -50.0)).shape == (2,)


def test_the_networks_of_the_task_stand_first_and_those_of_the_statements_last():
    own, other = of_task("mi_all_comers", "C+"), of_task("statements71", "all")
    assert scores_of([own], other) == (MiScore(own), MiScore(other))
    assert scores_of([own], None) == (MiScore(own),)
    assert scores_of([], other) == (MiScore(other),)


def test_the_better_ensemble_on_fold_9_is_asked():
    good, bad = of_task("statements71", "all"), of_task("statements71", "soft")
    labels = np.array([[0], [1], [1]])
    known = np.ones_like(labels, dtype=bool)
    ids = np.arange(3)

    def fold9(one: Ensemble) -> EvaluatedClasses:
        sign = 1.0 if one is good else -1.0
        return EvaluatedClasses(("x",), ids, ids, labels, known, sign * labels[None].astype(float))

    assert leading_ensemble([bad, good], fold9) is good


@pytest.mark.parametrize(("n_wrong", "first"), [(1, True), (40, False)])
def test_a_difference_in_the_fourth_decimal_does_not_choose(n_wrong, first):
    """Of 100 by 100 pairs, each of the wrong ones is 0.0001 of the AUROC."""
    listed, later = of_task("challenge24", "all"), of_task("rhythm6", "all")
    ids, labels = np.arange(200), np.repeat([[0], [1]], 100, axis=0)

    def fold9(one: Ensemble) -> EvaluatedClasses:
        logits = np.arange(200.0)
        if one is listed:
            logits[100] -= n_wrong + 0.5
        known = np.ones_like(labels, dtype=bool)
        return EvaluatedClasses(("x",), ids, ids, labels, known, logits[None, :, None])

    assert (leading_ensemble([listed, later], fold9) is listed) == first


def test_labels_that_nobody_knows_do_not_choose():
    lucky, honest = of_task("challenge24", "all"), of_task("rhythm6", "all")
    labels, ids = np.array([[0], [1], [0], [0]]), np.arange(4)
    known = np.array([[True], [True], [False], [False]])
    scores = {"challenge24": [1.0, 0.9, -2.0, -2.0], "rhythm6": [0.0, 1.0, 2.0, 2.0]}

    def fold9(one: Ensemble) -> EvaluatedClasses:
        logits = np.array(scores[one.members[0].key.task])[None, :, None]
        return EvaluatedClasses(("LAD",), ids, ids, labels, known, logits)

    assert leading_ensemble([lucky, honest], fold9) is honest


def test_what_a_network_of_any_task_has_seen(synthetic_catalog):
    seen = SeenInTraining.of_task(synthetic_catalog, "mi_all_comers", "A+", 0)
    frame = synthetic_catalog.frame
    uncertain = frame.index[(frame["split"] == "train") & (frame["group"] == "uncertain_mi")]
    certain = frame.index[(frame["split"] == "train") & (frame["group"] == "certain_mi")]
    assert set(certain) <= seen.trained
    assert not set(uncertain) & seen.trained
    assert seen.leakage(int(certain[0]), None) == "seen"
