"""The tab of further tasks: their classes, the label beside them, attention and leads."""

import json

import numpy as np
import pytest

from ecgcore.errors import ModelError
from ecgcore.models.cards import ModelKey
from ecgcore.models.inner_weights import InnerWeights
from ecgcore.predictions.classes.evaluated import EvaluatedClasses
from ecgcore.predictions.classes.rules import ClassRule, ClassRules
from ecgcore.predictions.ensemble import ensembles_of
from ecgcore.stats.calibration.calibrators import fit
from ecgcore.tasks.registry import TASKS
from pages.case.classes import other_tasks
from pages.shared.classes import caches
from tests.support.review_page import charts, save_untrained, table, texts

TAB = "Other tasks"
NETWORKS = (("se_resnet_leads", "challenge24", "all"), ("ribeiro_small_attention", "rhythm6", "I"))


@pytest.fixture
def shipped(six_models, tmp_path):
    """Untrained networks of two further tasks beside the study's."""
    folder = tmp_path / "pretrained"
    folder.mkdir()
    for one in six_models.iterdir():
        (folder / one.name).symlink_to(one)
    for arch, task, name in NETWORKS:
        key = ModelKey(arch, name, 0, task)
        save_untrained(key, folder / key.folder)
    return folder


@pytest.fixture
def open_tab(open_review, shipped, monkeypatch):
    """Open the tab; the networks take the synthetic ECG for a patient's, and fold 9 is made up."""
    monkeypatch.setattr(other_tasks, "is_known", lambda _case: True)
    monkeypatch.setattr(caches, "class_rules", made_up_rules)
    monkeypatch.setattr(caches, "evaluated", made_up_records)

    def open_it(**query):
        return open_review(3, pretrained=shipped, details=TAB, **query)

    return open_it


def made_up_rules(ensemble, alpha):
    draw = np.random.default_rng(0)
    labels = np.arange(80) % 2
    calibrator = fit("platt", labels, draw.normal(labels, 1.0))
    classes = TASKS[ensemble.members[0].key.task].classes
    rules = [ClassRule(name, 40 - k, calibrator, 0.1) for k, name in enumerate(classes)]
    rules[-1] = ClassRule(classes[-1], 3, calibrator, None)
    return ClassRules(tuple(rules), ensemble, alpha, frozenset())


def made_up_records(ensemble, _test_set):
    """Four records with every class, of which three score high; the limit is 10 %."""
    ids, classes = np.arange(4), TASKS[ensemble.members[0].key.task].classes
    labels = np.ones((4, len(classes)), dtype=np.int64)
    logits = np.array([3.0, 3.0, 3.0, -9.0])[None, :, None] * np.ones((1, 1, len(classes)))
    return EvaluatedClasses(classes, ids, ids, labels, labels == 1, logits)


def test_classes_are_ranked_with_meaning_label_and_records(open_tab):
    app = open_tab()
    shown = table(app, "Meaning")
    assert len(shown) == 24
    assert shown.set_index("Class").loc["SA", "Meaning"] == "sinus arrhythmia"
    assert shown["Class"].iloc[-1] == "CRBBB", "too few records stand last"
    assert shown["In the set"].iloc[-1] == "too few records"
    assert set(shown["Label"]) <= {"stated", "–", "not known"}
    assert shown.set_index("Class").loc["AF", "Held on fold 10"] == "3 of 4, 0.75 [0.19, 0.99]"
    assert "calibrated on fold 9, each class alone" in texts(app)
    assert "They were told: " in texts(app)


def test_leads_of_the_case_have_bars(open_tab):
    (bars,) = json.loads(charts(open_tab())["Weights"].spec)["data"]
    assert len(bars["x"]) == 12
    assert "Attention" not in charts(open_tab())


@pytest.mark.parametrize("asked", ["Six abnormalities", "rhythm6"])
def test_attention_is_a_curve_over_the_case(open_tab, asked):
    app = open_tab(other_task=asked)
    assert not app.warning
    assert len(table(app, "Meaning")) == 6
    drawn = {t["name"]: t for t in json.loads(charts(app)["Attention"].spec)["data"]}
    assert {"attention", "lead II"} <= set(drawn)
    assert "16 steps of 0.64 s" in texts(app)
    assert "Weights" not in charts(app)


@pytest.mark.parametrize("best", [0, 1])
def test_the_best_on_fold_9_answers_first(open_tab, shipped, monkeypatch, best):
    key = ModelKey("se_resnet_small", "all", 0, "challenge24")
    save_untrained(key, shipped / key.folder)
    monkeypatch.setattr(
        caches, "leading", lambda task: dict(enumerate(caches.ensembles(task))).get(best)
    )
    app = open_tab()
    (networks,) = (box for box in app.selectbox if box.label == "Networks")
    assert sorted(networks.options) == sorted(one.title for one in caches.ensembles("challenge24"))
    assert networks.value == networks.options[0] == caches.ensembles("challenge24")[best].title


def test_networks_are_offered_where_fold_9_cannot_be_read(open_tab, shipped, monkeypatch):
    def missing(*_args):
        raise ModelError("no predictions")

    key = ModelKey("se_resnet_small", "all", 0, "challenge24")
    save_untrained(key, shipped / key.folder)
    monkeypatch.setattr(caches, "_leading", missing)
    assert len(table(open_tab(), "Meaning")) == 24


def test_without_such_networks_there_is_no_tab(open_review):
    app = open_review(3)
    assert TAB not in [tab.label for tab in app.tabs]


def test_a_made_up_ecg_is_not_asked_about(open_review, shipped):
    app = open_review(3, pretrained=shipped, details=TAB)
    assert "know recordings of patients alone" in app.info[0].value


def test_seeds_are_averaged():
    one, other = (
        InnerWeights(None, np.array(steps, np.float32), np.zeros(2, np.float32), 5.0)
        for steps in ([0.2, 0.8], [0.6, 0.4])
    )
    assert one.mean_with([other]).steps.tolist() == pytest.approx([0.4, 0.6])
    assert one.mean_with([other]).leads is None


def test_ensembles_of_a_task_are_found_by_their_folder(open_review, shipped, monkeypatch):
    monkeypatch.setenv("ECG_PRETRAINED_DIR", str(shipped))
    assert other_tasks.other_tasks() == ["challenge24", "rhythm6"]
    assert len(ensembles_of(caches.ensembles("rhythm6")[0].members)) == 1
