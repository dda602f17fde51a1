"""Changes of mind after advice: how many, towards it or away, for better or worse.

A reader who follows wrong advice shows automation bias. Intervals are over cases
(`ecgcore.stats.agreement.shares`), so that readings of one case do not count as independent.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ecgcore.stats.agreement.shares import clustered_share
from ecgcore.stats.bootstrap import unit_index
from ecgcore.stats.metrics import Estimate


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
    units = unit_index(cases, first.size)
    return ChangeOfMind(
        first.size, *(clustered_share(hits[among], units[among]) for hits, among in shares)
    )
