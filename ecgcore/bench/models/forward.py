"""A forward pass of BiMamba-2 beside the same network with transformers' mixers."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor, nn

from ecgcore.bench.figure import Figure
from ecgcore.bench.models.contest import Contest, Effort, take_turns
from ecgcore.bench.models.references import CHUNKS, INSTALL, with_their_mixers
from ecgcore.models.networks.bimamba2 import BiMamba2
from ecgcore.training.mixed_precision import bf16_is_fast

PROMISE, LARGEST_DIFFERENCE = 1.8, 1e-3

_NAME = "BiMamba-2 forward, {}, against transformers"
_AGREES = "BiMamba-2, largest difference from transformers"


def forward_figures(
    model: BiMamba2,
    inputs: Tensor,
    modeling: Any | None,  # noqa: ANN401
    effort: Effort,
) -> Iterator[Figure]:
    """Compare logits and times of one network on ``(n, 12, n_samples)`` in inference mode.

    The promise is about float32, in which this project predicts.
    """
    if modeling is None:
        yield Figure(_AGREES, None, "in a logit", LARGEST_DIFFERENCE, INSTALL, skipped=True)
        yield Figure(_NAME.format("float32"), None, "times", None, INSTALL, True, PROMISE)
        return
    networks: dict[str, nn.Module] = {
        f"chunks of {chunk}": with_their_mixers(model, modeling, chunk) for chunk in CHUNKS
    }
    logits = [_logits(one, inputs) for one in (model, *networks.values())]
    gap = max(float((other - logits[0]).abs().max()) for other in logits[1:])
    yield Figure(_AGREES, gap, "in a logit", LARGEST_DIFFERENCE, f"{len(inputs)} records")
    contest = take_turns(_contenders(model, networks, inputs), effort.rounds)
    theirs = contest.fastest(networks)
    yield _faster("float32", contest, theirs, PROMISE)
    if bf16_is_fast():
        yield _faster("bfloat16", contest, theirs)


def _contenders(
    model: BiMamba2, networks: Mapping[str, nn.Module], inputs: Tensor
) -> dict[str, Callable[[], object]]:
    contenders: dict[str, Callable[[], object]] = {
        name: partial(_logits, one, inputs) for name, one in networks.items()
    }
    contenders["float32"] = partial(_logits, model, inputs)
    if bf16_is_fast():
        contenders["bfloat16"] = partial(_logits, model, inputs, bf16=True)
    return contenders


def _logits(model: nn.Module, inputs: Tensor, *, bf16: bool = False) -> Tensor:
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        return cast(Tensor, model(inputs)).float()


def _faster(ours: str, contest: Contest, theirs: str, at_least: float | None = None) -> Figure:
    ratio = contest.ratio(theirs, ours)
    note = (
        f"{contest.median_ms(theirs):.0f} to {contest.median_ms(ours):.0f} ms; {ratio.as_text()}; "
        f"theirs with {theirs}"
    )
    return Figure(_NAME.format(ours), ratio.median, "times", None, note, at_least=at_least)
