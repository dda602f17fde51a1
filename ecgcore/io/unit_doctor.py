"""What the numbers of a table look like, so that a question can come with a guess and its reason.

The swing of a beat is the middle over leads and stretches of a recording of highest minus lowest
value: 0.46 to 2.5 mV in 400 records of PTB-XL drawn with seed 1. The bounds here are wider. A
guess is never taken by itself: the reader is asked.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecgcore.io.raw import unit_scale

_UNITS = ("mV", "uV", "V")
_SURE_MV = (0.3, 8.0)
_SURE_WHOLE_MV = 0.5
"""Least for whole numbers, which may also be steps of a converter, such as 200 per mV."""

_POSSIBLE_MV = (0.02, 40.0)
_STRETCHES = 5
_LEAST_SAMPLES = 50
_LOOKED_AT = 5000
"""Samples of a stretch."""

_MIDDLES = {256: 9, 512: 10, 1024: 11, 2048: 12, 4096: 13, 8192: 14, 32768: 16}
"""Middle of a converter without sign, and its bits."""

_NEAR_MIDDLE = 0.15
_USUAL_S = 10.0
_RATES = (500, 250, 1000, 100, 200, 400, 240, 360, 125, 300, 600, 2000)
"""Those that ECGs are recorded at, the most usual first."""


@dataclass(frozen=True, slots=True)
class Guess:
    """What a table's numbers look like; no value where they tell nothing.

    Attributes
    ----------
    value
        A unit that `ecgcore.io.raw.unit_scale` knows, or a rate in Hz.
    reason
        One sentence without any text of the file.
    """

    value: str | float | None
    reason: str


def swing(signal: NDArray[np.floating]) -> float:
    """Return highest minus lowest value in a stretch, the middle of all leads and stretches.

    Parameters
    ----------
    signal
        ``(n_leads, n_samples)``, in any unit.
    """
    n = signal.shape[1]
    if n < _LEAST_SAMPLES:
        return math.nan
    parts = [
        part[:, :_LOOKED_AT].astype(np.float64)
        for part in np.array_split(signal, _STRETCHES, axis=1)
    ]
    spans = np.concatenate(
        [np.fmax.reduce(part, axis=1) - np.fmin.reduce(part, axis=1) for part in parts]
    )
    spans = spans[np.isfinite(spans) & (spans > 0)]
    return float(np.median(spans)) if spans.size else math.nan


def guessed_unit(signal: NDArray[np.floating]) -> Guess:
    """Weigh the swing of a beat and whether the numbers are those of a converter.

    Examples
    --------
    >>> beats = np.tile(np.where(np.arange(500) % 100 == 50, 1200.0, 0.0), (12, 1))
    >>> guessed_unit(beats).value, guessed_unit(beats / 1000).value
    ('uV', 'mV')
    """
    size = swing(signal)
    if not math.isfinite(size):
        return Guess(None, "")
    whole = _are_whole(signal)
    kind = "whole numbers" if whole else "numbers"
    seen = f"The {kind} swing by {_plain(size)} in a beat"
    middle = _converter_middle(signal) if whole else 0
    if middle:
        return Guess(
            None,
            f"{seen} around {middle:,}, the middle of a converter of {_MIDDLES[middle]} bits: they "
            "are its steps, and how many make up 1 mV stands elsewhere.",
        )
    least = _SURE_WHOLE_MV if whole else _SURE_MV[0]
    fits = [unit for unit in _UNITS if least <= size * unit_scale("", unit) <= _SURE_MV[1]]
    if not fits:
        steps = "; they may be steps of a converter, such as 200 to the mV" if whole else ""
        return Guess(None, f"{seen}, which no usual ECG does in mV, µV or V{steps}.")
    height = size * unit_scale("", fits[0])
    words = {"mV": "mV", "uV": "µV", "V": "V"}[fits[0]]
    return Guess(fits[0], f"{seen}: {words} is likely, {_plain(height)} mV.")


def contradicts(signal: NDArray[np.floating], unit: str) -> Guess | None:
    """Return what the numbers look like where a stated unit cannot be; None where it can."""
    size = swing(signal)
    height = size * unit_scale("", unit)
    if not math.isfinite(size) or _POSSIBLE_MV[0] <= height <= _POSSIBLE_MV[1]:
        return None
    guess = guessed_unit(signal)
    if guess.value is None:
        return None
    return Guess(guess.value, f"{guess.reason} As {_shown(unit)} a beat has {_plain(height)} mV.")


def guessed_rate(n_samples: int) -> Guess:
    """Guess that a recording lasts ten seconds, as most do.

    >>> guessed_rate(5000).value, guessed_rate(4321).value
    (500, None)
    """
    for fs_hz in _RATES:
        if n_samples == _USUAL_S * fs_hz:
            return Guess(fs_hz, f"{n_samples:,} samples are {_USUAL_S:g} s at {fs_hz} Hz.")
    return Guess(None, f"It has {n_samples:,} samples.")


def _are_whole(signal: NDArray[np.floating]) -> bool:
    part = signal[:, :_LOOKED_AT]
    part = part[np.isfinite(part)]
    return bool(part.size) and bool(np.all(part == np.rint(part)))


def _converter_middle(signal: NDArray[np.floating]) -> int:
    """Return the middle of the converter that values without a sign seem to come from, else 0."""
    signal = signal[:, :_LOOKED_AT]
    if np.isnan(signal).all() or np.nanmin(signal) < 0:
        return 0
    level = float(np.nanmedian(signal))
    near = [one for one in _MIDDLES if abs(level - one) <= _NEAR_MIDDLE * one]
    return near[0] if near and np.nanmax(signal) < 2 * near[0] else 0


def _shown(unit: str) -> str:
    return {"uv": "µV", "mv": "mV", "v": "V"}.get(unit.lower(), "stated")


def _plain(value: float) -> str:
    return f"{float(f'{value:.3g}'):,}".removesuffix(".0")
