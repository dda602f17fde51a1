"""Occlusion: by how much the logit falls when a part of the ECG is replaced, by captum.

A part that is hidden becomes what the record is compared with, such as the mean normal beat. The
fall is spread evenly over the part's samples, so that the scores of a part add up to it.
"""

import numpy as np
import torch
from captum.attr import FeatureAblation
from numpy.typing import NDArray

from ecgcore.explain.attribution import Attribution
from ecgcore.explain.maps.asked import Asked
from ecgcore.leads import LEADS
from ecgcore.signals.beat_timing import wave_of

_AT_ONCE = 16

Parts = NDArray[np.int64]


def by_beat(asked: Asked) -> Attribution:
    """Hide one beat after the other, in all leads; a score for each moment."""
    n, r_s = asked.seen.inputs.shape[-1], asked.seen.beats.r_s
    middles = (r_s[1:] + r_s[:-1]) / 2
    beats = np.searchsorted(middles, _times(asked), side="right")
    return _occluded(asked, "occlusion_beat", np.broadcast_to(beats, (len(LEADS), n)))


def by_wave(asked: Asked) -> Attribution:
    """Hide P, QRS, ST, T and what is between beats, each in all beats and all leads."""
    timing, n = asked.seen.timing, asked.seen.inputs.shape[-1]
    waves = np.zeros(n, np.int64) if timing is None else wave_of(timing, _times(asked))
    return _occluded(asked, "occlusion_wave", np.broadcast_to(waves, (len(LEADS), n)))


def by_lead(asked: Asked) -> Attribution:
    """Hide one lead after the other."""
    n = asked.seen.inputs.shape[-1]
    leads = np.broadcast_to(np.arange(len(LEADS))[:, None], (len(LEADS), n))
    return _occluded(asked, "occlusion_lead", leads)


def _times(asked: Asked) -> NDArray[np.float64]:
    return (np.arange(asked.seen.inputs.shape[-1]) + 0.5) / asked.fs_hz


def _occluded(asked: Asked, method: str, parts: Parts) -> Attribution:
    """Hide each part by itself; `parts` numbers them, ``(12, n)``."""
    _, numbered = np.unique(parts, return_inverse=True)
    numbered = numbered.reshape(parts.shape)
    with torch.inference_mode():
        falls = FeatureAblation(asked.network).attribute(
            asked.seen.inputs,
            baselines=asked.seen.baseline,
            target=asked.class_index,
            feature_mask=torch.from_numpy(numbered)[None],
            perturbations_per_eval=_AT_ONCE,
        )
    sizes = np.bincount(numbered.ravel())[numbered]
    scores = (falls[0].numpy() / sizes).astype(np.float32)
    return Attribution(
        asked.model,
        method,
        scores,
        asked.fs_hz,
        asked.logit(),
        float("nan"),
        scores.shape[1],
        asked.seen.baseline_kind,
    )
