"""One training run in its folder: ``spec.json`` in, card, weights and predictions out."""

import hashlib
import json
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit
from torch import Tensor, nn

import ecgcore
from ecgcore.errors import EcgError, JobError, ModelError
from ecgcore.jobs import progress
from ecgcore.jobs.run_lock import run_lock
from ecgcore.manifest import renew
from ecgcore.models.architectures import architecture
from ecgcore.models.cards import (
    CARD_FILE,
    WEIGHTS_FILE,
    ModelCard,
    Preprocessing,
    file_sha256,
)
from ecgcore.models.inputs import patient_inputs, prepared
from ecgcore.models.networks.base import n_parameters
from ecgcore.models.registry import build, round_to_half, save_weights
from ecgcore.predictions.store import PREDICTIONS_FILE, predictions_frame, save_predictions
from ecgcore.ptbxl import label_groups
from ecgcore.ptbxl.catalog import Catalog, load_catalog
from ecgcore.ptbxl.consensus import CONSENSUS_FILE, Consensus
from ecgcore.ptbxl.store import FS_HZ, Recordings, open_recordings
from ecgcore.tasks import mi
from ecgcore.tasks.task import Task
from ecgcore.training.checkpoint import CHECKPOINT_FILES, TrainState
from ecgcore.training.confident_learning import prune
from ecgcore.training.data import TrainingData, load_training_data, n_to_read
from ecgcore.training.loop import EpochResult, Watcher, fit, logits_of
from ecgcore.training.mixed_precision import resolved, training_device
from ecgcore.training.spec import (
    PROGRESS_FILE,
    READING_EVENT,
    STEP_FILE,
    TrainSpec,
)

_DECIDING = (
    "leads.py",
    "signals/block_highpass.py",
    "signals/filters.py",
    "stats/per_class.py",
    "tasks/task.py",
    "training/data.py",
    "training/loop.py",
    "training/mixed_precision.py",
    "training/multitask.py",
)
"""Beside the sources of the architecture and of the task."""

_STEP_EVERY_S = 1.0
_BLOCK = 512
_ROUNDING_MAY_CHANGE = 5e-3
"""How far a probability may move, on fold 9 and the test fold, for weights in half precision.

Half a percentage point, the largest move of thousands: seeds differ by far more.
"""


def run_training(run_dir: Path) -> ModelCard:
    """Train what ``spec.json`` says, or go on from the checkpoint.

    Appends a JSON line to ``progress.jsonl`` at the start, after every epoch and at the end.

    Raises
    ------
    EcgError
        If the spec, the data or the checkpoint cannot be used; the last line says why.
    """
    with run_lock(run_dir):
        try:
            return _trained(run_dir)
        except (EcgError, OSError) as error:
            words = _in_words(error, run_dir)
            with suppress(OSError):  # where the disk is full, the job's last words say so
                progress.append(run_dir / PROGRESS_FILE, {"event": "error", "message": words})
            if isinstance(error, EcgError):
                raise
            raise JobError(words) from error


def _trained(run_dir: Path) -> ModelCard:
    """Train, or take the model that is there; "done" is said before the checkpoint goes."""
    spec, log = TrainSpec.load(run_dir), run_dir / PROGRESS_FILE
    card = finished_card(run_dir, spec) or _run(run_dir, spec)
    if (progress.read(log) or [{}])[-1].get("event") != "done":
        progress.append(log, {"event": "done", "metrics": dict(card.metrics)})
    for name in (*CHECKPOINT_FILES, STEP_FILE):
        (run_dir / name).unlink(missing_ok=True)
    for judge in run_dir.glob("judge-*"):
        shutil.rmtree(judge)
    return card


def finished_card(run_dir: Path, spec: TrainSpec) -> ModelCard | None:
    """Return the card of a finished run of this recipe, whose weights are whole."""
    try:
        card = ModelCard.load(run_dir)
        whole = file_sha256(run_dir / WEIGHTS_FILE) == card.weights_sha256
    except (ModelError, OSError):
        return None
    kept = {name: value for name, value in card.recipe if name != "speedups"}
    asked = {name: value for name, value in spec.recipe if name != "speedups"}
    return card if whole and card.key == spec.key and kept == asked else None


