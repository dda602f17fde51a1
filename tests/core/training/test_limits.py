"""Limits, defaults and arithmetic of a training, against the shipped cards and sums by hand."""

import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ecgcore.errors import CatalogError, JobError
from ecgcore.models.architectures import ARCHITECTURES
from ecgcore.models.cards import ModelKey, Preprocessing
from ecgcore.ptbxl.store import Recordings
from ecgcore.settings import PROJECT_DIR
from ecgcore.tasks import mi
from ecgcore.tasks.registry import TASKS
from ecgcore.training import confident_learning, loop, run
from ecgcore.training.checkpoint import TrainState
from ecgcore.training.data import Split, TrainingData, augment, fit_preprocessing
from ecgcore.training.loop import EpochResult, Watcher, fit
from ecgcore.training.spec import TrainSpec

SPEC = TrainSpec("cnn_bilstm", "A", 0, "unused", epochs=2, batch_size=8)


@pytest.mark.parametrize(
    ("arch", "train_set"), [("cnn_bilstm", "A"), ("bimamba2", "D"), ("cnn_lstm", "C")]
)
def test_the_recipe_of_an_architecture_is_that_of_its_shipped_models(
    arch: str, train_set: str
) -> None:
    """Of a card that states all of it; the step's precision is the machine's."""
    folder = PROJECT_DIR / "pretrained" / "mi" / f"{arch}-{train_set}"
    cards = [json.loads((seed / "card.json").read_text()) for seed in sorted(folder.iterdir())]
    shipped = max((dict(card["recipe"]) for card in cards), key=len)
    made = ARCHITECTURES[arch]
    spec = TrainSpec(arch, train_set, 0, "unused", **{**made.recipe, **made.study_recipe})
    later = {"speedups": "", "crop": "0"}
    assert dict(spec.recipe) | later == shipped | later


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("epochs", 1, 200),
        ("batch_size", 8, 512),
        ("seed", 0, 2_147_483_647),
        ("patience", 1, 200),
        ("clip_norm", 0, 100),
        ("crop", 0, 100_000),
    ],
)
def test_a_limit_itself_is_possible_and_one_beyond_is_not(name: str, low: int, high: int) -> None:
    for possible in (low, high):
        assert getattr(dataclasses.replace(SPEC, **{name: possible}), name) == possible
    for beyond in (low - 1, high + 1):
        with pytest.raises(JobError, match=f"{name} is {beyond}; {low} to {high} is possible"):
            dataclasses.replace(SPEC, **{name: beyond})


def test_what_a_card_says_beside_its_key_has_no_folder() -> None:
    names = [name for name, _ in SPEC.recipe]
    assert {"arch", "train_set", "seed", "data_dir", "task"}.isdisjoint(names)
    assert len(names) == len(dataclasses.fields(TrainSpec)) - 6  # no consensus here


def test_a_run_is_another_one_where_any_value_differs_but_auto(tmp_path: Path) -> None:
    assert not SPEC.is_that_of(tmp_path)
    dataclasses.replace(SPEC, speedups="bf16").save(tmp_path)
    assert SPEC.is_that_of(tmp_path), "auto is what the machine chose"
    assert not dataclasses.replace(SPEC, speedups="none").is_that_of(tmp_path)
    assert not dataclasses.replace(SPEC, max_lr=1e-3).is_that_of(tmp_path)


class Fixed(nn.Module):
    """One logit for all records, which hardly moves."""

    def __init__(self, logit: float) -> None:
        super().__init__()
        self.logit = nn.Parameter(torch.tensor([logit]))

    def forward(self, x: Tensor) -> Tensor:
        return self.logit.expand(len(x), 1)


def split(n: int, n_mi: int) -> Split:
    labels = (torch.arange(n) < n_mi).float()[:, None]
    return Split(list(range(n)), torch.zeros(n, 12, 20), labels)


STEPS = Preprocessing(0.5, True, (0.0,) * 12, (1.0,) * 12)


def fitted(folder: Path, spec: TrainSpec, logit: float = 0.0) -> tuple[list, list, TrainState]:
    """Fit a fixed logit to 16 records, 4 of them MI, and look at 10, 2 of them MI."""
    epochs: list[EpochResult] = []
    steps: list[tuple[int, int, int]] = []
    data = TrainingData(split(16, 4), split(10, 2), STEPS)
    watcher = Watcher(epochs.append, lambda *step: steps.append(step))
    slow = dataclasses.replace(spec, max_lr=1e-12, weight_decay=0.0)
    return epochs, steps, fit(Fixed(logit), data, slow, folder, watcher)


LN2, SOFT, HARD = np.log(2), np.log1p(np.exp(-1)), np.log1p(np.exp(1))


