"""What the page says about figures and their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecgcore.stats.agreement.intervals import agreement_words

if TYPE_CHECKING:
    from ecgcore.stats.metrics import Estimate

LIMITS = (
    "95 % intervals over cases, 1,000 bootstrap copies; where these are all alike, Clopper and "
    "Pearson's for a share of none or all, what follows from it for a kappa of 1, else none."
)
ONE_CASE = " One case says nothing of others, so no interval can be given."


def cell(estimate: Estimate, digits: int = 3) -> str:
    """Write a figure and its interval, or that there is none, never broken in two lines."""
    return agreement_words(estimate, digits).replace(" ", "\N{NO-BREAK SPACE}")
