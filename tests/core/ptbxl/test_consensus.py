"""Consensus as labels: its fingerprint, file, and what it does to cohort and training set."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from ecgcore.errors import CatalogError
from ecgcore.ptbxl.catalog import Catalog
from ecgcore.ptbxl.consensus import Consensus
from ecgcore.ptbxl.label_groups import relabelled
from ecgcore.tasks import mi


def ids_of(catalog: Catalog, group: str, split: str = "train") -> list[int]:
    frame = catalog.frame
    return frame.index[(frame["group"] == group) & (frame["split"] == split)].tolist()


@pytest.fixture
def agreed(synthetic_catalog: Catalog) -> Consensus:
    """One certain MI is none, one uncertain is not readable, one other and one normal are MI."""
    first = {name: ids_of(synthetic_catalog, name)[0] for name in GROUPS}
    said = dict(zip(GROUPS, ("no MI", "not readable", "MI", "uncertain"), strict=True))
    return Consensus({first[name]: said[name] for name in GROUPS})


GROUPS = ("certain_mi", "uncertain_mi", "other", "pure_normal")


def test_the_fingerprint_is_that_of_ids_and_verdicts_in_order() -> None:
    expected = hashlib.sha256(b"7:no MI,39:MI").hexdigest()[:16]
    assert Consensus({39: "MI", 7: "no MI"}).fingerprint == expected
    assert Consensus({39: "MI"}).fingerprint != expected


def test_only_training_set_c_consensus_is_relabelled(
    synthetic_catalog: Catalog, agreed: Consensus
) -> None:
    catalog = agreed.beside(synthetic_catalog)
    plain = set(mi.training_ids(synthetic_catalog.frame, "C"))
    for name in ("A", "C", "D", "C-soft", "C-multi"):
        assert mi.training_ids(catalog.frame, name) == mi.training_ids(
            synthetic_catalog.frame, name
        )
    mine = mi.training_ids(catalog.frame, mi.AGREED)
    by_verdict = {verdict: ecg_id for ecg_id, verdict in agreed.verdicts.items()}
    assert set(mine) == (plain - {by_verdict["not readable"]}) | {by_verdict["MI"]}
    taught = dict(zip(mine, mi.targets(catalog.frame, mine, mi.AGREED), strict=True))
    assert taught[by_verdict["no MI"]] == 0
    assert taught[by_verdict["MI"]] == taught[by_verdict["uncertain"]] == 1
    untouched = [ecg_id for ecg_id in mine if ecg_id not in agreed.verdicts]
    labels = mi.labels(synthetic_catalog.frame, untouched)
    np.testing.assert_array_equal([taught[ecg_id] for ecg_id in untouched], labels)


def test_validation_and_the_task_s_labels_stay_those_of_the_data_set(
    synthetic_catalog: Catalog,
) -> None:
    val = ids_of(synthetic_catalog, "certain_mi", "val")[0]
    catalog = Consensus({val: "no MI"}).beside(synthetic_catalog)
    chosen = mi.MI.train_set(mi.AGREED)
    assert chosen.choose(catalog, "val", 0) == mi.validation_ids(synthetic_catalog.frame, "C")
    assert mi.MI.label_rule(catalog, [val]).tolist() == [[1]]
    assert relabelled(catalog.frame).loc[val, "group"] == "pure_normal"
    assert relabelled(synthetic_catalog.frame) is synthetic_catalog.frame


def test_the_verdict_stands_beside_each_record(synthetic_catalog: Catalog) -> None:
    said = Consensus({1: "MI", 10**6: "no MI"}).of(synthetic_catalog.frame)
    assert said[said != ""].to_dict() == {1: "MI"}
    assert len(said) == 240


def test_a_file_comes_back_and_another_consensus_is_refused(tmp_path: Path) -> None:
    path, agreed = tmp_path / "consensus.json", Consensus({39: "MI", 7: "uncertain"})
    agreed.save(path)
    assert Consensus.load(path, agreed.fingerprint) == agreed
    with pytest.raises(CatalogError, match="the run was started with 0123"):
        Consensus.load(path, "0123")
    path.write_text(path.read_text().replace("uncertain", "perhaps"))
    with pytest.raises(CatalogError, match="holds no consensus"):
        Consensus.load(path, agreed.fingerprint)
    with pytest.raises(CatalogError, match="holds no consensus"):
        Consensus.load(tmp_path / "none", "")
