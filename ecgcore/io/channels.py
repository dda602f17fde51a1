"""Channels as files hold them: each with its own clock, missing samples and state."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecgcore.io.raw import RawEcg, check_rate, check_size
from ecgcore.leads import standard_lead

Samples = NDArray[np.floating]

_SKEW_S = 0.5
"""Difference in time up to which channels were sampled in turn, not recorded one after another."""
_LEAST_RUN_S = 0.02
_CLEARLY_LONGER = 2
_FAR = 0.1
"""Distance of a code from all other samples, in parts of their span, from which it is no sample."""


@dataclass(frozen=True, slots=True, eq=False)
class Channel:
    """One lead of a file.

    Attributes
    ----------
    name
        As the file spells it.
    samples
        ``(n_samples,)`` in mV; nan where the file holds none.
    start_s
        When its first sample was taken, on the clock that all channels share.
    off
        True where the file says that the electrode was off or its samples are not valid.
    """

    name: str
    samples: Samples
    start_s: float = 0.0
    off: bool = False


def is_lead(name: str) -> bool:
    """Say whether a channel is one of the twelve leads, also where it is turned over (``-aVR``)."""
    return standard_lead(name.strip().lstrip("-−")) is not None


def on_one_clock(
    name: str,
    channels: Sequence[Channel],
    fs_hz: float,
    warnings: Sequence[str] = (),
    left_out: Sequence[str] = (),
) -> RawEcg:
    """Set each channel to its own time, to the nearest sample; nan where it was not recorded.

    Parameters
    ----------
    left_out
        Names of the file's other channels, which nobody needs.

    Raises
    ------
    RecordError
        If rate or size are out of range.
    """
    check_rate(name, fs_hz)
    check_size(name, len(channels), 1)
    exact = [channel.start_s * fs_hz for channel in channels]
    if not all(map(math.isfinite, exact)):
        exact = [0.0] * len(channels)
    firsts = [round(one - min(exact)) for one in exact]
    n_samples = _n_samples(firsts, channels, fs_hz)
    check_size(name, len(channels), n_samples)
    dtype = np.result_type(np.float32, *(channel.samples.dtype for channel in channels))
    signal = np.full((len(channels), n_samples), np.nan, dtype)
    for row, first, channel in zip(signal, firsts, channels, strict=True):
        row[first : first + len(channel.samples)] = channel.samples[: n_samples - first]
    return RawEcg(
        tuple(channel.name for channel in channels),
        signal,
        fs_hz,
        (*warnings, *_skew_words(max(exact) - min(exact), max(firsts), fs_hz)),
        left_out=tuple(left_out),
        off=tuple(channel.name for channel in channels if channel.off),
    )


def _n_samples(firsts: Sequence[int], channels: Sequence[Channel], fs_hz: float) -> int:
    """Return how long the recording is; a skew alone makes it no longer."""
    longest = max(len(channel.samples) for channel in channels)
    if max(firsts) <= _SKEW_S * fs_hz:
        return longest
    return max(first + len(one.samples) for first, one in zip(firsts, channels, strict=True))


def _skew_words(apart: float, whole: int, fs_hz: float) -> tuple[str, ...]:
    if apart < 1e-6 or apart > _SKEW_S * fs_hz:  # the latter is seen in what was not recorded
        return ()
    apart_words = f"The leads were sampled up to {1000 * apart / fs_hz:.4g} ms apart"
    if not whole:
        return (f"{apart_words}, less than half a sample; this was left as it is.",)
    return (f"{apart_words}; each was set to its own time, to the nearest sample.",)


def believed_missing(units: NDArray[np.integer], code: int, fs_hz: float) -> NDArray[np.bool_]:
    """Say which samples a code for "missing" stands for, ``(n_samples,)``.

    A code far outside what else the channel holds is always one. A code that is also an ordinary
    value counts only where it fills an end of the channel, for longer than the channel rests
    anywhere else.
    """
    at = units == code
    if not at.any() or at.all():
        return np.asarray(at)
    others = units[~at]
    low, high = int(others.min()), int(others.max())
    distance = max(low - code, code - high)
    if distance > max(_FAR * (high - low), 1):
        return np.asarray(at)
    return _at_the_ends(units, at, fs_hz)


def _at_the_ends(
    units: NDArray[np.integer], at: NDArray[np.bool_], fs_hz: float
) -> NDArray[np.bool_]:
    elsewhere = np.flatnonzero(~at)
    first, last = int(elsewhere[0]), int(elsewhere[-1]) + 1
    least = max(_LEAST_RUN_S * fs_hz, _CLEARLY_LONGER * _longest_rest(units[first:last]))
    missing = np.zeros(len(units), dtype=bool)
    if first >= least:
        missing[:first] = True
    if len(units) - last >= least:
        missing[last:] = True
    return missing


def _longest_rest(units: NDArray[np.integer]) -> int:
    """Return the length of the longest run of one value."""
    changes = np.flatnonzero(np.diff(units)) + 1
    return int(np.diff(np.concatenate([[0], changes, [len(units)]])).max())
