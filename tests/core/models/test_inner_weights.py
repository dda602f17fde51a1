"""Weights of leads and steps for one recording."""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ecgcore.commands.records import told_record
from ecgcore.errors import RecordError
from ecgcore.models.cards import ModelCard, ModelEntry, ModelKey
from ecgcore.models.inner_weights import inner_weights
from ecgcore.models.networks.base import n_parameters
from ecgcore.models.predictor import Predictor
from ecgcore.models.registry import build, save_weights
from ecgcore.records import Patient
from ecgcore.tasks.registry import TASKS


@pytest.fixture
def opened(untrained_entries, tmp_path: Path):
    """Make a predictor of an untrained network of a task."""
    card = untrained_entries["cnn_bilstm"].card

    def make(arch: str, task: str) -> Predictor:
        torch.manual_seed(0)
        network = build(arch, len(TASKS[task].classes))
        key = ModelKey(arch, "all", 0, task)
        mine = replace(
            card, key=key, n_parameters=n_parameters(network),
            weights_sha256=save_weights(network, tmp_path),
        )  # fmt: skip
        ModelCard.save(mine, tmp_path)
        return Predictor.open(ModelEntry(tmp_path, mine, shipped=True))

    return make


def test_leads_have_weights_of_their_own(opened, synthetic_recordings):
    record = synthetic_recordings.read(1)
    found = inner_weights(opened("se_resnet_leads", "challenge24"), record)
    assert found.leads.shape == (12,)
    assert ((found.leads > 0) & (found.leads < 1)).all()
    assert found.steps is None
    assert list(found.as_json()) == ["leads"]
    louder = replace(record, signal=record.signal * np.float32(3))
    other = inner_weights(opened("se_resnet_leads", "challenge24"), louder)
    assert not np.allclose(found.leads, other.leads), "they are those of the case"


def test_sixteen_steps_lie_around_the_recording(opened, synthetic_recordings):
    found = inner_weights(
        opened("ribeiro_small_attention", "rhythm6"), synthetic_recordings.read(1)
    )
    assert found.steps.shape == (16,)
    assert found.steps.sum() == pytest.approx(1, abs=1e-5)
    assert found.step_s == pytest.approx(0.64)
    assert found.starts_s[0] == pytest.approx(-0.12)
    assert found.starts_s[-1] + found.step_s == pytest.approx(10.12)
    assert found.leads is None


def test_most_networks_have_none(opened, synthetic_recordings):
    assert inner_weights(opened("cnn_alone", "subclasses"), synthetic_recordings.read(1)) is None


@pytest.mark.parametrize(
    ("age", "sex", "expected"),
    [
        (None, None, Patient(50.0, "male")),
        (71.0, None, Patient(71.0, "male")),
        (None, "female", Patient(50.0, "female")),
    ],
)
def test_a_command_may_say_age_and_sex(synthetic_recordings, age, sex, expected):
    record = replace(synthetic_recordings.read(1), patient=Patient(50.0, "male"))
    assert told_record(record, argparse.Namespace(age=age, sex=sex)).patient == expected


def test_an_age_that_nobody_has_is_refused(synthetic_recordings):
    with pytest.raises(RecordError, match=r"--age is 130; 0 to 120 is possible\."):
        told_record(synthetic_recordings.read(1), argparse.Namespace(age=130.0, sex=None))
