"""Every registered architecture: its contract with the explanations, and weights on disk."""

import shutil
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from ecgcore.errors import ModelError
from ecgcore.models.architectures import ARCHITECTURES
from ecgcore.models.cards import WEIGHTS_FILE, ModelEntry, ModelKey, file_sha256
from ecgcore.models.networks.base import n_parameters
from ecgcore.models.registry import (
    build,
    load_model,
    round_to_half,
    save_weights,
)
from tests.core.models.networks.test_neighbours import N_PARAMETERS as NEIGHBOURS

N_PARAMETERS = {
    "cnn_bilstm": 367_009,
    "bimamba2": 350_053,
    "cnn_lstm": 367_169,
    "resnet_bilstm": 1_218_973,
}
N_STEPS = {"cnn_bilstm": 250, "bimamba2": 125, "cnn_lstm": 250, "resnet_bilstm": 125}
N_CHANNELS = {"cnn_bilstm": 128, "bimamba2": 96, "cnn_lstm": 256, "resnet_bilstm": 192}
CONVOLUTIONS = {
    "cnn_bilstm": "conv",
    "bimamba2": "stem",
    "cnn_lstm": "conv",
    "resnet_bilstm": "conv",
}

every_model = pytest.mark.parametrize("arch", N_PARAMETERS)


@pytest.fixture
def model(arch):
    torch.manual_seed(0)
    network = build(arch).eval()
    for layer in network.modules():  # those of a residual block begin at zero
        if isinstance(layer, nn.BatchNorm1d):
            nn.init.ones_(layer.weight)
    return network


@pytest.fixture
def damaged(untrained_entries, tmp_path):
    """A copy of a saved model that a test may spoil."""
    entry = untrained_entries["cnn_bilstm"]
    return replace(entry, folder=shutil.copytree(entry.folder, tmp_path / "copy"))


def convolutions(arch, model):
    """The layers that turn samples into steps."""
    return getattr(model, CONVOLUTIONS[arch])


def make_symmetric(model):
    """Give every convolution of a model a positive kernel that peaks in its middle."""
    for layer in model.modules():
        if isinstance(layer, nn.Conv1d):
            size = layer.kernel_size[0]
            tent = torch.arange(1.0, size + 1).minimum(torch.arange(size, 0.0, -1))
            layer.weight.copy_((tent / tent.sum()).expand_as(layer.weight) / layer.in_channels)
            if layer.bias is not None:
                layer.bias.zero_()


def test_every_architecture_is_covered_here_or_in_a_file_of_its_own():
    assert set(ARCHITECTURES) == {*N_PARAMETERS, "bimamba2_large", *NEIGHBOURS}


def test_unknown_architecture_names_the_known_ones():
    with pytest.raises(ModelError, match=r"'vgg'; choose cnn_bilstm, bimamba2"):
        build("vgg")


@every_model
def test_size(arch, model):
    assert n_parameters(model) == N_PARAMETERS[arch]


@every_model
@torch.no_grad()
def test_a_logit_for_each_record_and_class(arch, model):
    assert model(torch.randn(3, 12, 1000)).shape == (3, 1)
    assert model(torch.randn(1, 12, 1000)).shape == (1, 1)
    five = build(arch, n_classes=5).eval()
    assert five.n_classes == 5
    assert five(torch.randn(2, 12, 1000)).shape == (2, 5)


@every_model
@torch.no_grad()
def test_logits_are_not_squashed(arch, model):
    last = [layer for layer in model.modules() if isinstance(layer, nn.Linear)][-1]
    nn.init.constant_(last.bias, -40.0)
    assert model(torch.randn(2, 12, 1000)).max() < -30


@every_model
@torch.no_grad()
def test_records_of_a_batch_do_not_touch_each_other(arch, model):
    x = torch.randn(3, 12, 1000)
    alone = torch.cat([model(x[i : i + 1]) for i in range(3)])
    torch.testing.assert_close(model(x), alone, rtol=1e-5, atol=1e-6)


@every_model
def test_same_seed_same_model_and_result(arch):
    x = torch.randn(2, 12, 1000)
    results = []
    for seed in (5, 5, 6):
        torch.manual_seed(seed)
        results.append(build(arch)(x))  # in training mode, so that dropout is drawn too
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])


@every_model
@torch.no_grad()
def test_the_explained_layer_has_channels_first_and_the_models_steps(arch, model):
    seen = []
    model.explained.register_forward_hook(lambda layer, inputs, output: seen.append(output))
    model(torch.randn(2, 12, 1000))
    assert [tuple(output.shape) for output in seen] == [(2, N_CHANNELS[arch], N_STEPS[arch])]


@every_model
@torch.no_grad()
def test_shift_by_one_stride_shifts_the_features_by_one_step(arch, model):
    stride = 1000 // N_STEPS[arch]
    x = torch.randn(1, 12, 1000)
    before = convolutions(arch, model)(x)
    after = convolutions(arch, model)(x.roll(stride, dims=-1))
    interior = slice(12, -12)
    # weights of channels come from the mean over time, which the edges change a little
    torch.testing.assert_close(
        after.roll(-1, dims=-1)[..., interior], before[..., interior], rtol=1e-4, atol=1e-4
    )


