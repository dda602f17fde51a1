"""A kill, a damaged file or a full disk never costs a run more than one epoch, nor its model."""

import dataclasses
import errno
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from ecgcore.errors import JobError
from ecgcore.jobs import progress
from ecgcore.jobs.run_lock import run_lock
from ecgcore.models.cards import WEIGHTS_FILE
from ecgcore.models.registry import build
from ecgcore.ptbxl.store import Recordings
from ecgcore.training import checkpoint, run
from ecgcore.training.checkpoint import (
    CHECKPOINT_FILE,
    PREVIOUS_FILE,
    TrainState,
    load_checkpoint,
    save_checkpoint,
)
from ecgcore.training.run import run_training
from ecgcore.training.spec import SPEC_FILE, TrainSpec

SPEC = TrainSpec("cnn_bilstm", "A", 0, "", epochs=2, batch_size=64)


def _saved(folder: Path, epochs: int) -> None:
    torch.manual_seed(0)
    model = build("cnn_bilstm")
    optimizer = torch.optim.AdamW(model.parameters())
    for epoch in range(1, epochs + 1):
        save_checkpoint(folder, model, optimizer, TrainState(epoch=epoch, val_losses=[0.1] * epoch))


def _loaded(folder: Path) -> TrainState:
    model = build("cnn_bilstm")
    return load_checkpoint(folder, model, torch.optim.AdamW(model.parameters()))


def _flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("at", [-1, -400_000])
def test_one_wrong_bit_is_found_and_the_checkpoint_before_is_taken(tmp_path: Path, at: int) -> None:
    _saved(tmp_path, 2)
    assert _loaded(tmp_path).epoch == 2
    _flip(tmp_path / CHECKPOINT_FILE, at)
    assert _loaded(tmp_path).epoch == 1
    _flip(tmp_path / PREVIOUS_FILE, at)
    with pytest.raises(JobError, match=r"does not fit its SHA-256.*does not fit its SHA-256"):
        _loaded(tmp_path)


def test_a_kill_between_two_renames_leaves_the_checkpoint_before(tmp_path: Path) -> None:
    _saved(tmp_path, 2)
    (tmp_path / CHECKPOINT_FILE).unlink()
    assert _loaded(tmp_path).epoch == 1


def test_a_checkpoint_of_an_older_version_has_no_sum_and_is_read(tmp_path: Path) -> None:
    _saved(tmp_path, 1)
    path = tmp_path / CHECKPOINT_FILE
    save_file(load_file(path), path, metadata={"state": '{"epoch": 7, "best_auroc": 0.5}'})
    assert (_loaded(tmp_path).epoch, _loaded(tmp_path).best_score) == (7, 0.5)


def test_a_full_disk_is_said_and_the_checkpoint_before_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _saved(tmp_path, 1)

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint, "save_file", full)
    model = build("cnn_bilstm")
    with pytest.raises(JobError, match=r"checkpoint of epoch 2 .*No space left.*Free space"):
        save_checkpoint(tmp_path, model, torch.optim.AdamW(model.parameters()), TrainState(epoch=2))
    assert _loaded(tmp_path).epoch == 1


def test_a_full_disk_ends_a_run_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    SPEC.save(tmp_path)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(run, "_run", full)
    monkeypatch.setattr(progress, "append", full)
    with pytest.raises(JobError, match=r"cannot be written \(No space left on device\)"):
        run_training(tmp_path)


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    SPEC.save(tmp_path)
    with run_lock(tmp_path):
        before = sorted(path.name for path in tmp_path.iterdir())
        with pytest.raises(JobError, match="is being trained by"):
            run_training(tmp_path)
        assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.parametrize("lost", ["done", "nothing"])
def test_a_finished_run_is_not_trained_again(
    synthetic_recordings: Recordings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    folder = str(synthetic_recordings.catalog.folder)
    dataclasses.replace(SPEC, data_dir=folder, epochs=1).save(tmp_path)
    card = run_training(tmp_path)
    weights = (tmp_path / WEIGHTS_FILE).read_bytes()
    log = tmp_path / "progress.jsonl"
    if lost == "done":  # killed after the card, before the last word
        lines = log.read_text().splitlines()[:-1]
        log.write_text("\n".join(lines) + "\n")
        (tmp_path / CHECKPOINT_FILE).write_bytes(b"left over")
    monkeypatch.setattr(run, "fit", lambda *_: pytest.fail("trained again"))
    assert run_training(tmp_path) == card
    assert (tmp_path / WEIGHTS_FILE).read_bytes() == weights
    events = [event["event"] for event in progress.read(log)]
    assert (events[-1], events.count("done")) == ("done", 1)
    assert not (tmp_path / CHECKPOINT_FILE).exists()


def test_done_is_said_before_the_checkpoint_goes(
    synthetic_recordings: Recordings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = str(synthetic_recordings.catalog.folder)
    dataclasses.replace(SPEC, data_dir=folder, epochs=1).save(tmp_path)
    seen = []
    append = progress.append

    def watched(path: Path, event: Any) -> None:
        seen.append((event["event"], (tmp_path / CHECKPOINT_FILE).exists()))
        append(path, event)

    monkeypatch.setattr(progress, "append", watched)
    run_training(tmp_path)
    assert seen[-1] == ("done", True)


@pytest.mark.parametrize(
    "content",
    [
        "[" * 20_000,
        '{"arch": "cnn_bilstm", "train_set": "A", "seed": 0, "data_dir": null}',
        '{"arch": "cnn_bilstm", "train_set": "A", "seed": true, "data_dir": ""}',
        '{"arch": "cnn_bilstm", "train_set": "A", "seed": 0, "data_dir": "", "max_lr": NaN}',
        '{"arch": "cnn_bilstm", "train_set": "A", "seed": 0, "data_dir": "", "max_lr": "1"}',
        '{"arch": ["cnn_bilstm"], "train_set": "A", "seed": 0, "data_dir": ""}',
        '{"arch": "cnn_bilstm", "train_set": "A", "seed": 0.5, "data_dir": ""}',
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    ],
)
def test_a_damaged_spec_is_a_job_error(tmp_path: Path, content: str) -> None:
    (tmp_path / SPEC_FILE).write_text(content)
    with pytest.raises(JobError):
        TrainSpec.load(tmp_path)
