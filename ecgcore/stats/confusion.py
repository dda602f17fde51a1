"""The four kinds of right and wrong calls, with the records in each."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ecgcore.stats.calibration.reliability_curve import FloatArray, IntArray, check_predictions

CELLS = ("tp", "fn", "fp", "tn")
"""MI called MI, MI missed, false alarm, other record called normal."""


@dataclass(frozen=True, slots=True, eq=False)
class Confusion:
    """Rows of the records in each cell, most striking first.

    Attributes
    ----------
    threshold
        A record is called MI from this probability on.
    tp, fp
        Called MI, rightly and wrongly, by falling probability.
    fn, tn
        Not called MI, wrongly and rightly, by rising probability.
    """

    threshold: float
    tp: IntArray
    fn: IntArray
    fp: IntArray
    tn: IntArray

    def members(self, cell: str) -> IntArray:
        """Return the rows in one of `CELLS`."""
        if cell not in CELLS:
            raise ValueError(f"There is no cell {cell!r}; use one of {', '.join(CELLS)}.")
        rows: IntArray = getattr(self, cell)
        return rows

    def frame(self) -> pd.DataFrame:
        """Return ``cell, n, share``; the share is that among records of the same label."""
        n = {cell: self.members(cell).size for cell in CELLS}
        of = {"tp": ("tp", "fn"), "fn": ("tp", "fn"), "fp": ("fp", "tn"), "tn": ("fp", "tn")}
        totals = [sum(n[other] for other in of[cell]) for cell in CELLS]
        shares = [n[c] / total if total else np.nan for c, total in zip(CELLS, totals, strict=True)]
        return pd.DataFrame({"cell": CELLS, "n": list(n.values()), "share": shares})


def confusion(labels: ArrayLike, probs: ArrayLike, threshold: float = 0.5) -> Confusion:
    """Sort records into the four cells.

    Parameters
    ----------
    labels, probs
        ``(n,)``; label 1 is MI.

    Raises
    ------
    ValueError
        As `check_predictions`; if the threshold is not 0 to 1.
    """
    y, p = check_predictions(labels, probs)
    if not 0 <= threshold <= 1:
        raise ValueError(f"threshold {threshold} must be 0 to 1.")
    called, rising = p >= threshold, np.argsort(p, kind="stable")
    falling = _falling(p)
    return Confusion(
        threshold,
        tp=falling[(y & called)[falling]],
        fn=rising[(y & ~called)[rising]],
        fp=falling[(~y & called)[falling]],
        tn=rising[(~y & ~called)[rising]],
    )


def _falling(probs: FloatArray) -> IntArray:
    order: IntArray = np.argsort(-probs, kind="stable")
    return order
