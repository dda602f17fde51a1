"""Whether a map finds evidence that was planted at known places into ECGs that had none.

Each ECG is explained before and after. Both the map of the planted ECG, which a reader sees, and
what changed in it are compared with the places: over steps of 40 ms and leads, by the area under
the ROC curve, and by whether the strongest step lies inside (pointing game: Zhang et al., 2018).
A map of time alone is compared with the moments at which any lead was planted.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from ecgcore.errors import RecordError
from ecgcore.explain.attribution import Attribution
from ecgcore.leads import TERRITORY_LEADS
from ecgcore.records import EcgRecord
from ecgcore.signals.measure.measurements import Measurements
from ecgcore.signals.planted import KINDS, BoolArray, Plant, lead_words
from ecgcore.signals.what_if import WhatIf
from ecgcore.stats.bootstrap import INTERVAL_PERCENT, resampled, unit_index

STEP_S = 0.04

USUAL_PLANTS = tuple(
    Plant(kind, KINDS[kind].usual_mv, TERRITORY_LEADS[territory])
    for kind in KINDS
    for territory in TERRITORY_LEADS
)
"""Each kind, of its usual size, in the leads of each territory and in all beats."""

Explain = Callable[[EcgRecord], Attribution]


@dataclass(frozen=True, slots=True)
class Finding:
    """How well a map finds planted evidence.

    Attributes
    ----------
    auroc
        Probability that a step inside has a stronger score than one outside.
    hit
        Whether the strongest step lies inside.
    area
        Share of the steps that lie inside: what a hit is by chance.
    """

    auroc: float
    hit: bool
    area: float


def finding(attribution: Attribution, where: BoolArray) -> Finding:
    """Compare the strength of a map, whatever its sign, with the places of the evidence.

    Parameters
    ----------
    where
        ``(12, n)`` at the rate and of the length of the map's scores.
    """
    return _finding(attribution, _steps(attribution, attribution.scores), where)


def change_finding(before: Attribution, after: Attribution, where: BoolArray) -> Finding:
    """Compare the size of what changed in a map with the places of the evidence.

    Sizes are added up within a step: changes of both signs, as under mains noise, do not cancel.
    """
    change = np.abs(after.scores.astype(np.float64) - before.scores)
    return _finding(after, np.add.reduceat(change, _starts(after), axis=1), where)


@dataclass(frozen=True, slots=True)
class PlantedResult:
    """One ECG with one planted evidence: how the logit and the map answer.

    Attributes
    ----------
    auroc, hit
        Of the planted ECG's map.
    change_auroc, change_hit
        Of what changed in the map.
    area
        Share of the steps that lie inside.
    """

    record: str
    kind: str
    leads: str
    size_mv: float
    logit_before: float
    logit_after: float
    auroc: float
    hit: bool
    change_auroc: float
    change_hit: bool
    area: float


def planted_results(
    explain: Explain,
    cases: Iterable[tuple[EcgRecord, Measurements]],
    plants: Sequence[Plant] = USUAL_PLANTS,
) -> pd.DataFrame:
    """Plant each evidence into each ECG; an ECG whose waves are not found is left out.

    Parameters
    ----------
    explain
        Explains an ECG by one method and one model or ensemble, such as
        ``lambda record: methods.explain(predictor, record, "ig")``.
    cases
        ECGs, best without any sign of MI, with their measurements.

    Returns
    -------
    pandas.DataFrame
        A row of `PlantedResult` for each ECG and evidence.
    """
    rows = [
        asdict(one)
        for record, measured in cases
        for one in _results(explain, record, measured, plants)
    ]
    return pd.DataFrame(rows, columns=list(PlantedResult.__dataclass_fields__))


def _results(
    explain: Explain, record: EcgRecord, measured: Measurements, plants: Sequence[Plant]
) -> Iterator[PlantedResult]:
    before = explain(record)
    for plant in plants:
        wish = WhatIf(plant=plant)
        try:
            planted, where = wish.apply(record, measured), wish.planted_where(record, measured)
        except RecordError:
            return
        after = explain(planted)
        if where is not None:
            places = places_in(where, record.fs_hz, after)
            yield _result(record.record_id, plant, before, after, places)


def places_in(where: BoolArray, fs_hz: int, attribution: Attribution) -> BoolArray:
    """Bring places ``(12, n)`` at `fs_hz` to the rate and the length of a map."""
    n = attribution.scores.shape[1]
    at = np.minimum(np.arange(n) * fs_hz // attribution.fs_hz, where.shape[1] - 1)
    fitted: BoolArray = where[:, at]
    leads, samples = np.nonzero(where)
    places = samples * attribution.fs_hz // fs_hz
    fitted[leads[places < n], places[places < n]] = True
    return fitted


def _result(
    record: str, plant: Plant, before: Attribution, after: Attribution, where: BoolArray
) -> PlantedResult:
    seen, changed = finding(after, where), change_finding(before, after, where)
    return PlantedResult(
        record=record,
        kind=plant.kind,
        leads=lead_words(plant.leads),
        size_mv=plant.size_mv,
        logit_before=before.logit,
        logit_after=after.logit,
        auroc=seen.auroc,
        hit=seen.hit,
        change_auroc=changed.auroc,
        change_hit=changed.hit,
        area=seen.area,
    )


def planted_summary(results: pd.DataFrame, n_boot: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Average over ECGs, for each kind and for "all", with 95 % intervals over ECGs.

    Returns
    -------
    pandas.DataFrame
        ``kind, n, auroc, auroc_low, auroc_high``, the same for ``hit, change_auroc, change_hit``,
        then ``area`` and ``logit_change``.
    """
    parts = [("all", results), *results.groupby("kind", sort=False)]
    return pd.DataFrame([_averages(str(kind), part, n_boot, seed) for kind, part in parts])


