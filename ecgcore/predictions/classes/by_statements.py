"""Classes of other tasks as 71-statement networks tell them: by the statements of each class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from ecgcore.predictions.classes.evaluated import EvaluatedClasses
from ecgcore.predictions.ensemble import FloatArray
from ecgcore.ptbxl.catalog import Catalog
from ecgcore.stats.multilabel.calls import Rule, grouped
from ecgcore.tasks import mi_all_comers, rhythm6, subclasses
from ecgcore.tasks.statements71 import STATEMENTS71
from ecgcore.tasks.superclasses import SUPERCLASSES
from ecgcore.tasks.task import Task
from ecgcore.wording.statements import SUPERCLASS_STATEMENTS

GROUPS: Mapping[str, Mapping[str, Sequence[str]]] = {
    mi_all_comers.NAME: {mi_all_comers.CLASS: SUPERCLASS_STATEMENTS[mi_all_comers.CLASS]},
    SUPERCLASSES.name: {name: SUPERCLASS_STATEMENTS[name] for name in SUPERCLASSES.classes},
    subclasses.SUBCLASSES.name: subclasses.STATEMENTS_OF,
    rhythm6.RHYTHM6.name: rhythm6.STATEMENTS_OF,
}
"""By task: the statements of each class, where statements alone make the label."""

RULES: Mapping[Rule, str] = {"noisy_or": "noisy or", "max": "largest"}

_NEVER = 1e-12


def finite_logit(probs: ArrayLike) -> FloatArray:
    """Return logits of probabilities, finite at 0 and 1 too.

    Examples
    --------
    >>> finite_logit([0.5, 1.0]).round(1).tolist()
    [0.0, 27.6]
    """
    return np.asarray(logit(np.clip(probs, _NEVER, 1 - _NEVER)), dtype=np.float64)


def grouped_probs(probs: ArrayLike, task: str, rule: Rule = "noisy_or") -> FloatArray:
    """Turn probabilities of the statements into those of a task's classes, ``(..., k)``."""
    return grouped(probs, STATEMENTS71.classes, GROUPS[task], rule)


def grouped_logits(logits: ArrayLike, task: str, rule: Rule = "noisy_or") -> FloatArray:
    """Turn logits ``(..., 71)`` into those of a task's classes, ``(..., k)``.

    Noisy or: that at least one statement of the class holds, as if they were independent.

    Examples
    --------
    >>> said = np.full(71, -50.0)
    >>> said[STATEMENTS71.classes.index("IMI")] = 0.0
    >>> grouped_logits(said, "mi_all_comers").round(3).tolist()
    [0.0]
    """
    probs = expit(np.asarray(logits, dtype=np.float64))
    return finite_logit(grouped_probs(probs, task, rule))


def by_statements(judged: EvaluatedClasses, task: Task, catalog: Catalog) -> EvaluatedClasses:
    """Put what 71-statement networks say of a task's classes beside the task's labels."""
    ids = judged.ids.tolist()
    return EvaluatedClasses(
        task.classes,
        judged.ids,
        judged.patients,
        task.label_rule(catalog, ids),
        task.known(catalog, ids),
        grouped_logits(judged.seed_logits, task.name),
    )
