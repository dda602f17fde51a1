"""Changes of mind after advice: how many, towards it or away, for better or worse.

A reader who follows wrong advice shows automation bias. Intervals are over cases: readings of one
case are drawn together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import ArrayLike

from ecgcore.stats.agreement.tables import N_COPIES, ratio
from ecgcore.stats.bootstrap import resampled, unit_index
from ecgcore.stats.metrics import Estimate, percentile_estimate
from ecgcore.stats.reliability_curve import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class ChangeOfMind:
    """What advice did to n readings; NaN where no reading could have shown it.

    Attributes
    ----------
    changed
        Share of the readings whose verdict changed.
    followed
        Of those that differed from the advice, the share that took it over.
    left
        Of those that agreed with the advice, the share that left it.
    mended
        Of those that were wrong, the share that became right; None without truth.
    harmed
        Of those that were right, the share that became wrong; None without truth.
    """

    n: int
    changed: Estimate
    followed: Estimate
    left: Estimate
    mended: Estimate | None = None
    harmed: Estimate | None = None


def change_of_mind(
    before: ArrayLike,
    after: ArrayLike,
    advice: ArrayLike,
    *,
    cases: ArrayLike | None = None,
    truth: ArrayLike | None = None,
    n_copies: int = N_COPIES,
    seed: int = 0,
) -> ChangeOfMind:
    """Compare verdicts before and after advice.

    Parameters
    ----------
    before, after, advice, truth
        ``(n,)`` verdicts as codes or words, a place a reading.
    cases
        ``(n,)`` case of each reading; without it each reading is a case of its own.

    Raises
    ------
    ValueError
        If the shapes differ or there are no readings.

    Examples
    --------
    >>> found = change_of_mind([0, 0, 1, 1], [1, 0, 1, 1], [1, 1, 1, 1], truth=[0, 0, 1, 1])
    >>> found.changed.value, found.followed.value, found.harmed.value
    (0.25, 0.5, 0.25)
    """
    first, last, said = (np.asarray(one) for one in (before, after, advice))
    if not first.size or not first.shape == last.shape == said.shape == (first.size,):
        raise ValueError(f"{first.shape}, {last.shape} and {said.shape} must be (n,), n from 1.")
    changed, agreed = first != last, first == said
    shares = [(changed, np.ones_like(changed)), (last == said, ~agreed), (last != said, agreed)]
    if truth is not None:
        right, right_after = first == np.asarray(truth), last == np.asarray(truth)
        shares += [(right_after, ~right), (~right_after, right)]
    copies = resampled(unit_index(cases, first.size), n_copies, seed)
    return ChangeOfMind(first.size, *_estimates(shares, copies))


def _estimates(
    shares: Sequence[tuple[BoolArray, BoolArray]], copies: Iterable[FloatArray]
) -> list[Estimate]:
    """Estimate what share of the second is in the first too, for each pair of ``(n,)``."""
    hits, among = (
        np.stack(one, axis=1).astype(np.float64)
        for one in zip(*((part & whole, whole) for part, whole in shares), strict=True)
    )
    weights = chain([np.ones((1, len(hits)))], copies)
    values = np.concatenate([ratio(some @ hits, some @ among) for some in weights])
    return [percentile_estimate(float(one[0]), one[1:]) for one in values.T]
