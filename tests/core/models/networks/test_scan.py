"""The chunked selective scan against the recurrence that it stands for, and the choice of kernel.

Of mamba-ssm's kernel only the choice is tested here; its numbers are in test_mamba_references.py.
"""

import importlib
import logging
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from ecgcore.models.networks import gpu_scan
from ecgcore.models.networks.scan import selective_scan


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


def in_float64(inputs):
    return [tensor.detach().double().requires_grad_() for tensor in inputs]


def weights_of(inputs):
    """Weights of the outputs in a loss."""
    return torch.linspace(-1, 1, inputs[0].numel(), dtype=torch.float64).view_as(inputs[0])


def errors_in_float32(inputs, chunk):
    """Largest errors of the output and of the five gradients; the recurrence is in float64."""
    weights = weights_of(inputs)
    found = selective_scan(*inputs, chunk_length=chunk)
    gradients = torch.autograd.grad((found * weights.float()).sum(), inputs)
    exact_inputs = in_float64(inputs)
    exact = recurrence(*exact_inputs)
    exact_gradients = torch.autograd.grad((exact * weights).sum(), exact_inputs)
    pairs = zip((found, *gradients), (exact, *exact_gradients), strict=True)
    return [(ours - theirs).abs().max() for ours, theirs in pairs], (exact, *exact_gradients)


def sums_of_magnitudes(inputs):
    """Output and five gradients with every summand positive: the scale of rounding errors."""
    x, dt, a, b, c = in_float64(inputs)
    positive = [tensor.detach().abs().requires_grad_() for tensor in (x, b, c)]
    inputs = [positive[0], dt, a, *positive[1:]]
    y = recurrence(*inputs)
    weights = weights_of(inputs).abs()
    return y.detach(), weights, torch.autograd.grad((y * weights).sum(), inputs)


def scales(inputs):
    """Largest sum of magnitudes behind any number of the output and of each gradient.

    The gradients of `dt` and `a` come from a difference of two sums, over this step and all later
    ones, of what the outputs add to the loss; under strong decay the sums nearly cancel.
    """
    y, weights, of_gradients = sums_of_magnitudes(inputs)
    _, dt, a, _, _ = in_float64(inputs)
    later = (weights * y).sum(-1).flip(1).cumsum(1).flip(1)
    of_x, of_dt, of_a, of_b, of_c = (gradient.abs().max() for gradient in of_gradients)
    of_dt = torch.maximum(of_dt, (a * later).abs().max())
    of_a = torch.maximum(of_a, (dt * later).sum((0, 1)).max())
    return y.max(), of_x, of_dt, of_a, of_b, of_c


@given(**SIZES, chunk=st.integers(1, 17), decay=st.sampled_from([0.01, 0.1, 1.0, 5.0]))
@settings(max_examples=25, deadline=None)
def test_float32_agrees_to_1e5_of_the_numbers_that_are_summed(seed, chunk, decay, **sizes):
    inputs = random_inputs(seed, **sizes, dtype=torch.float32)
    with torch.no_grad():
        inputs[2] *= decay
    errors, _ = errors_in_float32(inputs, chunk)
    for error, scale in zip(errors, scales(inputs), strict=True):
        assert error <= 1e-5 * scale


@pytest.mark.parametrize(("decay", "of_decay"), [(0.01, 1e-5), (1.0, 1e-5), (5.0, 1e-3)])
@pytest.mark.parametrize(
    ("length", "chunk", "groups", "per_group"),
    [(125, 128, 1, 3), (50, 16, 2, 2), (33, 16, 3, 1), (64, 16, 1, 2), (7, 1, 2, 1)],
)
def test_float32_agrees_to_1e5_of_the_largest(length, chunk, groups, per_group, decay, of_decay):
    """But for `dt` and `a` under strong decay: see `scales` for the reason."""
    sizes = {"batch": 2, "length": length, "groups": groups, "per_group": per_group}
    inputs = random_inputs(2, **sizes, head_dim=4, state=8, dtype=torch.float32)
    with torch.no_grad():
        inputs[2] *= decay
    limits = (1e-5, 1e-5, of_decay, of_decay, 1e-5, 1e-5)
    for limit, error, expected in zip(limits, *errors_in_float32(inputs, chunk), strict=True):
        assert error <= limit * expected.abs().max()


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


class OnGpu(torch.Tensor):
    """A tensor that says it lies on a GPU; its operations run on the processor."""

    is_cuda = True


@pytest.fixture
def unsought():
    """No kernel has been looked for yet, nor will the next test know of this one's."""
    gpu_scan._kernel.cache_clear()
    yield
    gpu_scan._kernel.cache_clear()


@pytest.fixture
def no_mamba_ssm(monkeypatch, unsought):
    """Importing mamba-ssm fails; returns the names that were asked for."""
    asked = []

    def fail(name):
        asked.append(name)
        raise RuntimeError("0 active drivers")

    monkeypatch.setattr(importlib, "import_module", fail)
    return asked


def gpu_inputs(dtype=torch.float32):
    inputs = random_inputs(
        3, batch=2, length=9, groups=2, per_group=1, head_dim=2, state=3, dtype=dtype
    )
    return [tensor.detach().as_subclass(OnGpu) for tensor in inputs]


def test_a_gpu_uses_the_kernel_of_mamba_ssm(monkeypatch, unsought):
    calls = []

    def kernel(*arguments):
        calls.append(arguments)
        return arguments[0]

    monkeypatch.setattr(
        importlib, "import_module", lambda name: SimpleNamespace(mamba_chunk_scan_combined=kernel)
    )
    inputs = gpu_inputs()
    assert selective_scan(*inputs, chunk_length=4) is inputs[0]
    assert all(given is ours for given, ours in zip(calls[0], inputs, strict=False))
    assert calls[0][5:] == (4,)
    selective_scan(*(tensor.as_subclass(torch.Tensor) for tensor in inputs))
    selective_scan(*gpu_inputs(torch.float64))
    assert len(calls) == 1


def test_without_mamba_ssm_a_gpu_scans_in_pytorch_and_says_why_once(no_mamba_ssm, caplog):
    inputs = gpu_inputs()
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            torch.testing.assert_close(
                selective_scan(*inputs).as_subclass(torch.Tensor),
                recurrence(*(tensor.as_subclass(torch.Tensor) for tensor in inputs)),
            )
    (message,) = caplog.messages
    assert "RuntimeError: 0 active drivers" in message
    assert "requirements-gpu.txt" in message
    assert no_mamba_ssm == ["mamba_ssm.ops.triton.ssd_combined"]


def test_the_processor_never_asks_for_mamba_ssm(no_mamba_ssm, caplog):
    inputs = [tensor.as_subclass(torch.Tensor) for tensor in gpu_inputs()]
    selective_scan(*inputs)
    assert no_mamba_ssm == []
    assert caplog.messages == []


def test_the_layer_imports_neither_mamba_ssm_nor_triton():
    """Nor tries to: whoever asks for them is told of, installed or not."""
    program = (
        "import sys\n"
        "class Watch:\n"
        "    def find_spec(name, path=None, target=None):\n"
        "        if name.split('.')[0] in ('mamba_ssm', 'triton', 'causal_conv1d'):\n"
        "            sys.exit(f'{name} was asked for')\n"
        "sys.meta_path.insert(0, Watch)\n"
        "import torch, ecgcore.models.networks.bimamba2\n"
        "layer = ecgcore.models.networks.bimamba2.Mamba2(8, headdim=4)\n"
        "layer(torch.randn(1, 5, 8)).sum().backward()\n"
        "print('ran')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "ran\n"), done.stderr
