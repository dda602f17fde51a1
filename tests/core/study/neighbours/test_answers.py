"""Networks of 71 statements as answers to other tasks; label sets by four decisions."""

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from ecgcore.errors import ModelError
from ecgcore.predictions.classes.by_statements import GROUPS
from ecgcore.predictions.labelled import LabelledClasses
from ecgcore.ptbxl.catalog import Catalog
from ecgcore.settings import Settings
from ecgcore.stats.multilabel.calls import grouped
from ecgcore.stats.per_class import macro_auroc
from ecgcore.study import class_table
from ecgcore.study.neighbours import answers
from ecgcore.study.neighbours.answers import Answers, Together
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


def test_the_largest_stands_in_where_nearly_all_records_have_a_class():
    test = judged([[0.3, 0.2], [0.1, 0.4], [0.6, 0.1]], [[1, 0], [1, 0], [1, 0]])
    probs, labels = [[0.9, 0.1]] * 20, [[1, 0]] * 20
    made = decide([judged(probs, labels)], [test], n_boot=0).figures
    assert list(made) == ["half", "half_or_largest", "fold9_f1", "fold9_error"]
    assert made["half"].subset_accuracy.value == pytest.approx(1 / 3)
    assert made["half_or_largest"].subset_accuracy.value == pytest.approx(2 / 3)
    some = judged(probs, [*labels[1:], [0, 0]])
    assert "half_or_largest" not in decide([some], [test], n_boot=0).figures


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


class Networks:
    """Stands for an ensemble that ships."""

    shipped, arch, seeds = True, "toy", (0, 1)

    def __init__(self, name: str, train_set: str, task: str) -> None:
        self.label, self.train_set = name, train_set
        key = SimpleNamespace(task=task)
        self.members = (SimpleNamespace(key=key, run_name=None),)


def answer(name: str, train_set: str, rule=None) -> Answers:
    task = "statements71" if rule else "rhythm6"
    return Answers(Networks(name, train_set, task), TASKS["rhythm6"], rule)  # type: ignore[arg-type]


RNG = np.random.default_rng(3)
LABELS = np.stack([np.arange(400) % 2, np.arange(400) < 4], axis=1).astype(np.int64)


def noisy(spread: float, scale: float = 1.0, shift: float = 0.0) -> LabelledClasses:
    clean = 2.0 * (2 * LABELS - 1)
    logits = scale * (clean + RNG.normal(0, spread, LABELS.shape)) + shift
    return replace(judged(np.full(LABELS.shape, 0.5), LABELS), logits=logits)


def test_those_who_answer_together_are_chosen_by_fold_9():
    best, same_set = answer("best", "I"), answer("same set", "I")
    worse, wide = answer("worse", "IV"), answer("wide", "all", "noisy_or")
    largest = answer("wide", "all", "max")
    fold9 = {worse: noisy(4), best: noisy(2), same_set: noisy(2.5), wide: noisy(2.5)}
    fold9[largest] = noisy(0)
    made = Together.of(fold9)
    assert made is not None
    assert made.parts == (best, same_set, wide)
    assert made.label == "together: best + same set + wide, noisy or"
    assert [one["rule"] for one in made.identity["parts"]] == [None, None, "noisy_or"]
    assert Together.of({best: fold9[best]}) is None
    poor = {best: noisy(0.5), wide: noisy(20)}
    assert Together.of(poor) is None, "the better part alone is better"
    assert Together.of({worse: fold9[worse], best: fold9[best]}) is None, "another training set"


def test_each_part_is_calibrated_before_the_mean():
    first, second = answer("a", "all"), answer("b", "all")
    fold9 = {first: noisy(2), second: noisy(2, scale=30, shift=50)}
    there = {first: noisy(2), second: noisy(2, scale=30, shift=50)}
    made = Together((first, second)).judge(fold9, there)
    aurocs = [macro_auroc(LABELS[:, :1], one.logits[:, :1]) for one in (*there.values(), made)]
    assert aurocs[2] > max(aurocs[:2]) + 0.02, "neither drowns the other"
    assert made.probs[:, 0].mean() == pytest.approx(0.5, abs=0.03)
    rare = np.mean([one.logits[:, 1] for one in there.values()], axis=0)
    assert made.logits[:, 1] == pytest.approx(rare), "four records calibrate nothing"
    assert (made.labels == LABELS).all()


@pytest.fixture
def report(monkeypatch):
    """Two networks, the second with two seeds, and both together."""
    first, second = answer("a", "all"), answer("b", "all")
    one, other = noisy(2), noisy(2)
    monkeypatch.setattr(class_table, "answers_to", lambda *_: (first, second))
    monkeypatch.setattr(
        class_table,
        "_judge",
        lambda who, *_: ((one,), (one,)) if who is first else ((other, other), (other, other)),
    )
    monkeypatch.setattr(class_table, "labels_at_hand", lambda _: None)
    monkeypatch.setattr(
        class_table,
        "open_recordings",
        lambda _: SimpleNamespace(catalog=SimpleNamespace(version="x")),
    )
    return class_table.class_report(Settings.from_env(), "rhythm6", n_boot=20)


def test_evaluate_lists_them_beside_their_parts(report):
    names = [row.answers.label for row in report.rows]
    assert names == ["a", "b", "together: a + b"]
    macro = [row.figures.macro_auroc.value for row in report.rows]
    assert macro[2] > max(macro[:2])
    assert len(report.pairs) == 3
    assert report.as_json()["test_sets"]["all"]["models"][2]["arch"] == "together"


def test_the_text_numbers_who_answers_and_says_who_is_higher(report):
    text = report.as_text()
    assert text.startswith("[1] a\n[2] b\n[3] together: a + b\n\nx, test set all (")
    lines = [re.split(r"  +", line) for line in text.splitlines()]
    table = {line[0]: line[1:] for line in lines if len(line) > 1}
    assert table["mean of classes, AUROC"] == [
        row.figures.macro_auroc.text() for row in report.rows
    ]
    assert table["AUROC of each seed"][1].endswith(", SD 0.000, 2 seeds")
    assert table["AUROC of each seed"][::2] == ["one seed", "one seed"]
    one = report.rows[0].figures.classes[0]
    vote, title = "Hamming loss, vote of the seeds, fold 9", f"{one.name} (n = 200), AUROC"
    assert table[title][0] == one.auroc.text()
    assert text.index(vote) < text.index(title)
    difference = next(line for line in text.splitlines() if line.startswith("[1] minus [3]"))
    assert difference.count(" is higher") == difference.count("([3] is higher)") == 1
