"""Predictions on disk: the long form, what is refused, and the cohort that judges them."""

import numpy as np
import pandas as pd
import pytest

from ecgcore.errors import ModelError
from ecgcore.models.cards import ModelKey
from ecgcore.predictions.store import (
    COHORT_FILE,
    cohort_frame,
    load_cohort,
    load_predictions,
    logits_of_model,
    predictions_frame,
    save_cohort,
    save_predictions,
    shipped_file,
    wide_predictions,
)
from tests.support.models import KEYS

KEY = ModelKey("cnn_bilstm", "A", 0)


def frame_of(key, ids, logits):
    return predictions_frame(key, ids, np.array(logits, dtype=np.float32))


def test_saved_predictions_come_back_with_their_types(tmp_path):
    path = tmp_path / "new" / "predictions.parquet"
    saved = frame_of(KEY, [7, 3], [0.5, -1.25])
    save_predictions(saved, path)
    loaded = load_predictions(path)
    pd.testing.assert_frame_equal(loaded, saved)
    assert list(loaded.columns) == ["ecg_id", "arch", "train_set", "seed", "MI"]
    assert loaded["MI"].dtype == np.float32
    assert [p.name for p in path.parent.iterdir()] == ["predictions.parquet"]


def test_saving_replaces_the_file_before(tmp_path):
    path = tmp_path / "predictions.parquet"
    save_predictions(frame_of(KEY, [1], [9.0]), path)
    save_predictions(frame_of(KEY, [2], [1.0]), path)
    assert load_predictions(path)["ecg_id"].tolist() == [2]


def test_each_model_gets_its_own_logits_by_record():
    frame = pd.concat([frame_of(key, [5, 2], [n, -n]) for n, key in enumerate(KEYS)])
    assert logits_of_model(frame, KEYS[4])["MI"].to_dict() == {5: 4.0, 2: -4.0}
    assert logits_of_model(frame, ModelKey("cnn_bilstm", "A", 1)).empty


def test_missing_file_names_itself_and_the_cure(tmp_path):
    with pytest.raises(ModelError, match=r"gone\.parquet does not exist.*predict-all"):
        load_predictions(tmp_path / "gone.parquet")


@pytest.mark.parametrize("content", [b"", b"no parquet", b"PAR1" + bytes(40) + b"PAR1"])
def test_damaged_file_is_refused(tmp_path, content):
    path = tmp_path / "predictions.parquet"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"predictions\.parquet is damaged"):
        load_predictions(path)


def test_cut_file_is_refused(tmp_path):
    path = tmp_path / "predictions.parquet"
    save_predictions(frame_of(KEY, range(500), np.arange(500)), path)
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(ModelError, match="damaged"):
        load_predictions(path)


def test_file_without_a_column_is_refused(tmp_path):
    path = tmp_path / "predictions.parquet"
    save_predictions(frame_of(KEY, [1], [0.0]).drop(columns="seed"), path)
    with pytest.raises(ModelError, match=r"columns .*'seed', 'MI'\] are needed"):
        load_predictions(path)


def test_wide_has_a_column_for_each_model():
    frame = pd.concat([frame_of(KEYS[0], [2, 1], [0, 2]), frame_of(KEYS[1], [1, 2], [5, -2])])
    wide = wide_predictions(frame)
    names = [f"{key.arch}-{key.train_set}-{key.seed}" for key in KEYS[:2]]
    assert wide.loc[[1, 2], names].to_numpy().tolist() == [[2, 5], [0, -2]]
    assert wide.index.tolist() == [1, 2]


