"""The groups of the Reliability page under the reader's choice, and the pieces of their curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecgcore.errors import EcgError
from ecgcore.predictions.ensemble import Ensemble, EnsembleCalibrator, LabelledEnsemble
from ecgcore.stats.calibration.corp import CorpCurve, corp
from ecgcore.stats.calibration.reliability_curve import (
    ReliabilityCurve,
    bin_members,
    clopper_pearson,
    expected_calibration_error,
    reliability_curve,
)
from ecgcore.tasks.mi import TRAIN_SETS
from pages.reliability.choice import Choice
from pages.shared import caches
from pages.shared import evaluation_caches as cache

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One group on the chosen test set, with the chosen recalibration.

    Attributes
    ----------
    probs
        ``(n,)`` probability of MI by the ensemble.
    seed_probs
        ``(s, n)`` by each seed.
    """

    group: Ensemble
    judged: LabelledEnsemble
    calibration: EnsembleCalibrator
    probs: FloatArray
    seed_probs: FloatArray

    @property
    def n_seeds(self) -> int:
        """Trained networks behind it."""
        return len(self.group.members)

    @property
    def labels(self) -> IntArray:
        """``(n,)``, 1 for MI."""
        return self.judged.labels


@dataclass(frozen=True, slots=True, eq=False)
class Assessment:
    """What there is to say about a group, or why there is nothing."""

    group: Ensemble
    view: View | None
    problem: str = ""


def assess(groups: Sequence[Ensemble], choice: Choice) -> list[Assessment]:
    """Look at each group; one whose predictions cannot be read keeps its place."""
    return [_assess(group, choice) for group in groups]


def _assess(group: Ensemble, choice: Choice) -> Assessment:
    try:
        return Assessment(group, look(group, choice))
    except EcgError as error:
        return Assessment(group, None, str(error))


def look(group: Ensemble, choice: Choice) -> View:
    """Give a group's probabilities on the chosen test set.

    Raises
    ------
    ModelError
        If predictions are missing, or fold 9 cannot calibrate.
    """
    judged = caches.labelled_ensemble(group, choice.test_set, choice.data_version)
    calibration = caches.ensemble_calibrator(
        group, choice.method, choice.data_version, choice.test_set
    )
    logits = judged.seed_logits
    return View(
        group, judged, calibration, calibration.probs(logits), calibration.seed_probs(logits)
    )


def problems(assessments: Sequence[Assessment]) -> dict[str, list[str]]:
    """Each message, and the groups that it is about."""
    found: dict[str, list[str]] = {}
    for one in assessments:
        if one.problem:
            found.setdefault(one.problem, []).append(one.group.label)
    return found


def train_sets(assessments: Sequence[Assessment]) -> list[str]:
    """Columns of the grid: the training sets, in the order of the study."""
    present = {one.group.train_set for one in assessments}
    return [name for name in TRAIN_SETS if name in present]


def grid(assessments: Sequence[Assessment]) -> list[tuple[Assessment | None, ...]]:
    """Place groups in rows by architecture and columns by `train_sets`."""
    rows: list[tuple[Assessment | None, ...]] = []
    for arch in dict.fromkeys(one.group.arch for one in assessments):
        cells = [
            [a for a in assessments if (a.group.arch, a.group.train_set) == (arch, name)]
            for name in train_sets(assessments)
        ]
        rows += zip_longest(*cells)
    return rows


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """What a reader can choose of a curve: bins, or the level stretches of a curve without bins.

    Attributes
    ----------
    table
        One row each: ``left, right, n, n_mi, mean_prob, observed, low, high``.
    rows
        Rows of the judged records in each, by falling probability.
    """

    table: pd.DataFrame
    rows: tuple[IntArray, ...]

    @classmethod
    def of_bins(cls, curve: ReliabilityCurve, probs: FloatArray) -> Pieces:
        """Take the bins of a curve."""
        return cls(curve.frame(), bin_members(curve, probs))

    @classmethod
    def of_corp(cls, curve: CorpCurve, probs: FloatArray) -> Pieces:
        """Take the level stretches, each with its Clopper-Pearson interval."""
        steps = curve.steps()
        index = np.searchsorted(steps["right"].to_numpy(), probs)
        n, n_mi = steps["n"].to_numpy(np.int64), steps["n_mi"].to_numpy(np.int64)
        low, high = clopper_pearson(n_mi, n)
        mean = np.bincount(index, weights=probs, minlength=len(steps)) / n
        order = np.argsort(-probs, kind="stable")
        table = steps.assign(mean_prob=mean, low=low, high=high)[list(_PIECE_COLUMNS)]
        rows = tuple(order[index[order] == k] for k in range(len(steps)))
        return cls(table.reset_index(drop=True), rows)

    def names(self) -> list[str]:
        """Say each piece in words, with its records."""
        return [
            f"{piece_words(row.left, row.right)}: {row.n:,} records, {row.n_mi:,} MI"
            for row in self.table.itertuples()
        ]


_PIECE_COLUMNS = ("left", "right", "n", "n_mi", "mean_prob", "observed", "low", "high")


def piece_words(left: float, right: float) -> str:
    """Say the limits of a piece, with as many digits as tell them apart."""
    digits = 1
    while digits < 6 and any(round(x, digits) != x for x in (left, right)):
        if round(right - left, 6) > 3 * 10.0**-digits:
            break
        digits += 1
    return f"{left:.{digits}f} to {right:.{digits}f}"


def binned(view: View, choice: Choice) -> ReliabilityCurve:
    """Return the ensemble's curve over bins."""
    if choice.band == "bootstrap":
        return cache.bootstrap_curve(
            view.labels, view.probs, view.judged.patients, choice.n_bins, choice.strategy
        )
    return reliability_curve(view.labels, view.probs, choice.n_bins, choice.strategy)


def seed_curves(view: View, choice: Choice) -> list[ReliabilityCurve]:
    """Return each seed's curve over bins; none for a single seed, which is the ensemble."""
    if view.n_seeds == 1:
        return []
    return [
        reliability_curve(view.labels, probs, choice.n_bins, choice.strategy)
        for probs in view.seed_probs
    ]


def corp_curve(view: View) -> CorpCurve:
    """Return the ensemble's curve without bins, with its band from resampled patients."""
    return cache.corp_curve(view.labels, view.probs, view.judged.patients)


def seed_corps(view: View) -> list[CorpCurve]:
    """Return each seed's curve without bins and without band; none for a single seed."""
    if view.n_seeds == 1:
        return []
    return [corp(view.labels, probs, n_boot=0) for probs in view.seed_probs]


def ece(view: View, choice: Choice) -> float:
    """Return the expected calibration error of the ensemble."""
    return expected_calibration_error(view.labels, view.probs, choice.n_bins, choice.strategy)


def seed_eces(view: View, choice: Choice) -> FloatArray:
    """Return the expected calibration error of each seed, ``(s,)``."""
    return np.array(
        [
            expected_calibration_error(view.labels, probs, choice.n_bins, choice.strategy)
            for probs in view.seed_probs
        ]
    )
