"""The network of the published study, to reproduce its figures."""

from torch import Tensor, nn

from ecgcore.leads import LEADS
from ecgcore.models.networks.base import NetworkModule, conv_block


class CnnLstm(NetworkModule):
    """Three convolution blocks, an LSTM in one direction, its last state, one logit a class.

    Sizes and dropout are those of github.com/cepdnaclk/e20-4yp-ECG-Based-MI-Detection; the study
    ends in a sigmoid, which here belongs to the loss. ``explained`` sees the last convolution block
    before its pooling, 250 steps of 4 samples.
    """

    def __init__(self, n_classes: int = 1) -> None:
        super().__init__(n_classes)
        pool, drop = nn.MaxPool1d(2), nn.Dropout(0.3)
        self.conv = nn.Sequential(
            *(conv_block(len(LEADS), 64, 5), pool, drop),
            *(conv_block(64, 128, 5), pool, drop),
            conv_block(128, 256, 3),
        )
        self.explained = nn.Identity()
        self.pool = nn.Sequential(pool, nn.Dropout(0.4))
        self.lstm = nn.LSTM(256, 128, batch_first=True)
        self.head = nn.Sequential(
            nn.Dropout(0.4),
            *(nn.Linear(128, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Dropout(0.5)),
            *(nn.Linear(128, 64), nn.ReLU(), nn.Dropout(0.3)),
            nn.Linear(64, n_classes),
        )

    def features(self, x: Tensor) -> Tensor:
        """Return what the head judges, ``(batch, 128)``."""
        steps = self.pool(self.explained(self.conv(x)))
        states: Tensor = self.lstm(steps.mT)[0]
        return states[:, -1]
