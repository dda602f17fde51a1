"""How much a case needs a reader: reasons from 0 to 1, weights that the reader moves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ecgcore.errors import ReviewError
from ecgcore.stats.reliability_curve import FloatArray

REASONS: Mapping[str, str] = {
    "likelihood": "the label is not certain",
    "training_sets": "A, C and D disagree",
    "architectures": "the architectures disagree",
    "threshold": "near the threshold",
    "refer": "the models refer it",
    "label": "the label is suspect",
    "statements": "another statement is suspect",
    "quality": "the signal is poor",
    "readers": "readers disagree",
}
"""Every reason and its words."""
USUAL_WEIGHTS: Mapping[str, float] = dict.fromkeys(REASONS, 1.0)
HEAVIEST = 5.0
"""A weight is from 0 to this."""
WORTH_A_WORD = 0.25
"""A reason below this is counted, but not named."""


def doubt_of(likelihood: ArrayLike) -> FloatArray:
    """Return how uncertain a label of 0 to 100 % is: 1 at 50 %, 0 at 0 and 100 %; 0 without one."""
    share = np.nan_to_num(np.asarray(likelihood, dtype=np.float64)) / 100
    return np.asarray(1 - np.abs(2 * share - 1))


def nearness(probs: ArrayLike, threshold: float) -> FloatArray:
    """Return how near probabilities are to a threshold: 1 at it, 0 at the ends of the scale."""
    p = np.asarray(probs, dtype=np.float64)
    room = np.where(p < threshold, threshold, 1 - threshold)
    away = np.abs(p - threshold)
    return np.asarray(1 - np.divide(away, room, out=np.zeros_like(p), where=room > 0))


def scored(parts: pd.DataFrame, weights: Mapping[str, float] = USUAL_WEIGHTS) -> pd.DataFrame:
    """Order cases by the weighted mean of their reasons.

    Parameters
    ----------
    parts
        A row a case; columns of `REASONS`, each 0 to 1, NaN where nothing is known: a reason that
        is not known counts neither for nor against a case.
    weights
        0 to `HEAVIEST` for each reason; a reason without one counts nothing.

    Returns
    -------
    pandas.DataFrame
        ``score`` from 0 to 1 and ``reasons``, a tuple of those that are worth a word, what adds
        most first; the highest score first, equal scores in the order of `parts`.

    Raises
    ------
    ReviewError
        If a reason or a weight is none.

    Examples
    --------
    >>> parts = pd.DataFrame({"likelihood": [0.0, 1.0], "refer": [1.0, 1.0]}, index=[7, 8])
    >>> scored(parts, {"likelihood": 3, "refer": 1})["score"].to_dict()
    {8: 1.0, 7: 0.25}
    """
    _check(parts, weights)
    names = [name for name in REASONS if name in parts and weights.get(name, 0) > 0]
    heavy = np.array([weights[name] for name in names])
    x = parts[names].to_numpy(dtype=np.float64)
    known = ~np.isnan(x)
    adds = np.nan_to_num(x) * heavy
    whole = (known * heavy).sum(axis=1)
    score = np.divide(adds.sum(axis=1), whole, out=np.zeros(len(parts)), where=whole > 0)
    table = pd.DataFrame(
        {"score": score, "reasons": _reasons(x, adds, names).to_numpy()}, index=parts.index
    )
    return table.sort_values("score", ascending=False, kind="stable")


def _reasons(x: FloatArray, adds: FloatArray, names: list[str]) -> pd.Series[Any]:
    order = np.argsort(-adds, axis=1, kind="stable")
    named = [
        tuple(names[place] for place in mine if row[place] >= WORTH_A_WORD)
        for row, mine in zip(x, order, strict=True)
    ]
    return pd.Series(named, dtype=object)


def _check(parts: pd.DataFrame, weights: Mapping[str, float]) -> None:
    strange = [str(name) for name in (*parts.columns, *weights) if name not in REASONS]
    if strange:
        raise ReviewError(f"“{strange[0]}” is no reason; those are {', '.join(REASONS)}.")
    for name, weight in weights.items():
        if not 0 <= weight <= HEAVIEST:
            raise ReviewError(f"The weight of {name} is {weight}; 0 to {HEAVIEST:.0f} is possible.")
    values = parts.to_numpy(dtype=np.float64)
    if ((values < 0) | (values > 1)).any():
        raise ReviewError("A reason is below 0 or above 1.")
