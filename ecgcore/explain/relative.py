"""Maps in shares of all that they say, so that two of them can be compared and subtracted."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import ModelError
from ecgcore.explain.attribution import Attribution
from ecgcore.records import FloatArray

STEP_S = 0.04
_NOTHING = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class RelativeMap:
    """A map, or the difference of two, in shares of all that a map says.

    Attributes
    ----------
    scores
        ``(12, n_samples)`` or ``(1, n_samples)``; the sizes of a map add up to 1.
    label
        Method and model, or the two that are compared.
    ends
        What the lowest and the highest scores mean.
    compared
        True for a difference.
    """

    scores: FloatArray
    fs_hz: int
    signed: bool
    label: str
    ends: tuple[str, str]
    compared: bool = False


def relative(attribution: Attribution) -> RelativeMap:
    """Divide a map by the sum of its sizes."""
    total = np.abs(attribution.scores).sum(dtype=np.float64)
    scores = (attribution.scores / max(total, _NOTHING)).astype(np.float32)
    ends = ("away from MI", "towards MI")
    return RelativeMap(scores, attribution.fs_hz, attribution.signed, attribution.label, ends)


def spread_of(attribution: Attribution) -> RelativeMap | None:
    """Return how much seeds differ, in shares of all that their mean says; None for one seed."""
    if attribution.spread is None:
        return None
    total = np.abs(attribution.scores).sum(dtype=np.float64)
    scores = (attribution.spread / max(total, _NOTHING)).astype(np.float32)
    label = f"spread between seeds of {attribution.label}"
    return RelativeMap(scores, attribution.fs_hz, False, label, ("alike", "most different"))


def difference(one: Attribution, other: Attribution) -> RelativeMap:
    """Subtract the shares of another map of the same ECG.

    Raises
    ------
    ModelError
        If the maps are not on the same leads and samples, or only one has a sign.
    """
    _check(one, other)
    scores = relative(one).scores - relative(other).scores
    ends = (f"more in {other.model_label}", f"more in {one.model_label}")
    label = f"{one.label} minus {other.label}"
    return RelativeMap(scores, one.fs_hz, True, label, ends, compared=True)


def agreement(one: Attribution, other: Attribution) -> float:
    """Return Pearson's correlation of two maps over leads and steps of 40 ms.

    Raises
    ------
    ModelError
        If the maps are not on the same leads and samples, or only one has a sign.
    """
    _check(one, other)
    first, second = (_steps(a) for a in (one, other))
    if first.std() < _NOTHING or second.std() < _NOTHING:
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])


def _check(one: Attribution, other: Attribution) -> None:
    kinds = {(a.scores.shape, a.fs_hz, a.signed) for a in (one, other)}
    if len(kinds) > 1:
        raise ModelError(
            f"{one.label} and {other.label} cannot be compared: one tells leads apart or has a "
            "sign, the other does not. Choose the same method for both."
        )


def _steps(attribution: Attribution) -> NDArray[np.float64]:
    step = max(1, round(STEP_S * attribution.fs_hz))
    starts = np.arange(0, attribution.scores.shape[1], step)
    return np.add.reduceat(attribution.scores.astype(np.float64), starts, axis=1).ravel()
