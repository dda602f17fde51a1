"""Compare and Reliability on another task: the switch, the answer about certainty, all classes."""

import numpy as np
import pytest

from ecgcore.stats.comparison.paired_bootstrap import Contender, Trial, compare_all
from ecgcore.tasks.registry import task_named
from pages.compare.tasks.answer import certainty_words, pairs_table
from pages.compare.tasks.page_part import classes_table
from pages.shared.classes import caches
from pages.shared.classes.choice import (
    TaskChoice,
    evaluate_each,
    labelled,
    offered,
    records_words,
    statements_words,
)
from tests.core.predictions.classes.test_all_comers import of_task

STATEMENTS = task_named("statements71")


@pytest.mark.parametrize("page", ["compare", "reliability"])
def test_a_class_of_a_task_opens_by_its_address(open_page, page):
    app = open_page(page, task="71 SCP statements", **{"class": "CLBBB"})
    assert not app.exception
    said = " ".join(one.value for one in app.markdown)
    assert "CLBBB: complete left bundle branch block" in said
    assert "(n = 2,198, 54 CLBBB)" in said
    if page == "reliability":
        assert "**ResNet-BiLSTM, trained on all** :small[· ECE" in said


@pytest.mark.parametrize("page", ["compare", "reliability"])
def test_an_address_may_name_a_task_as_commands_do(open_page, page):
    by_name = open_page(page, task="statements71", **{"class": "CLBBB"})
    assert by_name.query_params["task"] == "71 SCP statements"
    assert "(n = 2,198, 54 CLBBB)" in " ".join(one.value for one in by_name.markdown)
    unknown = open_page(page, task="statements72")
    assert "The task `statements72` in the address is not known" in unknown.warning[0].value
    assert not by_name.exception
    assert not unknown.exception


def test_reliability_looks_closer_at_the_best_on_fold_9(open_page, monkeypatch):
    known = caches.ensembles("rhythm6")
    monkeypatch.setattr(caches, "leading", {"rhythm6": known[3]}.get)
    app = open_page("reliability", task=task_named("rhythm6").title)
    (closer,) = (box for box in app.selectbox if box.label == "Ensemble to look closer at")
    assert closer.value == closer.options[0] == known[3].label
    assert sorted(closer.options) == sorted(one.label for one in known)


def test_who_answers_for_another_task_keeps_its_task_in_its_name(open_page):
    shown = open_page("reliability", task="MI among all comers")
    said = " ".join(one.value for one in shown.markdown)
    assert "**CNN-BiLSTM, trained on C+** :small[" in said
    assert "**S4D 71 SCP statements, all** :small[" in said


@pytest.mark.parametrize(
    ("task", "title"),
    [
        ("rhythm6", "How do the networks compare?"),
        ("statements71", "What does label certainty do?"),
    ],
)
def test_the_title_asks_about_certainty_where_labels_have_one(open_page, task, title):
    assert [one.value for one in open_page("compare", task=task_named(task).title).title] == [title]


def test_a_small_ece_of_a_rare_class_is_no_praise(open_page):
    told = " ".join(
        one.value
        for one in open_page("reliability", task="71 SCP statements", **{"class": "CLBBB"}).caption
    )
    assert "whoever gives each record 2.5 % for CLBBB has almost 0 too" in told  # 54 of 2,198


def test_rare_classes_are_marked_and_stand_last():
    table = classes_table((caches.statements(),), TaskChoice(STATEMENTS, "all", "AFIB"))
    few = table["Records"].str.contains("few").tolist()
    assert len(table) == 71
    assert few == sorted(few)
    assert any(few)
    assert not all(few)
    afib = table[table["Class"].str.startswith("AFIB")].iloc[0]
    assert afib["Records"] == "152"
    assert "[" in afib.iloc[2]


def test_the_statements_stand_beside_the_networks_for_all_comers():
    choice = TaskChoice(task_named("mi_all_comers"), "certain", "MI")
    shown, problems = evaluate_each(offered(choice), choice, "platt")
    assert not problems
    assert shown[-1].ensemble.members[0].key.task == "statements71"
    assert {(len(one.labels), int(one.labels.sum())) for one in shown} == {(1916, 268)}
    assert all(one.calibrator.n == 1926 for one in shown)


@pytest.mark.parametrize(("name", "n"), [("subclasses", 2158), ("rhythm6", 2198)])
def test_the_statements_answer_wherever_they_make_the_label(name, n):
    task = task_named(name)
    choice = TaskChoice(task, task.test_sets[-1].name, task.classes[-1])
    *own, statements = offered(choice)
    assert statements == caches.statements()
    mine, theirs = (caches.evaluated_on(one, task, choice.test_set) for one in (own[0], statements))
    assert theirs.ids.tolist() == mine.ids.tolist()
    assert len(theirs.ids) == n
    assert (theirs.labels == mine.labels).all()
    assert theirs.classes == task.classes
    assert theirs.seed_logits.shape == (len(statements.members), n, len(task.classes))
    table = classes_table((own[0], statements), choice)
    assert table.columns[-1] == "S4D 71 SCP statements, all"
    assert statements_words(choice, own) == ""
    assert f"one of {choice.name}'s statements holds" in statements_words(choice, (statements,))


def test_the_statements_say_nothing_where_more_than_they_make_the_label():
    choice = TaskChoice(task_named("challenge24"), "all", "LAD")
    assert {one.members[0].key.task for one in offered(choice)} == {"challenge24"}


def test_certainty_is_answered_only_where_there_are_pairs():
    task = task_named("mi_all_comers")
    pair = [of_task("mi_all_comers", name) for name in ("A+", "C+")]
    assert "one training set alone are published (A+)" in certainty_words(task, pair[:1], ())
    assert "no axis of this task" in certainty_words(task_named("rhythm6"), [], ())
    labels = np.arange(60) % 2
    draw = np.random.default_rng(0)
    names = [one.name for one in pair]
    made = [Contender.from_logits(name, draw.normal(labels, 1, (1, 60))) for name in names]
    pairs = compare_all(Trial(labels, n_boot=50), made, "auroc")
    assert "**A+** against **C+**" in certainty_words(task, pair, pairs)
    assert "1 and 1 seeds" in certainty_words(task, pair, pairs)


def test_every_pair_says_what_it_shares_and_what_its_seeds_allow():
    nets = {
        one.name: one
        for one in (
            of_task("rhythm6", "I", "ribeiro_small"),
            of_task("rhythm6", "IV", "ribeiro_small"),
            of_task("rhythm6", "I", "ribeiro_small_attention"),
        )
    }
    labels = np.arange(60) % 2
    perfect = [Contender.from_logits(name, 1.0 * labels[None]) for name in nets]
    table = pairs_table(compare_all(Trial(labels, n_boot=20), perfect, "auroc")[:2], nets)
    assert table["Both"].tolist() == ["ResNet small", "trained on I"]
    assert table["Second"].tolist() == ["IV", "ResNet small with attention"]
    assert table["First minus second"].tolist() == ["+0.0000 [+0.0000, +0.0000]"] * 2
    assert set(table["Seeds"]) == {"1 and 1"}


def test_an_unknown_label_is_not_taken_for_none():
    choice = TaskChoice(task_named("challenge24"), "all", "LAD")
    judged = labelled(offered(choice)[0], choice)
    assert "(n = 631, 193 LAD; the label of 1,567 others is not known)" in records_words(
        choice, judged.labels
    )
