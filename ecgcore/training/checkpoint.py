"""One file that holds all a stopped training needs to go on; nothing is unpickled.

It proves itself: the SHA-256 of all it holds is inside. The one before it is kept, and taken where
the last one is damaged; an epoch is then learnt again, to the same weights.
"""

import hashlib
import json
import logging
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from ecgcore.errors import JobError

CHECKPOINT_FILE = "checkpoint.safetensors"
PREVIOUS_FILE = "checkpoint-previous.safetensors"
CHECKPOINT_FILES = (CHECKPOINT_FILE, PREVIOUS_FILE, "checkpoint.part")
State = dict[str, Tensor]

_OLDER_SCORE = "best_auroc"
"""Before there were tasks."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class TrainState:
    """Progress of a run: finished epochs with their losses, and the best with its weights."""

    epoch: int = 0
    best_epoch: int = 0
    best_score: float = -1.0
    seconds: float = 0.0
    val_losses: list[float] = field(default_factory=list)
    best_weights: State = field(default_factory=dict)


def save_checkpoint(
    run_dir: Path, model: nn.Module, optimizer: torch.optim.Optimizer, state: TrainState
) -> None:
    """Replace the run's checkpoint in one step, so that a killed process leaves a whole one."""
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    tensors |= {f"best.{name}": tensor for name, tensor in state.best_weights.items()}
    for index, values in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": value for name, value in values.items()}
    numbers = asdict(state)
    del numbers["best_weights"]
    words = json.dumps(numbers)
    whole = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    path = run_dir / CHECKPOINT_FILE
    part = path.with_suffix(".part")
    try:
        save_file(whole, part, metadata={"state": words, "sha256": _digest(whole, words)})
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        if path.exists():
            path.replace(run_dir / PREVIOUS_FILE)
        part.replace(path)
    except (OSError, SafetensorError) as error:
        reason = str(error).partition("\n")[0]
        raise JobError(
            f"{run_dir} cannot hold the checkpoint of epoch {state.epoch} ({reason}). Free space "
            "or make it writable; the same run goes on from the epoch before."
        ) from error


def load_checkpoint(
    run_dir: Path, model: nn.Module, optimizer: torch.optim.Optimizer
) -> TrainState:
    """Restore model and optimizer in place; a fresh state where there is no checkpoint.

    A damaged one is left out, and the one before it taken.

    Raises
    ------
    JobError
        If every checkpoint is damaged or belongs to another architecture.
    """
    reasons = []
    for path in (run_dir / CHECKPOINT_FILE, run_dir / PREVIOUS_FILE):
        if not path.exists():
            continue
        try:
            return _restored(path, model, optimizer)
        except Exception as error:  # safetensors and torch raise many kinds on damaged files
            reasons.append(f"{path} cannot be used ({str(error).partition(chr(10))[0]})")
            log.warning("%s", reasons[-1])
    if not reasons:
        return TrainState()
    raise JobError(f"{'; '.join(reasons)}. Delete it to start this run from its beginning.")


def _restored(path: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> TrainState:
    with safe_open(path, "pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        metadata = file.metadata()
    digest = metadata.get("sha256")  # older checkpoints have none
    if digest is not None and digest != _digest(tensors, metadata["state"]):
        raise JobError("what it holds does not fit its SHA-256")
    numbers = json.loads(metadata["state"])
    if _OLDER_SCORE in numbers:
        numbers["best_score"] = numbers.pop(_OLDER_SCORE)
    state = TrainState(**numbers)
    model.load_state_dict(_below(tensors, "model."))
    state.best_weights = _below(tensors, "best.")
    _restore_optimizer(optimizer, _below(tensors, "optimizer."))
    return state


def _digest(tensors: State, words: str) -> str:
    digest = hashlib.sha256(words.encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _below(tensors: State, prefix: str) -> State:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _restore_optimizer(optimizer: torch.optim.Optimizer, tensors: State) -> None:
    state: dict[int, State] = {}
    for name, tensor in tensors.items():
        index, value = name.split(".", 1)
        state.setdefault(int(index), {})[value] = tensor
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})
