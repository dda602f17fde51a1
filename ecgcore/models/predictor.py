"""Predictions of loaded models; safe to share between threads."""

import copy
import functools
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise, zip_longest
from queue import SimpleQueue

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ecgcore.models.cards import ModelEntry, Preprocessing
from ecgcore.models.inputs import model_input, patient_inputs, prepared
from ecgcore.models.networks.base import NetworkModule
from ecgcore.models.registry import load_model
from ecgcore.ptbxl.store import FS_HZ
from ecgcore.records import EcgRecord, FloatArray

BATCH_SIZE = 32
"""Records in one pass: layers of this many stay in a core's cache; 64 take 5 to 15 % longer."""

_PREPARED = 1024


@dataclass(frozen=True, slots=True)
class Prediction:
    """One model's prediction of one record, a logit for each class of its task.

    Attributes
    ----------
    warnings
        About how the record was fitted to the model.
    """

    model: ModelEntry
    logits: tuple[float, ...]
    warnings: tuple[str, ...] = ()

    @property
    def logit(self) -> float:
        """Logit of the first class."""
        return self.logits[0]

    @property
    def prob(self) -> float:
        """Probability of the first class, uncalibrated."""
        return float(expit(self.logit))


@dataclass(frozen=True, slots=True, eq=False)
class Predictor:
    """A loaded model with the lock that prediction and explanation share.

    Hooks of an explanation fire for anybody's forward pass, so nobody else may use the model
    meanwhile.
    """

    entry: ModelEntry
    module: NetworkModule
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @classmethod
    def open(cls, entry: ModelEntry) -> "Predictor":
        """Load a model from disk; ModelError if it is damaged."""
        return cls(entry, _quickened(load_model(entry)).requires_grad_(False))

    def copy(self) -> "Predictor":
        """Return the same model with a lock and weights of its own, for another thread."""
        return Predictor(self.entry, copy.deepcopy(self.module))

    @property
    def preprocessing(self) -> Preprocessing:
        """How millivolts become this model's input."""
        return self.entry.card.preprocessing

    @contextmanager
    def exclusive(self) -> Iterator[NetworkModule]:
        """Hold the model alone, for a forward pass or for hooks."""
        with self._lock:
            yield self.module

    def logits(self, inputs: FloatArray, patients: FloatArray | None = None) -> NDArray[np.float32]:
        """Return logits ``(n, n_classes)`` of preprocessed ``(n, 12, n_samples)``.

        Parameters
        ----------
        patients
            Age and sex ``(n, 5)``, where the network takes them; without them they are unknown.
        """
        told = [inputs] if patients is None else [inputs, patients]
        with self.exclusive() as module, torch.inference_mode():
            result: Tensor = module(*map(torch.from_numpy, told))
        return result.numpy()

    @property
    def takes_patient(self) -> bool:
        """Whether the network takes age and sex."""
        return bool(getattr(self.module, "takes_patient", False))


def _quickened(model: NetworkModule) -> NetworkModule:
    """Let convolutions do the normalisation that follows them, and ReLUs keep their memory.

    State-space layers work their kernels out once. The same function, to rounding, in five
    sixths of the time.
    """
    model.freeze()
    for part in list(model.modules()):
        if isinstance(part, nn.Sequential):
            for i, (layer, after) in enumerate(pairwise(part)):
                if isinstance(layer, nn.Conv1d) and isinstance(after, nn.BatchNorm1d):
                    part[i], part[i + 1] = fuse_conv_bn_eval(layer, after), nn.Identity()
        if isinstance(part, nn.ReLU):
            part.inplace = True
    return model


def predict(
    predictors: Iterable[Predictor], record: EcgRecord
) -> tuple[tuple[Prediction, ...], tuple[str, ...]]:
    """Ask every model about one record, two at a time.

    Returns
    -------
    tuple
        The predictions in the order of the models, and all their warnings, each once.
    """
    asked = list(predictors)
    fitted = {
        steps: model_input(record, steps)
        for steps in dict.fromkeys(predictor.preprocessing for predictor in asked)
    }
    inputs = {steps: steps.apply(one.signal)[None] for steps, one in fitted.items()}
    warnings = dict.fromkeys(warning for one in fitted.values() for warning in one.warnings)

    patient = patient_inputs([record.patient])

    def ask(predictor: Predictor) -> Prediction:
        told = (patient,) if predictor.takes_patient else ()
        logits = predictor.logits(inputs[predictor.preprocessing], *told)[0]
        said_of_input = fitted[predictor.preprocessing].warnings
        return Prediction(predictor.entry, tuple(logits.tolist()), said_of_input)

    answers = {predictor: _workers().submit(ask, predictor) for predictor in _alternating(asked)}
    return tuple(answers[predictor].result() for predictor in asked), tuple(warnings)


