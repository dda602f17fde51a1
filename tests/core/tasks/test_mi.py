"""The cohort rule, on hand-made records and on PTB-XL."""

import numpy as np
import pandas as pd
import pytest

from ecgcore.errors import CatalogError
from ecgcore.ptbxl import label_groups
from ecgcore.ptbxl.catalog import Catalog
from ecgcore.tasks import mi as mi_task

SUPERCLASS = {"NORM": "NORM", "IMI": "MI", "INJAS": "MI", "NDT": "STTC", "LVH": "HYP", "LAFB": "CD"}

STATED = pd.DataFrame(
    [
        *((i, "SR") for i in range(1, 41)),  # all
        *((i, "NORM") for i in range(1, 21)),
        *((i, "IMI") for i in range(21, 41)),
        *((i, "LVH") for i in range(40, 30, -1)),
        (40, "LVH"),  # twice
        *((i, "AFIB") for i in range(1, 10)),  # too few
        *((i, "PVC") for i in range(100, 140)),  # of other records
    ],
    columns=["ecg_id", "code"],
)


def test_frequent_statements_are_columns_in_the_order_of_their_codes():
    ids = [39, 1, *range(2, 39), 40]
    found = mi_task.frequent_statements(STATED, ids, fewest=10)
    assert found.dtype == np.float32
    assert found.shape == (40, 3), "IMI, LVH, NORM"
    assert found[0].tolist() == [1, 1, 0]
    assert found[1].tolist() == [0, 0, 1]
    assert found.sum(axis=0).tolist() == [20, 10, 20]


def test_a_record_without_statements_has_zeros():
    found = mi_task.frequent_statements(STATED, [*range(1, 41), 999], fewest=10)
    assert found[-1].tolist() == [0, 0, 0]


def test_no_frequent_statement_is_an_error():
    with pytest.raises(CatalogError, match=r"no second task\. Choose training set C"):
        mi_task.frequent_statements(STATED, list(range(1, 20)))


FINGERPRINTS = {
    ("train", "pure_normal"): (4451, "0bb28424096d45b1"),
    ("train", "certain_mi"): (1194, "fa93252ecf4b80bb"),
    ("train", "uncertain_mi"): (1193, "a80d014b4cd4fac3"),
    ("val", "pure_normal"): (694, "f05a652c22913c74"),
    ("val", "certain_mi"): (283, "09bc8b65ddfc11f3"),
    ("val", "uncertain_mi"): (257, "d71690031f0b6ec7"),
    ("test", "pure_normal"): (703, "376508ae4eb9f6ca"),
    ("test", "certain_mi"): (268, "ad37ecb1291c3c80"),
    ("test", "uncertain_mi"): (282, "9f9d3c677155e622"),
}


def assigned(
    codes: dict[str, float], *, validated: bool | None = True, fold: int | None = 1
) -> tuple[str, str]:
    """Group and split of one record with these codes."""
    records = pd.DataFrame(
        {
            "validated": pd.array([validated], dtype="boolean"),
            "strat_fold": pd.array([fold], dtype="Int64"),
        },
        index=pd.Index([5], name="ecg_id"),
    )
    table = pd.DataFrame(
        [(5, code, value, SUPERCLASS.get(code, "")) for code, value in codes.items()],
        columns=["ecg_id", "code", "likelihood", "superclass"],
    )
    row = label_groups.assign_groups(records, table).loc[5]
    return row["group"], row["split"]


