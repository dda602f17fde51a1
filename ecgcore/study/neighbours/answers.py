"""Who answers for a task's classes: its own networks, and statements71 networks by groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import ModelError
from ecgcore.models.cards import ModelEntry, list_models
from ecgcore.predictions.classes.by_statements import (
    GROUPS,
    RULES,
    finite_logit,
    grouped_logits,
)
from ecgcore.predictions.classes.rules import CALIBRATOR
from ecgcore.predictions.ensemble import Ensemble, ensembles_of
from ecgcore.predictions.labelled import LabelledClasses, class_logits, labelled_classes
from ecgcore.ptbxl.store import Recordings
from ecgcore.settings import Settings
from ecgcore.stats.calibration import calibrators
from ecgcore.stats.multilabel.calls import Rule
from ecgcore.stats.per_class import macro_auroc
from ecgcore.tasks.statements71 import STATEMENTS71
from ecgcore.tasks.task import Task

TOGETHER = "together"

_ENOUGH = 10
"""Records with and without a class, from which it is calibrated before networks are averaged."""


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """The seeds of one kind of network as answers to a task.

    Attributes
    ----------
    rule
        How networks of 71 statements answer for groups of them; None for the task's own networks.
    """

    ensemble: Ensemble
    task: Task
    rule: Rule | None = None

    @property
    def label(self) -> str:
        """Name shown to readers."""
        return self.ensemble.label + (f", {RULES[self.rule]}" if self.rule else "")

    @property
    def identity(self) -> dict[str, Any]:
        """Who it is, for ``--json``."""
        ensemble = self.ensemble
        return {
            "arch": ensemble.arch,
            "train_set": ensemble.train_set,
            "seeds": list(ensemble.seeds),
            "own_run": None if ensemble.shipped else ensemble.members[0].run_name,
            "task": ensemble.members[0].key.task,
            "rule": self.rule,
        }

    def judge(
        self, test_set: str, *, pretrained_dir: Path, recordings: Recordings, split: str = "test"
    ) -> tuple[LabelledClasses, ...]:
        """Put each seed's logits beside the labels of a test set of the task.

        Raises
        ------
        ModelError
            If the test set is empty, or predictions are missing for records of it.
        """
        labelled = labelled_classes(self.task, test_set, recordings.catalog, split)
        ids = labelled.ids.tolist()
        return tuple(
            replace(labelled, logits=self._logits(entry, ids, pretrained_dir, recordings))
            for entry in self.ensemble.members
        )

    def _logits(
        self, entry: ModelEntry, ids: list[int], pretrained_dir: Path, recordings: Recordings
    ) -> NDArray[np.floating[Any]]:
        found = class_logits(entry, ids, pretrained_dir=pretrained_dir, recordings=recordings)
        return self.joined(found)

    def joined(self, logits: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
        """Turn logits of the networks' own classes into those of the task's."""
        if self.rule is None:
            return logits
        return grouped_logits(logits, self.task.name, self.rule)


@dataclass(frozen=True, slots=True, eq=False)
class Together:
    """Several kinds of networks as one answer: the mean of their logits, calibrated on fold 9.

    Attributes
    ----------
    parts
        At least two who answer.
    """

    parts: tuple[Answers, ...]

    @classmethod
    def of(cls, fold9: Mapping[Answers, LabelledClasses]) -> Together | None:
        """Choose by fold 9 alone; None where nobody is better there than the best alone.

        From the best on, each is added that makes the whole better (Caruana et al., 2004): of the
        networks with the training set of the task's best, and of those of 71 statements.
        """
        own = [one for one in fold9 if one.rule is None and one.ensemble.shipped]
        wide = [one for one in fold9 if one.rule == "noisy_or" and one.ensemble.shipped]
        alone = {one: _macro_auroc(fold9[one]) for one in (*own, *wide)}
        if own:
            best_set = max(own, key=alone.__getitem__).ensemble.train_set
            own = [one for one in own if one.ensemble.train_set == best_set]
        made, score = cls(()), 0.0
        for one in sorted((*own, *wide), key=alone.__getitem__, reverse=True):
            more = cls((*made.parts, one))
            reached = _macro_auroc(more.judge(fold9, fold9))
            if reached > score:
                made, score = more, reached
        return cls(tuple(one for one in fold9 if one in made.parts)) if made.parts[1:] else None

    @property
    def label(self) -> str:
        """Name shown to readers."""
        return f"{TOGETHER}: " + " + ".join(one.label for one in self.parts)

    @property
    def identity(self) -> dict[str, Any]:
        """Who it is, for ``--json``: `TOGETHER` of its parts."""
        return {
            "arch": TOGETHER,
            "train_set": TOGETHER,
            "seeds": [],
            "own_run": None,
            "task": self.parts[0].task.name,
            "rule": "calibrated_mean",
            "parts": [one.identity for one in self.parts],
        }

    def judge(
        self, fold9: Mapping[Answers, LabelledClasses], judged: Mapping[Answers, LabelledClasses]
    ) -> LabelledClasses:
        """Average what the parts say of some records, class by class.

        Parameters
        ----------
        fold9, judged
            Mean of each part's seeds: on fold 9, and on the records.
        """
        logits = [_calibrated(fold9[one], judged[one]) for one in self.parts]
        return replace(judged[self.parts[0]], logits=np.mean(logits, axis=0))


def _macro_auroc(one: LabelledClasses) -> float:
    return macro_auroc(np.where(one.known, one.labels, np.nan), one.logits)


def _calibrated(fold9: LabelledClasses, judged: LabelledClasses) -> NDArray[np.float64]:
    """Calibrate the logits of each class that enough records of fold 9 have."""
    found = judged.logits.astype(np.float64)
    for k in range(found.shape[1]):
        rows = fold9.known[:, k]
        has = fold9.labels[rows, k]
        if _ENOUGH <= has.sum() <= len(has) - _ENOUGH:
            fitted = calibrators.fit(CALIBRATOR, has, fold9.logits[rows, k].astype(np.float64))
            found[:, k] = finite_logit(fitted.apply(found[:, k]))
    return found


def answers_to(task: Task, settings: Settings, data_version: str) -> tuple[Answers, ...]:
    """List who answers to a task on a data set: its networks, then those of 71 statements.

    Local runs are judged on the data set that they were trained on.

    Raises
    ------
    ModelError
        If there is nobody.
    """
    found = [Answers(one, task) for one in _ensembles(task.name, settings, data_version)]
    if task.name in GROUPS:
        wide = _ensembles(STATEMENTS71.name, settings, data_version)
        found += [Answers(one, task, rule) for one in wide if one.shipped for rule in RULES]
    if not found:
        raise ModelError(
            f"There is no model of the task {task.name} for {data_version}. Train one with "
            f"'python3.11 -m ecgcore train --task {task.name}'."
        )
    return tuple(found)


def _ensembles(task: str, settings: Settings, data_version: str) -> tuple[Ensemble, ...]:
    entries = list_models(settings.pretrained_dir, settings.runs_dir, task)
    return ensembles_of(
        one for one in entries if one.shipped or one.card.data_version == data_version
    )
