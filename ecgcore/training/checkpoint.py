"""One file that holds all a stopped training needs to go on; nothing is unpickled."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from ecgcore.errors import JobError

CHECKPOINT_FILE = "checkpoint.safetensors"
State = dict[str, Tensor]

_OLDER_SCORE = "best_auroc"
"""Before there were tasks."""


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
    path = run_dir / CHECKPOINT_FILE
    part = path.with_suffix(".part")
    save_file(
        {name: tensor.contiguous() for name, tensor in tensors.items()},
        part,
        metadata={"state": json.dumps(numbers)},
    )
    part.replace(path)


def load_checkpoint(
    run_dir: Path, model: nn.Module, optimizer: torch.optim.Optimizer
) -> TrainState:
    """Restore model and optimizer in place; a fresh state where there is no checkpoint.

    Raises
    ------
    JobError
        If the checkpoint is damaged or belongs to another architecture.
    """
    path = run_dir / CHECKPOINT_FILE
    if not path.exists():
        return TrainState()
    try:
        with safe_open(path, "pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            numbers = json.loads(file.metadata()["state"])
        if _OLDER_SCORE in numbers:
            numbers["best_score"] = numbers.pop(_OLDER_SCORE)
        state = TrainState(**numbers)
        model.load_state_dict(_below(tensors, "model."))
        state.best_weights = _below(tensors, "best.")
        _restore_optimizer(optimizer, _below(tensors, "optimizer."))
    except Exception as error:  # safetensors and torch raise many kinds on damaged files
        reason = str(error).partition("\n")[0]
        raise JobError(
            f"{path} cannot be used ({reason}). Delete it to start this run from its beginning."
        ) from error
    return state


def _below(tensors: State, prefix: str) -> State:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _restore_optimizer(optimizer: torch.optim.Optimizer, tensors: State) -> None:
    state: dict[int, State] = {}
    for name, tensor in tensors.items():
        index, value = name.split(".", 1)
        state.setdefault(int(index), {})[value] = tensor
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})
