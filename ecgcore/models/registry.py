"""Networks by the name of their architecture, and weights on disk."""

import hashlib
from copy import deepcopy
from pathlib import Path

import safetensors
import torch
from safetensors.torch import load, save_file
from torch import Tensor, nn

from ecgcore.errors import ModelError
from ecgcore.models.architectures import architecture
from ecgcore.models.cards import WEIGHTS_FILE, ModelEntry, file_sha256
from ecgcore.models.networks.base import NetworkModule
from ecgcore.tasks.registry import task_named


def build(arch: str, n_classes: int = 1) -> NetworkModule:
    """Make an untrained model; ModelError if there is no such architecture."""
    return architecture(arch).build(n_classes)


def save_weights(model: nn.Module, folder: Path) -> str:
    """Write ``weights.safetensors`` and return its SHA-256.

    A tensor is stored as float16 where that changes none of its numbers: round the model first with
    `round_to_half` for a file of half the size.
    """
    path = folder / WEIGHTS_FILE
    tensors = {name: _smallest(tensor).contiguous() for name, tensor in model.state_dict().items()}
    save_file(tensors, path)
    return file_sha256(path)


def round_to_half(model: nn.Module) -> nn.Module:
    """Return a copy whose weights are rounded to what float16 can hold; they stay float32.

    Parts that say ``exact = True`` are not rounded.
    """
    rounded = deepcopy(model)
    for part in rounded.modules():
        if not getattr(part, "exact", False):
            for tensor in (*part.parameters(recurse=False), *part.buffers(recurse=False)):
                if tensor.is_floating_point():
                    tensor.data = tensor.data.half().float()
    return rounded


def _smallest(tensor: Tensor) -> Tensor:
    half = tensor.half()
    return half if tensor.is_floating_point() and torch.equal(half.float(), tensor) else tensor


def load_model(entry: ModelEntry) -> NetworkModule:
    """Build a model and load its weights, in evaluation mode.

    Raises
    ------
    ModelError
        If the weights cannot be read, differ from the card's checksum by one byte, or do not fit.
    """
    path = entry.folder / WEIGHTS_FILE
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"{path} cannot be read ({error.strerror}). "
            "Restore it from the project, or train again."
        ) from error
    if (found := hashlib.sha256(data).hexdigest()) != entry.card.weights_sha256:
        raise ModelError(
            f"{path} is damaged: its SHA-256 is {found[:16]}…, the card says "
            f"{entry.card.weights_sha256[:16]}…. Restore it from the project, or train again."
        )
    model = build(entry.key.arch, len(task_named(entry.key.task).classes))
    try:
        model.load_state_dict(load(data), strict=True)
    except (RuntimeError, safetensors.SafetensorError) as error:
        raise ModelError(f"{path} does not fit {entry.key.arch}: {error}. Train again.") from error
    return model.eval()
