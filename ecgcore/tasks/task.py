"""A classification task: its classes, label rule, training sets and test sets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import CatalogError
from ecgcore.ptbxl.catalog import Catalog
from ecgcore.ptbxl.label_groups import SPLITS

Labels = NDArray[np.int64]
Targets = NDArray[np.float32]
LabelRule = Callable[[Catalog, list[int]], Labels]
TargetRule = Callable[[Catalog, list[int]], Targets]
KnownRule = Callable[[Catalog, list[int]], NDArray[np.bool_]]


@dataclass(frozen=True, slots=True, eq=False)
class TrainSet:
    """Records to learn from.

    Attributes
    ----------
    words
        What it holds, for readers.
    choose
        Ascending ``ecg_id``s from the catalogue, the split ("train" or "val") and the seed.
    targets
        What is taught, ``(n, n_classes)`` from 0 to 1; without it, the task's labels.
    statements
        SCP statements ``(n, k)`` of 0 and 1 that are learnt as a second task; None without one.
    drawn
        True where the seed draws its records.
    certain
        True where every positive label is stated as certain, so that confident learning has nothing
        to look for.
    """

    name: str
    words: str
    choose: Callable[[Catalog, str, int], list[int]]
    targets: TargetRule | None = None
    statements: TargetRule | None = None
    drawn: bool = False
    certain: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class TestSet:
    """Records to judge models on.

    Attributes
    ----------
    choose
        Ascending ``ecg_id``s from the catalogue and the split: "test", or "val" for the records of
        the validation fold by the same rule.
    """

    name: str
    words: str
    choose: Callable[[Catalog, str], list[int]]


@dataclass(frozen=True, slots=True)
class Score:
    """A number by which models are chosen; higher is better.

    Attributes
    ----------
    name
        Part of the names in model cards, such as "auroc".
    compute
        From labels and logits, both ``(n, n_classes)``; an unknown label is NaN.
    """

    name: str
    words: str
    compute: Callable[[NDArray[Any], NDArray[np.floating[Any]]], float]


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What is classified.

    Attributes
    ----------
    name
        Names folders and files.
    classes
        Names of the classes, in the order of logits and of columns.
    negative
        What a record without any of the classes is called.
    label_rule
        1 where a record has a class, else 0: ``(n, n_classes)`` for a catalogue and ``ecg_id``s.
    scaler_set
        The training set on which signals are scaled, whatever is trained.
    score
        Chooses the best epoch on the validation fold.
    has_certainty
        True where labels have a likelihood, so that their certainty can be an axis.
    sources
        Files below ``ecgcore/`` that decide the labels.
    recipe
        Settings of `TrainSpec` in which its trainings differ from the defaults.
    known_rule
        True where the tables say whether a record has a class, ``(n, n_classes)``; without a rule
        they always do. An unknown label is 0, and neither learnt from nor judged by.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    negative: str
    label_rule: LabelRule
    train_sets: tuple[TrainSet, ...]
    test_sets: tuple[TestSet, ...]
    scaler_set: str
    score: Score
    has_certainty: bool
    sources: tuple[str, ...] = ()
    recipe: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    known_rule: KnownRule | None = None

    @property
    def can_prune(self) -> bool:
        """Whether confident learning knows this kind of task: one class, stated or not."""
        return len(self.classes) == 1 and self.has_certainty

    @property
    def train_set_names(self) -> tuple[str, ...]:
        """Names of the training sets, in the order in which they are shown."""
        return tuple(one.name for one in self.train_sets)

    def train_set(self, name: str) -> TrainSet:
        """Return a training set; CatalogError if there is none of this name."""
        for one in self.train_sets:
            if one.name == name:
                return one
        known = ", ".join(self.train_set_names)
        raise CatalogError(f"There is no training set {name!r}; choose {known}.")

    def test_set(self, name: str) -> TestSet:
        """Return a test set; CatalogError if there is none of this name."""
        for one in self.test_sets:
            if one.name == name:
                return one
        known = ", ".join(one.name for one in self.test_sets)
        raise CatalogError(f"There is no test set {name!r}; choose {known}.")

    def targets(self, catalog: Catalog, ids: list[int], train_set: str) -> Targets:
        """Return what a training set teaches for `ids`, ``(n, n_classes)`` from 0 to 1."""
        rule = self.train_set(train_set).targets
        if rule is not None:
            return rule(catalog, ids)
        return self.label_rule(catalog, ids).astype(np.float32)

    def known(self, catalog: Catalog, ids: list[int]) -> NDArray[np.bool_]:
        """Return where the tables say whether a record has a class, ``(n, n_classes)``."""
        if self.known_rule is not None:
            return self.known_rule(catalog, ids)
        return np.ones((len(ids), len(self.classes)), dtype=bool)

    def judged_ids(self, catalog: Catalog) -> list[int]:
        """List the records that models are judged on: validation fold first, then test sets."""
        return [ecg_id for split in SPLITS[1:] for ecg_id in self._judged(catalog, split)]

    def _judged(self, catalog: Catalog, split: str) -> list[int]:
        return sorted({i for one in self.test_sets for i in one.choose(catalog, split)})

    def counts(self, labels: Labels) -> str:
        """Say how many records have each class, such as "1,194 MI, 4,451 normal"."""
        totals = [*labels.sum(axis=0).tolist(), int((~labels.any(axis=1)).sum())]
        words = zip(totals, (*self.classes, self.negative), strict=True)
        return ", ".join(f"{n:,} {word}" for n, word in words)
