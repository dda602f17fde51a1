"""Training: what is drawn, the schedule, exact repetition and exact resume, refusals."""

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from ecgcore.errors import CatalogError, JobError, ModelError
from ecgcore.jobs import progress
from ecgcore.models.cards import ModelCard, ModelEntry, ModelKey, Preprocessing
from ecgcore.models.registry import build, load_model
from ecgcore.predictions.store import PREDICTIONS_FILE
from ecgcore.ptbxl import label_groups
from ecgcore.ptbxl.catalog import Catalog, load_catalog
from ecgcore.ptbxl.store import Recordings, build_store, open_recordings
from ecgcore.tasks import mi as mi_task
from ecgcore.training import confident_learning, loop
from ecgcore.training.checkpoint import CHECKPOINT_FILE, TrainState, load_checkpoint
from ecgcore.training.data import Split, TrainingData, augment, load_training_data, n_to_read
from ecgcore.training.loop import Plateau, Watcher, class_weights, fit, one_cycle
from ecgcore.training.run import publish, run_training
from ecgcore.training.spec import SPEC_FILE, TrainSpec

SPEC = TrainSpec("cnn_bilstm", "A", 0, "unused", epochs=3, batch_size=8)


class KilledError(Exception):
    """Stands for the end of the process."""


class Constant(nn.Module):
    """A model that cannot learn: one logit for all records."""

    def __init__(self) -> None:
        super().__init__()
        self.logit = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        return self.logit.expand(len(x), 1)


