"""Pooling, the head and the CNN-BiLSTM."""

import pytest
import torch

from ecgcore.models.networks.base import Head, n_parameters, pooled
from ecgcore.models.networks.cnn_bilstm import CnnBiLstm


def test_pooled_is_halfway_between_mean_and_maximum():
    features = torch.tensor([[[0.0, 2.0, 7.0], [-3.0, -3.0, -3.0]]])
    assert pooled(features).tolist() == [[5.0, -3.0]]


@pytest.mark.parametrize(("rows", "classes"), [(5, 1), (1, 1), (5, 3)])
def test_head_gives_a_logit_for_each_row_and_class(rows, classes):
    head = Head(6, dropout=0.5, n_classes=classes).eval()
    assert head(torch.randn(rows, 6)).shape == (rows, classes)


def test_size_by_hand():
    convolutions = (12 * 15 + 1) * 32 + (32 * 11 + 1) * 64 + (64 * 7 + 1) * 128
    norms = 2 * (32 + 64 + 128)
    lstm = 2 * 4 * (128 * 128 + 128 * 128 + 2 * 128)
    head = 256 * 64 + 64 + 64 + 1
    assert n_parameters(CnnBiLstm()) == convolutions + norms + lstm + head == 367_009


def test_frozen_parameters_are_not_counted():
    assert n_parameters(CnnBiLstm().requires_grad_(False)) == 0


@torch.no_grad()
def test_lstm_reads_both_ways():
    torch.manual_seed(0)
    model = CnnBiLstm().eval()
    states = []
    model.lstm.register_forward_hook(lambda module, inputs, output: states.append(output[0]))
    x = torch.randn(1, 12, 1000)
    changed = x.clone()
    changed[..., 480:488] += 1
    model(x)
    model(changed)
    moved = (states[0] - states[1]).abs().amax(dim=(0, 2))
    beyond_the_convolutions = 5
    assert moved.shape == (125,)
    assert moved[60 - beyond_the_convolutions] > 0
    assert moved[60 + beyond_the_convolutions] > 0
