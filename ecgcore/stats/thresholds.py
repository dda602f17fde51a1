"""From probabilities to decisions: thresholds for a target, and what they do to other records.

A record is called MI from the threshold on: ``p >= threshold``.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from ecgcore.stats.metrics import Estimate
from ecgcore.stats.reliability_curve import check_predictions, clopper_pearson

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `n` records; as an `Estimate` with its exact (Clopper-Pearson) 95 % interval.

    Records are taken as independent. Those of one patient are not quite: with many of these the
    true interval is wider.
    """

    hits: int
    n: int

    @property
    def value(self) -> float:
        """From 0 to 1; NaN without records."""
        return self.hits / self.n if self.n else float("nan")

    @property
    def estimate(self) -> Estimate:
        """The share with its interval; NaN without records."""
        low, high = clopper_pearson(np.array([self.hits]), np.array([self.n]))
        return Estimate(self.value, float(low[0]), float(high[0]))

    def text(self, digits: int = 3) -> str:
        """Return for example ``254 of 268, 0.948 [0.914, 0.971]``."""
        return f"{self.hits} of {self.n}, {self.estimate.text(digits)}" if self.n else "no records"


@dataclass(frozen=True, slots=True)
class Threshold:
    """A probability from which to call MI, chosen for a target sensitivity or specificity.

    Attributes
    ----------
    value
        From 0 to 1.
    aim, wished
        What it was chosen for, and how much of it, above 0 and up to 1.
    achieved
        What it gives on the records that it was chosen on. Other records may get less.
    """

    value: float
    aim: Literal["sensitivity", "specificity"]
    wished: float
    achieved: Share

    @property
    def reached(self) -> bool:
        """False where so many normal records have p = 1 that no threshold reaches the target."""
        return self.achieved.value >= self.wished - _ROUNDING


def threshold_for_sensitivity(labels: ArrayLike, probs: ArrayLike, wished: float) -> Threshold:
    """Return the largest threshold that calls at least a share `wished` of the MI records.

    Raises
    ------
    ValueError
        As `check_predictions`, if `wished` is not above 0 and up to 1, or if there is no MI.

    Examples
    --------
    >>> found = threshold_for_sensitivity([0, 0, 1, 1], [0.1, 0.6, 0.4, 0.9], 0.5)
    >>> found.value, found.achieved.text()
    (0.9, '1 of 2, 0.500 [0.013, 0.987]')
    """
    y, p = check_predictions(labels, probs)
    mi = np.sort(p[y])[::-1]
    value = float(mi[_needed(mi.size, wished, "MI") - 1])
    return Threshold(value, "sensitivity", wished, operating_point(y, p, value).sensitivity)


def threshold_for_specificity(labels: ArrayLike, probs: ArrayLike, wished: float) -> Threshold:
    """Return the smallest threshold that leaves at least a share `wished` of the normals uncalled.

    It is the next float64 above a normal record's probability, and never above 1: see `reached`.

    Raises
    ------
    ValueError
        As `check_predictions`, if `wished` is not above 0 and up to 1, or if there is no normal.
    """
    y, p = check_predictions(labels, probs)
    normal = np.sort(p[~y])
    last_uncalled = normal[_needed(normal.size, wished, "normal") - 1]
    value = min(float(np.nextafter(last_uncalled, 2)), 1.0)
    return Threshold(value, "specificity", wished, operating_point(y, p, value).specificity)


def _needed(n: int, wished: float, name: str) -> int:
    """How many of `n` records are at least the share `wished`."""
    if not 0 < wished <= 1:
        raise ValueError(f"wished is {wished}; it must be above 0 and at most 1.")
    if not n:
        raise ValueError(f"There is no {name} record to choose a threshold on.")
    return max(1, math.ceil(n * wished - _ROUNDING))


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """What a threshold does to a set of records.

    Attributes
    ----------
    threshold
        Probability from which MI is called.
    called_mi, missed_mi, false_alarms, called_normal
        Records: MI called, MI not called, normal called, normal not called.
    """

    threshold: float
    called_mi: int
    missed_mi: int
    false_alarms: int
    called_normal: int

    @classmethod
    def of(cls, labels: ArrayLike, called: ArrayLike, threshold: float) -> "OperatingPoint":
        """Count calls ``(n,)`` that were made from a threshold on."""
        y, said = np.asarray(labels, dtype=np.bool_), np.asarray(called, dtype=np.bool_)
        counts = [(y & said), (y & ~said), (~y & said), (~y & ~said)]
        return cls(threshold, *(int(count.sum()) for count in counts))

    @property
    def sensitivity(self) -> Share:
        """Called records among the MI."""
        return Share(self.called_mi, self.called_mi + self.missed_mi)

    @property
    def specificity(self) -> Share:
        """Uncalled records among the normals."""
        return Share(self.called_normal, self.called_normal + self.false_alarms)

    @property
    def ppv(self) -> Share:
        """MI among the called records, at this sample's prevalence."""
        return Share(self.called_mi, self.called_mi + self.false_alarms)

    @property
    def npv(self) -> Share:
        """Normals among the uncalled records, at this sample's prevalence."""
        return Share(self.called_normal, self.called_normal + self.missed_mi)

    def predictive_values(self, prevalence: float) -> tuple[float, float]:
        """Return PPV and NPV at another prevalence by Bayes' rule; NaN where nothing is called so.

        Raises
        ------
        ValueError
            If `prevalence` is not between 0 and 1.
        """
        check_prevalence(prevalence)
        sensitivity, specificity = self.sensitivity.value, self.specificity.value
        called_mi, missed = sensitivity * prevalence, (1 - sensitivity) * prevalence
        alarms, right = (1 - specificity) * (1 - prevalence), specificity * (1 - prevalence)
        return _part(called_mi, alarms), _part(right, missed)


def operating_point(labels: ArrayLike, probs: ArrayLike, threshold: float) -> OperatingPoint:
    """Count what a threshold does to records, best other ones than it was chosen on.

    Raises
    ------
    ValueError
        As `check_predictions`, or if `threshold` is not from 0 to 1.

    Examples
    --------
    >>> point = operating_point([0, 0, 1, 1], [0.1, 0.6, 0.4, 0.9], 0.5)
    >>> point.sensitivity.value, point.specificity.value
    (0.5, 0.5)
    """
    y, p = check_predictions(labels, probs)
    if not 0 <= threshold <= 1:
        raise ValueError(f"threshold {threshold} must be 0 to 1.")
    return OperatingPoint.of(y, p >= threshold, threshold)


def check_prevalence(prevalence: float) -> None:
    """Refuse a share of MI that is not between 0 and 1 with a ValueError."""
    if not 0 < prevalence < 1:
        raise ValueError(f"prevalence {prevalence} must lie between 0 and 1.")


def _part(part: float, rest: float) -> float:
    return part / (part + rest) if part + rest > 0 else float("nan")
