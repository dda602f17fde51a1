"""Networks of the study's neighbours: published sizes, what they see, weights that can be read."""

import pytest
import torch
from torch import nn

from ecgcore.models.architectures import ARCHITECTURES
from ecgcore.models.networks.base import n_parameters
from ecgcore.models.networks.neighbours.ribeiro_resnet import RibeiroResNet
from ecgcore.models.networks.neighbours.se_resnet import Gate, SeResNet

N_PARAMETERS = {
    "s4d": (71, 616_775),
    "cnn_alone": (23, 96_055),
    "cnn_alone_wide": (23, 369_059),
    "cnn_1lstm": (23, 228_151),
    "cnn_gru": (23, 195_127),
    "cnn_2lstm": (23, 360_247),
    "cnn_2gru": (23, 294_199),
    "cnn_2bilstm": (23, 763_703),
    "se_resnet_small": (24, 2_217_860),
    "se_resnet_leads": (24, 2_217_860 + 2 * 12 * 6),
    "se_resnet_signal": (24, 2_217_860 - 60 - 10 * 24),
    "se_resnet": (24, 8_837_060),
    "ribeiro_small": (6, 541_382),
    "ribeiro_small_attention": (6, 541_382 - 15 * 160 * 6),
    "ribeiro_resnet": (6, 6_421_910),
    "ribeiro_attention": (6, 6_421_910 - 15 * 320 * 6),
}
"""Classes and parameters; 8,837,060 and 6,421,910 are those of the published networks."""
N_STEPS = {
    "s4d": 1000,
    "se_resnet_small": 125,
    "se_resnet": 320,
    "ribeiro_small": 250,
    "ribeiro_resnet": 250,
}


@pytest.fixture
def network(request):
    name = request.param
    torch.manual_seed(0)
    return ARCHITECTURES[name].build(N_PARAMETERS[name][0]).eval()


def signals(name: str, n: int = 2) -> torch.Tensor:
    torch.manual_seed(1)
    return torch.randn(n, 12, ARCHITECTURES[name].n_samples)


@pytest.mark.parametrize("name", N_PARAMETERS)
@torch.no_grad()
def test_size_and_a_logit_for_each_class(name: str):
    made, (n_classes, size) = ARCHITECTURES[name], N_PARAMETERS[name]
    network = made.build(n_classes).eval()
    assert n_parameters(network) == size
    assert network(signals(name)).shape == (2, n_classes)
    assert network.takes_patient == made.takes_patient
    assert network.head(network.features(signals(name))).shape == (2, n_classes)


def test_the_published_networks_take_4096_samples():
    assert SeResNet()(torch.zeros(1, 12, 4096)).shape == (1, 24)
    assert RibeiroResNet()(torch.zeros(1, 12, 4096)).shape == (1, 6)
    assert [unit.layers[-1].out_channels for unit in RibeiroResNet().units] == [128, 196, 256, 320]


def test_the_wide_arm_has_as_many_weights_as_the_bilstm():
    twin = n_parameters(ARCHITECTURES["cnn_bilstm"].build(23))
    assert abs(N_PARAMETERS["cnn_alone_wide"][1] / twin - 1) < 0.01


@pytest.mark.parametrize("network", N_STEPS, indirect=True)
@torch.no_grad()
def test_the_explained_layer_sees_the_recording_and_not_the_filling(network, request):
    name = request.node.callspec.params["network"]
    seen = []
    network.explained.register_forward_hook(lambda layer, inputs, output: seen.append(output))
    x = signals(name, 1)
    before = network(x)
    assert [output.shape[-1] for output in seen] == [N_STEPS[name]]
    per_step = x.size(-1) // N_STEPS[name]
    assert x.size(-1) == per_step * N_STEPS[name]
    x[..., 40 * per_step : 41 * per_step] += 3
    network(x)
    moved = (seen[1] - seen[0]).abs().sum(1)[0]
    assert abs(int(moved.argmax()) - 40) <= 2, "a step is over its own samples"
    network.explained.register_forward_hook(lambda layer, inputs, output: output * 0)
    assert not torch.allclose(network(x), before), "and what it sees goes on to the logits"


@pytest.mark.parametrize("network", ["se_resnet_small", "se_resnet_leads"], indirect=True)
@torch.no_grad()
def test_age_and_sex_count_and_may_be_missing(network):
    x, known = signals("se_resnet_small"), torch.tensor([[0.7, 0, 1, 0, 1.0]] * 2)
    assert torch.equal(network(x), network(x, torch.zeros(2, 5)))
    assert not torch.allclose(network(x), network(x, known))


@pytest.mark.parametrize("network", ["se_resnet_signal"], indirect=True)
@torch.no_grad()
def test_the_ablation_takes_neither(network):
    x = signals("se_resnet_signal")
    assert torch.equal(network(x), network(x, torch.ones(2, 5)))


def test_a_gate_has_no_biases_and_a_reduction_of_16():
    gates = [one for one in SeResNet().modules() if isinstance(one, Gate)]
    hidden = [one.layers[0].out_features for one in gates]
    assert hidden == [4, 4, 8, 8, 16, 16, 32, 32]
    assert all(one.bias is None for gate in gates for one in gate.modules() if hasattr(one, "bias"))


@pytest.mark.parametrize("network", ["se_resnet_leads"], indirect=True)
@torch.no_grad()
def test_leads_are_weighed_and_the_weights_can_be_read(network):
    x = signals("se_resnet_leads")
    weights = network.lead_weights(x)
    assert weights.shape == (2, 12)
    assert ((weights > 0) & (weights < 1)).all()
    nn.init.constant_(network.lead_gate.layers[2].weight, 0.0)
    assert network.lead_weights(x).unique().tolist() == [0.5]
    plain = SeResNet(24, channels=(32, 64, 128, 256))
    plain.load_state_dict(network.state_dict(), strict=False)
    torch.testing.assert_close(network(x), plain.eval()(x / 2))
    assert plain.lead_weights(x) is None


@pytest.mark.parametrize("network", ["ribeiro_small_attention"], indirect=True)
@torch.no_grad()
def test_attention_is_a_softmax_of_products_with_the_mean(network):
    x = signals("ribeiro_small_attention")
    steps, weights = network.steps(x), network.time_weights(x)
    assert weights.shape == (2, 16)
    for one, given in zip(steps, weights, strict=True):
        scores = torch.tensor([float(one[:, i] @ one.mean(1)) for i in range(16)])
        torch.testing.assert_close(given, scores.exp() / scores.exp().sum())
    torch.testing.assert_close(
        network.features(x), torch.einsum("bcs,bs->bc", steps, weights), rtol=1e-4, atol=1e-5
    )
    assert RibeiroResNet().time_weights(torch.zeros(1, 12, 4000)) is None


@pytest.mark.parametrize("name", N_PARAMETERS)
def test_no_weight_has_two_names(name: str):
    network = ARCHITECTURES[name].build(N_PARAMETERS[name][0])
    places = [tensor.data_ptr() for tensor in network.state_dict().values()]
    assert len(places) == len(set(places)), "safetensors refuses shared weights"
