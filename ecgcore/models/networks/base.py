"""What every network offers to the rest of the project, and parts that several share."""

from typing import Protocol

import torch
from torch import Tensor, nn

PATIENT_SIZE = 5
"""Values that say age and sex, as `ecgcore.models.inputs.patient_inputs` gives them."""


class Network(Protocol):
    """The interface of a network: predictions, explanations and training ask for nothing else.

    Attributes
    ----------
    n_classes
        Logits for each record.
    head
        Maps what `features` returns to logits ``(batch, n_classes)``.
    explained
        A module whose output is channels first, ``(batch, channels, steps)``, for Grad-CAM.
        A step covers as many samples as any other, and steps follow each other without a gap.
    """

    n_classes: int
    head: nn.Module
    explained: nn.Module

    def features(self, x: Tensor) -> Tensor:
        """Return what the head judges, ``(batch, size)``, of ``(batch, 12, n_samples)``."""
        ...

    def __call__(self, x: Tensor, patient: Tensor | None = None) -> Tensor:
        """Return the logits ``(batch, n_classes)`` of scaled signals ``(batch, 12, n_samples)``."""
        ...


class NetworkModule(nn.Module, Network):
    """A `Network` of torch modules: each of ours defines its parts and `features`.

    Attributes
    ----------
    takes_patient
        True where `features` takes age and sex as a second argument.
    """

    takes_patient = False

    def __init__(self, n_classes: int) -> None:
        super().__init__()
        self.n_classes = n_classes

    def forward(self, x: Tensor, patient: Tensor | None = None) -> Tensor:
        """Return the logits ``(batch, n_classes)`` of scaled signals ``(batch, 12, n_samples)``.

        Parameters
        ----------
        patient
            Age and sex, ``(batch, 5)``; without it they are unknown. Most networks take neither.
        """
        known = (patient,) if self.takes_patient else ()
        logits: Tensor = self.head(self.features(x, *known))
        return logits

    def freeze(self) -> None:
        """Keep what the weights alone decide; they must not change from here on."""

    def lead_weights(self, _x: Tensor) -> Tensor | None:
        """Return the weight that a network gives each lead, ``(batch, 12)``; None without any."""
        return None

    def time_weights(self, _x: Tensor) -> Tensor | None:
        """Return its attention on steps of its input, ``(batch, n_steps)``; None without any."""
        return None


class FastDropout(nn.Dropout):
    """Dropout of long signals: on a processor, its mask is made of random bytes.

    That of `torch.nn.Dropout` is drawn by one thread, value by value: a third of a training step's
    time. `p` is rounded to 256ths.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Blank a share `p` of the values and scale the others, while training."""
        dropped = round(256 * self.p)
        if not self.training or x.is_cuda or dropped == 256:
            return super().forward(x)
        draws = torch.empty(-(-x.numel() // 8), dtype=torch.int64).random_(-(2**63), None)
        kept = draws.view(torch.uint8)[: x.numel()].view(x.shape) >= dropped
        return x * kept.to(x.dtype).mul_(256 / (256 - dropped))


class Head(nn.Module):
    """Two fully connected layers from pooled features to logits."""

    def __init__(self, size: int, dropout: float, n_classes: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(size, 64),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(64, n_classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(batch, size)`` to logits ``(batch, n_classes)``."""
        logits: Tensor = self.layers(x)
        return logits


def conv_block(inputs: int, outputs: int, kernel: int) -> nn.Sequential:
    """Convolution that keeps the length, normalisation and ReLU."""
    return nn.Sequential(
        nn.Conv1d(inputs, outputs, kernel, padding="same"), nn.BatchNorm1d(outputs), nn.ReLU()
    )


def pooled(features: Tensor) -> Tensor:
    """Average mean and maximum over time, ``(batch, size, steps)`` to ``(batch, size)``.

    The gradient of ``amax`` looks for elements equal to the maximum; a compiled bfloat16 step
    computes them anew, finds none and divides by zero. ``max`` keeps their place.
    """
    return (features.mean(-1) + features.max(-1).values) / 2


def n_parameters(model: nn.Module) -> int:
    """Count trainable parameters."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