def logits_of(
    predictors: Iterable[Predictor], record: EcgRecord
) -> dict[ModelEntry, tuple[float, ...]]:
    """Ask as `predict` does; the logits alone, by model."""
    return {one.model: one.logits for one in predict(predictors, record)[0]}


def _alternating(predictors: Iterable[Predictor]) -> Iterator[Predictor]:
    """Order models so that neighbours differ in architecture, as far as there are others.

    Two BiMamba-2 side by side wait for each other's Python, between many small products.
    """
    of_arch: dict[str, list[Predictor]] = {}
    for predictor in predictors:
        of_arch.setdefault(predictor.entry.key.arch, []).append(predictor)
    for together in zip_longest(*of_arch.values()):
        yield from (predictor for predictor in together if predictor is not None)


@functools.cache
def _workers() -> ThreadPoolExecutor:
    """Two threads for all readers; torch lets the other one go on while it computes."""
    return ThreadPoolExecutor(min(2, os.cpu_count() or 1), thread_name_prefix="predict")


def predict_batches(
    predictor: Predictor,
    signals: Sequence[FloatArray] | FloatArray,
    batch_size: int = BATCH_SIZE,
    *,
    fs_hz: int = FS_HZ,
    patients: FloatArray | None = None,
) -> NDArray[np.float32]:
    """Return logits ``(n, n_classes)`` of many signals, as `predict_many` does for many models."""
    logits: NDArray[np.float32] = predict_many(
        [predictor], signals, batch_size, fs_hz=fs_hz, patients=patients
    )[0]
    return logits


def predict_many(
    predictors: Sequence[Predictor],
    signals: Sequence[FloatArray] | FloatArray,
    batch_size: int = BATCH_SIZE,
    *,
    fs_hz: int = FS_HZ,
    patients: FloatArray | None = None,
) -> NDArray[np.float32]:
    """Return logits ``(n_models, n, n_classes)`` of signals ``(n, 12, n_samples)`` at `fs_hz`.

    Signals are filtered and scaled once for all models that want the same; the models are of one
    task, so that they have the same classes.

    Parameters
    ----------
    patients
        Age and sex ``(n, 5)`` for the networks that take them; else they are unknown.
    """
    (n_classes,) = {predictor.module.n_classes for predictor in predictors}
    logits = np.empty((len(predictors), len(signals), n_classes), dtype=np.float32)
    for start in range(0, len(signals), _PREPARED):
        block = np.asarray(signals[start : start + _PREPARED])
        for steps in dict.fromkeys(predictor.preprocessing for predictor in predictors):
            inputs = prepared(block, fs_hz, steps)
            told = None if patients is None else patients[start : start + len(block)]
            for row, predictor in enumerate(predictors):
                if predictor.preprocessing == steps:
                    logits[row, start : start + len(block)] = _in_batches(
                        predictor, inputs, told, batch_size
                    )
    return logits


def copies(predictors: Sequence[Predictor], n: int) -> SimpleQueue[list[Predictor]]:
    """Queue `n` sets of the models for as many threads, which else wait for each other's lock."""
    sets: SimpleQueue[list[Predictor]] = SimpleQueue()
    for _ in range(n):
        sets.put([predictor.copy() for predictor in predictors])
    return sets


def _in_batches(
    predictor: Predictor, inputs: FloatArray, patients: FloatArray | None, batch_size: int
) -> NDArray[np.float32]:
    told = [inputs] if patients is None or not predictor.takes_patient else [inputs, patients]
    return np.concatenate(
        [
            predictor.logits(*(one[i : i + batch_size] for one in told))
            for i in range(0, len(inputs), batch_size)
        ]
    )
