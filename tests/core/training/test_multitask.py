"""The second task: what it adds in training, and that it leaves the network as it was."""

import dataclasses
from collections import Counter
from pathlib import Path

import pytest
import torch

from ecgcore.models.registry import build
from ecgcore.ptbxl.store import Recordings
from ecgcore.training.data import TrainingData, load_training_data
from ecgcore.training.loop import Watcher, fit
from ecgcore.training.multitask import TwoTasks, statements_loss
from ecgcore.training.spec import TrainSpec

SPEC = TrainSpec("cnn_bilstm", "C-multi", 0, "unused", epochs=2, batch_size=8)


class KilledError(Exception):
    """Stands for the end of the process."""


@pytest.fixture(scope="module")
def data(synthetic_recordings: Recordings) -> TrainingData:
    """Forty training and twenty validation records of C-multi."""
    whole = load_training_data(synthetic_recordings, SPEC)
    train, val = (
        split.only(torch.cat([torch.nonzero(split.labels == label)[:n, 0] for label in (0, 1)]))
        for split, n in ((whole.train, 20), (whole.val, 10))
    )
    return TrainingData(train, val, whole.preprocessing)


def trained(data: TrainingData, run_dir: Path, **watch):
    run_dir.mkdir(exist_ok=True)
    torch.manual_seed(0)
    return fit(build(SPEC.arch), data, SPEC, run_dir, Watcher(**watch))


def test_only_the_training_split_has_statements(synthetic_recordings: Recordings):
    codes = synthetic_recordings.catalog.codes
    data = load_training_data(synthetic_recordings, SPEC)
    has = {i: set(of_record["code"]) for i, of_record in codes.groupby("ecg_id")}
    stated = [has.get(i, set()) for i in data.train.ids]
    counts = Counter(code for of_record in stated for code in of_record)
    most = 0.95 * len(stated)
    frequent = sorted(code for code, n in counts.items() if 30 <= n <= most)
    expected = [[float(code in of_record) for code in frequent] for of_record in stated]
    assert frequent == ["NORM", "SR"]
    assert data.train.statements.tolist() == expected
    assert data.val.statements is None
    plain = load_training_data(synthetic_recordings, dataclasses.replace(SPEC, train_set="C"))
    assert plain.train.statements is None
    assert plain.train.ids == data.train.ids
    assert torch.equal(plain.train.labels, data.train.labels)


def test_records_keep_their_statements_when_some_are_chosen(data: TrainingData):
    chosen = data.train.only(torch.arange(40) % 2 == 0)
    assert chosen.ids == data.train.ids[::2]
    assert torch.equal(chosen.statements, data.train.statements[::2])


@pytest.mark.parametrize("arch", ["cnn_bilstm", "bimamba2", "cnn_lstm"])
@torch.no_grad()
def test_the_first_output_is_the_networks_own(arch: str):
    torch.manual_seed(0)
    model = build(arch).eval()
    x = torch.randn(3, 12, 1000)
    outputs = TwoTasks(model, 5).eval()(x)
    assert outputs.shape == (3, 6)
    assert torch.equal(outputs[:, :1], model(x))


def test_the_loss_is_the_mean_over_statements():
    statements = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    right = (2 * statements - 1) * 100
    assert statements_loss(right, statements) < 1e-30
    assert statements_loss(0 * right, statements) == pytest.approx(10 * 0.693147, abs=1e-4)


def test_the_statements_teach_the_features():
    torch.manual_seed(0)
    model = build("cnn_bilstm").train()
    outputs = TwoTasks(model, 2)(torch.randn(4, 12, 1000))
    loss = statements_loss(outputs[:, 1:], torch.tensor([[0.0, 1.0]] * 4))
    first, last = next(model.parameters()), list(model.head.parameters())[-1]
    of_features, of_head = torch.autograd.grad(loss, [first, last])
    assert of_features.abs().max() > 0
    assert not of_head.any()


def test_what_is_left_is_the_network_alone(data: TrainingData, tmp_path: Path):
    state = trained(data, tmp_path / "run")
    assert state.best_weights.keys() == build(SPEC.arch).state_dict().keys()


def test_killed_and_resumed_equals_unbroken(data: TrainingData, tmp_path: Path):
    def kill(epoch: int, step: int, steps: int) -> None:
        if (epoch, step) == (2, 2):
            raise KilledError

    unbroken = trained(data, tmp_path / "unbroken")
    with pytest.raises(KilledError):
        trained(data, tmp_path / "killed", step=kill)
    resumed = trained(data, tmp_path / "killed")
    assert resumed.epoch == unbroken.epoch == 2
    for name, tensor in unbroken.best_weights.items():
        assert torch.equal(resumed.best_weights[name], tensor)
