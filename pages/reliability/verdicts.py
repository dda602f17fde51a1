"""Conformal verdicts and thresholds, set on fold 9 and judged on the test set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from ecgcore.figures.reliability_panels import Column, intervals_figure
from ecgcore.predictions.evaluated import Evaluated
from ecgcore.stats.conformal import SHARES, ConformalCoverage, MondrianConformal
from ecgcore.stats.metrics import Estimate
from ecgcore.stats.thresholds import (
    OperatingPoint,
    Share,
    Threshold,
    operating_point,
    threshold_for_sensitivity,
)
from pages.reliability.choice import TARGET_COVERAGES, TARGET_SENSITIVITIES, Choice
from pages.reliability.numbers import FloatArray
from pages.shared import caches
from pages.shared.plots import INTERVAL, draw_numbers, draw_plot
from pages.shared.widgets import is_dark


def validation_of(one: Evaluated, choice: Choice) -> tuple[NDArray[np.int64], FloatArray]:
    """Labels and probabilities of fold 9 by the test set's rule.

    Raises
    ------
    ModelError
        If the data set has no such records.
    """
    fold = caches.labelled_ensemble(one.ensemble, choice.test_set, choice.data_version, "val")
    return fold.labels, one.calibrator.probs(fold.seed_logits)


def draw_conformal(shown: Sequence[Evaluated], choice: Choice) -> None:
    st.subheader("Deciding only when sure: MI, normal or refer", anchor=False)
    coverage = st.segmented_control(
        "Target coverage per class",
        list(TARGET_COVERAGES),
        default="90 %",
        required=True,
        key="promise",
        bind="query-params",
        help="The share of MI and of normal records, each for itself, whose verdict shall not "
        "exclude their label. More coverage, more referred.",
    )
    alpha = TARGET_COVERAGES[coverage]
    judged = [_conformal(one, alpha, choice) for one in shown]
    coverages = [coverage for _, coverage in judged]
    rule, _ = judged[0]
    st.caption(
        f"Limits set on fold 9 ({rule.n_mi:,} MI and {rule.n_normal:,} normal records by the rule "
        f"of this test set), judged on the {len(shown[0].labels):,} records of fold 10. The "
        "coverage holds on average over such folds, where records of a class resemble each other; "
        "fold 9 also chose when trainings stopped. Intervals: 95 % Clopper-Pearson. "
        "Dashed: the target."
    )
    if rule.always:
        st.warning(
            f"Fold 9 holds too few {' and '.join(rule.always)} records for {coverage}: that "
            "verdict is never excluded.",
            icon=":material/warning:",
        )
    columns = [
        Column("MI kept, of MI", tuple(c.mi.estimate for c in coverages), 1 - alpha),
        Column("normal kept, of normal", _of(coverages, "normal"), 1 - alpha),
        Column("referred, of all", _of(coverages, "referred")),
        Column("wrong, of the decided", _of(coverages, "errors")),
    ]
    _draw_intervals("conformal", shown, columns)
    table = pd.concat(
        [c.frame().assign(model=v.ensemble.label) for v, c in zip(shown, coverages, strict=True)],
        ignore_index=True,
    )
    table["figure"] = table["figure"].map(SHARE_WORDS)
    draw_numbers(table, _SHARE_LABELS, "conformal", choice)


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
_SHARE_LABELS = {
    "model": "Ensemble",
    "figure": "Share",
    "hits": "Records",
    "n": "Of",
    "value": "Value",
    **INTERVAL,
}


def _conformal(
    one: Evaluated, alpha: float, choice: Choice
) -> tuple[MondrianConformal, ConformalCoverage]:
    rule = MondrianConformal.fit(*validation_of(one, choice), alpha)
    return rule, rule.coverage(one.labels, one.probs)


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
    st.subheader("Threshold for a target sensitivity", anchor=False)
    label = st.segmented_control(
        "Target sensitivity",
        list(TARGET_SENSITIVITIES),
        default="95 %",
        required=True,
        key="wished",
        bind="query-params",
    )
    target = TARGET_SENSITIVITIES[label]
    chosen = [_threshold(one, target, choice) for one in shown]
    st.caption(
        "The highest threshold that reaches it on fold 9, and what it gives on the "
        f"{len(shown[0].labels):,} records of fold 10 with 95 % Clopper-Pearson intervals. Other "
        "records may get less than the target. Dashed: the target."
    )
    points = [point for _, point in chosen]
    columns = [
        Column("sensitivity", tuple(p.sensitivity.estimate for p in points), target),
        Column("specificity", tuple(p.specificity.estimate for p in points)),
    ]
    _draw_intervals("thresholds", shown, columns)
    rows = [
        {
            "model": one.ensemble.label,
            "threshold": threshold.value,
            "fold_9": threshold.achieved.value,
            **_share_parts("sensitivity", point.sensitivity),
            **_share_parts("specificity", point.specificity),
        }
        for one, (threshold, point) in zip(shown, chosen, strict=True)
    ]
    draw_numbers(pd.DataFrame(rows), _THRESHOLD_LABELS, "thresholds", choice)


def _threshold(one: Evaluated, target: float, choice: Choice) -> tuple[Threshold, OperatingPoint]:
    threshold = threshold_for_sensitivity(*validation_of(one, choice), target)
    return threshold, operating_point(one.labels, one.probs, threshold.value)


def _share_parts(name: str, share: Share) -> dict[str, float]:
    estimate = share.estimate
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}


_THRESHOLD_LABELS = {
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
