"""The tab "Other tasks": what networks of further tasks say of a case, and what they weigh."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from ecgcore.errors import EcgError, ModelError, RecordError
from ecgcore.figures.explanations.inner_weights import (
    attention_alt,
    attention_figure,
    lead_weights_alt,
    lead_weights_figure,
)
from ecgcore.predictions.classes.rules import ClassPrediction, ClassRules, leading
from ecgcore.predictions.decision import DecisionSettings
from ecgcore.predictions.ensemble import Ensemble
from ecgcore.ptbxl.catalog import CatalogEntry
from ecgcore.stats.thresholds import Share
from ecgcore.tasks import mi, mi_all_comers
from ecgcore.tasks.class_words import meaning
from ecgcore.tasks.registry import TASKS, task_named
from ecgcore.tasks.statements71 import STATEMENTS71
from ecgcore.wording.numbers import counted, percent
from pages.shared import caches as of_pages
from pages.shared import url_state
from pages.shared.case import ReadableCase
from pages.shared.classes import caches
from pages.shared.errors import show_ecg_error
from pages.shared.plots import draw_plot, draw_table
from pages.shared.widgets import is_dark

TAB = "Other tasks"
_ELSEWHERE = {mi.NAME, mi_all_comers.NAME, STATEMENTS71.name}


def other_tasks() -> list[str]:
    """Name the tasks with networks that no other part of the page speaks about."""
    return [name for name in TASKS if name not in _ELSEWHERE and caches.has_networks(name)]


def is_known(case: ReadableCase) -> bool:
    """Say whether a patient stands behind a case; the networks know no others."""
    return not case.record.synthetic


def draw_other_tasks(case: ReadableCase, decision: DecisionSettings) -> None:
    """Draw the choice of a task and of its networks, their classes, and what they weigh."""
    if not is_known(case):
        st.info(
            "These networks know recordings of patients alone: there is nothing to show for this "
            "one.",
            icon=":material/info:",
        )
        return
    ensemble = _choose()
    if ensemble is None:
        return
    try:
        _draw_classes(case, ensemble, decision)
    except (ModelError, RecordError) as error:
        show_ecg_error(error)
    try:
        _draw_weights(case, ensemble)
    except (ModelError, RecordError) as error:
        show_ecg_error(error)


def _choose() -> Ensemble | None:
    titles = {TASKS[name].title: name for name in other_tasks()}
    url_state.follow_names("other_task", titles)
    url_state.warn_of_unknown("other_task", titles, what="task")
    left, right = st.columns([0.6, 0.4], vertical_alignment="bottom")
    title = left.segmented_control(
        "Task",
        list(titles),
        default=next(iter(titles)),
        required=True,
        key="other_task",
        bind="query-params",
    )
    labels = {one.title: one for one in caches.best_first(titles[title or next(iter(titles))])}
    url_state.warn_of_unknown("networks", labels, what="networks")
    name = right.selectbox("Networks", list(labels), key="networks", bind="query-params")
    return labels.get(name or "")


def _draw_classes(case: ReadableCase, ensemble: Ensemble, decision: DecisionSettings) -> None:
    """List the classes with probability, set, label and records, the likeliest first."""
    rules = caches.class_rules(ensemble, decision.alpha)
    said = rules.predict(caches.class_logits(case, ensemble))
    held = rules.coverage(caches.evaluated(ensemble, "all"))
    draw_table(classes_table(rules, said, held, _stated(case.entry, rules)))
    coverage = DecisionSettings(alpha=rules.alpha).coverage_words
    st.caption(
        f"By {counted(len(ensemble.members), 'network')}, calibrated on fold 9, each class alone. "
        f"In the set: at least {coverage} of fold 9's records with the class score this high. "
        "“Held on fold 10” counts the records with the class that the set held there, with its "
        "exact 95 % interval. Classes with too few records in fold 9 stand last and have no limit. "
        f"{_patient_words(case, ensemble)}"
    )


def classes_table(
    rules: ClassRules,
    said: tuple[ClassPrediction, ...],
    held: Sequence[Share],
    stated: dict[str, str],
) -> pd.DataFrame:
    """Return a row for each class: the likeliest first, those with few records last."""
    task = rules.ensemble.members[0].key.task
    n_positive = {one.name: one.n_positive for one in rules.rules}
    shares = {rule.name: share for rule, share in zip(rules.rules, held, strict=True)}
    rows = [*leading(said, len(said), least=0), *(one for one in said if one.in_set is None)]
    in_set = {None: "too few records", True: "yes", False: "no"}
    table = pd.DataFrame(
        {
            "Class": [one.name for one in rows],
            "Meaning": [meaning(task, one.name) for one in rows],
            "Probability": [
                "not known" if one.prob != one.prob else percent(one.prob) for one in rows
            ],
            "In the set": [in_set[one.in_set] for one in rows],
            "Label": [stated.get(one.name, "") for one in rows],
            "Records in fold 9": [f"{n_positive[one.name]:,}" for one in rows],
            "Held on fold 10": [
                "" if one.in_set is None else shares[one.name].text(2) for one in rows
            ],
        }
    )
    return table if stated else table.drop(columns="Label")


def _stated(entry: CatalogEntry | None, rules: ClassRules) -> dict[str, str]:
    """Say for each class whether the record's label has it; empty without a label."""
    if entry is None:
        return {}
    task = task_named(rules.ensemble.members[0].key.task)
    try:
        labels = task.label_rule(of_pages.catalog(), [entry.ecg_id])[0].tolist()
        known = task.known(of_pages.catalog(), [entry.ecg_id])[0]
    except (EcgError, KeyError):
        return {}
    return {
        name: ("stated" if has else "–") if is_known else "not known"
        for name, has, is_known in zip(task.classes, labels, known, strict=True)
    }


def _patient_words(case: ReadableCase, ensemble: Ensemble) -> str:
    """Say what age and sex these networks were told; "" for those that take neither."""
    if not of_pages.predictor(ensemble.members[0]).takes_patient:
        return ""
    words = case.record.patient.words
    return f"They were told: {words}." if words else "Age and sex were not known to them."


def _draw_weights(case: ReadableCase, ensemble: Ensemble) -> None:
    """Draw attention over time and weights of leads, the mean over the seeds."""
    found = caches.inner_weights_of(case, ensemble)
    if found is None:
        return
    seeds = counted(len(ensemble.members), "seed")
    if found.steps is not None:
        st.markdown("**Attention over the ECG**")
        draw_plot(
            attention_figure(
                case.record, found.steps, found.starts_s, found.step_s, dark=is_dark()
            ),
            "attention",
            attention_alt(found.steps, found.starts_s),
        )
        st.caption(
            f"Mean of {seeds}; {len(found.steps)} steps of {found.step_s:.2g} s; 1 is an even "
            "share. It says what the networks let through, not what spoke for a class."
        )
    if found.leads is not None:
        st.markdown("**Weight of each lead**")
        draw_plot(
            lead_weights_figure(found.leads, dark=is_dark()),
            "lead_weights",
            lead_weights_alt(found.leads),
        )
        st.caption(
            f"Mean of {seeds}: by what each lead of this ECG is multiplied before the first "
            "convolution. It says what the networks let through, not what spoke for a class."
        )
