"""A training step in bfloat16 and compiled, where the machine can do that."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

_COMPILERS = ("g++", "clang++")
_STEPS_THAT_PAY = 500
"""Compiling takes as long as it saves in about so many steps."""


@dataclass(frozen=True, slots=True)
class TrainingForward:
    """The forward pass of a training step; returns the network's outputs in float32."""

    run: Callable[..., Tensor]
    bf16: bool

    @classmethod
    def of(cls, model: nn.Module, speedups: str) -> "TrainingForward":
        """Wrap `model`, whose parameters stay its own; `speedups` as `resolved` gives it."""
        compiled = speedups.endswith("compile")
        run = torch.compile(model, dynamic=False) if compiled else model
        return cls(run, bf16=speedups.startswith("bf16"))

    def __call__(self, inputs: Tensor, patients: Tensor | None = None) -> Tensor:
        """Map preprocessed ``(n, 12, n_samples)``, age and sex to logits ``(n, n_outputs)``."""
        with torch.autocast(inputs.device.type, torch.bfloat16, enabled=self.bf16):
            outputs = self.run(inputs) if patients is None else self.run(inputs, patients)
        return outputs.float()


def resolved(speedups: str, n_steps: int) -> str:
    """Turn "auto" into what this machine can do, and "bf16+compile" into what is left of it.

    Parameters
    ----------
    n_steps
        Training steps of the whole run.
    """
    if speedups == "none" or not bf16_is_fast():
        return "none"
    if torch.cuda.is_available():
        return "bf16"
    wanted = speedups == "bf16+compile" or (speedups == "auto" and n_steps >= _STEPS_THAT_PAY)
    return "bf16+compile" if wanted and can_compile() else "bf16"


def training_device() -> torch.device:
    """Return the GPU where there is one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def bf16_is_fast() -> bool:
    """Say whether what trains multiplies bfloat16 itself; elsewhere it is slower than float32."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())


def can_compile() -> bool:
    """Say whether there is a C++ compiler for ``torch.compile``."""
    return any(shutil.which(name) for name in _COMPILERS)
