"""The reasons of each case as numbers from 0 to 1, and the facts that they rest on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ecgcore.predictions.ensemble import Ensemble, disagreement
from ecgcore.ptbxl.catalog import Catalog
from ecgcore.review.case_list import OUTSIDE, VERDICT
from ecgcore.review.readings.adjudication import by_case
from ecgcore.review.store.chain import Entry
from ecgcore.review.worklists.scores import REASONS, doubt_of, nearness
from ecgcore.stats.reliability_curve import FloatArray

_FULL_GAP = 0.5
"""Ensembles this far apart, or more, disagree as much as a reason can say."""
_MILD = 0.5
"""How much a slight fault of the signal counts, beside one that hides a lead."""
_OUT_OF_SAMPLE = ("val", "test")
VALUE, WORDS = "value", "words"
"""Columns of a table that holds one reason and its fact."""


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Reasons and facts by ``ecg_id``, in one order.

    Attributes
    ----------
    values
        Columns of `REASONS`, 0 to 1; NaN where nothing is known.
    facts
        The same columns: what each reason is in words, such as a likelihood in per cent.
    """

    values: pd.DataFrame
    facts: pd.DataFrame

    def words(self, ecg_id: int, reasons: Iterable[str]) -> str:
        """Say some reasons of a case with their facts, as "label 50 % · refer"."""
        row = self.facts.loc[ecg_id]
        return " · ".join(_WORDS[name](row[name]) for name in reasons)


def parts_of(
    catalog: Catalog,
    ids: Sequence[int],
    said: pd.DataFrame | None,
    ensembles: Sequence[Ensemble],
    thresholds: Sequence[float],
    quality: pd.DataFrame | None,
    readings: Iterable[Entry],
    statements: pd.DataFrame | None = None,
) -> Parts:
    """Find the reasons of some records.

    Parameters
    ----------
    said
        As `ecgcore.review.case_list.predictions_of` gives it, of all records; None without models.
    ensembles, thresholds
        Those of the columns of `said`, and the probability from which each calls MI.
    quality
        As `ecgcore.ptbxl.quality_table.load_quality` gives it; None where nothing is known.
    readings
        Entries of the store of the kinds "reading" and "consensus".
    statements
        As `ecgcore.review.worklists.statements.contradictions` gives it; None without networks.
    """
    frame = catalog.frame
    values = pd.DataFrame(np.nan, index=pd.Index(ids), columns=list(REASONS))
    facts = values.astype(object)
    facts["likelihood"] = frame["mi_likelihood"].reindex(ids).to_numpy()
    values["likelihood"] = doubt_of(facts["likelihood"].to_numpy(dtype=np.float64))
    if said is not None and ensembles:
        _add_models(values, facts, frame, said, ensembles, thresholds)
    if quality is not None:
        _add_quality(values, facts, quality)
    if statements is not None:
        mine = statements.reindex(ids)
        values["statements"], facts["statements"] = mine[VALUE], mine[WORDS]
    for case, (value, words) in dissent(readings).items():
        if case.isdecimal() and int(case) in values.index:
            values.loc[int(case), "readers"], facts.loc[int(case), "readers"] = value, words
    return Parts(values, facts)


def _add_models(
    values: pd.DataFrame,
    facts: pd.DataFrame,
    frame: pd.DataFrame,
    said: pd.DataFrame,
    ensembles: Sequence[Ensemble],
    thresholds: Sequence[float],
) -> None:
    """Add what the models say of the records of the study, which they know."""
    inside = values.index[(frame["group"].reindex(values.index) != OUTSIDE).to_numpy()]
    mine = said.loc[inside]
    probs = mine[[one.name for one in ensembles]].to_numpy(dtype=np.float64).T
    for name, key in _GAPS.items():
        if len({key(one) for one in ensembles}) > 1:
            gap = disagreement(_means(probs, [key(one) for one in ensembles]))
            facts.loc[inside, name] = gap
            values.loc[inside, name] = np.minimum(gap / _FULL_GAP, 1)
    near = [nearness(p, limit) for p, limit in zip(probs, thresholds, strict=True)]
    values.loc[inside, "threshold"] = np.mean(near, axis=0)
    facts.loc[inside, "threshold"] = probs.mean(axis=0)
    known = (mine[VERDICT] != "").to_numpy()
    values.loc[inside[known], "refer"] = (mine[VERDICT] == "refer").to_numpy()[known].astype(float)
    values["label"] = suspects(frame, said, [one.name for one in ensembles]).reindex(values.index)
    facts.loc[inside, "label"] = frame["group"].reindex(inside)


