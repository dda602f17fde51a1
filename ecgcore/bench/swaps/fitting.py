"""Fit the networks of `ecgcore.signals.lead_swaps`."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save_file
from torch import nn

from ecgcore.signals.lead_swaps import KINDS, NETWORKS, Beat, inputs, swapped

EPOCHS, BATCH, HIDDEN, SECOND = 18, 512, 128, 32
_LAYERS = ("hidden", "second", "out")
_AT = np.arange(76)
_R = 30
Rows = tuple[NDArray[np.float32], NDArray[np.int64]]


def fit(beats: Beat, path: Path) -> None:
    """Fit on median beats ``(n, 12, 76)`` of ECGs with the right electrodes, and save.

    Each epoch sees every beat as it is and with every swap, each time slightly changed.
    """
    tensors: dict[str, NDArray[np.generic]] = {}
    for seed in range(NETWORKS):
        for name, values in _network(beats, seed):
            kind = np.float16 if name.endswith("weight") else np.float32
            tensors[f"{seed}.{name}"] = values.astype(kind)
    save_file(tensors, path)


def _network(beats: Beat, seed: int) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Train one network; yield its layers, the first with the scaling of its inputs in it."""
    torch.manual_seed(seed)
    draw = np.random.default_rng(seed)
    x, _ = _examples(beats)
    centre, spread = x.mean(axis=0), x.std(axis=0) + 0.05
    sizes = (x.shape[1], HIDDEN, SECOND, len(KINDS))
    layers = [nn.Linear(a, b) for a, b in pairwise(sizes)]
    net = nn.Sequential(
        layers[0], nn.ReLU(), nn.Dropout(0.3), layers[1], nn.ReLU(), layers[2]
    ).train()
    steps = EPOCHS * -(-len(x) // BATCH)
    optimiser = torch.optim.AdamW(net.parameters(), 1e-3, weight_decay=2e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps)
    for _ in range(EPOCHS):
        x, y = _examples(_changed(beats, draw))
        inputs_of, labels = torch.from_numpy((x - centre) / spread), torch.from_numpy(y)
        order = torch.randperm(len(x))
        for start in range(0, len(x), BATCH):
            rows = order[start : start + BATCH]
            logits = net(inputs_of[rows])
            loss = nn.functional.cross_entropy(logits, labels[rows], label_smoothing=0.02)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
    for name, layer in zip(_LAYERS, layers, strict=True):
        weight, bias = (p.detach().numpy().astype(np.float64) for p in layer.parameters())
        if name == "hidden":
            weight, bias = weight / spread, bias - weight @ (centre / spread)
        yield f"{name}.weight", weight
        yield f"{name}.bias", bias


def _examples(beats: Beat) -> Rows:
    """Return inputs and places in `KINDS` of all beats with every swap."""
    rows = [inputs(swapped(beats, key)) for key in KINDS]
    return np.concatenate(rows), np.repeat(np.arange(len(KINDS)), len(beats))


def _changed(beats: Beat, draw: np.random.Generator) -> Beat:
    """Change beats as another heart rate, device, chest or detector of R would."""
    n = len(beats)
    changed = np.roll(beats, draw.integers(-2, 3), axis=2)
    for part in np.array_split(draw.permutation(n), 24):
        changed[part] = _stretched(changed[part], draw)
    changed[:, 6:] *= np.exp(draw.normal(0, 0.2, (n, 6, 1)))
    size = np.sqrt((changed**2).mean(axis=2, keepdims=True))
    slope = draw.normal(0, 0.15, (n, 12, 1)) * np.linspace(-1, 1, len(_AT))
    drift = draw.normal(0, 0.15, (n, 12, 1)) + slope
    noise = draw.normal(0, 0.05, changed.shape)
    return np.asarray(changed + size * (drift + noise))


def _stretched(beats: Beat, draw: np.random.Generator) -> Beat:
    """Stretch beats in time by about 10 % around R, and smooth them."""
    at = np.clip((_AT - _R) * np.exp(draw.normal(0, 0.1)) + _R, 0, len(_AT) - 1)
    left = at.astype(np.int64)
    right, share = np.minimum(left + 1, len(_AT) - 1), at - left
    beats = beats[:, :, left] * (1 - share) + beats[:, :, right] * share
    beside = (np.roll(beats, 1, axis=2) + np.roll(beats, -1, axis=2)) / 2
    return np.asarray(beats + draw.uniform(0, 0.25) * (beside - beats))
