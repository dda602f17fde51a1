"""What an attribution method says about one record."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from ecgcore.explain.trust import DO_NOT_TRUST, Checks
from ecgcore.leads import LEADS, TERRITORY_LEADS
from ecgcore.models.cards import ModelEntry
from ecgcore.records import FloatArray
from ecgcore.wording.numbers import counted

METHODS = {
    "gradcam": "Grad-CAM",
    "ig": "Integrated Gradients",
    "ig_beats": "Integrated Gradients, mean over beats",
    "guided": "Guided Grad-CAM, absolute",
    "shap": "Gradient SHAP",
    "occlusion_beat": "Occlusion by beat",
    "occlusion_wave": "Occlusion by wave",
    "occlusion_lead": "Occlusion by lead",
}
"""Attribution methods, with the names shown to readers."""

DEFAULT_METHOD = "ig_beats"
"""The method of the default map, which is that of all seeds together."""

SIGNED = frozenset(METHODS) - {"gradcam", "guided"}
"""Methods whose negative scores speak against MI."""

SUMMED = frozenset({"ig", "ig_beats", "shap"})
"""Methods whose scores add up to the change of the logit from a baseline."""

LARGEST_GAP = 0.02
"""Share of the logit's change up to which a completeness gap is good enough to be read."""


_NO_PUSH = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Attribution:
    """Scores of one method for one model and one record, as they are drawn behind the leads.

    Attributes
    ----------
    model
        The explained one; the first seed where several are explained together.
    method
        One of `METHODS`.
    scores
        ``(12, n_samples)`` for methods that tell leads apart, ``(1, n_samples)`` for those that see
        time only. Those of `SIGNED` are in units of the logit, positive towards MI. Sample i
        holds for ``[i, i + 1) / fs_hz`` seconds.
    fs_hz
        Samples per second of `scores`; need not be that of the recording.
    logit
        The explained output.
    delta
        Methods of `SUMMED`: sum of the scores minus the change of the logit from the baseline (0
        if the path integral is exact); NaN for others.
    n_layer_steps
        Time steps of the layer that the scores come from.
    baseline
        What the record was compared with, one of `ecgcore.explain.maps.baselines.BASELINES`; ""
        where a method needs none.
    spread_gap
        What was missing from the sum after the last refinement and was spread over the scores.
    spread
        Standard deviation of each score over the seeds, of the shape of `scores`; None for one.
    members
        The maps of the single seeds behind a map of all of them.
    checks
        What the checks found, with the badge; None where they were not asked for.
    target
        The explained class.
    """

    model: ModelEntry
    method: str
    scores: FloatArray
    fs_hz: int
    logit: float
    delta: float
    n_layer_steps: int
    baseline: str = ""
    spread_gap: float = 0.0
    spread: FloatArray | None = None
    members: "tuple[Attribution, ...]" = ()
    checks: Checks | None = None
    target: str = "MI"

    def __post_init__(self) -> None:
        """Refuse scores that are neither of all leads together nor of each of the twelve."""
        if self.scores.ndim != 2 or len(self.scores) not in (1, len(LEADS)):
            raise ValueError(f"Scores have shape {self.scores.shape}; (1, n) or (12, n) is needed.")

    @property
    def label(self) -> str:
        """Method and model, as shown."""
        of = "" if self.target == "MI" else f" of {self.target}"
        return f"{METHODS[self.method]}{of}, {self.model_label}"

    @property
    def model_label(self) -> str:
        """The explained model, or how many seeds are explained together, as shown."""
        if not self.members:
            return self.model.label
        return f"{self.model.key.group_label} ({counted(len(self.members), 'seed')})"

    @property
    def step_ms(self) -> float:
        """Time that one step of the layer stands for."""
        return 1000 * samples_per_step(self.n_layer_steps, self.scores.shape[1]) / self.fs_hz

    @property
    def logit_change(self) -> float:
        """Integrated Gradients: logit of the record minus that of the baseline."""
        return float(self.scores.sum(dtype=np.float64)) - self.delta

    @property
    def gap_share(self) -> float:
        """Integrated Gradients: size of `delta` as a share of `logit_change`."""
        return abs(self.delta) / max(abs(self.logit_change), 1e-9)

    @property
    def baseline_prob(self) -> float:
        """Integrated Gradients: probability of MI that the model gives to the baseline."""
        return float(expit(self.logit - self.logit_change))

    @property
    def signed(self) -> bool:
        """True when negative scores speak against MI."""
        return self.method in SIGNED

    @property
    def refused(self) -> bool:
        """True where the checks say not to trust the map."""
        return self.checks is not None and self.checks.badge == DO_NOT_TRUST

    @property
    def push(self) -> FloatArray:
        """Share of each score in all that speaks for MI, of the shape of `scores`; 0 against it."""
        positive = np.maximum(self.scores, 0).astype(np.float64)
        share: FloatArray = (positive / max(positive.sum(), _NO_PUSH)).astype(np.float32)
        return share

    @property
    def lead_shares(self) -> dict[str, float]:
        """Share of the push towards MI that lies in each lead; empty for time alone."""
        if len(self.scores) == 1:
            return {}
        shares = self.push.sum(axis=1, dtype=np.float64)
        return dict(zip(LEADS, shares.tolist(), strict=True))

    @property
    def territory_shares(self) -> dict[str, float]:
        """The same by the territory that the leads face, the largest first, aVR last."""
        leads = self.lead_shares
        if not leads:
            return {}
        shares = {
            name: sum(leads[lead] for lead in facing) for name, facing in TERRITORY_LEADS.items()
        }
        ranked = sorted(shares, key=shares.__getitem__, reverse=True)
        return {name: shares[name] for name in ranked} | {"aVR": leads["aVR"]}


def samples_per_step(n_steps: int, n_samples: int) -> float:
    """Stride of a layer: a whole number where it leaves out less than a step at the end.

    Examples
    --------
    >>> samples_per_step(125, 1000), samples_per_step(62, 500), samples_per_step(3, 8)
    (8, 8, 2.6666666666666665)
    """
    whole, left = divmod(n_samples, n_steps)
    return whole if left < whole else n_samples / n_steps


def layer_to_samples(steps: NDArray[np.float32], n_samples: int) -> FloatArray:
    """Interpolate a layer's time steps to samples without a shift.

    Parameters
    ----------
    steps
        ``(n_steps,)``; step j is centred on samples ``j s`` to ``(j + 1) s - 1``, with the stride
        ``s`` of `samples_per_step`.

    Returns
    -------
    numpy.ndarray
        ``(n_samples,)`` float32, constant beyond the first and the last centre.
    """
    stride = samples_per_step(len(steps), n_samples)
    centres = (np.arange(len(steps)) + 0.5) * stride - 0.5
    return np.interp(np.arange(n_samples), centres, steps).astype(np.float32)
