"""Mamba-2: names and shapes of mamba_ssm, the layer written out step by step, causality, bf16."""

import pytest
import torch
from torch.nn import functional
from torch.nn.functional import silu, softplus

from ecgcore.models.networks.base import n_parameters
from ecgcore.models.networks.bimamba2 import BiMamba2, BiMambaBlock, Mamba2
from ecgcore.models.networks.mamba_parts import causal_conv_silu, gated_rms_norm
from ecgcore.training.mixed_precision import TrainingForward


@pytest.fixture
def layer():
    torch.manual_seed(0)
    return Mamba2(d_model=8, d_state=4, d_conv=3, expand=2, headdim=4).eval()


@torch.no_grad()
def stepwise(layer, u, *, d_inner, d_state, headdim):
    """Mamba-2 after its paper, one time step at a time, with projections in mamba_ssm's order."""
    weights = layer.state_dict()
    nheads = d_inner // headdim
    a = -weights["A_log"].exp()
    taps = weights["conv1d.weight"][:, 0]
    window = torch.zeros(len(u), *taps.shape)
    h = torch.zeros(len(u), nheads, headdim, d_state)
    y = []
    for t in range(u.shape[1]):
        projected = u[:, t] @ weights["in_proj.weight"].T
        z, xbc, dt = projected.split([d_inner, d_inner + 2 * d_state, nheads], dim=-1)
        window = torch.cat([window[..., 1:], xbc[..., None]], dim=-1)
        xbc = silu((window * taps).sum(-1) + weights["conv1d.bias"])
        x, b, c = xbc.split([d_inner, d_state, d_state], dim=-1)
        x = x.view(-1, nheads, headdim)
        dt = softplus(dt + weights["dt_bias"])
        added = torch.einsum("bh,bhp,bn->bhpn", dt, x, b)
        h = (dt * a).exp()[..., None, None] * h + added
        out = torch.einsum("bhpn,bn->bhp", h, c) + weights["D"][:, None] * x
        gated = out.flatten(1) * silu(z)
        normed = gated / (gated.square().mean(-1, keepdim=True) + 1e-5).sqrt()
        y.append(normed * weights["norm.weight"] @ weights["out_proj.weight"].T)
    return torch.stack(y, dim=1)


@pytest.mark.parametrize(
    ("d_model", "d_state", "d_conv", "expand", "headdim"),
    [(96, 64, 4, 2, 64), (256, 64, 4, 2, 64), (32, 16, 3, 4, 8)],
)
def test_state_dict_is_that_of_mamba_ssm(d_model, d_state, d_conv, expand, headdim):
    d_inner = expand * d_model
    nheads = d_inner // headdim
    conv_dim = d_inner + 2 * d_state
    state = Mamba2(d_model, d_state, d_conv, expand, headdim).state_dict()
    assert {name: tuple(tensor.shape) for name, tensor in state.items()} == {
        "in_proj.weight": (2 * d_inner + 2 * d_state + nheads, d_model),
        "conv1d.weight": (conv_dim, 1, d_conv),
        "conv1d.bias": (conv_dim,),
        "dt_bias": (nheads,),
        "A_log": (nheads,),
        "D": (nheads,),
        "norm.weight": (d_inner,),
        "out_proj.weight": (d_model, d_inner),
    }


def test_size_of_the_published_block():
    assert n_parameters(Mamba2(256)) == 431_768


def test_initial_values_lie_where_mamba_ssm_draws_them():
    layer = Mamba2(512)
    steps = softplus(layer.dt_bias)
    assert steps.min() > 0.99e-3
    assert steps.max() < 0.101
    assert layer.A_log.exp().min() >= 0.99
    assert layer.A_log.exp().max() <= 16.01


@torch.no_grad()
def test_layer_equals_its_steps(layer):
    for parameter in (layer.D, layer.norm.weight):
        parameter.uniform_(0.5, 1.5)
    u = torch.randn(2, 21, 8)
    expected = stepwise(layer, u, d_inner=16, d_state=4, headdim=4)
    torch.testing.assert_close(layer(u), expected, rtol=1e-5, atol=1e-5)


@torch.no_grad()
def test_output_does_not_depend_on_later_inputs(layer):
    u = torch.randn(1, 30, 8)
    later = u.clone()
    later[:, 17:] += 1
    before, after = layer(u)[:, :17], layer(later)[:, :17]
    torch.testing.assert_close(before, after, rtol=0, atol=1e-7)
    assert (layer(u) - layer(later))[:, 17].abs().max() > 1e-3


@torch.no_grad()
def test_block_reads_both_ways():
    torch.manual_seed(0)
    block = BiMambaBlock(64, dropout=0.0).eval()
    u = torch.randn(1, 12, 64)
    changed = u.clone()
    changed[:, 6] += 1
    moved = (block(u) - block(changed)).abs().amax(dim=(0, 2))
    assert moved.min() > 1e-6


