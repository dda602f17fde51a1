"""A new architecture is one record: no other edit, and it trains, predicts, explains, is listed."""

from pathlib import Path

import numpy as np
import pytest

from ecgcore.explain.methods import explain
from ecgcore.models.architectures import ARCHITECTURES
from ecgcore.models.cards import ModelCard, ModelEntry, list_models
from ecgcore.models.predictor import Predictor, predict, predict_batches
from ecgcore.predictions.ensemble import ensembles_of
from ecgcore.predictions.store import PREDICTIONS_FILE, load_predictions, logits_of_model
from ecgcore.ptbxl.store import Recordings
from ecgcore.training.run import run_training
from ecgcore.training.spec import TrainSpec
from ecgcore.training.submit import expected_seconds, offered_archs
from tests.support.toys import TOY


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one edit."""
    monkeypatch.setitem(ARCHITECTURES, TOY.name, TOY)


@pytest.fixture
def runs_dir(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def trained(runs_dir: Path, synthetic_dir: Path) -> ModelEntry:
    """A run of one epoch, as the list of models finds it."""
    spec = TrainSpec("toy", "A", 3, str(synthetic_dir), epochs=1, speedups="none")
    spec.save(runs_dir / "mine")
    run_training(runs_dir / "mine")
    (entry,) = list_models(runs_dir / "none-shipped", runs_dir)
    return entry


def test_it_trains_and_is_listed(trained: ModelEntry) -> None:
    assert (trained.key.arch, trained.card.epochs_run) == ("toy", 1)
    assert trained.card.n_parameters == 12 * 8 * 10 + 8 + 8 + 1
    assert trained.label == "Toy network A (seed 3), local run mine"
    (group,) = ensembles_of([trained])
    assert group.arch == "toy"


def test_it_has_a_second_task_in_training(runs_dir: Path, synthetic_dir: Path) -> None:
    spec = TrainSpec("toy", "C-multi", 0, str(synthetic_dir), epochs=1, speedups="none")
    spec.save(runs_dir / "multi")
    run_training(runs_dir / "multi")
    assert ModelCard.load(runs_dir / "multi").n_parameters == 12 * 8 * 10 + 8 + 8 + 1


def test_it_predicts_and_explains(trained: ModelEntry, synthetic_recordings: Recordings) -> None:
    predictor = Predictor.open(trained)
    stored = logits_of_model(load_predictions(trained.folder / PREDICTIONS_FILE), trained.key)
    ids = [int(ecg_id) for ecg_id in stored.index[:3]]
    many = predict_batches(predictor, synthetic_recordings.signals(ids))
    np.testing.assert_allclose(many, stored.loc[ids], atol=1e-5)
    record = synthetic_recordings.read(ids[0])
    ((one,), _) = predict([predictor], record)
    assert one.logit == pytest.approx(float(many[0, 0]), abs=1e-5)
    when = explain(predictor, record, "gradcam")
    assert (when.n_layer_steps, when.scores.shape) == (100, (1, 1000))
    where = explain(predictor, record, "ig")
    assert where.scores.shape == (12, 1000)
    assert where.gap_share < 0.05


def test_it_is_offered_with_its_cost() -> None:
    assert offered_archs()[-1] == "toy"
    assert expected_seconds("toy", 1000, 4) == 1.0
