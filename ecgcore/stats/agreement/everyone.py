"""Agreement of all readers at once, with bootstrap intervals over cases.

Sources: Fleiss, Psychological Bulletin 76 (1971) 378-382, for unequal numbers of readers Fleiss,
Levin and Paik, Statistical Methods for Rates and Proportions (2003), 18.3; alpha: Krippendorff,
Content Analysis (2004), by the package of that name.
"""

from dataclasses import dataclass
from typing import Literal

import krippendorff
import numpy as np
from numpy.typing import ArrayLike

from ecgcore.stats.agreement.intervals import (
    kappa_over_cases,
    mapped,
    over_cases,
    share_over_cases,
)
from ecgcore.stats.agreement.tables import ratio, value_counts, with_copies
from ecgcore.stats.metrics import Estimate
from ecgcore.stats.reliability_curve import FloatArray, IntArray

N_COPIES = 1000
"""Bootstrap copies of the cases behind an interval."""
Level = Literal["nominal", "ordinal", "interval"]
"""What the values of a finding are: names, an order, or steps of equal width."""


@dataclass(frozen=True, slots=True)
class EveryoneAgreement:
    """How far all readers agree on one finding; NaN where it is not defined.

    Attributes
    ----------
    n_cases, n_ratings
        Cases with two ratings or more, and their ratings.
    observed
        Share of the pairs of readings of one case that agree.
    adjusted_kappa
        The same, prevalence-adjusted: as if all values were equally frequent.
    fleiss_kappa
        Fleiss' kappa.
    alpha
        Krippendorff's alpha.
    """

    n_cases: int
    n_ratings: int
    observed: Estimate
    adjusted_kappa: Estimate
    fleiss_kappa: Estimate
    alpha: Estimate


def everyone_agreement(
    codes: ArrayLike,
    n_values: int = 2,
    *,
    level: Level = "nominal",
    n_copies: int = N_COPIES,
    seed: int = 0,
) -> EveryoneAgreement:
    """Compare all readers; cases with fewer than two ratings are left out.

    Parameters
    ----------
    codes
        ``(n_readers, n_cases)`` codes from 0 to ``n_values - 1``, -1 where a reader did not rate.
    level
        Of Krippendorff's alpha.

    Raises
    ------
    ValueError
        If the codes do not fit.

    Examples
    --------
    >>> found = everyone_agreement([[0, 0, 1, 1], [0, 0, 1, 1], [0, 1, 1, -1]])
    >>> found.n_cases, round(found.fleiss_kappa.value, 3), round(found.alpha.value, 3)
    (4, 0.664, 0.667)
    """
    counts = value_counts(codes, n_values)
    counts = counts[counts.sum(axis=1) >= 2]
    kinds, often = np.unique(counts, axis=0, return_counts=True)
    copies = with_copies(often, n_copies, seed)
    agreed = _observed(kinds.astype(np.float64), copies)
    observed = share_over_cases(agreed, len(counts))
    chance = _by_chance(kinds.astype(np.float64), copies)
    fleiss = 1 - ratio(1 - agreed, 1 - chance)
    return EveryoneAgreement(
        n_cases=len(counts),
        n_ratings=int(counts.sum()),
        observed=observed,
        adjusted_kappa=mapped(observed, lambda share: (n_values * share - 1) / (n_values - 1)),
        fleiss_kappa=kappa_over_cases(fleiss, observed, 1 - float(chance[0])),
        alpha=over_cases(np.array([_alpha(kinds, one.astype(np.int64), level) for one in copies])),
    )


def _observed(kinds: FloatArray, often: FloatArray) -> FloatArray:
    """Return the share of agreeing pairs where each kind of case is there `often`."""
    readers = kinds.sum(axis=1)
    agreeing = ratio((kinds * (kinds - 1)).sum(axis=1), readers * (readers - 1))
    return ratio(often @ agreeing, often.sum(axis=1))


def _by_chance(kinds: FloatArray, often: FloatArray) -> FloatArray:
    """Return the share that agrees by chance where each kind ``(m, k)`` is there `often`."""
    given = often @ kinds
    shares = ratio(given, np.broadcast_to(given.sum(axis=1, keepdims=True), given.shape))
    return np.asarray((shares**2).sum(axis=1))


def _alpha(kinds: IntArray, often: IntArray, level: Level) -> float:
    cases = np.repeat(kinds, often, axis=0)
    if np.count_nonzero(cases.sum(axis=0)) < 2:
        return float("nan")
    return float(krippendorff.alpha(value_counts=cases, level_of_measurement=level))
