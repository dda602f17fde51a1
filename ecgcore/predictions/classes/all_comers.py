"""MI among all comers: its own networks, and those of 71 statements by MI statements together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ecgcore.predictions.classes.by_statements import by_statements, grouped_logits
from ecgcore.predictions.classes.evaluated import EvaluatedClasses
from ecgcore.predictions.decision import RECORDS, DecisionRule, DecisionSettings
from ecgcore.predictions.ensemble import (
    Ensemble,
    EnsembleCalibrator,
    FloatArray,
)
from ecgcore.ptbxl.catalog import Catalog
from ecgcore.stats.per_class import macro_auroc
from ecgcore.tasks import mi_all_comers, statements71


@dataclass(frozen=True, slots=True)
class MiScore:
    """An ensemble from which MI among all comers can be read."""

    ensemble: Ensemble

    @property
    def by_statements(self) -> bool:
        """Whether it is read from the MI statements of a 71-statement ensemble."""
        return self.ensemble.members[0].key.task == statements71.STATEMENTS71.name

    def logits(self, seed_logits: ArrayLike) -> FloatArray:
        """Return the logit of MI by every seed, ``(s, ...)`` from ``(s, ..., k)``."""
        given = np.asarray(seed_logits, dtype=np.float64)
        own = grouped_logits(given, mi_all_comers.NAME) if self.by_statements else given
        return own[..., 0]


def scores_of(own: Sequence[Ensemble], statements: Ensemble | None) -> tuple[MiScore, ...]:
    """Return who tells MI among all comers: the networks for it, last those of the statements."""
    return tuple(MiScore(one) for one in (*own, *([statements] if statements else [])))


def all_comers_rule(
    score: MiScore, fold9: EvaluatedClasses, catalog: Catalog, chosen: DecisionSettings
) -> DecisionRule:
    """Fit calibrator, threshold and verdicts on all comers of fold 9.

    Raises
    ------
    ModelError
        If fold 9 cannot calibrate, or gives no threshold.
    """
    if score.by_statements:
        fold9 = by_statements(fold9, mi_all_comers.MI_ALL_COMERS, catalog)
    records = fold9.of_class(mi_all_comers.CLASS)
    calibrator = EnsembleCalibrator.fit(chosen.calibrator, RECORDS, records)
    return DecisionRule.fit(score.ensemble, chosen, calibrator, records)


def leading_ensemble(
    ensembles: Sequence[Ensemble], fold9: Callable[[Ensemble], EvaluatedClasses]
) -> Ensemble:
    """Return the ensemble of the largest macro AUROC on fold 9, by the labels that are known.

    Compared to three decimals, since less is no reason: of equals the first stands.
    """

    def score(one: Ensemble) -> float:
        judged = fold9(one)
        labels = np.where(judged.known, judged.labels, np.nan)
        return round(macro_auroc(labels, judged.logits), 3)

    return max(ensembles, key=score)
