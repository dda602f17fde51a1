"""Suspicion that limb electrodes were swapped when a 12-lead ECG was recorded.

The chest leads do not depend on which limb electrode sits where (a swap among the three that form
the central terminal leaves it as it is), so that they predict what I and II should look like; the
idea is Kors' and van Herpen's (Am J Cardiol 2001;88:396-9). The P wave must agree: a sinus P wave
is upright in I and II. A swap with the right-leg electrode makes one limb lead the difference of
two legs, which is nearly flat (Haisty et al., Am J Cardiol 1993;71:1490-4).

Left arm against left leg is not looked for: its leads are as likely as the true ones (the chest
leads find 17 % of such swaps at the margin used here, at more false alarms than for all others
together). Nor are chest electrodes, whose order normal variants and infarcts disturb alike.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.signal import find_peaks

from ecgcore.records import FloatArray
from ecgcore.wording.numbers import number, signed

SWAP_FS_HZ = 100
MARGIN = 0.3
"""How much better the limb leads must fit the chest leads after the electrodes are put back
(difference of two correlations), when the P wave is inverted as well."""
MARGIN_WITHOUT_P = 0.6
"""The same where no P wave can be seen."""
MIN_FIT = 0.6
"""Correlation that must then be reached; bundle branch block and pacing often fit neither way."""
P_MV = 0.02
"""Smallest P wave that counts as upright or inverted."""
LEG_LEAD_MV = {"I": 0.10, "II": 0.10, "III": 0.08}
"""A limb lead whose median beat stays below this from peak to peak is nearly flat; the narrower
limit for III, which is small in many normal ECGs."""
LEG_RATIO = 3.0
"""How much larger the other two standard leads must then be."""

_BEAT = np.arange(-30, 46)
_P = slice(4, 26)
_QRS = slice(24, 40)
_MIN_BEATS = 3
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


@dataclass(frozen=True, slots=True, eq=False)
class _Exchange:
    """A swap of two electrodes as a matrix on (I, II), its own inverse, and the lead it inverts."""

    matrix: NDArray[np.float64]
    inverted: int


_EXCHANGES = {
    "LA/RA": _Exchange(np.array([[-1.0, 0.0], [-1.0, 1.0]]), 0),
    "RA/LL": _Exchange(np.array([[1.0, -1.0], [0.0, -1.0]]), 1),
}
_LEG_SWAPS = {"I": "arms/legs", "II": "RA/RL", "III": "LA/RL"}
SWAPS = {
    "LA/RA": "left and right arm electrodes",
    "RA/LL": "right arm and left leg electrodes",
    "RA/RL": "right arm and right leg electrodes",
    "LA/RL": "left arm and right leg electrodes",
    "arms/legs": "both arm and both leg electrodes",
}
"""The swaps that are looked for, in words."""


def suspected_swap(signal: FloatArray) -> Swap | None:
    """Look for swapped limb electrodes in ``(12, n_samples)`` mV at `SWAP_FS_HZ`.

    None where nothing speaks for a swap, or where fewer than three beats are found.
    """
    beat = _median_beat(signal)
    if beat is None:
        return None
    return _leg_swap(beat) or _exchange(beat)


def _median_beat(signal: FloatArray) -> NDArray[np.float64] | None:
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


def _leg_swap(beat: NDArray[np.float64]) -> Swap | None:
    sizes = dict(zip(("I", "II", "III"), np.ptp(_standard_leads(beat[:2]), axis=1), strict=True))
    lead = min(sizes, key=lambda name: sizes[name] / LEG_LEAD_MV[name])
    others = [name for name in sizes if name != lead]
    if sizes[lead] >= LEG_LEAD_MV[lead] or any(
        sizes[name] < max(LEG_RATIO * sizes[lead], 0.3) for name in others
    ):
        return None
    key = _LEG_SWAPS[lead]
    beside = " and ".join(f"{name} {sizes[name]:.2f} mV" for name in others)
    return Swap(
        key,
        f"{SWAPS[key]} may be swapped: lead {lead} is nearly flat ({sizes[lead]:.2f} mV from peak "
        f"to peak, {beside})",
    )


def _exchange(beat: NDArray[np.float64]) -> Swap | None:
    limb, expected = beat[:2], _CHEST_TO_LIMB @ beat[6:]
    as_recorded = _agreement(limb, expected)
    fits = {
        key: _agreement(exchange.matrix @ limb, expected) for key, exchange in _EXCHANGES.items()
    }
    key = max(fits, key=fits.__getitem__)
    lead = ("I", "II")[_EXCHANGES[key].inverted]
    p_mv = _p_wave(limb)
    p_words = _p_evidence(p_mv, _EXCHANGES[key], fits[key] - as_recorded, lead)
    if not p_words or fits[key] < MIN_FIT:
        return None
    return Swap(
        key,
        f"{SWAPS[key]} may be swapped: {p_words}, QRS in {lead} is {_qrs_words(limb, lead)}; I and "
        "II fit V1 to V6 better with the electrodes put back (correlation "
        f"{number(as_recorded, 2)} as recorded, {number(fits[key], 2)} then)",
    )


def _p_evidence(p_mv: NDArray[np.float64], exchange: _Exchange, margin: float, lead: str) -> str:
    """Say what the P wave adds, "" where a swap is not to be suspected."""
    mine, restored = p_mv[exchange.inverted], exchange.matrix @ p_mv
    if mine < -P_MV and restored[exchange.inverted] > 0 and restored.min() > -P_MV:
        return f"P in {lead} is inverted ({number(mine, 2)} mV)" if margin > MARGIN else ""
    if mine < P_MV and margin > MARGIN_WITHOUT_P:
        return f"no upright P in {lead}"
    return ""


def _p_wave(limb: NDArray[np.float64]) -> NDArray[np.float64]:
    """P amplitude in I and II, mV, where it is largest over I, II and III, above its two ends."""
    window = limb[:, _P]
    start, end = window[:, :2].mean(axis=1), window[:, -2:].mean(axis=1)
    bumps = window - np.linspace(start, end, window.shape[1], axis=1)
    return np.asarray(bumps[:, (_standard_leads(bumps) ** 2).sum(axis=0).argmax()])


def _qrs_words(limb: NDArray[np.float64], lead: str) -> str:
    qrs = limb[("I", "II").index(lead), _QRS]
    return f"{signed(max(qrs.max(), 0))} / {number(min(qrs.min(), 0), 2)} mV"


def _standard_leads(limb: NDArray[np.float64]) -> NDArray[np.float64]:
    """I, II and III from I and II; their common size does not depend on the electrodes' order."""
    return np.vstack([limb, limb[1:2] - limb[:1]])


def _agreement(limb: NDArray[np.float64], expected: NDArray[np.float64]) -> float:
    a, b = _standard_leads(limb), _standard_leads(expected)
    size = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum()) / size if size > 0 else 0.0
