"""A share of readings that come several from one case.

Source: Korn and Graubard, Survey Methodology 24 (1998) 193-201: Clopper and Pearson's interval with
the number of readings that independent ones would need for the same precision.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import beta
from scipy.stats import t as student_t

from ecgcore.stats.bootstrap import unit_index
from ecgcore.stats.metrics import Estimate


def clustered_share(hits: ArrayLike, cases: ArrayLike | None = None) -> Estimate:
    """Estimate a share with an interval over cases, also where it is 0 or 1.

    Parameters
    ----------
    hits
        ``(n,)`` 1 or True where it holds.
    cases
        ``(n,)`` case of each; without it each is a case of its own. Where all hits are alike, they
        count as one a case.

    Examples
    --------
    >>> clustered_share([0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).text()
    '0.000 [0.000, 0.308]'
    >>> clustered_share([1, 1, 1, 1, 0, 0], ["a", "a", "b", "b", "c", "c"]).text()
    '0.667 [0.003, 1.000]'
    """
    x = np.asarray(hits, dtype=np.float64)
    if not x.size:
        return Estimate(float("nan"), float("nan"), float("nan"))
    units = unit_index(cases, x.size)
    share, n_units = float(x.mean()), int(units.max()) + 1
    effective = _effective(x, units, share, n_units)
    hit = share * effective
    low = 0.0 if hit == 0 else float(beta.ppf(0.025, hit, effective - hit + 1))
    high = 1.0 if share == 1 else float(beta.ppf(0.975, hit + 1, effective - hit))
    return Estimate(share, low, high)


def _effective(x: np.ndarray, units: np.ndarray, share: float, n_units: int) -> float:
    """Return how many independent readings tell as much."""
    n = x.size
    if n_units == 1 or share in (0, 1):
        return float(n_units)
    apart = np.bincount(units, weights=x - share, minlength=n_units)
    variance = n_units / (n_units - 1) * float((apart**2).sum()) / n**2
    if n_units == n:
        return float(n)
    tails = float(student_t.ppf(0.975, n - 1) / student_t.ppf(0.975, n_units - 1))
    independent = share * (1 - share) / variance if variance else float(n)
    return min(float(n), max(1.0, independent * tails**2))
