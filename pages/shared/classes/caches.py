"""The caches of everything about tasks of many classes, each bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from ecgcore.errors import ModelError
from ecgcore.models import cards
from ecgcore.predictions.classes.all_comers import (
    MiScore,
    all_comers_rule,
    leading_ensemble,
    scores_of,
)
from ecgcore.predictions.classes.beside import UNSAID
from ecgcore.predictions.classes.by_statements import by_statements
from ecgcore.predictions.classes.evaluated import EvaluatedClasses, evaluate_classes
from ecgcore.predictions.classes.labels import shipped_labels
from ecgcore.predictions.classes.rules import ClassRule, ClassRules
from ecgcore.predictions.decision import DecisionRule, DecisionSettings
from ecgcore.predictions.ensemble import Ensemble, ensemble_by_name, ensembles_of
from ecgcore.predictions.labelled import stored_predictions
from ecgcore.predictions.leakage import SeenInTraining
from ecgcore.predictions.store import load_predictions, logits_of_model, predictions_path
from ecgcore.ptbxl.catalog import PTBXL_VERSION, Catalog
from ecgcore.review.worklists.statements import contradictions as found_contradictions
from ecgcore.tasks import mi, mi_all_comers, statements71
from ecgcore.tasks.registry import TASKS, task_named
from ecgcore.tasks.task import Task
from pages.shared import caches
from pages.shared.case import ReadableCase

if TYPE_CHECKING:
    from ecgcore.explain.attribution import Attribution
    from ecgcore.models.inner_weights import InnerWeights
    from ecgcore.records import EcgRecord

_ANY_ALPHA = 0.1
"""Probabilities do not depend on it."""


def ensembles(task: str) -> tuple[Ensemble, ...]:
    """Group the published networks of a task over their seeds."""
    return ensembles_of(one for one in caches.models(task) if one.shipped)


def tasks_with_networks() -> list[str]:
    """Name the tasks of which a network is published, in the order of the list of tasks."""
    folder = caches.settings().pretrained_dir
    shipped = {one.key.task for one in cards.list_models(folder, folder / "none", None)}
    return [name for name in TASKS if name in shipped]


def has_networks(task: str) -> bool:
    """Say whether a folder of the task's networks ships, without reading their cards."""
    return any((caches.settings().pretrained_dir / task).glob(f"*/seed-*/{cards.CARD_FILE}"))


def has_answers(task: str) -> bool:
    """Say whether it ships what the task's networks say about the open records."""
    path = predictions_path(caches.settings().pretrained_dir, task)
    return caches.catalog().version == PTBXL_VERSION and path.exists() and has_networks(task)


def labels() -> Catalog:
    """Labels of folds 9 and 10 of PTB-XL: those that are open, else those that ship."""
    catalog = caches.catalog()
    return catalog if catalog.version == PTBXL_VERSION else _shipped_labels()


def leading(task: str) -> Ensemble | None:
    """Return the ensemble that speaks for a task: the best on fold 9, if any.

    Where fold 9 cannot be read it is the first, and who asks for its rules hears why.
    """
    found = ensembles(task)
    if len(found) < 2:
        return found[0] if found else None
    try:
        name = _leading(task, tuple((one.name, one.checksum) for one in found))
    except ModelError:
        return found[0]
    return ensemble_by_name(found, name)


def best_first(task: str) -> list[Ensemble]:
    """Return who answers a task: the best on fold 9, then the others as the study lists them."""
    best = leading(task)
    return sorted(ensembles(task), key=lambda one: one != best)


def statements() -> Ensemble | None:
    """Return the ensemble that says what else an ECG may be."""
    return leading(statements71.STATEMENTS71.name)


def evaluated(ensemble: Ensemble, test_set: str, split: str = "test") -> EvaluatedClasses:
    """Give an ensemble's logits beside the labels of a test set; ModelError without."""
    key = (ensemble.name, ensemble.checksum, caches.catalog().version)
    return _evaluated(key, ensemble, test_set, split)


def evaluated_on(
    ensemble: Ensemble, task: Task, test_set: str, split: str = "test"
) -> EvaluatedClasses:
    """Give an ensemble's logits of a task's classes, by the statements where they are not its own.

    Raises
    ------
    ModelError
        If predictions or labels are missing.
    """
    if ensemble.members[0].key.task == task.name:
        return evaluated(ensemble, test_set, split)
    key = (ensemble.name, ensemble.checksum, caches.catalog().version, task.name)
    whole = _by_statements(key, ensemble, task, split)
    return whole.only(task.test_set(test_set).choose(labels(), split))


