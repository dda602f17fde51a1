"""Networks of 71 statements as answers to other tasks; label sets by four decisions."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from ecgcore.errors import ModelError
from ecgcore.predictions.labelled import LabelledClasses
from ecgcore.ptbxl.catalog import Catalog
from ecgcore.stats.multilabel.calls import grouped
from ecgcore.study.neighbours import answers
from ecgcore.study.neighbours.answers import GROUPS, Answers
from ecgcore.study.neighbours.decisions import challenge_rewards, decide, ensemble_of
from ecgcore.tasks.challenge24 import CLASSES, SNOMED
from ecgcore.tasks.registry import TASKS
from ecgcore.tasks.statements71 import STATEMENTS71
from tests.support.paths import PROJECT

WEIGHTS = PROJECT.parent / "shared" / "reference" / "cinc2020_weights.csv"


@pytest.mark.parametrize("name", ["superclasses", "subclasses", "rhythm6"])
def test_groups_of_statements_are_the_labels_of_the_task(synthetic_catalog: Catalog, name: str):
    ids = [int(ecg_id) for ecg_id in synthetic_catalog.frame.index]
    stated = STATEMENTS71.label_rule(synthetic_catalog, ids)
    joined = grouped(stated, STATEMENTS71.classes, GROUPS[name], "max")
    labels = TASKS[name].label_rule(synthetic_catalog, ids)
    assert labels.any()
    assert (joined == labels).all()


def judged(probs, labels, classes: tuple[str, ...] = ("a", "b")) -> LabelledClasses:
    numbers, y = np.arange(len(labels)), np.asarray(labels, dtype=np.int64)
    return LabelledClasses(
        numbers, y, logit(np.asarray(probs)), numbers, classes, np.ones(y.shape, dtype=bool)
    )


def test_statements_are_joined_for_each_seed(synthetic_recordings, tmp_path, monkeypatch):
    said = np.full((240, 71), -20.0, dtype=np.float32)
    said[:, STATEMENTS71.classes.index("IMI")] = 0.0
    said[:, STATEMENTS71.classes.index("ILMI")] = 0.0
    monkeypatch.setattr(answers, "class_logits", lambda entry, ids, **_: said[: len(ids)])

    class Two:
        members = ("first", "second")
        label = "Two"

    task = TASKS["subclasses"]
    for rule, prob in (("noisy_or", 0.75), ("max", 0.5)):
        found = Answers(Two(), task, rule).judge(  # type: ignore[arg-type]
            "all", pretrained_dir=tmp_path, recordings=synthetic_recordings
        )
        assert len(found) == 2
        assert expit(found[0].logits[:, task.classes.index("IMI")]) == pytest.approx(prob)
        assert expit(found[0].logits[:, task.classes.index("PMI")]).max() < 1e-6
    assert Answers(Two(), task, "max").label == "Two, largest"  # type: ignore[arg-type]


def test_thresholds_of_fold_9_are_used_on_the_test_set():
    val = judged(
        [[0.3, 0.9], [0.25, 0.2], [0.1, 0.1], [0.1, 0.1]], [[1, 1], [1, 0], [0, 0], [0, 0]]
    )
    test = judged([[0.35, 0.9], [0.3, 0.7], [0.2, 0.4]], [[1, 1], [1, 0], [0, 0]])
    made = decide([val], [test], n_boot=0)
    assert set(made.figures) == {"half", "fold9_f1", "fold9_error"}, "one network has no vote"
    assert made.thresholds["fold9_f1"].tolist() == [0.25, 0.5]
    assert made.figures["half"].hamming.value == pytest.approx(3 / 6)
    assert made.figures["fold9_f1"].hamming.value == pytest.approx(1 / 6)
    both = decide([val, val], [test, test], n_boot=0)
    assert both.figures["vote"].subset_accuracy.value == pytest.approx(2 / 3)
    assert ensemble_of([val, judged([[0.7, 0.1]] * 4, val.labels.tolist())]).probs[
        0
    ] == pytest.approx([0.5, 0.5])


def test_a_table_that_lacks_a_class_is_refused(tmp_path):
    codes = [SNOMED[name][0] for name in CLASSES]
    table = pd.DataFrame(np.eye(24), index=codes, columns=codes)
    table.to_csv(tmp_path / "whole.csv")
    rewards = challenge_rewards(tmp_path / "whole.csv")
    assert (rewards.weights == np.eye(24)).all()
    assert CLASSES[rewards.normal] == "SNR"
    table.iloc[:, :-1].to_csv(tmp_path / "short.csv")
    for name in ("short.csv", "missing.csv"):
        with pytest.raises(ModelError, match=f"{name} is no table of the challenge's rewards"):
            challenge_rewards(tmp_path / name)


def test_rows_of_one_class_are_equal_in_the_challenges_table():
    if not WEIGHTS.exists():
        pytest.skip(f"{WEIGHTS} is not here")
    table = pd.read_csv(WEIGHTS, index_col=0)
    table.index = table.index.astype(str)
    for first, *others in SNOMED.values():
        for other in others:
            assert (table.loc[first] == table.loc[other]).all()
    assert challenge_rewards(WEIGHTS).weights.shape == (24, 24)
