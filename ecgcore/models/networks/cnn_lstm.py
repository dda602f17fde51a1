"""The network of the published study, to reproduce its figures."""

from torch import Tensor, nn

from ecgcore.leads import LEADS


def _block(inputs: int, outputs: int, kernel: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv1d(inputs, outputs, kernel, padding="same"), nn.BatchNorm1d(outputs), nn.ReLU()
    )


class CnnLstm(nn.Module):
    """Three convolution blocks, an LSTM in one direction, its last state, one logit.

    Sizes and dropout are those of github.com/cepdnaclk/e20-4yp-ECG-Based-MI-Detection; the study
    ends in a sigmoid, which here belongs to the loss. ``cam`` sees the last convolution block
    before its pooling, 250 steps of 4 samples.
    """

    def __init__(self) -> None:
        super().__init__()
        pool, drop = nn.MaxPool1d(2), nn.Dropout(0.3)
        self.conv = nn.Sequential(
            *(_block(len(LEADS), 64, 5), pool, drop),
            *(_block(64, 128, 5), pool, drop),
            _block(128, 256, 3),
        )
        self.cam = nn.Identity()
        self.pool = nn.Sequential(pool, nn.Dropout(0.4))
        self.lstm = nn.LSTM(256, 128, batch_first=True)
        self.head = nn.Sequential(
            nn.Dropout(0.4),
            *(nn.Linear(128, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Dropout(0.5)),
            *(nn.Linear(128, 64), nn.ReLU(), nn.Dropout(0.3)),
            nn.Linear(64, 1),
        )

    def features(self, x: Tensor) -> Tensor:
        """Return what the head judges, ``(batch, 128)``."""
        steps = self.pool(self.cam(self.conv(x)))
        states: Tensor = self.lstm(steps.mT)[0]
        return states[:, -1]

    def forward(self, x: Tensor) -> Tensor:
        """Return the MI logits, ``(batch,)``, of scaled signals ``(batch, 12, n_samples)``."""
        logits: Tensor = self.head(self.features(x)).squeeze(-1)
        return logits
