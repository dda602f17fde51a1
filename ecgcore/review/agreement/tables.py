"""Tables of agreement: every pair at a glance, each rater against one, all of them in strata."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecgcore.ptbxl.catalog import Catalog
from ecgcore.review.agreement.raters import Raters
from ecgcore.review.agreement.readings_frame import known_records
from ecgcore.stats.agreement.everyone import EveryoneAgreement, Level, everyone_agreement
from ecgcore.stats.agreement.pairs import PairAgreement, Weights, kappas, pair_agreement
from ecgcore.stats.reliability_curve import BoolArray, FloatArray, IntArray
from ecgcore.wording.records import LIKELIHOODS

STRATA = ("certainty of the label", "statement of the label", "territory of the label")
_N_COPIES = 1000
_MOST_STRATA = 8


@dataclass(frozen=True, slots=True)
class Against:
    """One rater compared with another."""

    name: str
    found: PairAgreement


def against(raters: Raters, reference: str) -> list[Against]:
    """Compare every other rater with one, where both rated a case."""
    weights: Weights | None = "linear" if raters.ordered and len(raters.values) > 2 else None
    theirs = raters.of(reference)
    made = []
    for name, mine in zip(raters.names, raters.codes, strict=True):
        if name == reference:
            continue
        found = pair_agreement(
            theirs,
            mine,
            len(raters.values),
            weights=weights,
            n_copies=_N_COPIES,
        )
        if found.n:
            made.append(Against(name, found))
    return made


def cross(raters: Raters, first: str, second: str) -> IntArray:
    """Count the cases by what two raters said, ``(k, k)``, the first one's values in rows."""
    a, b, k = raters.of(first), raters.of(second), len(raters.values)
    both = (a >= 0) & (b >= 0)
    return np.bincount(a[both] * k + b[both], minlength=k * k).reshape(k, k)


def pairwise_kappas(raters: Raters) -> tuple[FloatArray, IntArray]:
    """Return Cohen's kappa and the number of common cases of every two raters, ``(m, m)`` each."""
    k = len(raters.values)
    given = np.stack([raters.codes == value for value in range(k)]).astype(np.float64)
    tables = np.einsum("imc,jnc->mnij", given, given, optimize=True)
    apart = 1.0 - np.eye(k)
    m = len(raters.names)
    found = kappas(tables.reshape(-1, k, k), apart).reshape(m, m)
    return found, tables.sum(axis=(2, 3)).astype(np.int64)


def in_strata(
    raters: Raters, inside: Mapping[str, BoolArray]
) -> list[tuple[str, EveryoneAgreement]]:
    """Compare all raters on all cases and in each stratum, where a case has two ratings."""
    made = [("all cases", _everyone(raters))]
    made += [(name, _everyone(raters.among(keep))) for name, keep in inside.items()]
    return [(name, found) for name, found in made if found.n_cases]


def _everyone(raters: Raters) -> EveryoneAgreement:
    level: Level = "ordinal" if raters.ordered and len(raters.values) > 2 else "nominal"
    return everyone_agreement(raters.codes, len(raters.values), level=level)


def strata_of(catalog: Catalog, cases: tuple[str, ...], by: str) -> dict[str, set[str]]:
    """Return the cases of each stratum of the label; a case may belong to several, or to none."""
    ids = known_records(catalog, cases)
    frame = catalog.frame.loc[list(ids)]
    if by == STRATA[0]:
        words = frame["mi_likelihood"].fillna(-1).map(_certainty)
        order = [_certainty(value) for value in (*LIKELIHOODS, -1)]
        groups = {name: words.index[words == name] for name in dict.fromkeys(order)}
    elif by == STRATA[1]:
        stated = catalog.codes[catalog.codes["ecg_id"].isin(ids)]
        often = stated["code"].value_counts().head(_MOST_STRATA).index
        groups = {code: pd.Index(stated.loc[stated["code"] == code, "ecg_id"]) for code in often}
    else:
        named = frame["territory"].str.split(", ").explode()
        groups = {name: named.index[named == name] for name in sorted(set(named.dropna()) - {""})}
    return {name: {ids[int(k)] for k in some} for name, some in groups.items() if len(some)}


def _certainty(likelihood: float) -> str:
    return "no statement of MI" if likelihood < 0 else f"MI at {likelihood:.0f} %"
