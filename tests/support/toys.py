"""A network that no list in the project knows, and recordings whose every sample is known."""

import numpy as np
from torch import Tensor, nn

from ecgcore.models.architectures import Architecture
from ecgcore.models.networks.base import NetworkModule
from ecgcore.records import EcgRecord


class Toy(NetworkModule):
    """One convolution with a stride of 10 samples, its mean over time, one linear layer."""

    def __init__(self, n_classes: int = 1) -> None:
        super().__init__(n_classes)
        self.explained = nn.Sequential(nn.Conv1d(12, 8, 10, stride=10), nn.ReLU())
        self.head = nn.Linear(8, n_classes)

    def features(self, x: Tensor) -> Tensor:
        """Return the mean of each channel, ``(batch, 8)``."""
        steps: Tensor = self.explained(x)
        return steps.mean(-1)


TOY = Architecture(
    name="toy",
    title="Toy network",
    network="tests.support.toys:Toy",
    sources=("models/networks/base.py",),
    ms_per_record=0.25,
    recipe={"batch_size": 16},
)


def record_of(signal, fs_hz, **more) -> EcgRecord:
    return EcgRecord("x", np.ascontiguousarray(signal, dtype=np.float32), fs_hz, "test", **more)


def waves(fs_hz: int, duration_s: float) -> np.ndarray:
    """Slow sines, one frequency for each lead."""
    t = np.arange(round(fs_hz * duration_s)) / fs_hz
    return np.sin(2 * np.pi * np.arange(1, 13)[:, None] * t)
