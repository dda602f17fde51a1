"""The chunked selective scan against the recurrence that it stands for."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from ecgcore.models.scan import selective_scan


def recurrence(x, dt, a, b, c):
    """h[t] = exp(dt[t] a) h[t-1] + dt[t] b[t] x[t] and y[t] = c[t] h[t], one head at a time."""
    batch, length, heads, head_dim = x.shape
    groups, state = b.shape[2:]
    y = []
    h = [torch.zeros(batch, head_dim, state, dtype=x.dtype) for _ in range(heads)]
    for t in range(length):
        for head in range(heads):
            group = head // (heads // groups)
            keep = torch.exp(dt[:, t, head] * a[head])[:, None, None]
            added = x[:, t, head, :, None] * b[:, t, group, None, :]
            h[head] = keep * h[head] + dt[:, t, head, None, None] * added
            y.append((h[head] * c[:, t, group, None, :]).sum(-1))
    return torch.stack(y, dim=1).view(batch, length, heads, head_dim)


def random_inputs(seed, *, batch, length, groups, per_group, head_dim, state, dtype):
    generator = torch.Generator().manual_seed(seed)
    heads = groups * per_group

    def normal(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    inputs = (
        normal(batch, length, heads, head_dim),
        functional.softplus(normal(batch, length, heads) - 2),
        -torch.exp(normal(heads)),
        normal(batch, length, groups, state),
        normal(batch, length, groups, state),
    )
    return [tensor.to(dtype).requires_grad_() for tensor in inputs]


SIZES = {
    "seed": st.integers(0, 2**31),
    "batch": st.integers(1, 3),
    "length": st.integers(1, 40),
    "groups": st.integers(1, 3),
    "per_group": st.integers(1, 3),
    "head_dim": st.integers(1, 4),
    "state": st.integers(1, 4),
}


@given(**SIZES, chunk=st.integers(1, 17))
@settings(max_examples=40, deadline=None)
def test_forward_equals_the_recurrence(seed, chunk, **sizes):
    inputs = random_inputs(seed, **sizes, dtype=torch.float32)
    torch.testing.assert_close(
        selective_scan(*inputs, chunk_length=chunk), recurrence(*inputs), rtol=1e-5, atol=1e-5
    )


@given(**SIZES, chunk=st.integers(1, 17))
@settings(max_examples=15, deadline=None)
def test_gradients_equal_those_of_the_recurrence(seed, chunk, **sizes):
    inputs = random_inputs(seed, **sizes, dtype=torch.float64)
    weights = torch.linspace(-1, 1, inputs[0].numel(), dtype=torch.float64).view_as(inputs[0])
    chunked = torch.autograd.grad(
        (selective_scan(*inputs, chunk_length=chunk) * weights).sum(), inputs
    )
    stepwise = torch.autograd.grad((recurrence(*inputs) * weights).sum(), inputs)
    for ours, theirs in zip(chunked, stepwise, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("length", [125, 128, 250])
def test_the_models_lengths_with_the_default_chunk(length):
    inputs = random_inputs(
        0, batch=2, length=length, groups=1, per_group=3, head_dim=8, state=16, dtype=torch.float32
    )
    expected = recurrence(*inputs)
    assert (selective_scan(*inputs) - expected).abs().max() < 1e-5 * expected.abs().max()


def test_one_step_by_hand():
    one = torch.ones(1, 2, 1, 1)
    dt = torch.tensor([[[0.5], [2.0]]])
    y = selective_scan(3 * one, dt, torch.tensor([-1.0]), 5 * one, 7 * one)
    first = 0.5 * 5 * 3
    second = torch.exp(torch.tensor(-2.0)) * first + 2 * 5 * 3
    torch.testing.assert_close(y.flatten(), 7 * torch.tensor([first, second]))


def test_strong_decay_neither_overflows_nor_loses_its_gradient():
    inputs = random_inputs(
        1, batch=1, length=64, groups=1, per_group=2, head_dim=2, state=2, dtype=torch.float32
    )
    with torch.no_grad():
        inputs[1] += 10
        inputs[2] *= 20
    y = selective_scan(*inputs, chunk_length=16)
    y.sum().backward()
    assert y.isfinite().all()
    assert all(tensor.grad.isfinite().all() for tensor in inputs)
