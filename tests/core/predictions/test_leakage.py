from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from ecgcore.predictions.leakage import LEAKAGE_WORDS, SeenInTraining, leakage_of
from ecgcore.ptbxl.catalog import load_catalog
from ecgcore.ptbxl.consensus import Consensus

RECORDS = pd.DataFrame(
    {
        "group": [
            *("pure_normal", "certain_mi", "uncertain_mi", "other", "certain_mi", "certain_mi"),
            *("other", "certain_mi", "other", "certain_mi"),
        ],
        "split": [
            "train",
            "train",
            "train",
            "train",
            "val",
            "test",
            "val",
            "test",
            "unknown",
            "val",
        ],
        "patient_id": pd.array([10, 11, 12, 11, 13, None, 13, 14, None, None], dtype="Int64"),
    },
    index=pd.Index(range(1, 11), name="ecg_id"),
)


def leakages(train_set):
    known = SeenInTraining.of(RECORDS, train_set, seed=0)
    patients = RECORDS["patient_id"].astype(object).where(RECORDS["patient_id"].notna(), None)
    return [known.leakage(ecg_id, patients[ecg_id]) for ecg_id in RECORDS.index]


def test_leakage_follows_the_rule_of_each_training_set():
    assert leakages("A")[:5] == ["seen", "seen", "", "patient", "tuned"]
    assert leakages("C")[:5] == ["seen", "seen", "seen", "patient", "tuned"]
    assert leakages("D")[:5] == ["seen", "", "seen", "", ""]


def test_a_record_of_an_unknown_patient_is_unknown_unless_the_model_saw_the_record_itself():
    """Records 6 (fold 10), 9 (no fold) and 10 (fold 9, of which A and C were tuned) lack one."""
    assert [leakages("A")[k] for k in (5, 8, 9)] == ["unknown", "unknown", "tuned"]
    assert [leakages("D")[k] for k in (5, 8, 9)] == ["unknown", "unknown", "unknown"]


def test_another_recording_of_a_patient_whose_recording_chose_the_best_epoch_is_marked():
    """Record 7 is outside the cohort, of the patient of record 5; nobody knows record 8's."""
    assert leakages("A")[6:8] == ["patient tuned", ""]
    assert leakages("D")[6:8] == ["", ""]


@pytest.mark.ptbxl
def test_all_of_ptbxl(ptbxl_dir: Path) -> None:
    frame = load_catalog(ptbxl_dir).frame
    known = SeenInTraining.of(frame, "C", 0)
    patients = frame["patient_id"].astype(object).where(frame["patient_id"].notna(), None)
    found = Counter(known.leakage(ecg_id, patients[ecg_id]) for ecg_id in frame.index)
    assert (found["seen"], found["tuned"], found["unknown"]) == (6838, 1234, 8520)
    assert found["patient tuned"] == 43


def test_every_leakage_has_words():
    assert {*leakages("A"), *leakages("D"), "other copy"} == LEAKAGE_WORDS.keys()


CATALOG = SimpleNamespace(version="open", synthetic=False)
ENTRY = SimpleNamespace(ecg_id=7, patient_id=None)


def made(train_set, seeds, data_version, synthetic=False):
    known = SimpleNamespace(data_version=data_version, synthetic=synthetic)
    keys = [SimpleNamespace(train_set=train_set, seed=seed) for seed in range(seeds)]
    members = tuple(SimpleNamespace(key=key, card=known) for key in keys)
    return SimpleNamespace(train_set=train_set, members=members)


@pytest.mark.parametrize(
    ("data_version", "synthetic", "leakage"),
    [("open", False, "seen"), ("another copy", False, "other copy"), ("made up", True, "")],
)
def test_a_model_of_other_data_knows_no_record_for_certain(data_version, synthetic, leakage):
    asked = []

    def seen(train_set, seed):
        asked.append((train_set, seed))
        return SeenInTraining(frozenset({7}), frozenset(), frozenset())

    assert leakage_of(made("A", 3, data_version, synthetic), CATALOG, ENTRY, seen) == leakage
    assert asked == ([("A", 0)] if data_version == "open" else [])


def test_the_seed_that_knows_a_record_best_counts_for_the_ensemble():
    def seen(_train_set, seed):
        return SeenInTraining(frozenset({7} if seed == 1 else ()), frozenset({7}), frozenset())

    assert leakage_of(made("D-mix", 3, "open"), CATALOG, ENTRY, seen) == "seen"
    assert leakage_of(made("C", 3, "open"), CATALOG, ENTRY, seen) == "tuned"


def test_a_recording_from_elsewhere_has_no_leakage():
    assert leakage_of(made("A", 1, "open"), CATALOG, None, None) is None


def test_a_record_that_only_the_consensus_put_into_training_was_seen(tmp_path):
    """Record 4 is of the other group in the training folds; record 3 was left out of them."""
    agreed = Consensus({4: "MI", 5: "MI", 3: "not readable"})
    agreed.save(tmp_path / "consensus.json")
    key = SimpleNamespace(train_set="C-consensus", seed=0)
    card = SimpleNamespace(
        data_version="open", synthetic=False, recipe=(("consensus", agreed.fingerprint),)
    )
    member = SimpleNamespace(key=key, card=card, folder=tmp_path)
    run = SimpleNamespace(train_set="C-consensus", members=(member,))
    catalog = SimpleNamespace(version="open", synthetic=False, frame=RECORDS)

    def seen(_train_set, _seed):
        return SeenInTraining(frozenset({1}), frozenset({5}), frozenset({10}))

    found = {
        ecg_id: leakage_of(run, catalog, SimpleNamespace(ecg_id=ecg_id, patient_id=99), seen)
        for ecg_id in (1, 3, 4, 5)
    }
    assert found == {1: "seen", 3: "", 4: "seen", 5: "tuned"}
    other = SimpleNamespace(ecg_id=2, patient_id=11)  # another recording of record 4's patient
    assert leakage_of(run, catalog, other, seen) == "patient"
    (tmp_path / "consensus.json").unlink()
    assert leakage_of(run, catalog, other, seen) == ""
