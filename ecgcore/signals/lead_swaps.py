"""Suspicion that electrodes were swapped when a 12-lead ECG was recorded.

Three small networks read the median beat of I, II and V1 to V6 and say which electrodes may be
swapped: two of the limbs, V1 with V2, or V1 to V6 in reverse. They learnt it from PTB-XL's folds 1
to 8, whose electrodes were swapped by calculation; `python3.11 -m ecgcore bench swaps` says what
they find. The idea that limb and chest leads predict each other is Kors' and van Herpen's (Am J
Cardiol 2001;88:396-9); the reason for the reader names what Abdollah and Milliken, and Haisty et
al. (Am J Cardiol 1993;71:1490-4), look at: P wave, QRS and progression of R.

A swap with the right-leg electrode makes one limb lead the difference of two legs, which is nearly
flat (Haisty et al.), perfectly so where the legs have one potential.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from scipy.ndimage import uniform_filter1d
from scipy.signal import find_peaks

from ecgcore.records import FloatArray
from ecgcore.wording.numbers import number, signed

Beat = NDArray[np.float64]

SWAP_FS_HZ = 100
NETWORKS_FILE = Path(__file__).with_suffix(".safetensors")
NETWORKS = 3
KINDS = ("", "LA/RA", "RA/LL", "LA/LL", "V1-V6", "V1/V2")
"""What the networks tell apart: no swap, then keys of `SWAPS`."""
MARGINS = {"LA/RA": 1.5, "RA/LL": 1.5, "LA/LL": 4.2, "V1-V6": 1.8, "V1/V2": 1.8}
"""How far a swap's log probability must lie above that of no swap: of fold 9, of every kind of
heart, 0.1 to 0.15 % of the records as they are lie above each."""
P_MV = 0.02
"""Smallest P wave that counts as inverted."""
BETTER_FIT = 0.1
"""Difference of two correlations that is worth a word."""
LEG_LEAD_MV = {"I": 0.10, "II": 0.10, "III": 0.08}
"""A limb lead whose median beat stays below this from peak to peak is nearly flat; the narrower
limit for III, which is small in many normal ECGs."""
LEG_RATIO, LEG_OTHERS_MV = 3.0, 0.3
"""How much larger the other two standard leads must then be, and their least size."""
STILL_MV, STILL_OTHERS_MV = 0.05, 0.12
"""Below the first no heart left a lead in 12,334 records of PTB-XL: the others may be smaller."""
FOLLOWS_MV = 0.1
"""III must follow from I and II: else a lead is flat because its cable or file lacks it."""

_BEAT = np.arange(-30, 46)
_P = slice(4, 26)
_QRS = slice(24, 40)
_MIN_BEATS = 3
_READ = (0, 1, 6, 7, 8, 9, 10, 11)
_CHEST_TO_LIMB = np.array(
    [
        [-0.517, 0.259, 0.050, -0.111, 0.092, 0.388],
        [-0.101, -0.032, 0.091, 0.132, -0.145, 0.659],
    ]
)
"""I and II from V1 to V6: least squares over the median beats of PTB-XL's 4,451 pure normal
records in folds 1 to 8, each scaled to the same RMS."""


@dataclass(frozen=True, slots=True)
class Swap:
    """Electrodes that may be swapped: a key of `SWAPS`, and the reason for the reader."""

    key: str
    words: str


LIMB_MATRICES = {
    "LA/RA": np.array([[-1.0, 0.0], [-1.0, 1.0]]),
    "RA/LL": np.array([[1.0, -1.0], [0.0, -1.0]]),
    "LA/LL": np.array([[0.0, 1.0], [1.0, 0.0]]),
}
"""Swaps of two limb electrodes as matrices on (I, II), each its own inverse."""
_INVERTED = {"LA/RA": "I", "RA/LL": "II"}
_LEG_SWAPS = {"I": "arms/legs", "II": "RA/RL", "III": "LA/RL"}
SWAPS = {
    "LA/RA": "left and right arm electrodes",
    "RA/LL": "right arm and left leg electrodes",
    "RA/RL": "right arm and right leg electrodes",
    "LA/RL": "left arm and right leg electrodes",
    "arms/legs": "both arm and both leg electrodes",
    "LA/LL": "left arm and left leg electrodes",
    "V1-V6": "chest electrodes V1 to V6 in reverse order",
    "V1/V2": "chest electrodes V1 and V2",
}
"""The swaps that are looked for, in words."""


def suspected_swap(signal: FloatArray, unreadable: Collection[int] = ()) -> Swap | None:
    """Look for swapped electrodes in ``(12, n_samples)`` mV at `SWAP_FS_HZ`.

    None where nothing speaks for a swap, or where fewer than three beats are found. Where a lead
    that the networks read is among the `unreadable`, only a swap with a leg is looked for.
    """
    beat = median_beat(signal)
    if beat is None:
        return None
    found = _leg_swap(beat)
    return found if found or not {*_READ}.isdisjoint(unreadable) else _exchange(beat)


def swapped(signal: NDArray[np.floating], key: str) -> NDArray[np.float64]:
    """Return what the 12 leads ``(..., 12, n)`` show with electrodes swapped; "" changes nothing.

    The legs have one potential here.
    """
    i, ii = np.asarray(signal[..., 0, :]), np.asarray(signal[..., 1, :])
    ra = -(i + ii) / 3
    la, ll, chest = i + ra, ii + ra, np.asarray(signal[..., 6:, :])
    rl = ll
    if key == "V1-V6":
        chest = chest[..., ::-1, :]
    elif key == "V1/V2":
        chest = chest[..., [1, 0, 2, 3, 4, 5], :]
    else:
        at = {"LA/RA": (la, ra, ll), "RA/LL": (ll, la, ra), "LA/LL": (ra, ll, la)}
        at |= {"RA/RL": (rl, la, ll), "LA/RL": (ra, rl, ll), "arms/legs": (rl, ll, la)}
        ra, la, ll = at.get(key, (ra, la, ll))
    i, ii = la - ra, ll - ra
    limb = np.stack([i, ii, ii - i, -(i + ii) / 2, i - ii / 2, ii - i / 2], axis=-2)
    terminal = np.expand_dims((ra + la + ll) / 3, -2)
    return np.concatenate([limb, chest - terminal], axis=-2).astype(np.float64)


def median_beat(signal: FloatArray) -> Beat | None:
    """Median beat ``(12, 76)``, 0.3 s before to 0.45 s after the steepest point of the QRS."""
    if signal.shape[1] <= len(_BEAT):
        return None
    drift = uniform_filter1d(uniform_filter1d(signal, 70, axis=1), 70, axis=1)
    level = signal - drift
    slope = uniform_filter1d(np.abs(np.diff(level, axis=1)).sum(axis=0), 8)
    peaks, _ = find_peaks(slope, height=0.4 * np.percentile(slope, 98), distance=30)
    inside = peaks[(peaks + _BEAT[0] >= 0) & (peaks + _BEAT[-1] < signal.shape[1])]
    if len(inside) < _MIN_BEATS:
        return None
    return np.asarray(np.median(level[:, inside[:, None] + _BEAT], axis=1))


def _leg_swap(beat: Beat) -> Swap | None:
    standard = _standard_leads(beat[:2])
    sizes = dict(zip(("I", "II", "III"), np.ptp(standard, axis=1), strict=True))
    lead = min(sizes, key=lambda name: sizes[name] / LEG_LEAD_MV[name])
    others = [name for name in sizes if name != lead]
    least_mv = STILL_OTHERS_MV if sizes[lead] < STILL_MV else LEG_OTHERS_MV
    if sizes[lead] >= LEG_LEAD_MV[lead] or any(
        sizes[name] < max(LEG_RATIO * sizes[lead], least_mv) for name in others
    ):
        return None
    if np.ptp(beat[2] - standard[2]) >= FOLLOWS_MV:
        return None
    key = _LEG_SWAPS[lead]
    beside = " and ".join(f"{name} {sizes[name]:.2f} mV" for name in others)
    return Swap(
        key,
        f"{SWAPS[key]} may be swapped: lead {lead} is nearly flat ({sizes[lead]:.2f} mV from peak "
        f"to peak, {beside})",
    )


def inputs(beats: Beat) -> NDArray[np.float32]:
    """Return what the networks read of median beats ``(n, 12, 76)``, ``(n, 609)``.

    I and II over the RMS of I, II and III, V1 to V6 over theirs, and the logarithm of their ratio.
    """
    limb, chest = beats[:, :2], beats[:, 6:]
    sizes = [
        np.sqrt((leads**2).mean(axis=(1, 2), keepdims=True)) + 1e-3
        for leads in (np.concatenate([limb, limb[:, 1:] - limb[:, :1]], axis=1), chest)
    ]
    shapes = np.concatenate([limb / sizes[0], chest / sizes[1]], axis=1).reshape(len(beats), -1)
    ratio = np.log(sizes[0] / sizes[1]).reshape(-1, 1)
    return np.concatenate([shapes, ratio], axis=1).astype(np.float32)


def log_probs(beats: Beat) -> NDArray[np.float64]:
    """Return the mean log probability of each of `KINDS` for median beats, ``(n, 6)``."""
    x, weights = inputs(beats), _weights()
    total = np.zeros((len(beats), len(KINDS)))
    for k in range(NETWORKS):
        y = x
        for layer in ("hidden", "second", "out"):
            y = y @ weights[f"{k}.{layer}.weight"].T + weights[f"{k}.{layer}.bias"]
            y = np.maximum(y, 0) if layer != "out" else y
        top = y.max(axis=1, keepdims=True)
        total += y - top - np.log(np.exp(y - top).sum(axis=1, keepdims=True))
    return total / NETWORKS


@cache
def _weights() -> dict[str, NDArray[np.float32]]:
    return {name: w.astype(np.float32) for name, w in load_file(NETWORKS_FILE).items()}


def found_kinds(beats: Beat) -> list[str]:
    """Say which of `KINDS` each median beat ``(n, 12, 76)`` is suspected to be."""
    logs = log_probs(beats)
    above = logs[:, 1:] - logs[:, :1] - np.array([MARGINS[key] for key in KINDS[1:]])
    return [KINDS[1 + int(row.argmax())] if row.max() > 0 else "" for row in above]


def _exchange(beat: Beat) -> Swap | None:
    (key,) = found_kinds(beat[None])
    if not key:
        return None
    facts = _limb_facts(beat, key) if key in LIMB_MATRICES else _chest_facts(beat, key)
    verb = "may be placed" if key == "V1-V6" else "may be swapped"
    return Swap(key, f"{_subject(key, verb)}: {'; '.join(facts)}")


def _subject(key: str, verb: str) -> str:
    if key == "V1-V6":
        return "chest electrodes V1 to V6 may be placed in reverse order"
    return f"{SWAPS[key]} {verb}"


def _limb_facts(beat: Beat, key: str) -> list[str]:
    """Name P, QRS and the fit to the chest leads."""
    limb, expected = beat[:2], _CHEST_TO_LIMB @ beat[6:]
    lead = _INVERTED.get(key, "I")
    p_mv = dict(zip(("I", "II"), _p_wave(limb), strict=True))
    facts = [f"QRS in {lead} is {_qrs_words(limb, lead)}"]
    if key == "LA/LL":
        facts = [f"P is {number(p_mv['I'], 2)} mV in I and {number(p_mv['II'], 2)} mV in II"]
    elif p_mv[lead] < -P_MV:
        facts.insert(0, f"P in {lead} is inverted ({number(p_mv[lead], 2)} mV)")
    before, after = (_agreement(leads, expected) for leads in (limb, LIMB_MATRICES[key] @ limb))
    if after - before >= BETTER_FIT:
        facts.append(
            "I and II fit V1 to V6 better with the electrodes put back (correlation "
            f"{number(before, 2)} as recorded, {number(after, 2)} then)"
        )
    return facts


def _chest_facts(beat: Beat, key: str) -> list[str]:
    """Name R and S of the leads in question."""
    leads = ("V1", "V6") if key == "V1-V6" else ("V1", "V2", "V3")
    said = [f"{lead} {_qrs_of(beat[5 + int(lead[1])])}" for lead in leads]
    return [f"QRS is {', '.join(said[:-1])} and {said[-1]}, against the usual growth of R"]


def _p_wave(limb: Beat) -> Beat:
    """P amplitude in I and II, mV, where it is largest over I, II and III, above its two ends."""
    window = limb[:, _P]
    start, end = window[:, :2].mean(axis=1), window[:, -2:].mean(axis=1)
    bumps = window - np.linspace(start, end, window.shape[1], axis=1)
    return np.asarray(bumps[:, (_standard_leads(bumps) ** 2).sum(axis=0).argmax()])


def _qrs_words(limb: Beat, lead: str) -> str:
    return _qrs_of(limb[("I", "II").index(lead)])


def _qrs_of(row: Beat) -> str:
    qrs = row[_QRS]
    return f"{signed(max(qrs.max(), 0))} / {number(min(qrs.min(), 0), 2)} mV"


def _standard_leads(limb: Beat) -> Beat:
    """I, II and III from I and II; their common size does not depend on the electrodes' order."""
    return np.vstack([limb, limb[1:2] - limb[:1]])


def _agreement(limb: Beat, expected: Beat) -> float:
    a, b = _standard_leads(limb), _standard_leads(expected)
    size = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum()) / size if size > 0 else 0.0
