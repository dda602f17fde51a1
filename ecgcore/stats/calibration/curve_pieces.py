"""What a reader can choose of a reliability curve: its bins, or the level stretches of CORP."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecgcore.stats.calibration.corp import CorpCurve
from ecgcore.stats.reliability_curve import (
    FloatArray,
    IntArray,
    ReliabilityCurve,
    bin_members,
    clopper_pearson,
)

COLUMNS = ("left", "right", "n", "n_mi", "mean_prob", "observed", "low", "high")


@dataclass(frozen=True, slots=True, eq=False)
class CurvePieces:
    """The pieces of one curve, by rising probability.

    Attributes
    ----------
    table
        One row each, with `COLUMNS`.
    rows
        Rows of the evaluated records in each, by falling probability.
    """

    table: pd.DataFrame
    rows: tuple[IntArray, ...]

    @classmethod
    def of_bins(cls, curve: ReliabilityCurve, probs: FloatArray) -> "CurvePieces":
        """Take the bins of a curve over the ``(n,)`` predictions that it was made of."""
        return cls(curve.frame(), bin_members(curve, probs))

    @classmethod
    def of_corp(cls, curve: CorpCurve, probs: FloatArray) -> "CurvePieces":
        """Take the level stretches, each with its Clopper-Pearson interval."""
        steps = curve.steps()
        index = np.searchsorted(steps["right"].to_numpy(), probs)
        n, n_mi = steps["n"].to_numpy(np.int64), steps["n_mi"].to_numpy(np.int64)
        low, high = clopper_pearson(n_mi, n)
        mean = np.bincount(index, weights=probs, minlength=len(steps)) / n
        order = np.argsort(-probs, kind="stable")
        table = steps.assign(mean_prob=mean, low=low, high=high)[list(COLUMNS)]
        rows = tuple(order[index[order] == k] for k in range(len(steps)))
        return cls(table.reset_index(drop=True), rows)
