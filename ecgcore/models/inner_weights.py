"""Weights that a network gives parts of one recording: its leads, or steps of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from ecgcore.leads import LEADS
from ecgcore.models.inputs import model_input
from ecgcore.models.predictor import Predictor
from ecgcore.records import EcgRecord, FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class InnerWeights:
    """What a network weighs in one recording; None where it has no such weights.

    They say what the network let through, and not what spoke for a class.

    Attributes
    ----------
    leads
        ``(12,)`` between 0 and 1.
    steps
        ``(n_steps,)`` that add up to 1.
    starts_s, step_s
        Where each step begins on the recording, which may be before its first sample, and how long
        it is.
    """

    leads: FloatArray | None
    steps: FloatArray | None
    starts_s: FloatArray
    step_s: float

    def mean_with(self, others: Sequence[InnerWeights]) -> InnerWeights:
        """Average with the weights of further seeds of the same architecture."""
        every = [self, *others]
        leads = [one.leads for one in every if one.leads is not None]
        steps = [one.steps for one in every if one.steps is not None]
        return replace(
            self,
            leads=np.mean(leads, axis=0) if leads else None,
            steps=np.mean(steps, axis=0) if steps else None,
        )

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``; only what the network has."""
        found: dict[str, Any] = {}
        if self.leads is not None:
            found["leads"] = dict(zip(LEADS, self.leads.tolist(), strict=True))
        if self.steps is not None:
            found["steps"] = self.steps.tolist()
            found["starts_s"] = self.starts_s.tolist()
            found["step_s"] = self.step_s
        return found


def inner_weights(predictor: Predictor, record: EcgRecord) -> InnerWeights | None:
    """Read the weights of one recording; None for a network that has none.

    Raises
    ------
    RecordError
        If the record does not fit the network.
    """
    steps = predictor.preprocessing
    inputs = torch.from_numpy(steps.apply(model_input(record, steps).signal)[None])
    with predictor.exclusive() as network, torch.inference_mode():
        leads, times = network.lead_weights(inputs), network.time_weights(inputs)
    if leads is None and times is None:
        return None
    length = max(steps.n_samples, int(getattr(network, "length", 0)))
    n_steps = 1 if times is None else times.size(1)
    step_s = length / n_steps / steps.fs_hz
    first_s = -(length - steps.n_samples) // 2 / steps.fs_hz
    return InnerWeights(
        None if leads is None else leads[0].numpy(),
        None if times is None else times[0].numpy(),
        np.asarray(first_s + step_s * np.arange(n_steps), dtype=np.float32),
        step_s,
    )
