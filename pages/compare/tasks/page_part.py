"""Compare on any task but the study's: every seed, the answer, and a table of all classes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from ecgcore.errors import EcgError
from ecgcore.figures.comparison import SeedRow, seeds_figure
from ecgcore.models.architectures import arch_title
from ecgcore.predictions.ensemble import Ensemble, LabelledEnsemble
from ecgcore.predictions.evaluated import Evaluated
from ecgcore.stats.comparison.delong import delong
from ecgcore.stats.comparison.paired_bootstrap import (
    Comparison,
    Contender,
    Standing,
    Trial,
    corrected,
)
from ecgcore.stats.comparison.verdicts import rule_words
from ecgcore.tasks.class_words import class_words
from ecgcore.tasks.task import Task
from pages.compare.tasks.answer import certainty_words, pairs_table
from pages.shared import evaluation_caches as cache
from pages.shared import evaluation_choice as shared
from pages.shared import plots
from pages.shared.classes import caches
from pages.shared.classes import choice as choices
from pages.shared.classes.choice import FEW, TaskChoice
from pages.shared.decision_choice import chosen_calibrator
from pages.shared.errors import plain
from pages.shared.widgets import is_dark

_METRIC, _HEIGHT_PX = "AUROC", 300
_SHORT = 10
"""Classes up to which their table has just as many rows."""


def draw_task(task: Task) -> None:
    """Draw a class of a task by every published ensemble, then all its classes."""
    choice = choices.choose_class(task)
    offered = choices.offered(choice)
    shown, problems = choices.evaluate_each(offered, choice, chosen_calibrator())
    shared.draw_problems(problems)
    if not shown:
        st.info("No network of this task is published yet.", icon=":material/info:")
        return
    n, n_mi = len(shown[0].labels), int(shown[0].labels.sum())
    st.markdown(choices.records_words(choice, shown[0].labels))
    if not 0 < n_mi < n:
        st.info("Without records of both kinds there is nothing to compare.")
        return
    standings, comparisons = _compare(shown, choice)
    mine = [one.ensemble for one in shown if one.ensemble.members[0].key.task == task.name]
    named = {one.name: one for one in mine}
    by_set = [one for one in comparisons if named[one.first].arch == named[one.second].arch]
    st.markdown(certainty_words(task, mine, by_set))
    rows = [_row(one, standings[one.ensemble.name], choice) for one in shown]
    figure = seeds_figure(
        rows, metric=f"{_METRIC}, {choice.name}", height=_HEIGHT_PX, dark=is_dark()
    )
    alt = "; ".join(f"{row.arch} {row.name} {row.mean.text(4)}" for row in rows)
    plots.draw_plot(figure, "task_seeds", f"{_METRIC}: {alt}")
    rule = f"{rule_words(len(comparisons))} " if comparisons else ""
    by_statements = choices.statements_words(choice, offered)
    st.caption(f"{by_statements}{rule}Intervals: 95 %, patients and seeds drawn again.")
    if comparisons:
        with st.expander(f"Pairs that differ in one thing alone: {len(comparisons)}"):
            plots.draw_table(pairs_table(comparisons, named))
    if len(task.classes) > 1:
        _draw_classes(choice)


def _compare(
    shown: list[Evaluated], choice: TaskChoice
) -> tuple[dict[str, Standing], tuple[Comparison, ...]]:
    first = shown[0]
    trial = Trial(first.labels, first.patients, n_boot=cache.N_BOOT)
    contenders = [Contender(one.ensemble.name, one.seed_probs, one.probs) for one in shown]
    key = (
        *(choice.task.name, choice.test_set, choice.name, shown[0].calibrator.method),
        tuple((one.ensemble.name, one.ensemble.checksum) for one in shown),
    )
    standings = {one.name: one for one in cache.standings(key, "auroc", trial, contenders)}
    mine = {
        one.ensemble.name: one.ensemble
        for one in shown
        if one.ensemble.members[0].key.task == choice.task.name
    }
    pairs = [
        one
        for one in cache.comparisons(key, "auroc", trial, contenders)
        if one.first in mine and one.second in mine and _alike(mine[one.first], mine[one.second])
    ]
    return standings, corrected(pairs)


def _alike(first: Ensemble, second: Ensemble) -> bool:
    """Say whether two ensembles differ by their training set or their network alone."""
    return first.arch == second.arch or first.train_set == second.train_set


def _row(one: Evaluated, standing: Standing, choice: TaskChoice) -> SeedRow:
    ensemble = one.ensemble
    by_statements = ensemble.members[0].key.task != choice.task.name
    return SeedRow(
        arch_title(ensemble.arch),
        ensemble.train_set,
        "71 statements" if by_statements else ensemble.train_set,
        tuple(float(value) for value in standing.seeds),
        standing.mean,
        standing.ensemble.value if len(ensemble.seeds) > 1 else None,
    )


def _draw_classes(choice: TaskChoice) -> None:
    """Draw a table of all classes: the ensembles' AUROC with intervals; small classes last."""
    st.markdown("**All classes**")
    try:
        table = classes_table(choices.offered(choice), choice)
    except EcgError as error:
        st.info(plain(str(error)), icon=":material/info:")
        return
    st.dataframe(
        table,
        hide_index=True,
        height=420 if len(table) > _SHORT else "auto",
        column_config={"Class": st.column_config.TextColumn(width=330, pinned=True)},
        alt=f"AUROC of {len(table)} classes by each ensemble",
    )
    st.caption(
        f"AUROC of the ensemble (mean logit of its seeds) with DeLong's 95 % interval, patients "
        f"clustered. Classes with fewer than {FEW} records are marked and stand last: their order "
        "says nothing. Choose a class above to see its seeds and pairs."
    )


def classes_table(ensembles: tuple[Ensemble, ...], choice: TaskChoice) -> pd.DataFrame:
    """Return a row for each class, by number of records; those with few last, by name."""
    judged = [caches.evaluated_on(one, choice.task, choice.test_set) for one in ensembles]
    rows = []
    for name in choice.task.classes:
        mine = [one.of_class(name) for one in judged]
        n, of = int(mine[0].labels.sum()), len(mine[0].labels)
        n_patients = len(np.unique(mine[0].patients[mine[0].labels == 1]))
        texts = [""] * len(mine) if n_patients < 2 or n == of else _aurocs(mine)
        words = class_words(choice.task.name, name)
        size = f"{n} (few)" if n < FEW else f"{n:,}"
        rows.append((n < FEW, -n if n >= FEW else 0, name, [words, size, *texts]))
    rows.sort(key=lambda row: row[:3])
    columns = ["Class", "Records", *(one.title_on(choice.task.name) for one in ensembles)]
    return pd.DataFrame([row[3] for row in rows], columns=columns)


def _aurocs(mine: list[LabelledEnsemble]) -> list[str]:
    test = delong(mine[0].labels, [one.logits for one in mine], mine[0].patients)
    return [test.estimate(k).text(3) for k in range(len(mine))]
