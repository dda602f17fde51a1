"""Speed of the models beside transformers' Mamba-2 and the study's network, as ratios in one run.

Contenders take turns, so that whatever else the machine does hits all alike.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

import numpy as np
import torch

from ecgcore.bench.figure import Figure
from ecgcore.bench.models.contest import FULL, QUICK, Effort
from ecgcore.bench.models.forward import forward_figures
from ecgcore.bench.models.references import find_transformers, version_of
from ecgcore.bench.models.serving import (
    TrainCommand,
    one_record_figures,
    opening_figures,
    whole_set_figures,
)
from ecgcore.bench.models.training import Batch, cnn_epoch_figures, mamba_epoch_figures
from ecgcore.bench.shipped import first_seeds, shipped_models
from ecgcore.models.architectures import BIMAMBA2
from ecgcore.models.inputs import prepared
from ecgcore.models.networks.bimamba2 import BiMamba2
from ecgcore.models.predictor import Predictor
from ecgcore.models.registry import load_model
from ecgcore.ptbxl.catalog import open_catalog
from ecgcore.ptbxl.store import FS_HZ, Recordings, open_recordings
from ecgcore.settings import Settings
from ecgcore.threads import library_threads
from ecgcore.training.mixed_precision import bf16_is_fast, can_compile

_BATCH = 64


@dataclass(frozen=True, slots=True)
class ModelBenchReport:
    """All figures of one run.

    Attributes
    ----------
    threads
        Threads of torch in forward passes and training steps.
    load
        Processes that wanted a core in the minute before, of others; None where unknown.
    """

    data_version: str
    threads: int
    torch: str
    transformers: str
    processor: str
    load: float | None
    figures: tuple[Figure, ...]

    @property
    def passed(self) -> bool:
        """True where every promise holds."""
        return all(figure.passed for figure in self.figures)

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        figures = [{**asdict(figure), "passed": figure.passed} for figure in self.figures]
        return {**asdict(self), "passed": self.passed, "figures": figures}

    def as_text(self) -> str:
        """Say what was measured on, then one line for each figure."""
        load = "" if self.load is None else f"; load of others before: {self.load:.1f}"
        lines = [
            f"{self.data_version}; batches and training steps with {self.threads} thread of torch"
            f"{'s' if self.threads > 1 else ''}{load}",
            f"torch {self.torch}; transformers {self.transformers}; {self.processor}",
            *(figure.as_text() for figure in self.figures),
        ]
        return "\n".join(lines)


def run_models(
    settings: Settings,
    *,
    train: TrainCommand,
    quick: bool = False,
    threads: int = 1,
    effort: Effort | None = None,
) -> ModelBenchReport:
    """Measure every promise about the speed of the models.

    Parameters
    ----------
    train
        What trains beside the reader.
    quick
        Fewer repeats, and no training beside the reader.
    threads
        Threads of torch in forward passes and training steps; what a reader waits for is measured
        with the threads that it has in the dashboard.
    effort
        How often each thing is measured, in place of what `quick` says.

    Raises
    ------
    ModelError
        If no model ships.
    """
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    recordings = open_recordings(open_catalog(settings))
    predictors = [Predictor.open(entry) for entry in first_seeds(shipped_models(settings))]
    modeling = find_transformers()
    chosen = effort or (QUICK if quick else FULL)
    figures = (
        *_network_figures(predictors, recordings, modeling, chosen, threads),
        *_reader_figures(settings, predictors, recordings, chosen, train),
    )
    return ModelBenchReport(
        recordings.catalog.version,
        threads,
        torch.__version__,
        version_of(modeling),
        _processor(),
        load,
        figures,
    )


def _network_figures(
    predictors: Sequence[Predictor],
    recordings: Recordings,
    modeling: Any | None,  # noqa: ANN401
    effort: Effort,
    threads: int,
) -> Iterator[Figure]:
    batch = _batch(predictors[0], recordings)
    with library_threads(threads):
        for predictor in predictors:
            if predictor.entry.key.arch == BIMAMBA2.name:
                model = cast(BiMamba2, load_model(predictor.entry).requires_grad_(False))
                yield from forward_figures(model, batch.inputs, modeling, effort)
                break
        yield from mamba_epoch_figures(batch, modeling, effort)
        yield from cnn_epoch_figures(batch, effort)


def _reader_figures(
    settings: Settings,
    predictors: Sequence[Predictor],
    recordings: Recordings,
    effort: Effort,
    train: TrainCommand,
) -> Iterator[Figure]:
    record = recordings.read(_ids(recordings, 1)[0])
    yield from one_record_figures(predictors, record, effort)
    yield from whole_set_figures(predictors[0], recordings, effort)
    yield from opening_figures(settings, predictors, recordings, effort, train)


def _batch(predictor: Predictor, recordings: Recordings) -> Batch:
    """Take 64 records from all over the data set; the labels are made up."""
    ids = _ids(recordings, _BATCH)
    inputs = prepared(recordings.signals(ids), FS_HZ, predictor.preprocessing)
    labels = np.arange(_BATCH, dtype=np.float32) % 2
    return Batch(torch.from_numpy(inputs), torch.from_numpy(labels))


def _ids(recordings: Recordings, n: int) -> list[int]:
    ids = recordings.available([int(ecg_id) for ecg_id in recordings.catalog.frame.index])
    return cast(list[int], np.resize(ids[:: max(1, len(ids) // n)], n).tolist())


def _processor() -> str:
    bf16 = "multiplies bfloat16" if bf16_is_fast() else "without bfloat16"
    return f"{os.cpu_count()} cores, {bf16}, {'a' if can_compile() else 'no'} C++ compiler"
