"""Signal quality: the problems of each lead, and electrodes that may be swapped.

The limits are on the cautious side: a lead without a problem may still be imperfect. Where no
standard gives a number they were chosen on PTB-XL's folds 1 to 8, by eye and against the noise
columns of its table.

Mains is told at rates above `MAINS_MIN_FS_HZ` only: at 100 Hz, 50 Hz lies at the Nyquist frequency
and 60 Hz beyond it, so that an amplitude could not be trusted. A recording shorter than `MIN_S` is
looked through for flat, clipped and missing leads alone.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.ndimage import correlate1d
from scipy.signal import butter, firwin, sosfiltfilt

from ecgcore.leads import LEADS
from ecgcore.records import EcgRecord, FloatArray
from ecgcore.signals.clipping import jump_beside, limited
from ecgcore.signals.filters import resample
from ecgcore.signals.lead_swaps import SWAP_FS_HZ, suspected_swap
from ecgcore.wording.numbers import number

KIND_NAMES = {
    "flat": "flat lead",
    "clipped": "clipped",
    "missing": "missing",
    "contradiction": "contradictory limb lead",
    "noise": "noise",
    "baseline": "baseline wander",
    "mains": "mains",
}
"""Kinds of problems and their names for the reader."""

FLAT_S = 0.7
"""Seconds without any change from which a lead is called flat; in 1,089 recordings of four kinds of
devices a lead rests for 0.55 s at most."""
NEARLY_FLAT_MV = 0.03
"""A lead that stays within this for `NEARLY_FLAT_S` while others beat is flat too; the noise of an
electrocardiograph itself may be 0.03 mV (IEC 60601-2-25)."""
NEARLY_FLAT_S = 2
BEATING_MV = 0.2
CONTRADICTION_MV = 0.1
"""For a quarter of the time III, aVR, aVL or aVF differs from what I and II say by one small square
or more. A device that filters or samples its leads apart does that too: such a lead is still read,
unless it differs so much between 1 and 35 Hz, in its beats, and does not resemble what they say."""
CONTRADICTION_RESEMBLES = 0.5
"""Correlation with what I and II say, between 1 and 35 Hz, from which a lead resembles it."""
CONTRADICTION_PEAK_MV = 1.0
"""A difference this large counts in a single sample."""
RAIL_STEP_MV_S = 10.0
"""Slope at the edge of a plateau that only a cut-off QRS has; T waves and wander are slower."""
RAIL_SAMPLES = 6
RAIL_NEAR_MV = 0.3
RAIL_S = 0.1
RAIL_MV = 1.5
"""A single plateau of `RAIL_S` at the extreme counts from this distance to the lead's median."""
NOISE_MV = 0.015
"""RMS from 20 to 40 Hz in the quiet quarter of a second; fuzz of about 0.1 mV from peak to peak,
one small square, as 6 RMS."""
WHITE_NOISE_MV = 0.024
"""Standard deviation of noise that is as strong at every frequency: at 100 Hz it has `NOISE_MV`
between 20 and 40 Hz. At higher rates it is told from 20 Hz on, mains left out."""
BASELINE_MV = 1.0
"""Span of the running median over 0.6 s, one centimetre at standard gain."""
JUMP_MV = 0.6
"""Change of that median within 0.7 s."""
OFFSET_MV = 2.0
MAINS_MV = 0.02
"""Amplitude of a 50 or 60 Hz sine."""
MAINS_RATIO = 3.0
"""How far it must stand above its neighbours 15 Hz away; muscle noise has no such line."""
MAINS_MIN_FS_HZ = 160
MIN_S = 2.0

NOTE_LETTERS = 24
"""As many fit beside the name of a lead in the last column of the paper."""

