"""Parts that several networks share."""

import pytest
import torch

from ecgcore.models.networks.base import FastDropout


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_dropout_blanks_its_share_and_keeps_the_mean(dtype: torch.dtype):
    torch.manual_seed(0)
    x = torch.ones(7, 11, 1013, dtype=dtype, requires_grad=True)
    y = FastDropout(0.2)(x)
    assert (y.shape, y.dtype) == (x.shape, dtype)
    assert (y == 0).float().mean().item() == pytest.approx(0.2, abs=0.005)
    assert y.float().mean().item() == pytest.approx(1, abs=0.01)
    y.sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, y.detach()), "what is blanked learns nothing"
    again = FastDropout(0.2)(x)
    assert not torch.equal(again == 0, y == 0), "each step has a mask of its own"


def test_dropout_follows_the_seed_and_no_axis():
    drawn = []
    for _ in range(2):
        torch.manual_seed(5)
        drawn.append(FastDropout(0.5)(torch.ones(64, 64, 64)))
    assert torch.equal(*drawn)
    zeros = (drawn[0] == 0).float()
    for axis in range(3):
        rest = [one for one in range(3) if one != axis]
        assert zeros.mean(rest).std().item() == pytest.approx(0.5 / 64, rel=0.4)


def test_dropout_changes_nothing_while_a_network_judges_or_without_a_share():
    x = torch.randn(3, 4, 5)
    assert torch.equal(FastDropout(0.2).eval()(x), x)
    assert torch.equal(FastDropout(0.0)(x), x)
    assert not FastDropout(1.0)(x).any()