@pytest.mark.parametrize(
    ("codes", "group"),
    [
        ({"NORM": 100, "SR": 0}, "pure_normal"),
        ({"NORM": 100, "LVOLT": 0, "SARRH": 0}, "pure_normal"),
        ({"NORM": 100, "UNKNOWN": 100}, "pure_normal"),
        ({"NORM": 80}, "other"),
        ({"NORM": 0}, "other"),
        ({"NORM": 100, "NDT": 0}, "other"),
        ({"NORM": 100, "LVH": 15}, "other"),
        ({"NORM": 100, "LAFB": 100}, "other"),
        ({"NORM": 100, "IMI": 0}, "other"),
        ({"SR": 0}, "other"),
        ({}, "other"),
        ({"IMI": 100}, "certain_mi"),
        ({"IMI": 100, "LAFB": 100, "NDT": 50}, "certain_mi"),
        ({"IMI": 15, "INJAS": 100}, "certain_mi"),
        ({"NORM": 100, "IMI": 100}, "certain_mi"),
        ({"IMI": 15}, "uncertain_mi"),
        ({"IMI": 80, "LVH": 100}, "uncertain_mi"),
        ({"IMI": 0, "INJAS": 35}, "uncertain_mi"),
        ({"NORM": 100, "IMI": 50}, "uncertain_mi"),
        ({"IMI": 0}, "other"),
    ],
)
def test_the_rule_for_a_validated_record(codes: dict[str, float], group: str) -> None:
    assert assigned(codes)[0] == group


@pytest.mark.parametrize("codes", [{"NORM": 100}, {"IMI": 100}, {"IMI": 50}])
@pytest.mark.parametrize("validated", [False, None])
def test_nothing_unvalidated_is_in_the_cohort(
    codes: dict[str, float], validated: bool | None
) -> None:
    assert assigned(codes, validated=validated)[0] == "other"


@pytest.mark.parametrize(
    ("fold", "split"), [(1, "train"), (8, "train"), (9, "val"), (10, "test"), (None, "unknown")]
)
def test_folds_become_splits(fold: int | None, split: str) -> None:
    assert assigned({"NORM": 100}, fold=fold)[1] == split


def test_the_largest_infarct_likelihood_counts_and_none_is_blank() -> None:
    records = pd.DataFrame(
        {
            "validated": pd.array([True, True], dtype="boolean"),
            "strat_fold": pd.array([1, 1], dtype="Int64"),
        },
        index=[3, 4],
    )
    codes = pd.DataFrame(
        {
            "ecg_id": [3, 3, 4],
            "code": ["IMI", "INJAS", "NORM"],
            "likelihood": [15.0, 80.0, 100.0],
            "superclass": ["MI", "MI", "NORM"],
        }
    )
    likelihood = label_groups.assign_groups(records, codes)["mi_likelihood"]
    assert likelihood[3] == 80
    assert np.isnan(likelihood[4])


def test_a_fingerprint_is_the_hash_of_the_ascending_ids() -> None:
    # printf '2,10,33' | sha256sum
    assert label_groups.fingerprint([33, 2, 10]) == "678cf251cc5453f5"
    assert label_groups.fingerprint(np.array([10, 33, 2])) == label_groups.fingerprint(
        [2.0, 10, 33]
    )
    assert label_groups.fingerprint([2, 1033]) != label_groups.fingerprint([2, 10, 33])


def test_labels_follow_the_order_asked_for(synthetic_catalog: Catalog) -> None:
    frame = synthetic_catalog.frame
    ids = mi_task.test_ids(frame, "all")[::-1]
    expected = [int(frame.loc[ecg_id, "group"].endswith("_mi")) for ecg_id in ids]
    assert mi_task.labels(frame, ids).tolist() == expected
    assert 0 < sum(expected) < len(ids)


@pytest.mark.parametrize("name", ["B", "a", ""])
def test_an_unknown_training_set_is_refused_by_name(synthetic_catalog: Catalog, name: str) -> None:
    for ask in (mi_task.training_ids, mi_task.validation_ids):
        with pytest.raises(CatalogError, match=f"no training set '{name}'; choose A, C, D, D-mix"):
            ask(synthetic_catalog.frame, name)


def check_sets_differ_only_in_mi(frame: pd.DataFrame) -> None:
    normal = set(label_groups.member_ids(frame, "train", ["pure_normal"]))
    certain = set(label_groups.member_ids(frame, "train", ["certain_mi"]))
    uncertain = set(label_groups.member_ids(frame, "train", ["uncertain_mi"]))
    assert normal
    assert certain
    assert uncertain
    assert set(mi_task.training_ids(frame, "A")) == normal | certain
    assert set(mi_task.training_ids(frame, "C")) == normal | certain | uncertain
    assert set(mi_task.training_ids(frame, "D")) == normal | uncertain
    mixed = set(mi_task.training_ids(frame, "D-mix", seed=3))
    assert mixed >= normal
    assert len(mixed & certain) == len(mixed & uncertain)
    assert mixed <= normal | certain | uncertain


