"""Architectures by name, and weights on disk."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import safetensors
from safetensors.torch import load, save_file
from torch import Tensor, nn

from ecgcore.errors import ModelError
from ecgcore.models.cards import WEIGHTS_FILE, ModelEntry, file_sha256
from ecgcore.models.cnn_lstm import CnnLstm
from ecgcore.models.mamba2 import BiMamba2
from ecgcore.models.mamba2_large import BiMamba2Large
from ecgcore.models.recurrent import CnnBiLstm

ARCHITECTURES: dict[str, Callable[[], nn.Module]] = {
    "cnn_bilstm": CnnBiLstm,
    "bimamba2": BiMamba2,
    "cnn_lstm": CnnLstm,
    "bimamba2_large": BiMamba2Large,
}

_MAMBA2 = (
    "models/gpu_scan.py",
    "models/mamba2.py",
    "models/mamba_parts.py",
    "models/recurrent.py",
    "models/scan.py",
)
SOURCES: dict[str, tuple[str, ...]] = {
    "cnn_bilstm": ("models/recurrent.py",),
    "bimamba2": _MAMBA2,
    "cnn_lstm": ("models/cnn_lstm.py",),
    "bimamba2_large": ("models/mamba2_large.py", *_MAMBA2),
}
"""Files below ``ecgcore/`` that an architecture is made of."""


def build(arch: str) -> nn.Module:
    """Make an untrained model; ModelError if there is no such architecture."""
    if arch not in ARCHITECTURES:
        raise ModelError(f"There is no architecture {arch!r}; choose {', '.join(ARCHITECTURES)}.")
    return ARCHITECTURES[arch]()


def save_weights(model: nn.Module, folder: Path) -> str:
    """Write ``weights.safetensors`` in half precision and return its SHA-256.

    Round the model first with `round_to_half`, so that the file is exactly what was judged.
    """
    path = folder / WEIGHTS_FILE
    tensors = {name: _half(tensor).contiguous() for name, tensor in model.state_dict().items()}
    save_file(tensors, path)
    return file_sha256(path)


def round_to_half(model: nn.Module) -> nn.Module:
    """Round all weights, in place, to what float16 can hold; they stay float32."""
    return model.half().float()


def _half(tensor: Tensor) -> Tensor:
    return tensor.half() if tensor.is_floating_point() else tensor


def load_model(entry: ModelEntry) -> nn.Module:
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
    model = build(entry.key.arch)
    try:
        model.load_state_dict(load(data), strict=True)
    except (RuntimeError, safetensors.SafetensorError) as error:
        raise ModelError(f"{path} does not fit {entry.key.arch}: {error}. Train again.") from error
    return model.eval()
