"""Nearest records by features whose angles are known, and an index of a network that adds up."""

import numpy as np
import pytest

from ecgcore.errors import ModelError
from ecgcore.explain.similar import (
    FeatureIndex,
    build_index,
    certain_training_ids,
    features_of,
    same_patient_ids,
    unseen_ids,
)
from ecgcore.models.predictor import Predictor

ANGLES = np.deg2rad([0, 30, 60, 90, 180])
VECTORS = np.rint(100 * np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)).astype(np.int8)
INDEX = FeatureIndex(
    "m", "abc", np.array([10, 11, 12, 13, 14]), VECTORS, np.array([0.1, 0.2, 0.3, 0.4], np.float32)
)
EAST = np.array([5.0, 0.0], np.float32)


def test_the_nearest_come_first_with_one_minus_the_cosine():
    found = INDEX.nearest(EAST, n=4)
    assert [one.ecg_id for one in found] == [10, 11, 12, 13]
    expected = [0, 1 - np.sqrt(3) / 2, 0.5, 1]
    assert [one.distance for one in found] == pytest.approx(expected, abs=0.01)
    assert INDEX.distances(EAST[None])[0, 4] == pytest.approx(2, abs=1e-6)
    assert INDEX.nearest(100 * EAST) == INDEX.nearest(EAST), "only the direction counts"


def test_records_of_the_same_patient_are_not_listed():
    found = INDEX.nearest(EAST, left_out=[10, 12])
    assert [one.ecg_id for one in found] == [11, 13, 14]


def test_an_index_is_kept_for_the_weights_it_was_made_with(tmp_path):
    assert FeatureIndex.load(tmp_path, "m", "abc") is None
    path = INDEX.save(tmp_path)
    again = FeatureIndex.load(tmp_path, "m", "abc")
    assert again.nearest(EAST) == INDEX.nearest(EAST)
    assert FeatureIndex.load(tmp_path, "m", "other weights") is None
    path.write_bytes(b"no tensors")
    with pytest.raises(ModelError, match="is damaged"):
        FeatureIndex.load(tmp_path, "m", "abc")


def test_a_record_is_nearest_to_itself(untrained_entries, synthetic_recordings):
    predictor = Predictor.open(untrained_entries["cnn_bilstm"])
    ids = [int(one) for one in synthetic_recordings.catalog.frame.index[:40]]
    index = build_index(predictor, synthetic_recordings, ids[:30], ids[30:])
    assert index.reference.size == 10
    assert (np.diff(index.reference) >= 0).all()
    assert index.reference.min() > 0
    assert index.ids.tolist() == ids[:30]
    assert (index.model, index.weights_sha256) == (
        predictor.entry.name,
        predictor.entry.card.weights_sha256,
    )
    record = synthetic_recordings.read(ids[7])
    (nearest, *_others) = index.nearest(features_of(predictor, record))
    assert nearest.ecg_id == ids[7]
    assert nearest.distance == pytest.approx(0, abs=1e-3)


def test_the_distance_from_the_study_is_the_mean_of_the_five_nearest():
    expected = np.mean([0, 1 - np.sqrt(3) / 2, 0.5, 1, 2])
    assert INDEX.study_distance(EAST[None])[0] == pytest.approx(expected, abs=0.01)
    assert [INDEX.farther_than(d) for d in (0.05, 0.25, 0.9)] == [0, 0.5, 1]


def test_only_certain_labels_of_training_folds_are_listed(synthetic_catalog):
    frame = synthetic_catalog.frame.loc[certain_training_ids(synthetic_catalog)]
    assert set(frame["group"]) == {"certain_mi", "pure_normal"}
    assert set(frame["split"]) == {"train"}
    unseen = synthetic_catalog.frame.loc[unseen_ids(synthetic_catalog)]
    assert set(unseen["split"]) == {"val"}
    assert set(unseen["group"]) == {"certain_mi", "pure_normal"}


def test_the_same_patient_is_found_and_an_unknown_one_is_alone(synthetic_catalog):
    frame = synthetic_catalog.frame
    several = frame["patient_id"].value_counts()
    patient = several.index[0]
    mine = sorted(int(one) for one in frame.index[frame["patient_id"] == patient])
    assert same_patient_ids(synthetic_catalog, mine[0]) == mine
