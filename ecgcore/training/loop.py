"""The training loop: AdamW, best epoch by the task's score on the validation fold, exact resume.

Every random number of an epoch follows from (seed, epoch), so a resumed run equals an unbroken one.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.optim.lr_scheduler import ReduceLROnPlateau

from ecgcore.models.networks.base import NetworkModule
from ecgcore.training.checkpoint import TrainState, load_checkpoint, save_checkpoint
from ecgcore.training.data import Split, TrainingData, augment
from ecgcore.training.mixed_precision import TrainingForward
from ecgcore.training.multitask import TwoTasks, statements_loss
from ecgcore.training.spec import TrainSpec

_WARM_UP = 0.25
_FIRST_LR, _LAST_LR = 0.04, 1e-3
_STEPS_AFTER = (20, 40, 60)
_PLATEAUS = {"plateau": (0.5, 6), "plateau_tenth": (0.1, 7)}
"""Factor of the rate, and epochs without a better validation loss before it."""


@dataclass(frozen=True, slots=True)
class EpochResult:
    """One finished epoch; losses are weighted cross-entropy, `seconds` is wall time.

    ``val_score`` is the task's score on the validation fold, such as the AUROC.
    """

    epoch: int
    epochs: int
    train_loss: float
    val_loss: float
    val_score: float
    best_epoch: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Watcher:
    """Receiver of an event after each epoch and after each step."""

    epoch: Callable[[EpochResult], None] = lambda *_: None
    step: Callable[[int, int, int], None] = lambda *_: None


def fit(
    model: NetworkModule, data: TrainingData, spec: TrainSpec, run_dir: Path, watcher: Watcher
) -> TrainState:
    """Train until the last epoch or until validation stops improving; leaves the best weights.

    Parameters
    ----------
    model
        On the device that trains; `data` stays in main memory.
    run_dir
        Holds the checkpoint, written after every epoch and gone on from when there is one.

    Returns
    -------
    TrainState
        Epochs run, and the best of them.
    """
    learner: nn.Module = model
    if data.train.statements is not None:
        learner = TwoTasks(model, data.train.statements.size(1))
    optimizer = torch.optim.AdamW(
        learner.parameters(), lr=spec.max_lr, weight_decay=spec.weight_decay
    )
    state = load_checkpoint(run_dir, learner, optimizer)
    weight = class_weights(data.train.labels) if spec.class_weight else None
    forward = TrainingForward.of(learner, spec.speedups)
    plateau = None
    if spec.schedule in _PLATEAUS:
        plateau = Plateau(optimizer, state, *_PLATEAUS[spec.schedule])
    score = spec.chosen_task.score
    while state.epoch < spec.epochs and state.epoch - state.best_epoch < spec.patience:
        started = time.monotonic()
        epoch = state.epoch + 1
        train_loss = _train_epoch(
            learner, forward, optimizer, data.train, spec, epoch, weight, watcher
        )
        val_logits = logits_of(model, data.val.inputs, data.val.patients)
        val_loss = float(_loss(val_logits, data.val.labels, weight))
        val_score = score.compute(data.val.labels.numpy(), val_logits.numpy())
        state.epoch = epoch
        state.val_losses.append(val_loss)
        if plateau is not None:
            plateau.step(val_loss)
        if val_score > state.best_score:
            state.best_score, state.best_epoch = val_score, epoch
            state.best_weights = {
                k: v.detach().cpu().clone() for k, v in model.state_dict().items()
            }
        seconds = time.monotonic() - started
        state.seconds += seconds
        save_checkpoint(run_dir, learner, optimizer, state)
        watcher.epoch(
            EpochResult(
                epoch, spec.epochs, train_loss, val_loss, val_score, state.best_epoch, seconds
            )
        )
    model.load_state_dict(state.best_weights)
    return state


def class_weights(labels: Tensor) -> Tensor:
    """Weigh records with a class so that they count as much as all others, ``(n_classes,)``.

    A class that no record has weighs 1; unknown labels (NaN) count for neither.
    """
    n_with = labels.nansum(dim=0)
    n_without = (~labels.isnan()).sum(dim=0) - n_with
    return torch.where(n_with > 0, n_without / n_with, 1.0)


def logits_of(
    model: nn.Module, inputs: Tensor, patients: Tensor | None = None, batch_size: int = 256
) -> Tensor:
    """Return logits ``(n, n_classes)`` in evaluation mode, of ``(n, 12, n_samples)`` prepared.

    Parameters
    ----------
    patients
        Age and sex ``(n, 5)`` for a network that takes them.
    """
    model.eval()
    device = _device_of(model)
    parts = [inputs] if patients is None else [inputs, patients]
    with torch.inference_mode():
        batches = zip(*(torch.split(part, batch_size) for part in parts), strict=True)
        return torch.cat([model(*(one.to(device) for one in batch)).cpu() for batch in batches])


def one_cycle(progress: float, max_lr: float) -> float:
    """Learning rate at `progress` 0..1: a cosine up to `max_lr`, then down (Smith, 2018)."""
    if progress < _WARM_UP:
        share, low = progress / _WARM_UP, _FIRST_LR
    else:
        share, low = (1 - progress) / (1 - _WARM_UP), _LAST_LR
    return max_lr * (low + (1 - low) * (1 - math.cos(math.pi * share)) / 2)


def _train_epoch(
    model: nn.Module,
    forward: TrainingForward,
    optimizer: torch.optim.Optimizer,
    train: Split,
    spec: TrainSpec,
    epoch: int,
    weight: Tensor | None,
    watcher: Watcher,
) -> float:
    generator, n_classes = _seeded(spec.seed, epoch), train.labels.size(1)
    model.train()
    device = _device_of(model)
    batches = _full_batches(torch.randperm(len(train.ids), generator=generator), spec.batch_size)
    losses: NDArray[np.float64] = np.zeros(len(batches))
    for step, rows in enumerate(batches):
        if (rate := _rate(spec, epoch, step / len(batches))) is not None:
            for group in optimizer.param_groups:
                group["lr"] = rate
        inputs = augment(train.inputs[rows], spec, generator).to(device)
        patients = None if train.patients is None else train.patients[rows].to(device)
        outputs = forward(inputs, patients).cpu()
        loss = own_loss = _loss(outputs[:, :n_classes], train.labels[rows], weight)
        if train.statements is not None:
            loss = loss + statements_loss(outputs[:, n_classes:], train.statements[rows])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        if spec.clip_norm:
            nn.utils.clip_grad_norm_(model.parameters(), spec.clip_norm)
        optimizer.step()
        losses[step] = own_loss.item()
        watcher.step(epoch, step + 1, len(batches))
    return float(losses.mean())


def _rate(spec: TrainSpec, epoch: int, share: float) -> float | None:
    """Return the learning rate of a step; None where a plateau decides. `share` is of the epoch."""
    if spec.schedule == "one_cycle":
        return one_cycle((epoch - 1 + share) / spec.epochs, spec.max_lr)
    if spec.schedule == "steps":
        return spec.max_lr * 0.1 ** sum(epoch > last for last in _STEPS_AFTER)
    return None


def _full_batches(order: Tensor, batch_size: int) -> list[Tensor]:
    """Leave the incomplete last batch out: the order changes with each epoch, so nobody is lost."""
    batches = list(torch.split(order, batch_size))
    return batches[:-1] if len(batches) > 1 and len(batches[-1]) < batch_size else batches


class Plateau(ReduceLROnPlateau):
    """A lower rate where the validation loss stays, brought to where the run has come.

    Parameters
    ----------
    epochs
        Without a better loss, after which the rate is lowered by `factor`.
    """

    def __init__(
        self,
        optimizer: torch.optim.Optimizer,
        state: TrainState,
        factor: float = 0.5,
        epochs: int = 6,
    ) -> None:
        super().__init__(optimizer, factor=factor, patience=epochs - 1)
        for val_loss in state.val_losses:
            self.step(val_loss)


def _device_of(model: nn.Module) -> torch.device:
    return next(model.parameters()).device


def _loss(logits: Tensor, labels: Tensor, weight: Tensor | None) -> Tensor:
    """Mean the cross-entropy over all labels that are known."""
    known = ~labels.isnan()
    if known.all():
        return binary_cross_entropy_with_logits(logits, labels, pos_weight=weight)
    losses = binary_cross_entropy_with_logits(
        logits, labels.nan_to_num(), pos_weight=weight, reduction="none"
    )
    return losses[known].mean()


def _seeded(seed: int, epoch: int) -> torch.Generator:
    mixed = int(np.random.SeedSequence([seed, epoch]).generate_state(1)[0])
    torch.manual_seed(mixed)
    return torch.Generator().manual_seed(mixed)
