"""What every attribution method is asked: a network, a record as the network sees it, a class."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from ecgcore.errors import RecordError
from ecgcore.explain.maps.baselines import NORMAL_BEAT, ZERO, baseline_signal
from ecgcore.models.cards import ModelEntry, Preprocessing
from ecgcore.models.inputs import model_input, patient_inputs
from ecgcore.models.networks.base import Network
from ecgcore.records import EcgRecord, Patient
from ecgcore.signals.beat_timing import Timing, timing_of
from ecgcore.signals.beats.beats import Beats, find_beats
from ecgcore.signals.measure.measure import measure


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A record as networks of one preprocessing see it, and what it is compared with.

    Attributes
    ----------
    record
        At the rate and of the length of the networks, in mV.
    inputs, baseline
        ``(1, 12, n_samples)``, filtered and scaled; a flat record lies at each lead's mean.
    baseline_kind
        One of `ecgcore.explain.maps.baselines.BASELINES`.
    beats
        Found in `record`.
    """

    record: EcgRecord
    inputs: Tensor
    baseline: Tensor
    baseline_kind: str
    beats: Beats

    @property
    def timing(self) -> Timing | None:
        """Where the waves lie; None where they are not found."""
        try:
            return timing_of(measure(self.record))
        except RecordError:
            return None


def seen(record: EcgRecord, steps: Preprocessing, baseline: str = NORMAL_BEAT) -> Seen:
    """Prepare a record once for all networks of the same preprocessing.

    Raises
    ------
    RecordError
        If the record does not fit the networks.
    """
    signal = model_input(record, steps).signal
    fitted = replace(record, signal=signal, fs_hz=steps.fs_hz)
    beats = find_beats(fitted)
    compared, kind = baseline_signal(fitted, baseline, beats)
    inputs = torch.from_numpy(steps.apply(signal)[None])
    scaled = torch.from_numpy(steps.apply(compared)[None])
    flat = torch.zeros_like(inputs)
    return Seen(fitted, inputs, flat if kind == ZERO else scaled, kind, beats)


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A network that its caller holds alone, what it sees, and the explained class.

    Attributes
    ----------
    n_steps
        Points of a path integral, or samples of a random one; None for the method's own number.
    """

    model: ModelEntry
    network: Network
    seen: Seen
    class_index: int = 0
    n_steps: int | None = None

    @property
    def fs_hz(self) -> int:
        """Samples per second of what the network sees."""
        return self.seen.record.fs_hz

    def logits(self, inputs: Tensor) -> Tensor:
        """Return the explained logit of inputs ``(n, 12, n_samples)``, ``(n,)``."""
        with torch.inference_mode():
            logits: Tensor = self.network(inputs)[:, self.class_index]
        return logits

    def logit(self) -> float:
        """Return the explained logit of the record."""
        return float(self.logits(self.seen.inputs)[0])


@contextmanager
def told(network: nn.Module, patient: Patient) -> Iterator[None]:
    """Let a network that takes age and sex know them, whoever calls it meanwhile."""
    if not getattr(network, "takes_patient", False):
        yield
        return
    known, forward = torch.from_numpy(patient_inputs([patient])), network.forward

    def with_patient(inputs: Tensor) -> Tensor:
        logits: Tensor = forward(inputs, known.expand(len(inputs), -1))
        return logits

    vars(network)["forward"] = with_patient
    try:
        yield
    finally:
        del vars(network)["forward"]


@contextmanager
def relus_apart(network: nn.Module) -> Iterator[None]:
    """Let ReLUs keep what comes in, as hooks on their gradients need."""
    quick = [part for part in network.modules() if isinstance(part, nn.ReLU) and part.inplace]
    for part in quick:
        part.inplace = False
    try:
        yield
    finally:
        for part in quick:
            part.inplace = True
