"""A dipole model of the heart: 12-lead ECGs with a known rhythm, axis and infarct.

The heart vector (Frank's axes: x to the left, y to the feet, z to the back; mV) is a sum of
Gaussian kernels in time around each R peak (McSharry et al., IEEE Trans Biomed Eng 2003; Sameni et
al., EURASIP J Adv Signal Process 2007). Dower's matrix projects it on the eight independent leads
(Dower et al., J Electrocardiol 1980; its pseudo-inverse is the "inverse Dower" transform).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecgcore.leads import LEADS
from ecgcore.records import FloatArray

FS_HZ = 100
N_SAMPLES = 1000
UNITS_PER_MV = 1000

Array = NDArray[np.float64]


class Kernel(NamedTuple):
    """One Gaussian of the heart vector: centre after the R peak, width (1 SD) and x, y, z in mV."""

    centre_s: float
    width_s: float
    x: float
    y: float
    z: float


DOWER = np.array(
    [
        [0.632, -0.235, 0.059],
        [0.235, 1.066, -0.132],
        [-0.515, 0.157, -0.917],
        [0.044, 0.164, -1.387],
        [0.882, 0.098, -1.277],
        [1.213, 0.127, -0.601],
        [1.125, 0.127, -0.086],
        [0.831, 0.076, 0.230],
    ]
)
"""Leads I, II, V1-V6 from x, y, z."""

INFARCT_DIRECTIONS = {
    "AMI": (0.3, -0.45, -1.0),
    "ASMI": (-0.1, -0.3, -1.0),
    "IMI": (-0.25, 1.0, 0.2),
    "LMI": (1.0, -0.4, 0.3),
}
"""Direction of the infarcted wall, seen from the centre of the heart, by SCP code."""

TERRITORY = {"AMI": "anterior", "ASMI": "anterior", "IMI": "inferior", "LMI": "lateral"}

_ATRIA = (
    Kernel(0.045, 0.020, 0.052, 0.078, -0.045),
    Kernel(0.072, 0.020, 0.074, 0.050, 0.032),
)
"""Right and left atrium; centres count from the onset of P."""

_VENTRICLES = (
    Kernel(-0.022, 0.007, -0.24, -0.06, -0.25),
    Kernel(0.000, 0.011, 1.10, 0.80, 0.10),
    Kernel(0.018, 0.011, 0.15, -0.05, 0.72),
    Kernel(0.034, 0.008, -0.22, -0.14, 0.20),
)
"""Septum, apex and free wall, posterior wall, base."""

_REPOLARISATION = (
    Kernel(-0.045, 0.045, 0.11, 0.07, -0.07),
    Kernel(0.000, 0.030, 0.16, 0.12, -0.09),
)
"""The slow rise and the peak of T; centres count from the peak, at 60 beats/min."""

_QRS_ONSET_S = -0.040
_T_PEAK_TO_END_S = 0.075


@dataclass(frozen=True, slots=True)
class SyntheticCase:
    """Ground truth behind one synthetic record.

    Attributes
    ----------
    code
        "NORM" or a key of `INFARCT_DIRECTIONS`.
    severity
        Size of the infarct's signs, 0 (none) to 1 (clear).
    likelihood
        Likelihood of the infarct in per cent as the catalogue states it; 0 for "NORM".
    freshness
        1 = recent (mostly ST elevation), 0 = old (mostly Q and inverted T).
    heart_rate_bpm, pr_s
        Mean rate and the interval from the onset of P to that of QRS.
    axis_deg, horizontal_deg
        Turn of the QRS loop clockwise in the frontal plane (the mean axis is near 50 degrees) and
        towards the back in the horizontal plane; P and T turn half as far.
    gain
        Factor on all amplitudes.
    noise, noise_leads
        A noise column of PTB-XL ("baseline_drift", "static_noise", "burst_noise") and where it is
        heavy: "I-AVF" (all limb leads) or one chest lead; empty for a clean record.
    """

    code: str = "NORM"
    severity: float = 0.0
    likelihood: int = 0
    freshness: float = 0.5
    heart_rate_bpm: float = 70.0
    pr_s: float = 0.16
    axis_deg: float = 0.0
    horizontal_deg: float = 0.0
    gain: float = 1.0
    noise: str = ""
    noise_leads: str = ""

    @property
    def territory(self) -> str:
        """Territory of the infarct: anterior, inferior or lateral; empty for a normal heart."""
        return TERRITORY.get(self.code, "")


def simulate(case: SyntheticCase, rng: np.random.Generator) -> FloatArray:
    """Draw one recording of a case.

    Parameters
    ----------
    case
        What to draw.
    rng
        Draws beat times, breathing, electrode gains and noise.

    Returns
    -------
    ndarray
        ``(12, 1000)`` float32 in mV at 100 Hz, whole microvolts, leads in the order of `LEADS`.
    """
    t = np.arange(N_SAMPLES) / FS_HZ
    breath_hz, breath_phase = rng.uniform(0.18, 0.32), rng.uniform(0, 2 * np.pi)
    beats = _beat_times(case, breath_hz, breath_phase, rng)
    breath = np.sin(2 * np.pi * breath_hz * t + breath_phase)
    leads = DOWER @ heart_vector(case, t, beats) * (1 + 0.04 * breath)
    leads *= np.r_[1.0, 1.0, rng.normal(1, 0.06, 6)][:, None]
    return _twelve(leads + _disturbance(case, t, breath, rng))


def heart_vector(case: SyntheticCase, t: Array, beats: Array) -> Array:
    """Return the heart vector without noise.

    Parameters
    ----------
    t
        Times in s, ``(n,)``.
    beats
        Times of the R peaks in s, ascending.

    Returns
    -------
    ndarray
        x, y, z in mV, ``(3, n)``.
    """
    kernels = np.array(_normal_kernels(case) + _infarct_kernels(case))
    since_centre = t - kernels[:, :1]
    nearest = np.searchsorted((beats[1:] + beats[:-1]) / 2, since_centre)
    shape = np.exp(-0.5 * ((since_centre - beats[nearest]) / kernels[:, 1:2]) ** 2)
    return np.asarray(case.gain * kernels[:, 2:].T @ shape)


def _normal_kernels(case: SyntheticCase) -> list[Kernel]:
    full = _turn(case.axis_deg, case.horizontal_deg)
    half = _turn(case.axis_deg / 2, case.horizontal_deg / 2)
    stretch = np.sqrt(60 / case.heart_rate_bpm)
    p_onset = _QRS_ONSET_S - case.pr_s
    return [
        *(_moved(k, p_onset, 1.0, half) for k in _ATRIA),
        *(_moved(k, 0.0, 1.0, full) for k in _VENTRICLES),
        *(_moved(k, _t_peak_s(case), stretch, half) for k in _REPOLARISATION),
    ]


def _infarct_kernels(case: SyntheticCase) -> list[Kernel]:
    """Turn the initial forces and T away from the dead wall and the ST current towards it."""
    if not case.territory:
        return []
    wall = _per_largest_lead(np.array(INFARCT_DIRECTIONS[case.code]))
    q_mv, q_late_mv = -0.60 * case.severity * wall, -0.45 * case.severity * wall
    st_mv = case.severity * (0.08 + 0.14 * case.freshness) * wall
    t_mv = -case.severity * (0.52 - 0.22 * case.freshness) * wall
    t_peak_s = _t_peak_s(case)
    stretch = np.sqrt(60 / case.heart_rate_bpm)
    return [
        Kernel(-0.020, 0.010, *q_mv),
        Kernel(-0.002, 0.011, *q_late_mv),
        *(Kernel(0.065 + f * (t_peak_s - 0.065), 0.035, *st_mv) for f in (0.0, 0.3, 0.6)),
        Kernel(t_peak_s + 0.005, 0.036 * stretch, *t_mv),
    ]


def _per_largest_lead(vector: Array) -> Array:
    """Scale a vector to 1 mV in the lead where it is largest (aVR, aVL, aVF never are)."""
    leads = DOWER @ vector
    return np.asarray(vector / np.abs([*leads, leads[1] - leads[0]]).max())


def _t_peak_s(case: SyntheticCase) -> float:
    """Time from R to the peak of T, with QT = 0.40 s at 60 beats/min after Bazett."""
    stretch = np.sqrt(60 / case.heart_rate_bpm)
    return float(_QRS_ONSET_S + (0.40 - _T_PEAK_TO_END_S) * stretch)


def _moved(kernel: Kernel, origin_s: float, stretch: float, turn: Array) -> Kernel:
    vector = turn @ np.array(kernel[2:])
    return Kernel(origin_s + stretch * kernel.centre_s, stretch * kernel.width_s, *vector)


def _turn(frontal_deg: float, horizontal_deg: float) -> Array:
    a, b = np.deg2rad([frontal_deg, horizontal_deg])
    frontal = [[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]]
    horizontal = [[np.cos(b), 0, -np.sin(b)], [0, 1, 0], [np.sin(b), 0, np.cos(b)]]
    return np.array(frontal) @ np.array(horizontal)


def _beat_times(
    case: SyntheticCase, breath_hz: float, breath_phase: float, rng: np.random.Generator
) -> Array:
    """R peaks from before the recording to after it, with respiratory sinus arrhythmia."""
    mean_s = 60 / case.heart_rate_bpm
    n_beats = int(N_SAMPLES / FS_HZ / mean_s) + 5
    due_s = mean_s * np.arange(n_beats)
    swing = 0.03 * np.sin(2 * np.pi * breath_hz * due_s + breath_phase)
    intervals = mean_s * (1 + swing + rng.normal(0, 0.008, n_beats))
    return np.asarray(np.cumsum(intervals) - mean_s * rng.uniform(2, 3))


def _disturbance(case: SyntheticCase, t: Array, breath: Array, rng: np.random.Generator) -> Array:
    """Baseline wander, white and pink noise of the eight independent leads in mV."""
    n = len(DOWER)
    wander = rng.normal(0, 0.02, (n, 1)) * breath + _pink(n, 1.6, rng) * 0.03
    noise = rng.normal(0, 0.004, (n, len(t))) + _pink(n, 1.0, rng) * 0.008
    limb = case.noise_leads == "I-AVF"
    noisy = (
        [0, 1] if limb else [LEADS.index(name) - 4 for name in LEADS if name == case.noise_leads]
    )
    if case.noise == "baseline_drift":
        wander[noisy] += _pink(len(noisy), 2.0, rng) * 0.25
    elif case.noise == "static_noise":
        noise[noisy] += rng.normal(0, 0.04, (len(noisy), len(t)))
    elif case.noise == "burst_noise":
        burst = np.exp(-0.5 * ((t - rng.uniform(2, 8)) / 0.3) ** 2)
        noise[noisy] += rng.normal(0, 0.25, (len(noisy), len(t))) * burst
    return np.asarray(wander + noise)


def _pink(n_leads: int, power: float, rng: np.random.Generator) -> Array:
    """Noise of spectral density 1/f**power and standard deviation 1, ``(n_leads, 1000)``."""
    spectrum = np.fft.rfft(rng.standard_normal((n_leads, N_SAMPLES)))
    frequency = np.fft.rfftfreq(N_SAMPLES)
    spectrum[:, 0] = 0
    spectrum[:, 1:] /= frequency[1:] ** (power / 2)
    noise = np.fft.irfft(spectrum, N_SAMPLES)
    return np.asarray(noise / noise.std(axis=1, keepdims=True))


def _twelve(independent_mv: Array) -> FloatArray:
    """Add III, aVR, aVL and aVF.

    I and II are rounded to even microvolts, so that Einthoven's and Goldberger's relations hold
    exactly in whole microvolts.
    """
    i, ii = 2 * np.rint(independent_mv[:2] * UNITS_PER_MV / 2).astype(np.int64)
    chest = np.rint(independent_mv[2:] * UNITS_PER_MV).astype(np.int64)
    limb = np.stack([i, ii, ii - i, -(i + ii) // 2, (2 * i - ii) // 2, (2 * ii - i) // 2])
    return (np.concatenate([limb, chest]) / UNITS_PER_MV).astype(np.float32)
