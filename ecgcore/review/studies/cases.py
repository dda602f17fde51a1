"""Drawing the cases of a reader study from the test fold."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pandas as pd

from ecgcore.errors import ReviewError
from ecgcore.review.studies.protocol import StudyCase

POOLS: Mapping[str, tuple[str, ...]] = {
    "certain MI and normal": ("certain_mi",),
    "uncertain MI and normal": ("uncertain_mi",),
    "all MI and normal": ("certain_mi", "uncertain_mi"),
}
"""Label groups of the MI in each pool."""
NORMAL = "pure_normal"


def draw_cases(
    groups: pd.Series[str], probs: pd.Series[float], pool: str, n: int, seed: int
) -> tuple[StudyCase, ...]:
    """Draw n cases, half of them MI by the label.

    Parameters
    ----------
    groups
        Label group of each record of the test fold, by ``ecg_id``.
    probs
        The advising model's probability of MI, by ``ecg_id``.

    Raises
    ------
    ReviewError
        If the pool is unknown or has too few records that the model predicts.

    Examples
    --------
    >>> groups = pd.Series(["certain_mi"] * 3 + ["pure_normal"] * 3, index=range(1, 7))
    >>> drawn = draw_cases(groups, groups.map(len) / 20, "certain MI and normal", 4, 0)
    >>> sorted(one.truth for one in drawn)
    [False, False, True, True]
    """
    mi, normal = _known(groups, probs, pool)
    n_mi = n // 2
    if len(mi) < n_mi or len(normal) < n - n_mi:
        raise ReviewError(
            f"{n} cases need {n_mi} with MI and {n - n_mi} normal ones that the model predicts; "
            f"here are {len(mi)} and {len(normal)}."
        )
    chance = random.Random(seed)
    drawn = sorted(chance.sample(mi, n_mi) + chance.sample(normal, n - n_mi))
    with_mi = set(mi)
    return tuple(StudyCase(str(one), one in with_mi, float(probs[one])) for one in drawn)


def most_cases(groups: pd.Series[str], probs: pd.Series[float], pool: str) -> int:
    """Return how many cases `draw_cases` can draw from a pool; ReviewError if it is unknown."""
    return 2 * min(map(len, _known(groups, probs, pool)))


def _known(
    groups: pd.Series[str], probs: pd.Series[float], pool: str
) -> tuple[list[int], list[int]]:
    """List the records with MI of a pool and the normal ones that the model predicts."""
    if pool not in POOLS:
        raise ReviewError(f"There is no such pool of cases; choose {', '.join(POOLS)}.")
    known = groups[groups.index.isin(probs.dropna().index)]
    mi = sorted(known.index[known.isin(POOLS[pool])].tolist())
    return mi, sorted(known.index[known == NORMAL].tolist())
