"""Confident learning: which records are doubted, by whom, and what is left."""

import dataclasses

import numpy as np
import torch

from ecgcore.models.cards import Preprocessing
from ecgcore.training import confident_learning
from ecgcore.training.confident_learning import doubted, prune
from ecgcore.training.data import Split, TrainingData
from ecgcore.training.spec import TrainSpec

SPEC = TrainSpec("cnn_bilstm", "C", 0, "unused")


def easy_data(n: int, wrong: list[int]) -> TrainingData:
    """Records whose first lead is 1 where they are MI; those in `wrong` are called MI falsely."""
    rng = torch.Generator().manual_seed(0)
    mi = torch.arange(n) % 2 == 0
    inputs = 0.1 * torch.randn(n, 12, 1000, generator=rng)
    inputs[mi, 0] += 1.0
    labels = mi.float()
    labels[wrong] = 1.0
    split = Split(list(range(100, 100 + n)), inputs, labels[:, None])
    steps = Preprocessing(0.5, zero_phase=True, mean_mv=(0.0,) * 12, std_mv=(1.0,) * 12)
    val = Split(list(range(20)), inputs[:20], mi[:20].float()[:, None])
    return TrainingData(split, val, steps)


def test_rule_by_hand():
    labels = torch.tensor([0.0, 0.0, 1.0, 1.0, 0.3, 1.0])
    probs = torch.tensor([0.1, 0.3, 0.9, 0.15, 0.2, 0.21])
    assert doubted(labels, probs).tolist() == [False, False, False, True, True, False]


def test_models_that_cannot_tell_doubt_nobody():
    assert not doubted(torch.tensor([0.0, 1.0, 1.0]), torch.full((3,), 0.5)).any()


def test_false_labels_go_and_all_else_stays(tmp_path, monkeypatch):
    """The judges are stubs that look at the first lead."""
    monkeypatch.setattr(confident_learning, "fit", lambda *args: None)
    monkeypatch.setattr(
        confident_learning, "logits_of", lambda model, inputs: 10 * inputs[:, :1].mean(dim=2) - 5
    )
    data, told = easy_data(80, wrong=[11, 43]), []
    kept = prune(data, np.arange(80) // 2, SPEC, tmp_path, told.append)
    assert told == [1, 2, 3, 4]
    assert kept.val is data.val
    assert {111, 143}.isdisjoint(kept.train.ids)
    assert 76 <= len(kept.train.ids) <= 78
    rows = [data.train.ids.index(i) for i in kept.train.ids]
    assert torch.equal(kept.train.inputs, data.train.inputs[rows])
    assert torch.equal(kept.train.labels, data.train.labels[rows])


def test_no_judge_has_seen_a_patient_that_it_judges(tmp_path, monkeypatch):
    data = easy_data(24, [])
    patients = np.repeat(np.arange(8), 3)
    seen = []

    def remember(model, part, spec, run_dir, watcher):
        seen.append({patients[i - 100] for i in part.train.ids})

    judged = []

    def logits(model, inputs):
        rows = [int((data.train.inputs == one).all(dim=(1, 2)).nonzero()) for one in inputs]
        judged.append({patients[row] for row in rows})
        return torch.zeros(len(inputs), 1)

    monkeypatch.setattr(confident_learning, "fit", remember)
    monkeypatch.setattr(confident_learning, "logits_of", logits)
    prune(data, patients, dataclasses.replace(SPEC, seed=3), tmp_path)
    assert not any(one & other for one, other in zip(seen, judged, strict=True))
    assert set.union(*judged) == set(patients)
