"""Grad-CAM and Integrated Gradients of one record, by captum.

Grad-CAM has no lead axis, because the first convolution mixes all leads: it says when. Integrated
Gradients say where as well.
"""

from dataclasses import dataclass

import numpy as np
import torch
from captum.attr import IntegratedGradients, LayerGradCam
from torch import Tensor

from ecgcore.errors import ModelError
from ecgcore.explain.attribution import LARGEST_GAP, METHODS, Attribution, layer_to_samples
from ecgcore.models.cards import ModelEntry
from ecgcore.models.inputs import model_input
from ecgcore.models.networks.base import Network
from ecgcore.models.predictor import Predictor
from ecgcore.records import EcgRecord

IG_STEPS = 50
IG_STEPS_REFINED = 300
_IG_BATCH = 25


def explain(
    predictor: Predictor,
    record: EcgRecord,
    method: str,
    *,
    class_index: int = 0,
    n_steps: int | None = None,
) -> Attribution:
    """Explain one of a model's logits for one record.

    Parameters
    ----------
    method
        "gradcam" or "ig".
    class_index
        Place of the explained class among those of the model's task.
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
    inputs = torch.from_numpy(steps.apply(model_input(record, steps).signal)[None])
    with predictor.exclusive() as network:
        asked = _Asked(predictor.entry, network, inputs, class_index)
        if method == "gradcam":
            return _grad_cam(asked)
        result = _integrated_gradients(asked, n_steps or IG_STEPS)
        if n_steps is None and result.gap_share > LARGEST_GAP:
            result = _integrated_gradients(asked, IG_STEPS_REFINED)
        return result


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """A model with its network, its input ``(1, 12, n_samples)`` and the explained class."""

    model: ModelEntry
    network: Network
    inputs: Tensor
    class_index: int

    @property
    def fs_hz(self) -> int:
        return self.model.card.preprocessing.fs_hz

    def logit(self) -> float:
        with torch.inference_mode():
            return float(self.network(self.inputs)[0, self.class_index])


def _grad_cam(asked: _Asked) -> Attribution:
    """Grad-CAM (Selvaraju et al., 2017) on the explained layer, negative parts cut."""
    layer = LayerGradCam(asked.network, asked.network.explained)
    steps = layer.attribute(
        asked.inputs.requires_grad_(), target=asked.class_index, relu_attributions=True
    )
    values = steps[0, 0].detach().numpy()
    scores = layer_to_samples(values, asked.inputs.shape[-1])[None]
    return Attribution(
        asked.model, "gradcam", scores, asked.fs_hz, asked.logit(), float("nan"), len(values)
    )


def _integrated_gradients(asked: _Asked, n_steps: int) -> Attribution:
    """Integrated Gradients (Sundararajan et al., 2017) from the mean signal of each lead."""
    scores, delta = IntegratedGradients(asked.network).attribute(
        asked.inputs,
        baselines=torch.zeros_like(asked.inputs),
        target=asked.class_index,
        n_steps=n_steps,
        internal_batch_size=_IG_BATCH,
        return_convergence_delta=True,
    )
    values = scores[0].detach().numpy().astype(np.float32)
    return Attribution(
        asked.model, "ig", values, asked.fs_hz, asked.logit(), float(delta), values.shape[1]
    )
