"""Reliability of one class of any task: a diagram for each ensemble, and the cases of a bin."""

from __future__ import annotations

import streamlit as st

from ecgcore.ptbxl.catalog import PTBXL_VERSION
from ecgcore.tasks.task import Task
from ecgcore.wording.numbers import percent
from pages.reliability import bins
from pages.reliability import choice as choices
from pages.reliability import overview as parts
from pages.shared import evaluation_choice as shared
from pages.shared.classes import caches
from pages.shared.classes import choice as of_classes
from pages.shared.decision_choice import chosen_calibrator

_COLUMNS = 3
_RARE = 0.1
"""Share of the records with a class below which a small ECE is no praise."""


def rare_words(share: float, name: str) -> str:
    """Say what a small ECE is worth where few records have the class; "" where many do.

    Examples
    --------
    >>> rare_words(0.03, "SB")
    'A small ECE says little here: whoever gives each record 3.0 % for SB has almost 0 too. '
    >>> rare_words(0.4, "MI")
    ''
    """
    if share >= _RARE:
        return ""
    return (
        f"A small ECE says little here: whoever gives each record {percent(share)} for {name} has "
        "almost 0 too. "
    )


def draw_task(task: Task, binning: str, n_bins: int) -> None:
    """Draw the class that the reader chooses by every published ensemble of the task."""
    asked = of_classes.choose_class(task)
    choice = choices.Choice(
        data_version=PTBXL_VERSION,
        test_set=asked.test_set,
        method=chosen_calibrator(),
        positive=asked.name,
        n_bins=n_bins,
        binning=binning,
        band="exact",
    )
    shown, problems = of_classes.evaluate_each(of_classes.offered(asked), asked, choice.method)
    shared.draw_problems(problems)
    if not shown:
        st.info("No network of this task is published yet.", icon=":material/info:")
        return
    st.markdown(of_classes.records_words(asked, shown[0].labels))
    for start in range(0, len(shown), _COLUMNS):
        for place, one in zip(st.columns(_COLUMNS), shown[start:], strict=False):
            with place, st.container(gap=None):
                parts.draw_cell(one, choice, one.ensemble.title_on(task.name))
    calibrated = (
        "calibrated on fold 9, this class alone" if choice.method != "raw" else "as they are"
    )
    rare = rare_words(float(shown[0].labels.mean()), asked.name)
    by_statements = of_classes.statements_words(asked, [one.ensemble for one in shown])
    st.caption(
        f"Probabilities {calibrated}. {by_statements}{rare}Click a dot or a bar to see its ECGs."
    )
    with st.columns([0.3, 0.7])[0]:
        best = caches.leading(task.name)
        ranked = sorted([one.ensemble for one in shown], key=lambda one: one != best)
        ensemble = shared.choose_one("Ensemble to look closer at", ranked, key=choices.FOCUS)
    focus = next(one for one in shown if one.ensemble is ensemble)
    bins.draw_bins(focus, choice)
    bins.open_clicked(focus, choice)
