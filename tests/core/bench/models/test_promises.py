"""What the bench of the models promises and how often it measures: a second copy."""

import pytest
import torch

from ecgcore.bench.models import contest, forward, references, serving, table, training


@pytest.mark.parametrize(
    ("promise", "value"),
    [
        (serving.ONE_RECORD_MS, 25.0),
        (serving.BATCH_PROMISE, 10.0),
        (serving.BESIDE_TRAINING, 1.5),
        (forward.PROMISE, 1.8),
        (forward.LARGEST_DIFFERENCE, 1e-3),
        (training.MAMBA_PROMISE, 2.5),
        (training.CNN_PROMISE, 0.5),
        (training.EPOCH_RECORDS, 5645),
    ],
)
def test_promises(promise: float, value: float) -> None:
    assert promise == value


def test_how_often_is_measured() -> None:
    """Rounds, single records, parts, records of the plain loop, and records that are opened."""
    full, quick = (
        (one.rounds, one.calls, one.parts, one.loop_records, one.opens)
        for one in (contest.FULL, contest.QUICK)
    )
    assert full == (9, 10, 6, 360, 160)
    assert quick == (3, 5, 2, 60, 0)
    assert (table._BATCH, training._STUDY_BATCH) == (64, 32)
    assert references.CHUNKS == (32, 64)


@pytest.mark.parametrize(("bf16", "seen"), [(False, torch.float32), (True, torch.bfloat16)])
def test_a_forward_pass_is_in_float32_unless_asked(bf16: bool, seen: torch.dtype) -> None:
    class Looks(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            product = x @ x.T
            self.seen = product.dtype, torch.is_inference_mode_enabled()
            return product

    model = Looks()
    asked = {"bf16": True} if bf16 else {}
    logits = forward._logits(model, torch.eye(3), **asked)
    assert model.seen == (seen, True)
    assert logits.dtype == torch.float32
