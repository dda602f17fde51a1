"""Obuchowski and Rockette's analysis of variance, with Hillis' degrees of freedom.

Sources: Obuchowski and Rockette, Communications in Statistics - Simulation and Computation 24
(1995) 285-308; Hillis, Statistics in Medicine 26 (2007) 596-619, and 33 (2014) 330-360 for fixed
readers, fixed cases and one treatment alone. A negative Cov2 - Cov3 counts as 0.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import chi2
from scipy.stats import f as f_distribution
from scipy.stats import t as student_t

from ecgcore.stats.metrics import Estimate
from ecgcore.stats.mrmc.performance import CovarianceName, Metric, performance
from ecgcore.stats.reliability_curve import BoolArray, FloatArray

Fixed = Literal["readers", "cases"]
"""What is not drawn from a larger population: the result holds for just these."""


@dataclass(frozen=True, slots=True)
class Components:
    """Mean squares and covariances of a study with t treatments and r readers.

    Attributes
    ----------
    ms_treatment, ms_reader, ms_both
        Mean squares of treatments, readers and their interaction.
    error
        Variance of one reader's figure over cases.
    cov1, cov2, cov3
        Covariance of figures of the same reader with two treatments, of two readers with the same
        treatment, and of two readers with two treatments.
    n_treatments, n_readers, n_cases
        Of the study that they come from.
    """

    ms_treatment: float
    ms_reader: float
    ms_both: float
    error: float
    cov1: float
    cov2: float
    cov3: float
    n_treatments: int
    n_readers: int
    n_cases: int

    @property
    def case_part(self) -> float:
        """Cov2 minus Cov3, 0 where it is negative."""
        return max(self.cov2 - self.cov3, 0.0)


@dataclass(frozen=True, slots=True)
class Test:
    """An F test; infinite degrees of freedom where readers are fixed."""

    f: float
    df1: float
    df2: float
    p: float


@dataclass(frozen=True, slots=True)
class Contrast:
    """Treatment `first` minus treatment `second`, by their places."""

    first: int
    second: int
    estimate: Estimate
    p: float


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """What a study found.

    Attributes
    ----------
    values
        ``(t, r)`` figure of each reader with each treatment.
    components
        Of the analysis of variance.
    test
        Of no difference between the treatments.
    treatments
        Mean over readers of each treatment, from this treatment's data alone.
    differences
        Of every two treatments.
    by_reader
        The same for each reader alone, over random cases.
    """

    values: FloatArray
    components: Components
    test: Test
    treatments: tuple[Estimate, ...]
    differences: tuple[Contrast, ...]
    by_reader: tuple[tuple[Contrast, ...], ...]


def analyse(
    ratings: ArrayLike,
    truth: ArrayLike,
    *,
    metric: Metric = "auc",
    threshold: float | None = None,
    covariance: CovarianceName = "jackknife",
    fixed: Fixed | None = None,
) -> Analysis:
    """Compare treatments whose cases were all rated by all readers.

    Parameters
    ----------
    ratings
        ``(t, r, n)``, higher for more surely diseased; two treatments and readers or more.
    truth
        ``(n,)``, 1 or True for diseased; two cases of each kind or more.
    threshold
        Rating from which a case is called diseased; for sensitivity and specificity.

    Raises
    ------
    ValueError
        If a shape does not fit or there is too little of something.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> truth = np.arange(60) % 2
    >>> found = analyse(rng.normal(size=(2, 4, 60)) + truth, truth)
    >>> found.values.shape, found.test.df1
    ((2, 4), 1.0)
    """
    x, y = _checked(ratings, truth)
    t, r, n = x.shape
    found = performance(x.reshape(t * r, n), y, metric, threshold)
    values, errors = found.values.reshape(t, r), found.covariance(covariance)
    by_pair = errors.reshape(t, r, t, r)
    parts = _components(values, by_pair, n)
    test, variance = _test(parts, fixed)
    pairs = list(combinations(range(t), 2))
    means = values.mean(axis=1)
    return Analysis(
        values,
        parts,
        test,
        tuple(_alone(values[i], by_pair[i, :, i, :], fixed) for i in range(t)),
        tuple(_contrast(i, j, means[i] - means[j], 2 / r * variance, test.df2) for i, j in pairs),
        tuple(
            tuple(_of_reader(values[:, k], by_pair[:, k, :, k], i, j) for i, j in pairs)
            for k in range(r)
        ),
    )


def _checked(ratings: ArrayLike, truth: ArrayLike) -> tuple[FloatArray, BoolArray]:
    x, y = np.asarray(ratings, dtype=np.float64), np.asarray(truth).astype(np.bool_)
    if x.ndim != 3 or y.shape != x.shape[2:] or not np.isfinite(x).all():
        raise ValueError(f"ratings {x.shape} and truth {y.shape} must be (t, r, n) and (n,).")
    if min(x.shape[:2]) < 2 or min(y.sum(), (~y).sum()) < 2:
        raise ValueError(
            f"{x.shape[0]} treatments, {x.shape[1]} readers, {int(y.sum())} cases with and "
            f"{int((~y).sum())} without the disease; 2 of each are needed."
        )
    return x, y


def _components(values: FloatArray, by_pair: FloatArray, n_cases: int) -> Components:
    t, r = values.shape
    whole, of_t, of_r = values.mean(), values.mean(axis=1), values.mean(axis=0)
    rest = values - of_t[:, None] - of_r + whole
    same_t = np.broadcast_to(np.eye(t, dtype=np.bool_)[:, None, :, None], by_pair.shape)
    same_r = np.broadcast_to(np.eye(r, dtype=np.bool_)[None, :, None, :], by_pair.shape)
    return Components(
        ms_treatment=float(r * of_t.var() * t / (t - 1)),
        ms_reader=float(t * of_r.var() * r / (r - 1)),
        ms_both=float((rest**2).sum() / ((t - 1) * (r - 1))),
        error=float(by_pair[same_t & same_r].mean()),
        cov1=float(by_pair[~same_t & same_r].mean()),
        cov2=float(by_pair[same_t & ~same_r].mean()),
        cov3=float(by_pair[~same_t & ~same_r].mean()),
        n_treatments=t,
        n_readers=r,
        n_cases=n_cases,
    )


def _test(c: Components, fixed: Fixed | None) -> tuple[Test, float]:
    """Return the test, and the variance that it divides by."""
    df1, readers = c.n_treatments - 1.0, (c.n_treatments - 1.0) * (c.n_readers - 1)
    if fixed == "readers":
        variance, df2 = c.error - c.cov1 + (c.n_readers - 1) * c.case_part, np.inf
    elif fixed == "cases":
        variance, df2 = c.ms_both, readers
    else:
        variance = c.ms_both + c.n_readers * c.case_part
        df2 = float(_ratio(variance**2, c.ms_both**2 / readers))
    f = float(_ratio(c.ms_treatment, variance))
    p = chi2.sf(f * df1, df1) if np.isinf(df2) else f_distribution.sf(f, df1, df2)
    return Test(f, df1, df2, float(p)), variance


def _alone(values: FloatArray, errors: FloatArray, fixed: Fixed | None) -> Estimate:
    """Estimate the mean over readers of one treatment."""
    r = values.size
    error, between = float(np.diag(errors).mean()), float(values.var(ddof=1))
    cov2 = max((float(errors.sum()) - r * error) / (r * (r - 1)), 0.0)
    if fixed == "readers":
        variance, df = error + (r - 1) * cov2, np.inf
    elif fixed == "cases":
        variance, df = between, r - 1.0
    else:
        variance = between + r * cov2
        df = float(_ratio(variance**2, between**2 / (r - 1)))
    half = float(student_t.ppf(0.975, df) * np.sqrt(variance / r))
    mean = float(values.mean())
    return Estimate(mean, max(mean - half, 0.0), min(mean + half, 1.0))


def _of_reader(values: FloatArray, errors: FloatArray, i: int, j: int) -> Contrast:
    variance = errors[i, i] + errors[j, j] - 2 * errors[i, j]
    return _contrast(i, j, values[i] - values[j], max(variance, 0.0), np.inf)


def _contrast(i: int, j: int, value: float, variance: float, df: float) -> Contrast:
    error = float(np.sqrt(variance))
    half = float(student_t.ppf(0.975, df)) * error
    p = 2 * student_t.sf(abs(_ratio(value, error)), df)
    return Contrast(i, j, Estimate(float(value), value - half, value + half), float(p))


def _ratio(part: float, whole: float) -> float:
    """Divide; infinite where a difference has no variance, NaN where there is neither."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.divide(part, whole))
