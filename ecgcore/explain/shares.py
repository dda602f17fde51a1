"""Where and when a map speaks: shares of its push by lead, territory, wave and beat, in words.

The push is what speaks for MI, or, where a map as a whole speaks against it, what speaks against.
A share by chance is that of a map that is the same everywhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecgcore.explain.attribution import Attribution
from ecgcore.leads import LEADS, TERRITORY_LEADS
from ecgcore.signals.beat_timing import WAVES, Timing, beat_of, wave_of
from ecgcore.signals.planted import lead_words
from ecgcore.wording.numbers import counted, percent

BETWEEN = "pause"

_MOST = 0.5
_LEADS_AT_MOST = 4
_WAVE_WORDS = {
    "P": "P and PR",
    "QRS": "QRS",
    "ST": "the ST segment",
    "T": "the T wave",
    BETWEEN: "the pauses between beats",
}


@dataclass(frozen=True, slots=True)
class Share:
    """The share of a map's push that lies in one part of the ECG, and what it is by chance."""

    part: str
    share: float
    chance: float


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of a map's push; a group that cannot be told is empty.

    Attributes
    ----------
    towards
        True where they are about what speaks for MI.
    leads, territories
        In the order of `LEADS`, and of `TERRITORY_LEADS` with aVR last; empty for time alone.
    waves, beats
        In the order of time, `BETWEEN` last; empty where no waves were found.
    """

    towards: bool
    leads: tuple[Share, ...]
    territories: tuple[Share, ...]
    waves: tuple[Share, ...]
    beats: tuple[Share, ...]

    def frame(self) -> pd.DataFrame:
        """Return ``group, part, share, chance``, one row for each part."""
        return pd.DataFrame(
            [
                (group, one.part, one.share, one.chance)
                for group in ("leads", "territories", "waves", "beats")
                for one in getattr(self, group)
            ],
            columns=["group", "part", "share", "chance"],
        )


def turned(attribution: Attribution) -> tuple[Attribution, bool]:
    """Turn a map over that speaks against MI more than for it; tell whether it speaks for MI."""
    if not attribution.signed or attribution.scores.sum(dtype=np.float64) >= 0:
        return attribution, True
    return replace(attribution, scores=-attribution.scores), False


def shares_of(attribution: Attribution, timing: Timing | None = None) -> Shares:
    """Add up a map by lead, territory, wave and beat.

    Parameters
    ----------
    timing
        Where the waves lie; None where they were not found.
    """
    seen, towards = turned(attribution)
    waves, beats = _over_time(seen.push, seen.fs_hz, timing)
    leads = _by_lead(seen.push)
    return Shares(towards, leads, _by_territory(leads), waves, beats)


def _by_lead(push: NDArray[np.float32]) -> tuple[Share, ...]:
    if len(push) == 1:
        return ()
    shares = push.sum(axis=1, dtype=np.float64)
    return tuple(Share(lead, float(shares[k]), 1 / len(LEADS)) for k, lead in enumerate(LEADS))


def _by_territory(leads: Sequence[Share]) -> tuple[Share, ...]:
    if not leads:
        return ()
    of = {one.part: one.share for one in leads}
    facing = {**TERRITORY_LEADS, "aVR": ("aVR",)}
    return tuple(
        Share(name, sum(of[lead] for lead in facing[name]), len(facing[name]) / len(LEADS))
        for name in facing
    )


def _over_time(
    push: NDArray[np.float32], fs_hz: int, timing: Timing | None
) -> tuple[tuple[Share, ...], tuple[Share, ...]]:
    if timing is None:
        return (), ()
    times = (np.arange(push.shape[1]) + 0.5) / fs_hz
    curve = push.sum(axis=0, dtype=np.float64)
    names = (*WAVES, BETWEEN)
    waves = _sums(names, wave_of(timing, times), curve)
    beats = [str(k + 1) for k in range(len(timing.r_s))]
    return waves, _sums(beats, beat_of(timing, times), curve)


def _sums(
    names: Sequence[str], part_of: NDArray[np.int64], curve: NDArray[np.float64]
) -> tuple[Share, ...]:
    sums = np.bincount(part_of, weights=curve, minlength=len(names))
    time = np.bincount(part_of, minlength=len(names)) / curve.size
    return tuple(
        Share(name, float(total), float(part))
        for name, total, part in zip(names, sums, time, strict=True)
    )


def where_words(
    attribution: Attribution,
    timing: Timing | None = None,
    seeds: Sequence[Attribution] = (),
) -> str:
    """Say where and when a map speaks, from its numbers only.

    Parameters
    ----------
    seeds
        The maps of single seeds; one counts as the same where the named leads hold at least half of
        its push in the same direction.

    Returns
    -------
    str
        Such as "68 % of the push towards MI lies in V2-V4, mostly in the ST segment; the same leads
        in 5 of 5 seeds."
    """
    shares = shares_of(attribution, timing)
    if not shares.leads:
        return _when_words(shares)
    leads, held = strongest_leads(shares)
    what = _what(attribution, shares)
    if held < _MOST:
        return (
            f"The {what} is spread: its {_LEADS_AT_MOST} strongest leads, "
            f"{lead_words(leads)}, hold {percent(held, 0)} of it "
            f"({percent(len(leads) / len(LEADS), 0)} by chance)."
        )
    said = [
        f"{percent(held, 0)} of the {what} lies in {lead_words(leads)}",
        _mostly_words(attribution, leads, timing),
    ]
    same = sum(_holds(seed, leads, towards=shares.towards) for seed in seeds)
    seen = f"; the same leads in {same} of {counted(len(seeds), 'seed')}" if seeds else ""
    return f"{', '.join(filter(None, said))}{seen}."


def _what(attribution: Attribution, shares: Shares) -> str:
    if not attribution.signed:
        return "map"
    return f"push {'towards' if shares.towards else 'away from'} MI"


def strongest_leads(shares: Shares) -> tuple[list[str], float]:
    """Return the fewest leads that hold half of the push, four at most, and how much they hold."""
    ranked = sorted(shares.leads, key=lambda one: one.share, reverse=True)
    for n in range(1, _LEADS_AT_MOST + 1):
        held = sum(one.share for one in ranked[:n])
        if held >= _MOST:
            break
    return [one.part for one in ranked[:n]], held


def _holds(seed: Attribution, leads: Sequence[str], *, towards: bool) -> bool:
    scores = seed.scores if towards else -seed.scores
    of: Mapping[str, float] = replace(seed, scores=scores).lead_shares
    return sum(of[lead] for lead in leads) >= _MOST


def _mostly_words(attribution: Attribution, leads: Sequence[str], timing: Timing | None) -> str:
    """Name the wave that holds the most of what lies in some leads."""
    if timing is None:
        return ""
    kept = np.isin(LEADS, list(leads))[:, None]
    only, _ = turned(attribution)
    push = replace(only, scores=np.where(kept, only.scores, 0)).push
    waves, _ = _over_time(push, only.fs_hz, timing)
    wave = max(waves, key=lambda one: one.share)
    words = _WAVE_WORDS[wave.part]
    if wave.share >= _MOST:
        return f"mostly in {words}"
    return f"the largest part of it ({percent(wave.share, 0)}) in {words}"


def _when_words(shares: Shares) -> str:
    if not shares.waves:
        return ""
    wave = max(shares.waves, key=lambda one: one.share)
    return (
        f"{percent(wave.share, 0)} of the curve lies in {_WAVE_WORDS[wave.part]} "
        f"({percent(wave.chance, 0)} of the time)."
    )
