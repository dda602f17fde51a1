"""The caches of Compare, each bounded: strata, standings, differences and the shortcut audit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ecgcore.evaluate.compare import (
    Comparison,
    Contender,
    Standing,
    Trial,
    compare_all,
    rank_table,
)
from ecgcore.evaluate.matching import Matched, matched_pairs
from ecgcore.evaluate.metrics import ScoreName
from ecgcore.evaluate.shortcuts import Shortcut, StratumScore, judge_strata, shortcut_audit
from ecgcore.evaluate.strata import Stratum, strata_of
from ecgcore.models.groups import JudgedGroup
from ecgcore.ptbxl.cohorts import TEST_SETS
from pages._ui import resources

N_BOOT = 500
"""Bootstrap samples of patients and seeds behind every interval of the page."""

MATCHED = "matched"
KINDS_AUDITED = ("sex", "age", "device", "noise", "comorbidity")

Key = tuple[object, ...]
"""Everything that a number depends on."""


@st.cache_resource(max_entries=6, show_spinner="Dividing the test set …")
def strata(data_version: str, test_set: str) -> tuple[Stratum, ...]:
    """Named parts of a test set, the matched one last; none where the tables are not open."""
    catalog = resources.catalog()
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
    catalog = resources.catalog()
    if catalog.version != data_version:
        return None
    frame = catalog.frame
    test = frame[(frame["split"] == "test") & frame["group"].isin(TEST_SETS[test_set])]
    normal = test["group"] == "pure_normal"
    pairs = matched_pairs(test[~normal], test[normal])
    return pairs if pairs.case_ids.size >= 10 else None


@st.cache_data(max_entries=96, show_spinner="Drawing 500 samples of patients and seeds …")
def standings(
    key: Key, score: ScoreName, _trial: Trial, _contenders: Sequence[Contender]
) -> tuple[Standing, ...]:
    """Score groups with their intervals; `key` names all that the numbers depend on."""
    return rank_table(_trial, _contenders, score)


@st.cache_data(max_entries=96, show_spinner="Comparing them in 500 samples of patients and seeds …")
def comparisons(
    key: Key, score: ScoreName, _trial: Trial, _contenders: Sequence[Contender]
) -> tuple[Comparison, ...]:
    """Compare every pair of groups; `key` as in `standings`."""
    return compare_all(_trial, _contenders, score)


@st.cache_data(max_entries=6, show_spinner="Fitting age, sex, device and noise alone …")
def shortcuts(data_version: str, test_set: str) -> tuple[Shortcut, ...]:
    """How well the tables alone tell MI from normal; `data_version` must be open."""
    frame = resources.catalog().frame
    return shortcut_audit(frame, groups=TEST_SETS[test_set], n_boot=N_BOOT)


@st.cache_data(max_entries=48, show_spinner="Judging the model in each part of the test set …")
def in_strata(
    key: Key,
    threshold: float,
    _strata: Sequence[Stratum],
    _judged: JudgedGroup,
    _probs: NDArray[np.float64],
) -> tuple[StratumScore, ...]:
    """Judge one ensemble in each stratum; `key` names data, network and recalibration."""
    return judge_strata(
        _strata,
        _judged.ids,
        _judged.labels,
        _probs,
        groups=_judged.patients,
        threshold=threshold,
        n_boot=200,
    )