def test_wide_leaves_blank_what_a_model_did_not_predict_and_may_be_empty():
    frame = pd.concat([frame_of(KEYS[0], [3, 1], [0, 2]), frame_of(KEYS[1], [2], [5])])
    wide = wide_predictions(frame)
    assert wide.index.tolist() == [1, 2, 3]
    assert wide_predictions(frame[:2]).index.tolist() == [1, 3]
    assert wide.notna().to_numpy().sum(axis=0).tolist() == [2, 1]
    assert wide_predictions(frame[:0]).shape == (0, 0)
    with pytest.raises(ModelError, match="name a record twice"):
        wide_predictions(pd.concat([frame, frame_of(KEYS[1], [2], [5])]))


def test_cohort_holds_members_only_and_no_identifier(synthetic_catalog, tmp_path):
    save_cohort(synthetic_catalog, tmp_path)
    cohort = load_cohort(tmp_path)
    table = synthetic_catalog.frame
    pd.testing.assert_frame_equal(cohort, cohort_frame(synthetic_catalog))
    assert list(cohort.columns) == ["group", "split", "patient"]
    assert set(cohort.index) == set(table.index[table["group"] != "other"])
    patients = table.loc[cohort.index, "patient_id"]
    assert cohort["patient"].nunique() == patients.nunique() == cohort["patient"].max() + 1
    assert (cohort.groupby(patients.to_numpy())["patient"].nunique() == 1).all()


def test_unreadable_cohort_is_refused(tmp_path):
    with pytest.raises(ModelError, match=r"cohort\.parquet cannot be read"):
        load_cohort(tmp_path)
    (tmp_path / COHORT_FILE).write_bytes(b"no parquet")
    with pytest.raises(ModelError, match=r"cohort\.parquet cannot be read"):
        load_cohort(tmp_path)
    pd.DataFrame({"group": ["pure_normal"]}).to_parquet(tmp_path / COHORT_FILE)
    with pytest.raises(ModelError, match=r"cohort\.parquet cannot be read"):
        load_cohort(tmp_path)


def older(frame, path):
    """Write a file as it was before there were tasks."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.rename(columns={"MI": "logit"}).to_parquet(path, index=False)
    return path


def test_a_file_from_before_tasks_is_read_as_mi(tmp_path):
    frame = frame_of(KEY, [7, 3], [0.5, -1.25])
    path = older(frame, tmp_path / "predictions.parquet")
    pd.testing.assert_frame_equal(load_predictions(path), frame)
    with pytest.raises(ModelError, match="'seed', 'NORM', 'MI', 'STTC', 'CD', 'HYP'] are needed"):
        load_predictions(path, "superclasses")


@pytest.mark.parametrize(
    ("synthetic", "new", "old"),
    [
        (False, "predictions/mi.parquet", "predictions.parquet"),
        (True, "predictions/mi-synthetic.parquet", "predictions-synthetic.parquet"),
    ],
)
def test_the_file_of_the_task_goes_before_an_older_one(tmp_path, synthetic, new, old):
    assert shipped_file(tmp_path, synthetic=synthetic) == tmp_path / new
    older(frame_of(KEY, [1], [0.0]), tmp_path / old)
    assert shipped_file(tmp_path, synthetic=synthetic) == tmp_path / old
    other = shipped_file(tmp_path, "superclasses", synthetic=synthetic)
    assert other.parent == tmp_path / "predictions"
    save_predictions(frame_of(KEY, [1], [0.0]), tmp_path / new)
    assert shipped_file(tmp_path, synthetic=synthetic) == tmp_path / new


def test_a_task_of_five_classes_has_five_columns(tmp_path):
    key, logits = ModelKey("cnn_bilstm", "all", 2, "superclasses"), np.arange(10.0).reshape(2, 5)
    save_predictions(predictions_frame(key, [4, 9], logits.astype(np.float32)), tmp_path / "a")
    loaded = load_predictions(tmp_path / "a", "superclasses")
    assert list(loaded.columns[4:]) == ["NORM", "MI", "STTC", "CD", "HYP"]
    assert logits_of_model(loaded, key).loc[9].tolist() == [5, 6, 7, 8, 9]
    assert loaded["HYP"].dtype == np.float32
