"""A residual network with squeeze-and-excitation that is also told age and sex.

Second in the challenge of Computing in Cardiology 2020 (arXiv 2112.01496). Its gates weigh channels
after the first convolution has mixed the leads, so it has no weight for a lead; `leads_small` has
one, by a gate on the twelve leads themselves.
"""

from functools import partial
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from ecgcore.leads import LEADS
from ecgcore.models.networks.base import PATIENT_SIZE, FastDropout, NetworkModule

_REDUCTION, _PATIENT_FEATURES = 16, 10
_LEAD_FEATURES = 6


class Gate(nn.Module):
    """A weight between 0 and 1 for each channel, from the channels' averages over time."""

    def __init__(self, channels: int, hidden: int, *, absolute: bool = False) -> None:
        super().__init__()
        self.absolute = absolute
        self.layers = nn.Sequential(
            nn.Linear(channels, hidden, bias=False),
            nn.ReLU(),
            nn.Linear(hidden, channels, bias=False),
            nn.Sigmoid(),
        )

    def weights(self, x: Tensor) -> Tensor:
        """Weigh the channels of ``(batch, channels, steps)``: ``(batch, channels)``.

        A lead's own mean is zero after the high-pass, so leads are judged by their mean size.
        """
        weights: Tensor = self.layers((x.abs() if self.absolute else x).mean(-1))
        return weights

    def forward(self, x: Tensor) -> Tensor:
        """Scale each channel by its weight."""
        return x * self.weights(x)[..., None]


class Block(nn.Module):
    """Two convolutions of kernel 7 with dropout between, gated, added to a shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(inputs, outputs, 7, stride, padding=3, bias=False),
            nn.BatchNorm1d(outputs),
            nn.ReLU(),
            FastDropout(0.2),
            nn.Conv1d(outputs, outputs, 7, padding=3, bias=False),
            nn.BatchNorm1d(outputs),
            Gate(outputs, max(1, outputs // _REDUCTION)),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv1d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm1d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(batch, inputs, steps)`` to ``(batch, outputs, steps / stride)``."""
        return torch.relu(self.layers(x) + self.shortcut(x))


class SeResNet(NetworkModule):
    """A convolution, four stages of two blocks, the average over time, and age and sex beside it.

    ``explained`` sees the second stage, a step for 8 samples of the recording itself.

    Parameters
    ----------
    length
        Shorter recordings are filled up to so many samples with zeros, half at each end.
    takes_patient
        Whether age and sex are taken.
    lead_gate
        Whether the twelve leads are weighed first.
    """

    def __init__(
        self,
        n_classes: int = 24,
        *,
        channels: tuple[int, ...] = (64, 128, 256, 512),
        length: int = 0,
        takes_patient: bool = True,
        lead_gate: bool = False,
    ) -> None:
        super().__init__(n_classes)
        self.length, self.takes_patient = length, takes_patient
        leads = len(LEADS)
        self.lead_gate = Gate(leads, _LEAD_FEATURES, absolute=True) if lead_gate else None
        stem = nn.Sequential(
            nn.Conv1d(leads, channels[0], 15, 2, padding=7, bias=False),
            nn.BatchNorm1d(channels[0]),
            nn.ReLU(),
            nn.MaxPool1d(3, 2, padding=1),
        )
        first, second, *later = [
            nn.Sequential(Block(inputs, outputs, stride), Block(outputs, outputs, 1))
            for (inputs, outputs), stride in zip(
                pairwise((channels[0], *channels)), (1, 2, 2, 2), strict=True
            )
        ]
        self.conv = nn.Sequential(stem, first, second)
        self.explained = nn.Identity()
        self.later = nn.Sequential(*later)
        self.patient = nn.Linear(PATIENT_SIZE, _PATIENT_FEATURES) if takes_patient else None
        more = _PATIENT_FEATURES if takes_patient else 0
        self.head = nn.Linear(channels[-1] + more, n_classes)

    def lead_weights(self, x: Tensor) -> Tensor | None:
        """Return the weight of each lead, ``(batch, 12)``; None without a gate on the leads."""
        return None if self.lead_gate is None else self.lead_gate.weights(x)

    def features(self, x: Tensor, patient: Tensor | None = None) -> Tensor:
        """Return what the head judges; `patient` is as `NetworkModule.forward` takes it."""
        if self.lead_gate is not None:
            x = self.lead_gate(x)
        fill = max(0, self.length - x.size(-1)) // 2
        steps = self.conv(pad(x, (fill, fill)))
        steps = _shown(self.explained, steps, fill * steps.size(-1) // (x.size(-1) + 2 * fill))
        signal = self.later(steps).mean(-1)
        if self.patient is None:
            return torch.as_tensor(signal)
        if patient is None:
            patient = x.new_zeros(len(x), PATIENT_SIZE)
        return torch.cat([signal, self.patient(patient)], dim=1)


def _shown(explained: nn.Module, steps: Tensor, fill: int) -> Tensor:
    """Show `explained` the steps that lie within the recording, and change none."""
    inner = explained(steps[..., fill : steps.size(-1) - fill])
    return torch.cat([steps[..., :fill], inner, steps[..., steps.size(-1) - fill :]], dim=-1)


_small = partial(SeResNet, channels=(32, 64, 128, 256))
faithful = partial(SeResNet, length=4096)
small = partial(_small)
leads_small = partial(_small, lead_gate=True)
signal_only_small = partial(_small, takes_patient=False)
