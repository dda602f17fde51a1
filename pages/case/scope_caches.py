"""Whether the models of the study know the ECG on screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ecgcore.errors import CatalogError, ModelError
from ecgcore.predictions.scope import SCOPE_FILE, Scope, ScopeRule, judge_scope, shipped_rule
from ecgcore.ptbxl.quality_table import is_void
from pages.shared import caches
from pages.shared.case import ReadableCase
from pages.shared.errors import plain

if TYPE_CHECKING:
    from ecgcore.models.predictor import Predictor
    from ecgcore.ptbxl.catalog import CatalogEntry
    from ecgcore.records import EcgRecord


def scope_of_case(case: ReadableCase) -> Scope:
    """Judge the scope of a case; the score is None without the 71-statement models.

    They do not know synthetic records either.
    """
    rule, logits = None, None
    if not case.record.synthetic:
        try:
            rule, _predictors = _models(_version())
            logits = _logits(case.key, _version(), case.record)
        except ModelError as error:
            st.caption(plain(f"No out-of-study score: {error}"))
    return judge_scope(rule, logits, caches.measurements(case), caches.quality(case), case.entry)


def stored_scope(entry: CatalogEntry | None) -> Scope | None:
    """Judge a record whose signal is not at hand by the table of signal quality; None without."""
    version = caches.catalog().version
    try:
        quality = caches.quality_table(version)
    except CatalogError:
        return None
    if entry is None or quality is None or entry.ecg_id not in quality.index:
        return None
    row = quality.loc[[entry.ecg_id]]
    if not is_void(row)[0]:
        return None
    why = f"Its signal ({row['signal'].iloc[0]}): a verdict on this recording means nothing."
    return Scope(False, (why,), None, void=True)


def _version() -> float:
    """Return a number that changes with the file of the score."""
    path = caches.settings().pretrained_dir / SCOPE_FILE
    return path.stat().st_mtime if path.exists() else 0.0


@st.cache_resource(max_entries=2, show_spinner="Loading the models …")
def _models(version: float) -> tuple[ScopeRule, tuple[Predictor, ...]]:
    from ecgcore.models.predictor import Predictor

    rule = shipped_rule(caches.settings())
    return rule, tuple(Predictor.open(entry) for entry in rule.entries(caches.settings()))


@st.cache_data(max_entries=512, show_spinner=False)
def _logits(key: str, version: float, _record: EcgRecord) -> NDArray[np.float64]:
    from ecgcore.models.predictor import predict

    said, _warnings = predict(_models(version)[1], _record)
    mean: NDArray[np.float64] = np.mean([one.logits for one in said], axis=0)
    return mean
