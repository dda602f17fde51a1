"""Where the models of many statements contradict a label: one that it lacks, or one that it has."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ecgcore.predictions.classes.evaluated import EvaluatedClasses
from ecgcore.predictions.classes.rules import FittedClasses
from ecgcore.review.worklists.parts import VALUE, WORDS, contradicted


def contradictions(
    folds: EvaluatedClasses, rules: FittedClasses, without: tuple[str, ...] = ()
) -> pd.DataFrame:
    """Find the class of each record whose label the models contradict most.

    A label is contradicted as in `contradicted`, each class alone. How much is the distance of
    its calibrated probability from the mean of the records with the other label, so a class that
    the models hardly know contradicts nothing loudly. A class that is rare in fold 9 never does.

    Parameters
    ----------
    folds
        Records that the networks were not trained on, with their labels.
    without
        Classes that are no finding.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``ecg_id``: `VALUE` from 0, where nothing is contradicted, to 1; `WORDS` such as
        "AFIB 97 %, not in the label" or "label AFIB, models 2 %", "" where nothing is.
    """
    probs = rules.probs(folds.logits)
    most = np.zeros(len(folds.ids))
    words = np.full(len(folds.ids), "", dtype=object)
    for k, rule in enumerate(rules.rules):
        if rule.few or rule.name in without:
            continue
        rows = np.flatnonzero(folds.known[:, k])
        has, p = folds.labels[rows, k] == 1, probs[rows, k]
        wrong = contradicted(has, p)
        if not wrong.any():
            continue
        much = np.where(wrong, np.abs(p - np.where(has, p[has].mean(), p[~has].mean())), 0.0)
        for row in np.flatnonzero(much > most[rows]):
            most[rows[row]] = much[row]
            words[rows[row]] = _words(rule.name, bool(has[row]), float(p[row]))
    return pd.DataFrame({VALUE: most, WORDS: words}, index=pd.Index(folds.ids, name="ecg_id"))


def _words(name: str, stated: bool, prob: float) -> str:
    share = f"{100 * prob:.0f} %"
    return f"label {name}, models {share}" if stated else f"{name} {share}, not in the label"
