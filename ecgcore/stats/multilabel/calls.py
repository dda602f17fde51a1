"""From probabilities of many classes to calls: a threshold for each class, votes, groups."""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecgcore.stats.multilabel.label_sets import BoolArray, FloatArray

Goal = Literal["f1", "error"]
Rule = Literal["noisy_or", "max"]

GRID = np.arange(1, 100) / 100
"""Thresholds that are tried."""


def class_thresholds(
    labels: ArrayLike, probs: ArrayLike, goal: Goal, known: ArrayLike | None = None
) -> FloatArray:
    """Choose a threshold for each class, ``(n_classes,)``, in steps of 0.01.

    Of several that are equally good the one nearest to 0.5 is taken, and 0.5 for a class that no
    record has.

    Parameters
    ----------
    labels, probs, known
        ``(n, n_classes)`` of the validation fold, as `label_set_figures` takes them.
    goal
        "f1": highest F1 of the class; "error": fewest wrong labels, and so the least Hamming loss.
    """
    y, p = np.asarray(labels, dtype=bool), np.asarray(probs, dtype=np.float64)
    seen = np.ones_like(y) if known is None else np.asarray(known, dtype=bool)
    chosen = [_best(y[k, i], p[k, i], goal) for i, k in enumerate(seen.T)]
    return np.array(chosen)


def _best(labels: BoolArray, probs: FloatArray, goal: Goal) -> float:
    if not labels.any():
        return 0.5
    calls = probs[:, None] >= GRID
    tp = (calls & labels[:, None]).sum(axis=0)
    fp = calls.sum(axis=0) - tp
    fn = labels.sum() - tp
    value = 2 * tp / (2 * tp + fp + fn) if goal == "f1" else -(fp + fn).astype(np.float64)
    best = GRID[value == value.max()]
    return float(best[np.abs(best - 0.5).argmin()])


def voted(
    seed_probs: ArrayLike, thresholds: ArrayLike, *, never_none: bool = True
) -> NDArray[np.bool_]:
    """Let networks vote, ``(n_networks, n, n_classes)`` to ``(n, n_classes)``.

    A class is called where at least half of the networks give it its threshold.

    Parameters
    ----------
    thresholds
        ``(n_classes,)``, or ``(n_networks, n_classes)``.
    never_none
        For classes of which every record has one: a network that calls none calls its likeliest,
        and the likeliest of all networks together is always kept (arXiv 2112.01496).
    """
    p = np.asarray(seed_probs, dtype=np.float64)
    limits = np.broadcast_to(np.asarray(thresholds)[..., None, :], p.shape)
    calls = p >= limits
    if never_none:
        calls |= ~calls.any(axis=-1, keepdims=True) & _likeliest(p)
    most = 2 * calls.sum(axis=0) >= len(p)
    return np.asarray(most | _likeliest(p.mean(axis=0)) if never_none else most)


def _likeliest(probs: FloatArray) -> BoolArray:
    place = probs.argmax(axis=-1)[..., None]
    return np.asarray(np.arange(probs.shape[-1]) == place)


def grouped(
    probs: ArrayLike, names: Sequence[str], groups: Mapping[str, Sequence[str]], rule: Rule
) -> FloatArray:
    """Join the probabilities of statements to those of groups, ``(..., n)`` to ``(..., n_groups)``.

    Parameters
    ----------
    names
        Of the statements, in the order of `probs`.
    groups
        Statements of each group; an empty group has the probability 0.
    rule
        "noisy_or": one minus the product of what speaks against each; "max": the largest.

    Examples
    --------
    >>> grouped([0.5, 0.5, 0.1], ["a", "b", "c"], {"ab": ["a", "b"]}, "noisy_or").tolist()
    [0.75]
    """
    p = np.asarray(probs, dtype=np.float64)
    parts = [p[..., [names.index(one) for one in group]] for group in groups.values()]
    if rule == "max":
        joined = [part.max(axis=-1, initial=0.0) for part in parts]
    else:
        joined = [1 - (1 - part).prod(axis=-1) for part in parts]
    return np.stack(joined, axis=-1)
