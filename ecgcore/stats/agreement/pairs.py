"""Agreement of two readers on the same cases, with bootstrap intervals over cases.

Where all copies are alike, `ecgcore.stats.agreement.intervals` says what is left.

Sources: kappa, Cohen, Educational and Psychological Measurement 20 (1960) 37-46; weighted, Cohen,
Psychological Bulletin 70 (1968) 213-220; prevalence-adjusted bias-adjusted kappa, Byrt, Bishop and
Carlin, Journal of Clinical Epidemiology 46 (1993) 423-429, for more than two values Brennan and
Prediger, Educational and Psychological Measurement 41 (1981) 687-699; positive and negative
agreement, Cicchetti and Feinstein, Journal of Clinical Epidemiology 43 (1990) 551-558.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from ecgcore.stats.agreement.intervals import kappa_over_cases, mapped, share_over_cases
from ecgcore.stats.agreement.tables import N_COPIES, cross_table, ratio, with_copies
from ecgcore.stats.metrics import Estimate
from ecgcore.stats.reliability_curve import FloatArray

Weights = Literal["linear", "quadratic"]
"""How a weighted kappa counts two values apart: by their distance in the list, or its square."""


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """How far two readers agree on one finding; NaN where it is not defined.

    Attributes
    ----------
    n
        Cases that both rated.
    observed
        Share of the cases on which they agree.
    kappa
        Cohen's kappa; not defined where both gave one and the same value to every case.
    weighted_kappa
        Cohen's weighted kappa, or None where no weights were asked for.
    adjusted_kappa
        Prevalence-adjusted bias-adjusted kappa.
    specific
        For each value, the share of its ratings on which the two agree: of two values the first is
        the negative, the second the positive agreement.
    """

    n: int
    observed: Estimate
    kappa: Estimate
    weighted_kappa: Estimate | None
    adjusted_kappa: Estimate
    specific: tuple[Estimate, ...]


def pair_agreement(
    first: ArrayLike,
    second: ArrayLike,
    n_values: int = 2,
    *,
    weights: Weights | None = None,
    n_copies: int = N_COPIES,
    seed: int = 0,
) -> PairAgreement:
    """Compare two readers.

    Parameters
    ----------
    first, second
        ``(n,)`` codes from 0 to ``n_values - 1``, -1 where a reader did not rate the case.
    n_values
        Values that a rating can take; in their order where `weights` are asked for.

    Raises
    ------
    ValueError
        If the codes do not fit.

    Examples
    --------
    >>> found = pair_agreement([1, 1, 1, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0, 0, 1])
    >>> found.n, round(found.kappa.value, 3), found.observed.value
    (8, 0.467, 0.75)
    """
    table = cross_table(first, second, n_values)
    copies = with_copies(table, n_copies, seed)
    n = int(table.sum())
    agreed = ratio(np.trace(copies, axis1=1, axis2=2), copies.sum(axis=(1, 2)))
    observed = share_over_cases(agreed, n)
    plain = _apart(n_values, None)
    weighted = None if weights is None else _kappa(copies, _apart(n_values, weights), observed)
    return PairAgreement(
        n=n,
        observed=observed,
        kappa=_kappa(copies, plain, observed),
        weighted_kappa=weighted,
        adjusted_kappa=mapped(observed, lambda share: (n_values * share - 1) / (n_values - 1)),
        specific=_specific(copies),
    )


def _kappa(copies: FloatArray, apart: FloatArray, observed: Estimate) -> Estimate:
    table = copies[0]
    by_chance = np.outer(table.sum(axis=1), table.sum(axis=0)) / max(1.0, table.sum()) ** 2
    chance = float((by_chance * apart).sum())
    return kappa_over_cases(kappas(copies, apart), observed, chance, float(apart.max()))


def kappas(tables: FloatArray, apart: FloatArray) -> FloatArray:
    """Return one minus observed over expected disagreement of each table.

    Parameters
    ----------
    tables
        ``(n_tables, k, k)`` counts.
    apart
        ``(k, k)`` weight of each kind of disagreement, 0 on the diagonal.
    """
    n = tables.sum(axis=(1, 2))
    expected = tables.sum(axis=2)[:, :, None] * tables.sum(axis=1)[:, None, :]
    seen, by_chance = (np.tensordot(one, apart, axes=2) for one in (tables, expected))
    return 1 - ratio(seen * n, by_chance)


def _apart(n_values: int, weights: Weights | None) -> FloatArray:
    if n_values < 2:
        raise ValueError(f"n_values is {n_values}; 2 or more are needed.")
    steps = np.abs(np.subtract.outer(np.arange(n_values), np.arange(n_values))).astype(np.float64)
    if weights is None:
        return np.asarray(steps > 0, dtype=np.float64)
    return steps if weights == "linear" else steps**2


def _specific(tables: FloatArray) -> tuple[Estimate, ...]:
    """Return the agreement on each value, by the share of the cases with it that both gave it to.

    Of ``J``, the share of the cases to which either gave a value, it is ``2 J / (1 + J)``.
    """
    same = np.diagonal(tables, axis1=1, axis2=2)
    either = tables.sum(axis=1) + tables.sum(axis=2) - same
    shares = ratio(same, either)
    found = [share_over_cases(one, int(n)) for one, n in zip(shares.T, either[0], strict=True)]
    return tuple(mapped(one, lambda share: 2 * share / (1 + share)) for one in found)