def class_rules(ensemble: Ensemble, alpha: float) -> ClassRules:
    """Give the rules of all classes, fitted on fold 9; ModelError without it."""
    return _class_rules((ensemble.name, ensemble.checksum, caches.catalog().version, alpha))


def class_logits(case: ReadableCase, ensemble: Ensemble) -> NDArray[np.float64]:
    """Return the logits of a case by every seed, ``(s, k)``; ModelError or RecordError without.

    What ships with the project is read where it is about this very record; else the networks
    predict.
    """
    if (stored := stored_class_logits(case, ensemble)) is not None:
        return stored
    made = caches.predictions(case, ensemble.members)
    return np.array([one.logits for one in made], dtype=np.float64)


def stored_class_logits(case: ReadableCase, ensemble: Ensemble) -> NDArray[np.float64] | None:
    """Read the shipped logits ``(s, k)`` of a case, if it is an open record with any."""
    if case.entry is None or not ensemble.shipped:
        return None
    ids, stored = _stored(ensemble.name, ensemble.checksum, caches.catalog().version, ensemble)
    row = ids.get_indexer([case.entry.ecg_id])[0]
    return stored[:, row].astype(np.float64) if row >= 0 else None


def class_probs(task: str, name: str) -> pd.Series[float] | None:
    """Give the calibrated probability of a class by ``ecg_id``, where one is stored."""
    ensemble = leading(task)
    if ensemble is None or caches.catalog().version != PTBXL_VERSION:
        return None
    folds = [evaluated(ensemble, "all", split) for split in ("val", "test")]
    rules = class_rules(ensemble, _ANY_ALPHA)
    columns = [rules.probs(one.logits)[:, one.classes.index(name)] for one in folds]
    return pd.Series(np.concatenate(columns), np.concatenate([one.ids for one in folds]))


def contradictions() -> pd.DataFrame | None:
    """Find which statements contradict the labels of folds 9 and 10; None without networks."""
    ensemble = statements()
    if ensemble is None or caches.catalog().version != PTBXL_VERSION:
        return None
    return _contradictions((ensemble.name, ensemble.checksum), ensemble)


def stated(task: str, name: str, ids: list[int]) -> list[str]:
    """Say of open records whether their label has a class."""
    one, catalog = task_named(task), caches.catalog()
    k = one.classes.index(name)
    labels, known = one.label_rule(catalog, ids)[:, k], one.known(catalog, ids)[:, k]
    words = {1: "yes", 0: "no"}
    return [
        words[has] if is_known else "not known"
        for has, is_known in zip(labels.tolist(), known, strict=True)
    ]


def class_rule(task: str, name: str) -> ClassRule | None:
    """Give what fold 9 says about a class by the ensemble that speaks for its task, if any."""
    ensemble = leading(task)
    if ensemble is None:
        return None
    rules = class_rules(ensemble, _ANY_ALPHA).rules
    return next(one for one in rules if one.name == name)


def class_attribution(case: ReadableCase, ensemble: Ensemble, name: str) -> Attribution:
    """Explain a class by the first seed; ModelError or RecordError if that cannot be done."""
    one = ensemble.members[0]
    index = task_named(one.key.task).classes.index(name)
    return _class_attribution(case.key, one.name, one.card.weights_sha256, index, case.record)


def inner_weights_of(case: ReadableCase, ensemble: Ensemble) -> InnerWeights | None:
    """Average what the seeds weigh in a case; None for networks without such weights.

    Raises
    ------
    ModelError, RecordError
        If a seed cannot be asked.
    """
    found = [
        _inner_weights(case.key, one.name, one.card.weights_sha256, case.record)
        for one in ensemble.members
    ]
    known = [one for one in found if one is not None]
    return known[0].mean_with(known[1:]) if known else None


def mi_scores() -> tuple[MiScore, ...]:
    """Return who tells MI among all comers: the networks for it, and the statements' own MI."""
    return scores_of(ensembles(mi_all_comers.NAME), statements())


def mi_rule(score: MiScore, chosen: DecisionSettings) -> DecisionRule:
    """Give the rule of a score, fitted on fold 9's all comers; ModelError without it."""
    one = score.ensemble
    return _mi_rule((one.name, one.checksum, caches.catalog().version), score, chosen)


