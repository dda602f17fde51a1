"""The baseline of random weights: settled, frozen, and judged like the others."""

import numpy as np
import torch

from ecgcore.bench.neighbours.random_encoder import (
    STRENGTHS,
    features,
    random_encoder_report,
    settled,
)
from ecgcore.models.architectures import RESNET_BILSTM
from ecgcore.models.registry import build
from ecgcore.ptbxl.store import Recordings


def test_settling_changes_what_is_normalised_and_no_weight():
    torch.manual_seed(0)
    network = build(RESNET_BILSTM.name, 3)
    before = {name: one.clone() for name, one in network.named_parameters()}
    inputs = 5 + torch.randn(130, 12, 250)
    raw = features(network.eval(), inputs)
    made = features(settled(network, inputs), inputs)
    assert all(torch.equal(before[name], one) for name, one in network.named_parameters())
    assert made.shape == raw.shape
    assert not np.allclose(made, raw)
    assert not network.training


def test_the_baseline_is_judged_on_the_test_split(synthetic_recordings: Recordings):
    report = random_encoder_report(synthetic_recordings, n_boot=20)
    frame = synthetic_recordings.catalog.frame
    assert report.figures.n == (frame["split"] == "test").sum()
    assert report.strength in STRENGTHS
    assert 0.4 < report.figures.macro_auroc.value < 1
    assert report.as_json()["macro_auroc"]["value"] == report.figures.macro_auroc.value
    assert "random weights and a linear layer" in report.as_text()
