"""Folds by record: who is learnt from, who is judged, and what the difference is."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ecgcore.bench.neighbours import record_folds
from ecgcore.bench.neighbours.record_folds import (
    RecordFoldsReport,
    groups,
    second_half,
    share_leaking,
    swapped_in,
)
from ecgcore.predictions.classes.evaluated import EvaluatedClasses
from ecgcore.ptbxl.label_groups import split_ids
from ecgcore.ptbxl.store import Recordings
from ecgcore.settings import Settings
from ecgcore.tasks.challenge24 import CHALLENGE24
from ecgcore.training.data import Split


def split(ids: list[int]) -> Split:
    column = torch.tensor(ids, dtype=torch.float32)[:, None]
    return Split(ids, column[:, None], column, patients=column)


def test_both_sides_hold_ecgs_of_every_patient_with_several() -> None:
    patients = np.random.default_rng(0).integers(0, 300, 1001)
    later = second_half(patients)
    assert later.sum() == 500
    for one in np.unique(patients):
        mine = later[patients == one]
        assert abs(mine.sum() - (~mine).sum()) <= 1


def test_the_training_set_stays_as_large() -> None:
    made = swapped_in(split(list(range(50))), split([90, 91, 92]))
    assert len(made.ids) == len(set(made.ids)) == 50
    assert set(made.ids) >= {90, 91, 92}
    assert made.patients is not None
    for tensor in (made.inputs[:, 0, 0], made.labels[:, 0], made.patients[:, 0]):
        assert tensor.tolist() == made.ids


def test_the_difference_is_that_of_the_same_ecgs() -> None:
    labels = np.array([[1], [0], [1], [0], [1], [0]])
    poor = np.array([[0.0], [1.0], [2.0], [-1.0], [0.5], [0.2]])
    patients = np.array([1, 1, 2, 2, 3, 4])
    judged = EvaluatedClasses(
        ("x",), np.arange(6), patients, labels, np.ones((6, 1), dtype=bool), poor[None]
    )
    everyone, several, alone = groups(judged, 9.0 * labels)
    assert (everyone.n, several.n, alone.n) == (6, 4, 2)
    assert everyone.by_patient.value == pytest.approx(6 / 9)
    assert everyone.by_record.value == 1
    assert everyone.difference.value == pytest.approx(3 / 9)
    assert (several.by_patient.value, several.difference.value) == pytest.approx((0.75, 0.25))
    assert alone.difference.value == 0
    report = RecordFoldsReport("SE-ResNet small", (everyone, several, alone), 0.25)
    assert "patients with several ECGs" in report.as_text()
    assert report.as_json()["groups"][1]["difference"]["value"] == pytest.approx(0.25)


def test_no_network_judges_what_it_learnt_from(
    synthetic_recordings: Recordings, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = synthetic_recordings.catalog
    ids = split_ids(catalog.frame, "test")
    learnt: list[set[int]] = []

    def fit(model, data, spec, run_dir, watcher):
        assert run_dir.is_dir()
        learnt.append(set(data.train.ids))
        with torch.no_grad():
            model.head.bias.fill_(float(len(learnt)))
            model.head.weight.zero_()

    monkeypatch.setattr(record_folds, "fit", fit)
    labels = CHALLENGE24.label_rule(catalog, ids)
    patients = catalog.frame.loc[ids, "patient_id"].to_numpy()
    judged = EvaluatedClasses(
        CHALLENGE24.classes, np.array(ids), patients, labels, labels == labels, labels[None] * 1.0
    )
    halves = second_half(patients)
    settings = replace(Settings.from_env(), runs_dir=tmp_path)
    logits = record_folds._leaked_logits(synthetic_recordings, settings, judged, halves)
    for number, mine in enumerate((halves, ~halves)):
        own = set(judged.ids[mine].tolist())
        assert not own & learnt[number]
        assert set(judged.ids[~mine].tolist()) <= learnt[number]
        assert logits[mine] == pytest.approx(number + 1.0)


def test_the_share_that_leaks_follows_the_number_of_ecgs() -> None:
    assert share_leaking([1, 2, 3]) == 0
    assert share_leaking([1, 1, 1], folds=2) == pytest.approx(0.75)