@pytest.mark.parametrize(
    ("logit", "weighted", "train", "val"),
    [
        # MI weighs 3 (twelve normal to four MI), in the validation too
        (0.0, True, (4 * 3 + 12) / 16 * LN2, (2 * 3 + 8) / 10 * LN2),
        (0.0, False, LN2, LN2),
        (1.0, True, (4 * 3 * SOFT + 12 * HARD) / 16, (2 * 3 * SOFT + 8 * HARD) / 10),
        (1.0, False, (4 * SOFT + 12 * HARD) / 16, (2 * SOFT + 8 * HARD) / 10),
    ],
)
def test_losses_are_cross_entropies_in_which_mi_weighs_as_much_as_normal(
    tmp_path: Path, logit: float, weighted: bool, train: float, val: float
) -> None:
    spec = dataclasses.replace(SPEC, epochs=1, class_weight=weighted)
    (epoch,), _, state = fitted(tmp_path, spec, logit)
    assert epoch.train_loss == pytest.approx(train, rel=1e-5)
    assert epoch.val_loss == pytest.approx(val, rel=1e-5)
    assert state.val_losses == [epoch.val_loss]


def test_every_epoch_and_step_is_told_with_how_many_there_are(tmp_path: Path) -> None:
    epochs, steps, state = fitted(tmp_path, dataclasses.replace(SPEC, epochs=3))
    assert steps == [(epoch, step, 2) for epoch in (1, 2, 3) for step in (1, 2)]
    assert [(e.epoch, e.epochs, e.val_score, e.best_epoch) for e in epochs] == [
        (1, 3, 0.5, 1), (2, 3, 0.5, 1), (3, 3, 0.5, 1),
    ]  # fmt: skip
    assert all(e.seconds >= 0 for e in epochs)
    assert state.seconds == pytest.approx(sum(e.seconds for e in epochs))
    assert (state.epoch, state.best_epoch) == (3, 1)


def test_a_runs_seconds_are_added_up_over_a_stop(tmp_path: Path) -> None:
    *_, first = fitted(tmp_path, dataclasses.replace(SPEC, epochs=1))
    epochs, _, both = fitted(tmp_path, SPEC)
    assert [e.epoch for e in epochs] == [2]
    assert both.seconds == pytest.approx(first.seconds + epochs[0].seconds)


@pytest.mark.parametrize(("patience", "epochs"), [(1, 2), (3, 4), (9, 6)])
def test_patience_counts_epochs_without_a_better_score(
    tmp_path: Path, patience: int, epochs: int
) -> None:
    *_, state = fitted(tmp_path, dataclasses.replace(SPEC, epochs=6, patience=patience))
    assert state.epoch == epochs


def test_the_rate_follows_the_share_of_all_steps_that_are_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[float, float]] = []
    monkeypatch.setattr(loop, "one_cycle", lambda *about: asked.append(about) or 0.0)
    fitted(tmp_path, SPEC)
    assert asked == [(0.0, 1e-12), (0.25, 1e-12), (0.5, 1e-12), (0.75, 1e-12)]
    asked.clear()
    other = tmp_path / "other"
    other.mkdir()
    fitted(other, dataclasses.replace(SPEC, schedule="plateau"))
    assert asked == []


