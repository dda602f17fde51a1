"""A baseline: a linear layer on what a network of random weights makes of the ECGs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from ecgcore.models.architectures import RESNET_BILSTM
from ecgcore.models.networks.base import NetworkModule
from ecgcore.models.registry import build
from ecgcore.predictions.labelled import labelled_classes
from ecgcore.ptbxl.label_groups import split_ids
from ecgcore.ptbxl.store import Recordings, open_all_of_ptbxl
from ecgcore.settings import Settings
from ecgcore.stats.per_class import PerClassFigures, macro_auroc
from ecgcore.study.neighbours.runs import recipe_of
from ecgcore.study.plan import StudyRun
from ecgcore.tasks.statements71 import STATEMENTS71
from ecgcore.training.data import load_split, load_training_data

STRENGTHS = (0.001, 0.01, 0.1)
"""Inverse regularisation of the linear layer; fold 9 chooses."""
FloatArray = NDArray[np.float32]
_SEED, _BATCH, _SETTLED = 0, 64, 32


@dataclass(frozen=True, slots=True, eq=False)
class RandomEncoderReport:
    """Figures on fold 10; `strength` was chosen on fold 9."""

    network: str
    strength: float
    val_macro_auroc: float
    figures: PerClassFigures

    @property
    def passed(self) -> bool:
        """Nothing is promised."""
        return True

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        means = {"macro_auroc": self.figures.macro_auroc, "macro_auprc": self.figures.macro_auprc}
        return {
            "network": self.network,
            "strength": self.strength,
            "val_macro_auroc": self.val_macro_auroc,
            "n": self.figures.n,
            **{name: {"value": x.value, "low": x.low, "high": x.high} for name, x in means.items()},
        }

    def as_text(self) -> str:
        """Say it in a line."""
        return (
            f"{STATEMENTS71.title}, fold 10, n = {self.figures.n:,}: {self.network} with random "
            f"weights and a linear layer: macro AUROC {self.figures.macro_auroc.text()}, macro "
            f"AUPRC {self.figures.macro_auprc.text()} (C = {self.strength:g} by fold 9: "
            f"{self.val_macro_auroc:.3f})"
        )


def run_random_encoder(settings: Settings) -> RandomEncoderReport:
    """Fit the linear layer on folds 1 to 8; about five minutes on two cores.

    Raises
    ------
    CatalogError
        If the open data set is not all of PTB-XL.
    """
    return random_encoder_report(open_all_of_ptbxl(settings, "networks are"))


def random_encoder_report(recordings: Recordings, n_boot: int = 1000) -> RandomEncoderReport:
    """Fit on the training split of `recordings`, choose on the validation, judge on the test."""
    recipe = recipe_of(RESNET_BILSTM, STATEMENTS71)
    run = StudyRun(RESNET_BILSTM.name, "all", _SEED, recipe, STATEMENTS71.name)
    spec = run.spec(recordings.catalog.folder)
    data = load_training_data(recordings, spec)
    ids = split_ids(recordings.catalog.frame, "test")
    test = load_split(recordings, spec, ids, data.preprocessing, "test")
    torch.manual_seed(_SEED)
    network = settled(build(spec.arch, len(STATEMENTS71.classes)), data.train.inputs)
    train, val, judged = (features(network, one.inputs) for one in (data.train, data.val, test))
    labels = data.train.labels.numpy()
    made = {one: _logits(train, labels, one, (val, judged)) for one in STRENGTHS}
    scores = {one: macro_auroc(data.val.labels.numpy(), logits[0]) for one, logits in made.items()}
    best = max(scores, key=lambda strength: scores[strength])
    labelled = labelled_classes(STATEMENTS71, "all", recordings.catalog, "test")
    answer = replace(labelled, logits=made[best][1])
    return RandomEncoderReport(RESNET_BILSTM.title, best, scores[best], answer.figures(n_boot))


def settled(network: NetworkModule, inputs: Tensor) -> NetworkModule:
    """Let the normalisations of a network of random weights learn the means of some batches."""
    network.train()
    with torch.no_grad():
        for batch in torch.split(inputs[: _SETTLED * _BATCH], _BATCH):
            network.features(batch)
    return network.eval()


def features(network: NetworkModule, inputs: Tensor) -> FloatArray:
    """Return what the head would judge, ``(n, size)``."""
    with torch.inference_mode():
        parts = [network.features(batch) for batch in torch.split(inputs, _BATCH)]
    return torch.cat(parts).numpy()


def _logits(
    train: FloatArray, labels: FloatArray, strength: float, asked: Sequence[FloatArray]
) -> list[FloatArray]:
    """Fit a layer and ask it; a class without records on both sides has a logit of 0."""
    both = labels.any(axis=0) & ~labels.all(axis=0)
    linear = OneVsRestClassifier(LogisticRegression(C=strength, max_iter=500))
    fitted = make_pipeline(StandardScaler(), linear).fit(train, labels[:, both])
    made = [np.zeros((len(x), labels.shape[1]), dtype=np.float32) for x in asked]
    for logits, x in zip(made, asked, strict=True):
        logits[:, both] = fitted.decision_function(x)
    return made
