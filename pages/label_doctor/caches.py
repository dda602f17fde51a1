"""What the page computes, once for all readers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ecgcore.ptbxl.shipped.measured import measurements_of
from ecgcore.review.label_doctor.examination import Examination, examine
from ecgcore.review.label_doctor.statements import measurable
from pages.shared import caches

if TYPE_CHECKING:
    import pandas as pd


def examination(key: str, *, clear: bool) -> Examination:
    """Hold a statement against the open data set; ReviewError where it cannot be."""
    return _examination(caches.catalog().version, key, clear)


@st.cache_resource(max_entries=24, show_spinner="Comparing labels and measurements …")
def _examination(data_version: str, key: str, clear: bool) -> Examination:
    return examine(measurable(key), caches.catalog(), _measured(data_version), clear=clear)


@st.cache_resource(max_entries=2, show_spinner="Reading the measurements …")
def _measured(data_version: str) -> pd.DataFrame:
    return measurements_of(data_version, caches.settings().pretrained_dir)
