"""A second task beside MI, from the same features: the other SCP statements of a record."""

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from ecgcore.models.networks.base import NetworkModule

_STATEMENTS_COUNT = 10.0
"""What the statements' mean cross-entropy counts in the loss; chosen on fold 9."""


class TwoTasks(nn.Module):
    """A network for MI with a second linear layer on its features, for training only.

    Parameters
    ----------
    model
        Gives features and logits of the task itself.
    """

    def __init__(self, model: NetworkModule, n_statements: int) -> None:
        super().__init__()
        self.model = model
        first = next(layer for layer in model.head.modules() if isinstance(layer, nn.Linear))
        self.statements = nn.Linear(first.in_features, n_statements).to(first.weight.device)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits ``(batch, n_classes + n_statements)``, the task's own first."""
        features = self.model.features(x)
        return torch.cat([self.model.head(features), self.statements(features)], dim=1)


def statements_loss(logits: Tensor, statements: Tensor) -> Tensor:
    """Return the second task's part of the loss; both are ``(batch, n_statements)``."""
    return _STATEMENTS_COUNT * binary_cross_entropy_with_logits(logits, statements)
