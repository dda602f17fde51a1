"""Leads without names: which order the limb leads prove, and which is asked for."""

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import RecordError
from ecgcore.io.missing_units import NotSaidError, Question
from ecgcore.io.raw import ReadOptions
from ecgcore.leads import LEADS, standard_lead

_CHEST = LEADS[6:]
ORDERS = {
    "standard": LEADS,
    "aVL before aVR": ("I", "II", "III", "aVL", "aVR", "aVF", *_CHEST),
    "Cabrera": ("aVL", "I", "-aVR", "II", "aVF", "III", *_CHEST),
    "Cabrera, aVR upright": ("aVL", "I", "aVR", "II", "aVF", "III", *_CHEST),
    "chest leads first": (*_CHEST, *LEADS[:6]),
    "augmented leads last": ("I", "II", "III", *_CHEST, "aVR", "aVL", "aVF"),
    "eight leads": ("I", "II", *_CHEST),
    "eight leads, chest first": (*_CHEST, "I", "II"),
}
"""Orders in which leads are written, by what the reader may call them."""

_CLOSE = 0.25
"""Root mean square of what Einthoven's and Goldberger's relations leave, in parts of the leads'."""

_LOOKED_AT = 20_000
"""Samples in the middle of a recording, which are enough."""

_APART = 3.0
"""How much better than the next order one must fit."""


def asked_order(
    name: str, signal: NDArray[np.floating], options: ReadOptions
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of leads that a file does not name, and what is to be said.

    Twelve are known where III = II - I, aVR = -(I + II) / 2, aVL = (I - III) / 2 and
    aVF = (II + III) / 2 (Einthoven 1912; Goldberger 1942) hold for one order alone.

    Raises
    ------
    RecordError
        If the reader named another number of leads, or one that is none; NotSaidError if neither
        samples nor reader tell the order.
    """
    n = len(signal)
    if options.leads is not None:
        return _said(name, options.leads, n), (f"Leads taken as {options.leads}, as you said.",)
    likely = [order for order in ORDERS.values() if len(order) == n]
    proven = _proven(signal) if n == len(LEADS) else None
    if proven is not None:
        words = (
            f"No leads are named; {', '.join(proven)} were taken: the limb leads obey Einthoven's "
            "and Goldberger's relations in this order alone; that of V1 to V6 is assumed.",
        )
        return proven, words
    if not likely:
        raise RecordError(
            f"{name} names no leads and has {n} columns of samples; 12, or 8 (I, II, V1-V6), can "
            "be put in order. Export it with the names of the leads."
        )
    reason = f"Most files have {', '.join(likely[0])}."
    raise NotSaidError(
        f"{name} names no leads. Say in which order they stand. {reason}",
        [Question("leads", ",".join(likely[0]), reason)],
    )


def _said(name: str, words: str, n: int) -> tuple[str, ...]:
    names = ORDERS.get(words) or tuple(word.strip() for word in words.split(","))
    if len(names) != n or not all(standard_lead(one.lstrip("-")) for one in names):
        raise RecordError(
            f"{name} has {n} columns of samples; the order you said has {len(names)} names, or one "
            "that is no lead. Name each, such as I,II,III,aVR,aVL,aVF,V1,V2,V3,V4,V5,V6."
        )
    return names


def _proven(signal: NDArray[np.floating]) -> tuple[str, ...] | None:
    """Return the one order that the limb leads prove; None if none or several do."""
    first = max(0, (signal.shape[1] - _LOOKED_AT) // 2)
    part = signal[:, first : first + _LOOKED_AT]
    fits = sorted((_misfit(part, order), order) for order in ORDERS.values() if len(order) == 12)
    (best, order), (second, _) = fits[0], fits[1]
    return order if best <= _CLOSE and second >= _APART * best else None


def _misfit(signal: NDArray[np.floating], order: tuple[str, ...]) -> float:
    """Return what the relations leave, in parts of the limb leads; inf where there is nothing."""
    centred = np.nan_to_num(np.asarray(signal, dtype=np.float64))
    centred = centred - np.median(centred, axis=1, keepdims=True)
    row = {
        name.lstrip("-"): -centred[k] if name.startswith("-") else centred[k]
        for k, name in enumerate(order)
    }
    left = np.stack(
        [
            row["III"] - (row["II"] - row["I"]),
            row["aVR"] + (row["I"] + row["II"]) / 2,
            row["aVL"] - (row["I"] - row["III"]) / 2,
            row["aVF"] - (row["II"] + row["III"]) / 2,
        ]
    )
    limb = np.stack([row[name] for name in LEADS[:6]])
    size = float(np.sqrt(np.mean(limb**2)))
    return float(np.sqrt(np.mean(left**2))) / size if size > 0 else np.inf
