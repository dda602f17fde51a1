"""Whether one kind of network tells classes better than another: paired over patients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

from ecgcore.predictions.labelled import LabelledClasses
from ecgcore.stats.metrics import Estimate, percentile_estimate
from ecgcore.stats.per_class import macro_copies


@dataclass(frozen=True, slots=True)
class Pair:
    """First minus second on the same records, with 95 % intervals."""

    first: str
    second: str
    macro_auroc: Estimate
    macro_auprc: Estimate

    @property
    def verdict(self) -> str:
        """Say who is higher by macro AUROC, if this pair's own interval excludes zero."""
        if self.macro_auroc.low > 0:
            return f"{self.first} is higher"
        if self.macro_auroc.high < 0:
            return f"{self.second} is higher"
        return "no clear difference"


def pairs_of(judged: Mapping[str, LabelledClasses], n_boot: int = 1000) -> tuple[Pair, ...]:
    """Compare each ensemble with each other.

    Parameters
    ----------
    judged
        By name, on the same records in the same order.
    """
    copies = {
        name: macro_copies(
            one.labels, one.probs, known=one.known, clusters=one.patients, n_boot=n_boot
        )
        for name, one in judged.items()
    }
    found = []
    for first, second in combinations(copies, 2):
        auroc, auprc = (copies[first][name] - copies[second][name] for name in ("auroc", "auprc"))
        found.append(
            Pair(
                first,
                second,
                percentile_estimate(float(auroc[0]), auroc[1:]),
                percentile_estimate(float(auprc[0]), auprc[1:]),
            )
        )
    return tuple(found)
