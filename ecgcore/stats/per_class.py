"""Several classes at once: figures of each, and their means."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecgcore.stats.bootstrap import resampled, unit_index
from ecgcore.stats.metrics import (
    Estimate,
    ScoreName,
    Scorer,
    logit_estimate,
    percentile_estimate,
)

FloatArray = NDArray[np.float64]
SCORES: tuple[ScoreName, ...] = ("auroc", "auprc")


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """How well one class is told, among all records.

    Attributes
    ----------
    n_positive, n_known
        Records that have the class, and those of which the tables say whether they have it.
    """

    name: str
    n_positive: int
    auroc: Estimate
    auprc: Estimate
    n_known: int


@dataclass(frozen=True, slots=True)
class PerClassFigures:
    """How well several classes are told.

    Attributes
    ----------
    n
        Records.
    classes
        One for each class, also for those that no record or every record has: NaN.
    macro_auroc, macro_auprc
        Means over the classes in which a copy of the sample has both outcomes.
    """

    n: int
    classes: tuple[ClassFigures, ...]
    macro_auroc: Estimate
    macro_auprc: Estimate


def macro_auroc(labels: ArrayLike, scores: ArrayLike) -> float:
    """Mean the AUROC over classes; both arguments are ``(n, n_classes)``.

    A class that no record or every record has is left out, and so is a label of NaN, which nobody
    knows; NaN where none is left.

    >>> macro_auroc([[0, 1], [1, 1]], [[-1.0, 0.3], [2.0, 0.1]])
    1.0
    """
    from sklearn.metrics import roc_auc_score  # half a second, only where needed

    pairs = zip(np.asarray(labels, dtype=float).T, np.asarray(scores).T, strict=True)
    known = [(y[~np.isnan(y)], x[~np.isnan(y)]) for y, x in pairs]
    found = [roc_auc_score(y, x) for y, x in known if 0 < y.sum() < y.size]
    return float(np.mean(found)) if found else float("nan")


def per_class_figures(
    labels: ArrayLike,
    probs: ArrayLike,
    names: Sequence[str],
    *,
    known: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    n_boot: int = 1000,
    seed: int = 0,
) -> PerClassFigures:
    """Score each class, with bootstrap 95 % intervals; all classes share the copies.

    Intervals are percentiles of the AUROC, and those of `logit_estimate` of the AUPRC.

    Parameters
    ----------
    labels, probs
        ``(n, n_classes)``: 1 where a record has a class, and its predicted probability.
    names
        Of the classes.
    known
        ``(n, n_classes)``: False where nobody knows a label. Without it, all are known.
    clusters
        ``(n,)`` patient of each record: whole patients are resampled. Without it, records are.
    n_boot
        Resampled copies; 0 gives values without intervals.
    seed
        Same seed, same intervals.
    """
    y, seen, auroc, auprc = _all_copies(labels, probs, known, clusters, n_boot, seed)
    counts = y.sum(axis=0).tolist(), seen.sum(axis=0).tolist()
    each = zip(names, counts[0], map(_auroc, auroc), map(_auprc, auprc), counts[1], strict=True)
    return PerClassFigures(
        len(y),
        tuple(ClassFigures(*one) for one in each),
        _auroc(_macro(auroc)),
        _auprc(_macro(auprc)),
    )


def macro_copies(
    labels: ArrayLike,
    probs: ArrayLike,
    *,
    known: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    n_boot: int = 1000,
    seed: int = 0,
) -> dict[ScoreName, FloatArray]:
    """Return both means over classes of the sample and of each of its copies, ``(1 + n_boot,)``.

    Two models on the same records have the same copies, so that their differences are paired. All
    arguments are those of `per_class_figures`.
    """
    _, _, auroc, auprc = _all_copies(labels, probs, known, clusters, n_boot, seed)
    return {"auroc": _macro(auroc), "auprc": _macro(auprc)}


def _all_copies(
    labels: ArrayLike,
    probs: ArrayLike,
    known: ArrayLike | None,
    clusters: ArrayLike | None,
    n_boot: int,
    seed: int,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], FloatArray, FloatArray]:
    """Return labels, which are known, and AUROC and AUPRC ``(n_classes, 1 + n_boot)``."""
    y, p = np.asarray(labels, dtype=bool), np.asarray(probs, dtype=np.float64)
    seen = np.ones_like(y) if known is None else np.asarray(known, dtype=bool)
    y = y & seen
    scorers = []
    for truth, said, mine in zip(y.T, p.T, seen.T, strict=True):
        rows = slice(None) if mine.all() else np.flatnonzero(mine)
        scorers.append((rows, Scorer(truth[rows], said[rows])))
    parts = chain([np.ones((1, len(y)))], resampled(unit_index(clusters, len(y)), n_boot, seed))
    copies = [
        [[one.score(name, weights[:, rows]) for rows, one in scorers] for name in SCORES]
        for weights in parts
    ]
    auroc, auprc = np.concatenate(copies, axis=2)  # (n_classes, 1 + n_boot)
    return y, seen, auroc, np.where(np.isnan(auroc), np.nan, auprc)


def _auroc(copies: FloatArray) -> Estimate:
    return percentile_estimate(float(copies[0]), copies[1:])


def _auprc(copies: FloatArray) -> Estimate:
    return logit_estimate(float(copies[0]), copies[1:])


def _macro(copies: FloatArray) -> FloatArray:
    """Mean over the classes that are defined in each copy."""
    defined = ~np.isnan(copies)
    totals = np.where(defined, copies, 0).sum(axis=0)
    n = defined.sum(axis=0)
    return np.asarray(np.divide(totals, n, out=np.full(totals.shape, np.nan), where=n > 0))
