"""Which speed-up a run takes on a machine, told beforehand; and its outputs are float32."""

import pytest
import torch
from torch import nn

from ecgcore.training import mixed_precision
from ecgcore.training.mixed_precision import TrainingForward, resolved

LONG, SHORT = 500, 499


@pytest.mark.parametrize(
    ("asked", "n_steps", "bf16", "gpu", "compiler", "taken"),
    [
        ("none", LONG, True, False, True, "none"),
        ("auto", LONG, False, False, True, "none"),
        ("bf16", LONG, False, False, True, "none"),
        ("auto", LONG, True, False, True, "bf16+compile"),
        ("auto", SHORT, True, False, True, "bf16"),
        ("auto", LONG, True, False, False, "bf16"),
        ("bf16", LONG, True, False, True, "bf16"),
        ("bf16+compile", SHORT, True, False, True, "bf16+compile"),
        ("bf16+compile", SHORT, True, False, False, "bf16"),
        ("auto", LONG, True, True, True, "bf16"),
        ("bf16+compile", LONG, True, True, True, "bf16"),
        ("auto", LONG, False, True, True, "none"),
    ],
)
def test_what_is_taken(
    monkeypatch: pytest.MonkeyPatch,
    asked: str,
    n_steps: int,
    bf16: bool,
    gpu: bool,
    compiler: bool,
    taken: str,
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    monkeypatch.setattr(mixed_precision, "bf16_is_fast", lambda: bf16)
    monkeypatch.setattr(mixed_precision, "can_compile", lambda: compiler)
    assert resolved(asked, n_steps) == taken


@pytest.mark.parametrize("amx", [True, False])
@pytest.mark.parametrize("avx512", [True, False])
def test_bfloat16_is_fast_where_a_processor_has_either_unit(
    monkeypatch: pytest.MonkeyPatch, amx: bool, avx512: bool
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx512)
    assert mixed_precision.bf16_is_fast() is (amx or avx512)


@pytest.mark.parametrize("real", [True, False])
def test_a_gpu_is_asked_whether_it_does_so_itself(
    monkeypatch: pytest.MonkeyPatch, real: bool
) -> None:
    def supported(including_emulation: bool = True) -> bool:
        return including_emulation or real

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", supported)
    assert mixed_precision.bf16_is_fast() is real


def test_either_compiler_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    here: list[str] = []
    monkeypatch.setattr(
        mixed_precision.shutil, "which", lambda name: name if name in here else None
    )
    assert not mixed_precision.can_compile()
    for compiler in ("g++", "clang++"):
        here[:] = [compiler]
        assert mixed_precision.can_compile()


@pytest.mark.parametrize(("speedups", "seen"), [("none", torch.float32), ("bf16", torch.bfloat16)])
def test_a_step_runs_in_its_precision_and_answers_in_float32(
    speedups: str, seen: torch.dtype
) -> None:
    class Looks(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            product = x @ x.T
            self.dtype = product.dtype
            return product

    model = Looks()
    outputs = TrainingForward.of(model, speedups)(torch.eye(3))
    assert (model.dtype, outputs.dtype) == (seen, torch.float32)
