"""What an ECG is compared with: a flat line, the mean normal beat in its place, its slow part.

Many networks call the flat line an MI, so a map against it may speak against an MI that was found.
The mean normal beat, put where this ECG's beats are, asks why this ECG is not a normal one.
"""

import functools
from importlib import resources
from io import StringIO

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ecgcore.leads import LEADS
from ecgcore.records import EcgRecord, FloatArray
from ecgcore.signals.beats.beats import Beats

NORMAL_BEAT, ZERO, LOW_PASS = "normal_beat", "zero", "low_pass"
BASELINES = {
    NORMAL_BEAT: "the mean normal beat in the place of each beat",
    ZERO: "a flat record",
    LOW_PASS: "the slow part of the same record",
}
"""Baselines of Integrated Gradients, the default first, with the words for readers."""

BEAT_FILE = "mean_normal_beat.csv"
"""Mean of the median beats of every sixth pure normal of folds 1-8: ``time_s`` from R, then mV."""

MEAN_RR_S = 0.87
"""Median RR of those normals."""

_FIXED_S = 0.06
_STRETCH = (0.6, 1.4)
_SLOW_S = 0.12


def baseline_signal(record: EcgRecord, kind: str, beats: Beats) -> tuple[FloatArray, str]:
    """Return what a record is compared with, and which kind it is.

    Parameters
    ----------
    record
        As a network sees it.
    kind
        One of `BASELINES`; the flat line takes the place of the mean beat where no beat is found.

    Returns
    -------
    tuple
        ``(12, n_samples)`` mV, and the kind.
    """
    if kind == LOW_PASS:
        return gaussian_filter1d(record.signal, _SLOW_S * record.fs_hz, axis=1), kind
    if kind == NORMAL_BEAT:
        times = np.arange(record.n_samples) / record.fs_hz
        if beats.r_s.size:
            return normal_beats(beats.r_s, times).astype(np.float32), kind
    return np.zeros_like(record.signal), ZERO


def normal_beats(r_s: NDArray[np.float64], times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Put the mean normal beat where beats are, ``(12, n)`` mV.

    ST and T are stretched by the root of RR, as QT is by Bazett's rule. A beat before the first and
    one after the last, at the usual distance, fill the ends.
    """
    rr_s = np.diff(r_s)
    usual_s = float(np.median(rr_s)) if rr_s.size else MEAN_RR_S
    all_r = np.concatenate([[r_s[0] - usual_s], r_s, [r_s[-1] + usual_s]])
    following_s = np.append(np.diff(all_r), usual_s)
    at, beat = mean_normal_beat()
    made = np.zeros((len(LEADS), times_s.size))
    for r, rr in zip(all_r, following_s, strict=True):
        stretch = np.clip(np.sqrt(rr / MEAN_RR_S), *_STRETCH)
        since = times_s - r
        later = since > _FIXED_S
        since[later] = _FIXED_S + (since[later] - _FIXED_S) / stretch
        made += np.array([np.interp(since, at, lead, left=0.0, right=0.0) for lead in beat])
    return made


@functools.cache
def mean_normal_beat() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return times from R in s, ``(n,)``, and the mean normal beat, ``(12, n)`` mV."""
    text = resources.files("ecgcore.explain.maps").joinpath(BEAT_FILE).read_text()
    table = pd.read_csv(StringIO(text))
    return table["time_s"].to_numpy(), table[list(LEADS)].to_numpy().T
