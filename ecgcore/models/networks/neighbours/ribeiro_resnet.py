"""The residual network of Ribeiro et al. (2020), and one with attention over time.

Sizes are those of github.com/antonior92/automatic-ecg-diagnosis, whose 0.8 is the share that is
kept: its dropout is 0.2. Attention is that of PMC11285255: dot products, a softmax over time, a
weighted sum. A classifier has no decoder whose state could ask, so the mean over time asks.
"""

from functools import partial
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from ecgcore.leads import LEADS
from ecgcore.models.networks.base import FastDropout, NetworkModule

_DROPOUT = 0.2
_FAITHFUL = (64, 128, 196, 256, 320)
_HALF = (32, 64, 96, 128, 160)


class SameConv1d(nn.Conv1d):
    """A convolution without bias that gives a step for each `stride` samples, centred on them.

    The padding is a step of its own: oneDNN computes some padded bfloat16 convolutions wrongly.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(batch, inputs, n)`` to ``(batch, outputs, n / stride)``."""
        total = self.kernel_size[0] - self.stride[0]
        left = total // 2
        return super().forward(pad(x, (left, total - left)))


def _conv(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Conv1d:
    return SameConv1d(inputs, outputs, kernel, stride, bias=False)


class Unit(nn.Module):
    """Two convolutions beside a shortcut; normalised after the sum, which goes on as it is."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            _conv(inputs, outputs, kernel),
            nn.BatchNorm1d(outputs),
            nn.ReLU(),
            FastDropout(_DROPOUT),
            _conv(outputs, outputs, kernel, stride),
        )
        self.shortcut = nn.Sequential(nn.MaxPool1d(stride), _conv(inputs, outputs, 1))
        self.after = nn.Sequential(nn.BatchNorm1d(outputs), nn.ReLU(), FastDropout(_DROPOUT))

    def forward(self, x: Tensor, skipped: Tensor) -> tuple[Tensor, Tensor]:
        """Return the normalised sum and the sum itself, both ``(batch, outputs, n / stride)``."""
        total = self.layers(x) + self.shortcut(skipped)
        return self.after(total), total


class RibeiroResNet(NetworkModule):
    """A convolution and four residual units; all 16 steps at once, or attention over them.

    ``explained`` sees the second unit, a step for 4 or 16 samples of the recording itself.

    Parameters
    ----------
    length
        Recordings are filled up to so many samples with zeros, half at each end.
    attention
        Whether the head sees the attended step only.
    """

    def __init__(
        self,
        n_classes: int = 6,
        *,
        channels: tuple[int, ...] = _FAITHFUL,
        strides: tuple[int, ...] = (4, 4, 4, 4),
        kernel: int = 16,
        length: int = 4096,
        attention: bool = False,
    ) -> None:
        super().__init__(n_classes)
        self.length, self.attention = length, attention
        self.stem = nn.Sequential(
            _conv(len(LEADS), channels[0], kernel), nn.BatchNorm1d(channels[0]), nn.ReLU()
        )
        self.units = nn.ModuleList(
            Unit(inputs, outputs, kernel, stride)
            for (inputs, outputs), stride in zip(pairwise(channels), strides, strict=True)
        )
        self.explained = nn.Identity()
        steps = length
        for stride in strides:
            steps //= stride
        self.head = nn.Linear(channels[-1] * (1 if attention else steps), n_classes)

    def steps(self, x: Tensor) -> Tensor:
        """Return the last unit's ``(batch, channels, 16)`` of ``(batch, 12, n_samples)``."""
        fill = (self.length - x.size(-1)) // 2
        x = skipped = self.stem(pad(x, (fill, self.length - x.size(-1) - fill)))
        for place, unit in enumerate(self.units):
            x, skipped = unit(x, skipped)
            if place == 1:
                x = self._shown(x, fill * x.size(-1) // self.length)
        return x

    def time_weights(self, x: Tensor) -> Tensor | None:
        """Return the attention on each step, ``(batch, 16)``; None without attention."""
        return _attention(self.steps(x)) if self.attention else None

    def features(self, x: Tensor) -> Tensor:
        """Return what the head judges."""
        steps = self.steps(x)
        if not self.attention:
            return steps.mT.flatten(1)
        return (steps * _attention(steps)[:, None]).sum(-1)

    def _shown(self, steps: Tensor, fill: int) -> Tensor:
        """Show `explained` the steps that lie within the recording, and change none."""
        end = steps.size(-1) - fill
        return torch.cat(
            [steps[..., :fill], self.explained(steps[..., fill:end]), steps[..., end:]], dim=-1
        )


def _attention(steps: Tensor) -> Tensor:
    """Weigh the steps of ``(batch, channels, n)`` by their product with their mean."""
    scores = (steps * steps.mean(-1, keepdim=True)).sum(1)
    return scores.softmax(-1)


faithful = partial(RibeiroResNet)
faithful_attention = partial(RibeiroResNet, attention=True)
at_100_hz = partial(RibeiroResNet, channels=_HALF, strides=(2, 2, 4, 4), kernel=5, length=1024)
at_100_hz_attention = partial(at_100_hz, attention=True)
