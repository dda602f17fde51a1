"""What Compare computes: ensembles on the chosen records, their standings and differences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ecgcore.predictions.decision import DecisionRule, DecisionSettings
from ecgcore.predictions.ensemble import Ensemble
from ecgcore.predictions.evaluated import Evaluated
from ecgcore.stats.comparison.paired_bootstrap import (
    Comparison,
    Contender,
    Standing,
    Trial,
    corrected,
)
from pages.compare.choice import Choice
from pages.shared import caches
from pages.shared import evaluation_caches as cache


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """Ensembles on the records of one choice.

    Attributes
    ----------
    members
        All on the same records.
    """

    choice: Choice
    members: tuple[Evaluated, ...]

    @property
    def ensembles(self) -> tuple[Ensemble, ...]:
        """The ensembles, in their order."""
        return tuple(one.ensemble for one in self.members)

    @property
    def trial(self) -> Trial:
        """The records and their bootstrap copies."""
        first = self.members[0]
        return Trial(first.labels, first.patients, n_boot=cache.N_BOOT)

    @property
    def n(self) -> int:
        """Records."""
        return int(self.members[0].labels.size)

    @property
    def n_mi(self) -> int:
        """Records labelled MI."""
        return int(self.members[0].labels.sum())

    @property
    def key(self) -> cache.Key:
        """All that the numbers depend on, for caches."""
        return (*self.choice.key, tuple((one.name, one.checksum) for one in self.ensembles))

    def contenders(self) -> list[Contender]:
        """Return what is compared: probabilities, or calls where the metric needs a threshold."""
        return [_contender(one, self.choice) for one in self.members]

    def standings(self) -> dict[str, Standing]:
        """Each ensemble's score with its interval, by the ensemble's name."""
        found = cache.standings(self.key, self.choice.score, self.trial, self.contenders())
        return {one.name: one for one in found}

    def comparisons(self) -> tuple[Comparison, ...]:
        """Training sets within an architecture, then architectures on one training set.

        Their p values are corrected for this list, which every word of the page rests on.
        """
        found = cache.comparisons(self.key, self.choice.score, self.trial, self.contenders())
        of = {one.name: (one.arch, one.train_set) for one in self.ensembles}
        keys = [(of[one.first], of[one.second]) for one in found]
        within = [c for c, (a, b) in zip(found, keys, strict=True) if a[0] == b[0]]
        across = [c for c, (a, b) in zip(found, keys, strict=True) if a[0] != b[0] and a[1] == b[1]]
        return corrected([*within, *across])

    def only(self, ensembles: Iterable[Ensemble]) -> Field:
        """Keep some ensembles."""
        names = {one.name for one in ensembles}
        return replace(self, members=tuple(m for m in self.members if m.ensemble.name in names))


def field(ensembles: Sequence[Ensemble], choice: Choice) -> tuple[Field, dict[str, list[Ensemble]]]:
    """Put ensembles on the chosen records; those that cannot be evaluated are named.

    Returns
    -------
    tuple
        The field, without the ensembles that failed; and each message with these.
    """
    found, problems = cache.evaluate_each(ensembles, choice)
    if choice.part is not None:
        found = [one.only(choice.part.ids.tolist()) for one in found]
    return Field(choice, tuple(found)), problems


def _contender(one: Evaluated, choice: Choice) -> Contender:
    if choice.score not in ("sensitivity", "specificity"):
        return Contender(one.ensemble.name, one.seed_probs, one.probs)
    rule, logits = decision_rule(one, choice), one.labelled.seed_logits
    seeds, ensemble = rule.seed_calls(logits), rule.calls(logits)
    return Contender(one.ensemble.name, seeds.astype(np.float64), ensemble.astype(np.float64))


def decision_rule(one: Evaluated, choice: Choice) -> DecisionRule:
    """Return what calls MI by the chosen calibrator and threshold.

    Raises
    ------
    ModelError
        If fold 9 is asked for and missing.
    """
    settings = DecisionSettings(choice.method, sensitivity=choice.target)
    return caches.decision_rule(one.ensemble, settings)
