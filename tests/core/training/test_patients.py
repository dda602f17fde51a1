"""Age and sex beside the signal, labels that nobody knows, and the published schedules."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ecgcore.models.architectures import ARCHITECTURES, Architecture
from ecgcore.models.cards import Preprocessing, list_models
from ecgcore.models.inputs import patient_inputs
from ecgcore.models.networks.base import NetworkModule
from ecgcore.models.predictor import Predictor, predict, predict_batches
from ecgcore.predictions.store import PREDICTIONS_FILE, load_predictions, logits_of_model
from ecgcore.ptbxl.catalog import Catalog
from ecgcore.ptbxl.store import Recordings
from ecgcore.records import Patient
from ecgcore.training.data import Split, TrainingData
from ecgcore.training.loop import Watcher, class_weights, fit
from ecgcore.training.run import run_training
from ecgcore.training.spec import TrainSpec

SPEC = TrainSpec("cnn_bilstm", "A", 0, "unused", epochs=1, batch_size=8, class_weight=False)
STEPS = Preprocessing(0.5, True, (0.0,) * 12, (1.0,) * 12)


class TellsAge(NetworkModule):
    """Looks at age and sex only; without them it answers for zeros."""

    takes_patient = True

    def __init__(self, n_classes: int = 1) -> None:
        super().__init__(n_classes)
        self.explained = nn.Conv1d(12, 1, 10, stride=10)
        self.head = nn.Linear(5, n_classes)

    def features(self, x: Tensor, patient: Tensor | None = None) -> Tensor:
        """Return the five values, and nothing of the signal."""
        return 0 * self.explained(x).mean() + (
            torch.zeros(len(x), 5) if patient is None else patient
        )


AGES = Architecture(
    name="ages",
    title="Ages",
    network=f"{__name__}:TellsAge",
    sources=("models/networks/base.py",),
    ms_per_record=1.0,
    takes_patient=True,
)


def test_five_values_say_age_and_sex():
    found = patient_inputs([Patient(40, "male"), Patient(None, "female"), Patient(71), Patient()])
    assert found == pytest.approx(
        np.array([[0.4, 0, 0, 1, 1], [0, 0, 1, 0, 1], [0.71, 0, 0, 0, 0], [0, 0, 0, 0, 0]])
    )
    assert patient_inputs([]).shape == (0, 5)


def test_who_is_above_89_counts_as_90(synthetic_catalog: Catalog):
    frame = synthetic_catalog.frame.copy()
    first, second = (int(ecg_id) for ecg_id in frame.index[:2])
    frame.loc[first, ["age", "sex"]] = 300.0, "female"
    frame.loc[second, ["age", "sex"]] = np.nan, "unknown"
    catalog = replace(synthetic_catalog, frame=frame)
    assert catalog.patient(first) == Patient(90.0, "female")
    assert catalog.patient(second) == Patient(None, "unknown")


def test_age_and_sex_go_the_whole_way(
    tmp_path: Path, synthetic_recordings: Recordings, synthetic_dir: Path, monkeypatch
):
    monkeypatch.setitem(ARCHITECTURES, AGES.name, AGES)
    spec = TrainSpec("ages", "C", 0, str(synthetic_dir), epochs=1, speedups="none")
    spec.save(tmp_path / "run")
    run_training(tmp_path / "run")
    (entry,) = list_models(tmp_path / "none", tmp_path)
    predictor = Predictor.open(entry)
    stored = logits_of_model(load_predictions(entry.folder / PREDICTIONS_FILE), entry.key)
    ids = [int(ecg_id) for ecg_id in stored.index[:4]]
    assert stored.loc[ids, "MI"].nunique() > 1, "patients differ"
    patients = patient_inputs(map(synthetic_recordings.catalog.patient, ids))
    many = predict_batches(predictor, synthetic_recordings.signals(ids), patients=patients)
    np.testing.assert_allclose(many, stored.loc[ids], atol=1e-5)
    record = synthetic_recordings.read(ids[0])
    ((one,), _) = predict([predictor], record)
    assert one.logit == pytest.approx(float(many[0, 0]), abs=1e-5)
    ((unknown,), _) = predict([predictor], replace(record, patient=Patient()))
    assert unknown.logit == pytest.approx(float(predictor.module.head.bias[0]), abs=1e-6)


def data(labels: Tensor) -> TrainingData:
    half = Split(list(range(16)), torch.zeros(16, 12, 20), labels)
    return TrainingData(half, half, STEPS)


class TwoLogits(nn.Module):
    """A logit for each of two classes, the same for all records."""

    def __init__(self) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(2))

    def forward(self, x: Tensor) -> Tensor:
        return self.logits.expand(len(x), 2)


def test_nothing_is_learnt_from_labels_that_nobody_knows(tmp_path: Path):
    labels = torch.full((16, 2), torch.nan)
    labels[:8, 0], labels[8:12, 0] = 1.0, 0.0
    network = TwoLogits()
    fit(network, data(labels), replace(SPEC, weight_decay=0.0), tmp_path, Watcher())
    first, second = network.logits.tolist()
    assert first > 0
    assert second == 0
    assert class_weights(labels).tolist() == [0.5, 1.0]


@pytest.mark.parametrize(
    ("epochs", "rates"), [(3, [1e-3] * 3), (42, [1e-3] * 20 + [1e-4] * 20 + [1e-5] * 2)]
)
def test_the_challenges_rate_falls_to_a_tenth_after_20_and_40_epochs(
    tmp_path: Path, epochs: int, rates: list[float]
):
    spec = replace(
        SPEC, epochs=epochs, patience=200, schedule="steps", max_lr=1e-3, weight_decay=0.0
    )
    network, seen = TwoLogits(), []

    def watch(epoch: int, step: int, steps: int) -> None:
        if step == steps:
            seen.append(network.logits.detach().clone())

    labels = torch.zeros(16, 2)
    labels[:8] = 1.0
    labels[8:, 1] = 1.0
    fit(network, data(labels), spec, tmp_path, Watcher(step=watch))
    moves = torch.stack([torch.zeros(2), *seen]).diff(dim=0)[:, 1]
    ratio = moves[-1] / moves[0]
    assert (ratio < 0.1) == (rates[-1] < 1e-4)
