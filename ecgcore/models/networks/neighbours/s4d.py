"""Diagonal state-space layers in both directions, over windows of 2.5 s."""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, glu, pad

from ecgcore.leads import LEADS
from ecgcore.models.networks.base import FastDropout, NetworkModule

_CHANNELS = 256
_LAYERS = 4
_OSCILLATIONS = 4
_WINDOW = 250
_CHUNK = 25
_DROPOUT = 0.1
_SHORTEST, _LONGEST = 1e-3, 1e-1
"""Steps of time in the beginning: a memory of ten to a thousand samples."""


class S4d(NetworkModule):
    """Short filters, four state-space blocks, mean and maximum over time, one layer.

    A recording is read in windows of 2.5 s, each by itself, as training shows them; the maximum is
    that of each window, averaged. ``explained`` sees the blocks' output, normalised, by sample.
    """

    def __init__(self, n_classes: int = 1) -> None:
        super().__init__(n_classes)
        self.stem = nn.Conv1d(len(LEADS), _CHANNELS, 5, padding=2)
        self.blocks = nn.Sequential(*(StateSpaceBlock(_CHANNELS) for _ in range(_LAYERS)))
        self.norm = nn.BatchNorm1d(_CHANNELS)
        self.explained = nn.Identity()
        self.head = nn.Linear(2 * _CHANNELS, n_classes)

    def features(self, x: Tensor) -> Tensor:
        """Return what the head judges, ``(batch, 512)``; as many samples as whole windows."""
        n, leads, length = x.shape
        windows = length // _WINDOW
        x = x.view(n, leads, windows, _WINDOW).transpose(1, 2).reshape(-1, leads, _WINDOW)
        steps = self.blocks(self.stem(x).transpose(0, 1).contiguous())
        steps = _normalised(self.norm, steps).view(_CHANNELS, n, length)
        steps = self.explained(steps.transpose(0, 1))
        parts = steps.unflatten(-1, (windows, _WINDOW))
        return torch.cat([steps.mean(-1), parts.amax(-1).mean(-1)], dim=1)

    def freeze(self) -> None:
        """Keep the kernels of the weights as they are."""
        for layer in self.modules():
            if isinstance(layer, StateSpace):
                layer.freeze()


class StateSpaceBlock(nn.Module):
    """Normalise, mix over time, mix over channels with a gate, beside a shortcut.

    Channels come first, so that to mix them is one product of matrices.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(channels)
        self.time = StateSpace(channels)
        self.mix = nn.Linear(channels, 2 * channels)
        self.dropout = FastDropout(_DROPOUT)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(channels, batch, steps)`` to the same shape."""
        y = self.dropout(gelu(self.time(_normalised(self.norm, x))))
        mixed = torch.addmm(self.mix.bias[:, None], self.mix.weight, y.flatten(1))
        new: Tensor = self.dropout(glu(mixed, dim=0))
        return x + new.view_as(x)


def _normalised(norm: nn.BatchNorm1d, x: Tensor) -> Tensor:
    """Normalise each channel of ``(channels, batch, steps)``."""
    same: Tensor = norm(x.flatten(1)[None])
    return same.view_as(x)


class Products(NamedTuple):
    """A state-space layer as matrices of each channel, for chunks of samples.

    Attributes
    ----------
    within
        From the samples of a chunk to each other, ``(channels, chunk, chunk)``.
    into
        From them to what each oscillation then holds of them, real and imaginary,
        ``(channels, chunk, 2 oscillations)``; the first half looks back, the second ahead.
    across
        What is left of that a chunk further on, ``(channels, oscillations)``, complex.
    out
        From what they hold to the samples of the next chunk, ``(channels, 2 oscillations, chunk)``.
    """

    within: Tensor
    into: Tensor
    across: Tensor
    out: Tensor