_GAPS: Mapping[str, Callable[[Ensemble], str]] = {
    "training_sets": lambda one: one.train_set,
    "architectures": lambda one: one.arch,
}


def _means(probs: FloatArray, names: Sequence[str]) -> FloatArray:
    """Return the mean over the ensembles of each name, ``(n_names, n)``."""
    which = np.array(names)
    return np.stack([probs[which == name].mean(axis=0) for name in dict.fromkeys(names)])


def suspects(frame: pd.DataFrame, said: pd.DataFrame, names: Sequence[str]) -> pd.Series[float]:
    """Mark study records of folds 9 and 10, which no model was trained on, with a suspect label."""
    judged = frame.index[frame["split"].isin(_OUT_OF_SAMPLE) & (frame["group"] != OUTSIDE)]
    judged = judged.intersection(said.index)
    probs = said.loc[judged, list(names)].mean(axis=1)
    labels = frame.loc[judged, "group"] != "pure_normal"
    return pd.Series(contradicted(labels, probs).astype(np.float64), index=judged)


def contradicted(labels: ArrayLike, probs: ArrayLike) -> NDArray[np.bool_]:
    """Mark labels that confident learning takes for wrong.

    A record is marked where its probability of the other label reaches the mean of that of the
    records with the other label, and that of its own label does not reach its own mean
    (Northcutt, Jiang and Chuang, 2021, for two labels).

    Parameters
    ----------
    labels, probs
        ``(n,)``: MI or not; probabilities of MI by models that did not see the records.
    """
    mi, p = np.asarray(labels, dtype=np.bool_), np.asarray(probs, dtype=np.float64)
    if mi.all() or not mi.any():
        return np.zeros(len(mi), dtype=np.bool_)
    of_mi, of_normal = p[mi].mean(), p[~mi].mean()
    wrong = np.where(mi, (p <= of_normal) & (p < of_mi), (p >= of_mi) & (p > of_normal))
    return np.asarray(wrong, dtype=np.bool_)


def _add_quality(values: pd.DataFrame, facts: pd.DataFrame, quality: pd.DataFrame) -> None:
    mine = quality.reindex(values.index)
    known = mine["signal"].notna().to_numpy()
    grave = ((mine["severe"] > 0) | (mine["swap"] > 0)).to_numpy()
    slight = (mine["signal"].fillna("") != "").to_numpy()
    values.loc[known, "quality"] = np.where(grave, 1.0, np.where(slight, _MILD, 0.0))[known]
    facts.loc[known, "quality"] = mine.loc[known, "signal"]


def dissent(readings: Iterable[Entry]) -> dict[str, tuple[float, str]]:
    """Return how far the readers of each case disagree, 1 for halves, and what they said.

    A case that a consensus has settled counts 0; one with fewer than two readers is not known.
    """
    found = {}
    for case, one in by_case(readings).items():
        said = [reading.verdict for reading in one.readings]
        if len(said) > 1:
            least = 1 - max(said.count(verdict) for verdict in said) / len(said)
            found[case] = (0.0 if one.consensus else min(2 * least, 1.0), one.reason)
    return found


def _points(gap: float) -> str:
    return f"{100 * gap:.0f} points apart"


_WORDS: Mapping[str, Callable[[Any], str]] = {
    "likelihood": lambda value: f"label {value:.0f} %",
    "training_sets": lambda gap: f"A, C and D {_points(gap)}",
    "architectures": lambda gap: f"architectures {_points(gap)}",
    "threshold": lambda prob: f"mean probability {100 * prob:.0f} %",
    "refer": lambda _: "refer",
    "label": lambda group: f"label suspect ({'normal' if group == 'pure_normal' else 'MI'})",
    "statements": str,
    "quality": lambda words: f"signal: {words}",
    "readers": lambda words: f"readers: {words}",
}
