"""How well whole sets of labels are told: Hamming, F1, subset accuracy, the challenge's metric."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecgcore.stats.bootstrap import resampled, unit_index
from ecgcore.stats.metrics import Estimate, percentile_estimate

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

NAMES = (
    "hamming",
    "subset_accuracy",
    "micro_f1",
    "macro_f1",
    "sensitivity",
    "specificity",
    "challenge",
)
WORDS = {
    "hamming": "Hamming loss",
    "subset_accuracy": "subset accuracy",
    "micro_f1": "micro F1",
    "macro_f1": "macro F1",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "challenge": "challenge metric",
}


@dataclass(frozen=True, slots=True)
class LabelSetFigures:
    """Figures of whole label sets with 95 % intervals; NaN where one is not defined.

    Attributes
    ----------
    n
        Records.
    hamming
        Share of wrong labels among all that are known; lower is better.
    subset_accuracy
        Share of records of which every known label is right.
    micro_f1, macro_f1
        F1 of all labels together; and its mean over the classes that some record has.
    sensitivity, specificity
        Means over the same classes.
    challenge
        The challenge's normalised score: 1 for the labels themselves, 0 for calling all normal.
    """

    n: int
    hamming: Estimate
    subset_accuracy: Estimate
    micro_f1: Estimate
    macro_f1: Estimate
    sensitivity: Estimate
    specificity: Estimate
    challenge: Estimate


@dataclass(frozen=True, slots=True, eq=False)
class Rewards:
    """What the challenge gives for calling class k where class j is true, and its normal class.

    Attributes
    ----------
    weights
        ``(n_classes, n_classes)``.
    normal
        Place of the class that a caller of nothing would call.
    """

    weights: FloatArray
    normal: int

    def per_record(self, labels: BoolArray, calls: BoolArray) -> FloatArray:
        """Return the reward of each record, ``(n,)``, before it is normalised.

        A record's rewards are divided by the number of classes that are true or called (Perez
        Alday et al., Physiol. Meas. 41, 2020, 124003).
        """
        together = np.maximum((labels | calls).sum(axis=1), 1)
        total: FloatArray = ((labels @ self.weights) * calls).sum(axis=1) / together
        return total


def label_set_figures(
    labels: ArrayLike,
    calls: ArrayLike,
    *,
    known: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    rewards: Rewards | None = None,
    n_boot: int = 1000,
    seed: int = 0,
) -> LabelSetFigures:
    """Compare label sets with what was called, with percentile-bootstrap 95 % intervals.

    Parameters
    ----------
    labels, calls
        ``(n, n_classes)``: 1 where a record has a class, and where it is called.
    known
        ``(n, n_classes)``: False where nobody knows a label; it counts for nothing.
    clusters
        ``(n,)`` patient of each record: whole patients are resampled.
    rewards
        Of the challenge; without them its metric is NaN.

    Examples
    --------
    >>> label_set_figures([[1, 0], [1, 1]], [[1, 0], [1, 0]], n_boot=0).hamming.value
    0.25
    """
    sets = _Sets.of(labels, calls, known)
    parts = chain([np.ones((1, sets.n))], resampled(unit_index(clusters, sets.n), n_boot, seed))
    copies = [sets.score(weights, rewards) for weights in parts]
    values = {name: np.concatenate([one[name] for one in copies]) for name in NAMES}
    found = {name: percentile_estimate(float(x[0]), x[1:]) for name, x in values.items()}
    return LabelSetFigures(sets.n, **found)


@dataclass(frozen=True, slots=True, eq=False)
class _Sets:
    labels: BoolArray
    calls: BoolArray
    known: BoolArray

    @classmethod
    def of(cls, labels: ArrayLike, calls: ArrayLike, known: ArrayLike | None) -> "_Sets":
        y, z = np.asarray(labels, dtype=bool), np.asarray(calls, dtype=bool)
        if y.shape != z.shape:
            raise ValueError(f"labels {y.shape} and calls {z.shape} must have one shape.")
        seen = np.ones_like(y) if known is None else np.asarray(known, dtype=bool)
        return cls(y & seen, z & seen, seen)

    @property
    def n(self) -> int:
        return len(self.labels)

    def score(self, weights: FloatArray, rewards: Rewards | None) -> dict[str, FloatArray]:
        wrong = self.labels != self.calls
        tp, fn, fp, tn = (weights @ one.astype(np.float64) for one in self._cells())
        stated = self.labels.any(axis=0)
        return {
            "hamming": weights @ wrong.sum(axis=1) / (weights @ self.known.sum(axis=1)),
            "subset_accuracy": weights @ ~wrong.any(axis=1) / weights.sum(axis=1),
            "micro_f1": _share(2 * tp.sum(axis=1), (fp + fn).sum(axis=1)),
            "macro_f1": _mean(_share(2 * tp, fp + fn)[:, stated]),
            "sensitivity": _mean(_share(tp, fn)[:, stated]),
            "specificity": _mean(_share(tn, fp)[:, stated]),
            "challenge": self._challenge(weights, rewards),
        }

    def _cells(self) -> Iterator[BoolArray]:
        yield self.labels & self.calls
        yield self.labels & ~self.calls
        yield ~self.labels & self.calls
        yield self.known & ~self.labels & ~self.calls

    def _challenge(self, weights: FloatArray, rewards: Rewards | None) -> FloatArray:
        if rewards is None:
            return np.full(len(weights), np.nan)
        nothing = np.zeros_like(self.calls)
        nothing[:, rewards.normal] = self.known[:, rewards.normal]
        got, best, least = (
            weights @ rewards.per_record(self.labels, one)
            for one in (self.calls, self.labels, nothing)
        )
        return _share(got - least, best - got)


def _share(part: FloatArray, rest: FloatArray) -> FloatArray:
    """Divide a part by itself and the rest; NaN where both are 0."""
    whole = part + rest
    return np.asarray(np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole != 0))


def _mean(by_class: FloatArray) -> FloatArray:
    """Mean over the classes that are defined in each copy, ``(copies, classes)``."""
    defined = ~np.isnan(by_class)
    n = defined.sum(axis=1)
    total = np.where(defined, by_class, 0).sum(axis=1)
    return np.asarray(np.divide(total, n, out=np.full(total.shape, np.nan), where=n > 0))
