"""Deletion and insertion: whether the logit follows the map.

Cells of one lead and 40 ms are replaced by what the record is compared with, in the order of the
map, and the other way round. The area between both curves is compared with that of random orders
(Petsiuk et al., 2018).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ecgcore.explain.attribution import Attribution
from ecgcore.explain.checks.agreement import BIN_S
from ecgcore.explain.checks.limits import N_RANDOM
from ecgcore.explain.maps.asked import Seen
from ecgcore.models.predictor import Predictor

SHARES = (0.02, 0.05, 0.1, 0.2, 0.4, 0.7)
"""Shares of the cells at which the logit is read."""

_AT_ONCE = 32

Order = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Faithfulness:
    """How the logit follows a map.

    Attributes
    ----------
    deletion, insertion
        Mean of the logit, as a share of its whole change from the baseline, while the strongest
        cells are hidden (low is good), or shown alone (high is good).
    random_deletion, random_insertion
        The same for random orders, their mean.
    beaten
        Share of the random orders that are worse by insertion less deletion.
    """

    deletion: float
    insertion: float
    random_deletion: float
    random_insertion: float
    beaten: float

    @property
    def lead(self) -> float:
        """Insertion less deletion of the map, less that of random orders."""
        return (self.insertion - self.deletion) - (self.random_insertion - self.random_deletion)


def faithfulness(
    predictors: Sequence[Predictor],
    what: Seen,
    attribution: Attribution,
    *,
    n_random: int = N_RANDOM,
    seed: int = 0,
) -> Faithfulness:
    """Hide and show cells in the order of a map and of random ones; the mean logit answers."""
    cells = cells_of(what)
    orders = [map_order(attribution, cells)]
    rng = np.random.default_rng(seed)
    orders += [rng.permutation(int(cells.max()) + 1) for _ in range(n_random)]

    def answer(inputs: Tensor) -> NDArray[np.float64]:
        logits: NDArray[np.float64] = np.mean([_logits(one, inputs) for one in predictors], axis=0)
        return logits

    whole, nothing = answer(torch.cat([what.inputs, what.baseline]))
    size = whole - nothing or 1e-9
    curves = (_curves(order, cells, what, answer) for order in orders)
    deleted, inserted = np.array([(curve - nothing) / size for curve in curves]).transpose(1, 0, 2)
    deletion, insertion = deleted.mean(axis=1), inserted.mean(axis=1)
    gain = insertion - deletion
    return Faithfulness(
        float(deletion[0]),
        float(insertion[0]),
        float(deletion[1:].mean()),
        float(insertion[1:].mean()),
        float((gain[0] > gain[1:]).mean()),
    )


def cells_of(what: Seen) -> Order:
    """Return the numbers of the cells of one lead and 40 ms, ``(12, n_samples)``."""
    n_leads, n = what.inputs.shape[1:]
    step = max(1, round(BIN_S * what.record.fs_hz))
    over_time = np.arange(n) // step
    return np.arange(n_leads)[:, None] * (int(over_time[-1]) + 1) + over_time


def map_order(attribution: Attribution, cells: Order) -> Order:
    """Order cells by what they push towards the explained change of the logit, the most first."""
    scores = np.broadcast_to(attribution.scores, cells.shape).astype(np.float64)
    sums = np.bincount(cells.ravel(), weights=scores.ravel())
    falls = attribution.signed and scores.sum() < 0
    return np.argsort(sums if falls else -sums, kind="stable")


def _curves(
    order: Order, cells: Order, what: Seen, answer: Callable[[Tensor], NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Return the logits while cells are hidden and while they are shown, ``(2, n_shares)``."""
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    place = rank[cells] / len(order)
    hidden = torch.from_numpy(np.array([place < share for share in SHARES]))
    both = torch.cat(
        [
            torch.where(hidden, what.baseline, what.inputs),
            torch.where(hidden, what.inputs, what.baseline),
        ]
    )
    return answer(both).reshape(2, -1)


def _logits(predictor: Predictor, inputs: Tensor) -> NDArray[np.float64]:
    parts = [
        predictor.logits(inputs[k : k + _AT_ONCE].numpy())[:, 0]
        for k in range(0, len(inputs), _AT_ONCE)
    ]
    return np.concatenate(parts).astype(np.float64)
