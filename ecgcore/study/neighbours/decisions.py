"""From a network's probabilities to sets of classes: at 50 %, by thresholds of fold 9, by vote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from ecgcore.errors import ModelError
from ecgcore.predictions.labelled import LabelledClasses
from ecgcore.stats.multilabel.calls import class_thresholds, voted
from ecgcore.stats.multilabel.label_sets import (
    BoolArray,
    FloatArray,
    LabelSetFigures,
    Rewards,
    label_set_figures,
)
from ecgcore.tasks.challenge24 import CLASSES, NORMAL, SNOMED

DECISIONS: Mapping[str, str] = {
    "half": "50 %",
    "half_or_largest": "50 %, else the largest",
    "fold9_f1": "fold 9, best F1 of each class",
    "fold9_error": "fold 9, fewest errors of each class",
    "vote": "vote of the seeds, fold 9",
}
"""Ways from probabilities to classes; a vote needs several seeds.

The largest stands in where nothing reaches 50 %, of classes of which nearly all records have one.
"""

_NEARLY_ALL = 0.95


@dataclass(frozen=True, slots=True, eq=False)
class Decisions:
    """Label sets of one ensemble on one test set.

    Attributes
    ----------
    thresholds
        By decision, a threshold for each class.
    figures
        By decision, what it is worth.
    """

    thresholds: Mapping[str, FloatArray]
    figures: Mapping[str, LabelSetFigures]


def ensemble_of(seeds: Sequence[LabelledClasses]) -> LabelledClasses:
    """Return the mean of the seeds' logits."""
    mean = np.mean([one.logits.astype(np.float64) for one in seeds], axis=0)
    return replace(seeds[0], logits=mean)


def decide(
    val: Sequence[LabelledClasses],
    test: Sequence[LabelledClasses],
    *,
    rewards: Rewards | None = None,
    n_boot: int = 1000,
) -> Decisions:
    """Choose thresholds on the validation fold and score what they call on the test set.

    Parameters
    ----------
    val, test
        One for each seed, on the validation fold and on the test set.
    """
    fold, judged = ensemble_of(val), ensemble_of(test)
    chosen = {
        "half": np.full(len(fold.classes), 0.5),
        "fold9_f1": class_thresholds(fold.labels, fold.probs, "f1", fold.known),
        "fold9_error": class_thresholds(fold.labels, fold.probs, "error", fold.known),
    }
    calls: dict[str, BoolArray] = {name: judged.probs >= one for name, one in chosen.items()}
    if fold.labels.any(axis=1).mean() > _NEARLY_ALL:
        calls["half_or_largest"] = voted([judged.probs], chosen["half"], never_none=True)
    if len(test) > 1:
        own = [class_thresholds(one.labels, one.probs, "f1", one.known) for one in val]
        never_none = judged.classes == CLASSES
        calls["vote"] = voted([one.probs for one in test], own, never_none=never_none)
    figures = {
        name: label_set_figures(
            judged.labels,
            calls[name],
            known=judged.known,
            clusters=judged.patients,
            rewards=rewards,
            n_boot=n_boot,
        )
        for name in DECISIONS
        if name in calls
    }
    return Decisions(chosen, figures)


def challenge_rewards(path: Path) -> Rewards:
    """Read the challenge's table of rewards, a row and a column for each SNOMED code.

    Of codes that count as one class the first is read; their rows are equal.

    Raises
    ------
    ModelError
        If it cannot be read or lacks a class.

    Notes
    -----
    The table is ``weights.csv`` of github.com/physionetchallenges/evaluation-2020; its licence is
    not stated there, so it does not come with this project.
    """
    codes = [SNOMED[name][0] for name in CLASSES]
    try:
        table = pd.read_csv(path, index_col=0)
        table.index, table.columns = table.index.astype(str), table.columns.astype(str)
        weights = table.loc[codes, codes].to_numpy(dtype=np.float64)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            f"{path} is no table of the challenge's rewards ({error}). Take weights.csv of "
            "github.com/physionetchallenges/evaluation-2020."
        ) from error
    return Rewards(weights, CLASSES.index(NORMAL))
