"""How many readers and cases a study needs, from the components of an earlier one.

Source: Hillis, Obuchowski and Berbaum, Academic Radiology 18 (2011) 129-142. Cases are thought to
be as often diseased as those of the earlier study.
"""

from dataclasses import dataclass

from scipy.stats import f as f_distribution
from scipy.stats import ncf

from ecgcore.stats.mrmc.analysis import Components, Fixed

MOST_CASES = 100_000
"""No larger study is looked for."""


@dataclass(frozen=True, slots=True)
class Power:
    """The chance to find a difference between two treatments.

    Attributes
    ----------
    power
        From 0 to 1.
    noncentrality, df2
        Of the F test behind it.
    """

    n_readers: int
    n_cases: int
    power: float
    noncentrality: float
    df2: float


def power(
    earlier: Components,
    difference: float,
    n_readers: int,
    n_cases: int,
    *,
    fixed: Fixed | None = None,
    alpha: float = 0.05,
) -> Power:
    """Predict the power of a study with two treatments that differ by `difference`.

    Raises
    ------
    ValueError
        If there are fewer than 2 readers or cases.

    Examples
    --------
    >>> earlier = Components(0.0048, 0.0038, 0.00055, 0.0008, 0.00035, 0.00034, 0.00024, 2, 5, 114)
    >>> round(power(earlier, 0.05, 6, 200).power, 2)
    0.85
    """
    if n_readers < 2 or n_cases < 2:
        raise ValueError(f"{n_readers} readers and {n_cases} cases; 2 of each are needed.")
    c, scale = earlier, earlier.n_cases / n_cases
    readers = max(c.ms_both - c.error + c.cov1 + c.case_part, 0.0)
    one_reader = readers + scale * (c.error - c.cov1 - c.case_part)
    if fixed == "cases":
        variance, df2 = one_reader, n_readers - 1.0
    elif fixed == "readers":
        variance, df2 = scale * (c.error - c.cov1 + (n_readers - 1) * c.case_part), n_cases - 1.0
    else:
        variance = one_reader + scale * n_readers * c.case_part
        df2 = variance**2 / (one_reader**2 / (n_readers - 1))
    noncentrality = n_readers * difference**2 / 2 / variance
    limit = f_distribution.isf(alpha, 1, df2)
    chance = ncf.sf(limit, 1, df2, noncentrality) if noncentrality else alpha  # SciPy knows no 0
    return Power(n_readers, n_cases, float(chance), float(noncentrality), float(df2))


def cases_needed(
    earlier: Components,
    difference: float,
    n_readers: int,
    wanted: float = 0.8,
    *,
    fixed: Fixed | None = None,
) -> Power | None:
    """Return the smallest study with `wanted` power, None above `MOST_CASES` cases."""

    def of(n_cases: int) -> Power:
        return power(earlier, difference, n_readers, n_cases, fixed=fixed)

    low, high = 1, MOST_CASES
    if of(high).power < wanted:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if of(middle).power >= wanted else (middle, high)
    return of(high)
