"""A run on C-consensus: what it is taught, what its card says, and what stops it."""

from dataclasses import replace
from pathlib import Path

import pytest

from ecgcore.errors import CatalogError, JobError
from ecgcore.jobs.store import JobStore
from ecgcore.models.cards import ModelCard
from ecgcore.ptbxl.catalog import Catalog
from ecgcore.ptbxl.consensus import CONSENSUS_FILE, Consensus
from ecgcore.ptbxl.label_groups import fingerprint
from ecgcore.tasks import mi
from ecgcore.training.run import finished_card, run_training
from ecgcore.training.spec import TrainSpec
from ecgcore.training.submit import submit


@pytest.fixture
def agreed(synthetic_catalog: Catalog) -> Consensus:
    frame = synthetic_catalog.frame
    train = frame[frame["split"] == "train"]
    certain = train.index[train["group"] == "certain_mi"]
    return Consensus(
        dict.fromkeys(map(int, certain[:5]), "no MI") | {int(certain[5]): "not readable"}
    )


@pytest.fixture
def spec(synthetic_dir: Path, agreed: Consensus) -> TrainSpec:
    more = {"epochs": 1, "speedups": "none", "consensus": agreed.fingerprint}
    return TrainSpec("cnn_bilstm", mi.AGREED, 0, str(synthetic_dir), **more)


def test_the_card_names_the_consensus_and_counts_what_was_taught(
    synthetic_catalog: Catalog, spec: TrainSpec, agreed: Consensus, tmp_path: Path
) -> None:
    job = submit(spec, tmp_path, JobStore(tmp_path / "jobs.sqlite"), agreed)
    card = run_training(job.run_dir)
    ids = set(mi.training_ids(synthetic_catalog.frame, "C"))
    n_mi = int(mi.labels(synthetic_catalog.frame, sorted(ids)).sum())
    gone = next(one for one, said in agreed.verdicts.items() if said == "not readable")
    assert (card.n_train, card.n_train_mi) == (len(ids) - 1, n_mi - 6)
    assert card.data_fingerprint == fingerprint(ids - {gone})
    assert dict(card.recipe)["consensus"] == agreed.fingerprint
    assert ModelCard.load(job.run_dir).key.train_set == mi.AGREED
    assert finished_card(job.run_dir, spec) == card
    assert finished_card(job.run_dir, replace(spec, consensus="another")) is None


def test_a_run_whose_consensus_was_changed_or_lost_does_not_start(
    spec: TrainSpec, agreed: Consensus, tmp_path: Path
) -> None:
    job = submit(spec, tmp_path, JobStore(tmp_path / "jobs.sqlite"), agreed)
    Consensus({1: "MI"}).save(job.run_dir / CONSENSUS_FILE)
    with pytest.raises(CatalogError, match="Start a new run"):
        run_training(job.run_dir)
    (job.run_dir / CONSENSUS_FILE).unlink()
    with pytest.raises(CatalogError, match="holds no consensus"):
        run_training(job.run_dir)


@pytest.mark.parametrize(("train_set", "consensus"), [(mi.AGREED, ""), ("C", "0123")])
def test_the_set_and_its_consensus_go_together(train_set: str, consensus: str) -> None:
    with pytest.raises(JobError, match="needs a consensus of readers"):
        TrainSpec("cnn_bilstm", train_set, 0, "unused", consensus=consensus)


def test_recipes_of_other_sets_say_nothing_of_a_consensus() -> None:
    assert "consensus" not in dict(TrainSpec("cnn_bilstm", "C", 0, "unused").recipe)
