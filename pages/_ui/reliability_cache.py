"""The caches of Reliability, each bounded: what rests on resampled patients, and strata."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ecgcore.evaluate.benefit import (
    CostPer100,
    DecisionCurve,
    cost_per_100,
    cost_threshold,
    decision_curve,
)
from ecgcore.evaluate.calibration import ReliabilityCurve, Strategy, reliability_curve
from ecgcore.evaluate.corp import CorpCurve, corp
from ecgcore.evaluate.metrics import Metrics, evaluate
from ecgcore.evaluate.strata import Stratum, strata_of
from ecgcore.models.method_lines import MethodLine, compare_methods
from ecgcore.ptbxl.cohorts import TEST_SETS
from pages._ui import resources

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ecgcore.models.groups import JudgedGroup


@st.cache_data(max_entries=64, show_spinner="Drawing bootstrap samples …")
def bootstrap_curve(
    labels: NDArray[np.int64],
    probs: NDArray[np.float64],
    patients: NDArray[np.int64],
    n_bins: int,
    strategy: Strategy,
) -> ReliabilityCurve:
    """Reliability curve with a band from resampled patients."""
    return reliability_curve(labels, probs, n_bins, strategy, band="bootstrap", groups=patients)


@st.cache_data(max_entries=64, show_spinner="Drawing bootstrap samples …")
def corp_curve(
    labels: NDArray[np.int64], probs: NDArray[np.float64], patients: NDArray[np.int64]
) -> CorpCurve:
    """Reliability curve without bins, with a band from resampled patients."""
    return corp(labels, probs, band="confidence", groups=patients)


@st.cache_data(max_entries=64, show_spinner="Drawing bootstrap samples …")
def metrics(
    labels: NDArray[np.int64], probs: NDArray[np.float64], patients: NDArray[np.int64]
) -> Metrics:
    """All figures of a model on a test set, with bootstrap intervals."""
    return evaluate(labels, probs, groups=patients)


@st.cache_data(max_entries=64, show_spinner="Trying every recalibration …")
def method_lines(validation: JudgedGroup, test: JudgedGroup) -> tuple[MethodLine, ...]:
    """Calibration of a group's ensemble by every method."""
    return compare_methods(validation, test)


@st.cache_data(max_entries=256, show_spinner="Drawing bootstrap samples …")
def benefit(
    labels: NDArray[np.int64],
    probs: NDArray[np.float64],
    patients: NDArray[np.int64],
    prevalence: float,
) -> DecisionCurve:
    """Net benefit of a model over thresholds, with bands."""
    return decision_curve(labels, probs, prevalence=prevalence, groups=patients)


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
        groups=patients,
    )


@st.cache_resource(max_entries=6, show_spinner="Dividing the test set …")
def strata(data_version: str, test_set: str) -> tuple[Stratum, ...]:
    """Give the named parts of a test set; none where the data set's tables are not open."""
    catalog = resources.catalog()
    if catalog.version != data_version:
        return ()
    return strata_of(catalog.frame, catalog.codes, groups=TEST_SETS[test_set])
