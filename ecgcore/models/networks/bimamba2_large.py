"""The Mamba-2 of the published study: 30 times the size of ours, every sample a step, for a GPU."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from ecgcore.leads import LEADS
from ecgcore.models.networks.base import NetworkModule
from ecgcore.models.networks.bimamba2 import Mamba2, RMSNorm


class GatedMlp(nn.Module):
    """Two products of the input, one gating the other, and back to `size` features."""

    def __init__(self, size: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.gate_and_value = nn.Linear(size, 2 * hidden)
        self.out = nn.Linear(hidden, size)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(..., size)`` to the same shape."""
        gate, value = self.gate_and_value(x).chunk(2, dim=-1)
        mixed: Tensor = self.dropout(self.out(functional.silu(gate) * value))
        return mixed


class BiMambaMlpBlock(nn.Module):
    """Residual Mamba-2 in both directions, joined by a projection, then a residual gated MLP."""

    def __init__(self, d_model: int, dropout: float) -> None:
        super().__init__()
        self.mixer_norm, self.mlp_norm = RMSNorm(d_model), RMSNorm(d_model)
        self.forwards, self.backwards = Mamba2(d_model), Mamba2(d_model)
        self.join = nn.Linear(2 * d_model, d_model)
        self.mlp = GatedMlp(d_model, 4 * d_model, dropout)
        self.dropout = nn.Dropout(dropout)

    def forward(self, u: Tensor) -> Tensor:
        """Map ``(batch, length, d_model)`` to the same shape."""
        v = self.mixer_norm(u)
        both = torch.cat([self.forwards(v), self.backwards(v.flip(1)).flip(1)], dim=-1)
        u = u + self.dropout(self.join(both))
        result: Tensor = u + self.dropout(self.mlp(self.mlp_norm(u)))
        return result


class AttentionPool(nn.Module):
    """Mean over time, weighted by a softmax of one learnt score for each step."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.score = nn.Linear(size, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Map ``(batch, size, steps)`` to ``(batch, size)``."""
        weights = self.score(features.mT).softmax(dim=1)
        pooled: Tensor = (features @ weights).squeeze(-1)
        return pooled


class BiMamba2Large(NetworkModule):
    """Six bidirectional Mamba-2 blocks over all samples, attention over time, one logit a class.

    Sizes are those of github.com/cepdnaclk/e20-4yp-ECG-Based-MI-Detection. ``explained`` sees the
    blocks' output channels first.
    """

    def __init__(
        self, n_classes: int = 1, d_model: int = 256, n_blocks: int = 6, dropout: float = 0.2
    ) -> None:
        super().__init__(n_classes)
        self.stem = nn.Conv1d(len(LEADS), d_model, 1)
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.Sequential(*(BiMambaMlpBlock(d_model, dropout) for _ in range(n_blocks)))
        self.norm = RMSNorm(d_model)
        self.explained = nn.Identity()
        self.pool = AttentionPool(d_model)
        self.head = nn.Linear(d_model, n_classes)

    def features(self, x: Tensor) -> Tensor:
        """Return what the head judges, ``(batch, d_model)``."""
        steps = self.norm(self.blocks(self.dropout(self.stem(x).mT))).mT
        pooled: Tensor = self.pool(self.explained(steps))
        return pooled
