"""State-space layers: their kernel by hand across chunks of samples, and windows."""

import math

import pytest
import torch
from torch import nn

from ecgcore.models.networks.neighbours.s4d import S4d, StateSpace
from tests.core.models.networks.test_sizes import convolutions, dropouts

CHANNELS, STEPS = 3, 150
NEAR = {"rtol": 1e-3, "atol": 1e-4}


@pytest.fixture
def layer() -> StateSpace:
    """A layer whose every parameter has been moved."""
    torch.manual_seed(0)
    made = StateSpace(CHANNELS)
    for weights in made.parameters():
        nn.init.normal_(weights, std=0.3)
    return made


def by_hand(layer: StateSpace, row: int, later: int) -> float:
    """Sum the oscillations of a row, one by one."""
    step = math.exp(float(layer.first_step[row, 0]) + 0.5 * float(layer.step[row, 0]))
    total = 0.0
    for turn, damping, out, first in zip(
        layer.turn[row], layer.damping[row], layer.out[row], layer.first_turn[row], strict=True
    ):
        rate = complex(-0.5 * math.exp(float(damping)), float(first + turn))
        gain = complex(*out.tolist()) * (math.e ** (step * rate) - 1) / rate
        total += 2 * (gain * math.e ** (later * step * rate)).real
    return total


@pytest.mark.parametrize("at", [0, 24, 25, 70, 149])
@torch.no_grad()
def test_an_impulse_is_answered_by_damped_oscillations_both_ways(
    layer: StateSpace, at: int
) -> None:
    x = torch.zeros(CHANNELS, 2, STEPS)
    x[:, 1, at] = 1.0
    answer = layer.eval()(x)
    for channel in range(CHANNELS):
        back = [by_hand(layer, channel, later) for later in range(STEPS)]
        ahead = [by_hand(layer, CHANNELS + channel, later) for later in range(STEPS)]
        back[0] += float(layer.through[channel])
        expected = [*reversed(ahead[:at]), *back[: STEPS - at]]
        torch.testing.assert_close(answer[channel, 1], torch.tensor(expected), **NEAR)
    assert not answer[:, 0].any(), "another recording is not touched"


def test_a_frozen_layer_answers_the_same(layer: StateSpace) -> None:
    x = torch.randn(CHANNELS, 2, STEPS)
    before = layer.eval()(x)
    layer.freeze()
    nn.init.zeros_(layer.out)
    torch.testing.assert_close(layer(x), before)


@torch.no_grad()
def test_half_precision_is_for_training(layer: StateSpace) -> None:
    x = torch.randn(CHANNELS, 2, STEPS)
    exact = layer(x)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = layer(x)
    assert rounded.dtype == torch.bfloat16
    assert 0 < float((rounded - exact).abs().max()) < 0.05 * float(exact.abs().max())


@torch.no_grad()
def test_s4d() -> None:
    network = S4d(71)
    assert convolutions(network) == [(12, 256, 5, 1, (2,))]
    assert {block.mix.weight.shape for block in network.blocks} == {(512, 256)}
    assert dropouts(network) == 4 * [0.1]
    steps = torch.exp(torch.cat([block.time.first_step for block in network.blocks]))
    assert 0.001 <= float(steps.min()) < 0.0011
    assert 0.09 < float(steps.max()) <= 0.1
    network.eval().freeze()
    assert all(block.time.frozen for block in network.blocks)


@torch.no_grad()
def test_each_window_of_250_samples_is_read_by_itself() -> None:
    torch.manual_seed(0)
    network, x = S4d(2).eval(), torch.randn(2, 12, 1000)
    alone = torch.stack([network.features(window) for window in x.split(250, dim=-1)])
    torch.testing.assert_close(network.features(x), alone.mean(0))
