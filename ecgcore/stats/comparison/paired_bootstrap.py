"""Which group of models is better, given the noise of the test patients and of the seeds.

Two resamplings at once: whole patients, and the seeds of each group. Patients and seeds are crossed
(every seed judges every patient), so both are drawn independently, the pigeonhole bootstrap: Owen,
Annals of Applied Statistics 1 (2007) 386-411. Of s seeds, s - 1 are drawn with replacement: drawing
s would make the spread of a mean of few seeds too small by the factor (s - 1) / s; Rao and Wu,
Journal of the American Statistical Association 83 (1988) 231-241.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit
from scipy.stats import t as student_t

from ecgcore.stats.bootstrap import resampled, unit_index
from ecgcore.stats.comparison.verdicts import FEWEST_SEEDS, Verdict, decide
from ecgcore.stats.metrics import Estimate, ScoreName, Scorer, percentile_estimate
from ecgcore.stats.reliability_curve import FloatArray, check_predictions


@dataclass(frozen=True, slots=True, eq=False)
class Contender:
    """The predictions of a group of seeds for the n records of a test set.

    Attributes
    ----------
    name
        Name in tables, such as "cnn_bilstm-A".
    seed_probs
        ``(s, n)`` probability of MI by each seed.
    ensemble_probs
        ``(n,)`` probability of MI by the ensemble.
    """

    name: str
    seed_probs: FloatArray
    ensemble_probs: FloatArray

    @classmethod
    def from_logits(cls, name: str, logits: ArrayLike) -> "Contender":
        """Take ``(s, n)`` logits, uncalibrated; the ensemble is their mean over seeds."""
        x = np.atleast_2d(np.asarray(logits, dtype=np.float64))
        return cls(name, expit(x), expit(x.mean(axis=0)))


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """Labelled records of a test set and their bootstrap copies, the same for every model.

    Attributes
    ----------
    labels
        ``(n,)``, 1 or True for MI.
    clusters
        ``(n,)`` patient of each record: whole patients are resampled. Without it, records are.
    n_boot, seed
        Copies, and the seed of all draws.
    threshold, n_bins
        See `Scorer`.
    """

    labels: ArrayLike
    clusters: ArrayLike | None = None
    n_boot: int = 1000
    seed: int = 0
    threshold: float = 0.5
    n_bins: int = 10

    def scores(self, metric: ScoreName, probs: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Score each row of `probs`, ``(s, n)``: values ``(s,)`` and copies ``(n_boot, s)``.

        Raises
        ------
        ValueError
            If the predictions, clusters or limits do not fit, or the metric is unknown.
        """
        if self.n_boot < 1 or not 0 <= self.threshold <= 1:
            raise ValueError(f"n_boot {self.n_boot} must be at least 1, threshold 0 to 1.")
        rows = np.atleast_2d(np.asarray(probs, dtype=np.float64))
        scorers = [self._scorer(row) for row in rows]
        n = rows.shape[1]
        values = [scorer.score(metric, np.ones((1, n)))[0] for scorer in scorers]
        copies = [
            np.column_stack([scorer.score(metric, weights) for scorer in scorers])
            for weights in resampled(unit_index(self.clusters, n), self.n_boot, self.seed)
        ]
        return np.asarray(values), np.concatenate(copies)

    def _scorer(self, probs: FloatArray) -> Scorer:
        return Scorer(*check_predictions(self.labels, probs), self.threshold, self.n_bins)

    def seed_means(self, copies: FloatArray, stream: int) -> FloatArray:
        """Mean over resampled seeds of each copy, ``(n_boot, s)`` to ``(n_boot,)``."""
        n_boot, n_seeds = copies.shape
        draw = np.random.default_rng([self.seed, stream])
        chosen = draw.integers(n_seeds, size=(n_boot, max(n_seeds - 1, 1)))
        means: FloatArray = np.take_along_axis(copies, chosen, axis=1).mean(axis=1)
        return means


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Whether one group of seeds scores higher than another on the same records.

    Attributes
    ----------
    first, second, metric
        Names of the groups and of the score.
    difference
        Mean over the seeds of the first minus that of the second; its interval holds the noise of
        patients and of seeds.
    p
        Two-sided bootstrap p value of no difference; never below ``2 / (n_boot + 1)``.
    over_seeds
        The same difference with Welch's 95 % interval over the seeds alone; it widens where there
        are few. NaN limits with one seed.
    first_seeds, second_seeds
        Score of each seed, ``(s,)``.
    p_holm
        ``p`` corrected for all pairs of the list that it stands in; see `corrected`.
    """

    first: str
    second: str
    metric: ScoreName
    difference: Estimate
    p: float
    over_seeds: Estimate
    first_seeds: FloatArray
    second_seeds: FloatArray
    p_holm: float

    @property
    def n_seeds(self) -> int:
        """Seeds of the group that has fewer."""
        return min(self.first_seeds.size, self.second_seeds.size)

    @property
    def verdict(self) -> Verdict:
        """Say how the first scores, by the rule of `ecgcore.stats.comparison.verdicts`."""
        return decide(self.difference, self.over_seeds, self.p_holm, self.n_seeds)

    @property
    def pairs_higher(self) -> tuple[int, int]:
        """Pairs of one seed each in which the first scores higher, and all pairs."""
        higher = self.first_seeds[:, None] > self.second_seeds
        return int(higher.sum()), higher.size


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """One group in a ranking.

    Attributes
    ----------
    seeds
        ``(s,)`` score of each seed.
    mean
        Mean over seeds; its interval holds the noise of patients and of seeds.
    sd
        Standard deviation over seeds; NaN with one.
    ensemble
        The ensemble's score; its interval holds the noise of patients only.
    """

    name: str
    metric: ScoreName
    seeds: FloatArray
    mean: Estimate
    sd: float
    ensemble: Estimate


def paired_bootstrap(
    trial: Trial, first: Contender, second: Contender, metric: ScoreName = "auroc"
) -> Comparison:
    """Compare two groups on the same patients.

    The interval of a calibration error (ECE) leans upward in each group; in the difference this
    largely cancels.

    Raises
    ------
    ValueError
        As `Trial.scores`.

    Examples
    --------
    >>> labels = [0, 0, 0, 1, 1, 1]
    >>> logits = np.array([-2.0, -1.0, 1.0, 0.0, 1.5, 3.0])
    >>> first = Contender.from_logits("first", [logits, logits + 0.1])
    >>> second = Contender.from_logits("second", [-logits, -logits - 0.1])
    >>> found = paired_bootstrap(Trial(labels, n_boot=200), first, second)
    >>> round(found.difference.value, 3), found.verdict
    (0.778, 'too few seeds')
    """
    return compare_all(trial, (first, second), metric)[0]


def compare_all(
    trial: Trial, contenders: Sequence[Contender], metric: ScoreName = "auroc"
) -> tuple[Comparison, ...]:
    """Compare every pair of groups, each with those after it.

    The p values are corrected for all pairs. Since none is below ``2 / (n_boot + 1)``, more than
    25 pairs need more than 1,000 copies to fall below 0.05.

    Raises
    ------
    ValueError
        As `Trial.scores`.
    """
    scored = [
        (c.name, *_with_seed_noise(trial, c, metric, stream))
        for stream, c in enumerate(contenders, start=1)
    ]
    return corrected(
        [
            _comparison(metric, (a, b), (x, y), copies - others)
            for (a, x, copies), (b, y, others) in combinations(scored, 2)
        ]
    )


def corrected(comparisons: Sequence[Comparison]) -> tuple[Comparison, ...]:
    """Correct the p values for this list of pairs after Holm.

    Pairs with too few seeds can have no verdict, so they do not count.
    """
    counted = [one.p if one.n_seeds >= FEWEST_SEEDS else np.nan for one in comparisons]
    adjusted = [float(p) for p in holm(counted)]
    return tuple(replace(c, p_holm=p) for c, p in zip(comparisons, adjusted, strict=True))


def _with_seed_noise(
    trial: Trial, contender: Contender, metric: ScoreName, stream: int
) -> tuple[FloatArray, FloatArray]:
    values, copies = trial.scores(metric, contender.seed_probs)
    return values, trial.seed_means(copies, stream)


def _comparison(
    metric: ScoreName,
    names: tuple[str, str],
    seeds: tuple[FloatArray, FloatArray],
    copies: FloatArray,
) -> Comparison:
    value, p = float(seeds[0].mean() - seeds[1].mean()), bootstrap_p(copies)
    estimate = percentile_estimate(value, copies)
    return Comparison(*names, metric, estimate, p, _welch(*seeds), *seeds, p_holm=p)


def rank_table(
    trial: Trial, contenders: Iterable[Contender], metric: ScoreName = "auroc"
) -> tuple[Standing, ...]:
    """Score groups on one test set, in the order given; neighbours need not differ clearly.

    Raises
    ------
    ValueError
        As `Trial.scores`.
    """
    return tuple(_standing(trial, one, metric) for one in contenders)


def _standing(trial: Trial, contender: Contender, metric: ScoreName) -> Standing:
    seeds, copies = _with_seed_noise(trial, contender, metric, 1)
    value, ensemble = trial.scores(metric, contender.ensemble_probs)
    return Standing(
        contender.name,
        metric,
        seeds,
        percentile_estimate(float(seeds.mean()), copies),
        float(seeds.std(ddof=1)) if seeds.size > 1 else float("nan"),
        percentile_estimate(float(value[0]), ensemble[:, 0]),
    )


def comparison_frame(comparisons: Sequence[Comparison]) -> pd.DataFrame:
    """Return one row per comparison, with the p value corrected for the list that it stands in.

    Columns: ``first, second, metric, difference, low, high, p, p_holm, seeds_low, seeds_high,
    verdict``.
    """
    return pd.DataFrame(
        {
            "first": [c.first for c in comparisons],
            "second": [c.second for c in comparisons],
            "metric": [c.metric for c in comparisons],
            **_columns("difference", [c.difference for c in comparisons]),
            "p": [c.p for c in comparisons],
            "p_holm": [c.p_holm for c in comparisons],
            "seeds_low": [c.over_seeds.low for c in comparisons],
            "seeds_high": [c.over_seeds.high for c in comparisons],
            "verdict": [c.verdict for c in comparisons],
        }
    )


def rank_frame(standings: Sequence[Standing]) -> pd.DataFrame:
    """Return one row per group.

    Columns: ``name, metric, n_seeds, mean, low, high, sd, ensemble, ensemble_low, ensemble_high``.
    """
    return pd.DataFrame(
        {
            "name": [s.name for s in standings],
            "metric": [s.metric for s in standings],
            "n_seeds": [s.seeds.size for s in standings],
            **_columns("mean", [s.mean for s in standings]),
            "sd": [s.sd for s in standings],
            **_columns("ensemble", [s.ensemble for s in standings], "ensemble_"),
        }
    )


def _columns(name: str, estimates: Sequence[Estimate], prefix: str = "") -> dict[str, list[float]]:
    return {
        name: [e.value for e in estimates],
        f"{prefix}low": [e.low for e in estimates],
        f"{prefix}high": [e.high for e in estimates],
    }


def bootstrap_p(copies: FloatArray) -> float:
    """Return the two-sided p value of a true difference of zero; NaN without a defined copy.

    Twice the smaller share of copies at or beyond zero, one added to both counts (Davison and
    Hinkley, Bootstrap Methods and their Application, 1997, section 4.2).
    """
    defined = copies[~np.isnan(copies)]
    if not defined.size:
        return float("nan")
    beyond = min(int((defined <= 0).sum()), int((defined >= 0).sum()))
    return min(1.0, 2 * (beyond + 1) / (defined.size + 1))


def holm(p_values: ArrayLike) -> FloatArray:
    """Correct the p values of a family of comparisons; those that are NaN stay so, uncounted.

    Source: Holm, Scandinavian Journal of Statistics 6 (1979) 65-70.

    Raises
    ------
    ValueError
        If a p value lies outside 0 to 1.
    """
    p = np.asarray(p_values, dtype=np.float64)
    if (p < 0).any() or (p > 1).any():
        raise ValueError(f"p values must be 0 to 1, not {p.min()} to {p.max()}.")
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    steps = p[order] * np.arange(order.size, 0, -1)
    adjusted = p.copy()
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted


def _welch(first: FloatArray, second: FloatArray) -> Estimate:
    """Difference of two means with Welch's 95 % interval (Biometrika 34 (1947) 28-35)."""
    value = float(first.mean() - second.mean())
    if min(first.size, second.size) < 2:
        return Estimate(value, float("nan"), float("nan"))
    squares = np.array([x.var(ddof=1) / x.size for x in (first, second)])
    if squares.sum() == 0:
        return Estimate(value, value, value)
    sizes = np.array([first.size - 1, second.size - 1])
    freedom = squares.sum() ** 2 / (squares**2 / sizes).sum()
    half = float(student_t.ppf(0.975, freedom) * np.sqrt(squares.sum()))
    return Estimate(value, value - half, value + half)
