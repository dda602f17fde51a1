"""Grad-CAM, guided Grad-CAM, Integrated Gradients and gradient SHAP, by captum."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import cast

import numpy as np
import torch
from captum.attr import GradientShap, GuidedGradCam, IntegratedGradients, LayerGradCam
from torch import Tensor, nn

from ecgcore.explain.attribution import LARGEST_GAP, Attribution, layer_to_samples
from ecgcore.explain.maps.asked import Asked, relus_apart
from ecgcore.explain.maps.over_beats import mean_over_beats

IG_STEPS = 50
IG_STEPS_REFINED = 100
SHAP_SAMPLES = 50

_IG_BATCH = 25
_LEAST_CHANGE = 0.1
"""A smaller change of the logit is nothing to explain, and no reason to integrate longer."""

_SHAP_NOISE = 0.1
_SEED = 0


def grad_cam(asked: Asked) -> Attribution:
    """Grad-CAM (Selvaraju et al., 2017) on the explained layer, negative parts cut."""
    layer = LayerGradCam(asked.network, asked.network.explained)
    steps = layer.attribute(_leaf(asked), target=asked.class_index, relu_attributions=True)
    values = steps[0, 0].detach().numpy()
    scores = layer_to_samples(values, asked.seen.inputs.shape[-1])[None]
    return _attribution(asked, "gradcam", scores, n_layer_steps=len(values))


def guided_grad_cam(asked: Asked) -> Attribution:
    """Guided Grad-CAM (Selvaraju et al., 2017), its absolute value; zero where Grad-CAM is."""
    module = cast(nn.Module, asked.network)
    with relus_apart(module), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Setting backward hooks on ReLU")
        method = GuidedGradCam(module, asked.network.explained)
        scores = method.attribute(_leaf(asked), target=asked.class_index, interpolate_mode="linear")
    return _attribution(asked, "guided", np.abs(_numpy(scores)))


def integrated_gradients(asked: Asked) -> Attribution:
    """Integrated Gradients (Sundararajan et al., 2017), with as many steps as it takes.

    Without a choice `IG_STEPS`, and `IG_STEPS_REFINED` where the gap is above `LARGEST_GAP`; what
    is then still missing is spread over the scores in proportion to their size.
    """
    if asked.n_steps:
        return _integrated(asked, asked.n_steps)
    result = _integrated(asked, IG_STEPS)
    if result.gap_share > LARGEST_GAP and abs(result.logit_change) >= _LEAST_CHANGE:
        result = _integrated(asked, IG_STEPS_REFINED)
    return _closed(result) if result.gap_share > LARGEST_GAP else result


def _closed(result: Attribution) -> Attribution:
    """Take the gap from the scores, from the larger ones more."""
    sizes = np.abs(result.scores.astype(np.float64))
    scores = result.scores - result.delta * sizes / max(sizes.sum(), 1e-30)
    left = result.delta if not sizes.any() else 0.0
    return replace(result, scores=scores.astype(np.float32), delta=left, spread_gap=result.delta)


def over_beats(asked: Asked) -> Attribution:
    """Integrated Gradients, averaged over the beats of each shape; the sum stays."""
    exact = integrated_gradients(asked)
    scores = mean_over_beats(exact.scores, asked.seen.beats, asked.fs_hz)
    return replace(exact, method="ig_beats", scores=scores)


def gradient_shap(asked: Asked) -> Attribution:
    """Gradient SHAP (Erion et al., 2021): random points of noisy paths from the baseline."""
    with _seeded():
        scores, delta = GradientShap(asked.network).attribute(
            asked.seen.inputs,
            baselines=asked.seen.baseline,
            n_samples=asked.n_steps or SHAP_SAMPLES,
            stdevs=_SHAP_NOISE,
            target=asked.class_index,
            return_convergence_delta=True,
        )
    return _attribution(asked, "shap", _numpy(scores), delta=float(delta.mean()))


def _integrated(asked: Asked, n_steps: int) -> Attribution:
    scores, delta = IntegratedGradients(asked.network).attribute(
        asked.seen.inputs,
        baselines=asked.seen.baseline,
        target=asked.class_index,
        n_steps=n_steps,
        internal_batch_size=_IG_BATCH,
        return_convergence_delta=True,
    )
    return _attribution(asked, "ig", _numpy(scores), delta=float(delta))


def _leaf(asked: Asked) -> Tensor:
    return asked.seen.inputs.detach().clone().requires_grad_()


def _numpy(scores: Tensor) -> np.ndarray:
    return scores[0].detach().numpy().astype(np.float32)


def _attribution(
    asked: Asked,
    method: str,
    scores: np.ndarray,
    *,
    delta: float = float("nan"),
    n_layer_steps: int | None = None,
) -> Attribution:
    compared = "" if np.isnan(delta) else asked.seen.baseline_kind
    steps = n_layer_steps or scores.shape[1]
    return Attribution(
        asked.model, method, scores, asked.fs_hz, asked.logit(), delta, steps, compared
    )


@contextmanager
def _seeded() -> Iterator[None]:
    """Let captum draw the same random numbers each time, and leave everybody else's alone."""
    state = np.random.get_state()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(_SEED)
        np.random.seed(_SEED)
        try:
            yield
        finally:
            np.random.set_state(state)
