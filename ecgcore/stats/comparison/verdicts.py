"""One rule for every word about a difference between two groups of models.

Better needs three things: a 95 % interval over patients and seeds that excludes zero, Welch's
interval over the seeds alone that does so too, and p below 0.05 after correction for all pairs of
the list (Holm). Where only the last one fails, the difference holds in this pair alone.
"""

from typing import Literal

from ecgcore.stats.metrics import Estimate
from ecgcore.wording.numbers import counted

Verdict = Literal[
    "higher",
    "lower",
    "higher in this pair alone",
    "lower in this pair alone",
    "not clear over seeds",
    "not clear",
    "too few seeds",
]
"""How the first score stands to the second; a higher error is a worse one."""

FEWEST_SEEDS = 3
"""With fewer seeds in a group there is no verdict: one seed is no evidence."""

LEVEL = 0.05
"""What p must be below, after correction for all pairs of a list."""

ALONE = " in this pair alone"
NOT_CLEAR = "no clear difference"
_WORDS: dict[Verdict, str] = {
    "not clear over seeds": f"{NOT_CLEAR}: the seeds vary as much",
    "not clear": NOT_CLEAR,
    "too few seeds": "no verdict: too few seeds",
}


def decide(difference: Estimate, over_seeds: Estimate, p: float, n_seeds: int) -> Verdict:
    """Judge the difference of two groups, the first minus the second.

    Parameters
    ----------
    difference, over_seeds
        With the interval over patients and seeds, and with that over the seeds alone.
    p
        Corrected for all pairs of the list.
    n_seeds
        Of the group that has fewer.

    Examples
    --------
    >>> gap = Estimate(0.02, 0.01, 0.03)
    >>> decide(gap, gap, 0.04, 5), decide(gap, gap, 0.06, 5)
    ('higher', 'higher in this pair alone')
    """
    if n_seeds < FEWEST_SEEDS:
        return "too few seeds"
    if not _excludes_zero(difference):
        return "not clear"
    if not _excludes_zero(over_seeds) or (difference.low > 0) != (over_seeds.low > 0):
        return "not clear over seeds"
    if difference.low > 0:
        return "higher" if p < LEVEL else "higher in this pair alone"
    return "lower" if p < LEVEL else "lower in this pair alone"


def _excludes_zero(estimate: Estimate) -> bool:
    return estimate.low > 0 or estimate.high < 0


def better_first(verdict: Verdict, *, lower_is_better: bool) -> bool | None:
    """Say whether the first of a pair is the better one; None where neither is."""
    if not verdict.startswith(("higher", "lower")):
        return None
    return verdict.startswith("higher") != lower_is_better


def is_clear(verdict: Verdict) -> bool:
    """Say whether a difference holds in the whole list."""
    return verdict in ("higher", "lower")


def verdict_words(verdict: Verdict, first: str, second: str, *, lower_is_better: bool) -> str:
    """Say a verdict with the names of the pair.

    Examples
    --------
    >>> verdict_words("lower in this pair alone", "A", "C", lower_is_better=False)
    'C is better in this pair alone'
    """
    wins = better_first(verdict, lower_is_better=lower_is_better)
    if wins is None:
        return _WORDS[verdict]
    alone = "" if is_clear(verdict) else ALONE
    return f"{first if wins else second} is better{alone}"


def rule_words(n_pairs: int) -> str:
    """State the rule that all words obey.

    Parameters
    ----------
    n_pairs
        Pairs in the list.
    """
    return (
        "**One rule for every verdict.** “Better”: the 95 % interval over patients and seeds and "
        f"that over seeds alone both exclude zero, and p < {LEVEL:g} after correction for "
        f"{counted(n_pairs, 'pair')} (Holm). “Better in this pair alone”: the same without the "
        "correction. "
        "All else: “no clear difference”."
    )
