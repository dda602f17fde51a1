"""Attributions of one record, for one network or for all seeds together.

Grad-CAM has no lead axis, because the first convolution mixes all leads: it says when. The other
methods say where as well. Each lies in `ecgcore.explain.maps`.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from ecgcore.errors import ModelError
from ecgcore.explain.attribution import DEFAULT_METHOD, METHODS, Attribution
from ecgcore.explain.maps import gradients, occlusion
from ecgcore.explain.maps.asked import Asked, Seen, seen, told
from ecgcore.explain.maps.baselines import BASELINES, NORMAL_BEAT
from ecgcore.models.predictor import Predictor
from ecgcore.records import EcgRecord
from ecgcore.tasks.registry import task_named

IG_STEPS = gradients.IG_STEPS

_AT_ONCE = 2

_MAKERS: dict[str, Callable[[Asked], Attribution]] = {
    "gradcam": gradients.grad_cam,
    "ig": gradients.integrated_gradients,
    "ig_beats": gradients.over_beats,
    "guided": gradients.guided_grad_cam,
    "shap": gradients.gradient_shap,
    "occlusion_beat": occlusion.by_beat,
    "occlusion_wave": occlusion.by_wave,
    "occlusion_lead": occlusion.by_lead,
}


def explain(
    predictor: Predictor,
    record: EcgRecord,
    method: str = DEFAULT_METHOD,
    *,
    class_index: int = 0,
    n_steps: int | None = None,
    baseline: str = NORMAL_BEAT,
) -> Attribution:
    """Explain one of a model's logits for one record.

    Parameters
    ----------
    method
        One of `METHODS`.
    class_index
        Place of the explained class among those of the model's task.
    n_steps
        Points of a path integral, or samples of a random one. Without a choice Integrated Gradients
        take as many as the completeness gap needs.
    baseline
        One of `BASELINES`: what the record is compared with. Grad-CAM needs none.

    Raises
    ------
    ModelError
        If there is no such method or baseline.
    RecordError
        If the record does not fit the models.
    """
    check_choice(method, baseline)
    return explain_seen(
        predictor,
        seen(record, predictor.preprocessing, baseline),
        method,
        class_index=class_index,
        n_steps=n_steps,
    )


def explain_ensemble(
    predictors: Sequence[Predictor],
    record: EcgRecord,
    method: str = DEFAULT_METHOD,
    *,
    class_index: int = 0,
    n_steps: int | None = None,
    baseline: str = NORMAL_BEAT,
) -> Attribution:
    """Explain the mean logit of several seeds: the mean of their maps, and its spread.

    Parameters
    ----------
    predictors
        Seeds of one architecture and one training set, in their order.

    Raises
    ------
    ModelError
        If there is no such method or baseline, or no model.
    RecordError
        If the record does not fit the models.
    """
    check_choice(method, baseline)
    if not predictors:
        raise ModelError("There is no model to explain. Choose one that ships, or train one.")
    fitted = {
        steps: seen(record, steps, baseline)
        for steps in dict.fromkeys(one.preprocessing for one in predictors)
    }

    def one(predictor: Predictor) -> Attribution:
        return explain_seen(
            predictor,
            fitted[predictor.preprocessing],
            method,
            class_index=class_index,
            n_steps=n_steps,
        )

    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="explain") as pool:
        return ensemble_of(list(pool.map(one, predictors)))


def explain_seen(
    predictor: Predictor,
    what: Seen,
    method: str,
    *,
    class_index: int = 0,
    n_steps: int | None = None,
) -> Attribution:
    """Explain one model for a record that was prepared before."""
    with predictor.exclusive() as network, told(network, what.record.patient):
        made = _MAKERS[method](Asked(predictor.entry, network, what, class_index, n_steps))
    return replace(made, target=task_named(predictor.entry.key.task).classes[class_index])


def ensemble_of(maps: Sequence[Attribution]) -> Attribution:
    """Return the map of several seeds: their mean, with the standard deviation between them.

    Each score of a method of `SUMMED` is then that of the mean logit, without any loss.
    """
    first = maps[0]
    if len(maps) == 1:
        return first
    scores = np.array([one.scores for one in maps], dtype=np.float64)
    return replace(
        first,
        scores=scores.mean(axis=0).astype(np.float32),
        spread=scores.std(axis=0).astype(np.float32),
        logit=float(np.mean([one.logit for one in maps])),
        delta=float(np.mean([one.delta for one in maps])),
        members=tuple(maps),
    )


def check_choice(method: str, baseline: str) -> None:
    """Refuse what is no method or no baseline.

    Raises
    ------
    ModelError
        With the names to choose from.
    """
    if method not in METHODS:
        raise ModelError(f"There is no explanation method {method!r}; choose {', '.join(METHODS)}.")
    if baseline not in BASELINES:
        raise ModelError(f"There is no baseline {baseline!r}; choose {', '.join(BASELINES)}.")
