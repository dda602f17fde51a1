"""Grad-CAM and Integrated Gradients of one record, by captum.

Grad-CAM has no lead axis, because the first convolution mixes all leads: it says when. Integrated
Gradients say where as well.
"""

from collections.abc import Callable

import numpy as np
import torch
from captum.attr import IntegratedGradients, LayerGradCam
from torch import Tensor, nn

from ecgcore.errors import ModelError
from ecgcore.explain.attribution import LARGEST_GAP, METHODS, Attribution, layer_to_samples
from ecgcore.models.predictor import Predictor, model_input
from ecgcore.records import EcgRecord

IG_STEPS = 50
IG_STEPS_REFINED = 300
_IG_BATCH = 25


def explain(
    predictor: Predictor, record: EcgRecord, method: str, *, n_steps: int | None = None
) -> Attribution:
    """Explain one model's MI logit for one record.

    Parameters
    ----------
    method
        "gradcam" or "ig".
    n_steps
        Gauss-Legendre points of Integrated Gradients; without a choice `IG_STEPS`, and then
        `IG_STEPS_REFINED` where the completeness gap is above `LARGEST_GAP`.

    Raises
    ------
    ModelError
        If there is no such method.
    RecordError
        If the record does not fit the models.
    """
    if method not in METHODS:
        raise ModelError(f"There is no explanation method {method!r}; choose {', '.join(METHODS)}.")
    steps = predictor.preprocessing
    inputs = torch.from_numpy(steps.apply(model_input(record).signal)[None])
    with predictor.exclusive() as module:
        if method == "gradcam":
            return _grad_cam(module, inputs, steps.fs_hz)
        result = _integrated_gradients(module, inputs, steps.fs_hz, n_steps or IG_STEPS)
        if n_steps is None and result.gap_share > LARGEST_GAP:
            result = _integrated_gradients(module, inputs, steps.fs_hz, IG_STEPS_REFINED)
        return result


def _grad_cam(module: nn.Module, inputs: Tensor, fs_hz: int) -> Attribution:
    """Grad-CAM (Selvaraju et al., 2017) on the ``cam`` layer, negative parts cut."""
    inputs = inputs.requires_grad_()
    layer = LayerGradCam(module, module.cam)
    steps = layer.attribute(inputs, relu_attributions=True)[0, 0].detach().numpy()
    with torch.inference_mode():
        logit = float(module(inputs))
    scores = layer_to_samples(steps, inputs.shape[-1])[None]
    return Attribution("gradcam", scores, fs_hz, logit, float("nan"), len(steps))


def _integrated_gradients(
    module: nn.Module, inputs: Tensor, fs_hz: int, n_steps: int
) -> Attribution:
    """Integrated Gradients (Sundararajan et al., 2017) from the mean signal of each lead."""
    forward: Callable[[Tensor], Tensor] = module
    scores, delta = IntegratedGradients(forward).attribute(
        inputs,
        baselines=torch.zeros_like(inputs),
        n_steps=n_steps,
        internal_batch_size=_IG_BATCH,
        return_convergence_delta=True,
    )
    with torch.inference_mode():
        logit = float(module(inputs))
    values = scores[0].detach().numpy().astype(np.float32)
    return Attribution("ig", values, fs_hz, logit, float(delta), values.shape[1])
