"""Stated confidence against the share of values within tolerance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ecgcore.bench.delineation.fusion import Array

LIMITS = (0.0, 0.5, 0.7, 0.85, 1.01)
"""Confidences at which one bin ends and the next begins."""


@dataclass(frozen=True, slots=True)
class ConfidenceBin:
    """Values that were stated with about one confidence.

    Attributes
    ----------
    stated
        Mean confidence of the `n` values.
    tolerance_ms, within
        What an error may be at most, and the share of values whose error is no larger.
    """

    name: str
    low: float
    high: float
    n: int
    stated: float
    tolerance_ms: float
    within: float

    @property
    def text(self) -> str:
        """The bin as a sentence."""
        share, limit = f"{self.within:.0%} of {self.n}", f"{self.tolerance_ms:.1f} ms"
        return f"confidence {self.stated:.0%}: {share} within {limit}"


def confidence_curve(
    errors: Array, stated: Sequence[Array | None], tolerance_ms: Mapping[str, float]
) -> tuple[ConfidenceBin, ...]:
    """Compare what was stated with what came true; empty for a method that states nothing.

    Parameters
    ----------
    errors
        ``(n_records, n_names)`` in ms, nan where there is none.
    stated
        For each record ``(n_names,)`` confidences.
    tolerance_ms
        Of each name, in the order of the columns.
    """
    said = [one for one in stated if one is not None]
    if len(said) < len(stated):
        return ()
    columns = zip(tolerance_ms.items(), errors.T, np.array(said).T, strict=True)
    bins = [
        _bin(name, edges, tolerance, error[np.isfinite(error)], confidence[np.isfinite(error)])
        for (name, tolerance), error, confidence in columns
        for edges in pairwise(LIMITS)
    ]
    return tuple(one for one in bins if one is not None)


def _bin(
    name: str, edges: tuple[float, float], tolerance_ms: float, errors: Array, said: Array
) -> ConfidenceBin | None:
    here = (said >= edges[0]) & (said < edges[1])
    if not here.any():
        return None
    within = float((np.abs(errors[here]) <= tolerance_ms).mean())
    mean = float(said[here].mean())
    return ConfidenceBin(name, *edges, int(here.sum()), mean, tolerance_ms, within)
