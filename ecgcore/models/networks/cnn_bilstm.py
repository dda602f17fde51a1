"""Convolutions, a bidirectional LSTM and pooling over time."""

from torch import Tensor, nn

from ecgcore.leads import LEADS


def pooled(features: Tensor) -> Tensor:
    """Average mean and maximum over time, ``(batch, size, steps)`` to ``(batch, size)``.

    The gradient of ``amax`` looks for elements equal to the maximum; a compiled bfloat16 step
    computes them anew, finds none and divides by zero. ``max`` keeps their place.
    """
    return (features.mean(-1) + features.max(-1).values) / 2


class Head(nn.Module):
    """Two fully connected layers from pooled features to one logit."""

    def __init__(self, size: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(size, 64),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(64, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(batch, size)`` to logits ``(batch,)``."""
        logits: Tensor = self.layers(x).squeeze(-1)
        return logits


def _block(inputs: int, outputs: int, kernel: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv1d(inputs, outputs, kernel, padding="same"), nn.BatchNorm1d(outputs), nn.ReLU()
    )


class CnnBiLstm(nn.Module):
    """Three convolution blocks, a bidirectional LSTM, pooling over time, one logit.

    ``cam`` sees the last convolution block before its pooling, 250 steps of 4 samples.
    """

    def __init__(self, dropout: float = 0.3) -> None:
        super().__init__()
        pool = nn.MaxPool1d(2)
        self.conv = nn.Sequential(
            _block(len(LEADS), 32, 15), pool, _block(32, 64, 11), pool, _block(64, 128, 7)
        )
        self.cam = nn.Identity()
        self.pool = pool
        self.lstm = nn.LSTM(128, 128, batch_first=True, bidirectional=True)
        self.head = Head(256, dropout)

    def features(self, x: Tensor) -> Tensor:
        """Return what the head judges, ``(batch, 256)``."""
        steps = self.pool(self.cam(self.conv(x)))
        states: Tensor = self.lstm(steps.mT)[0]
        return pooled(states.mT)

    def forward(self, x: Tensor) -> Tensor:
        """Return the MI logits, ``(batch,)``, of scaled signals ``(batch, 12, n_samples)``."""
        logits: Tensor = self.head(self.features(x))
        return logits


def n_parameters(model: nn.Module) -> int:
    """Count trainable parameters."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
