from types import SimpleNamespace

import pandas as pd
import pytest

from ecgcore.predictions.leakage import LEAKAGE_WORDS, SeenInTraining, leakage_of

RECORDS = pd.DataFrame(
    {
        "group": ["pure_normal", "certain_mi", "uncertain_mi", "other", "certain_mi", "certain_mi"],
        "split": ["train", "train", "train", "train", "val", "test"],
        "patient_id": pd.array([10, 11, 12, 11, 13, None], dtype="Int64"),
    },
    index=pd.Index([1, 2, 3, 4, 5, 6], name="ecg_id"),
)


def marks(train_set):
    exposure = SeenInTraining.of(RECORDS, train_set, seed=0)
    patients = RECORDS["patient_id"].astype(object).where(RECORDS["patient_id"].notna(), None)
    return [exposure.mark(ecg_id, patients[ecg_id]) for ecg_id in RECORDS.index]


def test_marks_follow_the_rule_of_each_training_set():
    assert marks("A") == ["seen", "seen", "", "patient", "tuned", ""]
    assert marks("C") == ["seen", "seen", "seen", "patient", "tuned", ""]
    assert marks("D") == ["seen", "", "seen", "", "", ""]


def test_every_mark_has_words():
    assert {*marks("A"), *marks("D"), "unknown"} <= LEAKAGE_WORDS.keys()


@pytest.mark.parametrize(
    ("data_version", "synthetic", "mark"),
    [("open", False, "seen"), ("another copy", False, "unknown"), ("made up", True, "")],
)
def test_a_model_of_other_data_knows_no_record_for_certain(data_version, synthetic, mark):
    asked = []

    def exposure():
        asked.append(data_version)
        return SeenInTraining(frozenset({7}), frozenset(), frozenset())

    catalog = SimpleNamespace(version="open", synthetic=False)
    entry = SimpleNamespace(ecg_id=7, patient_id=None)
    assert leakage_of(catalog, entry, data_version, synthetic=synthetic, exposure=exposure) == mark
    assert asked == (["open"] if data_version == "open" else [])
