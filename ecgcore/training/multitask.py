"""A second task beside MI, from the same features: the other SCP statements of a record."""

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

_STATEMENTS_COUNT = 10.0
"""What the statements' mean cross-entropy counts in the loss; chosen on fold 9."""


class TwoTasks(nn.Module):
    """A network for MI with a second linear layer on its features, for training only.

    Parameters
    ----------
    model
        Has ``features`` and a ``head`` for them, as all of ours.
    """

    def __init__(self, model: nn.Module, n_statements: int) -> None:
        super().__init__()
        self.model = model
        head = cast(nn.Module, model.head)
        first = next(layer for layer in head.modules() if isinstance(layer, nn.Linear))
        self.statements = nn.Linear(first.in_features, n_statements).to(first.weight.device)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits ``(batch, 1 + n_statements)`` of scaled signals, the first of MI."""
        features = cast(Callable[[Tensor], Tensor], self.model.features)(x)
        mi = cast(nn.Module, self.model.head)(features).view(-1, 1)
        return torch.cat([mi, self.statements(features)], dim=1)


def statements_loss(logits: Tensor, statements: Tensor) -> Tensor:
    """Return the second task's part of the loss; both are ``(batch, n_statements)``."""
    return _STATEMENTS_COUNT * binary_cross_entropy_with_logits(logits, statements)
