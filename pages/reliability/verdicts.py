"""Conformal verdicts and thresholds, set on fold 9 and judged on the test set."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from ecgcore.figures.reliability_panels import Column, intervals_figure
from ecgcore.predictions.decision import (
    DecisionRule,
    DecisionSettings,
)
from ecgcore.predictions.evaluated import Evaluated
from ecgcore.report.content import fold9_words
from ecgcore.stats.conformal import SHARES, ConformalCoverage
from ecgcore.stats.metrics import Estimate
from ecgcore.stats.thresholds import Share
from pages.reliability.choice import Choice
from pages.shared import caches
from pages.shared.decision_choice import chosen_settings
from pages.shared.plots import INTERVAL, draw_numbers, draw_plot
from pages.shared.widgets import is_dark

_CHANGED = "; change it in the decision settings at the top."
_SAME = "the same verdicts and calls as on every other page and on every test set"


def verdict_rule(one: Evaluated, choice: Choice, alpha: float) -> DecisionRule:
    """Return what gives an ensemble's verdicts.

    Raises
    ------
    ModelError
        If fold 9 is not at hand.
    """
    caches.fold9(one.ensemble)  # says why it is missing, which the rule does not know
    return caches.decision_rule(one.ensemble, DecisionSettings(choice.method, alpha))


def call_rule(one: Evaluated, choice: Choice, target: float | None) -> DecisionRule:
    """Return what calls MI; ModelError if a target sensitivity is asked for and fold 9 missing."""
    settings = DecisionSettings(choice.method, sensitivity=target)
    return caches.decision_rule(one.ensemble, settings)


def draw_conformal(shown: Sequence[Evaluated], choice: Choice) -> None:
    """Draw what conformal verdicts with limits from fold 9 do to the test set."""
    st.header("Deciding only when sure: MI, normal or refer", anchor=False)
    settings = chosen_settings()
    target = round(1 - settings.alpha, 2)
    rules = [verdict_rule(one, choice, settings.alpha) for one in shown]
    coverages = [rule.coverage(one.labelled) for rule, one in zip(rules, shown, strict=True)]
    st.markdown(f"Target coverage per class **{settings.coverage_words}**{_CHANGED}")
    st.caption(
        f"Limits set on {_fold9_words(rules[0])}, by uncalibrated probabilities: {_SAME}. "
        f"Here they are judged on the {len(shown[0].labels):,} records of fold 10. The target "
        "holds on average over folds like fold 9, for the MI and the normals that it holds; a test "
        "set with only certain or uncertain MI differs from it. Fold 9 also chose when trainings "
        "stopped. Intervals: 95 % Clopper-Pearson. Dashed: the target."
    )
    if always := rules[0].always_possible:
        st.warning(
            f"Fold 9 holds too few {' and '.join(always)} records for "
            f"{settings.coverage_words}: that verdict is "
            "never excluded.",
            icon=":material/warning:",
        )
    columns = [
        Column("MI kept (not called normal)", tuple(c.mi.estimate for c in coverages), target),
        Column("normal kept (not called MI)", _of(coverages, "normal"), target),
        Column("referred, of all", _of(coverages, "referred")),
        Column("wrong, of the decided", _of(coverages, "errors")),
    ]
    _draw_intervals("conformal", shown, columns)
    draw_numbers(shares_table(shown, choice), SHARE_LABELS, "conformal", choice)


def shares_table(shown: Sequence[Evaluated], choice: Choice) -> pd.DataFrame:
    """One row for each ensemble and share: what conformal verdicts do to the test set."""
    alpha = chosen_settings().alpha
    frames = [
        verdict_rule(one, choice, alpha)
        .coverage(one.labelled)
        .frame()
        .assign(model=one.ensemble.label)
        for one in shown
    ]
    table = pd.concat(frames, ignore_index=True)
    return table.assign(figure=table["figure"].map(SHARE_WORDS))


SHARE_WORDS = dict(
    zip(
        SHARES,
        (
            "normal kept (not called MI), of normal",
            "MI kept (not called normal), of MI",
            "label kept, of all",
            "referred, of all",
            "both possible, of all",
            "like neither, of all",
            "wrong, of the decided",
            "MI verdicts, of decided MI",
            "normal verdicts, of decided normal",
        ),
        strict=True,
    )
)
SHARE_LABELS = {
    "model": "Ensemble",
    "figure": "Share",
    "hits": "Records",
    "n": "Of",
    "value": "Value",
    **INTERVAL,
}


def _fold9_words(rule: DecisionRule) -> str:
    version = caches.fold9_version(rule.ensemble)
    return f"{fold9_words(rule)}, all labels, {version}"


def _of(coverages: Sequence[ConformalCoverage], name: str) -> tuple[Estimate, ...]:
    shares: list[Share] = [getattr(coverage, name) for coverage in coverages]
    return tuple(share.estimate for share in shares)


def _draw_intervals(key: str, shown: Sequence[Evaluated], columns: Sequence[Column]) -> None:
    labels = [one.ensemble.label for one in shown]
    figure = intervals_figure(
        labels, [one.ensemble.train_set for one in shown], columns, shares=True, dark=is_dark()
    )
    draw_plot(
        figure,
        key=key,
        alt="; ".join(
            f"{label}: "
            + ", ".join(f"{column.title} {column.estimates[k].text()}" for column in columns)
            for k, label in enumerate(labels)
        ),
    )


def draw_thresholds(shown: Sequence[Evaluated], choice: Choice) -> None:
    """Draw what a threshold with a target sensitivity on fold 9 gives on the test set."""
    st.header("From which probability MI is called", anchor=False)
    settings = chosen_settings()
    target = settings.sensitivity
    st.markdown(f"MI is called from **{settings.threshold_words}**{_CHANGED}")
    rules = [call_rule(one, choice, target) for one in shown]
    points = [rule.operating_point(one.labelled) for rule, one in zip(rules, shown, strict=True)]
    st.caption(_threshold_words(rules[0], target, len(shown[0].labels)))
    columns = [
        Column("sensitivity", tuple(p.sensitivity.estimate for p in points), target),
        Column("specificity", tuple(p.specificity.estimate for p in points)),
    ]
    _draw_intervals("thresholds", shown, columns)
    draw_numbers(thresholds_table(shown, choice), THRESHOLD_LABELS, "thresholds", choice)


def thresholds_table(shown: Sequence[Evaluated], choice: Choice) -> pd.DataFrame:
    """One row for each ensemble: from where it calls MI, and what this gives."""
    rules = [call_rule(one, choice, chosen_settings().sensitivity) for one in shown]
    points = [rule.operating_point(one.labelled) for rule, one in zip(rules, shown, strict=True)]
    rows = [
        {
            "model": one.ensemble.label,
            "threshold": rule.shown_threshold,
            "fold_9": rule.achieved,
            **_share_parts("sensitivity", point.sensitivity),
            **_share_parts("specificity", point.specificity),
        }
        for one, rule, point in zip(shown, rules, points, strict=True)
    ]
    return pd.DataFrame(rows)


def _threshold_words(rule: DecisionRule, target: float | None, n: int) -> str:
    judged = f"judged on the {n:,} records of fold 10, with 95 % Clopper-Pearson intervals."
    if target is None:
        return f"Of the shown probability: {_SAME}; {judged}"
    return (
        f"The highest threshold that finds this share of the MI on {_fold9_words(rule)}: {_SAME}; "
        f"{judged} Certain MI are found more often than the target, uncertain MI less often. "
        "Dashed: the target."
    )


def _share_parts(name: str, share: Share) -> dict[str, float]:
    estimate = share.estimate
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}


THRESHOLD_LABELS = {
    "model": "Ensemble",
    "threshold": "Threshold",
    "fold_9": "Sensitivity on fold 9",
    "sensitivity": "Sensitivity",
    "sensitivity_low": "from",
    "sensitivity_high": "to",
    "specificity": "Specificity",
    "specificity_low": "specificity from",
    "specificity_high": "specificity to",
}
