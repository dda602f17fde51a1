"""The one choice of task, class and test set on Compare and Reliability, kept in the URL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ecgcore.errors import EcgError
from ecgcore.predictions.classes.by_statements import GROUPS
from ecgcore.predictions.ensemble import Ensemble, EnsembleCalibrator, LabelledEnsemble
from ecgcore.predictions.evaluated import Evaluated
from ecgcore.stats.calibration.calibrators import CalibratorName
from ecgcore.tasks import mi
from ecgcore.tasks.class_words import class_words
from ecgcore.tasks.registry import TASKS, task_named
from ecgcore.tasks.task import Task
from pages.shared import url_state
from pages.shared.classes import caches
from pages.shared.url_state import Bound

FEW = 20
"""Records of a test set with a class, below which it is marked as small."""
_CLASS, _CLASS_KEY, _RECORDS = "class", "class_of_task", "records"
STATE = {"task": Bound(), _RECORDS: Bound()}
WRITTEN = (_CLASS,)
"""Parameters of the choices that are drawn here, bound to widgets and written by them."""


@dataclass(frozen=True, slots=True)
class TaskChoice:
    """A class of a task on one of its test sets."""

    task: Task
    test_set: str
    name: str

    @property
    def has_statements(self) -> bool:
        """Whether the 71-statement networks answer the same question."""
        return self.task.name in GROUPS


def current_task() -> Task:
    """Return the task that the reader chose; MI of the study at first."""
    names = _titles()
    url_state.follow_names("task", names)
    url_state.warn_of_unknown("task", names)
    asked = st.session_state.get("task") or st.query_params.get("task", "")
    return task_named(names.get(asked, mi.NAME))


def choose_task() -> None:
    """Let the reader choose a task of which networks are published."""
    st.selectbox("Task", list(_titles()), key="task", bind="query-params", width=260)


def _titles() -> dict[str, str]:
    shipped = [name for name in caches.tasks_with_networks() if name != mi.NAME]
    return {TASKS[name].title: name for name in (mi.NAME, *shipped)}


def choose_class(task: Task) -> TaskChoice:
    """Let the reader choose a test set of the task, and one of its classes."""
    left, middle, right = st.columns([0.22, 0.45, 0.33], gap="medium")
    with left:
        choose_task()
    with middle:
        test_set = _choose_records(task)
    with right:
        return TaskChoice(task, test_set, _choose_name(task))


def _choose_records(task: Task) -> str:
    sets = [one.name for one in task.test_sets]
    url_state.warn_of_unknown(_RECORDS, sets, what="set of records")
    chosen = st.radio(
        "Records of fold 10",
        sets,
        captions=[f"n = {size(task.name, name):,}" for name in sets],
        horizontal=True,
        key=_RECORDS,
        bind="query-params",
        help=" · ".join(f"{one.name}: {one.words}" for one in task.test_sets),
    )
    return chosen if chosen in sets else sets[0]


def _choose_name(task: Task) -> str:
    """Draw the choice of a class, whose code lives in the URL."""
    url_state.warn_of_unknown(_CLASS, task.classes)
    asked = st.query_params.get(_CLASS, "")
    st.session_state[_CLASS_KEY] = asked if asked in task.classes else task.classes[0]
    return st.selectbox(
        "Class",
        list(task.classes),
        format_func=partial(class_words, task.name),
        key=_CLASS_KEY,
        on_change=url_state.writer(_CLASS, _CLASS_KEY, task.classes[:1]),
        disabled=len(task.classes) == 1,
    )


def size(task: str, test_set: str) -> int:
    """Count the records of a test set; 0 where the labels that are at hand cannot tell them."""
    try:
        return len(task_named(task).test_set(test_set).choose(caches.labels(), "test"))
    except KeyError:
        return 0


def records_words(choice: TaskChoice, labels: NDArray[np.int64]) -> str:
    """Say what is told from what, on how many records; few are marked."""
    n, n_with = len(labels), int(labels.sum())
    few = " :orange-badge[few records]" if n_with < FEW else ""
    of = size(choice.task.name, choice.test_set)
    known = f"; the label of {of - n:,} others is not known" if n < of else ""
    return (
        f"**{class_words(choice.task.name, choice.name)}** against all others: "
        f"{choice.task.test_set(choice.test_set).words}, fold 10 "
        f"(n = {n:,}, {n_with:,} {choice.name}{known}){few}"
    )


def offered(choice: TaskChoice) -> tuple[Ensemble, ...]:
    """Return the published ensembles that tell the class, those of the statements last."""
    found = caches.ensembles(choice.task.name)
    other = caches.statements() if choice.has_statements else None
    return found if other is None else (*found, other)


def statements_words(choice: TaskChoice, ensembles: Sequence[Ensemble]) -> str:
    """Say how networks of 71 statements answer for the class; "" where there are none."""
    if all(one.members[0].key.task == choice.task.name for one in ensembles):
        return ""
    return (
        f"The networks of 71 statements say that at least one of {choice.name}'s statements "
        "holds (noisy or). "
    )


def evaluate_each(
    ensembles: Sequence[Ensemble], choice: TaskChoice, method: CalibratorName
) -> tuple[list[Evaluated], dict[str, list[Ensemble]]]:
    """Evaluate the ensembles on the class, calibrated on the same records of fold 9.

    Returns
    -------
    tuple
        What could be evaluated; and each problem with the ensembles that have it.
    """
    found: list[Evaluated] = []
    problems: dict[str, list[Ensemble]] = {}
    for one in ensembles:
        try:
            judged = labelled(one, choice)
            found.append(Evaluated.of(one, judged, _calibrator(one, choice, method)))
        except EcgError as error:
            problems.setdefault(str(error), []).append(one)
    return found, problems


def labelled(ensemble: Ensemble, choice: TaskChoice, split: str = "test") -> LabelledEnsemble:
    """Put an ensemble's logits of the class beside its labels; ModelError without."""
    judged = caches.evaluated_on(ensemble, choice.task, choice.test_set, split)
    return judged.of_class(choice.name)


def _calibrator(
    ensemble: Ensemble, choice: TaskChoice, method: CalibratorName
) -> EnsembleCalibrator:
    if method == "raw":
        return EnsembleCalibrator.raw(len(ensemble.members), choice.test_set)
    return EnsembleCalibrator.fit(method, choice.test_set, labelled(ensemble, choice, "val"))
