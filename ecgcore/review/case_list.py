"""What the models say about every record, as a list shows it and as a file holds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecgcore.predictions.decision import DecisionRule
from ecgcore.predictions.ensemble import Ensemble, disagreement

VERDICT = "verdict"
OUTSIDE = "other"
"""Label group of the records that the models do not know."""


def predictions_of(table: pd.DataFrame, rules: Sequence[DecisionRule]) -> pd.DataFrame:
    """Apply the rules of the main ensembles to every record at once.

    Parameters
    ----------
    table
        Logits as `ecgcore.predictions.store.wide_predictions` gives them.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``ecg_id``: the probability of MI by each ensemble under its name, and
        `VERDICT`, that of all, "refer" unless they are unanimous; "" where fold 9 is not at hand.
    """
    logits = [table[[entry.name for entry in one.ensemble.members]].to_numpy().T for one in rules]
    said = {
        rule.ensemble.name: rule.calibrator.probs(mine)
        for rule, mine in zip(rules, logits, strict=True)
    }
    fitted = [
        rule.verdicts(mine)
        for rule, mine in zip(rules, logits, strict=True)
        if rule.conformal is not None
    ]
    return pd.DataFrame(said | {VERDICT: _joint(fitted, len(table))}, index=table.index)


def withhold(said: pd.DataFrame, void: Sequence[int]) -> pd.DataFrame:
    """Take the verdict from the records on which none means anything."""
    return said.assign(**{VERDICT: said[VERDICT].mask(said.index.isin(void), "")})


def disagreement_in(said: pd.DataFrame) -> pd.Series[float]:
    """Return the disagreement on every record of `predictions_of`."""
    return pd.Series(disagreement(said.drop(columns=VERDICT).to_numpy().T), index=said.index)


def _joint(verdicts: Sequence[NDArray[np.str_]], n_records: int) -> NDArray[np.str_]:
    if not verdicts:
        return np.full(n_records, "")
    all_of_them = np.stack(verdicts)
    unanimous = (all_of_them == all_of_them[0]).all(axis=0)
    return np.where(unanimous, all_of_them[0], "refer")


def shown_columns(
    said: pd.DataFrame, groups: pd.Series[str], ensembles: Sequence[Ensemble]
) -> pd.DataFrame:
    """Write what the models say about some records as short texts.

    Parameters
    ----------
    said
        Rows of `predictions_of`.
    groups
        Label group of each of these records, in words.
    ensembles
        Those of the columns of `said`.

    Returns
    -------
    pandas.DataFrame
        A column for each training set with the whole per cents of its architectures, `VERDICT`, in
        brackets outside the study, and ``between``: who says most and who least.
    """
    sets = dict.fromkeys(one.train_set for one in ensembles)
    shown = {
        name: _joined(said[[one.name for one in ensembles if one.train_set == name]])
        for name in sets
    }
    outside = groups.reindex(said.index) == OUTSIDE
    verdict = said[VERDICT].where(~outside | (said[VERDICT] == ""), "(" + said[VERDICT] + ")")
    return pd.DataFrame(shown | {VERDICT: verdict, "between": _between(said, ensembles)})


def _joined(probs: pd.DataFrame) -> pd.Series[str]:
    texts = [
        [f"{value:3.0f}" for value in 100 * column] for column in probs.to_numpy(dtype=float).T
    ]
    return pd.Series([" · ".join(row) for row in zip(*texts, strict=True)], probs.index, dtype=str)


def _between(said: pd.DataFrame, ensembles: Sequence[Ensemble]) -> list[str]:
    labels = [one.label for one in ensembles]
    probs = said[[one.name for one in ensembles]].to_numpy(dtype=float)
    ends = zip(probs.argmax(axis=1), probs.argmin(axis=1), strict=True)
    return [f"{labels[high]}, {labels[low]}" for high, low in ends]


def exported(
    found: pd.DataFrame,
    said: pd.DataFrame | None,
    reports: pd.Series[str],
    names: Mapping[str, str],
) -> pd.DataFrame:
    """Return all of a search result under plain column names, for a file.

    Parameters
    ----------
    found
        As `ecgcore.ptbxl.search.search` gives it.
    said
        As `predictions_of` gives it; None where nothing is predicted.
    reports
        The whole reports by ``ecg_id``.
    names
        Columns of `found` and their names in the file, in order.
    """
    table = found[list(names)].rename(columns=names)
    if said is not None:
        mine = said.reindex(found.index)
        names = {name: f"p_mi_{name.replace('-', '_')}" for name in mine.columns.drop(VERDICT)}
        table = table.join(mine.rename(columns=names).round(4))
    return table.assign(report=reports.reindex(found.index))
