"""The caches of Compare, Reliability and Retrain, each bounded: what rests on resampling."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ecgcore.errors import EcgError, ModelError
from ecgcore.models.cards import ModelEntry
from ecgcore.predictions.calibrator_comparison import CalibratorLine, compare_calibrators
from ecgcore.predictions.ensemble import Ensemble, LabelledEnsemble
from ecgcore.predictions.evaluated import Evaluated
from ecgcore.predictions.labelled import judge_classes
from ecgcore.stats.calibration.corp import CorpCurve, corp
from ecgcore.stats.comparison.matching import Matched, matched_pairs
from ecgcore.stats.comparison.paired_bootstrap import (
    Comparison,
    Contender,
    Standing,
    Trial,
    compare_all,
    rank_table,
)
from ecgcore.stats.decision_curve import (
    CostPer100,
    DecisionCurve,
    cost_per_100,
    cost_threshold,
    decision_curve,
)
from ecgcore.stats.metrics import Metrics, ScoreName, evaluate
from ecgcore.stats.per_class import PerClassFigures
from ecgcore.stats.reliability_curve import (
    ReliabilityCurve,
    Strategy,
    reliability_curve,
)
from ecgcore.study.shortcuts import Shortcut, StratumScore, judge_strata, shortcut_audit
from ecgcore.study.strata import Stratum, strata_of
from ecgcore.tasks.mi import TEST_SETS
from pages.shared import caches
from pages.shared.consensus.labelled import labelled_by_consensus
from pages.shared.evaluation_choice import EvaluationChoice

N_BOOT = 2000
"""Bootstrap samples of patients and seeds behind every interval of Compare."""

MATCHED = "matched"
KINDS_AUDITED = ("sex", "age", "device", "noise", "comorbidity")

Key = tuple[object, ...]
"""Everything that a number depends on."""


def evaluated(ensemble: Ensemble, choice: EvaluationChoice) -> Evaluated:
    """Give an ensemble's probabilities on the chosen test set.

    Raises
    ------
    ModelError
        If predictions are missing, or fold 9 cannot calibrate.
    """
    if choice.labels:
        labelled = labelled_by_consensus(ensemble, choice.test_set)
    else:
        labelled = caches.labelled_ensemble(ensemble, choice.test_set, choice.data_version)
    try:
        return Evaluated.of(ensemble, labelled, caches.calibrator(ensemble, choice.method))
    except ModelError as error:
        advice = "Choose Uncalibrated in the decision settings at the top."
        raise ModelError(f"No calibrator can be fitted: {error} {advice}") from error


def evaluate_each(
    ensembles: Sequence[Ensemble], choice: EvaluationChoice
) -> tuple[list[Evaluated], dict[str, list[Ensemble]]]:
    """Give each ensemble's probabilities, and each problem with the ensembles that have it."""
    found: list[Evaluated] = []
    problems: dict[str, list[Ensemble]] = {}
    for one in ensembles:
        try:
            found.append(evaluated(one, choice))
        except EcgError as error:
            problems.setdefault(str(error), []).append(one)
    return found, problems


@st.cache_resource(max_entries=6, show_spinner="Dividing the test set …")
def strata(data_version: str, test_set: str) -> tuple[Stratum, ...]:
    """Named parts of a test set, the matched one last; none where the tables are not open."""
    catalog = caches.catalog()
    if catalog.version != data_version:
        return ()
    parts = strata_of(catalog.frame, catalog.codes, groups=TEST_SETS[test_set])
    pairs = matched(data_version, test_set)
    if pairs is None:
        return parts
    label = f"{pairs.case_ids.size:,} pairs of MI and normal of the same sex and age (± 5 years)"
    return (
        *parts,
        Stratum(MATCHED, "matched-age-sex", label, pairs.ids, pairs.case_ids.size, True),
    )


@st.cache_resource(max_entries=6, show_spinner="Matching age and sex …")
def matched(data_version: str, test_set: str) -> Matched | None:
    """MI and normal test records in pairs of the same sex and about the same age, if there are."""
    catalog = caches.catalog()
    if catalog.version != data_version:
        return None
    frame = catalog.frame
    test = frame[(frame["split"] == "test") & frame["group"].isin(TEST_SETS[test_set])]
    normal = test["group"] == "pure_normal"
    pairs = matched_pairs(test[~normal], test[normal])
    return pairs if pairs.case_ids.size >= 10 else None


@st.cache_data(max_entries=96, show_spinner="Drawing samples of patients and seeds …")
def standings(
    key: Key, score: ScoreName, _trial: Trial, _contenders: Sequence[Contender]
) -> tuple[Standing, ...]:
    """Score ensembles with their intervals; `key` names all that the numbers depend on."""
    return rank_table(_trial, _contenders, score)