def test_training_sets_share_their_normals(synthetic_catalog: Catalog) -> None:
    check_sets_differ_only_in_mi(synthetic_catalog.frame)


def test_the_mix_is_drawn_by_its_seed(synthetic_catalog: Catalog) -> None:
    draws = [mi_task.training_ids(synthetic_catalog.frame, "D-mix", seed) for seed in (0, 0, 1)]
    assert draws[0] == draws[1] != draws[2]
    assert draws[0] == sorted(set(draws[0]))


def test_validation_follows_the_training_set(synthetic_catalog: Catalog) -> None:
    frame = synthetic_catalog.frame
    groups = {
        name: set(frame.loc[mi_task.validation_ids(frame, name), "group"])
        for name in mi_task.TRAIN_SETS
    }
    assert groups["A"] == {"pure_normal", "certain_mi"}
    assert groups["D"] == {"pure_normal", "uncertain_mi"}
    assert groups["C"] == groups["D-mix"] == set(label_groups.GROUPS)


@pytest.mark.ptbxl
@pytest.mark.parametrize(("split", "group"), FINGERPRINTS)
def test_the_nine_fingerprints(ptbxl_catalog: Catalog, split: str, group: str) -> None:
    ids = label_groups.member_ids(ptbxl_catalog.frame, split, [group])
    assert (len(ids), label_groups.fingerprint(ids)) == FINGERPRINTS[split, group]


@pytest.mark.ptbxl
@pytest.mark.parametrize(
    ("train_set", "size"), [("A", 5645), ("C", 6838), ("D", 5644), ("D-mix", 5645)]
)
def test_the_sizes_of_the_training_sets(ptbxl_catalog: Catalog, train_set: str, size: int) -> None:
    ids = mi_task.training_ids(ptbxl_catalog.frame, train_set)
    assert len(ids) == len(set(ids)) == size
    assert mi_task.labels(ptbxl_catalog.frame, ids).sum() == size - 4451


@pytest.mark.ptbxl
@pytest.mark.parametrize(("name", "size"), [("certain", 971), ("all", 1253), ("uncertain", 985)])
def test_the_sizes_of_the_test_sets(ptbxl_catalog: Catalog, name: str, size: int) -> None:
    assert len(mi_task.test_ids(ptbxl_catalog.frame, name)) == size


@pytest.mark.ptbxl
def test_ptbxls_training_sets_share_their_normals(ptbxl_catalog: Catalog) -> None:
    check_sets_differ_only_in_mi(ptbxl_catalog.frame)


@pytest.mark.ptbxl
def test_no_patient_is_in_two_splits(ptbxl_catalog: Catalog) -> None:
    frame = ptbxl_catalog.frame
    members = frame[
        frame["group"].isin(label_groups.GROUPS) & frame["split"].isin(label_groups.SPLITS)
    ]
    assert len(members) == sum(size for size, _ in FINGERPRINTS.values())
    assert members["patient_id"].notna().all()
    assert members.groupby("patient_id")["split"].nunique().max() == 1


def test_a_statement_counts_from_thirty_records_on_and_not_where_nearly_all_have_it() -> None:
    def codes(n: int, code: str) -> pd.DataFrame:
        return pd.DataFrame({"ecg_id": range(n), "code": code})

    ids = list(range(200))
    table = pd.concat([codes(30, "IMI"), codes(29, "AMI"), codes(190, "SR"), codes(191, "ALL")])
    expected = [[float(i < 30), float(i < 190)] for i in ids]
    assert mi_task.frequent_statements(table, ids).tolist() == expected
    with pytest.raises(CatalogError, match="with 29 others"):
        mi_task.frequent_statements(codes(29, "AMI"), ids)