_FS_HZ = SWAP_FS_HZ
_NOISE_BAND = firwin(31, [20, 40], pass_zero=False, fs=_FS_HZ).astype(np.float32)
_DERIVED = {
    "III": ("II − I", (-1.0, 1.0)),
    "aVR": ("−(I + II) / 2", (-0.5, -0.5)),
    "aVL": ("I − II / 2", (1.0, -0.5)),
    "aVF": ("II − I / 2", (-0.5, 1.0)),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem of one lead.

    Attributes
    ----------
    kind
        Key of `KIND_NAMES`.
    words
        For the reader, with the number that was measured.
    severe
        True when the lead should not be read.
    """

    kind: str
    words: str
    severe: bool


@dataclass(frozen=True, slots=True)
class Quality:
    """Problems of each lead in the order of `LEADS`, and a suspected swap of electrodes.

    ``swap`` is the reason in words and ``swap_key`` a key of `ecgcore.signals.lead_swaps.SWAPS`;
    both are "" when nothing speaks for a swap.
    """

    leads: tuple[tuple[Problem, ...], ...]
    swap: str = ""
    swap_key: str = ""

    @property
    def unreadable(self) -> tuple[str, ...]:
        """Leads that should not be read."""
        named = zip(LEADS, self.leads, strict=True)
        return tuple(lead for lead, problems in named if any(one.severe for one in problems))

    @property
    def readable(self) -> bool:
        """False where half of the leads or more should not be read."""
        return 2 * len(self.unreadable) < len(LEADS)

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``: whether it can be read, and every problem in words."""
        problems = [
            f"{lead}: {one.words}"
            for lead, found in zip(LEADS, self.leads, strict=True)
            for one in found
        ]
        return {
            "readable": self.readable,
            "problems": [*([self.swap] if self.swap else []), *problems],
        }


def lead_notes(quality: Quality) -> dict[str, str]:
    """Name each lead's problems in a word or two, to stand beside the lead on the paper."""
    return {
        lead: _note(problems)
        for lead, problems in zip(LEADS, quality.leads, strict=True)
        if problems
    }


def _note(problems: tuple[Problem, ...]) -> str:
    """Name the problems, the severe ones first, or the first and how many more there are."""
    worst_first = sorted(problems, key=lambda problem: not problem.severe)
    names = list(dict.fromkeys(KIND_NAMES[problem.kind] for problem in worst_first))
    words = ", ".join(names)
    return words if len(words) <= NOTE_LETTERS else f"{names[0]}, {len(names) - 1} more"


Found = dict[int, Problem]
"""Problems of one kind by the lead's position."""


def assess(record: EcgRecord) -> Quality:
    """Look for problems in each lead and for swapped electrodes, at any rate and length.

    Examples
    --------
    >>> from ecgcore.io.recordings import read_upload
    >>> from ecgcore.ptbxl.synthetic import example_csv
    >>> record = read_upload([("example.csv", example_csv())])
    >>> record.signal[6] = 0
    >>> lead_notes(assess(record))
    {'V1': 'missing'}
    """
    signal, fs_hz = record.signal, record.fs_hz
    missing = _constant(signal)
    found = [_flat(record), _clipped(signal, fs_hz), _contradictions(signal, fs_hz, missing)]
    swap = None
    if record.duration_s >= MIN_S:
        slow = resample(signal, fs_hz, _FS_HZ)
        found += [_noise(slow, _white_noise(signal, fs_hz)), _baseline(slow), _mains(signal, fs_hz)]
        unreadable = {k for kind in (missing, *found) for k, one in kind.items() if one.severe}
        swap = suspected_swap(slow, unreadable)
    leads = tuple(
        (missing[lead],) if lead in missing else tuple(kind[lead] for kind in found if lead in kind)
        for lead in range(len(LEADS))
    )
    return Quality(leads, swap.words if swap else "", swap.key if swap else "")


def longest_flat_s(record: EcgRecord) -> NDArray[np.float64]:
    """Return for each lead the longest time without any change, ``(12,)`` in seconds."""
    still = np.diff(record.signal, axis=1) == 0
    longest = [max(map(len, bytes(row).split(b"\x00"))) for row in still]
    return np.array(longest) / record.fs_hz


def _constant(signal: FloatArray) -> Found:
    return {
        int(lead): Problem("missing", f"no signal, {number(level_mv, 2)} mV throughout", True)
        for lead, level_mv in enumerate(signal[:, 0])
        if np.ptp(signal[lead]) == 0
    }


def _flat(record: EcgRecord) -> Found:
    exact = longest_flat_s(record)
    nearly = _nearly_flat_s(record)
    found = {
        int(lead): Problem("flat", f"flat for {exact[lead]:.1f} s", True)
        for lead in np.flatnonzero(exact >= FLAT_S)
    }
    for lead in np.flatnonzero((exact < FLAT_S) & (nearly >= NEARLY_FLAT_S)):
        words = f"nearly flat for {nearly[lead]} s (within {NEARLY_FLAT_MV:.2f} mV)"
        found[int(lead)] = Problem("flat", words, True)
    return found


def _nearly_flat_s(record: EcgRecord) -> NDArray[np.int64]:
    """Whole seconds in which a lead rests while the recording beats, ``(12,)``."""
    n_s = record.n_samples // record.fs_hz
    seconds = record.signal[:, : n_s * record.fs_hz].reshape(len(LEADS), n_s, record.fs_hz)
    spans = np.ptp(seconds, axis=2)
    beating = np.median(spans, axis=0) > BEATING_MV
    return np.asarray(((spans < NEARLY_FLAT_MV) & beating).sum(axis=1))


def _clipped(signal: FloatArray, fs_hz: int) -> Found:
    lowest, highest = signal.min(axis=1, keepdims=True), signal.max(axis=1, keepdims=True)
    found: Found = {}
    for lead, row in enumerate(signal):
        rails = [
            float(rail[lead, 0])
            for rail in (lowest, highest)
            if _at_rail(row, rail[lead, 0], fs_hz) or limited(row, rail[lead, 0], fs_hz)
        ]
        if rails and lowest[lead, 0] < highest[lead, 0]:
            at = " and ".join(f"{number(rail, 1)} mV" for rail in rails)
            n = int(np.isin(row, rails).sum())
            found[lead] = Problem("clipped", f"cut off at {at} ({n} samples)", True)
    return found


def _at_rail(row: FloatArray, rail: np.float32, fs_hz: int) -> bool:
    """Say whether the samples at an extreme value look cut off."""
    at = np.flatnonzero(row == rail)
    distance = abs(float(np.median(row)) - float(rail))
    if len(at) < RAIL_SAMPLES or distance < RAIL_NEAR_MV:
        return False
    plateaus = [run for run in np.split(at, np.flatnonzero(np.diff(at) > 1) + 1) if len(run) > 1]
    if distance >= RAIL_MV and any(len(run) >= RAIL_S * fs_hz for run in plateaus):
        return True
    steps = np.abs(np.diff(row))
    steep = max(RAIL_STEP_MV_S / fs_hz, 4 * float(steps[steps > 0].min(initial=np.inf)))
    cut = [len(run) for run in plateaus if jump_beside(run, steps) >= steep]
    return sum(cut) >= RAIL_SAMPLES


def _contradictions(signal: FloatArray, fs_hz: int, missing: Found) -> Found:
    """Find derived limb leads that do not follow from I and II (Einthoven, Goldberger)."""
    found: Found = {}
    if 0 in missing or 1 in missing:
        return found
    for name, (formula, weights) in _DERIVED.items():
        lead = LEADS.index(name)
        expected = np.asarray(weights, dtype=np.float32) @ signal[:2]
        gap = np.abs(signal[lead] - expected)
        if np.percentile(gap, 75) >= CONTRADICTION_MV or gap.max() >= CONTRADICTION_PEAK_MV:
            unlike = _unlike(signal[lead], expected, fs_hz)
            verb = "contradicts I and II," if unlike else "resembles but"
            words = f"{verb} differs from {formula} by up to {gap.max():.2f} mV"
            found[lead] = Problem("contradiction", words, unlike)
    return found


def _unlike(row: FloatArray, expected: FloatArray, fs_hz: int) -> bool:
    """Say whether a lead's beats differ from the expected ones for a quarter of the time."""
    band = butter(2, (1, 35), "bandpass", fs=fs_hz, output="sos")
    if len(row) <= MIN_S * fs_hz:
        mine, said = row - row.mean(), expected - expected.mean()
    else:
        mine, said = sosfiltfilt(band, np.stack([row, expected]).astype(np.float64))
    lasting = bool(np.percentile(np.abs(mine - said), 75) >= CONTRADICTION_MV)
    size = float(np.sqrt((mine**2).sum() * (said**2).sum()))
    return lasting and float((mine * said).sum()) < CONTRADICTION_RESEMBLES * size


def _white_noise(signal: FloatArray, fs_hz: int) -> FloatArray | None:
    """Return the SD of noise as strong at every frequency, ``(12, seconds)``; None at low rates."""
    if fs_hz < MAINS_MIN_FS_HZ:
        return None
    taps = firwin(round(0.15 * fs_hz) * 2 + 1, [20, 45, 65], pass_zero=False, fs=fs_hz)
    level = np.median(signal, axis=1, keepdims=True)
    fast = correlate1d(signal - level, taps.astype(np.float32), axis=1)
    return _quiet_rms(fast, fs_hz) / np.float32(np.sqrt((taps**2).sum()))


def _quiet_rms(fast: FloatArray, fs_hz: int) -> FloatArray:
    """RMS in the quiet quarter of each second, which has no QRS, ``(12, seconds)``."""
    n_s, n = fast.shape[1] // fs_hz, fs_hz // 10
    tenths = fast[:, : n_s * fs_hz].reshape(len(LEADS), n_s, fs_hz)[:, :, : 10 * n]
    rms = np.sqrt((tenths.reshape(len(LEADS), n_s, 10, n) ** 2).mean(axis=3))
    return np.asarray(np.sort(rms, axis=2)[:, :, 2])


def _noise(slow: FloatArray, white: FloatArray | None = None) -> Found:
    """Find muscle and other fast noise at 100 Hz, or noise of every frequency in `white`."""
    level = _quiet_rms(correlate1d(slow, _NOISE_BAND, axis=1), _FS_HZ)
    if white is not None:
        shared = min(level.shape[1], white.shape[1])
        level = np.maximum(level[:, :shared], white[:, :shared] * (NOISE_MV / WHITE_NOISE_MV))
    worst, usual = level.max(axis=1), np.median(level, axis=1)
    heights = np.percentile(slow, 99.5, axis=1) - np.percentile(slow, 0.5, axis=1)
    found: Found = {}
    for lead in np.flatnonzero(worst >= NOISE_MV):
        words = (
            f"noise {usual[lead]:.3f} mV RMS"
            if usual[lead] >= NOISE_MV
            else f"noise {worst[lead]:.3f} mV RMS in second {level[lead].argmax() + 1}"
        )
        found[int(lead)] = Problem("noise", words, bool(6 * usual[lead] > heights[lead] / 3))
    return found


def _baseline(slow: FloatArray) -> Found:
    pairs = slow[:, : slow.shape[1] // 2 * 2].reshape(len(LEADS), -1, 2).mean(axis=2)
    level = np.median(sliding_window_view(pairs, 30, axis=1)[:, ::5], axis=2)
    span, middle = np.ptp(level, axis=1), np.median(level, axis=1)
    shift = np.abs(level[:, 7:] - level[:, :-7])
    found: Found = {}
    for lead in range(len(LEADS)):
        jump = float(shift[lead].max())
        if jump >= JUMP_MV:
            at_s = _shift_s(pairs[lead], level[lead], int(shift[lead].argmax()))
            words = f"baseline shifts by {jump:.1f} mV at {at_s:.1f} s"
        elif span[lead] >= BASELINE_MV:
            words = f"baseline wanders by {span[lead]:.1f} mV"
        elif abs(middle[lead]) >= OFFSET_MV:
            words = f"baseline at {number(middle[lead], 1)} mV"
        else:
            continue
        found[lead] = Problem("baseline", words, bool(span[lead] >= 3 * BASELINE_MV))
    return found


def _shift_s(pairs: FloatArray, level: FloatArray, at: int) -> float:
    """Return when a lead passes from one level to the next best: each sample nearer to its own."""
    before, after = level[at], level[at + 7]
    window = pairs[5 * at : 5 * at + 65]
    nearer = np.abs(window - before) - np.abs(window - after)
    split = int(np.cumsum(np.r_[0.0, nearer]).argmin())
    return (5 * at + split) / (_FS_HZ / 2)


def _mains(signal: FloatArray, fs_hz: int) -> Found:
    """Find a narrow line at 50 or 60 Hz in the quiet quarter of windows of 0.2 s."""
    if fs_hz < MAINS_MIN_FS_HZ:
        return {}
    n = round(0.2 * fs_hz)
    windows = signal[:, : signal.shape[1] // n * n].reshape(len(LEADS), -1, n)
    taper = np.hanning(n + 1)[:n]
    lines = np.abs(np.fft.rfft(windows * taper, axis=2)) * (2 / taper.sum())
    level = np.percentile(lines, 25, axis=1)
    amplitude = {hz: level[:, hz // 5] for hz in (50, 60)}
    found: Found = {}
    for hz, mv in amplitude.items():
        beside = np.maximum(level[:, (hz - 15) // 5], level[:, min((hz + 15) // 5, n // 2)])
        for lead in np.flatnonzero((mv >= MAINS_MV) & (mv >= MAINS_RATIO * beside)):
            if mv[lead] >= max(line[lead] for line in amplitude.values()):
                words = f"mains {hz} Hz, {mv[lead]:.2f} mV"
                found[int(lead)] = Problem("mains", words, bool(mv[lead] >= 5 * MAINS_MV))
    return found
