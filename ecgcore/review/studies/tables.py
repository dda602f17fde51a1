"""The results of an ended study as tables of words, for the page and the report."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from ecgcore.review.studies.outcome import METRICS, StudyData, following, gain, harm
from ecgcore.stats.mrmc.analysis import Analysis
from ecgcore.stats.mrmc.performance import Metric
from ecgcore.wording.numbers import number

METRIC_NAMES: Mapping[Metric, str] = {
    "auc": "AUC",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
}


def analyses(data: StudyData) -> dict[Metric, Analysis]:
    """Analyse every figure of merit.

    Raises
    ------
    ReviewError
        If fewer than two readers have read everything, or there is one treatment only.
    """
    return {metric: data.analysis(metric) for metric in METRICS}


def comparison_table(data: StudyData, found: Mapping[Metric, Analysis]) -> pd.DataFrame:
    """Return a row for each figure and arm: the mean over readers, and its gain, with intervals."""
    first, *_ = treatments = data.protocol.treatments
    rows = [
        {
            "Figure": METRIC_NAMES[metric],
            "Arm": arm,
            "Mean over readers": one.treatments[place].text(),
            f"Minus {first}": "" if not place else gain(one, place).text(),
        }
        for metric, one in found.items()
        for place, arm in enumerate(treatments)
    ]
    return pd.DataFrame(rows)


def readers_table(
    data: StudyData, found: Mapping[Metric, Analysis], called: Mapping[str, str]
) -> pd.DataFrame:
    """Return a row for each reader, figure and arm with advice: alone, aided, gain, and harm."""
    first, *aided = data.protocol.treatments
    rows = [
        {
            "Reader": called[who],
            "Figure": METRIC_NAMES[metric],
            "Arm": arm,
            first.capitalize(): number(one.values[0, k], 3),
            "Aided": number(one.values[place, k], 3),
            "Difference": gain(one, place, k).text(),
            "Verdict": harm(gain(one, place, k)),
        }
        for k, who in enumerate(data.complete)
        for metric, one in found.items()
        for place, arm in enumerate(aided, 1)
    ]
    return pd.DataFrame(rows)


def following_table(data: StudyData) -> pd.DataFrame:
    """Return a row for each arm with advice: how often planted wrong advice was followed."""
    rows = [
        {
            "Arm": one.arm,
            "Followed": one.followed.text(2),
            "Same error alone": "not read alone" if one.alone is None else one.alone.text(2),
            "Added by the advice": "" if one.added is None else one.added.text(2),
            "Readings": one.n,
            "Cases": one.n_cases,
        }
        for one in following(data)
    ]
    return pd.DataFrame(rows)
