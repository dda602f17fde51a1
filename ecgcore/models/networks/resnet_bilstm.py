"""Residual blocks whose channels are weighed, a bidirectional LSTM and pooling over time."""

import torch
from torch import Tensor, nn

from ecgcore.leads import LEADS
from ecgcore.models.networks.base import NetworkModule, conv_block

_CHANNELS = (64, 96, 128, 192)
_STRIDES = (1, 2, 2, 1)
_KERNEL = 7
_SQUEEZED = 8
_LSTM = 128


class ResNetBiLstm(NetworkModule):
    """A stem, four residual blocks, a bidirectional LSTM, mean and maximum over time, one layer.

    ``explained`` sees the last block, 125 steps of 8 samples.
    """

    def __init__(self, n_classes: int = 1, dropout: float = 0.3) -> None:
        super().__init__(n_classes)
        blocks = map(WeighedBlock, (_CHANNELS[0], *_CHANNELS), _CHANNELS, _STRIDES)
        self.conv = nn.Sequential(
            conv_block(len(LEADS), _CHANNELS[0], 15), nn.MaxPool1d(2), *blocks
        )
        self.explained = nn.Identity()
        self.lstm = nn.LSTM(_CHANNELS[-1], _LSTM, batch_first=True, bidirectional=True)
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(4 * _LSTM, n_classes))

    def features(self, x: Tensor) -> Tensor:
        """Return what the head judges, ``(batch, 512)``."""
        steps = self.explained(self.conv(x))
        states: Tensor = self.lstm(steps.mT)[0]
        return torch.cat([states.mean(1), states.max(1).values], dim=1)


class WeighedBlock(nn.Module):
    """Two convolutions beside a shortcut; their channels are weighed by squeeze and excitation.

    He et al., 2016 (residual); Hu et al., 2018 (weights from the mean over time). The second
    normalisation begins at zero, so that a new block passes on what it gets. A kernel of stride 2
    has an even number of taps, so that its step lies in the middle of the two that it replaces.
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        padding, even = _KERNEL // 2, _KERNEL + stride - 1
        self.convs = nn.Sequential(
            nn.Conv1d(inputs, outputs, even, stride, padding, bias=False),
            nn.BatchNorm1d(outputs),
            nn.ReLU(),
            nn.Conv1d(outputs, outputs, _KERNEL, padding=padding, bias=False),
            nn.BatchNorm1d(outputs),
        )
        nn.init.zeros_(self.convs[-1].weight)  # type: ignore[arg-type]
        self.weigh = nn.Sequential(
            nn.Linear(outputs, outputs // _SQUEEZED),
            nn.ReLU(),
            nn.Linear(outputs // _SQUEEZED, outputs),
            nn.Sigmoid(),
        )
        self.shortcut = nn.Sequential()
        if inputs != outputs or stride > 1:
            self.shortcut.extend(
                [
                    nn.AvgPool1d(stride),
                    nn.Conv1d(inputs, outputs, 1, bias=False),
                    nn.BatchNorm1d(outputs),
                ]
            )

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(batch, inputs, steps)`` to ``(batch, outputs, steps / stride)``."""
        new = self.convs(x)
        weighed = new * self.weigh(new.mean(-1))[:, :, None]
        return torch.relu(self.shortcut(x) + weighed)