def _averages(kind: str, part: pd.DataFrame, n_boot: int, seed: int) -> dict[str, float | str]:
    row: dict[str, float | str] = {"kind": kind, "n": part["record"].nunique()}
    for name in ("auroc", "hit", "change_auroc", "change_hit"):
        row |= _average(part[["record", name]].dropna(), name, n_boot, seed)
    moved = (part["logit_after"] - part["logit_before"]).mean()
    return row | {"area": part["area"].mean(), "logit_change": moved}


def _average(part: pd.DataFrame, name: str, n_boot: int, seed: int) -> dict[str, float]:
    """Average where a value is defined: a map of time alone cannot find what is everywhere."""
    if part.empty:
        return dict.fromkeys((name, f"{name}_low", f"{name}_high"), float("nan"))
    values = part[name].to_numpy(dtype=np.float64)
    units = unit_index(part["record"], len(part))
    weights = np.concatenate(list(resampled(units, n_boot, seed)))
    low, high = np.percentile(weights @ values / weights.sum(axis=1), INTERVAL_PERCENT)
    return {name: float(values.mean()), f"{name}_low": float(low), f"{name}_high": float(high)}


def _steps(attribution: Attribution, scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the strength of each step of 40 ms, ``(leads, n_steps)``."""
    starts = _starts(attribution)
    pool = np.add if attribution.signed else np.maximum
    return np.abs(pool.reduceat(scores.astype(np.float64), starts, axis=1))


def _starts(attribution: Attribution) -> NDArray[np.int64]:
    step = max(1, round(STEP_S * attribution.fs_hz))
    return np.arange(0, attribution.scores.shape[1], step)


def _finding(attribution: Attribution, strength: NDArray[np.float64], where: BoolArray) -> Finding:
    here = where if len(strength) > 1 else where.any(axis=0, keepdims=True)
    inside: BoolArray = np.logical_or.reduceat(here, _starts(attribution), axis=1)
    flat, values = inside.ravel(), strength.ravel()
    hit = bool(flat[int(values.argmax())])
    return Finding(_auroc(flat, values), hit, float(flat.mean()))


def _auroc(inside: BoolArray, values: NDArray[np.float64]) -> float:
    n_in, n_out = int(inside.sum()), int((~inside).sum())
    if not n_in or not n_out:
        return float("nan")
    ranks = rankdata(values)
    return float((ranks[inside].sum() - n_in * (n_in + 1) / 2) / (n_in * n_out))
