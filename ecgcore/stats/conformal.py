"""Conformal verdicts: MI, normal or refer, with a target share of right ones in each class.

The target holds where the records to judge are exchangeable with the calibration records of the
same class, whatever the model, and on average over calibration samples. Two things strain it here.
Fold 9 also decided when training stopped, so that its probabilities may be a little better than
those of fold 10. And a class is a label: where labels are uncertain, the target is about the label
as written, not about the heart. One patient's records are not independent.

A calibrator that keeps the order of all records leaves every verdict as it is. A set holds both
classes where the model cannot part them as well as `alpha` asks, and neither where it parts them
better than that: then the doubtful records between the two limits are left out of both classes. So
the share that is referred is smallest at some `alpha` in between.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ecgcore.stats.reliability_curve import BoolArray, FloatArray, check_predictions
from ecgcore.stats.thresholds import Share

OUTCOMES = ("normal", "MI", "both", "neither")
"""What a conformal set may hold; the last two are referred."""

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class MondrianConformal:
    """Class-conditional split conformal prediction; the nonconformity is ``1 - p(class)``.

    Attributes
    ----------
    alpha
        Share of each class that the set may miss.
    mi_from
        MI is in the set from this probability of MI on.
    normal_to
        Normal is in the set up to this probability of MI.
    n_mi, n_normal
        Calibration records.
    """

    alpha: float
    mi_from: float
    normal_to: float
    n_mi: int
    n_normal: int

    @classmethod
    def fit(cls, labels: ArrayLike, probs: ArrayLike, alpha: float = 0.1) -> "MondrianConformal":
        """Set the two limits on calibration records.

        Each limit is the nonconformity of rank ``ceil((n_class + 1) * (1 - alpha))``. A class with
        too few records for that rank, below `min_records`, is in every set.

        Raises
        ------
        ValueError
            As `check_predictions`, or if `alpha` is not between 0 and 1.

        Notes
        -----
        Source: Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005, ch. 4.5.

        Examples
        --------
        >>> probs = np.linspace(0.01, 0.99, 99)
        >>> rule = MondrianConformal.fit(probs > 0.5, probs, alpha=0.1)
        >>> rule.verdict([0.2, 0.8]).tolist()
        ['normal', 'MI']
        """
        y, p = check_predictions(labels, probs)
        min_records(alpha)
        mi, normal = np.sort(p[y])[::-1], np.sort(p[~y])
        mi_rank, normal_rank = _rank(mi.size, alpha), _rank(normal.size, alpha)
        mi_from = float(mi[mi_rank - 1]) if mi_rank <= mi.size else 0.0
        normal_to = float(normal[normal_rank - 1]) if normal_rank <= normal.size else 1.0
        return cls(alpha, mi_from, normal_to, mi.size, normal.size)

    @property
    def always(self) -> tuple[str, ...]:
        """Classes with too few calibration records for `alpha`, which are in every set."""
        records = {"normal": self.n_normal, "MI": self.n_mi}
        return tuple(name for name, n in records.items() if n < min_records(self.alpha))

    def sets(self, probs: ArrayLike) -> BoolArray:
        """Return ``(n, 2)``: whether normal (column 0) and MI (column 1) are in the set.

        Raises
        ------
        ValueError
            If `probs` are not ``(n,)`` numbers from 0 to 1.
        """
        p = _check_probs(probs)
        return np.column_stack([p <= self.normal_to, p >= self.mi_from])

    def outcome(self, probs: ArrayLike) -> NDArray[np.str_]:
        """Return ``(n,)`` of `OUTCOMES`; "both" and "neither" are explained in the module."""
        normal, mi = self.sets(probs).T
        held: NDArray[np.str_] = np.array(["neither", "normal", "MI", "both"])[normal + 2 * mi]
        return held

    def verdict(self, probs: ArrayLike) -> NDArray[np.str_]:
        """Return ``(n,)`` of "MI", "normal" and "refer"; `outcome` says why one is referred."""
        normal, mi = self.sets(probs).T
        said: NDArray[np.str_] = np.array(["refer", "normal", "MI", "refer"])[normal + 2 * mi]
        return said

    def coverage(self, labels: ArrayLike, probs: ArrayLike) -> "ConformalCoverage":
        """Judge the verdicts on labelled records, best other ones than it was fitted on.

        Raises
        ------
        ValueError
            As `check_predictions`.
        """
        y, p = check_predictions(labels, probs)
        outcome = self.outcome(p)
        of_normal, of_mi = (
            OutcomeCounts(*(int((outcome[side] == name).sum()) for name in OUTCOMES))
            for side in (~y, y)
        )
        return ConformalCoverage(self.alpha, of_normal, of_mi)


@dataclass(frozen=True, slots=True)
class OutcomeCounts:
    """Records of one class by what their conformal set holds, in the order of `OUTCOMES`."""

    normal: int
    mi: int
    both: int
    neither: int

    @property
    def n(self) -> int:
        """All records of the class."""
        return self.normal + self.mi + self.both + self.neither


@dataclass(frozen=True, slots=True)
class ConformalCoverage:
    """What conformal verdicts do to a set of records.

    Attributes
    ----------
    alpha
        Share of each class that the sets may miss.
    of_normal, of_mi
        Outcomes of the records labelled normal and MI.
    """

    alpha: float
    of_normal: OutcomeCounts
    of_mi: OutcomeCounts

    @property
    def normal(self) -> Share:
        """Normal records whose set holds normal."""
        return Share(self.of_normal.normal + self.of_normal.both, self.of_normal.n)

    @property
    def mi(self) -> Share:
        """MI records whose set holds MI."""
        return Share(self.of_mi.mi + self.of_mi.both, self.of_mi.n)

    @property
    def overall(self) -> Share:
        """Records whose set holds their label."""
        return Share(self.normal.hits + self.mi.hits, self.normal.n + self.mi.n)

    @property
    def referred(self) -> Share:
        """Records whose set holds both classes or neither."""
        return Share(self.both.hits + self.neither.hits, self.overall.n)

    @property
    def both(self) -> Share:
        """Records whose set holds both classes."""
        return Share(self.of_normal.both + self.of_mi.both, self.overall.n)

    @property
    def neither(self) -> Share:
        """Records whose set is empty."""
        return Share(self.of_normal.neither + self.of_mi.neither, self.overall.n)

    @property
    def errors(self) -> Share:
        """Wrong verdicts among the decided records."""
        wrong = self.of_normal.mi + self.of_mi.normal
        return Share(wrong, self.overall.n - self.referred.hits)

    @property
    def sensitivity(self) -> Share:
        """MI verdicts among the decided MI records."""
        return Share(self.of_mi.mi, self.of_mi.mi + self.of_mi.normal)

    @property
    def specificity(self) -> Share:
        """Normal verdicts among the decided normal records."""
        return Share(self.of_normal.normal, self.of_normal.normal + self.of_normal.mi)

    def frame(self) -> pd.DataFrame:
        """Return one row per figure: ``figure, hits, n, value, low, high``."""
        shares: list[Share] = [getattr(self, name) for name in SHARES]
        return pd.DataFrame(
            {
                "figure": SHARES,
                "hits": [share.hits for share in shares],
                "n": [share.n for share in shares],
                "value": [share.value for share in shares],
                "low": [share.estimate.low for share in shares],
                "high": [share.estimate.high for share in shares],
            }
        )


SHARES = (
    "normal",
    "mi",
    "overall",
    "referred",
    "both",
    "neither",
    "errors",
    "sensitivity",
    "specificity",
)
"""The figures of `ConformalCoverage`, in the order in which they are shown."""


def min_records(alpha: float) -> int:
    """Return the fewest calibration records of a class that can keep `alpha`: 9 for 0.1.

    Raises
    ------
    ValueError
        If `alpha` is not between 0 and 1.
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha is {alpha}; it must lie between 0 and 1.")
    return math.ceil(1 / alpha - _ROUNDING) - 1


def _rank(n: int, alpha: float) -> int:
    return math.ceil((n + 1) * (1 - alpha) - _ROUNDING)


def _check_probs(probs: ArrayLike) -> FloatArray:
    p = np.asarray(probs, dtype=np.float64)
    if p.ndim != 1 or not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"probs {p.shape} must be (n,) numbers from 0 to 1, not logits.")
    return p
