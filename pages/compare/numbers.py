"""What Compare computes: groups on the chosen records, their standings, differences and calls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import EcgError
from ecgcore.predictions.ensemble import Ensemble, LabelledEnsemble
from ecgcore.stats.calibration.calibrators import CalibratorName
from ecgcore.stats.comparison.paired_bootstrap import Comparison, Contender, Standing, Trial
from ecgcore.stats.metrics import ScoreName
from ecgcore.stats.thresholds import threshold_for_sensitivity
from pages.compare.choice import Choice
from pages.shared import caches
from pages.shared import evaluation_caches as cache

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Question:
    """What one number of the page is about."""

    data_version: str
    test_set: str
    part: str
    method: CalibratorName
    score: ScoreName
    wished: float | None = None

    @classmethod
    def of(cls, choice: Choice) -> Question:
        """Ask what the reader chose."""
        return cls(
            choice.data_version,
            choice.test_set,
            choice.part.name if choice.part else "",
            choice.method,
            choice.score,
            choice.wished,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """Groups on the records of one question.

    Attributes
    ----------
    groups, judged, contenders
        In the same order; the contenders are judged on the bed.
    """

    question: Question
    groups: tuple[Ensemble, ...]
    judged: tuple[LabelledEnsemble, ...]
    contenders: tuple[Contender, ...]

    @property
    def trial(self) -> Trial:
        """The records and their bootstrap copies."""
        return Trial(self.judged[0].labels, self.judged[0].patients, n_boot=cache.N_BOOT)

    @property
    def n(self) -> int:
        """Records."""
        return int(self.judged[0].labels.size)

    @property
    def n_mi(self) -> int:
        """Records labelled MI."""
        return int(self.judged[0].labels.sum())

    @property
    def key(self) -> tuple[object, ...]:
        """All that the numbers depend on, for caches."""
        q = self.question
        networks = tuple((group.name, group.checksum) for group in self.groups)
        return (q.data_version, q.test_set, q.part, q.method, q.score, q.wished, networks)

    def standings(self) -> dict[str, Standing]:
        """Each group's score with its interval, by the group's name."""
        found = cache.standings(self.key, self.question.score, self.trial, self.contenders)
        return {one.name: one for one in found}

    def comparisons(self) -> tuple[Comparison, ...]:
        """Every pair of groups, the earlier one first."""
        return cache.comparisons(self.key, self.question.score, self.trial, self.contenders)

    def only(self, groups: Iterable[Ensemble]) -> Field:
        """Keep some groups."""
        names = {group.name for group in groups}
        kept = [k for k, group in enumerate(self.groups) if group.name in names]
        return replace(
            self,
            groups=tuple(self.groups[k] for k in kept),
            judged=tuple(self.judged[k] for k in kept),
            contenders=tuple(self.contenders[k] for k in kept),
        )


def field(groups: Sequence[Ensemble], question: Question) -> tuple[Field, dict[str, list[str]]]:
    """Put groups on the records of a question; those that cannot be judged are named.

    Returns
    -------
    tuple
        The field, without the groups that failed; and each message with their labels.
    """
    entered: list[tuple[Ensemble, LabelledEnsemble, Contender]] = []
    problems: dict[str, list[str]] = {}
    for group in groups:
        try:
            entered.append((group, *_entered(group, question)))
        except EcgError as error:
            problems.setdefault(str(error), []).append(group.label)
    parts = list(zip(*entered, strict=True)) or [(), (), ()]
    return Field(question, tuple(parts[0]), tuple(parts[1]), tuple(parts[2])), problems


def _entered(group: Ensemble, question: Question) -> tuple[LabelledEnsemble, Contender]:
    judged = caches.labelled_ensemble(group, question.test_set, question.data_version)
    if question.part:
        judged = judged.only(part_ids(question).tolist())
    return judged, _contender(group, judged, question)


def part_ids(question: Question) -> NDArray[np.int64]:
    """Return the records of the chosen part of the test set."""
    strata = cache.strata(question.data_version, question.test_set)
    return next(s.ids for s in strata if s.name == question.part)


def _contender(group: Ensemble, judged: LabelledEnsemble, question: Question) -> Contender:
    seeds, ensemble = probabilities(group, judged.seed_logits, question)
    if question.wished is not None and question.score in ("sensitivity", "specificity"):
        at_seeds, at_ensemble = thresholds(group, question)
        seeds = (seeds >= at_seeds[:, None]).astype(np.float64)
        ensemble = (ensemble >= at_ensemble).astype(np.float64)
    return Contender(group.name, seeds, ensemble)


def probabilities(
    group: Ensemble, seed_logits: FloatArray, question: Question
) -> tuple[FloatArray, FloatArray]:
    """Probability of MI by each seed ``(s, n)`` and by the ensemble ``(n,)``."""
    if question.method == "raw":
        raw = Contender.from_logits(group.name, seed_logits)
        return raw.seed_probs, raw.ensemble_probs
    fitted = caches.ensemble_calibrator(
        group, question.method, question.data_version, question.test_set
    )
    return fitted.seed_probs(seed_logits), fitted.probs(seed_logits)


def thresholds(group: Ensemble, question: Question) -> tuple[FloatArray, float]:
    """Return from which probability each seed ``(s,)`` and the ensemble call MI.

    Both are chosen on the fold-9 records of the test set's rule.
    """
    if question.wished is None:
        return np.full(len(group.seeds), 0.5), 0.5
    wished = question.wished
    val = caches.labelled_ensemble(group, question.test_set, question.data_version, "val")
    seeds, ensemble = probabilities(group, val.seed_logits, question)
    found = [threshold_for_sensitivity(val.labels, probs, wished).value for probs in seeds]
    return np.asarray(found), threshold_for_sensitivity(val.labels, ensemble, wished).value
