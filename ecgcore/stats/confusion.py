"""The four kinds of right and wrong calls, with the records in each."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ecgcore.stats.reliability_curve import FloatArray, IntArray, check_predictions

CELLS = ("tp", "fn", "fp", "tn")
"""MI called MI, MI missed, false alarm, other record called normal."""


@dataclass(frozen=True, slots=True, eq=False)
class Confusion:
    """Rows of the records in each cell, most striking first.

    Attributes
    ----------
    tp, fp
        Called MI, rightly and wrongly, by falling probability.
    fn, tn
        Not called MI, wrongly and rightly, by rising probability.
    """

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


def confusion(labels: ArrayLike, probs: ArrayLike, called: ArrayLike) -> Confusion:
    """Sort records into the four cells.

    Parameters
    ----------
    labels, probs, called
        ``(n,)``; label 1 is MI; `called` is True where a record is called MI.

    Raises
    ------
    ValueError
        As `check_predictions`; if `called` has another shape.
    """
    y, p = check_predictions(labels, probs)
    said = np.asarray(called, dtype=np.bool_)
    if said.shape != y.shape:
        raise ValueError(f"called {said.shape} must be {y.shape}.")
    rising, falling = np.argsort(p, kind="stable"), _falling(p)
    return Confusion(
        tp=falling[(y & said)[falling]],
        fn=rising[(y & ~said)[rising]],
        fp=falling[(~y & said)[falling]],
        tn=rising[(~y & ~said)[rising]],
    )


def _falling(probs: FloatArray) -> IntArray:
    order: IntArray = np.argsort(-probs, kind="stable")
    return order