def _in_words(error: Exception, run_dir: Path) -> str:
    if not isinstance(error, OSError):
        return str(error)
    return (
        f"{run_dir} cannot be written ({error.strerror or error}). Free space or make it writable; "
        "the same run goes on from its checkpoint."
    )


def publish(run_dir: Path, pretrained_dir: Path) -> Path:
    """Copy a finished run's card and weights to ``pretrained/``.

    Raises
    ------
    ModelError
        If the run was trained on synthetic records: those are never shipped.
    """
    card = ModelCard.load(run_dir)
    if card.synthetic:
        raise ModelError(f"{card.key.label} was trained on synthetic records; it is not published.")
    target = pretrained_dir / card.key.folder
    target.mkdir(parents=True, exist_ok=True)
    for name in (WEIGHTS_FILE, CARD_FILE):
        shutil.copyfile(run_dir / name, target / f"{name}.part")
        (target / f"{name}.part").replace(target / name)
        renew(target / name)
    return target


def code_version(arch: str, task: Task) -> str:
    """Version of the package and a hash of the sources that decide a training's result."""
    package = Path(ecgcore.__file__).parent
    digest = hashlib.sha256()
    for name in sorted({*_DECIDING, *architecture(arch).sources, *task.sources}):
        digest.update((package / name).read_bytes())
    return f"{ecgcore.__version__}+{digest.hexdigest()[:12]}"


def _run(run_dir: Path, spec: TrainSpec) -> ModelCard:
    version = code_version(spec.arch, spec.chosen_task)
    recordings = _opened(run_dir, spec)
    torch.manual_seed(spec.seed)
    model = build(spec.arch, len(spec.chosen_task.classes)).to(training_device())
    data = load_training_data(recordings, spec, _reader(run_dir, n_to_read(recordings, spec)))
    n_steps = spec.epochs * len(data.train.ids) // spec.batch_size
    spec = replace(spec, speedups=resolved(spec.speedups, n_steps))
    spec.save(run_dir)
    if spec.label_noise == "prune":
        data = _pruned(data, recordings, spec, run_dir)
    progress.append(
        run_dir / PROGRESS_FILE,
        {
            "event": "start",
            "n_train": len(data.train.ids),
            "n_val": len(data.val.ids),
            "n_parameters": n_parameters(model),
            "data_version": recordings.catalog.version,
            "speedups": spec.speedups,
            "device": training_device().type,
        },
    )
    state = fit(model, data, spec, run_dir, _watcher(run_dir))
    return _finish(run_dir, spec, recordings, data, model.cpu(), state, version)


def _opened(run_dir: Path, spec: TrainSpec) -> Recordings:
    """Open the data set, with the consensus of the run beside its labels where it has one."""
    catalog = load_catalog(Path(spec.data_dir))
    if spec.consensus:
        agreed = Consensus.load(run_dir / CONSENSUS_FILE, spec.consensus)
        catalog = agreed.beside(catalog)
    return open_recordings(catalog)


def _pruned(
    data: TrainingData, recordings: Recordings, spec: TrainSpec, run_dir: Path
) -> TrainingData:
    def begins(judge: int) -> None:
        progress.append(run_dir / PROGRESS_FILE, {"event": "judge", "number": judge})

    patients = recordings.catalog.patient_numbers(data.train.ids)
    return prune(data, patients, spec, run_dir, begins)


def _reader(run_dir: Path, n_records: int) -> Callable[[int], None]:
    """Return a receiver that writes down how many recordings have been read."""
    done = 0

    def read(n: int) -> None:
        nonlocal done
        done += n
        event = {"event": READING_EVENT, "done": done, "of": n_records}
        progress.append(run_dir / PROGRESS_FILE, event)

    return read


