"""Training steps of our networks and of others, taken in turns on one batch of records."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from ecgcore.bench.figure import Figure
from ecgcore.bench.models.contest import Contest, Effort, take_turns
from ecgcore.bench.models.references import CHUNKS, INSTALL, with_their_mixers
from ecgcore.models.architectures import BIMAMBA2, CNN_BILSTM, CNN_LSTM
from ecgcore.models.networks.bimamba2 import BiMamba2
from ecgcore.tasks import mi
from ecgcore.training.data import augment
from ecgcore.training.mixed_precision import TrainingForward, resolved
from ecgcore.training.spec import TrainSpec

EPOCH_RECORDS = 5645
"""Size of training set A, and so of one epoch."""

MAMBA_PROMISE, CNN_PROMISE = 2.5, 0.5

_STUDY_BATCH = 32
_FLOAT32 = "none"
_WORDS = {"none": "float32", "bf16": "bfloat16", "bf16+compile": "bfloat16 compiled"}


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Preprocessed records ``(n, 12, n_samples)`` and labels ``(n,)``, 1 for MI."""

    inputs: Tensor
    labels: Tensor

    def first(self, n: int) -> "Batch":
        """Keep the first records."""
        return Batch(self.inputs[:n], self.labels[:n])


@dataclass(frozen=True, slots=True, eq=False)
class Trainee:
    """One network and how it is trained; `spec` says how its batch is augmented, None: not."""

    model: nn.Module
    speedups: str
    batch: Batch
    spec: TrainSpec | None

    def step(self) -> Callable[[], float]:
        """Make ready; each call is a training step as in ``training/loop.py``."""
        self.model.train()
        optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-4)
        forward = TrainingForward.of(self.model, self.speedups)
        generator = torch.Generator().manual_seed(0)

        def step() -> float:
            inputs = self.batch.inputs
            if self.spec is not None:
                inputs = augment(inputs, self.spec, generator)
            loss = binary_cross_entropy_with_logits(forward(inputs)[:, 0], self.batch.labels)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            optimizer.step()
            return loss.item()

        return step


def epochs(trainees: Mapping[str, Trainee], rounds: int) -> Contest:
    """Let them train in turns; times are those of an epoch of `EPOCH_RECORDS`, in ms."""
    contest = take_turns({name: one.step() for name, one in trainees.items()}, rounds)
    steps = {name: EPOCH_RECORDS // len(one.batch.labels) for name, one in trainees.items()}
    return contest.scaled(steps)


def mamba_epoch_figures(batch: Batch, modeling: Any | None, effort: Effort) -> Iterator[Figure]:  # noqa: ANN401
    """BiMamba-2 as this machine trains it beside transformers' mixers in the same network."""
    spec = TrainSpec(BIMAMBA2.name, mi.CERTAIN, 0, "")
    ours = _speedups(spec)
    name = f"BiMamba-2 epoch, {_WORDS[ours]}, against transformers"
    if modeling is None:
        yield Figure(name, None, "times", None, INSTALL, True, MAMBA_PROMISE)
        return
    contest = epochs(_mamba_trainees(batch, modeling, spec, ours), effort.rounds)
    theirs = contest.fastest([_their_name(chunk, _FLOAT32) for chunk in CHUNKS])
    yield _faster(name, contest, theirs, "ours", MAMBA_PROMISE)
    if ours != _FLOAT32:
        sped_up = "BiMamba-2 epoch, the same, against transformers in bfloat16"
        yield _faster(sped_up, contest, _their_name(CHUNKS[0], "bf16"), "ours")
        float32 = "BiMamba-2 epoch, float32, against transformers"
        yield _faster(float32, contest, theirs, "ours in float32")


def _mamba_trainees(
    batch: Batch,
    modeling: Any,  # noqa: ANN401
    spec: TrainSpec,
    ours: str,
) -> dict[str, Trainee]:
    def theirs(chunk: int, speedups: str) -> Trainee:
        network = with_their_mixers(_mamba(), modeling, chunk)
        return Trainee(network, speedups, batch, spec)

    trainees = {_their_name(chunk, _FLOAT32): theirs(chunk, _FLOAT32) for chunk in CHUNKS}
    if ours != _FLOAT32:
        trainees[_their_name(CHUNKS[0], "bf16")] = theirs(CHUNKS[0], "bf16")
        trainees["ours in float32"] = Trainee(_mamba(), _FLOAT32, batch, spec)
    return trainees | {"ours": Trainee(_mamba(), ours, batch, spec)}


def cnn_epoch_figures(batch: Batch, effort: Effort) -> Iterator[Figure]:
    """CNN-BiLSTM as this machine trains it beside the published study's network."""
    spec = TrainSpec(CNN_BILSTM.name, mi.CERTAIN, 0, "")
    ours, small = _speedups(spec), batch.first(_STUDY_BATCH)
    trainees = {
        "ours": Trainee(CNN_BILSTM.build(), ours, batch, spec),
        "theirs": Trainee(CNN_LSTM.build(), _FLOAT32, small, None),
    }
    if ours != _FLOAT32:
        trainees["ours in float32"] = Trainee(CNN_BILSTM.build(), _FLOAT32, batch, spec)
        trainees["theirs sped up"] = Trainee(CNN_LSTM.build(), ours, small, None)
    contest = epochs(trainees, effort.rounds)
    name = "CNN-BiLSTM epoch, {}, to the study's net"
    yield _share(name.format(_WORDS[ours]), contest, "ours", "theirs", CNN_PROMISE)
    if ours != _FLOAT32:
        yield _share(name.format("both so"), contest, "ours", "theirs sped up")
        yield _share(name.format("both in float32"), contest, "ours in float32", "theirs")


def _faster(
    name: str, contest: Contest, theirs: str, ours: str, at_least: float | None = None
) -> Figure:
    ratio = contest.ratio(theirs, ours)
    note = f"{_seconds(contest, theirs)} to {_seconds(contest, ours)}; {ratio.as_text()}; {theirs}"
    return Figure(name, ratio.median, "times", None, note, at_least=at_least)


def _share(
    name: str, contest: Contest, ours: str, theirs: str, target: float | None = None
) -> Figure:
    ratio = contest.ratio(ours, theirs)
    note = f"{_seconds(contest, ours)} to {_seconds(contest, theirs)}; {ratio.as_text()}"
    return Figure(name, ratio.median, "of its time", target, note)


def _seconds(contest: Contest, name: str) -> str:
    return f"{contest.median_ms(name) / 1000:.1f} s"


def _their_name(chunk: int, speedups: str) -> str:
    return f"theirs in {_WORDS[speedups]}, chunks of {chunk}"


def _speedups(spec: TrainSpec) -> str:
    return resolved(spec.speedups, spec.epochs * EPOCH_RECORDS // spec.batch_size)


def _mamba() -> BiMamba2:
    return cast(BiMamba2, BIMAMBA2.build())
