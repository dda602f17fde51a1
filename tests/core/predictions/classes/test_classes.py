"""Classes of any task: shipped labels, calibrated probabilities, sets and coverage."""

from dataclasses import replace

import numpy as np
import pytest

from ecgcore.errors import ModelError
from ecgcore.models.cards import list_models
from ecgcore.predictions.classes.by_statements import grouped_logits
from ecgcore.predictions.classes.evaluated import EvaluatedClasses, evaluate_classes
from ecgcore.predictions.classes.labels import (
    labels_at_hand,
    labels_path,
    save_labels,
    shipped_labels,
)
from ecgcore.predictions.classes.rules import ClassPrediction, ClassRules, leading
from ecgcore.predictions.ensemble import ensembles_of
from ecgcore.ptbxl.catalog import PTBXL_VERSION
from ecgcore.settings import Settings
from ecgcore.tasks.registry import TASKS, task_named
from tests.support.predictions import ensemble

CLASSES = ("often", "rare", "never")


def made_up(n: int = 400, seed: int = 0) -> EvaluatedClasses:
    """Every second record "often", three "rare", none "never"; logits twice too large."""
    draw = np.random.default_rng(seed)
    labels = np.zeros((n, 3), dtype=np.int64)
    labels[::2, 0] = 1
    labels[:3, 1] = 1
    logits = 6 * (2 * labels - 1) + draw.normal(0, 6, (2, n, 3))
    ids = np.arange(n) + 1
    return EvaluatedClasses(CLASSES, ids, ids, labels, np.ones_like(labels, dtype=bool), logits)


@pytest.fixture
def rules() -> ClassRules:
    return ClassRules.fit(ensemble(), made_up(4000), 0.1)


def test_the_set_holds_nine_of_ten_records_of_a_class_elsewhere_too(rules):
    often, rare, never = rules.coverage(made_up(20_000, seed=1))
    assert often.n == 10_000
    assert often.value == pytest.approx(0.9, abs=0.02)
    assert (rare.hits, rare.n, never.n) == (0, 3, 0)
    wider = ClassRules.fit(ensemble(), made_up(), 0.02).coverage(made_up(20_000, seed=1))
    assert wider[0].value > 0.95


def test_probabilities_are_those_of_fold_9_not_of_the_network(rules):
    other = made_up(20_000, seed=1)
    said = rules.probs(other.logits)[:, 0]
    near = np.abs(said - 0.8) < 0.05
    assert other.labels[near, 0].mean() == pytest.approx(0.8, abs=0.04)


def test_a_rare_class_is_marked_and_one_that_fold_9_lacks_has_no_probability(rules):
    often, rare, never = rules.predict(np.full((2, 3), 9.0))
    assert (often.in_set, rare.in_set, never.in_set) == (True, None, None)
    assert rare.prob < 1
    assert np.isnan(never.prob)
    assert [one.n_positive for one in rules.rules] == [2000, 3, 0]
    assert rules.predict(np.full((2, 3), -9.0))[0].in_set is False


def test_labels_that_are_not_known_are_not_counted():
    whole = made_up()
    half = replace(whole, known=np.broadcast_to(np.arange(400)[:, None] < 200, (400, 3)))
    fitted = ClassRules.fit(ensemble(), half, 0.1)
    assert fitted.rules[0].n_positive == 100
    assert fitted.coverage(half)[0].n == 100


def test_the_likeliest_come_first_without_rare_ones_and_what_is_left_out():
    said = [
        ClassPrediction("b", 0.2, True),
        ClassPrediction("rare", 0.9, None),
        ClassPrediction("a", 0.6, False),
        ClassPrediction("SR", 0.95, True),
        ClassPrediction("c", 0.01, False),
    ]
    assert [one.name for one in leading(said, 5, without=("SR",))] == ["a", "b"]
    assert [one.name for one in leading(said, 1)] == ["SR"]


def test_the_mi_score_is_that_of_any_mi_statement():
    logits = np.full(71, -50.0)
    codes = task_named("statements71").classes
    logits[[codes.index("IMI"), codes.index("AMI")]] = 0.0
    logits[codes.index("CLBBB")] = 30.0
    assert grouped_logits(logits, "mi_all_comers").item() == pytest.approx(
        np.log(3)
    )  # 1 - 0.5 * 0.5 = 3 in 4


def test_shipped_labels_are_those_of_the_tables(ptbxl_catalog):
    shipped = shipped_labels(Settings.from_env().pretrained_dir)
    for task in TASKS.values():
        for one in task.test_sets:
            ids = one.choose(ptbxl_catalog, "test")
            assert one.choose(shipped, "test") == ids
            wanted = task.label_rule(ptbxl_catalog, ids)
            np.testing.assert_array_equal(task.label_rule(shipped, ids), wanted)
            np.testing.assert_array_equal(task.known(shipped, ids), task.known(ptbxl_catalog, ids))
    ids = shipped.frame.index
    mine, theirs = (one.frame.loc[ids, "patient_id"] for one in (shipped, ptbxl_catalog))
    assert mine.groupby(theirs.to_numpy()).nunique().max() == 1
    assert mine.nunique() == theirs.nunique()


def test_labels_are_written_as_they_are_read(synthetic_catalog, tmp_path):
    told = synthetic_catalog.frame.copy()
    blank, deviated = told.index[told["split"] == "test"][:2]
    told.loc[blank, "report"] = ""
    told.loc[deviated, "heart_axis"] = "ALAD"
    synthetic_catalog = replace(synthetic_catalog, frame=told)
    save_labels(synthetic_catalog, tmp_path)
    shipped = shipped_labels(tmp_path)
    challenge = task_named("challenge24")
    lad = challenge.classes.index("LAD")
    assert challenge.label_rule(shipped, [blank, deviated])[:, lad].tolist() == [0, 1]
    assert challenge.known(shipped, [blank, deviated])[:, lad].tolist() == [False, True]
    assert not set(told["report"]) - {""} & set(shipped.frame["report"])
    assert set(shipped.frame["split"]) == {"val", "test"}
    ids = list(shipped.frame.index)
    rule = task_named("statements71").label_rule
    np.testing.assert_array_equal(rule(shipped, ids), rule(synthetic_catalog, ids))
    labels_path(tmp_path).write_bytes(b"no table")
    with pytest.raises(ModelError, match=r"labels.parquet cannot be read"):
        shipped_labels(tmp_path)


@pytest.mark.parametrize("named", [True, False])
def test_without_ptbxl_the_labels_that_ship_are_at_hand(synthetic_dir, tmp_path, named):
    settings = replace(
        Settings.from_env(),
        data_dir=synthetic_dir if named else None,
        synthetic_dir=synthetic_dir,
        local_data_dir=tmp_path,
    )
    assert (labels_at_hand(settings).version == PTBXL_VERSION) != named


def test_published_networks_are_judged_by_the_shipped_labels():
    settings = Settings.from_env()
    folder = settings.pretrained_dir
    one = ensembles_of(list_models(folder, settings.runs_dir, "statements71"))[0]
    judged = evaluate_classes(one, "all", shipped_labels(folder), folder)
    assert judged.seed_logits.shape == (len(one.members), 2198, 71)
    assert judged.of_class("AFIB").labels.sum() == 152  # AF in fold 10, counted in the table
    from sklearn.metrics import roc_auc_score

    mine = judged.of_class("AFIB")
    assert roc_auc_score(mine.labels, mine.logits) > 0.97
    with pytest.raises(ModelError, match="has no train record"):
        evaluate_classes(one, "all", shipped_labels(folder), folder, "train")
