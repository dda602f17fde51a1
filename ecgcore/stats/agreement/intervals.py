"""Intervals of agreement also where all bootstrap copies are alike and the bootstrap has none.

With one case, or no variation among the cases, every copy gives the same figure; an interval of no
width would look like certainty. A share of 0 or 1 then has the interval of Clopper and Pearson,
Biometrika 26 (1934) 404-413, over cases, and a kappa of 1 the one that follows from it. Nothing
else has an interval.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ecgcore.stats.agreement.shares import clustered_share
from ecgcore.stats.metrics import Estimate, percentile_estimate
from ecgcore.stats.reliability_curve import FloatArray
from ecgcore.wording.numbers import number

NO_INTERVAL = "no interval"
_ALIKE = 1e-9


def over_cases(with_copies_below: FloatArray) -> Estimate:
    """Put the bootstrap interval around the first figure; none where the copies are alike."""
    found = percentile_estimate(float(with_copies_below[0]), with_copies_below[1:])
    return without_interval(found.value) if found.high - found.low < _ALIKE else found


def share_over_cases(with_copies_below: FloatArray, n_cases: int) -> Estimate:
    """Estimate a share of the cases, also where it is 0 or 1 in two or more of them.

    Examples
    --------
    >>> share_over_cases(np.ones(1001), 10).text()
    '1.000 [0.692, 1.000]'
    >>> share_over_cases(np.ones(1001), 1).text()
    '1.000'
    """
    found = over_cases(with_copies_below)
    if np.isnan(found.low) and n_cases > 1 and found.value in (0, 1):
        return clustered_share(np.full(n_cases, found.value))
    return found


def kappa_over_cases(
    with_copies_below: FloatArray, observed: Estimate, by_chance: float, widest: float = 1.0
) -> Estimate:
    """Estimate a kappa, one minus observed over expected disagreement.

    A kappa of 1 has the lower limit at which as many cases are disagreed on as the interval of
    `observed` still allows, each by the widest step, with chance as it is.

    Parameters
    ----------
    observed
        Share of agreement, of the same cases.
    by_chance
        Disagreement that chance makes, in the units of `widest`.
    widest
        How much the widest disagreement counts.

    Examples
    --------
    >>> agreed = share_over_cases(np.ones(1001), 10)
    >>> kappa_over_cases(np.ones(1001), agreed, by_chance=0.5).text()
    '1.000 [0.383, 1.000]'
    """
    found = over_cases(with_copies_below)
    if np.isnan(found.low) and found.value == 1 and not np.isnan(observed.low):
        return Estimate(1.0, max(-1.0, 1 - widest * (1 - observed.low) / by_chance), 1.0)
    return found


def mapped(estimate: Estimate, change: Callable[[float], float]) -> Estimate:
    """Return a figure that grows with another one, with its interval."""
    return Estimate(*(change(one) for one in (estimate.value, estimate.low, estimate.high)))


def without_interval(value: float) -> Estimate:
    """Return a value alone."""
    return Estimate(value, float("nan"), float("nan"))


def agreement_words(estimate: Estimate, digits: int = 3) -> str:
    """Write a figure with its interval, or say that it has none.

    Examples
    --------
    >>> agreement_words(without_interval(-1.0), 2), agreement_words(Estimate(0.5, 0.4, 0.6), 1)
    ('−1.00 (no interval)', '0.5 [0.4, 0.6]')
    """
    if np.isnan(estimate.low) and not np.isnan(estimate.value):
        return f"{number(estimate.value, digits)} ({NO_INTERVAL})"
    return estimate.text(digits)