@every_model
@torch.no_grad()
@pytest.mark.parametrize("step", [20, 61])
def test_each_step_is_centred_on_its_own_samples(arch, model, step):
    """Impulses before and after the middle of samples j s to (j + 1) s - 1 weigh the same."""
    make_symmetric(model)
    stride = 1000 // N_STEPS[arch]
    first, last = step * stride, (step + 1) * stride - 1
    reach = 40
    at = torch.arange(first - reach, last + reach + 1)
    impulses = torch.zeros(len(at), 12, 1000)
    impulses[torch.arange(len(at)), :, at] = 1.0
    silence = convolutions(arch, model)(torch.zeros(1, 12, 1000))
    response = (convolutions(arch, model)(impulses) - silence)[:, 0, step]
    torch.testing.assert_close(response, response.flip(0), rtol=1e-4, atol=1e-7)
    assert response[reach : reach + stride].min() > 2 * response[[0, -1]].max()
    assert response.argmax() in range(reach, reach + stride)


@every_model
@torch.no_grad()
def test_every_sample_and_every_lead_reaches_the_logit(arch, model):
    x = torch.randn(1, 12, 1000)
    with torch.enable_grad():
        x.requires_grad_()
        gradient = torch.autograd.grad(model(x).sum(), x)[0][0]
    assert (gradient.abs().sum(dim=1) > 0).all()
    assert (gradient.abs().sum(dim=0) > 0).float().mean() > 0.95


@every_model
@torch.no_grad()
def test_weights_survive_the_round_trip(arch, untrained_entries):
    entry = untrained_entries[arch]
    with torch.random.fork_rng():
        torch.manual_seed(1)
        original = build(arch).eval()
    loaded = load_model(entry)
    assert not loaded.training
    assert entry.card.n_parameters == n_parameters(loaded)
    state = original.state_dict()
    assert list(loaded.state_dict()) == list(state)
    assert all(torch.equal(value, state[name]) for name, value in loaded.state_dict().items())
    x = torch.randn(2, 12, 1000)
    assert torch.equal(loaded(x), original(x))


@torch.no_grad()
def test_weights_that_float16_cannot_hold_stay_float32(tmp_path):
    model = build("cnn_bilstm")
    exact, rounded = tmp_path / "exact", tmp_path / "rounded"
    exact.mkdir()
    rounded.mkdir()
    save_weights(model, exact)
    save_weights(round_to_half(model), rounded)
    size = (exact / WEIGHTS_FILE).stat().st_size
    assert (rounded / WEIGHTS_FILE).stat().st_size < 0.6 * size
    stored = load_file(exact / WEIGHTS_FILE)
    state = model.state_dict()
    assert all(
        torch.equal(value.to(state[name].dtype), state[name]) for name, value in stored.items()
    )


@torch.no_grad()
def test_parts_that_must_stay_exact_are_not_rounded():
    model = build("s4d", 3)
    rounded = round_to_half(model).state_dict()
    for name, tensor in model.state_dict().items():
        expected = tensor if ".time." in name or name.endswith("tracked") else tensor.half().float()
        assert torch.equal(rounded[name], expected), name
    assert not torch.equal(rounded["head.weight"], model.head.weight)


def test_checksum_is_that_of_the_file(tmp_path):
    assert save_weights(build("cnn_bilstm"), tmp_path) == file_sha256(tmp_path / WEIGHTS_FILE)


@pytest.mark.parametrize("position", [0, 5_000, -1])
def test_one_wrong_byte(damaged, position):
    path = damaged.folder / WEIGHTS_FILE
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match=r"is damaged.*Restore"):
        load_model(damaged)


def test_lost_end(damaged):
    path = damaged.folder / WEIGHTS_FILE
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ModelError, match="is damaged"):
        load_model(damaged)


def test_missing_weights(damaged):
    (damaged.folder / WEIGHTS_FILE).unlink()
    with pytest.raises(ModelError, match=r"cannot be read \(No such file"):
        load_model(damaged)


def test_folder_in_place_of_the_weights(damaged):
    (damaged.folder / WEIGHTS_FILE).unlink()
    (damaged.folder / WEIGHTS_FILE).mkdir()
    with pytest.raises(ModelError, match="cannot be read"):
        load_model(damaged)


@pytest.mark.parametrize("arch", ["bimamba2", "vgg"])
def test_card_of_another_architecture(damaged, arch):
    other = replace(damaged.card, key=ModelKey(arch, "A", 0))
    with pytest.raises(ModelError, match=rf"does not fit {arch}|no architecture '{arch}'"):
        load_model(replace(damaged, card=other))


def test_file_that_is_no_safetensors(damaged):
    path = damaged.folder / WEIGHTS_FILE
    path.write_bytes(b"not weights at all")
    card = replace(damaged.card, weights_sha256=file_sha256(path))
    with pytest.raises(ModelError, match="does not fit cnn_bilstm"):
        load_model(ModelEntry(damaged.folder, card, shipped=True))


def test_surplus_and_missing_tensors(damaged):
    model = build("cnn_bilstm")
    model.extra = nn.Linear(1, 1)
    del model.head
    card = replace(damaged.card, weights_sha256=save_weights(model, damaged.folder))
    with pytest.raises(ModelError, match=r"does not fit cnn_bilstm"):
        load_model(ModelEntry(damaged.folder, card, shipped=True))