def test_the_second_tasks_loss_teaches_but_is_not_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loss that readers see is that of the task itself."""
    monkeypatch.setattr(loop, "TwoTasks", lambda model, n: Outputs(model, n))
    asked: list[tuple[int, ...]] = []
    monkeypatch.setattr(
        loop,
        "statements_loss",
        lambda logits, statements: asked.append(tuple(logits.shape)) or 5.0 * logits.sum(),
    )

    class Outputs(nn.Module):
        def __init__(self, model: nn.Module, n: int) -> None:
            super().__init__()
            self.model, self.n = model, n

        def forward(self, x: Tensor) -> Tensor:
            own = self.model(x)
            return torch.cat([own] * (1 + self.n), dim=1)

    train = dataclasses.replace(split(16, 4), statements=torch.zeros(16, 3))
    epochs: list[EpochResult] = []
    spec = dataclasses.replace(SPEC, epochs=1, max_lr=1e-12, class_weight=False)
    data = TrainingData(train, split(10, 2), STEPS)
    fit(Fixed(0.0), data, spec, tmp_path, Watcher(epochs.append))
    assert asked == [(8, 3), (8, 3)]
    assert epochs[0].train_loss == pytest.approx(LN2, rel=1e-5)


@pytest.mark.parametrize("amplitude", [0.1, 0.4])
def test_amplitudes_vary_evenly_up_to_the_share(amplitude: float) -> None:
    spec = dataclasses.replace(SPEC, amplitude=amplitude, lead_dropout=0.0, time_shift=False)
    scales = augment(torch.ones(4000, 12, 2), spec, torch.Generator().manual_seed(0))[:, 0, 0]
    assert float(scales.min()) == pytest.approx(1 - amplitude, abs=0.01)
    assert float(scales.max()) == pytest.approx(1 + amplitude, abs=0.01)
    assert float(scales.mean()) == pytest.approx(1.0, abs=0.01)


def test_leads_are_dropped_one_by_one_with_their_probability() -> None:
    spec = dataclasses.replace(SPEC, amplitude=0.0, lead_dropout=0.25, time_shift=False)
    kept = augment(torch.ones(2000, 12, 2), spec, torch.Generator().manual_seed(0))[:, :, 0]
    assert float(kept.mean()) == pytest.approx(0.75, abs=0.01)
    assert 0 < float(kept.prod(dim=1).mean()) < 0.1


def test_every_shift_in_time_is_drawn() -> None:
    spec = dataclasses.replace(SPEC, amplitude=0.0, lead_dropout=0.0)
    ramp = torch.arange(8.0).expand(600, 12, 8)
    first = augment(ramp, spec, torch.Generator().manual_seed(0))[:, :, 0]
    assert set(first[:, 0].tolist()) == set(range(8))
    assert torch.equal(first, first[:, :1].expand(600, 12)), "all leads by the same time"


@pytest.mark.parametrize("seed_exact", [False, True])
def test_the_scaler_is_fitted_on_set_c_or_as_published_on_the_set_itself(
    synthetic_recordings: Recordings, monkeypatch: pytest.MonkeyPatch, seed_exact: bool
) -> None:
    asked: list[list[int]] = []
    signals = Recordings.signals

    def remembered(recordings: Recordings, ids: list[int]) -> np.ndarray:
        asked.append(list(ids))
        return signals(recordings, ids)

    monkeypatch.setattr(Recordings, "signals", remembered)
    spec = dataclasses.replace(SPEC, seed_exact=seed_exact)
    found = fit_preprocessing(synthetic_recordings, spec)
    frame = synthetic_recordings.catalog.frame
    expected = mi.training_ids(frame, "A" if seed_exact else "C")
    assert sorted(ecg_id for ids in asked for ecg_id in ids) == sorted(expected)
    assert (found.zero_phase, found.highpass_hz) == (not seed_exact, 0.5)
    assert (found.fs_hz, found.n_samples) == (100, 1000)
    assert all(round(value, 6) == value for value in (*found.mean_mv, *found.std_mv))


def test_a_scaler_without_its_records_is_refused_with_their_number(
    synthetic_recordings: Recordings, monkeypatch: pytest.MonkeyPatch
) -> None:
    available = Recordings.available
    monkeypatch.setattr(Recordings, "available", lambda self, ids: available(self, ids)[:-3])
    with pytest.raises(CatalogError, match=r"3 of the \d+ training records of set C"):
        fit_preprocessing(synthetic_recordings, SPEC)


def test_judges_learn_eight_epochs_with_seeds_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int, int, str]] = []

    def remember(model, part, spec, run_dir, watcher) -> None:
        asked.append((torch.initial_seed(), spec.epochs, spec.patience, run_dir.name))

    monkeypatch.setattr(confident_learning, "fit", remember)
    monkeypatch.setattr(confident_learning, "build", lambda arch: Fixed(0.0))
    monkeypatch.setattr(
        confident_learning, "logits_of", lambda model, inputs: torch.zeros(len(inputs), 1)
    )
    data = TrainingData(split(40, 20), split(10, 2), STEPS)
    spec = dataclasses.replace(SPEC, train_set="C", seed=5, epochs=100, patience=100)
    for _ in range(2):  # a stopped run goes on in the judges' folders
        confident_learning.prune(data, np.arange(40), spec, tmp_path)
    assert asked[:4] == [(5 + k, 8, 8, f"judge-{k}") for k in (1, 2, 3, 4)]


def test_patients_are_shared_among_the_judges_by_the_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, ...]] = []
    monkeypatch.setattr(
        confident_learning, "fit", lambda model, part, *rest: seen.append(tuple(part.train.ids))
    )
    monkeypatch.setattr(confident_learning, "build", lambda arch: Fixed(0.0))
    monkeypatch.setattr(
        confident_learning, "logits_of", lambda model, inputs: torch.zeros(len(inputs), 1)
    )
    data = TrainingData(split(40, 20), split(10, 2), STEPS)
    for seed in (0, 0, 1):
        spec = dataclasses.replace(SPEC, train_set="C", seed=seed)
        confident_learning.prune(data, np.arange(40), spec, tmp_path)
    assert seen[:4] == seen[4:8] != seen[8:]
    assert seen[0] != tuple(range(10, 40)), "patients are shuffled"


@pytest.mark.parametrize(
    ("rule", "probs", "expected"),
    [
        # normal records at 0.2 on average, MI at 0.5
        ([0.0, 0.0, 1.0, 1.0, 1.0], [0.1, 0.3, 0.2, 0.4, 0.9], [False, False, True, False, False]),
        # MI no surer than the normals: nobody at or above the mean of MI is doubted
        ([0.0, 1.0, 1.0], [0.9, 0.5, 0.5], [False, False, False]),
        ([0.0, 1.0, 1.0], [0.9, 0.4, 0.6], [False, True, False]),
    ],
)
def test_the_rule_at_its_limits(
    rule: list[float], probs: list[float], expected: list[bool]
) -> None:
    doubted = confident_learning.doubted(torch.tensor(rule), torch.tensor(probs))
    assert doubted.tolist() == expected


def test_steps_are_written_at_most_once_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(run.time, "monotonic", lambda: clock.now)
    step = run._watcher(tmp_path).step
    written = []
    for now, number in ((100.0, 1), (100.9, 2), (101.0, 3), (101.5, 4), (102.1, 5)):
        clock.now = now
        step(2, number, 9)
        written.append(json.loads((tmp_path / "step.json").read_text()))
    assert [one["step"] for one in written] == [1, 1, 3, 3, 5]
    assert written[0] == {"epoch": 2, "step": 1, "steps": 9}


def test_mi_records_are_counted_where_the_task_knows_them() -> None:
    assert run._n_mi(TASKS["mi"], torch.tensor([[1.0], [0.0], [0.3]])) == 2
    other = dataclasses.replace(TASKS["superclasses"])
    place = other.classes.index("MI")
    labels = torch.zeros(5, len(other.classes))
    labels[:3, place] = 1.0
    labels[:, place - 1] = 1.0
    assert run._n_mi(other, labels) == 3
    without = SimpleNamespace(classes=("A", "B"))
    assert run._n_mi(without, torch.ones(4, 2)) == 0


def test_the_version_of_the_code_names_every_file_that_decides(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = run.code_version("cnn_bilstm", TASKS["mi"])
    assert before.rpartition("+")[2].isalnum()
    assert len(before.rpartition("+")[2]) == 12
    assert run.code_version("bimamba2", TASKS["mi"]) != before
    assert run.code_version("cnn_bilstm", TASKS["superclasses"]) != before
    for name in run._DECIDING:
        monkeypatch.setattr(run, "_DECIDING", tuple(n for n in run._DECIDING if n != name))
        assert run.code_version("cnn_bilstm", TASKS["mi"]) != before, name
        monkeypatch.undo()


@pytest.mark.parametrize(("change", "half"), [(0.0049, True), (0.0051, False)])
def test_weights_are_halved_unless_a_probability_moves_by_half_a_percentage_point(
    synthetic_recordings: Recordings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: float,
    half: bool,
) -> None:
    """From 0.5 a probability moves by a quarter of the logit."""
    whole, rounded = Fixed(0.0), Fixed(4 * change)
    saved = []
    monkeypatch.setattr(run, "round_to_half", lambda model: rounded)
    monkeypatch.setattr(run, "save_weights", lambda model, folder: saved.append(model) or "0")
    data = TrainingData(split(16, 4), split(10, 2), STEPS)
    state = TrainState(epoch=3, best_epoch=2, best_score=0.87654321, seconds=90.0)
    card = run._finish(
        tmp_path, SPEC, synthetic_recordings, data, whole, state, "0.1.0+0123456789ab"
    )
    assert saved == [rounded if half else whole]
    metrics = dict(card.metrics)
    assert metrics["val_auroc"] == 0.876543
    assert metrics["train_minutes"] == 1.5
    assert metrics["largest_change_by_rounding"] == pytest.approx(change, abs=2e-6)
    assert (card.n_train, card.n_train_mi, card.n_val) == (16, 4, 10)
    assert (card.epochs_run, card.best_epoch, card.key) == (3, 2, ModelKey("cnn_bilstm", "A", 0))
    assert (card.code_version, card.n_parameters) == ("0.1.0+0123456789ab", 1)


def test_speedups_are_chosen_for_the_steps_of_the_whole_run(
    synthetic_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """131 records of A in batches of 8, 2 epochs: 262 // 8 steps."""

    class StopError(Exception):
        pass

    def stop(speedups: str, n_steps: int) -> str:
        assert (speedups, n_steps) == ("auto", 32)
        raise StopError

    monkeypatch.setattr(run, "resolved", stop)
    with pytest.raises(StopError):
        run._run(tmp_path, dataclasses.replace(SPEC, data_dir=str(synthetic_dir)))
