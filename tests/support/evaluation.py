"""Made-up ensembles, their probabilities and comparisons of them, for sentences and tables."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ecgcore.models.cards import ModelEntry, ModelKey
from ecgcore.predictions.ensemble import Ensemble, EnsembleCalibrator, LabelledEnsemble
from ecgcore.predictions.evaluated import Evaluated
from ecgcore.stats.comparison.paired_bootstrap import Comparison
from ecgcore.stats.metrics import Estimate
from tests.support.models import card

NAN = float("nan")


def ensemble(arch: str, train_set: str, n_seeds: int = 3, run: str = "") -> Ensemble:
    """Shipped seeds of one architecture on one training set, or a local run of this name."""
    keys = [ModelKey(arch, train_set, seed) for seed in range(n_seeds)]
    return Ensemble(tuple(ModelEntry(Path(run or k.name), card(k), not run) for k in keys))


def evaluated(
    one: Ensemble, labels: Sequence[int], probs: Sequence[Sequence[float]] | Sequence[float]
) -> Evaluated:
    """The ensemble on records 100, 101, ...; one row of probabilities for all seeds, or each."""
    rows = np.atleast_2d(np.asarray(probs, dtype=float))
    rows = np.repeat(rows, len(one.members), axis=0) if len(rows) == 1 else rows
    n = len(labels)
    on = LabelledEnsemble(
        100 + np.arange(n), np.asarray(labels), np.arange(n), np.log(rows / (1 - rows))
    )
    return Evaluated.of(one, on, EnsembleCalibrator.raw(len(one.members), "certain"))


def comparison(
    first: Ensemble,
    second: Ensemble,
    difference: Estimate,
    *,
    seeds: Estimate | None = None,
    p_holm: float = 0.03,
) -> Comparison:
    """The first less the second by AUROC; over the seeds alone it is the same without `seeds`."""
    return Comparison(
        first.name,
        second.name,
        "auroc",
        difference,
        0.02,
        seeds or difference,
        np.linspace(0.91, 0.95, len(first.members)),
        np.linspace(0.9, 0.94, len(second.members)),
        p_holm,
    )
