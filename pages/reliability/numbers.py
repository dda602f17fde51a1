"""The curves of the Reliability page under the reader's choice, and the grid that holds them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from ecgcore.predictions.ensemble import Ensemble
from ecgcore.predictions.evaluated import Evaluated
from ecgcore.stats.calibration.corp import CorpCurve, corp
from ecgcore.stats.calibration.curve_pieces import CurvePieces
from ecgcore.stats.reliability_curve import (
    ReliabilityCurve,
    expected_calibration_error,
    reliability_curve,
)
from ecgcore.tasks.mi import TRAIN_SETS
from pages.reliability.choice import Choice
from pages.shared import evaluation_caches as cache

FloatArray = NDArray[np.float64]


def train_sets(ensembles: Sequence[Ensemble]) -> list[str]:
    """Columns of the grid: the training sets, in the order of the study."""
    present = {one.train_set for one in ensembles}
    return [name for name in TRAIN_SETS if name in present]


def grid(ensembles: Sequence[Ensemble]) -> list[tuple[Ensemble | None, ...]]:
    """Place ensembles in rows by architecture and columns by `train_sets`."""
    rows: list[tuple[Ensemble | None, ...]] = []
    for arch in dict.fromkeys(one.arch for one in ensembles):
        mine = [one for one in ensembles if one.arch == arch]
        cells = [[one for one in mine if one.train_set == name] for name in train_sets(ensembles)]
        rows += zip_longest(*cells)
    return rows


def pieces_of(one: Evaluated, choice: Choice) -> CurvePieces:
    """Return what can be chosen of an ensemble's curve."""
    if choice.corp:
        return CurvePieces.of_corp(corp_curve(one), one.probs)
    return CurvePieces.of_bins(binned(one, choice), one.probs)


def binned(one: Evaluated, choice: Choice) -> ReliabilityCurve:
    """Return the ensemble's curve over bins."""
    if choice.band == "bootstrap":
        return cache.bootstrap_curve(
            one.labels, one.probs, one.patients, choice.n_bins, choice.strategy
        )
    return reliability_curve(one.labels, one.probs, choice.n_bins, choice.strategy)


def corp_curve(one: Evaluated) -> CorpCurve:
    """Return the ensemble's curve without bins, with its band from resampled patients."""
    return cache.corp_curve(one.labels, one.probs, one.patients)


def seed_curves(one: Evaluated, choice: Choice) -> list[ReliabilityCurve]:
    """Return each seed's curve over bins; none for a single seed, which is the ensemble."""
    bins = (choice.n_bins, choice.strategy)
    several = one.seed_probs if one.n_seeds > 1 else ()
    return [reliability_curve(one.labels, probs, *bins) for probs in several]


def seed_corps(one: Evaluated) -> list[CorpCurve]:
    """Return each seed's curve without bins and without band; none for a single seed."""
    several = one.seed_probs if one.n_seeds > 1 else ()
    return [corp(one.labels, probs, n_boot=0) for probs in several]


def gap(one: Evaluated, choice: Choice) -> float:
    """Return the ensemble's calibration error: ECE, or MCB for curves without bins."""
    if choice.corp:
        return corp_curve(one).miscalibration
    return expected_calibration_error(one.labels, one.probs, choice.n_bins, choice.strategy)


def seed_gaps(one: Evaluated, choice: Choice) -> FloatArray:
    """Return `gap` of each seed, ``(s,)``."""
    if choice.corp:
        return np.array([curve.miscalibration for curve in seed_corps(one)])
    bins = (choice.n_bins, choice.strategy)
    return np.array([expected_calibration_error(one.labels, p, *bins) for p in one.seed_probs])
