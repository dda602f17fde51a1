"""Ensembles judged by labels among which those of the readers' consensus stand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from ecgcore.errors import ModelError
from ecgcore.models.inputs import patient_inputs
from ecgcore.predictions.ensemble import Ensemble, LabelledEnsemble
from ecgcore.predictions.labelled import class_logits
from ecgcore.predictions.store import cohort_frame
from ecgcore.ptbxl.label_groups import member_ids, relabelled
from ecgcore.tasks import mi
from pages.shared import caches
from pages.shared.consensus.caches import consensus

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from ecgcore.models.cards import ModelEntry


def agreed_cohort() -> pd.DataFrame:
    """Return the cohort of the open data with the consensus in place of its labels."""
    catalog = consensus().beside(caches.catalog())
    return cohort_frame(replace(catalog, frame=relabelled(catalog.frame)))


def n_agreed(test_set: str) -> int:
    """Count the records of a test set whose label is a consensus."""
    ids = member_ids(agreed_cohort(), "test", mi.TEST_SETS[test_set])
    return len(set(ids) & set(consensus().verdicts))


def labelled_by_consensus(ensemble: Ensemble, test_set: str) -> LabelledEnsemble:
    """Put an ensemble's logits beside the labels of a test set, as far as the reader may know them.

    Raises
    ------
    ModelError
        If the set is empty or a prediction is missing.
    RecordError
        If a recording that has to be predicted is not on this disk.
    """
    return _labelled(consensus().fingerprint, ensemble.name, ensemble.checksum, test_set, ensemble)


@st.cache_resource(max_entries=64, show_spinner="Reading the predictions …")
def _labelled(
    agreed: str, name: str, checksum: str, test_set: str, _ensemble: Ensemble
) -> LabelledEnsemble:
    del agreed, name, checksum  # what the result is kept under
    cohort = agreed_cohort()
    ids = member_ids(cohort, "test", mi.TEST_SETS[test_set])
    stored = caches.stored_ensemble_logits(np.array(ids), _ensemble) if _ensemble.shipped else None
    if stored is None:
        stored = np.stack([_logits(entry, ids) for entry in _ensemble.members])
    patients = cohort.loc[ids, "patient"].to_numpy(dtype=np.int64)
    return LabelledEnsemble(np.array(ids), mi.labels(cohort, ids), patients, stored)


def _logits(entry: ModelEntry, ids: list[int]) -> NDArray[np.float64]:
    """Return stored logits of MI, ``(n,)``, or fresh ones where a record has none."""
    recordings, folder = caches.recordings(), caches.settings().pretrained_dir
    try:
        found = class_logits(entry, ids, pretrained_dir=folder, recordings=recordings)
    except ModelError:  # a record that only the consensus put into the study
        from ecgcore.models.predictor import predict_batches

        patients = patient_inputs(map(recordings.catalog.patient, ids))
        signals = recordings.signals(ids)
        found = predict_batches(caches.predictor(entry), signals, patients=patients)
    return np.asarray(found[:, 0], dtype=np.float64)