class StateSpace(nn.Module):
    """A convolution over time, both ways, whose kernel is a sum of damped oscillations.

    Gu et al., 2022, On the parameterization and initialization of diagonal state space models
    (S4D-Lin). What is learnt is the difference from the first values, which AdamW's decay draws to
    zero; that of the steps is learnt at half the rate.
    """

    exact = True
    """Errors of a step add up over time, so its few weights are stored unrounded."""

    first_step: Tensor
    first_turn: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.frozen: Products | None = None
        both = 2 * channels
        steps = torch.rand(both, 1) * math.log(_LONGEST / _SHORTEST) + math.log(_SHORTEST)
        self.register_buffer("first_step", steps)
        turns = math.pi * torch.arange(_OSCILLATIONS).float()
        self.register_buffer("first_turn", turns.expand(both, _OSCILLATIONS).clone())
        self.step = nn.Parameter(torch.zeros(both, 1))
        self.damping = nn.Parameter(torch.zeros(both, _OSCILLATIONS))
        self.turn = nn.Parameter(torch.zeros(both, _OSCILLATIONS))
        self.out = nn.Parameter(torch.randn(both, _OSCILLATIONS, 2) * math.sqrt(0.5))
        self.through = nn.Parameter(torch.ones(channels))

    def products(self) -> Products:
        """Return the layer as matrices."""
        step = torch.exp(self.first_step + 0.5 * self.step)
        rate = torch.complex(-0.5 * torch.exp(self.damping), self.first_turn + self.turn)
        gain = 2 * torch.view_as_complex(self.out) * (torch.exp(step * rate) - 1) / rate
        times = torch.arange(_CHUNK + 1, device=step.device)
        powers = torch.exp((step * rate)[..., None] * times)
        (back, ahead), (past, future) = powers.chunk(2), (gain[..., None] * powers).chunk(2)
        before = past.real.sum(1)[:, :-1] + pad(self.through[:, None], (0, _CHUNK - 1))
        after = future.real.sum(1)[:, : _CHUNK - 1]
        into = torch.cat([back[..., :-1].flip(-1), ahead[..., :-1]], dim=1)
        out = torch.cat([past[..., 1:], future[..., :-1].flip(-1)], dim=1)
        return Products(
            within=torch.cat([after.flip(-1), before], dim=1).unfold(1, _CHUNK, 1).flip(1),
            into=torch.stack([into.real, into.imag], dim=2).flatten(1, 2).mT,
            across=torch.cat([back[..., -1], ahead[..., -1]], dim=1),
            out=torch.stack([out.real, -out.imag], dim=2).flatten(1, 2),
        )

    @torch.no_grad()
    def freeze(self) -> None:
        """Keep the matrices of weights that are not trained any more."""
        self.frozen = Products(*(one.contiguous() for one in self.products()))

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(channels, batch, steps)`` to the same shape; as many steps as whole chunks."""
        channels, batch, _ = x.shape
        kind = torch.bfloat16 if torch.is_autocast_enabled(x.device.type) else torch.float32
        with torch.autocast(x.device.type, enabled=False):
            within, into, across, out = self.frozen or self.products()
            chunks = x.to(kind).reshape(channels, -1, _CHUNK)
            new = torch.bmm(chunks, into.to(kind)).float().view(channels, batch, -1, into.size(-1))
            held = _held(new, across).flatten(1, 2).to(kind)
            mixed = torch.bmm(chunks, within.to(kind))
            return torch.baddbmm(mixed, held, out.to(kind)).view_as(x)


def _held(new: Tensor, across: Tensor) -> Tensor:
    """Sum up what the oscillations hold before each chunk, those that look ahead: after it.

    Parameters
    ----------
    new
        What each chunk brings, ``(channels, batch, chunks, 2 oscillations)``, real and imaginary.
    """
    back, ahead = torch.view_as_complex(new.view(*new.shape[:3], -1, 2)).chunk(2, dim=-1)
    *steps, _ = torch.cat([back, ahead.flip(2)], dim=-1).unbind(2)
    held = [torch.zeros_like(back[:, :, 0]).repeat(1, 1, 2)]
    for step in steps:
        held.append(torch.addcmul(step, held[-1], across[:, None]))
    back, ahead = torch.stack(held, dim=2).chunk(2, dim=-1)
    return torch.view_as_real(torch.cat([back, ahead.flip(2)], dim=-1)).flatten(-2)