@torch.no_grad()
def test_reversed_block_reads_the_reversed_sequence():
    torch.manual_seed(0)
    block = BiMambaBlock(64, dropout=0.0).eval()
    u = torch.randn(1, 12, 64)
    forwards_first = block(u)
    block.forwards, block.backwards = block.backwards, block.forwards
    torch.testing.assert_close(block(u.flip(1)).flip(1), forwards_first)


def test_bimamba2_has_two_directions_in_each_block():
    model = BiMamba2()
    assert n_parameters(model) == 350_053
    assert sum(isinstance(module, Mamba2) for module in model.modules()) == 4


@pytest.mark.parametrize("autocast", [False, True])
def test_unrecorded_is_as_recorded(autocast):
    """Nobody wants gradients, so no part records any; the numbers and dtypes are the same."""
    torch.manual_seed(0)
    block = BiMambaBlock(64, dropout=0.0).eval()
    u = torch.randn(2, 300, 64)
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        recorded = block(u)
        with torch.no_grad():
            unrecorded = block(u)
    assert recorded.requires_grad
    assert not unrecorded.requires_grad
    torch.testing.assert_close(unrecorded, recorded.detach(), rtol=0, atol=0)


def relative_error(found, expected):
    """Norm of the difference over the norm of `expected`."""
    return float((found - expected).norm() / expected.norm())


@torch.no_grad()
def test_stem_in_bf16_is_the_stem():
    """A padded first convolution is wrong in bfloat16 on processors with AMX: an error above 1."""
    torch.manual_seed(0)
    stem = BiMamba2().stem.eval()
    x = torch.randn(8, 12, 1000)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = stem(x)
    assert rounded.dtype == torch.bfloat16
    assert relative_error(rounded.float(), stem(x)) < 0.02


def test_a_bf16_training_step_has_the_gradients_of_float32():
    """Not compiled: that takes over two minutes on two cores, see `TrainingForward`."""
    torch.manual_seed(0)
    model = BiMamba2(dropout=0.0)
    x = torch.randn(8, 12, 1000)
    exact, rounded = (gradients(model, x, speedups) for speedups in ("none", "bf16"))
    assert all(gradient.isfinite().all() for gradient in rounded.values())
    assert 1e-4 < relative_error(flat(rounded), flat(exact)) < 0.15
    matrices = [name for name, gradient in exact.items() if gradient.ndim > 1]
    assert len(matrices) > 12
    assert max(relative_error(rounded[name], exact[name]) for name in matrices) < 0.3


def gradients(model, x, speedups):
    """Gradients of a squared logit by parameter name."""
    loss = TrainingForward.of(model, speedups)(x).square().sum()
    names, parameters = zip(*model.named_parameters(), strict=True)
    return dict(zip(names, torch.autograd.grad(loss, parameters), strict=True))


def flat(tensors):
    return torch.cat([tensor.flatten() for tensor in tensors.values()])


def plain_conv_silu(x, weight, bias):
    """The formula of `causal_conv_silu` in recorded operations."""
    padded = functional.pad(x.mT, (weight.size(-1) - 1, 0))
    return silu(functional.conv1d(padded, weight, bias, groups=x.size(-1))).mT


def plain_gated_rms_norm(y, z, weight, eps):
    """The formula of `gated_rms_norm` in recorded operations."""
    gated = y * silu(z)
    return gated / (gated.square().mean(-1, keepdim=True) + eps).sqrt() * weight


def random_doubles(*shapes):
    torch.manual_seed(0)
    return [torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in shapes]


PARTS = [
    pytest.param(causal_conv_silu, plain_conv_silu, [(2, 5, 3), (3, 1, 4), (3,)], (), id="conv"),
    pytest.param(causal_conv_silu, plain_conv_silu, [(1, 2, 2), (2, 1, 4), (2,)], (), id="short"),
    pytest.param(
        gated_rms_norm, plain_gated_rms_norm, [(2, 5, 6), (2, 5, 6), (6,)], (0.1,), id="norm"
    ),
]


@pytest.mark.parametrize(("part", "plain", "shapes", "constants"), PARTS)
def test_a_part_equals_its_formula(part, plain, shapes, constants):
    inputs = random_doubles(*shapes)
    found, expected = part(*inputs, *constants), plain(*inputs, *constants)
    torch.testing.assert_close(found, expected)
    weights = torch.linspace(-1, 1, found.numel(), dtype=torch.float64).view_as(found)
    for ours, theirs in zip(
        torch.autograd.grad((found * weights).sum(), inputs),
        torch.autograd.grad((expected * weights).sum(), inputs),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize(("part", "plain", "shapes", "constants"), PARTS)
def test_the_gradient_of_a_part_is_its_slope(part, plain, shapes, constants):
    inputs = random_doubles(*shapes)
    assert torch.autograd.gradcheck(part, (*inputs, *constants))
