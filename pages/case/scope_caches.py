"""Whether the models of the study know the ECG on screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ecgcore.errors import CatalogError, ModelError
from ecgcore.predictions.ensemble import Ensemble
from ecgcore.predictions.scope import SCOPE_FILE, Scope, ScopeRule, judge_scope, shipped_rule
from ecgcore.ptbxl.quality_table import is_void
from pages.shared import caches
from pages.shared.case import ReadableCase
from pages.shared.classes.caches import class_logits
from pages.shared.errors import plain

if TYPE_CHECKING:
    from ecgcore.ptbxl.catalog import CatalogEntry


def scope_of_case(case: ReadableCase) -> Scope:
    """Judge the scope of a case; the score is None without the 71-statement models.

    They do not know synthetic records either.
    """
    rule, logits = None, None
    if not case.record.synthetic:
        try:
            rule, ensemble = _models(_version())
            logits = class_logits(case, ensemble).mean(axis=0)
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
def _models(version: float) -> tuple[ScopeRule, Ensemble]:
    rule = shipped_rule(caches.settings())
    return rule, Ensemble(rule.entries(caches.settings()))
