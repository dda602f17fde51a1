"""Confident learning: MI records that models trained without them take for normal are left out.

The rule is that of Northcutt, Jiang and Chuang (2021), for one of the two labels: in this cohort
"normal" is stated with certainty, "MI" often is not.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold
from torch import Tensor

from ecgcore.models.registry import build
from ecgcore.training.data import TrainingData
from ecgcore.training.loop import Watcher, fit, logits_of
from ecgcore.training.mixed_precision import training_device
from ecgcore.training.spec import TrainSpec
from ecgcore.training.submit import N_JUDGES

JUDGE_EPOCHS = 8
"""A judge stops before it learns single labels by heart."""


def prune(
    data: TrainingData,
    patients: NDArray[np.int64],
    spec: TrainSpec,
    run_dir: Path,
    begins: Callable[[int], None] = lambda *_: None,
) -> TrainingData:
    """Leave the doubted MI records out of the training split.

    Parameters
    ----------
    patients
        ``(n,)`` of the training split: no patient judges himself.
    run_dir
        Holds the judges' checkpoints, from which a stopped run goes on.
    begins
        Told of each judge, from 1, before it learns.
    """
    probs = torch.from_numpy(_out_of_sample(data, patients, spec, run_dir, begins))
    return replace(data, train=data.train.only(~doubted(data.train.labels[:, 0], probs)))


def doubted(labels: Tensor, probs: Tensor) -> Tensor:
    """Mark MI records that are as surely normal as the normal records are, on average.

    Parameters
    ----------
    labels, probs
        ``(n,)``, above 0 for MI; out-of-sample probabilities of MI.

    Returns
    -------
    torch.Tensor
        ``(n,)`` booleans: labelled MI, at or below the mean of the normal records, and not at or
        above the mean of the MI records.
    """
    mi = labels > 0
    return mi & (probs <= probs[~mi].mean()) & (probs < probs[mi].mean())


def _out_of_sample(
    data: TrainingData,
    patients: NDArray[np.int64],
    spec: TrainSpec,
    run_dir: Path,
    begins: Callable[[int], None],
) -> NDArray[np.float32]:
    """Return the probability of MI of each training record by a model that did not see it."""
    train, judge = data.train, replace(spec, epochs=JUDGE_EPOCHS, patience=JUDGE_EPOCHS)
    mi = (train.labels[:, 0] > 0).numpy()
    probs = np.empty(len(mi), dtype=np.float32)
    folds = StratifiedGroupKFold(N_JUDGES, shuffle=True, random_state=spec.seed)
    for number, (seen, unseen) in enumerate(folds.split(mi, mi, patients), 1):
        begins(number)
        folder = run_dir / f"judge-{number}"
        folder.mkdir(exist_ok=True)
        torch.manual_seed(spec.seed + number)
        model = build(spec.arch).to(training_device())
        part = replace(data, train=train.only(torch.from_numpy(seen)))
        fit(model, part, judge, folder, Watcher())
        probs[unseen] = logits_of(model, train.inputs[unseen])[:, 0].sigmoid().numpy()
    return probs