def _watcher(run_dir: Path) -> Watcher:
    last = 0.0

    def epoch_done(result: EpochResult) -> None:
        progress.append(run_dir / PROGRESS_FILE, {"event": "epoch", **asdict(result)})

    def step_done(epoch: int, step: int, steps: int) -> None:
        nonlocal last
        if time.monotonic() - last < _STEP_EVERY_S:
            return
        last = time.monotonic()
        part = run_dir / f"{STEP_FILE}.part"
        part.write_text(json.dumps({"epoch": epoch, "step": step, "steps": steps}))
        part.replace(run_dir / STEP_FILE)

    return Watcher(epoch_done, step_done)


def _finish(
    run_dir: Path,
    spec: TrainSpec,
    recordings: Recordings,
    data: TrainingData,
    model: nn.Module,
    state: TrainState,
    version: str,
) -> ModelCard:
    task, catalog = spec.chosen_task, recordings.catalog
    judged = recordings.available(task.judged_ids(catalog))
    logits = _logits(model, recordings, judged, data.preprocessing)
    rounded = round_to_half(model)
    rounded_logits = _logits(rounded, recordings, judged, data.preprocessing)
    changed = float(np.abs(expit(rounded_logits) - expit(logits)).max(initial=0.0))
    if changed <= _ROUNDING_MAY_CHANGE:
        model, logits = rounded, rounded_logits
    save_predictions(predictions_frame(spec.key, judged, logits), run_dir / PREDICTIONS_FILE)
    metrics = [
        (f"val_{task.score.name}", state.best_score),
        ("largest_change_by_rounding", changed),
        ("train_minutes", state.seconds / 60),
        *_test_scores(task, catalog, judged, logits),
    ]
    card = ModelCard(
        key=spec.key,
        n_parameters=n_parameters(model),
        data_version=recordings.catalog.version,
        data_fingerprint=label_groups.fingerprint(data.train.ids),
        n_train=len(data.train.ids),
        n_train_mi=_n_mi(task, data.train.labels),
        n_val=len(data.val.ids),
        preprocessing=data.preprocessing,
        recipe=spec.recipe,
        epochs_run=state.epoch,
        best_epoch=state.best_epoch,
        metrics=tuple((name, round(value, 6)) for name, value in metrics),
        weights_sha256=save_weights(model, run_dir),
        code_version=version,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    card.save(run_dir)
    return card


def _test_scores(
    task: Task, catalog: Catalog, judged: list[int], logits: NDArray[np.float32]
) -> list[tuple[str, float]]:
    """Score each test set, as far as its records are here and have both outcomes."""
    row = {ecg_id: number for number, ecg_id in enumerate(judged)}
    scores = []
    for test_set in task.test_sets:
        ids = [ecg_id for ecg_id in test_set.choose(catalog, "test") if ecg_id in row]
        labels = np.where(task.known(catalog, ids), task.label_rule(catalog, ids), np.nan)
        value = task.score.compute(labels, logits[[row[ecg_id] for ecg_id in ids]])
        scores.append((f"test_{test_set.name}_{task.score.name}", value))
    return [(name, value) for name, value in scores if not np.isnan(value)]


def _n_mi(task: Task, labels: Tensor) -> int:
    if mi.CLASS not in task.classes:
        return 0
    return int((labels[:, task.classes.index(mi.CLASS)] > 0).sum())


def _logits(
    model: nn.Module, recordings: Recordings, ids: list[int], steps: Preprocessing
) -> NDArray[np.float32]:
    catalog, parts = recordings.catalog, []
    for block in (ids[i : i + _BLOCK] for i in range(0, len(ids), _BLOCK)):
        patients = None
        if getattr(model, "takes_patient", False):
            patients = torch.from_numpy(patient_inputs(map(catalog.patient, block)))
        inputs = torch.from_numpy(prepared(recordings.signals(block), FS_HZ, steps))
        parts.append(logits_of(model, inputs, patients))
    return torch.cat(parts).numpy()