@st.cache_data(max_entries=96, show_spinner="Comparing them in samples of patients and seeds …")
def comparisons(
    key: Key, score: ScoreName, _trial: Trial, _contenders: Sequence[Contender]
) -> tuple[Comparison, ...]:
    """Compare every pair of ensembles; `key` as in `standings`."""
    return compare_all(_trial, _contenders, score)


@st.cache_data(max_entries=6, show_spinner="Fitting age, sex, device and noise alone …")
def shortcuts(data_version: str, test_set: str) -> tuple[Shortcut, ...]:
    """How well the tables alone tell MI from normal; `data_version` must be open."""
    frame = caches.catalog().frame
    return shortcut_audit(frame, groups=TEST_SETS[test_set], n_boot=N_BOOT)


@st.cache_data(max_entries=48, show_spinner="Judging the model in each part of the test set …")
def in_strata(
    key: Key, _strata: Sequence[Stratum], _one: Evaluated, _called: NDArray[np.bool_]
) -> tuple[StratumScore, ...]:
    """Judge one ensemble in each stratum; `key` names data, network, calibrator and threshold."""
    return judge_strata(
        _strata,
        _one.labelled.ids,
        _one.labels,
        _one.probs,
        called=_called,
        clusters=_one.patients,
        n_boot=200,
    )


@st.cache_data(max_entries=64, show_spinner="Drawing bootstrap samples …")
def bootstrap_curve(
    labels: NDArray[np.int64],
    probs: NDArray[np.float64],
    patients: NDArray[np.int64],
    n_bins: int,
    strategy: Strategy,
) -> ReliabilityCurve:
    """Reliability curve with a band from resampled patients."""
    return reliability_curve(labels, probs, n_bins, strategy, band="bootstrap", clusters=patients)


@st.cache_data(max_entries=64, show_spinner="Drawing bootstrap samples …")
def corp_curve(
    labels: NDArray[np.int64], probs: NDArray[np.float64], patients: NDArray[np.int64]
) -> CorpCurve:
    """Reliability curve without bins, with a band from resampled patients."""
    return corp(labels, probs, band="confidence", clusters=patients)


@st.cache_data(max_entries=64, show_spinner="Drawing bootstrap samples …")
def metrics(
    labels: NDArray[np.int64], probs: NDArray[np.float64], patients: NDArray[np.int64]
) -> Metrics:
    """All figures of a model on a test set, with bootstrap intervals."""
    return evaluate(labels, probs, clusters=patients)


@st.cache_data(max_entries=64, show_spinner="Trying every calibrator …")
def calibrator_lines(
    validation: LabelledEnsemble, test: LabelledEnsemble
) -> tuple[CalibratorLine, ...]:
    """Calibration of an ensemble by every calibrator."""
    return compare_calibrators(validation, test)


@st.cache_data(max_entries=256, show_spinner="Drawing bootstrap samples …")
def net_benefit(
    labels: NDArray[np.int64],
    probs: NDArray[np.float64],
    patients: NDArray[np.int64],
    prevalence: float,
) -> DecisionCurve:
    """Net benefit of a model over thresholds, with bands."""
    return decision_curve(labels, probs, prevalence=prevalence, clusters=patients)


@st.cache_data(max_entries=256, show_spinner="Drawing bootstrap samples …")
def cost(
    labels: NDArray[np.int64],
    probs: NDArray[np.float64],
    patients: NDArray[np.int64],
    false_alarms_per_missed_mi: float,
    prevalence: float,
) -> CostPer100:
    """Say what errors cost in 100 patients at the threshold that this cost asks for."""
    return cost_per_100(
        labels,
        probs,
        cost_threshold(false_alarms_per_missed_mi),
        false_alarms_per_missed_mi,
        prevalence=prevalence,
        clusters=patients,
    )


def class_figures(entry: ModelEntry, test_set: str) -> PerClassFigures:
    """Figures of one model of any task on a test set of the open data, with intervals."""
    key = (entry.name, entry.card.weights_sha256, test_set, caches.catalog().version)
    return _class_figures(key, entry, test_set)


@st.cache_data(max_entries=64, show_spinner="Drawing bootstrap samples …")
def _class_figures(key: Key, _entry: ModelEntry, _test_set: str) -> PerClassFigures:
    folder, recordings = caches.settings().pretrained_dir, caches.recordings()
    return judge_classes(_entry, _test_set, pretrained_dir=folder, recordings=recordings).figures()
