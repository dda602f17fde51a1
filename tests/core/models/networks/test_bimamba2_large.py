"""The published study's Mamba-2: its size, its parts, and what one block of it does."""

import pytest
import torch
from torch import nn

from ecgcore.models.networks.base import n_parameters
from ecgcore.models.networks.bimamba2_large import (
    AttentionPool,
    BiMamba2Large,
    BiMambaMlpBlock,
    GatedMlp,
)
from ecgcore.models.registry import build


@pytest.fixture
def small():
    torch.manual_seed(0)
    return BiMamba2Large(d_model=64, n_blocks=1).eval()


def test_size_of_the_published_network():
    with torch.device("meta"):
        assert n_parameters(build("bimamba2_large")) == 10_708_770


@torch.no_grad()
def test_one_logit_for_each_record_that_touches_no_other(small):
    x = torch.randn(3, 12, 100)
    together = small(x)
    alone = torch.cat([small(x[i : i + 1]) for i in range(3)])
    assert together.shape == (3, 1)
    torch.testing.assert_close(together, alone, rtol=1e-5, atol=1e-6)


@torch.no_grad()
def test_cam_layer_has_channels_first_and_every_sample(small):
    seen = []
    small.explained.register_forward_hook(lambda layer, inputs, output: seen.append(output.shape))
    small(torch.randn(2, 12, 100))
    assert seen == [(2, 64, 100)]


def test_every_sample_and_lead_reaches_the_logit(small):
    x = torch.randn(1, 12, 100, requires_grad=True)
    (gradient,) = torch.autograd.grad(small(x).sum(), x)
    assert (gradient[0].abs() > 0).all(dim=1).all()


@torch.no_grad()
def test_block_reads_both_ways():
    torch.manual_seed(0)
    block = BiMambaMlpBlock(64, dropout=0.0).eval()
    u = torch.randn(1, 12, 64)
    changed = u.clone()
    changed[:, 6] += 1
    assert (block(u) - block(changed)).abs().amax(dim=(0, 2)).min() > 1e-6


@torch.no_grad()
def test_attention_of_equal_scores_is_the_mean():
    pool = AttentionPool(4)
    nn.init.zeros_(pool.score.weight)
    x = torch.randn(2, 4, 9)
    torch.testing.assert_close(pool(x), x.mean(-1))


@torch.no_grad()
def test_attention_goes_to_the_highest_score():
    pool = AttentionPool(2)
    pool.score.weight.copy_(torch.tensor([[100.0, 0.0]]))
    x = torch.tensor([[[0.0, 1.0, 0.0], [5.0, 6.0, 7.0]]])
    torch.testing.assert_close(pool(x), torch.tensor([[1.0, 6.0]]))


@torch.no_grad()
def test_a_closed_gate_lets_the_bias_through_only():
    mlp = GatedMlp(3, 5, dropout=0.0)
    mlp.gate_and_value.weight[:5] = 0.0
    mlp.gate_and_value.bias[:5] = 0.0
    assert torch.equal(mlp(torch.randn(2, 3)), mlp.out.bias.expand(2, 3))
