"""Convolutions, a bidirectional LSTM and pooling over time."""

from torch import Tensor, nn

from ecgcore.leads import LEADS
from ecgcore.models.networks.base import Head, NetworkModule, conv_block, pooled


class CnnBiLstm(NetworkModule):
    """Three convolution blocks, a bidirectional LSTM, pooling over time, one logit a class.

    ``explained`` sees the last convolution block before its pooling, 250 steps of 4 samples.
    """

    def __init__(self, n_classes: int = 1, dropout: float = 0.3) -> None:
        super().__init__(n_classes)
        pool = nn.MaxPool1d(2)
        self.conv = nn.Sequential(
            conv_block(len(LEADS), 32, 15),
            pool,
            conv_block(32, 64, 11),
            pool,
            conv_block(64, 128, 7),
        )
        self.explained = nn.Identity()
        self.pool = pool
        self.lstm = nn.LSTM(128, 128, batch_first=True, bidirectional=True)
        self.head = Head(256, dropout, n_classes)

    def features(self, x: Tensor) -> Tensor:
        """Return what the head judges, ``(batch, 256)``."""
        steps = self.pool(self.explained(self.conv(x)))
        states: Tensor = self.lstm(steps.mT)[0]
        return pooled(states.mT)
