"""The caches of the tab "Similar cases": the features of training records, and of a case."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ecgcore.errors import EcgError, ModelError
from ecgcore.models.cards import ModelEntry
from pages.shared import caches
from pages.shared.case import ReadableCase

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ecgcore.explain.similar import FeatureIndex
    from ecgcore.records import EcgRecord


def feature_index(entry: ModelEntry) -> FeatureIndex:
    """Return the features of the certain-label training records; ModelError without them."""
    return _index_of(entry.name, entry.card.weights_sha256, caches.catalog().version)


def features(case: ReadableCase, entry: ModelEntry) -> NDArray[np.float32]:
    """Return what a model's head judges of a case; ModelError or RecordError without."""
    return _features(case.key, entry.name, entry.card.weights_sha256, case.record)


@st.cache_resource(max_entries=4, show_spinner="Reading the training records’ features …")
def _index_of(name: str, checksum: str, data_version: str) -> FeatureIndex:
    """Read the index that ships, or compute it, which takes half a minute.

    Raises
    ------
    ModelError
        If there is none and the training records are not on this disk.
    """
    from ecgcore.explain import similar

    recordings, entry = caches.recordings(), caches.model(name)
    if data_version == entry.card.data_version:
        folder = caches.settings().pretrained_dir / similar.FOLDER
        shipped = similar.FeatureIndex.load(folder, name, checksum)
        if shipped is not None:
            return shipped
    try:
        ids = similar.certain_training_ids(recordings.catalog)
        unseen = similar.unseen_ids(recordings.catalog)
        return similar.build_index(caches.predictor(entry), recordings, ids, unseen)
    except EcgError as error:
        raise ModelError(
            "Similar cases need the training records (folds 1 to 8) on this disk: fetch them with "
            "'python3.11 -m ecgcore data fetch --set study'."
        ) from error


@st.cache_data(max_entries=64, show_spinner=False)
def _features(key: str, name: str, checksum: str, _record: EcgRecord) -> NDArray[np.float32]:
    from ecgcore.explain.similar import features_of

    return features_of(caches.predictor(caches.model(name)), _record)