def seen_in_training(task: str, train_set: str, seed: int) -> SeenInTraining:
    """Find the open data's records behind a training set of any task."""
    return _seen(caches.catalog().version, task, train_set, seed)


@st.cache_resource(max_entries=1, show_spinner="Reading the labels …")
def _shipped_labels() -> Catalog:
    return shipped_labels(caches.settings().pretrained_dir)


@st.cache_data(max_entries=16, show_spinner="Reading fold 9 …")
def _leading(task: str, found: tuple[tuple[str, str], ...]) -> str:
    known = ensembles(task)
    here = [ensemble_by_name(known, name) for name, _ in found]
    return leading_ensemble(here, lambda one: evaluated(one, "all", "val")).name


@st.cache_resource(max_entries=24, show_spinner="Reading the predictions …")
def _stored(
    name: str, checksum: str, version: str, _ensemble: Ensemble
) -> tuple[pd.Index, NDArray[np.float32]]:
    """Return the records that every seed predicted, and its logits ``(s, n, k)``; maybe none."""
    first = _ensemble.members[0]
    path = stored_predictions(first, version, caches.settings().pretrained_dir)
    k = len(task_named(first.key.task).classes)
    if path is None or not path.exists():
        nothing = np.empty((len(_ensemble.members), 0, k), np.float32)
        return pd.Index([], dtype=np.int64), nothing
    table = load_predictions(path, first.key.task)
    seeds = [logits_of_model(table, one.key) for one in _ensemble.members]
    ids = seeds[0].index
    for one in seeds[1:]:
        ids = ids.intersection(one.index)
    return ids, np.stack([one.loc[ids].to_numpy(dtype=np.float32) for one in seeds])


@st.cache_resource(max_entries=24, show_spinner="Reading the predictions …")
def _evaluated(
    key: tuple[object, ...], _ensemble: Ensemble, test_set: str, split: str
) -> EvaluatedClasses:
    return evaluate_classes(_ensemble, test_set, labels(), caches.settings().pretrained_dir, split)


@st.cache_resource(max_entries=12, show_spinner="Reading the predictions …")
def _by_statements(
    key: tuple[object, ...], _ensemble: Ensemble, _task: Task, split: str
) -> EvaluatedClasses:
    return by_statements(evaluated(_ensemble, "all", split), _task, labels())


@st.cache_resource(max_entries=24, show_spinner="Reading fold 9 …")
def _class_rules(key: tuple[str, str, str, float]) -> ClassRules:
    name, alpha = key[0], key[3]
    every = [one for task in tasks_with_networks() if task != mi.NAME for one in ensembles(task)]
    ensemble = ensemble_by_name(every, name)
    return ClassRules.fit(ensemble, evaluated(ensemble, "all", "val"), alpha)


@st.cache_resource(max_entries=1, show_spinner="Reading folds 9 and 10 …")
def _contradictions(key: tuple[str, str], _ensemble: Ensemble) -> pd.DataFrame:
    folds = evaluated(_ensemble, "all", "val").joined(evaluated(_ensemble, "all"))
    return found_contradictions(folds, class_rules(_ensemble, _ANY_ALPHA), UNSAID)


@st.cache_resource(max_entries=128, show_spinner="Reading fold 9 …")
def _mi_rule(key: tuple[str, ...], _score: MiScore, chosen: DecisionSettings) -> DecisionRule:
    return all_comers_rule(_score, evaluated(_score.ensemble, "all", "val"), labels(), chosen)


@st.cache_resource(max_entries=64, show_spinner="Looking up the training data …")
def _seen(version: str, task: str, train_set: str, seed: int) -> SeenInTraining:
    return SeenInTraining.of_task(caches.catalog(), task, train_set, seed)


@st.cache_data(max_entries=128, show_spinner=False)
def _inner_weights(key: str, name: str, checksum: str, _record: EcgRecord) -> InnerWeights | None:
    from ecgcore.models.inner_weights import inner_weights

    return inner_weights(caches.predictor(caches.model(name)), _record)


@st.cache_data(max_entries=64, show_spinner="Explaining …")
def _class_attribution(
    key: str, name: str, checksum: str, index: int, _record: EcgRecord
) -> Attribution:
    from ecgcore.explain.methods import explain
    from ecgcore.models.predictor import Predictor

    return explain(Predictor.open(caches.model(name)), _record, class_index=index)
