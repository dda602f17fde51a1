"""What an explanation says about one record."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecgcore.records import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Attribution:
    """Scores of one method for one model and one record.

    Attributes
    ----------
    method
        "gradcam" or "ig".
    scores
        ``(12, n_samples)`` for methods that tell leads apart, ``(1, n_samples)`` for those that see
        time only. Integrated Gradients are in units of the logit, positive towards MI.
    fs_hz
        Samples per second of `scores`.
    logit
        The explained output.
    delta
        Integrated Gradients: sum of the scores minus the change of the logit from the baseline (0
        if the path integral is exact); NaN for Grad-CAM.
    n_layer_steps
        Time steps of the layer that the scores come from.
    """

    method: str
    scores: FloatArray
    fs_hz: int
    logit: float
    delta: float
    n_layer_steps: int

    @property
    def signed(self) -> bool:
        """True when negative scores speak against MI."""
        return self.method == "ig"


def layer_to_samples(steps: NDArray[np.float32], n_samples: int) -> FloatArray:
    """Interpolate a layer's time steps to samples without a shift.

    Parameters
    ----------
    steps
        ``(n_steps,)``; step j is centred on samples ``j s`` to ``(j + 1) s - 1``, where
        ``s = n_samples / n_steps``.

    Returns
    -------
    numpy.ndarray
        ``(n_samples,)`` float32, constant beyond the first and the last centre.
    """
    stride = n_samples / len(steps)
    centres = (np.arange(len(steps)) + 0.5) * stride - 0.5
    return np.interp(np.arange(n_samples), centres, steps).astype(np.float32)
