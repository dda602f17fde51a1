"""Sizes, dropout and first weights of the networks, as their papers and the study have them."""

import pytest
import torch
from torch import nn

from ecgcore.models.networks.bimamba2 import BiMamba2, GatedRMSNorm, Mamba2
from ecgcore.models.networks.cnn_bilstm import CnnBiLstm
from ecgcore.models.networks.cnn_lstm import CnnLstm
from ecgcore.models.networks.resnet_bilstm import ResNetBiLstm, WeighedBlock


def dropouts(network: nn.Module) -> list[float]:
    return [layer.p for layer in network.modules() if isinstance(layer, nn.Dropout)]


def convolutions(network: nn.Module) -> list[tuple]:
    """Return inputs, outputs, kernel, stride and padding of each convolution."""
    return [
        (c.in_channels, c.out_channels, c.kernel_size[0], c.stride[0], c.padding)
        for c in network.modules()
        if isinstance(c, nn.Conv1d)
    ]


def test_the_studys_network_is_that_of_its_repository() -> None:
    """cepdnaclk/e20-4yp-ECG-Based-MI-Detection; one dropout of 0.3 behind two convolutions."""
    network = CnnLstm()
    assert convolutions(network) == [
        (12, 64, 5, 1, "same"), (64, 128, 5, 1, "same"), (128, 256, 3, 1, "same"),
    ]  # fmt: skip
    assert dropouts(network) == [0.3, 0.4, 0.4, 0.5, 0.3]
    assert (network.lstm.input_size, network.lstm.hidden_size) == (256, 128)
    assert not network.lstm.bidirectional
    linear = [(m.in_features, m.out_features) for m in network.head if isinstance(m, nn.Linear)]
    assert linear == [(128, 128), (128, 64), (64, 1)]
    assert CnnLstm(5)(torch.zeros(2, 12, 1000)).shape == (2, 5)


@torch.no_grad()
def test_the_studys_network_judges_the_last_state() -> None:
    torch.manual_seed(0)
    network = CnnLstm().eval()
    states: list[torch.Tensor] = []
    network.lstm.register_forward_hook(lambda module, inputs, out: states.append(out[0]))
    x = torch.randn(2, 12, 1000)
    assert torch.equal(network.features(x), states[0][:, -1])
    assert states[0].shape == (2, 125, 128)


def test_cnn_bilstm() -> None:
    network = CnnBiLstm()
    assert convolutions(network) == [
        (12, 32, 15, 1, "same"), (32, 64, 11, 1, "same"), (64, 128, 7, 1, "same"),
    ]  # fmt: skip
    assert dropouts(network) == [0.3, 0.3]
    assert dropouts(CnnBiLstm(dropout=0.1)) == [0.1, 0.1]
    assert network.lstm.bidirectional
    assert CnnBiLstm().head.layers[-1].out_features == 1
    assert CnnBiLstm(4).head.layers[-1].out_features == 4


def test_resnet_bilstm() -> None:
    network = ResNetBiLstm(71)
    assert [c for c in convolutions(network) if c[2] > 1] == [
        (12, 64, 15, 1, "same"),
        (64, 64, 7, 1, (3,)), (64, 64, 7, 1, (3,)), (64, 96, 8, 2, (3,)), (96, 96, 7, 1, (3,)),
        (96, 128, 8, 2, (3,)), (128, 128, 7, 1, (3,)), (128, 192, 7, 1, (3,)),
        (192, 192, 7, 1, (3,)),
    ]  # fmt: skip
    assert dropouts(network) == [0.3]
    assert network.lstm.bidirectional
    assert network(torch.zeros(2, 12, 250)).shape == (2, 71)


@torch.no_grad()
def test_a_new_residual_block_passes_on_what_it_gets_and_then_weighs_its_channels() -> None:
    torch.manual_seed(0)
    block, x = WeighedBlock(16, 16, 1).eval(), torch.randn(2, 16, 40)
    assert torch.equal(block(x), x.relu())
    nn.init.ones_(block.convs[-1].weight)
    new = block.convs(x)
    weights = block.weigh(new.mean(-1))
    assert torch.equal(block(x), (x + new * weights[:, :, None]).relu())
    assert WeighedBlock(16, 24, 2).eval()(x).shape == (2, 24, 20)


def test_bimamba2() -> None:
    network = BiMamba2()
    stem = convolutions(network.stem)
    assert stem == [(12, 48, 16, 4, (6,)), (48, 96, 12, 2, (5,))]
    assert {c.bias for c in network.stem if isinstance(c, nn.Conv1d)} == {None}
    assert dropouts(network) == [0.2, 0.2, 0.2, 0.2]
    assert len(network.blocks) == 2
    assert BiMamba2(n_classes=3).head.layers[-1].out_features == 3
    assert GatedRMSNorm(4).eps == 1e-5


def test_a_mixer_begins_as_mamba_ssm_does() -> None:
    """Steps from 0.001 to 0.1, evenly in their logarithm; decays from 1 to 16, evenly."""
    torch.manual_seed(0)
    layer = Mamba2(d_model=1024, expand=4, headdim=2)
    dt = nn.functional.softplus(layer.dt_bias.detach())
    assert float(dt.min()) == pytest.approx(0.001, rel=0.05)
    assert float(dt.max()) == pytest.approx(0.1, rel=0.05)
    assert float(dt.log().mean()) == pytest.approx(float(torch.tensor(0.01).log()), abs=0.1)
    decay = layer.A_log.detach().exp()
    assert float(decay.min()) == pytest.approx(1.0, abs=0.05)
    assert float(decay.max()) == pytest.approx(16.0, abs=0.05)
    assert float(decay.mean()) == pytest.approx(8.5, abs=0.3)
    assert set(layer.D.tolist()) == {1.0}


def test_a_mixers_usual_sizes() -> None:
    layer = Mamba2(96)
    assert (layer.d_inner, layer.d_state, layer.headdim, layer.nheads) == (192, 64, 64, 3)
    assert layer.conv1d.kernel_size == (4,)
    assert layer.conv1d.padding == (3,)
    assert layer.conv1d.groups == 192 + 2 * 64
    assert layer.in_proj.bias is None
    assert layer.out_proj.bias is None
