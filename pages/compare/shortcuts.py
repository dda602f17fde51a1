"""Shortcut audit: what age, sex, device and noise alone tell, and what is left within strata."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from ecgcore.errors import EcgError
from ecgcore.figures.forest_plot import Range, ranges_figure
from ecgcore.predictions.ensemble import Ensemble
from ecgcore.report.web import Drawing
from ecgcore.stats.comparison.matching import Matched
from ecgcore.stats.metrics import Estimate
from ecgcore.study.shortcuts import (
    Shortcut,
    StratumScore,
    shortcut_frame,
    strata_frame,
)
from pages.compare.choice import KIND_NAMES, NO_TABLES, Choice
from pages.compare.confusion import choose_shown
from pages.compare.numbers import Field, decision_rule
from pages.shared import evaluation_caches as cache
from pages.shared.errors import plain, show_ecg_error
from pages.shared.evaluation_choice import EvaluationChoice
from pages.shared.plots import INTERVAL, draw, draw_numbers
from pages.shared.widgets import is_dark

ALONE_LABELS = {
    "name": "Known of the record",
    "auroc": "AUROC",
    **INTERVAL,
    "n_train": "Fitted on",
    "n_test": "Judged on",
}
STRATA_LABELS = {
    "kind": "Kind",
    "label": "Records",
    "n": "n",
    "n_mi": "MI",
    "auroc": "AUROC",
    "auroc_low": "from",
    "auroc_high": "to",
    "false_alarms": "False alarms among normals",
    "false_alarms_low": "False alarms from",
    "false_alarms_high": "False alarms to",
    "mean_prob_normal": "Mean probability of normals",
}


def draw_shortcuts(shown: Field, choice: Choice) -> None:
    """Draw what the tables alone tell, and one ensemble inside strata."""
    strata = cache.strata(choice.data_version, choice.test_set)
    if not strata:
        st.info(f"The shortcut audit reads age, sex, device and noise. {NO_TABLES}")
        return
    try:
        alone = cache.shortcuts(choice.data_version, choice.test_set)
    except ValueError as error:
        st.info(plain(f"No audit on these records: {error}"), icon=":material/info:")
        return
    ensemble = choose_shown(shown).ensemble
    try:
        scores = stratum_scores(ensemble, choice)
    except EcgError as error:
        show_ecg_error(error)
        return
    left, right = st.columns([0.5, 0.5], gap="medium")
    with left:
        pairs = cache.matched(choice.data_version, choice.test_set)
        st.markdown(words(ensemble, alone, scores, pairs))
    with right:
        _draw_alone(alone, choice)
    _draw_strata(ensemble, scores, choice)


def stratum_scores(ensemble: Ensemble, choice: Choice) -> tuple[StratumScore, ...]:
    """Judge an ensemble on the whole test set's strata; the chosen subgroup does not matter.

    Raises
    ------
    EcgError
        If the ensemble cannot be evaluated or calibrated.
    """
    whole = cache.evaluated(ensemble, choice)
    called = decision_rule(whole, choice).calls(whole.labelled.seed_logits)
    wanted = (*cache.KINDS_AUDITED, cache.MATCHED)
    strata = cache.strata(choice.data_version, choice.test_set)
    kept = [part for part in strata if part.kind in wanted]
    key = (*replace(choice, part=None).key, ensemble.name, ensemble.checksum)
    return cache.in_strata(key, kept, whole, called)


def words(
    ensemble: Ensemble,
    alone: Sequence[Shortcut],
    scores: Sequence[StratumScore],
    pairs: Matched | None,
) -> str:
    """Say honestly how much of the task the tables alone solve."""
    best = max(alone, key=lambda one: one.auroc.value)
    age = next((one for one in alone if one.name == "age"), best)
    together = "age, sex, device and notes together" if best.name == "all of these" else best.name
    text = (
        f"**Without looking at the ECG**, age alone tells MI from normal with AUROC "
        f"{age.auroc.text()}, {together} with {best.auroc.text()}. Every MI with a further "
        "ST/T, hypertrophy or conduction code differs from every normal by definition: a model may "
        "find these and not the infarct. "
    )
    inside = next((s for s in scores if s.stratum.kind == cache.MATCHED), None)
    if inside is None or pairs is None:
        return text
    return text + (
        f"Among {pairs.case_ids.size:,} pairs of MI and normal of the same sex and age, "
        f"{ensemble.label} has AUROC **{inside.auroc.text()}**: what is left when age and sex "
        "do not help. Matched records are only part of the test set, so compare with care."
    )


def alone_drawing(alone: Sequence[Shortcut], *, dark: bool = False) -> Drawing:
    """Draw how well the tables alone tell MI from normal."""
    rows = [Range(one.name, one.auroc) for one in alone]
    return Drawing(
        ranges_figure(rows, title="AUROC", reference=0.5, dark=dark),
        "; ".join(f"{row.name}: AUROC {row.estimate.text()}" for row in rows),
    )


def _draw_alone(alone: Sequence[Shortcut], choice: EvaluationChoice) -> None:
    st.markdown("**Known without the ECG: AUROC of a logistic model**")
    draw(alone_drawing(alone, dark=is_dark()), "compare_alone")
    draw_numbers(shortcut_frame(alone), ALONE_LABELS, "shortcuts", choice)


def _draw_strata(
    ensemble: Ensemble, scores: Sequence[StratumScore], choice: EvaluationChoice
) -> None:
    auroc, alarms = st.columns(2, gap="medium")
    with auroc:
        st.markdown(f"**{ensemble.label} within each subgroup of the test set: AUROC**")
        draw(auroc_drawing(ensemble, scores, dark=is_dark()), "compare_strata_auroc")
    with alarms:
        st.markdown("**False alarms: share of the normal records called MI**")
        draw(alarms_drawing(ensemble, scores, dark=is_dark()), "compare_strata_false_alarms")
    draw_numbers(strata_table(scores), STRATA_LABELS, "strata", choice)


def strata_table(scores: Sequence[StratumScore]) -> pd.DataFrame:
    """One row for each subgroup, its kind in words."""
    frame = strata_frame(list(scores))
    return frame.assign(kind=frame["kind"].map(KIND_NAMES))


def auroc_drawing(one: Ensemble, scores: Sequence[StratumScore], *, dark: bool = False) -> Drawing:
    """Draw an ensemble's AUROC in each subgroup."""
    return _ranges([(score, score.auroc) for score in scores], "AUROC", one, dark=dark)


def alarms_drawing(one: Ensemble, scores: Sequence[StratumScore], *, dark: bool = False) -> Drawing:
    """Draw the share of normal records called MI, where the subgroups divide them."""
    split = [(score, score.false_alarms) for score in scores if score.stratum.splits_normals]
    return _ranges(split, "share of normal records", one, dark=dark)


def _ranges(
    pairs: Sequence[tuple[StratumScore, Estimate]], title: str, one: Ensemble, *, dark: bool
) -> Drawing:
    rows = [Range(_short(score), value, one.train_set) for score, value in pairs]
    return Drawing(
        ranges_figure(rows, title=title, dark=dark),
        "; ".join(f"{row.name}: {row.estimate.text()}" for row in rows),
    )


def _short(score: StratumScore) -> str:
    if score.stratum.kind == cache.MATCHED:
        return f"age and sex matched ({score.n_mi} pairs)"
    n_normal = score.n - score.n_mi
    return f"{score.stratum.label} ({score.n_mi} MI, {n_normal} normal)"