@pytest.fixture(scope="module")
def recordings(synthetic_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Recordings:
    """The synthetic records with a store, so that they are parsed once."""
    folder = tmp_path_factory.mktemp("training") / "synthetic"
    shutil.copytree(synthetic_dir, folder)
    catalog = load_catalog(folder)
    build_store(catalog)
    return open_recordings(catalog)


@pytest.fixture(scope="module")
def data(recordings: Recordings) -> TrainingData:
    """Set A of the synthetic records."""
    return load_training_data(recordings, SPEC)


def test_reading_is_told_to_its_end(recordings: Recordings) -> None:
    blocks: list[int] = []
    load_training_data(recordings, SPEC, blocks.append)
    assert sum(blocks) == n_to_read(recordings, SPEC) == 175 + 131 + 19  # C for the scaler, A


@pytest.fixture(scope="module")
def small(data: TrainingData) -> TrainingData:
    """Twenty training and ten validation records, half of them MI."""
    return TrainingData(_half_mi(data.train, 20), _half_mi(data.val, 10), data.preprocessing)


def _half_mi(split: Split, n: int) -> Split:
    mi, normal = (torch.nonzero(split.labels[:, 0] == label).squeeze(1) for label in (1, 0))
    rows = torch.cat([mi[: n // 2], normal[: n // 2]])
    return split.only(rows)


def _trained(data: TrainingData, run_dir: Path, spec: TrainSpec = SPEC, **watch) -> TrainState:
    run_dir.mkdir(exist_ok=True)
    torch.manual_seed(spec.seed)
    return fit(build(spec.arch), data, spec, run_dir, Watcher(**watch))


def _same(one: TrainState, other: TrainState) -> bool:
    return all(torch.equal(one.best_weights[k], other.best_weights[k]) for k in one.best_weights)


def test_training_sets_share_their_normals_and_differ_in_mi_only(synthetic_catalog: Catalog):
    frame = synthetic_catalog.frame
    train = frame[frame["split"] == "train"].groupby("group").groups
    normal, certain, uncertain = (
        set(train[group]) for group in ("pure_normal", "certain_mi", "uncertain_mi")
    )
    sets = {name: set(mi_task.training_ids(frame, name, 0)) for name in mi_task.TRAIN_SETS}
    assert sets["A"] == normal | certain
    assert sets["C"] == normal | certain | uncertain
    assert sets["D"] == normal | uncertain
    half = (min(len(certain), len(uncertain)) + 1) // 2
    assert sets["D-mix"] >= normal
    assert len(sets["D-mix"] & certain) == len(sets["D-mix"] & uncertain) == half
    assert sets["D-mix"] == set(mi_task.training_ids(frame, "D-mix", 0))
    assert sets["D-mix"] != set(mi_task.training_ids(frame, "D-mix", 1))


def test_all_sets_see_a_normal_record_alike(recordings: Recordings, data: TrainingData):
    other = load_training_data(recordings, dataclasses.replace(SPEC, train_set="D"))
    assert other.preprocessing == data.preprocessing
    shared = sorted(set(data.train.ids) & set(other.train.ids))
    assert shared == label_groups.member_ids(recordings.catalog.frame, "train", ["pure_normal"])
    rows = [[split.ids.index(i) for i in shared] for split in (data.train, other.train)]
    assert torch.equal(data.train.inputs[rows[0]], other.train.inputs[rows[1]])
    assert not data.train.labels[rows[0]].any()


def test_scaler_gives_set_c_mean_0_and_deviation_1(recordings: Recordings, data: TrainingData):
    ids = mi_task.training_ids(recordings.catalog.frame, "C")
    inputs = data.preprocessing.apply(recordings.signals(ids)).astype(np.float64)
    assert inputs.mean(axis=(0, 2)) == pytest.approx(np.zeros(12), abs=1e-4)
    assert inputs.std(axis=(0, 2)) == pytest.approx(np.ones(12), abs=1e-4)


def test_a_split_without_mi_is_refused(recordings: Recordings):
    catalog = recordings.catalog
    frame = catalog.frame.copy()
    frame.loc[(frame["split"] == "val") & (frame["group"] == "certain_mi"), "group"] = "other"
    without = dataclasses.replace(recordings, catalog=dataclasses.replace(catalog, frame=frame))
    with pytest.raises(CatalogError, match=r"val split .* 0 MI, 12 normal"):
        load_training_data(without, SPEC)


def test_augmentation_only_shifts_scales_and_blanks():
    signal = torch.randn(6, 12, 50, generator=torch.Generator().manual_seed(1))
    result = augment(signal, SPEC, torch.Generator().manual_seed(2))
    again = augment(signal, SPEC, torch.Generator().manual_seed(2))
    assert torch.equal(result, again)
    assert not torch.equal(result, augment(signal, SPEC, torch.Generator().manual_seed(3)))
    assert result.shape == signal.shape
    for before, after in zip(signal.numpy(), result.numpy(), strict=True):
        kept = after.any(axis=1)
        energy = np.linalg.norm(after[kept], axis=1) / np.linalg.norm(before[kept], axis=1)
        assert energy == pytest.approx(energy[0])
        assert 0.8 <= energy[0] <= 1.2
        rolled = [np.roll(before[kept] * energy[0], -k, axis=1) for k in range(50)]
        assert min(np.abs(after[kept] - candidate).max() for candidate in rolled) < 1e-5


def test_augmentation_can_be_turned_off():
    spec = dataclasses.replace(SPEC, amplitude=0.0, lead_dropout=0.0, time_shift=False)
    signal = torch.arange(2 * 12 * 40, dtype=torch.float32).reshape(2, 12, 40)
    assert torch.equal(augment(signal, spec, torch.Generator().manual_seed(0)), signal)


def test_augmentation_can_be_turned_off_but_for_the_shift():
    spec = dataclasses.replace(SPEC, amplitude=0.0, lead_dropout=0.0)
    signal = torch.arange(2 * 12 * 40, dtype=torch.float32).reshape(2, 12, 40)
    result = augment(signal, spec, torch.Generator().manual_seed(0))
    assert torch.equal(result.sort(dim=2).values, signal)
    blank = augment(
        signal, dataclasses.replace(spec, lead_dropout=1.0), torch.Generator().manual_seed(0)
    )
    assert not blank.any()


def test_a_step_sees_a_window_of_each_record_that_never_wraps_around():
    spec = dataclasses.replace(SPEC, amplitude=0.0, lead_dropout=0.0, crop=10)
    signal = torch.arange(40.0).expand(300, 12, 40)
    windows = augment(signal, spec, torch.Generator().manual_seed(0))
    assert windows.shape == (300, 12, 10)
    assert set(windows[:, 0, 0].tolist()) == set(range(31))
    assert torch.equal(windows, windows[:, :1, :1] + torch.arange(10.0).expand(300, 12, 10))
    longer = dataclasses.replace(spec, crop=50)
    assert torch.equal(augment(signal, longer, torch.Generator().manual_seed(0)), signal)


def test_one_cycle_starts_low_peaks_at_a_quarter_and_ends_near_zero():
    assert one_cycle(0.0, 2e-3) == pytest.approx(8e-5)
    assert one_cycle(0.25, 2e-3) == pytest.approx(2e-3)
    assert one_cycle(1.0, 2e-3) == pytest.approx(2e-6)


@given(st.floats(0, 1), st.floats(0, 1))
def test_one_cycle_rises_then_falls(one: float, other: float):
    early, late = sorted((one, other))
    if late <= 0.25:
        assert one_cycle(early, 1.0) <= one_cycle(late, 1.0)
    elif early >= 0.25:
        assert one_cycle(early, 1.0) >= one_cycle(late, 1.0)
    assert 1e-3 <= one_cycle(early, 1.0) <= 1.0


def test_plateau_halves_the_rate_after_six_epochs_without_a_better_loss():
    optimizer = torch.optim.AdamW([nn.Parameter(torch.zeros(1))], lr=1e-3)
    plateau, rates = Plateau(optimizer, TrainState()), []
    losses = [1.0, 0.9, *[0.95] * 12, 0.5]
    for loss in losses:
        plateau.step(loss)
        rates.append(optimizer.param_groups[0]["lr"])
    assert rates == [1e-3] * 7 + [5e-4] * 6 + [2.5e-4] * 2
    resumed = torch.optim.AdamW([nn.Parameter(torch.zeros(1))], lr=1e-3)
    Plateau(resumed, TrainState(val_losses=losses[:10])).step(losses[10])
    assert resumed.param_groups[0]["lr"] == rates[10]


def test_plateau_run_resumes_to_the_same_model(small: TrainingData, tmp_path: Path):
    spec = dataclasses.replace(SPEC, schedule="plateau", time_shift=False)
    whole = _trained(small, tmp_path / "whole", spec)
    part = _trained(small, tmp_path / "part", dataclasses.replace(spec, epochs=2))
    resumed = _trained(small, tmp_path / "part", spec)
    assert (part.epoch, resumed.epoch) == (2, 3)
    assert resumed.val_losses == whole.val_losses
    assert _same(whole, resumed)


def test_a_step_is_clipped_unless_the_recipe_says_no(
    small: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    norms: list[float] = []
    monkeypatch.setattr(
        nn.utils, "clip_grad_norm_", lambda parameters, norm: norms.append(float(norm))
    )
    one = dataclasses.replace(SPEC, epochs=1)
    _trained(small, tmp_path / "clipped", dataclasses.replace(one, clip_norm=0.5))
    assert set(norms) == {0.5}
    norms.clear()
    _trained(small, tmp_path / "not", dataclasses.replace(one, clip_norm=0.0))
    assert norms == []


def test_a_class_weighs_as_much_as_the_others_and_an_absent_one_nothing_more():
    labels = torch.tensor([[1.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    assert class_weights(labels[:, :1]).tolist() == [3.0]
    assert class_weights(labels).tolist() == pytest.approx([3.0, 1 / 3, 1.0])


def test_same_seed_same_result_other_seed_another(small: TrainingData, tmp_path: Path):
    first = _trained(small, tmp_path / "first")
    second = _trained(small, tmp_path / "second")
    third = _trained(small, tmp_path / "third", dataclasses.replace(SPEC, seed=1))
    assert _same(first, second)
    assert first.best_score == second.best_score
    assert not _same(first, third)


@pytest.mark.parametrize("killed_in", ["epoch 2", "between epochs"])
def test_killed_and_resumed_equals_unbroken(small: TrainingData, tmp_path: Path, killed_in: str):
    def step(epoch: int, step: int, steps: int) -> None:
        if killed_in == "epoch 2" and (epoch, step) == (2, 2):
            raise KilledError

    def epoch_done(result: object) -> None:
        if killed_in == "between epochs":
            raise KilledError

    unbroken = _trained(small, tmp_path / "unbroken")
    with pytest.raises(KilledError):
        _trained(small, tmp_path / "killed", step=step, epoch=epoch_done)
    epochs: list[int] = []
    resumed = _trained(small, tmp_path / "killed", epoch=lambda r: epochs.append(r.epoch))
    assert epochs == [2, 3]
    assert (resumed.best_epoch, resumed.best_score) == (unbroken.best_epoch, unbroken.best_score)
    assert _same(resumed, unbroken)


def test_training_stops_when_validation_no_longer_improves(small: TrainingData, tmp_path: Path):
    spec = dataclasses.replace(SPEC, epochs=9, patience=2)
    state = fit(Constant(), small, spec, tmp_path, Watcher())
    assert (state.epoch, state.best_epoch, state.best_score) == (3, 1, 0.5)


@pytest.mark.parametrize("damage", ["cut", "not a checkpoint", "other architecture"])
def test_an_unusable_checkpoint_is_named(small: TrainingData, tmp_path: Path, damage: str):
    _trained(small, tmp_path, dataclasses.replace(SPEC, epochs=1))
    path, arch = tmp_path / CHECKPOINT_FILE, "cnn_bilstm"
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-100])
    elif damage == "not a checkpoint":
        path.write_bytes(b"nonsense")
    else:
        arch = "bimamba2"
    model = build(arch)
    with pytest.raises(JobError, match=r"checkpoint\.safetensors cannot be used .* Delete it"):
        load_checkpoint(tmp_path, model, torch.optim.AdamW(model.parameters()))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("arch", "resnet", "arch 'resnet' is none of cnn_bilstm, bimamba2"),
        ("train_set", "B", "train_set 'B' is none of A, C, D, D-mix"),
        ("epochs", 0, "epochs is 0; 1 to 200"),
        ("epochs", 201, "epochs is 201"),
        ("batch_size", 4, "batch_size is 4; 8 to 512"),
        ("seed", -1, "seed is -1"),
        ("patience", 0, "patience is 0"),
        ("clip_norm", -1.0, "clip_norm is -1.0"),
    ],
)
def test_a_spec_out_of_limits_is_refused(name: str, value: object, message: str):
    with pytest.raises(JobError, match=message):
        dataclasses.replace(SPEC, **{name: value})


def test_spec_file_round_trip_and_damage(tmp_path: Path):
    SPEC.save(tmp_path)
    assert TrainSpec.load(tmp_path) == SPEC
    for content in ("{", '{"arch": "cnn_bilstm"}', "[]", '{"arch": 1, "surprise": 2}'):
        (tmp_path / SPEC_FILE).write_text(content)
        with pytest.raises(JobError, match="is no training run"):
            TrainSpec.load(tmp_path)


def test_a_run_that_prunes_has_its_judges_first_and_leaves_none_of_them(
    recordings: Recordings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(confident_learning, "JUDGE_EPOCHS", 1)
    folder = str(recordings.catalog.folder)
    spec = dataclasses.replace(
        SPEC, train_set="C", data_dir=folder, epochs=1, batch_size=64, label_noise="prune"
    )
    spec.save(tmp_path)
    card = run_training(tmp_path)
    assert dict(card.recipe)["label_noise"] == "prune"
    assert card.n_train - card.n_train_mi == 88
    assert 0 < card.n_train_mi <= 87
    assert not list(tmp_path.glob("judge-*"))
    assert kinds(after_reading(tmp_path)) == ["judge"] * 4 + ["start", "epoch", "done"]


def after_reading(run_dir: Path) -> list[dict]:
    """Return the log of a run without the reading of its recordings, which comes first."""
    events = progress.read(run_dir / "progress.jsonl")
    n_read = sum(event["event"] == "reading" for event in events)
    assert n_read > 0
    assert all(event["event"] == "reading" for event in events[:n_read])
    return events[n_read:]


def kinds(events: list[dict]) -> list[str]:
    return [event["event"] for event in events]


def test_a_run_leaves_a_model_its_predictions_and_a_log(recordings: Recordings, tmp_path: Path):
    folder = str(recordings.catalog.folder)
    spec = dataclasses.replace(SPEC, data_dir=folder, epochs=1, batch_size=64)
    spec.save(tmp_path)
    card = run_training(tmp_path)
    assert card == ModelCard.load(tmp_path)
    assert card.synthetic
    assert (card.key, card.epochs_run, card.best_epoch) == (ModelKey("cnn_bilstm", "A", 0), 1, 1)
    assert (card.n_train, card.n_train_mi, card.n_val) == (131, 43, 19)
    load_model(ModelEntry(tmp_path, card, shipped=False))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "card.json",
        "predictions.parquet",
        "progress.jsonl",
        "run.lock",
        "spec.json",
        "weights.safetensors",
    ]
    events = after_reading(tmp_path)
    assert kinds(events) == ["start", "epoch", "done"]
    assert events[-1]["metrics"] == dict(card.metrics)
    assert len(pd.read_parquet(tmp_path / PREDICTIONS_FILE)) == 26 + 26  # fold 9 and fold 10
    with pytest.raises(ModelError, match="synthetic records; it is not published"):
        publish(tmp_path, tmp_path / "pretrained")
    assert not (tmp_path / "pretrained").exists()


def test_a_run_that_cannot_start_says_why(tmp_path: Path):
    dataclasses.replace(SPEC, data_dir=str(tmp_path / "nowhere")).save(tmp_path)
    with pytest.raises(CatalogError):
        run_training(tmp_path)
    (event,) = progress.read(tmp_path / "progress.jsonl")
    assert event["event"] == "error"
    assert "nowhere does not exist" in event["message"]


def test_publishing_copies_card_and_weights_only(tmp_path: Path):
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    steps = Preprocessing(0.5, True, (0.0,) * 12, (1.0,) * 12)
    card = ModelCard(
        key=ModelKey("cnn_bilstm", "C", 3),
        n_parameters=1,
        data_version="PTB-XL 1.0.3",
        data_fingerprint="0",
        n_train=1,
        n_train_mi=1,
        n_val=1,
        preprocessing=steps,
        recipe=(),
        epochs_run=1,
        best_epoch=1,
        metrics=(),
        weights_sha256="0",
        code_version="0",
        created="2026-01-01T00:00:00+00:00",
    )
    card.save(run_dir)
    for name in ("weights.safetensors", "progress.jsonl"):
        (run_dir / name).write_text(name)
    target = publish(run_dir, tmp_path / "pretrained")
    assert target == tmp_path / "pretrained" / "mi" / "cnn_bilstm-C" / "seed-3"
    assert {path.name for path in target.iterdir()} == {"card.json", "weights.safetensors"}
    assert json.loads((target / "card.json").read_text())["n_train"] == 1


@pytest.mark.parametrize(
    ("n", "sizes"), [(8, [4, 4]), (9, [4, 4]), (11, [4, 4]), (4, [4]), (3, [3])]
)
def test_a_full_last_batch_is_learnt_from_and_a_part_of_one_is_not(n: int, sizes: list[int]):
    batches = loop._full_batches(torch.arange(n), 4)
    assert [len(batch) for batch in batches] == sizes
    assert torch.cat(batches).tolist() == list(range(sum(sizes)))


def test_a_test_set_with_one_kind_of_record_has_no_figure(recordings: Recordings, tmp_path: Path):
    """Without certain MI in fold 10 the certain set cannot be judged; the others can."""
    folder = shutil.copytree(recordings.catalog.folder, tmp_path / "data")
    catalog = load_catalog(folder)
    certain = label_groups.member_ids(catalog.frame, "test", ["certain_mi"])
    table = pd.read_csv(folder / "ptbxl_database.csv", index_col="ecg_id", low_memory=False)
    table.drop(index=certain).to_csv(folder / "ptbxl_database.csv")
    run_dir = tmp_path / "run"
    dataclasses.replace(SPEC, data_dir=str(folder), epochs=1).save(run_dir)
    run_training(run_dir)
    names = {name for name, _ in ModelCard.load(run_dir).metrics}
    assert "test_certain_auroc" not in names
    assert {"test_all_auroc", "test_uncertain_auroc"} <= names
