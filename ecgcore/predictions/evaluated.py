"""An ensemble on labelled records under one calibrator: what a diagram or a comparison rests on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecgcore.predictions.ensemble import (
    Ensemble,
    EnsembleCalibrator,
    FloatArray,
    LabelledEnsemble,
)


@dataclass(frozen=True, slots=True, eq=False)
class Evaluated:
    """One ensemble on ``n`` records of a test set, with ``s`` seeds.

    Attributes
    ----------
    probs
        ``(n,)`` probability of MI by the ensemble.
    seed_probs
        ``(s, n)`` by each seed.
    """

    ensemble: Ensemble
    labelled: LabelledEnsemble
    calibrator: EnsembleCalibrator
    probs: FloatArray
    seed_probs: FloatArray

    @classmethod
    def of(
        cls, ensemble: Ensemble, labelled: LabelledEnsemble, calibrator: EnsembleCalibrator
    ) -> Evaluated:
        """Turn the logits into probabilities."""
        logits = labelled.seed_logits
        return cls(
            ensemble, labelled, calibrator, calibrator.probs(logits), calibrator.seed_probs(logits)
        )

    @property
    def n_seeds(self) -> int:
        """Trained networks behind it."""
        return len(self.ensemble.members)

    @property
    def labels(self) -> NDArray[np.int64]:
        """``(n,)``, 1 for MI."""
        return self.labelled.labels

    @property
    def patients(self) -> NDArray[np.int64]:
        """``(n,)``, the units of resampling."""
        return self.labelled.patients

    def only(self, ids: Iterable[int]) -> Evaluated:
        """Keep the records with these ``ecg_id``s; the calibrator stays that of the whole set."""
        rows = np.isin(self.labelled.ids, list(ids))
        return Evaluated(
            self.ensemble,
            self.labelled.at(rows),
            self.calibrator,
            self.probs[rows],
            self.seed_probs[:, rows],
        )
